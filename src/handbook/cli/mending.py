"""What `handbook check --fix` does, and `--diff` shows."""

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from handbook.checking.discovery import SourcePath
from handbook.checking.runner import Outcome
from handbook.checking.workspace import Workspace
from handbook.cli.terminal import complain
from handbook.fixing.files import RewriteError, rewrite
from handbook.fixing.fix_runner import fix_all
from handbook.fixing.fixing import FixResult, fix_file
from handbook.syntax.text import SourceError, decode, split_lines

type Check = Callable[[Workspace], Outcome]


@dataclass(slots=True)
class Mended:
    """What fixing gave.

    Attributes:
        outcome: what is left.
        fixed: by path, how many violations of each code were fixed.
        complete: whether every file could be written.
    """

    outcome: Outcome
    fixed: dict[str, Counter[str]] = field(default_factory=dict)
    complete: bool = True


def mend(
    sources: Sequence[SourcePath],
    outcome: Outcome,
    workspace: Workspace,
    check: Check,
    jobs: int | None,
) -> Mended:
    """Apply fixes to files, write them, and check again.

    Args:
        sources: the files.
        outcome: what was found in them.
        workspace: which found it.
        check: checks all files in a workspace that knows nothing yet.
        jobs: how many processes to use at most.
    """
    mended = Mended(outcome)
    seen: set[tuple[str, str]] = set()
    # A fix in one file can make one possible in another: they are asked again, until nothing is
    # left to write or two files undo each other's fixes.
    while True:
        results, failures = fix_all(sources, mended.outcome.violations, workspace, jobs=jobs)
        written = [
            result
            for result in results
            if result.is_changed
            and (result.path, result.text) not in seen
            and _write(result, mended)
        ]
        if not written:
            mended.outcome.failures += failures
            tell_refusals(results)
            return mended
        seen.update((result.path, result.before) for result in written)
        workspace = workspace.anew()
        mended.outcome = check(workspace)


def _write(result: FixResult, mended: Mended) -> bool:
    problem = ""
    try:
        rewrite(Path(result.path), result.text, before=result.before)
    except RewriteError as error:
        problem = str(error)
    except OSError as error:
        problem = f"`{result.path}` cannot be written: {error.strerror}"
    except SourceError as error:
        problem = f"`{result.path}` is left as it is: {error}"
    if problem:
        complain(problem)
        mended.complete = False
        return False
    mended.fixed[result.path] = mended.fixed.get(result.path, Counter()) + result.applied
    return True


def mend_text(source: SourcePath, content: bytes, workspace: Workspace) -> FixResult:
    """Fix what standard input holds.

    Raises:
        SourceError: if it cannot be decoded.
    """
    unsafe = source.settings.unsafe_fixes
    return fix_file(workspace, source.path, decode(content), unsafe=unsafe)


def tell_refusals(results: Iterable[FixResult]) -> None:
    """Say which fixes were not applied, and why."""
    for result in results:
        for refusal in result.refused:
            found = refusal.violation
            place = f"{found.path}:{found.span.start.line}:{found.span.start.column + 1}"
            complain(f"{place}: {found.code} not fixed: {refusal.reason}", kind="warning")


def diff(results: Iterable[FixResult]) -> Iterator[str]:
    """Yield what fixing changes, as `diff -u` shows it."""
    for result in results:
        before, after = split_lines(result.before), split_lines(result.text)
        for line in difflib.unified_diff(before, after, result.path, result.path):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        if result.is_changed:
            yield "\n"
