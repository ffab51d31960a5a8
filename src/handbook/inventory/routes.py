"""The routes of a project's apps: method, path, handler, and what guards them."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from handbook.knowledge.fastapi.requests.dependencies import (
    Dependency,
    dependencies_of,
    dependencies_on_the_way,
)
from handbook.knowledge.fastapi.requests.parameters import asked_by, reading_of
from handbook.knowledge.fastapi.responses.status import status_of
from handbook.knowledge.fastapi.routing.apps import Placement, apps, routes_under
from handbook.knowledge.fastapi.routing.routers import Router, keyword_of
from handbook.knowledge.fastapi.routing.routes import Route
from handbook.knowledge.fastapi.security.rate_limiters import is_limited
from handbook.knowledge.fastapi.security.security import Protection, guards, protection_of
from handbook.python.project.project import Project
from handbook.python.values.values import elements, string
from handbook.syntax.outline import Scope

UNKNOWN = "unknown"
_WEBSOCKET = "WEBSOCKET"
_READ_FROM_REQUEST = frozenset({"Query", "Header", "Cookie", "Form", "File", "Body"})


@dataclass(frozen=True, slots=True, order=True)
class RouteEntry:
    """One method of one route of one app, as a client sees it.

    Attributes:
        app: the dotted name of the app.
        path: all prefixes included; `unknown` where one of them cannot be told.
        method: `GET`, `POST` …, `WEBSOCKET`, or `unknown`.
        handler: the dotted name of the function.
        response_model: as it is written, else the return annotation; empty for neither.
        status: by default; empty where it cannot be told.
        authentication: what authenticates the caller; `none`, or `unknown`.
        rate_limited: `yes`, `no` or `unknown`.
        tags: of the route, its routers and the places where they are included.
        required: the names of required query parameters, headers and cookies.
        file: that registers the route, relative to the project's folder.
        line: of the registration.
    """

    app: str
    path: str
    method: str
    handler: str
    response_model: str
    status: str
    authentication: str
    rate_limited: str
    tags: tuple[str, ...]
    required: tuple[str, ...]
    file: str
    line: int

    def as_dict(self) -> dict[str, Any]:
        """The entry as JSON takes it."""
        return {**asdict(self), "tags": [*self.tags], "required": [*self.required]}


def route_entries(project: Project) -> list[RouteEntry]:
    """The routes of every app of a project that is no test's, by app, path and method."""
    return sorted(
        entry
        for app in apps(project)
        if "test" not in project.roles(app.scope.outline)
        for placement, route in routes_under(project, app)
        for entry in _entries(project, app, placement, route)
    )


def _entries(
    project: Project, app: Router, placement: Placement, route: Route
) -> Iterator[RouteEntry]:
    outline = route.outline
    methods = [_WEBSOCKET] if route.is_websocket else sorted(route.methods or {UNKNOWN})
    path = placement.path_of(route)
    status = status_of(project, route)
    limited = is_limited(project, route, placement)
    handler = route.handler
    for method in methods:
        yield RouteEntry(
            app=".".join(filter(None, (app.scope.outline.module, app.name))),
            path=UNKNOWN if path is None else path or "/",
            method=method,
            handler=handler.qualified_name if handler is not None else UNKNOWN,
            response_model="" if route.is_websocket else _response_model(route),
            status="" if status is None or route.is_websocket else str(status),
            authentication=_authentication(project, placement, route),
            rate_limited=UNKNOWN if limited is None else "yes" if limited else "no",
            tags=tuple(_tags(project, placement, route)),
            required=tuple(sorted(_required(project, placement, route))),
            file=_relative(project, outline.path),
            line=route.call.lineno,
        )


def _relative(project: Project, path: str) -> str:
    return path.removeprefix(project.root).lstrip("/\\").replace("\\", "/")


def _response_model(route: Route) -> str:
    given = route.argument("response_model")
    if given is None and route.handler is not None:
        given = route.handler.node.returns
    return ast.unparse(given) if given is not None else ""


def _authentication(project: Project, placement: Placement, route: Route) -> str:
    names = [
        _name_of(dependency)
        for dependency in _dependencies(project, placement, route)
        if guards(project, dependency)
    ]
    if names:
        return names[0]
    match protection_of(project, route):
        case Protection.GUARDED:
            return "middleware or decorator"
        case Protection.OPEN:
            return "none"
    return UNKNOWN


def _dependencies(project: Project, placement: Placement, route: Route) -> list[Dependency]:
    return [*dependencies_of(project, route), *dependencies_on_the_way(project, placement)]


def _name_of(dependency: Dependency) -> str:
    if isinstance(dependency.marker, ast.Call):
        asked = [*dependency.marker.args, *(k.value for k in dependency.marker.keywords)]
        if asked:
            return ast.unparse(asked[0])
    target = dependency.target
    return target.qualified_name.rpartition(".")[2] if target is not None else UNKNOWN


def _tags(project: Project, placement: Placement, route: Route) -> Iterable[str]:
    places: list[tuple[ast.Call, Scope]] = [
        (router.call, router.scope) for router in placement.routers if router.call is not None
    ]
    places += [(step.call, step.scope) for step in placement.steps if not step.is_handed]
    places.append((route.call, route.scope))
    found: dict[str, None] = {}
    for call, scope in places:
        given = keyword_of(call, "tags")
        for value in (elements(project, given, scope) or ()) if given is not None else ():
            tag = string(project, value.node, value.scope)
            found.update({tag: None} if tag is not None else {})
    return found


def _required(project: Project, placement: Placement, route: Route) -> set[str]:
    """The names of what a client must send besides the path and a JSON body."""
    functions = [route.handler] if route.handler is not None else []
    names: set[str] = set()
    in_path = placement.path_of(route) or ""
    for function in functions:
        for asked in asked_by(function):
            reading = reading_of(project, asked)
            is_marked = reading.kind in _READ_FROM_REQUEST
            default = asked.default
            if reading.marker is not None and default is reading.marker.node:
                default = _marked_default(reading.marker.node)
            if is_marked and default is None and f"{{{reading.name}" not in in_path:
                names.add(reading.name)
    return names


def _marked_default(node: ast.expr) -> ast.expr | None:
    """The default that a marker such as `Query("")` gives; `...` is none."""
    if not isinstance(node, ast.Call):
        return None
    given = keyword_of(node, "default") or (node.args[0] if node.args else None)
    is_ellipsis = isinstance(given, ast.Constant) and given.value is ...
    return None if is_ellipsis else given or keyword_of(node, "default_factory")
