"""Apps and routers: which objects they are, wherever their names lead."""

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from handbook.knowledge.vocabulary import FASTAPI, FASTAPI_OR_ROUTER
from handbook.python.project.project import Project, Symbol, Variable
from handbook.python.values.values import string, values
from handbook.syntax.outline import (
    Assigned,
    Binding,
    ClassScope,
    FunctionScope,
    Parameter,
    Scope,
    own_nodes,
)

_DEEPEST = 8


class Router(NamedTuple):
    """A `FastAPI` or an `APIRouter`, or a subclass of one, known by where it is bound.

    Attributes:
        path: of the file that binds it.
        name: the dotted name that it is bound to there.
        is_app: whether it is a `FastAPI`.
        call: the call that makes it; `None` for a parameter, whose maker is elsewhere.
        scope: the scope that `call` is written in, or that has the parameter.
        class_: the project's subclass that it is an instance of, if it is one.
    """

    path: str
    name: str
    is_app: bool
    call: ast.Call | None
    scope: Scope
    class_: ClassScope | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from all other routers of the project."""
        return self.path, self.name

    def argument(self, name: str) -> ast.expr | None:
        """A keyword argument of the call that makes it."""
        return keyword_of(self.call, name) if self.call is not None else None

    def prefix(self, project: Project) -> str | None:
        """The prefix that it puts before its routes; `None` where that is not certain."""
        if self.call is None:
            return ""
        given = self.argument("prefix")
        if given is not None:
            return string(project, given, self.scope)
        if any(keyword.arg is None for keyword in self.call.keywords):
            return None
        return None if self.class_ is not None and _sets_prefix(project, self.class_) else ""


def keyword_of(call: ast.Call, name: str) -> ast.expr | None:
    """The value of a keyword argument of a call."""
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def router_of(project: Project, node: ast.expr, scope: Scope) -> Router | None:
    """The app or router that an expression surely is, seen from a scope."""
    return _router(project, node, scope, 0)


def _router(project: Project, node: ast.expr, scope: Scope, depth: int) -> Router | None:
    if depth > _DEEPEST:
        return None
    if isinstance(node, ast.Call):
        return _called(project, node, scope, f"line {node.lineno}", depth)
    if isinstance(node, ast.Attribute):
        owner = _owner_of_attribute(project, node, scope)
        if owner is not None:
            return _attribute(project, owner, node.attr, depth)
    symbol = project.resolve_expression(node, scope)
    if not isinstance(symbol, Variable):
        return None
    return _bound(project, symbol.scope, symbol.name, symbol.bindings, depth)


def _bound(
    project: Project, scope: Scope, name: str, bindings: Sequence[Binding], depth: int
) -> Router | None:
    dotted = f"{scope.qualname}.{_first_name(name, bindings)}".lstrip(".")
    match [binding for binding in bindings if not _only_passes(project, binding, scope, name)]:
        case [Assigned(value=ast.Call() as call)]:
            return _called(project, call, scope, dotted, depth)
        case [Assigned(value=ast.expr() as value)]:
            return _router(project, value, scope, depth + 1)
        case [Parameter(node=ast.arg(annotation=ast.expr() as annotation))]:
            kind = _kind(project, project.resolve_expression(annotation, scope.parent or scope))
            if kind is not None:
                return Router(scope.outline.path, dotted, kind[0], None, scope, kind[1])
    return None


def _first_name(name: str, bindings: Sequence[Binding]) -> str:
    """The first of the names that are bound at once, as in `users_router = router = APIRouter()`."""
    match bindings:
        case [Assigned(node=ast.Assign(targets=[ast.Name(id=first), _, *_]))]:
            return first
    return name


def _only_passes(project: Project, binding: Binding, scope: Scope, name: str) -> bool:
    """Whether a name gets what a function of the project makes of it: `app = instrument(app)`."""
    match binding:
        case Assigned(value=ast.Call(func=func, args=[ast.Name(id=given), *_])) if given == name:
            return isinstance(project.resolve_expression(func, scope), FunctionScope)
    return False


def _called(
    project: Project, call: ast.Call, scope: Scope, name: str, depth: int
) -> Router | None:
    """The router that a call makes, or that the function it calls returns."""
    called = project.resolve_expression(call.func, scope)
    kind = _kind(project, called)
    if kind is not None:
        return Router(scope.outline.path, name, kind[0], call, scope, kind[1])
    return _made_by(project, called) if isinstance(called, FunctionScope) else None


def _made_by(project: Project, function: FunctionScope) -> Router | None:
    """The one router that a function returns; `None` for one that calls itself, too."""
    pending = project.fact("functions asked for routers", lambda: set[FunctionScope]())

    def find() -> Router | None:
        returned = [node.value for node in own_nodes(function, ast.Return) if node.value]
        found = {_router(project, value, function, 0) for value in returned}
        return found.pop() if len(found) == 1 else None

    if function in pending:
        return None
    pending.add(function)
    try:
        return project.fact(("router made by", function), find)
    finally:
        pending.discard(function)


def _kind(project: Project, symbol: Symbol | None) -> tuple[bool, ClassScope | None] | None:
    """Whether a class makes apps rather than routers, and the class if it is the project's."""
    if symbol is None:
        return None
    if symbol.qualified_name in FASTAPI_OR_ROUTER:
        return symbol.qualified_name in FASTAPI, None
    if isinstance(symbol, Variable):
        return _kind(project, _made_class(project, symbol))
    if isinstance(symbol, ClassScope) and project.reaches(symbol, FASTAPI_OR_ROUTER):
        return project.reaches(symbol, FASTAPI), symbol
    return None


