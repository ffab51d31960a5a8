"""Fixes applied to a file until none is left, each only if what it makes is right."""

import os
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, cast

from handbook.checking.engine import Failure, Result
from handbook.checking.workspace import Workspace
from handbook.fixes.edits import apply_edits
from handbook.fixes.imports import Imports, imports_of
from handbook.fixing.fix_batch import Batch, Wanted, choose, unwelcome
from handbook.python.project.reexports import imported_elsewhere
from handbook.syntax.text import SourceError, parse
from handbook.violation import Applicability, Edit, Fix, Violation


class Refusal(NamedTuple):
    """A fix that was not applied, and why: `reason` goes on after "not fixed: "."""

    violation: Violation
    reason: str


@dataclass(slots=True)
class FixResult:
    """What fixing a file gave.

    Attributes:
        path: of the file, as it was given.
        before: its text before.
        text: its text now; nothing has been written.
        applied: how many violations of each code are gone by fixes of that code.
        refused: the fixes of what is left that were tried and not applied.
        violations: what is left.
        failures: the rules that crashed on what is left.
    """

    path: str
    before: str
    text: str
    applied: Counter[str] = field(default_factory=Counter)
    refused: list[Refusal] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to write."""
        return self.text != self.before


type Rounds[T] = Generator[str, Result, T]
"""Work that gives a text of a file to be checked, and goes on with what was found in it."""


def fix_file(
    workspace: Workspace,
    path: Path,
    text: str | None = None,
    *,
    unsafe: bool = False,
    noqa: bool = True,
) -> FixResult:
    """Apply fixes to a file, and check again, until none is left or none can be applied.

    Nothing is written; the workspace knows the same texts afterwards as before.

    Args:
        workspace: checks the file.
        path: of the file.
        text: in place of what the workspace knows as its text.
        unsafe: whether fixes are applied that may change what the program does.
        noqa: whether `# noqa` counts.

    Raises:
        ConfigError: for a broken configuration.
        OSError: if the file cannot be read.
        SourceError: if it cannot be decoded. Text that is not Python raises nothing: it has a
            violation of HB000.
    """
    with unsaved(workspace) as update:
        if text is not None:
            update(path, text)
        fixing = Fixing(workspace, path, workspace.check(path, noqa=noqa))
        rounds = fixing.rounds(unsafe=unsafe)
        try:
            trial = next(rounds)
            while True:
                update(path, trial)
                trial = rounds.send(workspace.check(path, noqa=noqa))
        except StopIteration as end:
            return cast(FixResult, end.value)


def edits_of(workspace: Workspace, path: Path, violation: Violation, fix: Fix) -> list[Edit]:
    """The edits of one fix alone, none where it cannot be applied.

    Unlike those that come with the fix, they leave the imports that other modules import.
    """
    if not fix.imports.released:
        return list(fix.edits)
    file = workspace.open(path)
    kept = imported_elsewhere(file.project, file.outline)
    batch = choose([Wanted(violation, fix)], imports_of(file), kept)
    return [] if batch.problem else batch.edits


@contextmanager
def unsaved(workspace: Workspace) -> Iterator[Callable[[Path, str], None]]:
    """Give a way to tell a workspace the texts of files, which are as before afterwards."""
    before: dict[Path, str | None] = {}

    def update(path: Path, text: str) -> None:
        overlay = workspace.overlay(path)
        before.setdefault(path, overlay)
        if text != overlay:
            workspace.update(path, text)

    try:
        yield update
    finally:
        with workspace.updates_together():
            for path, overlay in before.items():
                workspace.update(path, overlay)


@dataclass(slots=True)
class _Trial:
    """A batch of fixes applied: the text that they make, and what is found in it."""

    batch: Batch
    text: str
    result: Result


class Fixing:
    """The fixing of one file. It checks nothing itself, so many can be at it side by side."""

    def __init__(self, workspace: Workspace, path: Path, result: Result) -> None:
        """Begin with what was found in the file."""
        self.workspace = workspace
        self.path = path
        self.project = workspace.project(path, workspace.configuration.for_file(path))
        self.text = ""
        self.result = result
        self.fixed = FixResult(str(path), "", "")

    def rounds(self, *, unsafe: bool) -> Rounds[FixResult]:
        """Apply what can be applied; the workspace has to know each text that is checked.

        Raises:
            OSError: if the file cannot be read.
            SourceError: if it cannot be decoded.
        """
        self.text = self.fixed.before = self.project.read(os.path.abspath(self.path))
        # It has an end: a round must do away with more violations than it brings.
        while wanted := self._wanted(unsafe):
            imports = imports_of(self.workspace.open(self.path))
            trial, self.fixed.refused = yield from self._round(wanted, imports)
            if trial is None:
                break
            gone = Counter(violation.code for violation in self.result.violations)
            gone.subtract(violation.code for violation in trial.result.violations)
            for code in {each.violation.code for each in trial.batch.fixes}:
                self.fixed.applied[code] += gone[code]
            self.text, self.result = trial.text, trial.result
        self.fixed.text = self.text
        self.fixed.violations = self.result.violations
        self.fixed.failures = self.result.failures
        return self.fixed

    def _wanted(self, unsafe: bool) -> list[Wanted]:
        """The fixes to apply, in an order that tells nothing of that of the findings."""
        wanted = [
            Wanted(violation, violation.fix)
            for violation in self.result.violations
            if violation.fix is not None
            and (unsafe or violation.fix.applicability is Applicability.SAFE)
        ]
        return sorted(wanted, key=lambda each: each.sort_key)

    def _round(
        self, wanted: Sequence[Wanted], imports: Imports
    ) -> Rounds[tuple[_Trial | None, list[Refusal]]]:
        """Apply as many fixes as get along; those that bring no good alone are refused."""
        refused: list[Refusal] = []
        while wanted:
            releasing = any(each.fix.imports.released for each in wanted)
            kept = imported_elsewhere(self.project, imports.outline) if releasing else ()
            batch = choose(wanted, imports, kept)
            trial = yield from self._try(batch)
            if isinstance(trial, _Trial):
                return trial, refused
            culprits = yield from self._culprits(batch, imports, kept)
            refused += culprits
            if culprits:
                bad = {id(refusal.violation) for refusal in culprits}
                wanted = [each for each in wanted if id(each.violation) not in bad]
            else:
                # They are good alone, but not together: the others wait for the next round.
                wanted = batch.fixes[: len(batch.fixes) // 2]
        return None, refused

    def _culprits(
        self, batch: Batch, imports: Imports, kept: Collection[str]
    ) -> Rounds[list[Refusal]]:
        """The fixes of a failed batch that are no good even alone, found by halves."""
        if len(batch.fixes) == 1:
            reason = yield from self._try(batch)
            return [Refusal(batch.fixes[0].violation, reason)] if isinstance(reason, str) else []
        half = len(batch.fixes) // 2
        culprits: list[Refusal] = []
        for fixes in (batch.fixes[:half], batch.fixes[half:]):
            part = choose(fixes, imports, kept)
            if isinstance((yield from self._try(part)), str):
                culprits += yield from self._culprits(part, imports, kept)
        return culprits

    def _try(self, batch: Batch) -> Rounds[_Trial | str]:
        """Apply a batch, or say in a clause why it must not be."""
        if batch.problem:
            return batch.problem
        text = apply_edits(self.text, batch.edits)
        if text == self.text:
            return "it would change nothing"
        try:
            parse(text)
        except SourceError as error:
            return f"the result would not be Python: {error}"
        result = yield text
        problem = unwelcome(batch, self.text, self.result, text, result)
        return problem or _Trial(batch, text, result)
