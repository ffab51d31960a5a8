"""Many files fixed: each to a fixed point, by several processes, and written when all is known."""

from collections.abc import Callable, Iterable, Sequence

from handbook.discovery import SourcePath
from handbook.engine import Failure
from handbook.fixes.fixing import FixResult, fix_file
from handbook.runner import Spreading
from handbook.syntax.text import SourceError
from handbook.violation import Applicability, Violation
from handbook.workspace import Workspace


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
    advance: Callable[[], object] = lambda: None,
) -> tuple[list[FixResult], list[Failure]]:
    """Fix those of some files that have something to fix; nothing is written.

    Args:
        sources: the files that were checked.
        violations: what was found in them.
        workspace: which checked them.
        jobs: how many processes to use at most; by default one for each core.
        advance: called after each file.

    Returns what fixing each file gave, sorted by path, for those that it changed or in which it
    refused something; and the rules that crashed and processes that died.
    """
    unsafe = {str(source.path): source.settings.unsafe_fixes for source in sources}
    wanted = {
        violation.path
        for violation in violations
        if is_wanted(violation, unsafe=unsafe.get(violation.path, False))
    }
    chosen = [source for source in sources if str(source.path) in wanted]
    results: list[FixResult] = []
    failures: list[Failure] = []
    for _, result in Spreading(chosen, workspace, jobs).each(_fix):
        advance()
        if isinstance(result, Failure):
            failures.append(result)
            continue
        failures += result.failures
        if result.is_changed or result.refused:
            results.append(result)
    return sorted(results, key=lambda result: result.path), failures


def _fix(workspace: Workspace, source: SourcePath) -> FixResult | Failure:
    try:
        return fix_file(workspace, source.path, unsafe=source.settings.unsafe_fixes)
    except OSError as error:
        return Failure(str(source.path), "", f"cannot be read: {error.strerror}")
    except SourceError as error:
        return Failure(str(source.path), "", str(error))
    except Exception as error:
        return Failure(str(source.path), "", f"{type(error).__name__}: {error}")


def total(results: Iterable[FixResult]) -> int:
    """How many fixes were applied."""
    return sum(result.applied.total() for result in results)
