"""HB111."""

import ast
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from handbook.knowledge.fastapi.routing.routes import routes_of
from handbook.knowledge.vocabulary import ANNOTATED, DEPENDENCY_MARKERS, PARAMETER_MARKERS
from handbook.python.project.project import Project, Variable
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Draft, FileRule, Finding, Level
from handbook.syntax.names import Names
from handbook.syntax.outline import Assigned, ClassScope, FunctionScope, Imported, Scope, own_nodes
from handbook.syntax.text import newline_of
from handbook.violation import Applicability, Span

_MARKERS = Names(DEPENDENCY_MARKERS | PARAMETER_MARKERS)
_WORD = re.compile(r"[^\W\d]\w*")
_DATACLASS = Names({"dataclasses.dataclass", "pydantic.dataclasses.dataclass"})


class _Default(NamedTuple):
    """A parameter or field whose default is a marker of FastAPI.

    Attributes:
        name: of the parameter.
        annotation: its type, if it has one.
        value: the default as written.
        marker: the call that the default is, or that the name in it stands for.
        kind: `Depends`, `Query` ….
    """

    name: str
    annotation: ast.expr | None
    value: ast.expr
    marker: ast.Call
    kind: str

    @property
    def is_dependency(self) -> bool:
        return self.kind in DEPENDENCY_MARKERS.words


