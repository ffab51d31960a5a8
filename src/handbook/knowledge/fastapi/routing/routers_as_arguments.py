"""Apps and routers that are handed to functions, which know them as parameters."""

import ast
import re
from collections.abc import Iterator

from handbook.knowledge.fastapi.routing.routers import Router, keyword_of, router_of
from handbook.knowledge.vocabulary import FASTAPI, FASTAPI_OR_ROUTER
from handbook.python.project.project import Project
from handbook.python.project.users import users_of
from handbook.python.project.word_index import text_test
from handbook.python.types.inference import called_by
from handbook.syntax.outline import ClassScope, FunctionScope, Outline, Parameter, Scope, own_nodes

_SUBCLASS = re.compile(rb"\bclass[ \t]+\w+[^:]*\bFastAPI\b")

type Handing = tuple[Router, Router, ast.Call, Scope]
"""The outer router, the inner one, the call that hands one to the other, and its scope."""


def handed_over(project: Project, included: set[tuple[str, str]]) -> Iterator[Handing]:
    """Where an app or router is handed to a function, such as `setup_routers(app)`.

    A parameter that the function includes in something, one of `included`, holds what it is
    handed: it is the outer one. Any other is what it is handed: it is the inner one. An app hands
    itself to its lifespan.
    """
    takers = _takers(project)
    if not takers:
        return
    names: set[str] = set()
    outlines: dict[str, Outline] = {}
    for taker in takers:
        called, users = users_of(project, _called(taker))
        names |= called
        outlines.update({outline.path: outline for outline in users})
    for _, outline in sorted(outlines.items()):
        for scope in outline.scopes_with({*names, "lifespan"}):
            for node in own_nodes(scope, ast.Assign, ast.AnnAssign, ast.Return, ast.Call):
                yield from _handed_to_lifespan(project, node, scope, takers)
                if not isinstance(node, ast.Call) or not (node.args or node.keywords):
                    continue
                function = _function_called(project, node, scope, names)
                if function in takers:
                    for argument, parameter in _hand(project, node, scope, takers[function]):
                        pair = (argument, parameter)
                        outer, inner = pair[::-1] if parameter.key in included else pair
                        yield outer, inner, node, scope


def _handed_to_lifespan(
    project: Project, node: ast.AST, scope: Scope, takers: dict[FunctionScope, dict[str, Router]]
) -> Iterator[Handing]:
    """What `app = FastAPI(lifespan=run)` hands to `run` at start-up."""
    match node:
        case (
            ast.Assign(targets=[name], value=ast.Call() as call)
            | ast.AnnAssign(target=name, value=ast.Call() as call)
        ):
            given = keyword_of(call, "lifespan")
        case ast.Return(value=ast.Call() as call):
            name, given = call, keyword_of(call, "lifespan")
        case _:
            return
    function = project.resolve_expression(given, scope) if given is not None else None
    app = router_of(project, name, scope) if isinstance(function, FunctionScope) else None
    if isinstance(function, FunctionScope) and app is not None and app.call is call:
        first = next(iter(function.parameters), None)
        taken = takers.get(function, {}).get(first.node.arg) if first is not None else None
        if taken is not None:
            yield app, taken, call, scope


def _called(function: FunctionScope) -> FunctionScope | ClassScope:
    """What a call of a function names: for `__init__` it is the class."""
    owner = function.parent
    return owner if function.name == "__init__" and isinstance(owner, ClassScope) else function


def _function_called(
    project: Project, call: ast.Call, scope: Scope, names: set[str]
) -> FunctionScope | None:
    """The function, method or constructor that a call calls, where it may be one of some names."""
    symbol = project.resolve_expression(call.func, scope)
    if symbol is None and isinstance(call.func, ast.Attribute) and call.func.attr in names:
        called = called_by(project, call, scope)
        symbol = called.symbol if called is not None else None
    if isinstance(symbol, ClassScope):
        owner = project.owner(symbol, "__init__")
        return owner.method("__init__") if owner is not None else None
    return symbol if isinstance(symbol, FunctionScope) else None


