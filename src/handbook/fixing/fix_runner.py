"""Many files fixed side by side, and written when all is known.

What holds of a whole project is computed once for each step of all files, not for each text of
each file that is tried.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from handbook.checking.discovery import SourcePath
from handbook.checking.engine import Failure, Result
from handbook.checking.runner import Spreading, check_source
from handbook.checking.workspace import Workspace
from handbook.fixing.fixing import Fixing, FixResult, Rounds, unsaved
from handbook.syntax.text import SourceError
from handbook.violation import Applicability, Violation


def is_wanted(violation: Violation, *, unsafe: bool) -> bool:
    """Whether the first fix of a violation is to be applied."""
    fix = violation.fix
    return fix is not None and (unsafe or fix.applicability is Applicability.SAFE)


def fix_all(
    sources: Sequence[SourcePath],
    violations: Iterable[Violation],
    workspace: Workspace,
    *,
    jobs: int | None = None,
) -> tuple[list[FixResult], list[Failure]]:
    """Fix those of some files that have something to fix; nothing is written.

    Args:
        sources: the files that were checked.
        violations: what was found in them.
        workspace: which checked them; it knows the same texts afterwards as before.
        jobs: how many processes to use at most; by default one for each core.

    Returns what fixing each file gave, sorted by path, for those that it changed or in which it
    refused something; and the rules that crashed and processes that died.
    """
    results: list[FixResult] = []
    failures: list[Failure] = []
    with unsaved(workspace) as update:
        running = [*_begin(sources, violations, workspace)]
        while running:
            asked = [(each, each.go_on()) for each in running]
            running = []
            with workspace.updates_together():
                for each, answer in asked:
                    if isinstance(answer, Failure):
                        failures.append(answer)
                    elif isinstance(answer, FixResult):
                        update(each.source.path, answer.text)
                        results.append(answer)
                    else:
                        update(each.source.path, answer)
                        running.append(each)
            steps = Spreading([each.source for each in running], workspace, jobs)
            for number, found in steps.each(check_source):
                running[number].found = found
    failures += [failure for result in results for failure in result.failures]
    told = [result for result in results if result.is_changed or result.refused]
    return sorted(told, key=lambda result: result.path), failures


@dataclass(slots=True)
class _Running:
    """The fixing of a file, and what was found in the text that it asked about."""

    source: SourcePath
    rounds: Rounds[FixResult]
    found: Result | Failure | None = None

    def go_on(self) -> str | FixResult | Failure:
        """Do what can be done until another text has to be checked, or nothing is left to do."""
        if isinstance(self.found, Failure):
            return self.found
        try:
            return next(self.rounds) if self.found is None else self.rounds.send(self.found)
        except StopIteration as end:
            return cast(FixResult, end.value)
        except OSError as error:
            return self._failure(f"cannot be read: {error.strerror}")
        except SourceError as error:
            return self._failure(str(error))
        except Exception as error:
            return self._failure(f"{type(error).__name__}: {error}")

    def _failure(self, message: str) -> Failure:
        return Failure(str(self.source.path), "", message)


def _begin(
    sources: Sequence[SourcePath], violations: Iterable[Violation], workspace: Workspace
) -> Iterator[_Running]:
    """The files that have something to fix."""
    found: dict[str, Result] = {}
    for violation in violations:
        found.setdefault(violation.path, Result()).violations.append(violation)
    for source in sources:
        unsafe, result = source.settings.unsafe_fixes, found.get(str(source.path), Result())
        if any(is_wanted(violation, unsafe=unsafe) for violation in result.violations):
            fixing = Fixing(workspace, source.path, result)
            yield _Running(source, fixing.rounds(unsafe=unsafe))


def total(results: Iterable[FixResult]) -> int:
    """How many fixes were applied."""
    return sum(result.applied.total() for result in results)
