"""Start-up and shutdown functions that are registered one by one, without a lifespan."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from handbook.knowledge.fastapi.middleware.middleware import names_of
from handbook.knowledge.fastapi.routing.apps import apps
from handbook.knowledge.fastapi.routing.routers import Router, keyword_of, router_of
from handbook.python.project.project import Project
from handbook.python.values.values import string
from handbook.syntax.outline import FunctionScope, Outline, Parameter, Scope, own_nodes

WORDS = frozenset({"on_event", "add_event_handler", "on_startup", "on_shutdown"})
"""One of these stands in every file that registers such a function."""

_KINDS = ("startup", "shutdown")


class Event(NamedTuple):
    """One registration.

    Attributes:
        kind: `startup` or `shutdown`.
        router: the app or router that it is registered on.
        place: what registers it: the call, or the argument of the call that makes the app.
        scope: the scope that `place` is written in.
        handler: the function, if it is known to be one of the project's.
        is_decorator: whether the call stands above the function.
        spelling: `on_event`, `add_event_handler`, `on_startup` or `on_shutdown`.
    """

    kind: str
    router: Router
    place: ast.Call | ast.keyword
    scope: Scope
    handler: FunctionScope | None
    is_decorator: bool
    spelling: str


def events_in(project: Project, outline: Outline) -> list[Event]:
    """The start-up and shutdown functions that a module registers, in source order."""
    if outline.words.isdisjoint(WORDS):
        return []
    return [*project.facts_in([outline], "events", _find)]


def all_events(project: Project) -> list[Event]:
    """Those of the whole project without its tests, by module."""
    return project.fact("all events", lambda: [*_find_all(project)])


def _find_all(project: Project) -> Iterator[Event]:
    for outline in project.mentioning(*WORDS, without="test"):
        yield from events_in(project, outline)


def makers_of(project: Project, app: Router) -> list[Router]:
    """The apps that are made by a call and that an app surely is: itself, or those handed to it."""
    if app.call is not None:
        return [app]
    return [made for made in apps(project) if app.key in names_of(project, made)]


def _find(project: Project, outline: Outline) -> Iterator[Event]:
    decorators = {
        id(decorator): definition
        for definition in outline.definitions
        if isinstance(definition, FunctionScope)
        for decorator in definition.node.decorator_list
    }
    for scope in (outline, *outline.definitions):
        for node in own_nodes(scope, ast.Call):
            yield from _registered(project, node, scope, decorators.get(id(node)))
            if any(word.arg in ("on_startup", "on_shutdown") for word in node.keywords):
                yield from _listed(project, node, scope)


def _registered(
    project: Project, call: ast.Call, scope: Scope, decorated: FunctionScope | None
) -> Iterator[Event]:
    """`@app.on_event("startup")` and `app.add_event_handler("startup", f)`."""
    match call.func:
        case ast.Attribute(value=receiver, attr="on_event" | "add_event_handler" as spelling):
            pass
        case _:
            return
    named = keyword_of(call, "event_type") or (call.args[0] if call.args else None)
    kind = string(project, named, scope)
    router = router_of(project, receiver, scope)
    if router is None and isinstance(receiver, ast.Attribute) and receiver.attr == "router":
        # `app.router` is a part of the app, and forwards to it.
        router = router_of(project, receiver.value, scope)
    if kind not in _KINDS or router is None:
        return
    handler = decorated
    if spelling == "add_event_handler":
        given = keyword_of(call, "func") or (call.args[1] if len(call.args) > 1 else None)
        handler = _function(project, given, scope)
    is_decorator = decorated is not None and spelling == "on_event"
    yield Event(kind, router, call, scope, handler, is_decorator, spelling)


def _listed(project: Project, call: ast.Call, scope: Scope) -> Iterator[Event]:
    """`FastAPI(on_startup=[f])`."""
    router = next((made for made in apps(project) if made.call is call), None)
    router = router or router_of(project, call, scope)
    if router is None or router.call is not call:
        return
    for word in call.keywords:
        if word.arg not in ("on_startup", "on_shutdown") or _is_empty(word.value):
            continue
        if _is_passed_on(word.value, scope):
            continue
        handler = None
        if isinstance(word.value, ast.List | ast.Tuple) and len(word.value.elts) == 1:
            handler = _function(project, word.value.elts[0], scope)
        kind = word.arg.removeprefix("on_")
        yield Event(kind, router, word, scope, handler, False, word.arg)


def _is_empty(node: ast.expr) -> bool:
    return (isinstance(node, ast.Constant) and node.value is None) or (
        isinstance(node, ast.List | ast.Tuple) and not node.elts
    )


def _is_passed_on(node: ast.expr, scope: Scope) -> bool:
    """Whether an argument is a parameter of the function around it, and others decide on it."""
    found = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    return found is not None and any(isinstance(bound, Parameter) for bound in found[1])


def _function(project: Project, node: ast.expr | None, scope: Scope) -> FunctionScope | None:
    if not isinstance(node, ast.Name):
        return None
    symbol = project.resolve_expression(node, scope)
    return symbol if isinstance(symbol, FunctionScope) else None
