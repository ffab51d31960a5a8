"""Fixes applied to a file until none is left, each only if what it makes is right."""

import os
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from handbook.engine import Failure, Result
from handbook.fixes.edits import apply_edits
from handbook.fixes.fix_batch import Batch, Wanted, choose, unwelcome
from handbook.fixes.imports import Imports, imports_of
from handbook.semantics.project import Project
from handbook.semantics.reexports import imported_elsewhere
from handbook.syntax.text import SourceError, parse
from handbook.violation import Applicability, Violation
from handbook.workspace import Workspace

MAX_ROUNDS = 10


@dataclass(frozen=True, slots=True)
class Refusal:
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
    project = workspace.project(path, workspace.configuration.for_file(path))
    absolute = os.path.abspath(path)
    if text is None:
        text = project.read(absolute)
    with _restored(project, absolute):
        fixer = _Fixer(workspace, project, path, text, noqa)
        return fixer.run(unsafe=unsafe)


@contextmanager
def _restored(project: Project, path: str) -> Iterator[None]:
    """Let the project know the same text of a file afterwards."""
    overlay = project.overlays.get(path)
    try:
        yield
    finally:
        project.update(path, overlay)


@dataclass(slots=True)
class _Trial:
    """A batch of fixes applied: the text that they make, and what is found in it."""

    batch: Batch
    text: str
    result: Result


class _Fixer:
    """The rounds of one file."""

    def __init__(
        self, workspace: Workspace, project: Project, path: Path, text: str, noqa: bool
    ) -> None:
        self.workspace = workspace
        self.project = project
        self.path = path
        self.absolute = os.path.abspath(path)
        self.noqa = noqa
        self.text = text
        self.fixed = FixResult(str(path), text, text)
        self.result = self._check(text)

    def run(self, *, unsafe: bool) -> FixResult:
        """Apply what can be applied."""
        rounds = 0
        while wanted := self._wanted(unsafe):
            rounds += 1
            if rounds > MAX_ROUNDS:
                reason = f"there is no end to it after {MAX_ROUNDS} rounds"
                self.fixed.refused = [Refusal(each.violation, reason) for each in wanted]
                break
            self._see(self.text)
            imports = imports_of(self.workspace.open(self.path))
            trial, self.fixed.refused = self._round(wanted, imports)
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
    ) -> tuple[_Trial | None, list[Refusal]]:
        """Apply as many fixes as get along; those that bring no good alone are refused."""
        refused: list[Refusal] = []
        while wanted:
            releasing = any(each.fix.imports.released for each in wanted)
            kept = imported_elsewhere(self.project, imports.outline) if releasing else ()
            batch = choose(wanted, imports, kept)
            trial = self._try(batch)
            if isinstance(trial, _Trial):
                return trial, refused
            culprits = self._culprits(batch, imports, kept)
            refused += culprits
            if culprits:
                bad = {id(refusal.violation) for refusal in culprits}
                wanted = [each for each in wanted if id(each.violation) not in bad]
            else:
                # They are good alone, but not together: the others wait for the next round.
                wanted = batch.fixes[: len(batch.fixes) // 2]
        return None, refused

    def _culprits(self, batch: Batch, imports: Imports, kept: Collection[str]) -> list[Refusal]:
        """The fixes of a failed batch that are no good even alone, found by halves."""
        if len(batch.fixes) == 1:
            reason = self._try(batch)
            return [Refusal(batch.fixes[0].violation, reason)] if isinstance(reason, str) else []
        half = len(batch.fixes) // 2
        culprits: list[Refusal] = []
        for fixes in (batch.fixes[:half], batch.fixes[half:]):
            part = choose(fixes, imports, kept)
            if isinstance(self._try(part), str):
                culprits += self._culprits(part, imports, kept)
        return culprits

    def _try(self, batch: Batch) -> _Trial | str:
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
        result = self._check(text)
        problem = unwelcome(batch, self.text, self.result, text, result)
        return problem or _Trial(batch, text, result)

    def _check(self, text: str) -> Result:
        self._see(text)
        return self.workspace.check(self.path, noqa=self.noqa)

    def _see(self, text: str) -> None:
        """Let the project know a text as the file's."""
        if self.project.overlays.get(self.absolute) != text:
            self.project.update(self.absolute, text)