def _made_class(project: Project, variable: Variable) -> Symbol | None:
    """The class in `Router = make_router_class()`: what the function says or is seen to return."""
    match variable.bindings:
        case [Assigned(value=ast.Call(func=func))]:
            function = project.resolve_expression(func, variable.scope)
        case _:
            return None
    if not isinstance(function, FunctionScope):
        return None
    for node in own_nodes(function, ast.Return):
        if node.value is not None:
            found = project.resolve_expression(node.value, function)
            return found if isinstance(found, ClassScope) else None
    return None


def _owner_of_attribute(project: Project, node: ast.Attribute, scope: Scope) -> ClassScope | None:
    """The class of `self` in `self.router`."""
    function = scope.enclosing_function()
    while function is not None and not isinstance(function.parent, ClassScope):
        function = function.parent.enclosing_function() if function.parent else None
    if function is None or not isinstance(node.value, ast.Name):
        return None
    first = next(iter(function.parameters), None)
    if first is None or first.node.arg != node.value.id:
        return None
    return function.parent if isinstance(function.parent, ClassScope) else None


def _attribute(project: Project, class_: ClassScope, name: str, depth: int) -> Router | None:
    """The router that a class or its instances keep under a name."""
    owner = project.owner(class_, name)
    if owner is not None:
        return _bound(project, owner, name, owner.bindings[name], depth)
    for symbol in project.ancestry(class_):
        if not isinstance(symbol, ClassScope):
            continue
        assigned = [*_self_assignments(symbol, name)]
        if len(assigned) == 1:
            method, value = assigned[0]
            found = _router(project, value, method, depth + 1)
            if found is not None and isinstance(value, ast.Call) and found.call is value:
                dotted = f"{symbol.qualname}.{name}"
                return Router(found.path, dotted, found.is_app, value, method, found.class_)
            return found
    return None


def _self_assignments(class_: ClassScope, name: str) -> Iterator[tuple[FunctionScope, ast.expr]]:
    for method in class_.methods:
        first = next(iter(method.parameters), None)
        for node in own_nodes(method) if first is not None else ():
            match node:
                case (
                    ast.Assign(
                        targets=[ast.Attribute(value=ast.Name(id=self_name), attr=attribute)]
                    )
                    | ast.AnnAssign(
                        target=ast.Attribute(value=ast.Name(id=self_name), attr=attribute)
                    )
                ) if attribute == name and first and self_name == first.node.arg and node.value:
                    yield method, node.value


def _sets_prefix(project: Project, class_: ClassScope) -> bool:
    """Whether a router class of the project may give its instances a prefix of its own."""
    owner = project.owner(class_, "__init__")
    initializer = owner.method("__init__") if owner is not None else None
    return initializer is not None and any(
        isinstance(node, ast.keyword) and node.arg in ("prefix", None)
        for node in own_nodes(initializer)
    )


def is_known_to_be(project: Project, node: ast.expr | None, scope: Scope, value: object) -> bool:
    """Whether an expression surely is one constant."""
    found = values(project, node, scope) if node is not None else None
    return bool(found) and all(
        isinstance(item.node, ast.Constant) and item.node.value == value for item in found or ()
    )
