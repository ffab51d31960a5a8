"""The last lines of a report for people."""

from collections.abc import Iterator, Sequence

from handbook.output.report import Report
from handbook.output.style import painter
from handbook.violation import Applicability, Violation


def is_safely_fixable(violation: Violation) -> bool:
    """Tell whether plain `--fix` mends this violation: it is shown with `[*]`."""
    return violation.fix is not None and violation.fix.applicability is Applicability.SAFE


def marker(violation: Violation, report: Report) -> str:
    """Give the `[*] ` that goes before the message of a fixable violation, or nothing."""
    if not is_safely_fixable(violation):
        return ""
    return f"[{painter(report.color)('*', fg='cyan')}] "


def summarise(report: Report) -> Iterator[str]:
    """Say how many violations there are and how many of them can be fixed."""
    if not report.summary:
        return
    found = len(report.violations)
    if not found:
        yield "All checks passed!\n"
        return
    yield f"Found {found} violation{'s' if found != 1 else ''}.\n"
    yield from _fixes(report.violations, painter(report.color)("*", fg="cyan"))


def _fixes(violations: Sequence[Violation], star: str) -> Iterator[str]:
    safe = sum(map(is_safely_fixable, violations))
    hidden = sum(violation.fix is not None for violation in violations) - safe
    enable = (
        f"({hidden} hidden fix{'es' if hidden != 1 else ''} can be enabled with `--unsafe-fixes`)"
    )
    if safe:
        yield f"[{star}] {safe} fixable with the `--fix` option{f' {enable}' if hidden else ''}.\n"
    elif hidden:
        yield f"No fixes available {enable}.\n"
