"""What changed between the routes of two revisions."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from handbook.inventory.routes import RouteEntry

_COMPARED = ("authentication", "response_model", "status", "required", "rate_limited")


@dataclass(frozen=True, slots=True)
class Change:
    """A route that is there before and after, and differs.

    Attributes:
        before: the route as it was.
        after: the route as it is.
        differences: what differs, with its values before and after.
    """

    before: RouteEntry
    after: RouteEntry
    differences: tuple[tuple[str, str, str], ...]


@dataclass(slots=True)
class RouteChanges:
    """All that changed: routes that came, that went, and that differ."""

    added: list[RouteEntry] = field(default_factory=list)
    removed: list[RouteEntry] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there is any change."""
        return bool(self.added or self.removed or self.changed)

    @property
    def unauthenticated(self) -> list[RouteEntry]:
        """The routes that are open and were not there, or were not open, before."""
        opened = [
            change.after
            for change in self.changed
            if change.before.authentication != "none" and change.after.authentication == "none"
        ]
        return sorted([route for route in self.added if route.authentication == "none"] + opened)


def compare(before: Sequence[RouteEntry], after: Sequence[RouteEntry]) -> RouteChanges:
    """Compare routes: the same method and path is the same route, else the same handler is."""
    changes = RouteChanges()
    old = {(route.app, route.method, route.path): route for route in before}
    new = {(route.app, route.method, route.path): route for route in after}
    came = [route for key, route in new.items() if key not in old]
    gone = [route for key, route in old.items() if key not in new]
    pairs = [(old[key], route) for key, route in new.items() if key in old]
    waiting: dict[tuple[str, str, str], list[RouteEntry]] = {}
    for route in gone:
        waiting.setdefault((route.app, route.method, route.handler), []).append(route)
    for route in came:
        same = waiting.get((route.app, route.method, route.handler))
        if same:
            moved = same.pop()
            gone.remove(moved)
            pairs.append((moved, route))
        else:
            changes.added.append(route)
    changes.removed = gone
    for one, other in pairs:
        names = ("path", *_COMPARED) if one.path != other.path else _COMPARED
        differences = tuple(
            (name.replace("_", " "), _text(one, name), _text(other, name))
            for name in names
            if getattr(one, name) != getattr(other, name)
        )
        if differences:
            changes.changed.append(Change(one, other, differences))
    changes.changed.sort(key=lambda change: change.after)
    return changes


def _text(route: RouteEntry, name: str) -> str:
    value = getattr(route, name)
    return (", ".join(value) if isinstance(value, tuple) else value) or "none"
