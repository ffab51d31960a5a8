"""Findings of two builds, compared."""

from collections.abc import Sequence
from typing import NamedTuple


class Found(NamedTuple):
    """One finding, without what may differ between machines."""

    code: str
    path: str
    line: int
    message: str


class Change(NamedTuple):
    """A finding that only one build has, or that has another message."""

    sign: str
    found: Found

    def __str__(self) -> str:
        return f"{self.sign} {self.found.path}:{self.found.line} {self.found.message}"


def compare(before: Sequence[Found], after: Sequence[Found]) -> dict[str, list[Change]]:
    """What was added, removed and changed, by rule."""
    old, new = set(before), set(after)
    places = {found[:3] for found in old}
    kept = {found[:3] for found in new}
    changes = [
        Change("~" if found[:3] in places else "+", found) for found in sorted(new - old)
    ] + [Change("-", found) for found in sorted(old - new) if found[:3] not in kept]
    by_rule: dict[str, list[Change]] = {}
    for change in changes:
        by_rule.setdefault(change.found.code, []).append(change)
    return by_rule
