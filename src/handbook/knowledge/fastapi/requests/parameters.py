"""What FastAPI reads from a request into functions and classes, and how far that is bounded."""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from handbook.knowledge.fastapi.requests.annotated import parts_of_annotation
from handbook.knowledge.fastapi.requests.dependencies import (
    Dependency,
    dependencies_of,
    dependencies_on_the_way,
)
from handbook.knowledge.fastapi.requests.depends_markers import markers_of
from handbook.knowledge.fastapi.routing.apps import placements
from handbook.knowledge.fastapi.routing.routes import Route, all_routes, routes_of
from handbook.knowledge.pydantic.schemas import is_schema, own_fields
from handbook.knowledge.vocabulary import (
    DEPENDENCY_MARKERS,
    PARAMETER_MARKERS,
    PYDANTIC_FIELD,
)
from handbook.python.project.project import External, Project, Variable
from handbook.python.types.normalized import UNKNOWN, Form, parts_of, type_form
from handbook.python.types.signatures import canonical
from handbook.python.values.values import Value
from handbook.syntax.outline import Assigned, ClassScope, FunctionScope, Scope

_IN_PATH = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*)(?::([a-zA-Z_][a-zA-Z0-9_]*))?}")
_FIELDS = PYDANTIC_FIELD | {"dataclasses.field"}
_DESCRIBING = frozenset({"typing_extensions.Doc", "annotated_doc.Doc"})
_LIBRARIES = ("pydantic", "annotated_types")
_BOUNDING = frozenset({"StringConstraints", "Interval", "conint", "constr"})
"""What takes constraints by their names."""
_IMPLIED = {
    "PositiveInt": {"gt"},
    "NonNegativeInt": {"ge"},
    "NegativeInt": {"lt"},
    "NonPositiveInt": {"le"},
    "StrictInt": set[str](),
    "StrictStr": set[str](),
    "MinLen": {"min_length"},
    "MaxLen": {"max_length"},
    "Len": {"min_length", "max_length"},
    **{name.capitalize(): {name} for name in ("ge", "gt", "le", "lt")},
}
"""The constraints that types of Pydantic and marks of `annotated_types` bring."""


class Asked(NamedTuple):
    """A parameter of a function or a field of a class, as it is written.

    Attributes:
        name: its name in Python.
        node: what declares it.
        annotation: its type, if it has one.
        default: its default, markers such as `Query(…)` included.
        scope: the scope that both are seen from.
    """

    name: str
    node: ast.arg | ast.AnnAssign
    annotation: ast.expr | None
    default: ast.expr | None
    scope: Scope


class Reading(NamedTuple):
    """What FastAPI makes of a parameter.

    Attributes:
        form: its type; `UNKNOWN` without an annotation.
        name: the one that clients use.
        kind: `Query`, `Path`, `Depends` …, as it is marked; `None` where it is not, `unknown` where
            a function that is not known may mark it.
        marker: the call that marks it, where it can be seen.
        constraints: the names of all that bounds it, such as `ge` and `pattern`; `None` where
            something may bound it that is not known.
    """

    form: Form
    name: str
    kind: str | None
    marker: Value | None
    constraints: frozenset[str] | None


def asked_by(scope: FunctionScope | ClassScope) -> Iterator[Asked]:
    """What a function, or the class of a dataclass or schema, asks for itself."""
    if isinstance(scope, ClassScope):
        for field in own_fields(scope):
            yield Asked(field.name, field.node, field.annotation, field.default, scope)
        return
    around = scope if scope.node.type_params else scope.parent or scope
    parameters = [*scope.parameters]
    if scope.is_method and not _is_static(scope):
        parameters = parameters[1:]
    for parameter in parameters:
        node = parameter.node
        if node not in (scope.node.args.vararg, scope.node.args.kwarg):
            yield Asked(node.arg, node, node.annotation, parameter.default, around)


def _is_static(function: FunctionScope) -> bool:
    return any(
        isinstance(decorator, ast.Name) and decorator.id == "staticmethod"
        for decorator in function.node.decorator_list
    )


def reading_of(project: Project, asked: Asked) -> Reading:
    """Read a parameter as FastAPI does: its type, its marker and its bounds, through aliases."""
    form: Form = UNKNOWN
    traits: list[Value] = []
    if asked.annotation is not None:
        form = type_form(project, asked.annotation, asked.scope)
        traits += _traits(project, asked.annotation, asked.scope)
    if asked.default is not None:
        traits.append(_followed(project, Value(asked.default, asked.scope)))
    name, kind, marker = asked.name, None, None
    bounds: list[set[str] | None] = []
    for trait in traits:
        called = _called(project, trait)
        call = trait.node if isinstance(trait.node, ast.Call) else None
        is_known = called in PARAMETER_MARKERS or called in _FIELDS
        if is_known and call is not None:
            name = _alias(call) or name
        if called in PARAMETER_MARKERS or called in DEPENDENCY_MARKERS:
            kind, marker = called.rpartition(".")[2], trait
        elif trait.node is asked.default and call is not None and not is_known:
            # A function that may make a marker of its own.
            kind = "Depends" if markers_of(project, call, asked.scope) else "unknown"
        if is_known or trait.node is not asked.default:
            bounds.append(_constraints(trait, called))
    known = [each for each in bounds if each is not None]
    constraints = frozenset[str]().union(*known) if len(known) == len(bounds) else None
    return Reading(form, name, kind, marker, constraints)


