"""What routes take and give: every schema in the bodies of requests and in responses."""

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from handbook.knowledge.fastapi.requests.annotated import metadata
from handbook.knowledge.fastapi.requests.depends_markers import markers_in_annotation
from handbook.knowledge.fastapi.responses.returned import without_responses
from handbook.knowledge.fastapi.routing.routes import Route, all_routes
from handbook.knowledge.pydantic.schemas import Field, fields, is_pydantic
from handbook.knowledge.sqlalchemy.models import is_model
from handbook.knowledge.vocabulary import (
    BODY_MARKERS,
    PARAMETER_MARKERS,
)
from handbook.python.project.project import Project
from handbook.python.types.normalized import (
    NEVER,
    UNKNOWN,
    Form,
    Named,
    member_form,
    members_of,
    parts_of,
    type_form,
)
from handbook.syntax.outline import ClassScope, FunctionScope, Parameter, Scope

type Uses = dict[ClassScope, list[Use]]


class Use(NamedTuple):
    """One way in which a route takes or gives a schema.

    Attributes:
        route: the route.
        form: the schema with its type arguments.
        way: the fields that lead to it from the body or response, outermost first.
    """

    route: Route
    form: Named
    way: tuple[str, ...] = ()


def response_schemas(project: Project) -> Uses:
    """The schemas in responses: of all routes outside of tests, however deep."""
    return project.fact("response schemas", lambda: _collect(project, _responses(project)))


def body_schemas(project: Project) -> Uses:
    """The schemas in bodies and forms of requests: of all routes outside of tests, however deep."""
    return project.fact("body schemas", lambda: _collect(project, _bodies(project)))


def response_form(project: Project, route: Route) -> Form:
    """What the body of a route's response is: its model, else what the handler says it returns.

    Responses that are made by hand are left out. `UNKNOWN` where it is not certain.
    """
    model = route.argument("response_model")
    if model is None and route.has_hidden_arguments:
        return UNKNOWN
    if model is not None and not (isinstance(model, ast.Constant) and model.value is None):
        return type_form(project, model, route.scope)
    handler = route.handler
    if handler is None or handler.node.returns is None:
        return UNKNOWN
    form = type_form(project, handler.node.returns, handler.parent or handler)
    return without_responses(project, form)


def body_parameters(project: Project, function: FunctionScope) -> Iterator[tuple[Parameter, Form]]:
    """The parameters of a route handler or dependency that the body or form is read into."""
    around = function.parent or function
    for parameter in function.parameters:
        annotation = parameter.node.annotation
        if annotation is None:
            continue
        if _is_injected(project, parameter, annotation, around):
            continue
        markers = [*_called_in_metadata(project, annotation, around)]
        if isinstance(parameter.default, ast.Call):
            called = project.resolve_expression(parameter.default.func, around)
            markers += [called.qualified_name] if called is not None else []
        if any(name in PARAMETER_MARKERS and name not in BODY_MARKERS for name in markers):
            continue
        form = type_form(project, annotation, around)
        has_schema = any(
            isinstance(part.symbol, ClassScope) and is_pydantic(project, part.symbol)
            for part in parts_of(form)
        )
        # FastAPI takes a model of SQLAlchemy for a body, too, and then refuses to start.
        is_model_itself = any(
            isinstance(member, Named)
            and isinstance(member.symbol, ClassScope)
            and is_model(project, member.symbol)
            for member in members_of(form)
        )
        if has_schema or is_model_itself or any(name in BODY_MARKERS for name in markers):
            yield parameter, form


def _is_injected(
    project: Project, parameter: Parameter, annotation: ast.expr, scope: Scope
) -> bool:
    """Whether a dependency gives a parameter its value, or may do so."""
    if markers_in_annotation(project, annotation, scope):
        return True
    match parameter.default:
        case ast.Call(func=func):
            called = project.resolve_expression(func, scope)
            return called is None or called.qualified_name not in PARAMETER_MARKERS
        case ast.Name() | ast.Attribute():
            return True
    return False


def _called_in_metadata(project: Project, node: ast.expr, scope: Scope) -> Iterator[str]:
    """The qualified names of what is called in the metadata of an annotation."""
    for value in metadata(project, node, scope):
        head = value.node.func if isinstance(value.node, ast.Call) else value.node
        called = project.resolve_expression(head, value.scope)
        if called is not None:
            yield called.qualified_name


def _responses(project: Project) -> Iterator[tuple[Route, Form]]:
    for route in _routes(project):
        form = response_form(project, route)
        if form not in (UNKNOWN, NEVER):
            yield route, form


def _bodies(project: Project) -> Iterator[tuple[Route, Form]]:
    for route in _routes(project):
        if route.handler is not None:
            for _, form in body_parameters(project, route.handler):
                yield route, form


def _routes(project: Project) -> Iterator[Route]:
    for route in all_routes(project):
        if not route.is_websocket and "test" not in project.roles(route.outline):
            yield route


def _collect(project: Project, given: Iterable[tuple[Route, Form]]) -> Uses:
    found: Uses = {}
    for route, form in given:
        for named, way in schemas_in(project, form):
            if isinstance(named.symbol, ClassScope):
                found.setdefault(named.symbol, []).append(Use(route, named, way))
    return found


def schemas_in(project: Project, form: Form) -> Iterator[tuple[Named, tuple[str, ...]]]:
    """Every schema in a type, and those in their fields in turn, each with the way that leads to it.

    Fields that are never serialized (`exclude=True`) lead nowhere.
    """
    seen: set[Named] = set()
    queue: list[tuple[Named, tuple[str, ...]]] = [(part, ()) for part in parts_of(form)]
    for named, way in queue:
        symbol = named.symbol
        if named in seen or not isinstance(symbol, ClassScope) or not is_pydantic(project, symbol):
            continue
        seen.add(named)
        yield named, way
        queue += [(part, (*way, name)) for name, part in _children(project, named, symbol)]


def _children(project: Project, named: Named, class_: ClassScope) -> list[tuple[str, Named]]:
    """The schemas in the fields of one, each with the name of the field."""
    return project.fact(
        ("schema children", named), lambda: [*_find_children(project, named, class_)]
    )


def _find_children(
    project: Project, named: Named, class_: ClassScope
) -> Iterator[tuple[str, Named]]:
    for field in (fields(project, class_) or {}).values():
        if not is_excluded(project, field):
            for part in parts_of(field_form(project, named, field)):
                if isinstance(part.symbol, ClassScope):
                    yield field.name, part


def field_form(project: Project, form: Named, field: Field) -> Form:
    """The type of a field of a schema, its type variables filled in."""
    return member_form(project, form, field.owner, field.annotation)


def is_excluded(project: Project, field: Field) -> bool:
    """Whether a field is never part of what is serialized."""
    call = field.field_call(project)
    if call is not None:
        return any(
            word.arg == "exclude"
            and isinstance(word.value, ast.Constant)
            and word.value.value is True
            for word in call.keywords
        )
    if isinstance(field.default, ast.Call):
        # A relationship of SQLModel, or `PrivateAttr()`.
        called = project.resolve_expression(field.default.func, field.owner)
        name = called.qualified_name.rpartition(".")[2] if called is not None else ""
        return name in ("Relationship", "PrivateAttr")
    return False
