"""What a run says in the end, and the exit code."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path

from handbook.checking.cache.cache import Cache
from handbook.checking.discovery import SourcePath
from handbook.checking.engine import Failure
from handbook.checking.runner import Outcome
from handbook.checking.workspace import Workspace
from handbook.cli.arguments import Arguments
from handbook.cli.exits import CLEAN, FAILED, VIOLATIONS
from handbook.cli.terminal import complain, note, wants_color, write
from handbook.config import Settings
from handbook.output import Format, Report, RuleText, render
from handbook.output.statistics import render_statistics
from handbook.violation import Severity


def report(
    arguments: Arguments,
    outcome: Outcome,
    workspace: Workspace,
    settings: Settings,
    *,
    texts: Mapping[str, str],
    fixed: Mapping[str, Mapping[str, int]],
    remarks: Sequence[str] = (),
) -> Iterator[str]:
    """Yield the report of a run.

    Args:
        arguments: what the command was called with.
        outcome: what was found.
        workspace: which found it.
        settings: of the working directory.
        texts: by path, what was checked in place of files.
        fixed: by path, how many violations of each code were fixed.
        remarks: sentences that follow the summary.
    """
    to_file = arguments.output_file is not None and arguments.color == "auto"
    found = Report(
        outcome.violations,
        lambda path: texts[path] if path in texts else workspace.text_of(path),
        Path.cwd(),
        outcome.files,
        color=wants_color("never" if to_file else arguments.color, sys.stdout),
        summary=not arguments.quiet,
        unsafe_fixes=settings.unsafe_fixes,
        fixed=fixed,
        show_fixes=settings.show_fixes,
        remarks=remarks,
        about=cache(partial(_about, workspace, settings)),
    )
    chosen = Format(arguments.output_format or settings.output_format or Format.FULL)
    if arguments.statistics:
        return render_statistics(found, json=chosen is Format.JSON)
    return render(found, chosen)


def _about(workspace: Workspace, settings: Settings, code: str) -> RuleText | None:
    from handbook.rulebook.pages import page_of, text

    rule = workspace.registry(settings).rules.get(code)
    if rule is None:
        return None
    page = page_of(rule)
    return RuleText(page.chapter, page.summary, text.render(page, width=100))


def deliver(pieces: Iterator[str], output_file: Path | None, *, beside: bool = False) -> None:
    """Write a report where it is wanted: to standard error if it must be `beside` the output.

    Raises:
        OSError: if it cannot be written.
    """
    if output_file is None:
        write(pieces, sys.stderr if beside else sys.stdout)
        return
    with output_file.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(pieces)


def exit_code(
    outcome: Outcome, *, exit_zero: bool = False, fail_on: Severity = Severity.INFO
) -> int:
    """Say how a run went, after telling what failed on our side.

    Violations less severe than `fail_on` do not make a run fail.
    """
    for line in _failures(outcome.failures):
        complain(line)
    if outcome.failures:
        return FAILED
    fails = any(violation.severity.is_at_least(fail_on) for violation in outcome.violations)
    return VIOLATIONS if fails and not exit_zero else CLEAN


def tell(outcome: Outcome, sources: Sequence[SourcePath], seconds: float) -> None:
    """Say what was done, for who asked for it."""
    for source in sorted({str(source.settings.source or "defaults") for source in sources}):
        note(f"Settings: {source}")
    for given in outcome.given_up:
        note(str(given))
    files = f"{outcome.files} file{'s' if outcome.files != 1 else ''}"
    processes = f"{outcome.processes} process{'es' if outcome.processes != 1 else ''}"
    note(f"Checked {files} in {seconds:.2f} s with {processes}")


def tell_of_cache(cache: Cache | None) -> None:
    """Say which results are of earlier runs, and why others are not."""
    if cache is None:
        note("Cache: not used, for `--no-cache`")
        return
    for folder in cache.folders:
        note(f"Cache: {folder}")
    for problem in cache.problems:
        note(f"Cache: {problem}")
    note(f"Results of earlier runs: {cache.recalled}")


def _failures(failures: Sequence[Failure]) -> Iterator[str]:
    """Word failures: the same one on many files is one line."""
    alike = Counter((failure.code, failure.error) for failure in failures)
    for (code, error), count in alike.items():
        first = next(f.path for f in failures if (f.code, f.error) == (code, error))
        others = f" and {count - 1} more" if count > 1 else ""
        what = f"{code} crashed on" if code else "could not check"
        yield f"{what} {first}{others}: {' '.join(error.split())}"