def _alias(call: ast.Call) -> str | None:
    """The name that a marker gives a parameter among clients."""
    for word in call.keywords:
        match word:
            case ast.keyword(
                arg="alias" | "validation_alias", value=ast.Constant(value=str(name))
            ):
                return name
    return None


def path_parameters(project: Project, route: Route) -> dict[str, str]:
    """The parameters in all paths of a route, with their convertors: `str` where none is given."""
    parts = [route.path, route.router.prefix(project)]
    parts += [placement.prefix for placement in placements(project, route.router)]
    return {
        found[1]: found[2] or "str" for part in parts if part for found in _IN_PATH.finditer(part)
    }


def routes_reading(project: Project, scope: FunctionScope | ClassScope) -> Sequence[Route]:
    """The routes that need a function or class to be filled from requests.

    For a handler these are its own; only for anything else is the whole project asked.
    """
    if "test" in project.roles(scope.outline):
        return ()
    own = routes_of(project, scope) if isinstance(scope, FunctionScope) else ()
    return own or readers(project).get(scope, ())


def readers(project: Project) -> dict[FunctionScope | ClassScope, list[Route]]:
    """Every function and class whose parameters or fields FastAPI fills from requests.

    These are handlers and dependencies, and the models of query parameters, each with the routes
    that need it. Routes of tests are left out.
    """
    return project.fact("readers of requests", lambda: _find_readers(project))


def _find_readers(project: Project) -> dict[FunctionScope | ClassScope, list[Route]]:
    found: dict[FunctionScope | ClassScope, list[Route]] = {}
    models: dict[FunctionScope, list[ClassScope]] = {}
    for route in all_routes(project):
        if "test" in project.roles(route.outline):
            continue
        reached = dict.fromkeys(_reached(project, route))
        for scope in [*reached]:
            if isinstance(scope, FunctionScope):
                if scope not in models:
                    models[scope] = [*_query_models(project, scope)]
                reached |= dict.fromkeys(models[scope])
        for scope in reached:
            found.setdefault(scope, []).append(route)
    return found


def _reached(project: Project, route: Route) -> Iterator[FunctionScope | ClassScope]:
    if route.handler is not None:
        yield route.handler
    dependencies: list[Dependency] = [*dependencies_of(project, route)]
    for placement in placements(project, route.router):
        dependencies += dependencies_on_the_way(project, placement)
    for dependency in dependencies:
        for target in dependency.targets:
            if isinstance(target, FunctionScope):
                yield target
            elif isinstance(target, ClassScope):
                owner = project.owner(target, "__init__")
                initializer = owner.method("__init__") if owner is not None else None
                if initializer is not None:
                    yield initializer
                else:
                    yield from _heritage(project, target)


def _query_models(project: Project, function: FunctionScope) -> Iterator[ClassScope]:
    """The schemas whose fields are query parameters: `filters: Annotated[Filters, Query()]`."""
    for asked in asked_by(function):
        reading = reading_of(project, asked)
        if reading.kind == "Query":
            for part in parts_of(reading.form):
                if isinstance(part.symbol, ClassScope) and is_schema(project, part.symbol):
                    yield from _heritage(project, part.symbol)


def _heritage(project: Project, class_: ClassScope) -> Iterator[ClassScope]:
    for symbol in project.ancestry(class_):
        if isinstance(symbol, ClassScope):
            yield symbol


def _traits(project: Project, node: ast.expr, scope: Scope) -> Iterator[Value]:
    """What a type says besides what class it is: metadata, calls, and names that are no classes."""
    for value, is_metadata in parts_of_annotation(project, node, scope):
        if is_metadata:
            yield _followed(project, value)
        elif isinstance(value.node, ast.Call):
            yield value
        else:
            symbol = project.resolve_expression(value.node, value.scope)
            if isinstance(symbol, External) and symbol.qualified_name.startswith("pydantic"):
                yield value


def _followed(project: Project, value: Value) -> Value:
    """What a name stands for, where it is assigned once."""
    if isinstance(value.node, ast.Name | ast.Attribute):
        symbol = project.resolve_expression(value.node, value.scope)
        match symbol:
            case Variable(bindings=[Assigned(value=ast.expr() as assigned)]):
                return Value(assigned, symbol.scope)
    return value


def _called(project: Project, trait: Value) -> str:
    node = trait.node.func if isinstance(trait.node, ast.Call) else trait.node
    symbol = project.resolve_expression(node, trait.scope)
    return canonical(symbol.qualified_name) if symbol is not None else ""


def _constraints(trait: Value, called: str) -> set[str] | None:
    """What one thing beside a type bounds; `None` where that is not known."""
    module, _, name = called.rpartition(".")
    match trait.node:
        case ast.Constant():
            return set()
        case ast.Call() if called in DEPENDENCY_MARKERS or called in _DESCRIBING:
            return set()
        case ast.Call(keywords=keywords) if (
            called in PARAMETER_MARKERS
            or called in _FIELDS
            or (name in _BOUNDING and module.startswith(_LIBRARIES))
        ):
            if any(word.arg is None for word in keywords):
                return None
            return {str(word.arg) for word in keywords if not _is_none(word.value)}
    return _IMPLIED.get(name) if module.startswith(_LIBRARIES) else None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
