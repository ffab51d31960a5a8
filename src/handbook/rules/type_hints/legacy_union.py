"""HB033."""

from collections.abc import Iterator

from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.rules.type_hints._legacy_typing import legacy_references, unused_imports
from handbook.rules.type_hints._unions import is_computed, union_finding
from handbook.violation import Tag

UNION = frozenset({"Union"})


class LegacyUnion(FileRule):
    """`typing.Union` is used instead of `X | Y`.

    `Union[int, str]` is an import, a name and a pair of brackets around what an operator says, and
    nested in other brackets it is hard to see where it ends. Since Python 3.10 `int | str` means
    the same everywhere: in annotations, in `isinstance`, in models of Pydantic.

    Write the members with `|` between them. A union of one member is that member, and where a
    member is in quotes the quotes go around the whole type.

    Bad:

    ```python
    from typing import Union

    Number = Union[int, float]  # <-


    def parse(text: str) -> Union[int, float, None]:  # <-
        value: "Union[int, float]" = float(text)  # <-
        return value or None
    ```

    Fixed:

    ```python
    Number = int | float


    def parse(text: str) -> int | float | None:
        value: "int | float" = float(text)
        return value or None
    ```


    Bad:

    A union of one type, and one with a class that is defined later.

    ```python
    import typing


    class Node:
        def attach(self, child: typing.Union["Node", str]) -> typing.Union[int]:  # <-
            return len(str(child))
    ```

    Fixed:

    ```python
    class Node:
        def attach(self, child: "Node | str") -> int:
            return len(str(child))
    ```


    Bad:

    The members of another generic, of an alias, the model of a response.

    ```python
    from typing import TypeAlias
    from typing import Union as U

    from fastapi import FastAPI

    Tree: TypeAlias = dict[str, U[str, "Tree"]]  # <-

    app = FastAPI()


    @app.get("/values", response_model=list[U[int, str]])  # <-
    async def list_values() -> list[int | str]:
        return [1, "two"]
    ```

    Fixed:

    ```python
    from typing import TypeAlias

    from fastapi import FastAPI

    Tree: TypeAlias = dict[str, "str | Tree"]

    app = FastAPI()


    @app.get("/values", response_model=list[int | str])
    async def list_values() -> list[int | str]:
        return [1, "two"]
    ```


    Bad:

    An alias with a member in quotes would become a text in them: a `type` statement is needed.

    ```python
    from typing import Union

    Key = Union[str, "Path"]  # <-


    class Path: ...
    ```

    Good:

    ```python
    def parse(text: str) -> int | float | None:
        value: "int | float" = float(text)
        return value or None
    ```

    Code that asks what a type is has to name `Union`.

    ```python
    from types import UnionType
    from typing import Any, Union, get_origin


    def is_union(hint: Any) -> bool:
        return get_origin(hint) in (Union, UnionType) or get_origin(hint) is Union
    ```

    The members are only known once the program runs: no `|` says that.

    ```python
    from typing import Any, Union

    KINDS = (int, str)
    Kind: Any = Union[KINDS]


    def union_of(*members: type) -> Any:
        return Union[tuple(members)] if members else Union[int, *KINDS]
    ```

    Another `Union`: of a library, or shadowed by a parameter.

    ```python
    from ctypes import Union
    from typing import Any


    class Word(Union):
        _fields_: list[Any] = []


    def first(Union: dict[str, int]) -> int:
        return Union["first"]
    ```
    """

    code = "HB033"
    fix_needs = (("python", (3, 10)),)
    level_in_tests = Level.STRICT
    tag = Tag.DEPRECATED
    needs = UNION
    overlaps = ("UP007",)

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each `Union` where a type is meant, and idle imports of it."""
        for name, reference in legacy_references(file, UNION):
            if reference.means_type and not is_computed(file, reference):
                yield union_finding(file, reference, name)
        for imported in unused_imports(file, UNION):
            yield Finding(imported.alias, "`Union` is deprecated and unused: remove the import")
