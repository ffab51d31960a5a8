"""For people with many files: the violations of each file below its name."""

from collections.abc import Iterator
from itertools import groupby

from handbook.output.report import Report
from handbook.output.style import SEVERITY_COLOR, painter
from handbook.output.summary import marker, summarise
from handbook.output.text import printable


def render(report: Report) -> Iterator[str]:
    """Yield a block for each file, its positions aligned, then the summary."""
    paint = painter(report.color)
    colon = paint(":", fg="cyan")
    for path, group in groupby(report.violations, key=lambda violation: violation.path):
        violations = list(group)
        lines = max(len(str(violation.span.start.line)) for violation in violations)
        columns = max(len(str(violation.span.start.column + 1)) for violation in violations)
        yield f"{paint(printable(report.relative(path)), bold=True)}:\n"
        for violation in violations:
            start = violation.span.start
            fg = SEVERITY_COLOR[violation.severity]
            yield (
                f"  {start.line:>{lines}}{colon}{start.column + 1:<{columns}} "
                f"{paint(printable(violation.code), fg=fg, bold=True)} "
                f"{marker(violation, report)}{printable(violation.message)}\n"
            )
        yield "\n"
    yield from summarise(report)
