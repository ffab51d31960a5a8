"""What a route depends on: every `Depends` and `Security` that FastAPI would follow."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from handbook.outline import Assigned, ClassScope, FunctionScope, Scope, own_nodes
from handbook.project import External, Project, Symbol, Variable
from handbook.values import elements
from handbook.web.apps import Placement
from handbook.web.routers import keyword_of
from handbook.web.routes import Route
from handbook.web.schemas import own_fields
from handbook.web.vocabulary import ANNOTATED, DEPENDENCY_MARKERS, SECURITY

_DEEPEST = 12
_PARTIAL = "functools.partial"

type Target = FunctionScope | ClassScope | External
"""What FastAPI calls: a function, a class it makes an instance of, or something outside."""


@dataclass(slots=True, frozen=True)
class Dependency:
    """One `Depends(…)` or `Security(…)`.

    Attributes:
        marker: the call.
        scope: the scope that it is written in.
        target: what is called; for an instance with `__call__`, that method; for an instance of
            a class outside the project, such as `OAuth2PasswordBearer(…)`, that class; `None`
            where it is not certain.
        is_security: whether it is `Security(…)`.
    """

    marker: ast.Call
    scope: Scope
    target: Target | None
    is_security: bool

    def argument(self, name: str) -> ast.expr | None:
        """A keyword argument of the marker, such as `scope` or `use_cache`."""
        return keyword_of(self.marker, name)


def dependencies_of(project: Project, route: Route) -> list[Dependency]:
    """What a route depends on by itself and by its router, transitively, each once."""
    direct = [*_listed(project, route.call, route.scope)]
    if route.router.call is not None:
        direct += _listed(project, route.router.call, route.router.scope)
    if route.handler is not None:
        direct += parameter_dependencies(project, route.handler)
    return _closure(project, direct)


def dependencies_on_the_way(project: Project, placement: Placement) -> list[Dependency]:
    """What the app, the routers between and the inclusions add to a router's routes."""
    direct: list[Dependency] = []
    for router in placement.routers:
        if router.call is not None:
            direct += _listed(project, router.call, router.scope)
    for step in placement.steps:
        direct += _listed(project, step.call, step.scope)
    return _closure(project, direct)


def parameter_dependencies(project: Project, function: FunctionScope) -> Iterator[Dependency]:
    """What the parameters of a function ask for, themselves only."""
    around = function.parent or function
    for parameter in function.parameters:
        annotation = parameter.node.annotation
        found = [*_markers(project, parameter.default, around)]
        if annotation is not None:
            found += _annotated(project, annotation, around, 0)
        for marker, scope in found:
            yield _dependency(project, marker, scope, annotation, around)


def _closure(project: Project, direct: list[Dependency]) -> list[Dependency]:
    seen: set[int] = set()
    queue = list(direct)
    found: list[Dependency] = []
    for dependency in queue:
        if id(dependency.marker) in seen:
            continue
        seen.add(id(dependency.marker))
        found.append(dependency)
        if dependency.target is not None:
            queue.extend(needs_of(project, dependency.target))
    return found


def needs_of(project: Project, target: Target) -> Iterator[Dependency]:
    """What FastAPI resolves before it calls a dependency."""
    if isinstance(target, FunctionScope):
        yield from parameter_dependencies(project, target)
    elif isinstance(target, ClassScope):
        owner = project.owner(target, "__init__")
        initializer = owner.method("__init__") if owner is not None else None
        if initializer is not None:
            yield from parameter_dependencies(project, initializer)
            return
        # A dataclass or a schema: its fields are the parameters.
        for symbol in project.ancestry(target):
            if isinstance(symbol, ClassScope):
                for field in own_fields(symbol):
                    markers = [
                        *_markers(project, field.default, symbol),
                        *_annotated(project, field.annotation, symbol, 0),
                    ]
                    for marker, scope in markers:
                        yield _dependency(project, marker, scope, field.annotation, symbol)


def _listed(project: Project, call: ast.Call, scope: Scope) -> Iterator[Dependency]:
    """What the `dependencies=[…]` argument of a call lists."""
    given = keyword_of(call, "dependencies")
    for item in (elements(project, given, scope) or ()) if given is not None else ():
        for marker, place in _markers(project, item.node, item.scope):
            yield _dependency(project, marker, place, None, place)


