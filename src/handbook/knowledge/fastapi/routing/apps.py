"""How routers are put together into apps, and which paths their routes have from there."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from handbook.knowledge.fastapi.routing.routers import Router, keyword_of, router_of
from handbook.knowledge.fastapi.routing.routers_as_arguments import (
    app_class_names,
    handed_over,
    may_name,
)
from handbook.knowledge.fastapi.routing.routes import Route, all_routes
from handbook.knowledge.vocabulary import FASTAPI
from handbook.python.project.project import Project
from handbook.python.values.loops import turns
from handbook.python.values.values import string
from handbook.syntax.outline import Outline, Scope, own_nodes

_DEEPEST = 12
_MOST_PLACEMENTS = 64
"""How many places of one router are looked at: it may be included twice on each of many levels."""


class Inclusion(NamedTuple):
    """One place where a router is put into another one.

    Attributes:
        parent: the app or router that takes it in.
        child: what is taken in; `None` where that is not certain.
        call: the `include_router` or `mount` call, or the call that hands an app to a function.
        scope: the scope that `call` is written in.
        prefix: what the call puts before the child's own; `None` where that is not certain.
        is_mount: whether it is a `mount`: middleware and dependencies do not reach inside.
        is_handed: whether `call` only hands `parent` to a function that knows it as `child`.
    """

    parent: Router
    child: Router | None
    call: ast.Call
    scope: Scope
    prefix: str | None
    is_mount: bool = False
    is_handed: bool = False

    @property
    def outline(self) -> Outline:
        """The module that the call is in."""
        return self.scope.outline


class Placement(NamedTuple):
    """One way from an app to a router.

    Attributes:
        app: where the way begins.
        router: where it ends.
        prefix: all that comes before the paths of the router's routes, its own prefix included;
            `None` where it is not certain.
        steps: the inclusions on the way, outermost first.
    """

    app: Router
    router: Router
    prefix: str | None
    steps: tuple[Inclusion, ...]

    def path_of(self, route: Route) -> str | None:
        """The path of a route as a client sees it."""
        if self.prefix is None or route.path is None:
            return None
        return self.prefix + route.path

    @property
    def routers(self) -> Iterator[Router]:
        """The app, the routers between, and the router itself."""
        yield self.app
        for step in self.steps:
            if step.child is not None:
                yield step.child


def apps(project: Project) -> list[Router]:
    """Every `FastAPI(…)` that the project makes, tests' too, by module and in source order."""
    return project.fact("apps", lambda: [*_find_apps(project)])


def apps_in(project: Project, outline: Outline) -> list[Router]:
    """The apps that a module makes, in source order."""
    if outline.words.isdisjoint((*FASTAPI.words, *app_class_names(project))):
        return []
    return [*project.facts_in([outline], "apps", _apps_in)]


def inclusions(project: Project) -> list[Inclusion]:
    """Every inclusion of the project, by module and in source order."""
    return project.fact("inclusions", lambda: [*_find_inclusions(project)])


def placements(project: Project, router: Router) -> list[Placement]:
    """Every way from an app to a router; an app is placed at itself."""
    return _all_placements(project).get(router.key, [])


def paths_of(project: Project, route: Route) -> list[str] | None:
    """Every path that a client can reach a route by; `None` where one is not certain.

    It is empty for a route whose router is put into no app that the project makes.
    """
    paths = [placement.path_of(route) for placement in placements(project, route.router)]
    known = [path for path in paths if path is not None]
    return known if len(known) == len(paths) else None


def has_unknown_inclusions(project: Project, app: Router) -> bool:
    """Whether something that is not known is put into an app, or into a router of it."""
    reached = {
        placement.router.key
        for found in _all_placements(project).values()
        for placement in found
        if placement.app.key == app.key
    }
    return any(
        inclusion.child is None and inclusion.parent.key in reached
        for inclusion in inclusions(project)
    )


def _all_placements(project: Project) -> dict[tuple[str, str], list[Placement]]:
    return project.fact("placements", lambda: _place_all(project))


