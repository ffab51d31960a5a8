"""In which order routers ask their routes, and which routes are never asked."""

import ast
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

from handbook.knowledge.fastapi.routing.apps import Inclusion, inclusions, placements
from handbook.knowledge.fastapi.routing.routers import Router, keyword_of, router_of
from handbook.knowledge.fastapi.routing.routes import WORDS, Route, may_register, routes_in
from handbook.python.project.project import Project, dotted_parts
from handbook.python.values.values import string
from handbook.rules.routers._path_patterns import Path, covers, parse_path
from handbook.syntax.outline import ClassScope, FunctionScope, Outline, Scope, own_nodes

_DEEPEST = 12
_MOST_ALIKE = 256
type Branch = tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Event:
    """One thing that is put into a router: a route, another router, or something mounted.

    Attributes:
        router: what it is put into.
        what: the route or inclusion, `None` for a mount.
        call: the call that puts it there.
        scope: the scope that the call is written in.
        prefix: what a mount or an inclusion puts before the paths below it, if that is known.
        order: where it comes among the other events of its unit.
    """

    router: Router
    what: Route | Inclusion | None
    call: ast.Call
    scope: Scope
    prefix: str | None
    order: tuple[int, ...]

    @cached_property
    def unit(self) -> Scope:
        """The function or module that has to run for it to happen."""
        return unit_of(self.scope)

    @cached_property
    def branch(self) -> Branch:
        """The statements around it that may run or not, and which part of each it is in."""
        is_loop_known = isinstance(self.what, Inclusion)
        return _branch(self.unit.body, self.call, is_loop_known)

    def surely_before(self, other: "Event") -> bool:
        """Whether it has surely happened whenever `other` happens."""
        if self.unit is not other.unit or self.order >= other.order:
            return False
        mine = self.branch
        return other.branch[: len(mine)] == mine


@dataclass(frozen=True)
class Entry:
    """A route or a mount, as a router sees it that holds it.

    Attributes:
        event: by which the router got it, or what it lies in.
        route: the route, `None` for a mount.
        text: its path below the router's own prefix.
        is_sure: whether it is there once the event has happened.
    """

    event: Event
    route: Route | None
    text: str
    is_sure: bool

    @cached_property
    def path(self) -> Path:
        """Which requests it takes."""
        return parse_path(self.text)

    def takes(self, method: str | None) -> bool:
        """Whether it takes requests with a method, or websockets for `None`."""
        if self.route is None:
            return True
        if method is None or self.route.is_websocket:
            return method is None and self.route.is_websocket
        return self.route.methods is not None and method in self.route.methods


class Shadow(NamedTuple):
    """A route that is never reached.

    Attributes:
        route: the route.
        methods: those of its methods that never reach it; none for a websocket.
        text: its path below the prefix of `router`.
        router: in which it comes too late.
        earlier: what takes its requests.
    """

    route: Route
    methods: tuple[str, ...]
    text: str
    router: Router
    earlier: Entry


def shadows(project: Project) -> list[Shadow]:
    """The routes of a project that earlier ones surely hide, each once."""
    return project.fact("shadows", lambda: [*_find_shadows(project)])


def unit_of(scope: Scope) -> Scope:
    """The function or module that a scope runs in: class bodies run where they stand."""
    while isinstance(scope, ClassScope) and scope.parent is not None:
        scope = scope.parent
    return scope


type _Events = dict[tuple[str, str], list[Event]]
type _Text = tuple[int, str]


