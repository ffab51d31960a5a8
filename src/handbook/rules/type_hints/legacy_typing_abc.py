"""HB034."""

import ast
from collections.abc import Iterator

from handbook.python.project.references import TYPING_MODULES, Reference
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Draft, FileRule, Finding, Level
from handbook.rules.type_hints._import_moves import move_imports
from handbook.rules.type_hints._legacy_typing import (
    ABSTRACT,
    imports_from_typing,
    legacy_references,
)
from handbook.syntax.outline import Assigned, Imported
from handbook.violation import Tag


class LegacyTypingAbc(FileRule):
    """An abstract collection is imported from `typing` instead of `collections.abc`.

    `typing.Sequence`, `Iterable`, `Callable` and some twenty others are deprecated aliases of the
    classes of `collections.abc`, as `ContextManager` is of `contextlib.AbstractContextManager`.
    The aliases are no classes, so code that compares or inherits from them behaves in ways that
    nobody expects, and they will go one day.

    Import the class from where it is defined. What the hints say stays the same.

    Bad:

    ```python
    from typing import Any, Callable, Iterable  # <-


    def apply(function: Callable[[Any], Any], values: Iterable[Any]) -> list[Any]:
        return [function(value) for value in values]
    ```

    Fixed:

    ```python
    from collections.abc import Callable, Iterable
    from typing import Any


    def apply(function: Callable[[Any], Any], values: Iterable[Any]) -> list[Any]:
        return [function(value) for value in values]
    ```

    Bad:

    The standard library has another name for these; where the uses keep theirs, `as` gives it.

    ```python
    from collections.abc import Mapping
    from typing import AbstractSet, Any, ContextManager  # <-


    def names_of(
        fields: AbstractSet[str], lock: ContextManager[Any], more: Mapping[str, Any]
    ) -> list[str]:
        with lock:
            return sorted([*fields, *more])
    ```

    Fixed:

    ```python
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from contextlib import AbstractContextManager as ContextManager
    from typing import Any


    def names_of(
        fields: AbstractSet[str], lock: ContextManager[Any], more: Mapping[str, Any]
    ) -> list[str]:
        with lock:
            return sorted([*fields, *more])
    ```

    Bad:

    Sorted imports stay sorted, and a long list gets lines of its own.

    ```python
    import asyncio
    from contextlib import suppress
    from dataclasses import dataclass
    from typing import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence  # <-

    from fastapi import APIRouter

    router = APIRouter()


    @dataclass
    class Table:
        rows: Sequence[Mapping[str, Iterable[str]]]
        cache: MutableMapping[str, str]
        ready: Callable[[], Awaitable[None]]


    async def wait(table: Table) -> None:
        with suppress(asyncio.TimeoutError):
            await table.ready()
    ```

    Fixed:

    ```python
    import asyncio
    from collections.abc import (
        Awaitable,
        Callable,
        Iterable,
        Mapping,
        MutableMapping,
        Sequence,
    )
    from contextlib import suppress
    from dataclasses import dataclass

    from fastapi import APIRouter

    router = APIRouter()


    @dataclass
    class Table:
        rows: Sequence[Mapping[str, Iterable[str]]]
        cache: MutableMapping[str, str]
        ready: Callable[[], Awaitable[None]]


    async def wait(table: Table) -> None:
        with suppress(asyncio.TimeoutError):
            await table.ready()
    ```

    Bad:

    A name that the module hands on goes on being handed on.

    ```python
    from typing import Iterator as Iterator  # <-
    ```

    Fixed:

    ```python
    from collections.abc import Iterator as Iterator
    ```


    Bad:

    Where the module is imported, the use is what has to change.

    ```python
    import typing as t

    Handler = t.Callable[[str], t.Awaitable[None]]  # <-


    async def run(handlers: t.Sequence[Handler]) -> None:  # <-
        for handler in handlers:
            await handler("start")
    ```

    Fixed:

    ```python
    from collections.abc import Awaitable, Callable, Sequence

    Handler = Callable[[str], Awaitable[None]]


    async def run(handlers: Sequence[Handler]) -> None:
        for handler in handlers:
            await handler("start")
    ```

    Good:

    ```python
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from typing import Any


    def apply(function: Callable[[Any], Any], lock: AbstractContextManager[None]) -> Iterable[Any]:
        with lock:
            yield function(None)
    ```

    What `typing` itself defines stays there, protocols included.

    ```python
    from typing import Annotated, Protocol, SupportsIndex, TypedDict


    class Movie(TypedDict):
        title: Annotated[str, "as on the poster"]


    class Indexed(Protocol):
        def __getitem__(self, index: SupportsIndex) -> Movie: ...
    ```

    A table of what `typing` has to offer does not want the other class.

    ```python
    import typing
    from typing import Callable

    NAMES = {Callable: "a function", typing.Iterator: "an iterator"}


    def is_function(hint: object) -> bool:
        return hint is Callable
    ```
    """

    code = "HB034"
    fix_needs = (("python", (3, 9)),)
    level = Level.STRICT
    tag = Tag.DEPRECATED
    needs = frozenset(ABSTRACT)
    overlaps = ("UP035",)

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report imports of the abstract classes of `typing`, and uses where there is none."""
        imports = list(imports_from_typing(file, ABSTRACT))
        imported_names = {_bound(imported) for imported in imports}
        as_types: set[str] = set()
        as_values: set[str] = set()
        for name, reference in legacy_references(file, ABSTRACT):
            written = reference.code(file)
            if written in imported_names:
                (as_types if reference.means_type else as_values).add(written)
            elif reference.means_type and _is_from_typing(file, reference):
                message = f"`{written}` is deprecated: write `{ABSTRACT[name]}`"
                yield Finding(reference.span(file), message, _use_fixes(file, reference, name))
        reported = [
            imported
            for imported in imports
            if _bound(imported) in as_types or _bound(imported) not in as_values
        ]
        movable = [imported for imported in reported if _bound(imported) not in as_values]
        for imported in reported:
            module, _, name = ABSTRACT[imported.alias.name].rpartition(".")
            message = (
                f"`{imported.module}.{imported.alias.name}` is deprecated: "
                f"import `{name}` from `{module}`"
            )
            fixes = [_move(file, imported.node, movable)] if imported in movable else []
            yield Finding(imported.alias, message, fixes)


def _move(file: SourceFile, node: ast.Import | ast.ImportFrom, movable: list[Imported]) -> Draft:
    """Import the abstract classes of one statement from where they are defined."""
    draft = Draft(file, "Import from where it is defined")
    moves: dict[str, tuple[str, str]] = {}
    for imported in movable:
        if imported.node is node:
            module, _, name = ABSTRACT[imported.alias.name].rpartition(".")
            moves[imported.alias.name] = (module, name)
    if isinstance(node, ast.ImportFrom):
        move_imports(draft, node, moves)
    return draft


def _use_fixes(file: SourceFile, reference: Reference, name: str) -> list[Draft]:
    """Name the class as it is known, or can be, at the place of a use."""
    if not reference.is_plain:
        return []
    modern = ABSTRACT[name]
    draft = Draft(file, f"Write `{modern}`")
    place = reference.span(file)
    spelling = draft.use(modern, place, scope=reference.scope)
    draft.replace(*reference.replacement(file, place, spelling))
    return [draft.release(*(f"{module}.{name}" for module in TYPING_MODULES))]


def _bound(imported: Imported) -> str:
    return imported.alias.asname or imported.alias.name


def _is_from_typing(file: SourceFile, reference: Reference) -> bool:
    """Whether a name is taken from `typing` in this file, not from a module that hands it on."""
    match reference.node:
        case ast.Attribute(value=value):
            module = file.project.resolve_expression(value, reference.scope)
            return module is not None and module.qualified_name in TYPING_MODULES
        case ast.Name(id=name):
            found = reference.scope.lookup(name)
            if found is None:
                return any(star in TYPING_MODULES for star in file.outline.star_imports)
            return isinstance(found[1][0], Assigned)
