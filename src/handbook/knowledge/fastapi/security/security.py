"""Which routes know who is calling: by their dependencies, decorators, routers and middleware."""

import ast
import sys
from collections.abc import Iterable
from enum import Enum, auto

from handbook.knowledge.fastapi.requests.dependencies import (
    Dependency,
    dependencies_of,
    dependencies_on_the_way,
)
from handbook.knowledge.fastapi.requests.dependency_targets import Target, callables_of
from handbook.knowledge.fastapi.routing.apps import Placement, paths_of, placements, routes_under
from handbook.knowledge.fastapi.routing.routers import Router
from handbook.knowledge.fastapi.routing.routes import Route
from handbook.knowledge.fastapi.routing.unpacked_arguments import argument_values
from handbook.knowledge.fastapi.security.auth_dependencies import (
    handles_credentials,
    is_one_time_secret,
    knows_callers,
    sounds_like_guard,
)
from handbook.knowledge.fastapi.security.auth_middleware import has_gatekeeper
from handbook.knowledge.pydantic.schemas import fields, is_schema
from handbook.knowledge.vocabulary import ROUTE_DECORATORS, SECURITY_SCHEMES
from handbook.python.project.project import External, Project, Symbol
from handbook.syntax.names import words_of
from handbook.syntax.outline import ClassScope, FunctionScope, Scope

_FOLLOWED_CALLS = 2
_HARMLESS = frozenset(
    {
        *("fastapi", "starlette", "sqlalchemy", "sqlmodel", "pydantic", "pydantic_settings"),
        *("fastapi_limiter", "fastapi_pagination", "fastapi_filter", "fastapi_cache", "slowapi"),
        *("dependency_injector", "dishka", "punq", "aiocache", "cachetools", "redis", "httpx"),
        *("aiohttp", "motor", "beanie", "structlog", "sentry_sdk", "opentelemetry", "tenacity"),
        *("logfire", "prometheus_client", "async_lru", "fastapi_versioning", "typing_extensions"),
    }
    | sys.stdlib_module_names
)
"""Libraries of which only what is called as a guard can be one."""

_WAYS_IN = frozenset(
    {
        *("login", "logout", "signin", "signup", "signout", "register", "sso", "saml", "oidc"),
        *("forgot", "activate", "activation", "unsubscribe"),
    }
)
_WAYS_IN_BY_POST = _WAYS_IN | {
    *("oauth", "oauth2", "callback", "webhook", "webhooks", "health", "healthz"),
}
"""With what other servers post to. Whoever puts or deletes there, as a webhook, minds what is kept."""


class Protection(Enum):
    """Whether something on the way to a route knows who is calling."""

    GUARDED = auto()
    OPEN = auto()
    UNKNOWN = auto()


def is_scheme(project: Project, target: Target) -> bool:
    """Whether a dependency is a security scheme of FastAPI, or of a class that inherits one."""
    if isinstance(target, External):
        return target.qualified_name in SECURITY_SCHEMES
    class_ = target.parent if isinstance(target, FunctionScope) else target
    return isinstance(class_, ClassScope) and project.reaches(class_, SECURITY_SCHEMES)


def guards(project: Project, dependency: Dependency) -> bool | None:
    """Whether a dependency by itself finds out who is calling; `None` where that may be.

    Besides security schemes and `Security(…)` that is what reads a credential from the request,
    what refuses callers, and what is called as if it did.
    """
    if dependency.is_security:
        return True
    answers = {_is_guard(project, target) for target in dependency.targets}
    if True in answers:
        return True
    if not dependency.is_certain:
        names = (node for node in ast.walk(dependency.marker) if isinstance(node, ast.expr))
        return True if any(sounds_like_guard(_name(node)) for node in names) else None
    return None if None in answers else False


def protection_of(project: Project, route: Route) -> Protection:
    """Whether a route is guarded, wherever an app of the project places it."""
    return project.fact(
        ("protection", route.scope, route.call), lambda: _protection(project, route)
    )


def authenticates(project: Project, app: Router) -> bool:
    """Whether any route of an app is guarded by a dependency: the app knows users at all."""

    def find() -> bool:
        return any(
            any(guards(project, dependency) for dependency in _all(project, route, placement))
            for placement, route in routes_under(project, app)
        )

    return project.fact(("authenticates", app.key), find)


def app_placements(project: Project, router: Router) -> list[Placement]:
    """The ways to a router from the apps that are no tests' own."""
    return [
        placement
        for placement in placements(project, router)
        if "test" not in project.roles(placement.app.scope.outline)
    ]


def is_way_in(project: Project, route: Route) -> bool:
    """Whether a route is for those who have yet to show who they are, or is called by machines.

    That is told by the words of its paths and of its handler: login, password reset, webhook ….
    """
    ways_in = _WAYS_IN_BY_POST if "POST" in (route.methods or ()) else _WAYS_IN
    names = [*(paths_of(project, route) or [route.path or ""])]
    if route.handler is not None:
        names.append(route.handler.name)
    words = [set(words_of(name)) for name in names]
    return any(found & ways_in or {"reset", "password"} <= found for found in words)