def _find_shadows(project: Project) -> Iterator[Shadow]:
    events = _events(project)
    seen: set[int] = set()
    for own in events.values():
        router = own[0].router
        entries = sorted(_entries(project, events, router, 0), key=lambda each: each.event.order)
        # Whatever runs elsewhere is not surely earlier.
        alike: dict[tuple[Scope, int, _Text | None], list[tuple[int, Entry]]] = {}
        wide: dict[Scope, list[Entry]] = {}
        for number, entry in enumerate(entries):
            path, unit = entry.path, entry.event.unit
            if _matches_otherwise(project, entry):
                continue
            if entry.route is not None and id(entry.route.call) not in seen:
                # What hides a path is as long, and has no other texts in it.
                likely = [
                    found
                    for text in (None, *_texts(path))
                    for found in alike.get((unit, len(path), text), ())
                ]
                likely.sort(key=itemgetter(0))
                above = [*(earlier for _, earlier in likely), *wide.get(unit, ())]
                shadow = _shadow(router, entry, above)
                if shadow is not None and not _is_served_elsewhere(project, shadow):
                    seen.add(id(entry.route.call))
                    yield shadow
            if entry.is_sure:
                if any(segment.kind == "path" for segment in path):
                    mounts = wide.setdefault(unit, [])
                    if len(mounts) < _MOST_ALIKE:
                        mounts.append(entry)
                else:
                    key = (unit, len(path), next(_texts(path), None))
                    known = alike.setdefault(key, [])
                    # One router may be included very often under one prefix.
                    if len(known) < _MOST_ALIKE:
                        known.append((number, entry))


def _texts(path: Path) -> Iterator[_Text]:
    """The fixed texts in a path, each with its place."""
    for place, segment in enumerate(path):
        if segment.kind == "text" and segment.text:
            yield place, segment.text


def _shadow(router: Router, entry: Entry, candidates: Sequence[Entry]) -> Shadow | None:
    route = entry.route
    if route is None:
        return None
    methods = [None] if route.is_websocket else sorted(route.methods or ())
    above = [
        earlier
        for earlier in candidates
        if (earlier.route is None or earlier.route.call is not route.call)
        and earlier.event.surely_before(entry.event)
        and covers(earlier.path, entry.path)
    ]
    hidden = {
        method: earlier for method in methods for earlier in above[::-1] if earlier.takes(method)
    }
    if not hidden:
        return None
    named = tuple(method for method in hidden if method is not None)
    return Shadow(route, named, entry.text, router, next(iter(hidden.values())))


def _is_served_elsewhere(project: Project, shadow: Shadow) -> bool:
    """Whether clients reach a route, only not through the router in which it is hidden."""
    hiding, own = placements(project, shadow.router), placements(project, shadow.route.router)
    return not hiding and bool(own)


def _matches_otherwise(project: Project, entry: Entry) -> bool:
    """Whether more than path and method may decide: a route class, a version of the API."""
    route = entry.route
    if route is None:
        return False
    if route.handler is not None:
        for decorator in route.handler.node.decorator_list:
            node = decorator.func if isinstance(decorator, ast.Call) else decorator
            parts = dotted_parts(node)
            if parts is not None and "version" in parts[-1]:
                return True
    given = route.router.argument("route_class")
    if given is None:
        return False
    class_ = project.resolve_expression(given, route.router.scope)
    if not isinstance(class_, ClassScope):
        return class_ is None
    return project.owner(class_, "matches") is not None or None in [*project.ancestry(class_)]


def _entries(project: Project, events: _Events, router: Router, depth: int) -> Iterator[Entry]:
    """All that a router holds, itself or in routers put into it, where the path is known."""
    for event in events.get(router.key, ()):
        match event.what:
            case None if event.prefix is not None:
                text = f"{event.prefix.rstrip('/')}/{{path:path}}"
                yield Entry(event, None, text, is_sure=True)
            case Route(path=str(text)) as route:
                yield Entry(event, route, text, is_sure=True)
            case Inclusion(child=Router() as child) if depth < _DEEPEST:
                own = child.prefix(project)
                if event.prefix is None or own is None:
                    continue
                for entry in _entries(project, events, child, depth + 1):
                    sure = entry.is_sure and _is_sure(entry.event, child, event)
                    text = event.prefix + own + entry.text
                    yield Entry(event, entry.route, text, is_sure=sure)


