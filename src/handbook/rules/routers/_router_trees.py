"""The routes of the apps that are no tests' own, with the ways that lead to them."""

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from handbook.knowledge.fastapi.responses.returned import answers_json
from handbook.knowledge.fastapi.routing.apps import Inclusion, Placement, apps, routes_under
from handbook.knowledge.fastapi.routing.routers import (
    Router,
    is_known_to_be,
    keyword_of,
    router_of,
)
from handbook.knowledge.fastapi.routing.routes import Route
from handbook.python.project.project import Project
from handbook.python.types.inference import instance_of
from handbook.syntax.outline import Outline, own_nodes


class Way(NamedTuple):
    """One way from an app to a route."""

    placement: Placement
    route: Route

    @property
    def steps(self) -> tuple[Inclusion, ...]:
        """The inclusions on the way, outermost first."""
        return self.placement.steps

    @property
    def path(self) -> str | None:
        """The path of the route as a client sees it, if that is known."""
        return self.placement.path_of(self.route)


def real_apps(project: Project) -> list[Router]:
    """The apps that are no test's."""
    return [app for app in apps(project) if "test" not in project.roles(app.scope.outline)]


def served_apps(project: Project) -> list[Router]:
    """The real apps before whose paths surely nothing stands.

    A proxy may, for an app that names its `root_path`, and an app around it, where the project
    mounts apps that are not known.
    """

    def find() -> list[Router]:
        parents = [
            *project.facts_in(project.mentioning("mount"), "unknown mounts", _unknown_mounts)
        ]
        return [
            app
            for app in real_apps(project)
            if not _is_moved(app) and all(parent == app.key for parent in parents)
        ]

    return project.fact("served apps", find)


def ways(project: Project, app: Router) -> Sequence[Way]:
    """The ways from an app to all of its routes."""
    return project.fact(
        ("ways", app.key),
        lambda: [Way(placement, route) for placement, route in routes_under(project, app)],
    )


def is_documented(project: Project, way: Way) -> bool:
    """Whether a route is part of the schema that clients read: JSON, and not left out."""
    route = way.route
    if route.is_websocket or answers_json(project, route) is False:
        return False
    given = [(route.argument("include_in_schema"), route.scope)]
    for router in way.placement.routers:
        if is_known_to_be(project, router.argument("openapi_url"), router.scope, None):
            return False
        given.append((router.argument("include_in_schema"), router.scope))
    for step in way.steps:
        given.append((keyword_of(step.call, "include_in_schema"), step.scope))
    return not any(is_known_to_be(project, node, scope, False) for node, scope in given)


def _is_moved(app: Router) -> bool:
    """Whether something may be put before the paths of an app by what it says itself."""
    names = {keyword.arg for keyword in app.call.keywords} if app.call is not None else {None}
    return not names.isdisjoint({"root_path", "openapi_prefix", "servers", None})


def _unknown_mounts(project: Project, outline: Outline) -> Iterator[tuple[str, str]]:
    """The apps in which a module mounts something that may be another app."""
    if "test" in project.roles(outline):
        return
    for scope in outline.scopes_with({"mount"}):
        for node in own_nodes(scope, ast.Call):
            match node:
                case ast.Call(func=ast.Attribute(attr="mount", value=value)):
                    parent = router_of(project, value, scope)
                    positional = node.args[1] if len(node.args) > 1 else None
                    given = keyword_of(node, "app") or positional
                    if parent is None or given is None or router_of(project, given, scope):
                        continue
                    if instance_of(project, given, scope) is None:
                        yield parent.key