def _place_all(project: Project) -> dict[tuple[str, str], list[Placement]]:
    children: dict[tuple[str, str], list[Inclusion]] = {}
    for inclusion in inclusions(project):
        children.setdefault(inclusion.parent.key, []).append(inclusion)
    placed: dict[tuple[str, str], list[Placement]] = {}

    def place(placement: Placement) -> None:
        known = placed.setdefault(placement.router.key, [])
        if len(known) >= _MOST_PLACEMENTS:
            return
        known.append(placement)
        if len(placement.steps) >= _DEEPEST:
            return
        for inclusion in children.get(placement.router.key, ()):
            child = inclusion.child
            if child is None or any(step.child == child for step in placement.steps):
                continue
            own = child.prefix(project)
            parts = [placement.prefix, inclusion.prefix, own]
            fixed = [part for part in parts if part is not None]
            prefix = "".join(fixed) if len(fixed) == len(parts) else None
            place(Placement(placement.app, child, prefix, (*placement.steps, inclusion)))

    mounted = {
        inclusion.child.key
        for inclusion in inclusions(project)
        if inclusion.child is not None and not inclusion.is_handed
    }
    for app in apps(project):
        if app.key not in mounted:
            place(Placement(app, app, "", ()))
    return placed


def _find_apps(project: Project) -> Iterator[Router]:
    outlines = project.mentioning(*FASTAPI.words, *app_class_names(project))
    yield from project.facts_in(outlines, "apps", _apps_in)


def _apps_in(project: Project, outline: Outline) -> Iterator[Router]:
    """The apps that a call in the module makes, under the name that they are bound to, if any."""
    words = frozenset((*FASTAPI.words, *app_class_names(project)))
    for scope in outline.scopes_with(words):
        bound: dict[ast.expr, ast.expr] = {}
        for node in own_nodes(scope):
            match node:
                case (
                    ast.Assign(targets=[target], value=ast.Call() as call)
                    | ast.AnnAssign(target=target, value=ast.Call() as call)
                ):
                    bound[call] = target
                case ast.Call(func=func) if may_name(func, outline, words):
                    for name in (bound.get(node), node):
                        router = router_of(project, name, scope) if name is not None else None
                        if router is not None and router.is_app and router.call is node:
                            if not _is_in_lambda(scope, node):
                                yield router
                            break


def _is_in_lambda(scope: Scope, call: ast.Call) -> bool:
    """Whether a `lambda` makes an app: then it has no name, and what becomes of it is not known."""
    return any(call in ast.walk(node) for node in own_nodes(scope, ast.Lambda))


def _find_inclusions(project: Project) -> Iterator[Inclusion]:
    made = [*_made_inclusions(project)]
    included = {inclusion.child.key for inclusion in made if inclusion.child is not None}
    yield from made
    for outer, inner, call, scope in handed_over(project, included):
        yield Inclusion(outer, inner, call, scope, "", is_handed=True)


def _made_inclusions(project: Project) -> Iterator[Inclusion]:
    outlines = project.mentioning("include_router", "mount")
    yield from project.facts_in(outlines, "inclusions", _inclusions_in)


def _inclusions_in(project: Project, outline: Outline) -> Iterator[Inclusion]:
    for scope in outline.scopes_with({"include_router", "mount"}):
        for node in own_nodes(scope, ast.Call):
            match node:
                case ast.Call(func=ast.Attribute(attr="include_router" | "mount")):
                    yield from _included(project, node, scope)


def _included(project: Project, call: ast.Call, scope: Scope) -> Iterator[Inclusion]:
    function = call.func
    parent = (
        router_of(project, function.value, scope) if isinstance(function, ast.Attribute) else None
    )
    if parent is None or not isinstance(function, ast.Attribute):
        return
    is_mount = function.attr == "mount"
    index, name = (1, "app") if is_mount else (0, "router")
    positional = call.args[index] if len(call.args) > index else None
    node = keyword_of(call, name) or positional
    if node is None:
        return
    given = keyword_of(call, "prefix")
    if is_mount:
        given = keyword_of(call, "path") or (call.args[0] if call.args else None)
    hidden = any(keyword.arg is None for keyword in call.keywords)
    prefix = string(project, given, scope) if given is not None else (None if hidden else "")
    for child in _children(project, node, scope):
        if child is None and is_mount:
            # Most mounts are of static files and other apps, which hold no route of ours.
            continue
        yield Inclusion(parent, child, call, scope, prefix, is_mount)


def _children(project: Project, node: ast.expr, scope: Scope) -> Iterator[Router | None]:
    """What is included: one router, or each of those that a loop runs through."""
    found = router_of(project, node, scope)
    items = turns(project, node, scope) if found is None else None
    if items is None:
        yield found
        return
    for item in items:
        yield router_of(project, item.node, item.scope)


def routes_under(project: Project, app: Router) -> Iterator[tuple[Placement, Route]]:
    """Every route of an app with the way that leads to it."""
    for route in all_routes(project):
        for placement in placements(project, route.router):
            if placement.app.key == app.key:
                yield placement, route
