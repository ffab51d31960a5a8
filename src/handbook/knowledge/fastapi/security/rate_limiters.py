"""What keeps clients from asking too often: told by names, and by what functions do."""

import ast
from collections.abc import Iterator
from functools import cache
from itertools import takewhile

from handbook.knowledge.fastapi.middleware.middleware import Middleware, all_middleware
from handbook.knowledge.fastapi.requests.dependencies import (
    Dependency,
    dependencies_of,
    dependencies_on_the_way,
)
from handbook.knowledge.fastapi.requests.dependency_targets import Target
from handbook.knowledge.fastapi.routing.apps import Placement, apps
from handbook.knowledge.fastapi.routing.routers import Router, router_of
from handbook.knowledge.fastapi.routing.routes import Route
from handbook.knowledge.fastapi.routing.unpacked_arguments import argument_values
from handbook.knowledge.vocabulary import DEPENDENCY_MARKERS, ROUTE_DECORATORS
from handbook.python.calls.calls import calls_in
from handbook.python.project.project import External, Project, Symbol, dotted_parts
from handbook.syntax.names import Names, words_of
from handbook.syntax.outline import ClassScope, FunctionScope, Parameter, Scope, own_nodes

_FOLLOWED_CALLS = 3
_LIMITERS = frozenset(
    {
        *("limiter", "limiters", "ratelimit", "ratelimits", "ratelimiter", "ratelimited"),
        *("throttle", "throttled", "throttler", "throttling", "slowapi", "captcha", "recaptcha"),
        *("hcaptcha", "turnstile", "lockout", "bruteforce"),
    }
)
_LIMITING = frozenset({"limit", "limits", "limited", "limiting"})
_OTHERWISE = frozenset({"capacity", "concurrency", "hash", "hashing", "thread", "threads"})
"""What limits how much is done at once, and not how often somebody asks."""
_LIFTING = frozenset({"exempt", "exempted", "skip", "unlimited", "disable", "bypass", "without"})
"""Words of decorators of a limiter that take the limit away."""
_PAIRS = ({"too", "many"}, {"brute", "force"}, {"locked", "out"})
_SLOWAPI = Names.of("slowapi.Limiter", "slowapi.extension.Limiter")
_TELLING = (ast.Call, ast.withitem, ast.Name, ast.Attribute, ast.keyword)
_DEFAULTS = ("default_limits", "application_limits")
_GUARDS = frozenset({"guard", "fastapi_guard"})
"""Libraries whose middleware limits among other things."""


@cache
def sounds_like_limiter(name: str) -> bool:
    """Whether something is called as what limits how often clients ask, or counts their failures.

    `limiter.limit`, `check_rate_limit` and `failed_login_attempts` are; `page_limit` is not.
    """
    words = set(words_of(name))
    if words & _OTHERWISE:
        return False
    if words & _LIMITERS or ("rate" in words and words & _LIMITING):
        return True
    if words & {"attempt", "attempts"}:
        return bool(words & {"login", "failed", "wrong", "password", "signin", "auth"})
    return any(pair <= words for pair in _PAIRS)


def is_limited(project: Project, route: Route, placement: Placement) -> bool | None:
    """Whether something at a route, or on the way to it, limits how often it is called.

    Returns `None` where something there is not known.
    """
    is_known = True
    for answer in _answers(project, route, placement):
        if answer:
            return True
        is_known = is_known and answer is not None
    return False if is_known else None


def _answers(project: Project, route: Route, placement: Placement) -> Iterator[bool | None]:
    """Whether each thing at a route, or on the way to it, limits: what is told at a glance first."""
    if route.handler is not None:
        yield from _decorators_limit(project, route)
    yield _router_limits(project, route.router)
    for dependency in (
        *dependencies_of(project, route),
        *dependencies_on_the_way(project, placement),
    ):
        yield _dependency_limits(project, dependency)
    if route.handler is not None:
        yield limits(project, route.handler)
    yield app_limits(project)


def limits(project: Project, function: FunctionScope, depth: int = _FOLLOWED_CALLS) -> bool:
    """Whether a function, or one that it calls, counts how often it is asked, or answers 429."""
    key = ("limits", function, depth)
    return project.fact(key, lambda: _limits(project, function, depth))


def app_limits(project: Project) -> bool:
    """Whether middleware of the project limits all that its apps are asked.

    Middleware is seldom tied to one app in a way that can be followed, so that of any app counts
    for all; only that of tests does not.
    """

    def find() -> bool:
        return any(
            _middleware_limits(project, middleware) for middleware in all_middleware(project)
        ) or any(_is_wrapped(project, app) for app in apps(project))

    return project.fact("app limits", find)


def _limits(project: Project, function: FunctionScope, depth: int) -> bool:
    around = function.outline.definitions[function.index : _after(function)]
    if any(_is_telling(node) for scope in around for node in own_nodes(scope, *_TELLING)):
        return True
    if depth <= 0:
        return False
    inner = [scope for scope in function.outline.definitions if scope.parent is function]
    for site in (site for scope in (function, *inner) for site in calls_in(project, scope)):
        called = site.called(project)
        symbol = called.symbol if called is not None else None
        if isinstance(symbol, FunctionScope) and symbol is not function:
            if limits(project, symbol, depth - 1):
                return True
    return False


def _after(function: FunctionScope) -> int:
    """The index of the next definition that does not lie within a function."""
    definitions = function.outline.definitions
    last = function.node.end_lineno or 0
    lines = (definition.node.lineno for definition in definitions[function.index + 1 :])
    return function.index + 1 + sum(1 for _ in takewhile(lambda line: line <= last, lines))


