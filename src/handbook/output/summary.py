"""The last lines of a report for people."""

from collections.abc import Iterator

from handbook.output.report import Report
from handbook.output.style import painter
from handbook.output.text import printable
from handbook.violation import Applicability, Violation


def is_fixable(violation: Violation, report: Report) -> bool:
    """Tell whether `--fix` mends this violation, called as it was here: it is shown with `[*]`."""
    fix = violation.fix
    return fix is not None and (report.unsafe_fixes or fix.applicability is Applicability.SAFE)


def marker(violation: Violation, report: Report) -> str:
    """Give the `[*] ` that goes before the message of a fixable violation, or nothing."""
    if not is_fixable(violation, report):
        return ""
    return f"[{painter(report.color)('*', fg='cyan')}] "


def summarise(report: Report) -> Iterator[str]:
    """Say how many violations there are, and how many of them were or can be fixed."""
    if not report.summary:
        return
    fixed = sum(sum(codes.values()) for codes in report.fixed.values())
    if fixed and report.show_fixes:
        yield from _fixed(report, fixed)
    left = len(report.violations)
    if fixed:
        yield f"Found {_count(fixed + left)} ({fixed} fixed, {left} remaining).\n"
    elif left:
        yield f"Found {_count(left)}.\n"
    else:
        yield "All checks passed!\n"
    yield from _offers(report)
    for remark in report.remarks:
        yield f"{remark}\n"


def _count(violations: int) -> str:
    return f"{violations} violation{'s' if violations != 1 else ''}"


def _fixed(report: Report, fixed: int) -> Iterator[str]:
    """List what was fixed, by file and code."""
    paint = painter(report.color)
    yield f"Fixed {_count(fixed)}:\n"
    for path, codes in sorted(report.fixed.items()):
        yield f"- {paint(printable(report.relative(path)), bold=True)}:\n"
        for code, count in sorted(codes.items()):
            yield f"    {count} x {paint(printable(code), fg='bright_red', bold=True)}\n"
    yield "\n"


def _offers(report: Report) -> Iterator[str]:
    """Say what could be fixed."""
    star = painter(report.color)("*", fg="cyan")
    ready = sum(is_fixable(violation, report) for violation in report.violations)
    hidden = sum(violation.fix is not None for violation in report.violations) - ready
    enable = (
        f"({hidden} hidden fix{'es' if hidden != 1 else ''} can be enabled with `--unsafe-fixes`)"
    )
    if ready:
        yield f"[{star}] {ready} fixable with the `--fix` option{f' {enable}' if hidden else ''}.\n"
    elif hidden:
        yield f"No fixes available {enable}.\n"
