"""Which SQLAlchemy session a coroutine works with, through services and repositories."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from handbook.knowledge.fastapi.requests.dependency_targets import Target, callables_of
from handbook.knowledge.fastapi.requests.depends_markers import markers_in_annotation, markers_of
from handbook.knowledge.pydantic.schemas import own_fields
from handbook.knowledge.vocabulary import ASYNC_SESSION
from handbook.python.calls.calls import calls_in
from handbook.python.project.project import Project, Variable
from handbook.python.types.inference import attribute_values, called_by, instance_of
from handbook.rules.async_patterns._locks import is_locked
from handbook.syntax.local_bindings import Source, sources_in
from handbook.syntax.outline import Assigned, ClassScope, FunctionScope, Opaque, Parameter, Scope

_DEEPEST = 8
_MOCKS = "unittest.mock."
_USES = frozenset(
    {
        *("execute", "exec", "scalar", "scalars", "get", "get_one", "merge", "commit"),
        *("rollback", "flush", "refresh", "connection", "stream", "stream_scalars", "run_sync"),
    }
)


@dataclass(slots=True, frozen=True)
class OfVariable:
    """The session in a variable or parameter of a scope; `path` where it is an attribute of it."""

    scope: Scope
    name: str
    path: str = ""


@dataclass(slots=True, frozen=True)
class OfSelf:
    """The session that `self` was made with, as a parameter of `__init__` or an attribute."""

    class_: ClassScope
    name: str


@dataclass(slots=True, frozen=True)
class OfRequest:
    """The session that FastAPI makes by a dependency: one for each request."""

    provider: Target


type Session = OfVariable | OfSelf | OfRequest
"""What tells one session from another."""


def sessions_used(project: Project, call: ast.Call, scope: Scope) -> frozenset[Session]:
    """The sessions that surely are used when what a call returns is awaited, seen from a scope.

    The call is of a method of a session, or of a function of the project that uses one that it is
    given, that its object holds, or that it finds around itself. Sessions that the function makes
    for itself are left out, and so is what a lock lets in one at a time.
    """
    return frozenset(_used(project, call, scope, 0))


def _used(project: Project, call: ast.Call, scope: Scope, depth: int) -> Iterator[Session]:
    called = called_by(project, call, scope)
    if called is None or depth > _DEEPEST:
        return
    owner, _, name = called.name.rpartition(".")
    if owner in ASYNC_SESSION:
        if name in _USES and isinstance(call.func, ast.Attribute):
            yield from _session(project, call.func.value, scope, 0)
    elif isinstance(called.symbol, FunctionScope):
        for used in _used_by(project, called.symbol, depth + 1):
            yield from _seen_from_call(project, used, called.symbol, call, scope)


def _used_by(project: Project, function: FunctionScope, depth: int) -> frozenset[Session]:
    """The sessions that a function uses, as they are known inside of it."""

    def find() -> frozenset[Session]:
        return frozenset(
            used
            for site in calls_in(project, function)
            for used in _used(project, site.node, site.scope, depth)
            if not is_locked(project, site, function)
        )

    # How far it is still looked for is part of the question, or the answer would hang on who asks.
    return project.fact(("sessions used by", function, depth), find)


def _seen_from_call(
    project: Project, used: Session, callee: FunctionScope, call: ast.Call, scope: Scope
) -> Iterator[Session]:
    """What a session of a function is, seen from where the function is called."""
    match used:
        case OfVariable(scope=around, name=name) if around is callee:
            argument = _argument(callee, name, call)
            if argument is not None:
                yield from _session(project, argument, scope, 0)
        case OfVariable(scope=around) if _is_within(around, callee):
            # Its own: made inside.
            return
        case OfSelf(name=name) if isinstance(call.func, ast.Attribute):
            yield from _held(project, call.func.value, scope, name, 0)
        case _:
            yield used


def _is_within(scope: Scope, around: Scope) -> bool:
    inner: Scope | None = scope
    while inner is not None and inner is not around:
        inner = inner.parent
    return inner is around


def _argument(function: FunctionScope, name: str, call: ast.Call) -> ast.expr | None:
    """What a call passes for a parameter."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    names = [parameter.node.arg for parameter in function.parameters]
    if name not in names:
        return None
    index = names.index(name) - (function.is_method and isinstance(call.func, ast.Attribute))
    if function.name == "__init__" and not isinstance(call.func, ast.Attribute):
        index -= 1
    if any(isinstance(argument, ast.Starred) for argument in call.args[: index + 1]):
        return None
    return call.args[index] if 0 <= index < len(call.args) else None


def _session(project: Project, node: ast.expr, scope: Scope, depth: int) -> Iterator[Session]:
    """The session that an expression is."""
    if depth > _DEEPEST:
        return
    match node:
        case ast.Name(id=name):
            symbol = project.resolve_name([name], scope)
            if isinstance(symbol, Variable):
                yield from _in_variable(project, symbol, depth)
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            owner = _class_of_self(name, scope)
            if owner is None:
                symbol = project.resolve_name([name], scope)
                if isinstance(symbol, Variable):
                    yield OfVariable(symbol.scope, name, attribute)
                return
            values = attribute_values(project, owner, attribute)
            if len(values) == 1:
                value, method = values[0]
                if isinstance(value, ast.Name) and method.name == "__init__":
                    yield from _session(project, value, method, depth + 1)
                    return
            yield OfSelf(owner, attribute)


