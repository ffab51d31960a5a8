"""Many files through the workspace, in an order that never changes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from handbook.discovery import SourcePath
from handbook.engine import Failure, syntax_error
from handbook.text import SourceError
from handbook.violation import Violation
from handbook.workspace import Workspace


@dataclass(slots=True)
class Outcome:
    """What checking many files gave."""

    violations: list[Violation] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    files: int = 0


def run(sources: Sequence[SourcePath], workspace: Workspace) -> Outcome:
    """Check files."""
    outcome = Outcome(files=len(sources))
    for source in sources:
        if source.problem is not None:
            problem = syntax_error(str(source.path), SourceError(source.problem))
            outcome.violations.append(problem)
            continue
        result = workspace.check(source.path)
        outcome.violations += result.violations
        outcome.failures += result.failures
    outcome.violations.sort(key=lambda violation: violation.sort_key)
    return outcome
