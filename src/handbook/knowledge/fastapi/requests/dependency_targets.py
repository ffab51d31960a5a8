"""What FastAPI calls for the argument of `Depends`: functions, classes, instances, factories."""

import ast
from typing import NamedTuple

from handbook.knowledge.fastapi.requests.depends_markers import returned_by
from handbook.python.project.project import External, Project, Variable
from handbook.python.types.annotations import annotated_type
from handbook.python.types.inference import instance_of
from handbook.python.types.signatures import canonical
from handbook.syntax.outline import Assigned, ClassScope, FunctionScope, Scope

_DEEPEST = 12
_PARTIALS = frozenset({"functools.partial", "functools.partialmethod"})
_BARE = frozenset({"abc.ABC", "typing.Generic", "typing.Protocol", "builtins.object"})

type Target = FunctionScope | ClassScope | External
"""What FastAPI calls: a function, a class it makes an instance of, or something outside."""


class Callables(NamedTuple):
    """What an expression may be when FastAPI calls it.

    Attributes:
        targets: each that is known; for an instance with `__call__` that method, for an instance
            of a class outside the project, such as `OAuth2PasswordBearer(…)`, that class.
        is_certain: whether these are all.
    """

    targets: tuple[Target, ...] = ()
    is_certain: bool = True

    def __or__(self, other: "Callables") -> "Callables":
        """What is one or the other."""
        targets = tuple(dict.fromkeys((*self.targets, *other.targets)))
        return Callables(targets, self.is_certain and other.is_certain)


UNKNOWN = Callables(is_certain=False)


def callables_of(project: Project, node: ast.expr, scope: Scope) -> Callables:
    """What an expression may be when FastAPI calls it."""
    return _callables(project, node, scope, 0)


def _callables(project: Project, node: ast.expr, scope: Scope, depth: int) -> Callables:
    if depth > _DEEPEST:
        return UNKNOWN
    match node:
        case ast.Call():
            return _result(project, node, scope, depth)
        case ast.IfExp(body=body, orelse=orelse):
            return _either(project, (body, orelse), scope, depth)
        case ast.BoolOp(values=operands):
            return _either(project, tuple(operands), scope, depth)
        case ast.NamedExpr(value=value):
            return _callables(project, value, scope, depth + 1)
        case ast.Lambda(args=ast.arguments(posonlyargs=[], args=[], kwonlyargs=[])):
            # It is given nothing, so it asks nothing of the request.
            return Callables()
        case ast.Subscript(value=head):
            # `Provide[Container.service]`, `Repository[User]`.
            symbol = project.resolve_expression(head, scope)
            return Callables((symbol,)) if isinstance(symbol, External | ClassScope) else UNKNOWN
    symbol = project.resolve_expression(node, scope)
    match symbol:
        case FunctionScope() | ClassScope():
            return Callables((symbol,))
        case External():
            return Callables((External(canonical(symbol.qualified_name)),))
        case Variable():
            return _variable(project, symbol, depth)
    method = _method(project, node, scope)
    return Callables((method,)) if method is not None else UNKNOWN


def _either(project: Project, nodes: tuple[ast.expr, ...], scope: Scope, depth: int) -> Callables:
    found = Callables()
    for node in nodes:
        found |= _callables(project, node, scope, depth + 1)
    return found


def _variable(project: Project, variable: Variable, depth: int) -> Callables:
    found = Callables()
    for binding in variable.bindings:
        match binding:
            case FunctionScope() | ClassScope():
                found |= Callables((binding,))
            case Assigned(value=ast.expr() as value):
                found |= _callables(project, value, variable.scope, depth + 1)
            case _:
                found |= UNKNOWN
    return found


def _method(project: Project, node: ast.expr, scope: Scope) -> Target | None:
    """The method in `service.current_user`: of a class of the project, or of a library."""
    if not isinstance(node, ast.Attribute):
        return None
    class_ = instance_of(project, _unparametrized(node.value, scope, project), scope)
    if isinstance(class_, External):
        return External(f"{class_.qualified_name}.{node.attr}")
    owner = project.owner(class_, node.attr) if class_ is not None else None
    if owner is not None:
        return owner.method(node.attr)
    base = _external_base(project, class_) if class_ is not None else None
    return External(f"{base.qualified_name}.{node.attr}") if base is not None else None


def _unparametrized(node: ast.expr, scope: Scope, project: Project) -> ast.expr:
    """`FastAPIUsers(…)` for a name bound to `FastAPIUsers[User, int](…)`."""
    symbol = project.resolve_expression(node, scope)
    match symbol:
        case Variable(
            bindings=[Assigned(value=ast.Call(func=ast.Subscript(value=head)))],
            scope=made_in,
        ) if made_in.outline is scope.outline:
            return ast.copy_location(ast.Call(head, [], []), node)
    return node


def _result(project: Project, call: ast.Call, scope: Scope, depth: int) -> Callables:
    """What the result of a call is when FastAPI calls it in turn."""
    func = call.func.value if isinstance(call.func, ast.Subscript) else call.func
    called = project.resolve_expression(func, scope)
    if called is not None and called.qualified_name in _PARTIALS and call.args:
        return _callables(project, call.args[0], scope, depth + 1)
    if called is None:
        called = _method(project, func, scope)
    match called:
        case ClassScope():
            target = instance_call(project, called)
            return Callables((target,)) if target is not None else UNKNOWN
        case FunctionScope():
            found = Callables()
            returned = [*returned_by(called)]
            for value in returned:
                found |= _callables(project, value, called, depth + 1)
            return found if returned else UNKNOWN
        case External():
            return Callables((External(canonical(called.qualified_name)),))
    return UNKNOWN


def instance_call(project: Project, class_: ClassScope) -> Target | None:
    """What calling an instance of a class of the project calls."""
    owner = project.owner(class_, "__call__")
    method = owner.method("__call__") if owner is not None else None
    return method if method is not None else _external_base(project, class_)


def _external_base(project: Project, class_: ClassScope) -> External | None:
    """The one class outside the project that a class inherits from, so that it may be its heir."""
    for symbol in project.ancestry(class_):
        if symbol is None:
            return None
        if isinstance(symbol, External) and symbol.qualified_name not in _BARE:
            return symbol
    return None


def annotated_class(project: Project, annotation: ast.expr, scope: Scope) -> Callables:
    """The class that a bare `Depends()` takes from the annotation beside it."""
    found = annotated_type(project, annotation, scope)
    if found is not None:
        return Callables((found.symbol,))
    symbol = project.resolve_expression(annotation, scope)
    if isinstance(symbol, ClassScope | FunctionScope | External):
        return Callables((symbol,))
    return UNKNOWN
