"""Fixes that are applied together: which of them get along, and whether what they make is welcome."""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from handbook.checking.engine import Result
from handbook.fixes.edits import Offsets, clash, overlaps_within
from handbook.fixes.imports import Imports
from handbook.syntax.text import split_lines
from handbook.violation import Edit, Fix, Import, Span, Violation


class Wanted(NamedTuple):
    """A fix that may be applied, and what it is for."""

    violation: Violation
    fix: Fix

    @property
    def sort_key(self) -> tuple[object, ...]:
        """An order that rests on nothing but what the fix does and is for."""
        return (self.fix.edits, self.violation.sort_key, self.fix.message)


@dataclass(slots=True)
class Batch:
    """Fixes to apply at once.

    Attributes:
        fixes: those that get along.
        body: their edits, without those of imports, each with the code of the rule that it is of.
        imports: what they come to for the imports.
        problem: why they cannot be applied, if so.
    """

    fixes: list[Wanted] = field(default_factory=list)
    body: dict[Edit, str] = field(default_factory=dict)
    imports: tuple[Edit, ...] = ()
    problem: str = ""

    @property
    def edits(self) -> list[Edit]:
        """All edits, in order."""
        return sorted((*self.body, *self.imports))


def choose(wanted: Sequence[Wanted], imports: Imports, kept: Collection[str] = ()) -> Batch:
    """Take the fixes that do not get in each other's way, the first ones first.

    Args:
        wanted: the fixes, in their order.
        imports: those of the file.
        kept: names that the module must go on to bind.
    """
    batch = _independent(wanted)
    if _add_imports(batch, imports, kept):
        return batch
    # Fixes that rewrite import statements, and some that need imports: the former go first.
    others = [
        each for each in batch.fixes if not each.fix.imports.added + each.fix.imports.released
    ]
    batch = _independent(others or batch.fixes[:1])
    if not _add_imports(batch, imports, kept):
        batch.problem = "the imports that it needs cannot be had"
    return batch


def _independent(wanted: Iterable[Wanted]) -> Batch:
    batch = Batch()
    spans: list[Span] = []
    bodies: set[tuple[Edit, ...]] = set()
    binds: dict[str, Import] = {}
    for each in wanted:
        body = each.fix.body
        added = each.fix.imports.added
        if any(binds.get(new.binds, new) != new for new in added):
            continue
        # Two violations may have one and the same remedy.
        if body not in bodies and any(_clashes(edit.span, spans) for edit in body):
            continue
        bodies.add(body)
        batch.fixes.append(each)
        binds.update((new.binds, new) for new in added)
        for edit in body:
            if edit not in batch.body:
                batch.body[edit] = each.violation.code
                insort(spans, edit.span)
    return batch


def _clashes(span: Span, spans: Sequence[Span]) -> bool:
    """Whether a span is in the way of one of some others, which are in order and get along."""
    index = bisect_left(spans, span)
    return any(clash(span, other) for other in spans[max(index - 2, 0) : index + 2])


def _add_imports(batch: Batch, imports: Imports, kept: Collection[str]) -> bool:
    """Compute what a batch comes to for the imports; whether that can be done beside the rest."""
    changes = [each.fix.imports for each in batch.fixes]
    needing = [each.fix.body for each in batch.fixes if each.fix.imports.added]
    found = imports.edits(
        [new for change in changes for new in change.added],
        [name for change in changes for name in change.released],
        sorted(batch.body),
        before=min((edit.span.start for body in needing for edit in body), default=None),
        kept=kept,
    )
    if found is None or overlaps_within((*batch.body, *found)):
        return False
    batch.imports = found
    return True


def unwelcome(batch: Batch, before: str, old: Result, after: str, new: Result) -> str:
    """Say in a clause what is wrong with what a batch made; empty if nothing is.

    Each of its fixes must do away with a violation, and none may bring one of another rule.
    """
    known = {failure.code for failure in old.failures}
    for failure in new.failures:
        if failure.code not in known:
            return f"{failure.code} would crash on the result"
    counts = Counter(violation.code for violation in new.violations)
    counts.subtract(violation.code for violation in old.violations)
    # Violations that share a remedy need not all be gone with it.
    remedies = {(each.violation.code, each.fix.body, each.fix.imports) for each in batch.fixes}
    applied = Counter(code for code, *_ in remedies)
    regions = _Regions(batch.edits, before, after)
    welcome = Counter(regions.old_place(violation) for violation in old.violations)
    for violation in new.violations:
        place = regions.new_place(violation)
        welcome[place] -= 1
        if welcome[place] < 0:
            own = batch.body.get(regions.edits[place[1]]) if place[0] else None
            if violation.code != own and not (len(applied) == 1 and violation.code in applied):
                return f"it would bring {violation.code}: {violation.message}"
    for code, count in applied.items():
        if counts[code] > -count:
            return "it would not do away with the violation"
    return ""


type _Place = tuple[bool, int, str]
"""Whether it is within an edit, the edit's index or the offset in the new text, and a code."""


class _Regions:
    """Tells the same place in a text before and after some edits."""

    def __init__(self, edits: list[Edit], before: str, after: str) -> None:
        self.edits = edits
        self._old = Offsets(split_lines(before))
        self._new = Offsets(split_lines(after))
        self._old_ends: list[tuple[int, int]] = []
        self._new_ends: list[tuple[int, int]] = []
        shift = 0
        for edit in edits:
            start, end = self._old.of(edit.span.start), self._old.of(edit.span.end)
            self._old_ends.append((start, end))
            self._new_ends.append((start + shift, start + shift + len(edit.text)))
            shift += len(edit.text) - (end - start)

    def old_place(self, violation: Violation) -> _Place:
        """Where a violation found before is."""
        offset = self._old.of(violation.span.start)
        shift = 0
        for index, (start, end) in enumerate(self._old_ends):
            if start <= offset <= end:
                return True, index, violation.code
            if start > offset:
                break
            shift = self._new_ends[index][1] - end
        return False, offset + shift, violation.code

    def new_place(self, violation: Violation) -> _Place:
        """Where a violation found after is."""
        offset = self._new.of(violation.span.start)
        for index, (start, end) in enumerate(self._new_ends):
            if start <= offset <= end:
                return True, index, violation.code
        return False, offset, violation.code