def _hand(
    project: Project, call: ast.Call, scope: Scope, parameters: dict[str, Router]
) -> Iterator[tuple[Router, Router]]:
    """Which routers a call hands over, each with the parameter that takes it."""
    given = [*zip(_names_of(parameters), call.args, strict=False)]
    given += [(keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg]
    for name, argument in given:
        router = router_of(project, argument, scope) if name in parameters else None
        if router is not None:
            yield router, parameters[name]


def _names_of(parameters: dict[str, Router]) -> list[str]:
    """The names of all parameters of the function that these belong to, in order."""
    function = next(iter(parameters.values())).scope
    if not isinstance(function, FunctionScope):
        return []
    names = [parameter.node.arg for parameter in function.parameters]
    # The object of a method is not among the arguments of a call.
    return names[1:] if function.is_method and names[:1] in (["self"], ["cls"]) else names


def _takers(project: Project) -> dict[FunctionScope, dict[str, Router]]:
    """The functions with parameters that are apps or routers, and those by name."""
    words = router_class_words(project)
    found: dict[FunctionScope, dict[str, Router]] = {}
    for function, name, router in project.facts_in(
        project.mentioning(*words), "takers of routers", _takers_in
    ):
        found.setdefault(function, {})[name] = router
    return found


def _takers_in(project: Project, outline: Outline) -> Iterator[tuple[FunctionScope, str, Router]]:
    for function in outline.definitions:
        if not isinstance(function, FunctionScope) or _is_called_by_pytest(function):
            continue
        words = router_class_words(project)
        for name, bound in function.bindings.items():
            if len(bound) != 1 or not isinstance(bound[0], Parameter):
                continue
            annotation = bound[0].node.annotation
            if annotation is not None and may_name(annotation, outline, words):
                router = router_of(project, ast.Name(name, ast.Load()), function)
                if router is not None and router.call is None:
                    yield function, name, router


def may_name(annotation: ast.expr, outline: Outline, words: frozenset[str]) -> bool:
    """Whether an expression may name one of some classes, under whatever name the module has."""
    for node in ast.walk(annotation):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                if name in words or not words.isdisjoint(outline.stands_for.get(name, ())):
                    return True
            case ast.Constant(value=str(text)):
                if any(word in text for word in words):
                    return True
    return False


def _is_called_by_pytest(function: FunctionScope) -> bool:
    """Whether a function is a test or a fixture: no code of the project hands it anything."""
    return function.name.startswith("test_") or any(
        ast.unparse(decorator).partition("(")[0].endswith("fixture")
        for decorator in function.node.decorator_list
    )


def app_class_names(project: Project) -> set[str]:
    """The names of the project's own subclasses of `FastAPI`."""
    return project.fact("app class names", lambda: _class_names(project))


@text_test
def may_inherit_app(text: bytes) -> bool:
    """Whether a text has a class that may inherit from `FastAPI`, under whatever name."""
    return _SUBCLASS.search(text) is not None or b"FastAPI as" in text


def router_class_words(project: Project) -> frozenset[str]:
    """The words in the names of `FastAPI`, `APIRouter` and the project's subclasses of both."""

    def find() -> frozenset[str]:
        own = {
            definition.name
            for outline in project.mentioning(*FASTAPI_OR_ROUTER.words)
            for definition in outline.definitions
            if isinstance(definition, ClassScope)
            and definition.node.bases
            and project.reaches(definition, FASTAPI_OR_ROUTER)
        }
        return frozenset(FASTAPI_OR_ROUTER.words | own)

    return project.fact("router class words", find)


def _class_names(project: Project) -> set[str]:
    return {
        definition.name
        for outline in project.mentioning(*FASTAPI.words, may=may_inherit_app)
        for definition in outline.definitions
        if isinstance(definition, ClassScope) and project.reaches(definition, FASTAPI)
    }