class DependsDefault(FileRule):
    """A dependency or request parameter is declared by its default instead of `Annotated`.

    With `= Depends(...)` the default of the parameter is a lie: whoever calls the function
    directly, a test for one, gets a marker object instead of a value and no type checker objects.
    `Annotated[T, Depends(...)]` keeps the type and the instruction together, leaves the default
    free for a real one, and can be named once and used everywhere. The same holds for `Query`,
    `Path`, `Header`, `Cookie`, `Body`, `Form` and `File`.

    Bad:

    ```python
    from fastapi import APIRouter, Depends

    router = APIRouter()


    def get_name() -> str:
        return "Ada"


    @router.get("/greeting")
    async def read_greeting(name: str = Depends(get_name)) -> str:  # <-
        return f"Hello {name}"
    ```

    Fixed:

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Depends

    router = APIRouter()


    def get_name() -> str:
        return "Ada"


    @router.get("/greeting")
    async def read_greeting(name: Annotated[str, Depends(get_name)]) -> str:
        return f"Hello {name}"
    ```

    Bad:

    A bound belongs into the annotation, the real default stays; what has no default any more
    becomes keyword-only where it stands behind one that has.

    ```python
    from typing import Annotated

    import fastapi
    from fastapi import Depends, Query

    app = fastapi.FastAPI()


    def get_session() -> object: ...


    @app.get("/items")
    async def list_items(
        skip: int = Query(0, ge=0),  # <-
        session: object = Depends(get_session),  # <-
        query: str = Query(..., min_length=3),  # <-
    ) -> list[str]:
        return []
    ```

    Fixed:

    ```python
    from typing import Annotated

    import fastapi
    from fastapi import Depends, Query

    app = fastapi.FastAPI()


    def get_session() -> object: ...


    @app.get("/items")
    async def list_items(
        skip: Annotated[int, Query(ge=0)] = 0,
        *,
        session: Annotated[object, Depends(get_session)],
        query: Annotated[str, Query(min_length=3)],
    ) -> list[str]:
        return []
    ```

    Bad:

    Dependencies themselves, classes included, and parameters without a type:

    ```python
    from dataclasses import dataclass

    from fastapi.param_functions import Depends as Needs


    def get_settings() -> dict[str, str]:
        return {}


    COMMON = Needs(get_settings)


    class Mailer:
        def __init__(self, settings=Needs(get_settings)) -> None:  # <-
            self.settings = settings


    @dataclass
    class Page:
        settings: dict[str, str] = Needs(get_settings)  # <-


    async def get_mailer(settings: dict[str, str] = COMMON) -> Mailer:  # <-
        return Mailer(settings)
    ```

    A parameter that has an `Annotated` already: whether that lacks something only its author knows.

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Depends, Query

    router = APIRouter()


    @router.get("/names")
    async def list_names(first: Annotated[str, "a name"] = Query("Ada")) -> list[str]:  # <-
        return [first]
    ```

    Where annotations stay text, only the module's own names can be found in them, and never those
    that are imported for type checkers: no fix here.

    ```python
    from __future__ import annotations

    from typing import TYPE_CHECKING

    from fastapi import APIRouter, Depends

    if TYPE_CHECKING:
        from decimal import Decimal


    def get_price() -> Decimal: ...


    def get_total(price: Decimal = Depends(get_price)) -> Decimal:  # <-
        return price * 2


    def make_router(size: int) -> APIRouter:
        router = APIRouter()

        def get_size() -> int:
            return size

        @router.get("/size")
        async def read_size(size: int = Depends(get_size)) -> int:  # <-
            return size

        return router
    ```

    Good:

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Depends, Query

    router = APIRouter(dependencies=[Depends(print)])


    def get_name() -> str | None:
        return None


    Name = Annotated[str | None, Depends(get_name)]


    @router.get("/greeting", dependencies=[Depends(get_name)])
    async def read_greeting(name: Name = None, limit: Annotated[int, Query(le=9)] = 3) -> str:
        return f"Hello {name}" * limit
    ```

    Another library's `Depends`, and a wrapper that merely sounds like it:

    ```python
    from docket import Depends


    def PermissionDepends(name: str) -> str:
        return name


    async def run_task(store: object = Depends(object), may: str = PermissionDepends("x")) -> None: ...
    ```

    The attributes of a class-based view can be declared in no other way:

    ```python
    from fastapi import Depends


    def get_session() -> object: ...


    class ItemViews:
        session: object = Depends(get_session)
    ```
    """

    code = "HB111"
    fix_needs = (("fastapi", (0, 95)), ("dependency-injector", (4, 46)))
    level_in_tests = Level.STRICT
    needs = _MARKERS.words
    overlaps = ("FAST002", "B008")

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each default that is a marker; one fix mends a whole signature."""
        for definition in file.outline.definitions:
            if isinstance(definition, FunctionScope):
                found = [*_parameters(file.project, definition)]
            else:
                found = [*_fields(file.project, definition)]
            mended: dict[int, _Default] = {}
            fixes: tuple[Draft, ...] = ()
            if found and isinstance(definition, FunctionScope):
                mended = {id(d.value): d for d in found if _is_mendable(file, d, definition)}
                fixes = _fixes(file, definition, mended)
            for default in found:
                message = _message(file.project, default, definition)
                yield Finding(default.value, message, fixes if id(default.value) in mended else ())


def _message(project: Project, default: _Default, definition: Scope) -> str:
    if _is_annotated(project, default, definition):
        return (
            f"`{default.name}` has an `Annotated` and is declared by its default: "
            f"put the `{default.kind}(…)` into the `Annotated`, if none is there"
        )
    type_ = ast.unparse(default.annotation) if default.annotation is not None else "…"
    shown = default.kind if not default.is_dependency else ast.unparse(default.value)
    call = shown if default.is_dependency else f"{shown}(…)"
    real = _real_default(default)
    rest = f" = {ast.unparse(real)}" if real is not None else ""
    return (
        f"`{default.name}` is declared by its default: "
        f"write `{default.name}: Annotated[{type_}, {call}]{rest}`"
    )


def _is_annotated(project: Project, default: _Default, definition: Scope) -> bool:
    head = default.annotation
    head = head.value if isinstance(head, ast.Subscript) else head
    symbol = project.resolve_expression(head, definition.parent or definition) if head else None
    return symbol is not None and symbol.qualified_name in ANNOTATED


def _parameters(project: Project, function: FunctionScope) -> Iterator[_Default]:
    around = function.parent or function
    for parameter in function.parameters:
        if parameter.default is not None:
            arg = parameter.node
            found = _default(project, arg.arg, arg.annotation, parameter.default, around)
            if found is not None:
                yield found


def _fields(project: Project, class_: ClassScope) -> Iterator[_Default]:
    """The fields of a dataclass, which FastAPI reads as the parameters of a dependency."""
    if not any(_is_dataclass(project, node, class_) for node in class_.node.decorator_list):
        return
    for name, bound in class_.bindings.items():
        match bound:
            case [Assigned(value=ast.expr() as value, annotation=ast.expr() as annotation)]:
                found = _default(project, name, annotation, value, class_)
                if found is not None:
                    yield found


def _is_dataclass(project: Project, decorator: ast.expr, class_: ClassScope) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    symbol = project.resolve_expression(called, class_.parent or class_)
    return symbol is not None and symbol.qualified_name in _DATACLASS


def _default(
    project: Project, name: str, annotation: ast.expr | None, value: ast.expr, scope: Scope
) -> _Default | None:
    marker = value
    if isinstance(value, ast.Name | ast.Attribute):
        symbol = project.resolve_expression(value, scope)
        match symbol:
            case Variable(bindings=[Assigned(value=ast.Call() as call)]):
                marker, scope = call, symbol.scope
    if not isinstance(marker, ast.Call):
        return None
    called = project.resolve_expression(marker.func, scope)
    if called is None or called.qualified_name not in _MARKERS:
        return None
    kind = called.qualified_name.rpartition(".")[2]
    return _Default(name, annotation, value, marker, kind)


def _fixes(
    file: SourceFile, function: FunctionScope, mended: Mapping[int, _Default]
) -> tuple[Draft, ...]:
    """One fix for the whole signature: the order of its parameters hangs together."""
    if not mended:
        return ()
    args = function.node.args
    positional = [p for p in function.parameters if p.node not in args.kwonlyargs]
    has_default = False
    star_before: ast.arg | None = None
    for parameter in positional:
        default = mended.get(id(parameter.default))
        keeps = parameter.default is not None and (
            default is None or _real_default(default) is not None
        )
        if has_default and not keeps and parameter.node not in (args.vararg, args.kwarg):
            star_before = parameter.node
            break
        has_default = has_default or keeps
    if star_before is not None and (args.vararg or args.kwonlyargs or args.posonlyargs):
        return ()
    is_route = bool(routes_of(file.project, function))
    # Whoever calls a dependency by hand may have passed by position what becomes keyword-only.
    is_safe = star_before is None or (
        is_route and not _is_called_by_position(file.project, function.name)
    )
    draft = Draft(
        file,
        f"Declare the parameters of `{function.name}` with `Annotated`",
        Applicability.SAFE if is_safe else Applicability.UNSAFE,
    )
    for parameter in function.parameters:
        default = mended.get(id(parameter.default))
        star = _star_before(file, parameter.node) if parameter.node is star_before else ""
        if default is not None and default.annotation is not None:
            annotated = draft.use(
                "typing.Annotated", default.annotation, also=("typing_extensions.Annotated",)
            )
            start = file.span(parameter.node).start
            span = Span(start, file.span(default.value).end)
            draft.replace(span, star + _rewritten(file, default, annotated))
        elif star:
            draft.insert(file.span(parameter.node).start, star)
    return (draft,)


def _is_called_by_position(project: Project, name: str) -> bool:
    """Whether something calls a function of that name with arguments by position, tests included."""
    return any(
        bool(call.args)
        and name == (call.func.attr if isinstance(call.func, ast.Attribute) else _id(call.func))
        for outline in project.mentioning(name)
        for scope in (outline, *outline.definitions)
        for call in own_nodes(scope, ast.Call)
    )


def _id(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _star_before(file: SourceFile, parameter: ast.arg) -> str:
    """The star that makes a parameter, and all after it, keyword-only; on a line as it is."""
    start = file.span(parameter).start
    indentation = file.lines[start.line - 1][: start.column]
    return "*, " if indentation.strip() else f"*,{newline_of(file.lines)}{indentation}"


def _is_mendable(file: SourceFile, default: _Default, function: FunctionScope) -> bool:
    """Whether there is a type to put into `Annotated`, and no `Annotated` yet."""
    if default.annotation is None or _is_annotated(file.project, default, function):
        return False
    if _is_out_of_reach(file, default, function.parent or file.outline):
        return False
    # A name that stands for `Query(1)` holds a default that cannot be taken out of it here.
    return default.value is default.marker or default.is_dependency


def _is_out_of_reach(file: SourceFile, default: _Default, scope: Scope) -> bool:
    """Whether FastAPI could not read at run time what would stand in `Annotated`.

    That is a type that is only imported for type checkers, and what is not the module's own where
    annotations stay text. A type alone may be out of reach as long as the default says `Depends`.
    """
    names = [node.id for node in ast.walk(default.value) if isinstance(node, ast.Name)]
    if default.annotation is not None:
        names += _WORD.findall(ast.unparse(default.annotation))
    found = [known for name in names if (known := scope.lookup(name)) is not None]
    if any(
        isinstance(bound, Imported) and bound.is_type_checking
        for _, bindings in found
        for bound in bindings
    ):
        return True
    imported = file.outline.bindings.get("annotations", ())
    if not any(isinstance(bound, Imported) and bound.module == "__future__" for bound in imported):
        return False
    return any(binder is not file.outline for binder, _ in found)


def _real_default(default: _Default) -> ast.expr | None:
    """The default that `Query(…)` and its like give a parameter."""
    if default.is_dependency:
        return None
    given = [keyword.value for keyword in default.marker.keywords if keyword.arg == "default"]
    given += default.marker.args[:1]
    if not given or (isinstance(given[0], ast.Constant) and given[0].value is Ellipsis):
        return None
    return given[0]


def _rewritten(file: SourceFile, default: _Default, annotated: str) -> str:
    annotation = file.code(default.annotation) if default.annotation is not None else ""
    call = file.code(default.value)
    real = _real_default(default)
    if not default.is_dependency:
        call = _without_default(file, default.marker)
    text = f"{default.name}: {annotated}[{annotation}, {call}]"
    return f"{text} = {file.code(real)}" if real is not None else text


def _without_default(file: SourceFile, call: ast.Call) -> str:
    """The text of `Query(…)` without its first argument or `default=`."""
    arguments: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    dropped = [
        argument
        for argument in arguments
        if argument in call.args[:1]
        or (isinstance(argument, ast.keyword) and argument.arg == "default")
    ]
    if not dropped:
        return file.code(call)
    index = arguments.index(dropped[0])
    whole = file.span(call)
    if index + 1 < len(arguments):
        before = Span(whole.start, file.span(arguments[index]).start)
        after = Span(file.span(arguments[index + 1]).start, whole.end)
    elif index > 0:
        before = Span(whole.start, file.span(arguments[index - 1]).end)
        after = Span(file.span(arguments[index]).end, whole.end)
    else:
        return f"{file.code(call.func)}()"
    return file.text_of(before) + file.text_of(after)