def _is_telling(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=func, args=args):
            return _sounds(func) or any(
                isinstance(argument, ast.Constant) and argument.value == 429 for argument in args
            )
        case ast.withitem(context_expr=manager):
            return _sounds(manager)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            words = set(words_of(name))
            return "429" in words or (
                not words.isdisjoint({"attempt", "attempts", "lockout", "locked"})
                and sounds_like_limiter(name)
            )
        case ast.keyword(arg="status_code", value=ast.Constant(value=429)):
            return True
    return False


def _sounds(node: ast.expr) -> bool:
    """Whether a name is that of a limiter, with all that stands before its dots."""
    inner = node.func if isinstance(node, ast.Call) else node
    return any(sounds_like_limiter(part) for part in dotted_parts(inner) or ())


def _symbol_limits(project: Project, symbol: Symbol | Target | None) -> bool:
    match symbol:
        case External(qualified_name=name):
            return sounds_like_limiter(name) or name.partition(".")[0] in _GUARDS
        case FunctionScope():
            return sounds_like_limiter(symbol.qualname) or limits(project, symbol)
        case ClassScope():
            return sounds_like_limiter(symbol.qualname) or any(
                limits(project, method)
                for class_ in project.ancestry(symbol)
                if isinstance(class_, ClassScope)
                for method in class_.methods
            )
    return False


def _dependency_limits(project: Project, dependency: Dependency) -> bool | None:
    if any(_symbol_limits(project, target) for target in dependency.targets):
        return True
    nodes = [node for node in ast.walk(dependency.marker) if isinstance(node, ast.expr)]
    if any(_sounds(node) for node in nodes):
        return True
    if dependency.is_certain:
        return False
    # Of what is asked for by name the name tells enough; what is handed in does not say what it is.
    match dependency.marker:
        case ast.Call(func=func, args=[asked, *_]) if not _is_handed(asked, dependency.scope):
            called = project.resolve_expression(func, dependency.scope)
            if called is not None and called.qualified_name in DEPENDENCY_MARKERS:
                return False
    return None


def _is_handed(node: ast.expr, scope: Scope) -> bool:
    """Whether a name is a parameter of a function around."""
    found = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    return found is not None and any(isinstance(binding, Parameter) for binding in found[1])


def has_limiter_above(project: Project, route: Route) -> bool:
    """Whether a limiter stands above the decorator of a route.

    It never hears of a request: the function is registered before it is wrapped.
    """
    above, _ = _decorators(route)
    return any(_decorator_limits(project, route, decorator) for decorator in above)


def _decorators_limit(project: Project, route: Route) -> Iterator[bool]:
    _, below = _decorators(route)
    for decorator in below:
        yield _decorator_limits(project, route, decorator)


def _decorators(route: Route) -> tuple[list[ast.expr], list[ast.expr]]:
    """The decorators above the one that registers a route, and those that are in force before."""
    decorators = route.handler.node.decorator_list if route.handler is not None else []
    if route.call not in decorators:
        return [], decorators
    index = decorators.index(route.call)
    return decorators[:index], decorators[index + 1 :]


def _decorator_limits(project: Project, route: Route, decorator: ast.expr) -> bool:
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    parts = dotted_parts(node) or []
    if parts and (parts[-1] in ROUTE_DECORATORS or not _LIFTING.isdisjoint(words_of(parts[-1]))):
        return False
    if parts and words_of(parts[-1]) in (("limit",), ("limits",)):
        return True
    around = route.handler.parent if route.handler is not None else None
    symbol = project.resolve_expression(node, around or route.scope)
    return _sounds(node) or _symbol_limits(project, symbol)


def _router_limits(project: Project, router: Router) -> bool | None:
    """Whether the class of a router, or of the routes it makes, limits."""
    if router.class_ is not None and _symbol_limits(project, router.class_):
        return True
    if router.call is None:
        return False
    given = argument_values(project, router.call, router.scope, "route_class")
    if given is None:
        return None
    return any(
        _sounds(value.node)
        or _symbol_limits(project, project.resolve_expression(value.node, value.scope))
        for value in given
    )


def _middleware_limits(project: Project, middleware: Middleware) -> bool:
    symbol = middleware.symbol
    if symbol is None:
        # What it is cannot be told: a limiter would have its name somewhere in the module.
        return any(sounds_like_limiter(word) for word in middleware.outline.words)
    if isinstance(symbol, External) and symbol.qualified_name.startswith("slowapi."):
        return _has_default_limits(project)
    return _symbol_limits(project, symbol)


def _has_default_limits(project: Project) -> bool:
    """Whether a limiter of slowapi limits the routes, too, that it does not decorate."""
    found = [*project.facts_in(project.mentioning("Limiter"), "slowapi limiters", _limiters)]
    return not found or any(
        word.arg is None or word.arg in _DEFAULTS for call in found for word in call.keywords
    )


def _limiters(project: Project, outline: Scope) -> Iterator[ast.Call]:
    for scope in (outline, *outline.outline.definitions):
        for node in own_nodes(scope, ast.Call):
            called = project.resolve_expression(node.func, scope)
            if called is not None and called.qualified_name in _SLOWAPI:
                yield node


def _is_wrapped(project: Project, app: Router) -> bool:
    """Whether a call that sounds like a limiter is handed an app in the module that makes it."""
    outline = app.scope.outline
    if not any(sounds_like_limiter(word) for word in outline.words):
        return False
    for scope in (outline, *outline.definitions):
        for node in own_nodes(scope, ast.Call):
            if _sounds(node.func):
                for given in (*node.args, *(word.value for word in node.keywords)):
                    found = router_of(project, given, scope)
                    if found is not None and found.is_app:
                        return True
    return False