def _is_sure(event: Event, router: Router, inclusion: Event) -> bool:
    """Whether an event of a router has surely happened when the router is included."""
    unit = event.unit
    if unit is not unit_of(router.scope) or event.branch:
        return False
    if unit is inclusion.unit and event.order > inclusion.order:
        return False
    return not isinstance(unit, FunctionScope) or not any(
        isinstance(node, ast.Return) and node.lineno < event.call.lineno
        for node in own_nodes(unit)
    )


def _events(project: Project) -> _Events:
    """What is put into each router of the project, by the router's key."""
    found: _Events = {}
    for event in project.facts_in(
        project.mentioning(*WORDS, may=may_register), "route events", _route_events
    ):
        found.setdefault(event.router.key, []).append(event)
    for index, inclusion in enumerate(inclusions(project)):
        if not inclusion.is_mount:
            call = inclusion.call
            order = (call.lineno, call.col_offset, index)
            event = Event(
                inclusion.parent, inclusion, call, inclusion.scope, inclusion.prefix, order
            )
            found.setdefault(inclusion.parent.key, []).append(event)
    for event in project.facts_in(project.mentioning("mount"), "mounts", _mounts):
        found.setdefault(event.router.key, []).append(event)
    return found


def _route_events(project: Project, outline: Outline) -> Iterator[Event]:
    for route in routes_in(project, outline):
        yield Event(route.router, route, route.call, route.scope, None, _order(route))


def _order(route: Route) -> tuple[int, ...]:
    """Decorators work from the function upwards."""
    call, handler = route.call, route.handler
    if handler is not None and call in handler.node.decorator_list:
        return handler.node.lineno, -call.lineno, -call.col_offset
    return call.lineno, call.col_offset, 0


def _mounts(project: Project, outline: Outline) -> Iterator[Event]:
    for scope in outline.scopes_with({"mount"}):
        for node in own_nodes(scope, ast.Call):
            match node:
                case ast.Call(func=ast.Attribute(attr="mount", value=value)):
                    router = router_of(project, value, scope)
                    given = keyword_of(node, "path") or (node.args[0] if node.args else None)
                    path = string(project, given, scope) if given is not None else None
                    # Older versions of FastAPI leave out what is mounted on an included router.
                    if router is not None and router.is_app and path is not None:
                        order = (node.lineno, node.col_offset, 0)
                        yield Event(router, None, node, scope, path, order)


def _branch(body: Sequence[ast.stmt], node: ast.AST, is_loop_known: bool) -> Branch:
    statement = _around(body, node)
    if statement is None:
        return ()
    for name, suite in _suites(statement):
        if _around(suite, node) is not None:
            inner = _branch(suite, node, is_loop_known)
            # What a `with` statement holds may fail, and be let go on: `pytest.raises`.
            runs = (ast.ClassDef, ast.For) if is_loop_known else ast.ClassDef
            if isinstance(statement, runs):
                return inner
            return ((id(statement), name), *inner)
    return ()


def _around(suite: Sequence[ast.stmt], node: ast.AST) -> ast.stmt | None:
    """The first statement of a suite on whose lines a node stands."""
    line = getattr(node, "lineno", 0)
    index = bisect_right(suite, line, key=_first_line) - 1
    while index > 0 and line <= (suite[index - 1].end_lineno or 0):
        index -= 1
    if index < 0 or line > (suite[index].end_lineno or line):
        return None
    return suite[index]


def _suites(statement: ast.stmt) -> Iterator[tuple[str, Sequence[ast.stmt]]]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    for name in ("body", "orelse", "finalbody"):
        yield name, getattr(statement, name, ())
    parts = [*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())]
    for number, part in enumerate(parts):
        yield str(number), part.body


def _first_line(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", ())
    return decorators[0].lineno if decorators else statement.lineno