def _markers(
    project: Project, node: ast.expr | None, scope: Scope
) -> Iterator[tuple[ast.Call, Scope]]:
    """The `Depends(…)` that an expression is, itself or through a name bound to one."""
    match node:
        case ast.Call(func=func):
            called = project.resolve_expression(func, scope)
            if called is not None and called.qualified_name in DEPENDENCY_MARKERS:
                yield node, scope
        case ast.Name() | ast.Attribute():
            symbol = project.resolve_expression(node, scope)
            match symbol:
                case Variable(bindings=[Assigned(value=ast.Call() as call)]):
                    yield from _markers(project, call, symbol.scope)


def _annotated(
    project: Project, node: ast.expr, scope: Scope, depth: int
) -> Iterator[tuple[ast.Call, Scope]]:
    """The markers in `Annotated[…]`, through aliases in this module and others."""
    if depth > _DEEPEST:
        return
    match node:
        case ast.Constant(value=str(text)):
            try:
                inner = ast.parse(text.strip(), mode="eval").body
            except SyntaxError:
                return
            yield from _annotated(project, inner, scope, depth + 1)
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            yield from _annotated(project, left, scope, depth + 1)
            yield from _annotated(project, right, scope, depth + 1)
        case ast.Subscript(value=head, slice=ast.Tuple(elts=[first, *metadata])):
            symbol = project.resolve_expression(head, scope)
            if symbol is not None and symbol.qualified_name in ANNOTATED:
                yield from _annotated(project, first, scope, depth + 1)
                for item in metadata:
                    yield from _markers(project, item, scope)
        case ast.Name() | ast.Attribute():
            symbol = project.resolve_expression(node, scope)
            if isinstance(symbol, Variable) and len(symbol.bindings) == 1:
                match symbol.bindings[0]:
                    case Assigned(value=ast.expr() as value):
                        yield from _annotated(project, value, symbol.scope, depth + 1)


def _dependency(
    project: Project,
    marker: ast.Call,
    scope: Scope,
    annotation: ast.expr | None,
    around: Scope,
) -> Dependency:
    called = project.resolve_expression(marker.func, scope)
    is_security = called is not None and called.qualified_name in SECURITY
    node = keyword_of(marker, "dependency") or (marker.args[0] if marker.args else None)
    if node is not None:
        target = _target(project, node, scope, 0)
    else:
        target = _annotated_class(project, annotation, around) if annotation is not None else None
    return Dependency(marker, scope, target, is_security)


def _target(project: Project, node: ast.expr, scope: Scope, depth: int) -> Target | None:
    """What FastAPI calls for the argument of `Depends`."""
    if depth > _DEEPEST:
        return None
    if isinstance(node, ast.Call):
        return _result(project, node, scope, depth)
    symbol = project.resolve_expression(node, scope)
    if isinstance(symbol, FunctionScope | ClassScope | External):
        return symbol
    if isinstance(symbol, Variable) and len(symbol.bindings) == 1:
        match symbol.bindings[0]:
            case Assigned(value=ast.expr() as value):
                return _target(project, value, symbol.scope, depth + 1)
    return None


def _result(project: Project, call: ast.Call, scope: Scope, depth: int) -> Target | None:
    """What the result of a call is when FastAPI calls it in turn."""
    called: Symbol | None = project.resolve_expression(call.func, scope)
    if called is not None and called.qualified_name == _PARTIAL and call.args:
        return _target(project, call.args[0], scope, depth + 1)
    if isinstance(called, ClassScope):
        owner = project.owner(called, "__call__")
        method = owner.method("__call__") if owner is not None else None
        return method if method is not None else _external_base(project, called)
    if isinstance(called, FunctionScope):
        returned = [
            node.value for node in own_nodes(called) if isinstance(node, ast.Return) and node.value
        ]
        if len(returned) == 1:
            return _target(project, returned[0], called, depth + 1)
        return None
    return called if isinstance(called, External) else None


def _external_base(project: Project, class_: ClassScope) -> External | None:
    """The class outside the project that an instance gets its `__call__` from."""
    for symbol in project.ancestry(class_):
        if isinstance(symbol, External):
            return symbol
    return None


def _annotated_class(project: Project, annotation: ast.expr, scope: Scope) -> Target | None:
    """The class that a bare `Depends()` takes from the annotation beside it."""
    node = annotation
    symbol = project.resolve_expression(node, scope)
    if isinstance(symbol, Variable):
        match symbol.bindings:
            case [Assigned(value=ast.Subscript() as value)]:
                return _annotated_class(project, value, symbol.scope)
    if isinstance(node, ast.Subscript):
        head = project.resolve_expression(node.value, scope)
        if head is None or head.qualified_name not in ANNOTATED:
            return None
        first = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
        symbol = project.resolve_expression(first, scope)
    return symbol if isinstance(symbol, ClassScope | FunctionScope | External) else None