def _all(project: Project, route: Route, placement: Placement) -> Iterable[Dependency]:
    yield from dependencies_on_the_way(project, placement)
    yield from dependencies_of(project, route)


def _protection(project: Project, route: Route) -> Protection:
    itself = _by_itself(project, route)
    ways = app_placements(project, route.router)
    if itself is Protection.GUARDED or not ways:
        return itself if ways else Protection.UNKNOWN
    found: set[Protection] = {itself}
    if has_gatekeeper(project):
        found.add(Protection.UNKNOWN)
    for way in ways:
        found.add(
            _verdict(guards(project, given) for given in dependencies_on_the_way(project, way))
        )
    for verdict in (Protection.GUARDED, Protection.UNKNOWN):
        if verdict in found:
            return verdict
    return Protection.OPEN


def _by_itself(project: Project, route: Route) -> Protection:
    """Whether a route is guarded by what stands at it: what else it is included in may add more."""
    answers: list[bool | None] = [
        guards(project, dependency) for dependency in dependencies_of(project, route)
    ]
    answers.append(_router_guards(project, route.router))
    if route.handler is not None:
        answers.append(_handler_guards(project, route.handler))
        answers += _decorators_guard(project, route.handler)
    return _verdict(answers)


def _verdict(answers: Iterable[bool | None]) -> Protection:
    found = set(answers)
    if True in found:
        return Protection.GUARDED
    return Protection.UNKNOWN if None in found else Protection.OPEN


def _is_guard(project: Project, target: Target) -> bool | None:
    if is_scheme(project, target):
        return True
    if isinstance(target, External):
        return _external_guards(target)
    if sounds_like_guard(_short(target)):
        return True
    if isinstance(target, ClassScope):
        return knows_callers(project, target)
    if handles_credentials(project, target, depth=_FOLLOWED_CALLS):
        return True
    answers = set(_decorators_guard(project, target))
    return True if True in answers else None if None in answers else False


def _external_guards(symbol: External) -> bool | None:
    parts = symbol.qualified_name.split(".")
    known = parts[0] in _HARMLESS
    if not (known and parts[:2] == ["fastapi", "security"]):
        if any(sounds_like_guard(part) for part in parts[-2:]):
            return True
    return False if known else None


def _short(target: FunctionScope | ClassScope) -> str:
    """The name of a target with those of its class and of the factory around it."""
    return target.qualname.removesuffix(".__call__")


def _handler_guards(project: Project, handler: FunctionScope) -> bool:
    """Whether a handler looks at the caller itself, or takes a secret that only they can have."""
    if handles_credentials(project, handler, depth=1):
        return True
    for parameter in handler.parameters:
        annotation = parameter.node.annotation
        class_ = project.resolve_expression(annotation, handler) if annotation else None
        if isinstance(class_, ClassScope) and is_schema(project, class_):
            names = fields(project, class_)
            if names is None or any(is_one_time_secret(name) for name in names):
                return True
    return False


def _decorators_guard(project: Project, function: FunctionScope) -> list[bool | None]:
    around = function.parent or function
    return [
        _decorator_guards(project, decorator, around)
        for decorator in function.node.decorator_list
        if not _registers(decorator)
    ]


def _decorator_guards(project: Project, decorator: ast.expr, scope: Scope) -> bool | None:
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    if sounds_like_guard(_name(node)):
        return True
    symbol: Symbol | None = project.resolve_expression(node, scope)
    if symbol is None or not isinstance(symbol, FunctionScope | ClassScope | External):
        found = callables_of(project, node, scope)
        symbol = found.targets[0] if found.is_certain and len(found.targets) == 1 else None
    match symbol:
        case FunctionScope():
            return handles_credentials(project, symbol, depth=1)
        case ClassScope():
            return any(handles_credentials(project, method) for method in symbol.methods)
        case External():
            return _external_guards(symbol)
    return None


def _registers(decorator: ast.expr) -> bool:
    match decorator:
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in ROUTE_DECORATORS
    return False


def _router_guards(project: Project, router: Router) -> bool | None:
    """Whether the class of a router, or of the routes it makes, looks at callers."""
    classes: list[Symbol | None] = [router.class_] if router.class_ is not None else []
    if router.call is not None:
        given = argument_values(project, router.call, router.scope, "route_class")
        for value in given or ():
            classes.append(project.resolve_expression(value.node, value.scope))
    answers: set[bool | None] = set()
    for class_ in classes:
        if isinstance(class_, ClassScope):
            heirs = [
                symbol for symbol in project.ancestry(class_) if isinstance(symbol, ClassScope)
            ]
            methods = [method for heir in heirs for method in heir.methods]
            answers.add(any(handles_credentials(project, method) for method in methods))
        else:
            answers.add(_external_guards(class_) if isinstance(class_, External) else None)
    return True if True in answers else None if None in answers else False


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
