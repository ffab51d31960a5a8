"""HB038."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from handbook.knowledge.fastapi.routing.routes import routes_in
from handbook.python.project.project import External, Symbol, Variable, dotted_parts
from handbook.python.project.references import TYPING_MODULES, Reference, quoted_text, references
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Draft, FileRule, Finding, Level
from handbook.syntax.names import Names
from handbook.syntax.outline import Assigned, ClassScope, Outline, Scope, own_nodes
from handbook.violation import Applicability, Severity, Span

_TYPE_ALIAS = Names.under(TYPING_MODULES, "TypeAlias")
_ANNOTATED = Names.under(TYPING_MODULES, "Annotated")
_ANY_STR = Names.under(TYPING_MODULES, "AnyStr")
_TYPE_VARIABLES = Names.under(TYPING_MODULES, "TypeVar", "ParamSpec", "TypeVarTuple")
_NO_ALIASES = Names.under(
    TYPING_MODULES, "Annotated", "Generic", "Protocol", "ClassVar", "Final", "Required"
)
_GENERIC_MODULES = ("typing", "typing_extensions", "collections.abc")
_GENERIC_CLASSES = frozenset(
    {
        *(f"builtins.{name}" for name in ("dict", "frozenset", "list", "set", "tuple", "type")),
        *("collections.deque", "collections.defaultdict", "collections.Counter"),
        *("collections.OrderedDict", "collections.ChainMap", "re.Pattern", "os.PathLike"),
    }
)
_CLASS_TESTS = frozenset({"isinstance", "issubclass"})
_COMPUTED = (ast.Call, ast.IfExp, ast.ListComp, ast.SetComp, ast.GeneratorExp)
_DEEPEST = 5


class LegacyTypeAlias(FileRule):
    """A type alias is a plain assignment instead of a `type` statement.

    An assignment of a type looks like any other variable, is evaluated at once, so that it cannot
    name what is defined below, and nothing tells a reader or a tool that it is meant as a type.
    `TypeAlias` says it with one more import. The `type` statement of Python 3.12 says it by itself,
    may refer to later names and to itself, and can take type parameters.

    Write `type Name = …`. Aliases that are looked at while the program runs, in `isinstance`, as a
    base class or as a value, in `Mapped[…]` or for a parameter of a route, stay assignments,
    because a `type` alias is an object of its own there. So do `Annotated[…]` aliases, FastAPI's
    idiom for dependencies.

    Bad:

    ```python
    from typing import TypeAlias

    UserId: TypeAlias = int  # <-
    Tree: TypeAlias = "dict[str, Tree]"  # <-


    def walk(tree: Tree, owner: UserId) -> list[str]:
        return [*tree, str(owner)]
    ```

    Fixed:

    ```python
    type UserId = int
    type Tree = dict[str, Tree]


    def walk(tree: Tree, owner: UserId) -> list[str]:
        return [*tree, str(owner)]
    ```

    Bad:

    Without the annotation: generics and unions of types.

    ```python
    import typing as t
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    Handler = Callable[[str], Awaitable[None]]  # <-
    Mode = t.Literal["read", "write"]  # <-
    Moment = datetime | None  # <-
    Schedule = dict[str, Moment] | list[Moment]  # <-


    async def run(handler: Handler, mode: Mode, schedule: Schedule) -> None:
        await handler(mode + str(schedule))
    ```

    Fixed:

    ```python
    import typing as t
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    type Handler = Callable[[str], Awaitable[None]]
    type Mode = t.Literal["read", "write"]
    type Moment = datetime | None
    type Schedule = dict[str, Moment] | list[Moment]


    async def run(handler: Handler, mode: Mode, schedule: Schedule) -> None:
        await handler(mode + str(schedule))
    ```

    Bad:

    Over several lines.

    ```python
    from typing import Literal, TypeAlias

    State: TypeAlias = (  # <-
        # before it is checked
        Literal["new"] | Literal["waiting"]
    )
    Result = (  # <- what comes of it
        Literal["passed"]
        | Literal["failed"]
    )
    ```

    Fixed:

    ```python
    from typing import Literal

    type State = (
        # before it is checked
        Literal["new"] | Literal["waiting"]
    )
    type Result = (
        Literal["passed"]
        | Literal["failed"]
    )
    ```

    Bad:

    One with a type variable, which has to become a type parameter: `type Pair[T] = tuple[T, T]`.

    ```python
    from typing import TypeVar

    T = TypeVar("T")
    Pair = tuple[T, T]  # <-


    def swap(pair: Pair[int]) -> Pair[int]:
        return pair[1], pair[0]
    ```

    Used in another module, for annotations alone.

    ```python
    # file: app/core/types.py
    Json = dict[str, object]  # <-
    # file: app/users/service.py
    from app.core.types import Json


    def dump(value: Json) -> "list[Json]":
        return [value]
    ```

    Fixed:

    ```python
    # file: app/core/types.py
    type Json = dict[str, object]
    # file: app/users/service.py
    from app.core.types import Json


    def dump(value: Json) -> "list[Json]":
        return [value]
    ```

    Good:

    ```python
    from collections.abc import Awaitable, Callable

    type Handler = Callable[[str], Awaitable[None]]
    type Tree = dict[str, Tree]
    type Pair[T] = tuple[T, T]
    ```

    An alias that is needed while the program runs, here or in another module.

    ```python
    # file: app/core/types.py
    from typing import Literal

    Number = int | float
    Colour = Literal["red", "green"]
    Row = tuple[int, str]
    # file: app/users/service.py
    from typing import get_args

    from app.core import types
    from app.core.types import Colour, Number

    COLOURS = get_args(Colour)


    class Entry(types.Row):
        pass


    def is_number(value: object) -> bool:
        return isinstance(value, Number)
    ```

    What is called an alias, but is an object by another name.

    ```python
    # file: app/container.py
    class Container:
        title = "Orders"


    container = Container()
    # file: app/greeting.py
    from typing import TypeAlias

    from app.container import container

    services: TypeAlias = container


    def greet() -> str:
        return services.title
    ```

    What SQLAlchemy maps and FastAPI reads from a route's parameters is needed while it runs, too.

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Query
    from sqlalchemy import JSON
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    Ids = list[int]
    Json = dict[str, object]

    router = APIRouter()


    class Base(DeclarativeBase):
        type_annotation_map = {Json: JSON}


    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        settings: Mapped[Json | None]


    @router.get("/users")
    async def list_users(ids: Annotated[Ids, Query()]) -> list[int]:
        return ids
    ```

    And so is what such an alias is made of, in this file or another.

    ```python
    # file: app/pets.py
    from typing import Literal

    from pydantic import BaseModel


    class Cat(BaseModel):
        kind: Literal["cat"]


    class Dog(BaseModel):
        kind: Literal["dog"]


    AnyPet = Cat | Dog
    # file: app/router.py
    from typing import Annotated

    from fastapi import APIRouter
    from pydantic import Field

    from app.pets import AnyPet

    Pet = Annotated[AnyPet, Field(discriminator="kind")]
    Names = list[str]
    MaybeNames = Names | None

    router = APIRouter()


    @router.post("/pets")
    async def create_pet(pet: Pet, names: MaybeNames = None) -> list[str]:
        return [*(names or ()), pet.kind]
    ```

    FastAPI's idiom for dependencies, and values that only look like types.

    ```python
    import re
    from typing import Annotated

    from fastapi import Depends

    LIMITS = {"a": int}


    def get_user() -> str:
        return "ada"


    CurrentUser = Annotated[str, Depends(get_user)]
    FLAGS = re.IGNORECASE | re.MULTILINE
    FIRST = LIMITS["a"]
    Name = str
    ```
    """

    code = "HB038"
    level = Level.STRICT
    severity = Severity.INFO
    overlaps = ("UP040",)

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report aliases by assignment that nothing needs while the program runs."""
        aliases = {alias.name: alias for alias in _aliases(file)}
        if not aliases:
            return
        needed = _with_parts(_needed_at_run_time(file, aliases), aliases)
        for name, alias in aliases.items():
            if name not in needed:
                yield Finding(alias.target, _message(file, alias), _fixes(file, alias))


class _Alias(NamedTuple):
    """A type alias by assignment."""

    name: str
    node: ast.Assign | ast.AnnAssign
    target: ast.Name
    value: ast.expr


def _fixes(file: SourceFile, alias: _Alias) -> list[Draft]:
    """Write the statement, unless it needs type parameters that nobody has named."""
    text = _text(file, alias)
    if text is None or _has_type_variables(file, alias):
        return []
    draft = Draft(file, f"Write `type {alias.name} = …`", Applicability.UNSAFE)
    draft.replace(alias.node, f"type {alias.name} = {text}")
    return [draft.release(*_TYPE_ALIAS)]


def _text(file: SourceFile, alias: _Alias) -> str | None:
    """The text of the type, out of its quotes, or as it stands behind the `=`."""
    value = alias.value
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        text = value.value.strip()
        return text if quoted_text(text) is not None and "\n" not in text else None
    head = alias.node.annotation if isinstance(alias.node, ast.AnnAssign) else alias.target
    rest = file.text_of(Span(file.span(head).end, file.span(alias.node).end))
    return rest.partition("=")[2].strip()


def _has_type_variables(file: SourceFile, alias: _Alias) -> bool:
    for part in ast.walk(alias.value):
        if not isinstance(part, ast.Name | ast.Attribute):
            continue
        symbol = file.project.resolve_expression(part, file.outline)
        match symbol:
            case External(qualified_name=name) if name in _ANY_STR:
                return True
            case Variable(scope=scope, bindings=[Assigned(value=ast.Call(func=maker))]):
                made = file.project.resolve_expression(maker, scope)
                if made is not None and made.qualified_name in _TYPE_VARIABLES:
                    return True
    return False


def _message(file: SourceFile, alias: _Alias) -> str:
    value = alias.value
    text = str(value.value) if isinstance(value, ast.Constant) else file.code(value)
    if "\n" in text or len(text) > 60:
        text = "…"
    return f"`{alias.name}` is a type alias: write `type {alias.name} = {text}`"


def _aliases(file: SourceFile) -> Iterator[_Alias]:
    outline = file.outline
    for node in outline.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name) as target, value=ast.expr() as value):
                is_alias = _named(file, node.annotation, outline, _TYPE_ALIAS)
            case ast.Assign(targets=[ast.Name(id=name) as target], value=value):
                is_alias = isinstance(value, ast.Subscript | ast.BinOp) and _is_type(
                    file, value, outline
                )
            case _:
                continue
        is_static = not any(isinstance(part, _COMPUTED) for part in ast.walk(value))
        if is_alias and is_static and len(outline.bindings.get(name, ())) == 1:
            if not _holds_metadata(file, value):
                yield _Alias(name, node, target, value)


def _named(file: SourceFile, node: ast.expr, scope: Scope, names: Names) -> bool:
    symbol = file.project.resolve_expression(node, scope)
    return symbol is not None and symbol.qualified_name in names


def _is_type(file: SourceFile, node: ast.expr, scope: Scope, depth: int = 0) -> bool:
    """Whether an expression is surely a type with arguments, or a union of types."""
    match node:
        case ast.Subscript(value=head):
            symbol = file.project.resolve_expression(head, scope)
            if not isinstance(symbol, External):
                return False
            name = symbol.qualified_name
            module = name.rpartition(".")[0]
            is_generic = module in _GENERIC_MODULES or name in _GENERIC_CLASSES
            return is_generic and name not in _NO_ALIASES
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return _is_member(file, left, scope, depth) and _is_member(file, right, scope, depth)
    return False


def _is_member(file: SourceFile, node: ast.expr, scope: Scope, depth: int) -> bool:
    """Whether an operand of `|` is a type, so that the whole is a union."""
    if isinstance(node, ast.Constant):
        return node.value is None
    if not isinstance(node, ast.Name | ast.Attribute):
        return _is_type(file, node, scope, depth) or _is_annotated(file, node)
    return _is_class(file, file.project.resolve_expression(node, scope), depth)


def _is_class(file: SourceFile, symbol: Symbol | None, depth: int) -> bool:
    match symbol:
        case ClassScope():
            return True
        case External(qualified_name=name):
            # A class is named in capitals, in a module that is not; a flag lies in a class.
            parts = name.split(".")
            if parts[0] == "builtins":
                return name.islower()
            is_in_module = all(part.islower() for part in parts[:-1])
            return is_in_module and (
                (parts[-1][:1].isupper() and not parts[-1].isupper())
                or name in ("uuid.UUID", "datetime.datetime", "datetime.date", "datetime.time")
            )
        case Variable(bindings=[Assigned(node=ast.TypeAlias())]):
            return True
        case Variable(scope=scope, bindings=[Assigned(value=ast.expr() as value)]):
            return depth < _DEEPEST and _is_type(file, value, scope, depth + 1)
    return False


def _is_annotated(file: SourceFile, node: ast.expr) -> bool:
    return isinstance(node, ast.Subscript) and _named(file, node.value, file.outline, _ANNOTATED)


def _holds_metadata(file: SourceFile, value: ast.expr) -> bool:
    """Whether it is `Annotated[…]`, or a union with one."""
    if isinstance(value, ast.BinOp):
        return _holds_metadata(file, value.left) or _holds_metadata(file, value.right)
    return _is_annotated(file, value)


def _needed_at_run_time(file: SourceFile, aliases: dict[str, _Alias]) -> set[str]:
    """The aliases that some module of the project uses otherwise than as a type."""
    words = frozenset(aliases)
    needed = _values(file, words, file.outline, aliases)
    for outline in file.project.mentioning(*words):
        if (
            outline is not file.outline
            and needed != words
            and _may_import(outline, file.outline, words)
        ):
            other = SourceFile(outline.path, outline, file.project)
            needed |= _values(other, words, file.outline, aliases)
    return needed


def _with_parts(needed: set[str], aliases: dict[str, _Alias]) -> set[str]:
    """The aliases that are needed, and those that they are made of."""
    found: set[str] = set()
    pending = [*needed]
    while pending:
        name = pending.pop()
        if name in aliases and name not in found:
            found.add(name)
            parts = ast.walk(aliases[name].value)
            pending += [part.id for part in parts if isinstance(part, ast.Name)]
    return found


def _may_import(outline: Outline, home: Outline, words: frozenset[str]) -> bool:
    """Whether a module imports one of some names of another, or that module itself."""
    return any(
        imported.name in words
        or imported.name == "*"
        or home.module in (imported.target, imported.module)
        or (imported.name is None and home.module.startswith(f"{imported.target}."))
        for imported in outline.imports
    )


def _values(
    file: SourceFile, words: frozenset[str], home: Outline, aliases: dict[str, _Alias]
) -> set[str]:
    """Which of the aliases of `home` a file uses as a value, or as a base class."""
    in_aliases = {id(node) for alias in aliases.values() for node in ast.walk(alias.value)}
    found: set[str] = set()
    looked_into: set[int] | None = None
    for reference in references(file, words):
        node = reference.node
        if not isinstance(node.ctx, ast.Load) or id(node) in in_aliases:
            continue
        if reference.is_type and looked_into is None:
            looked_into = _read_while_running(file)
        if not reference.is_type or id(node) in (looked_into or ()):
            name = _alias_of(file, reference, home)
            if name is not None:
                found.add(name)
    return found & words


def _alias_of(file: SourceFile, reference: Reference, home: Outline) -> str | None:
    parts = dotted_parts(reference.node)
    symbol = file.project.resolve_name(parts, reference.scope) if parts else None
    if isinstance(symbol, Variable) and symbol.scope is home:
        return symbol.name
    if not parts or (isinstance(symbol, Variable) and symbol.name == parts[-1]):
        return None
    # What is not certain, or resolved through the alias, may be a use of it.
    return parts[-1]


def _read_while_running(file: SourceFile) -> set[int]:
    """The nodes where a type is written, but a library or the program looks into it.

    These are base classes and the classes of `isinstance`, the columns of SQLAlchemy, which maps
    what `Mapped` holds, and the parameters of routes: FastAPI takes a list for a query parameter
    of several values and a dict for a body, but not a `type` alias of them. Aliases with metadata
    are made for such parameters.
    """
    found: list[ast.expr] = []
    for statement in file.outline.body:
        if isinstance(statement, ast.Assign) and _holds_metadata(file, statement.value):
            found.extend(_all_of(statement.value))
    for definition in file.outline.definitions:
        if isinstance(definition, ClassScope):
            for base in definition.node.bases:
                found.append(base.value if isinstance(base, ast.Subscript) else base)
            for statement in definition.body:
                match statement:
                    case ast.AnnAssign(annotation=ast.Subscript(value=head, slice=mapped)):
                        if (dotted_parts(head) or [""])[-1] == "Mapped":
                            found.extend(_all_of(mapped))
    for route in routes_in(file.project, file.outline):
        if route.handler is not None:
            for parameter in route.handler.parameters:
                found.extend(_all_of(parameter.node.annotation))
    for scope in file.outline.scopes_with(_CLASS_TESTS):
        for call in own_nodes(scope, ast.Call):
            match call:
                case ast.Call(func=ast.Name(id=name), args=[_, classes]) if name in _CLASS_TESTS:
                    found.extend(_all_of(classes))
    return {id(node) for node in found}


def _all_of(node: ast.expr | None) -> Iterator[ast.expr]:
    if node is not None:
        yield from (below for below in ast.walk(node) if isinstance(below, ast.expr))