def _in_variable(project: Project, variable: Variable, depth: int) -> Iterator[Session]:
    known = instance_of(project, ast.Name(variable.name), variable.scope)
    if known is not None and known.qualified_name.startswith(_MOCKS):
        return
    match variable.bindings:
        case [Assigned(value=ast.Name() | ast.Attribute() as value)]:
            yield from _session(project, value, variable.scope, depth + 1)
        case [Parameter() as parameter]:
            provider = _provider(project, parameter, variable.scope)
            scope = variable.scope
            if provider is not None:
                yield OfRequest(provider)
            elif scope.name == "__init__" and isinstance(scope.parent, ClassScope):
                yield OfSelf(scope.parent, variable.name)
            else:
                yield OfVariable(scope, variable.name)
        case _:
            yield OfVariable(variable.scope, variable.name)


def _provider(project: Project, parameter: Parameter, scope: Scope) -> Target | None:
    """The dependency that FastAPI passes for a parameter."""
    around = scope.parent or scope
    markers = markers_of(project, parameter.default, around)
    if parameter.node.annotation is not None:
        markers += markers_in_annotation(project, parameter.node.annotation, around)
    if len(markers) != 1:
        return None
    [marker] = markers
    if any(word.arg == "use_cache" for word in marker.call.keywords):
        # Then it may be another session than that of the rest of the request.
        return None
    if not marker.call.args:
        found = instance_of(project, ast.Name(parameter.node.arg), scope)
        return found if isinstance(found, ClassScope) else None
    targets = callables_of(project, marker.call.args[0], marker.scope)
    return targets.targets[0] if len(targets.targets) == 1 and targets.is_certain else None


def _class_of_self(name: str, scope: Scope) -> ClassScope | None:
    """The class of the method around a scope whose first parameter has that name."""
    found = scope.lookup(name)
    method = found[0] if found is not None else None
    if not isinstance(method, FunctionScope) or not isinstance(method.parent, ClassScope):
        return None
    first = next(iter(method.parameters), None)
    return method.parent if first is not None and first.node.arg == name else None


def _held(
    project: Project, node: ast.expr, scope: Scope, name: str, depth: int
) -> Iterator[Session]:
    """The session that an object was given as `name` when it was made."""
    if depth > _DEEPEST:
        return
    match node:
        case ast.Call():
            yield from _handed(project, node, scope, name)
        case ast.Name(id=variable_name):
            owner = _class_of_self(variable_name, scope)
            symbol = project.resolve_name([variable_name], scope)
            if owner is not None:
                yield OfSelf(owner, name)
            elif isinstance(symbol, Variable):
                yield from _held_in(project, symbol, name, depth)
        case ast.Attribute(value=ast.Name(id=self), attr=attribute):
            owner = _class_of_self(self, scope)
            values = attribute_values(project, owner, attribute) if owner is not None else []
            if len(values) == 1 and values[0][0] is not None:
                value, method = values[0]
                yield from _held(project, value, method, name, depth + 1)
            else:
                yield from _path(project, node, scope, name)


def _held_in(project: Project, variable: Variable, name: str, depth: int) -> Iterator[Session]:
    match variable.bindings:
        case [Assigned(value=ast.expr() as value)]:
            yield from _held(project, value, variable.scope, name, depth + 1)
        case [Parameter() as parameter]:
            provider = _provider(project, parameter, variable.scope)
            made = _made_by(project, provider, name) if provider is not None else ()
            yield from made or [OfVariable(variable.scope, variable.name, name)]
        case [Opaque(node=target)]:
            match sources_in(variable.scope).get(target):
                case Source("value", ast.Tuple(elts=values), (index,)) if index < len(values):
                    yield from _held(project, values[index], variable.scope, name, depth + 1)
                case _:
                    yield OfVariable(variable.scope, variable.name, name)
        case _:
            yield OfVariable(variable.scope, variable.name, name)


def _made_by(project: Project, provider: Target, name: str) -> list[Session]:
    """The session that an injected object holds as `name`, if it is that of the request."""
    found: list[Session] = []
    match provider:
        case ClassScope():
            initializer = _initializer(project, provider)
            for parameter in initializer.parameters if initializer is not None else ():
                if parameter.node.arg == name and initializer is not None:
                    session = _provider(project, parameter, initializer)
                    found += [OfRequest(session)] if session is not None else []
        case FunctionScope():
            for statement in provider.body:
                if isinstance(statement, ast.Return) and statement.value is not None:
                    found += _held(project, statement.value, provider, name, 0)
    return [session for session in found if isinstance(session, OfRequest)]


def _handed(project: Project, call: ast.Call, scope: Scope, name: str) -> Iterator[Session]:
    """The session that a constructor is handed as `name`."""
    called = called_by(project, call, scope)
    if called is None or not isinstance(called.symbol, ClassScope):
        return
    initializer = _initializer(project, called.symbol)
    if initializer is not None:
        argument = _argument(initializer, name, call)
    else:
        # A dataclass: its fields are the parameters.
        names = [field.name for field in own_fields(called.symbol)]
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        argument = given.get(name) or dict(zip(names, call.args, strict=False)).get(name)
    if argument is not None:
        yield from _session(project, argument, scope, 0)


def _initializer(project: Project, class_: ClassScope) -> FunctionScope | None:
    owner = project.owner(class_, "__init__")
    return owner.method("__init__") if owner is not None else None


def _path(project: Project, node: ast.Attribute, scope: Scope, name: str) -> Iterator[Session]:
    if isinstance(node.value, ast.Name):
        symbol = project.resolve_name([node.value.id], scope)
        if isinstance(symbol, Variable):
            yield OfVariable(symbol.scope, symbol.name, f"{node.attr}.{name}")
