"""Routes: every way in which a function is registered on an app or a router."""

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from handbook.knowledge.fastapi.routing.routers import Router, keyword_of, router_of
from handbook.knowledge.vocabulary import HTTP_METHODS, ROUTE_DECORATORS
from handbook.python.project.project import Project
from handbook.python.project.word_index import text_test
from handbook.python.values.values import elements, string
from handbook.syntax.outline import ClassScope, FunctionScope, Outline, Scope, own_nodes

_ADDERS = frozenset({"add_api_route", "add_api_websocket_route"})
WORDS = ROUTE_DECORATORS | _ADDERS
"""One of these stands in every file that registers a route."""
_DECORATORS = re.compile(
    rb"^[ \t]*@((?:.*\n)+?)[ \t]*(?:async[ \t]+def|def|class)\b", re.MULTILINE
)
_METHOD = re.compile(rf"\.\s*(?:{'|'.join(sorted(ROUTE_DECORATORS))})\b".encode())
_CALLBACK = "{$"
"""Begins the path of a callback, which is documented as a route but served by somebody else."""


class Route(NamedTuple):
    """One registration of a handler.

    Attributes:
        router: that it is registered on.
        call: the decorator, or the call that registers.
        scope: the scope that `call` is written in.
        handler: the function, if it is known and the project's.
        methods: `GET`, `POST` …; `None` where they are not certain; empty for a websocket.
        path: as given to the router, without any prefix; `None` where it is not certain.
        is_websocket: whether it is one.
    """

    router: Router
    call: ast.Call
    scope: Scope
    handler: FunctionScope | None
    methods: frozenset[str] | None
    path: str | None
    is_websocket: bool = False

    @property
    def outline(self) -> Outline:
        """The module that registers it."""
        return self.scope.outline

    def argument(self, name: str) -> ast.expr | None:
        """A keyword argument of the registration, such as `response_model`."""
        return keyword_of(self.call, name)

    @property
    def has_hidden_arguments(self) -> bool:
        """Whether `**options` may hold arguments that are not to be seen."""
        return any(keyword.arg is None for keyword in self.call.keywords)


def routes_in(project: Project, outline: Outline) -> list[Route]:
    """The routes that a module registers, in source order."""
    if outline.words.isdisjoint(WORDS):
        return []
    return project.fact(("routes", outline.path), lambda: [*_find(project, outline)])


def all_routes(project: Project) -> list[Route]:
    """The routes that the whole project registers, by module and in source order."""
    return project.fact(
        "all routes",
        lambda: [
            route
            for outline in project.mentioning(*WORDS, may=may_register)
            for route in routes_in(project, outline)
        ],
    )


def routes_of(project: Project, function: FunctionScope) -> list[Route]:
    """The registrations of a function in its own module."""
    return [route for route in routes_in(project, function.outline) if route.handler is function]


@text_test
def may_register(text: bytes) -> bool:
    """Whether a text has one of the forms in which `_find` sees a route; `.get` is everywhere."""
    if b")(" in text or any(name.encode() in text for name in _ADDERS):
        return True
    return any(_METHOD.search(found[1]) for found in _DECORATORS.finditer(text))


def _find(project: Project, outline: Outline) -> Iterator[Route]:
    found = [*_decorated(project, outline), *_registered(project, outline)]
    for route in sorted(found, key=lambda route: (route.call.lineno, route.call.col_offset)):
        if not (route.path or "").startswith(_CALLBACK):
            yield route


def _decorated(project: Project, outline: Outline) -> Iterator[Route]:
    for function in outline.definitions:
        if not isinstance(function, FunctionScope) or function.parent is None:
            continue
        for decorator in function.node.decorator_list:
            if isinstance(decorator, ast.Call):
                route = _route(project, decorator, function.parent, function)
                if route is not None:
                    yield route


def _registered(project: Project, outline: Outline) -> Iterator[Route]:
    """Routes that calls register: `add_api_route("/x", f)` and `router.get("/x")(f)`."""
    may_add = not outline.words.isdisjoint(_ADDERS)
    may_apply = any(")(" in line for line in outline.lines)
    if not may_add and not may_apply:
        return
    for scope in outline.scopes_with(WORDS):
        for node in own_nodes(scope, ast.Call):
            match node:
                case ast.Call(func=ast.Attribute(attr=name, value=value)) if name in _ADDERS:
                    router = router_of(project, value, scope)
                    if router is not None:
                        yield _added(project, node, scope, router, name)
                case ast.Call(func=ast.Call() as inner, args=[handler]):
                    function = project.resolve_expression(handler, scope)
                    known = function if isinstance(function, FunctionScope) else None
                    route = _route(project, inner, scope, known)
                    if route is not None:
                        yield route


def _route(
    project: Project, call: ast.Call, scope: Scope, handler: FunctionScope | None
) -> Route | None:
    """Read `router.get("/x", …)`, or a helper that is handed `router.get`."""
    method = call.func
    if not _is_route_decorator(method):
        method = next(
            (argument for argument in call.args if _is_route_decorator(argument)), method
        )
    if not isinstance(method, ast.Attribute) or method.attr not in ROUTE_DECORATORS:
        return None
    router = router_of(project, method.value, scope)
    if router is None:
        return None
    name = method.attr
    positional = [argument for argument in call.args if argument is not method]
    path = keyword_of(call, "path") or (positional[0] if positional else None)
    text = string(project, path, scope)
    if text is not None and text.startswith("{$"):
        # What the app calls back, and the clients serve: written down for the documentation.
        return None
    return Route(
        router=router,
        call=call,
        scope=scope,
        handler=handler,
        methods=_methods(project, call, scope, name),
        path=text,
        is_websocket=name == "websocket",
    )


def _added(project: Project, call: ast.Call, scope: Scope, router: Router, name: str) -> Route:
    path = keyword_of(call, "path") or (call.args[0] if call.args else None)
    endpoint = keyword_of(call, "endpoint") or (call.args[1] if len(call.args) > 1 else None)
    handler = _endpoint(project, endpoint, scope) if endpoint is not None else None
    return Route(
        router=router,
        call=call,
        scope=scope,
        handler=handler,
        methods=_methods(project, call, scope, name),
        path=string(project, path, scope),
        is_websocket=name == "add_api_websocket_route",
    )


def _endpoint(project: Project, node: ast.expr, scope: Scope) -> FunctionScope | None:
    """The function that is registered: one of the project, or a method of `self`."""
    symbol = project.resolve_expression(node, scope)
    if isinstance(symbol, FunctionScope):
        return symbol
    function = scope.enclosing_function()
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr=name) if (
            function is not None and isinstance(function.parent, ClassScope)
        ):
            owner = project.owner(function.parent, name)
            return owner.method(name) if owner is not None else None
    return None


def _methods(
    project: Project, call: ast.Call, scope: Scope, decorator: str
) -> frozenset[str] | None:
    if decorator in HTTP_METHODS:
        return frozenset({decorator.upper()})
    if decorator in ("websocket", "add_api_websocket_route"):
        return frozenset()
    given = keyword_of(call, "methods")
    if given is None:
        hidden = any(keyword.arg is None for keyword in call.keywords)
        return None if hidden else frozenset({"GET"})
    items = elements(project, given, scope)
    texts = [string(project, item.node, item.scope) for item in items or ()]
    if items is None or None in texts:
        return None
    return frozenset(text.upper() for text in texts if text is not None)


def _is_route_decorator(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in ROUTE_DECORATORS
