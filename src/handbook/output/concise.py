"""For people and for editors that parse lines: one violation to a line."""

from collections.abc import Iterator

from handbook.output.report import Report
from handbook.output.style import SEVERITY_COLOR, painter
from handbook.output.summary import marker, summarise
from handbook.output.text import printable


def render(report: Report) -> Iterator[str]:
    """Yield `path:line:column: CODE message` for each violation, then the summary."""
    paint = painter(report.color)
    colon = paint(":", fg="cyan")
    for violation in report.violations:
        start = violation.span.start
        path = paint(printable(report.relative(violation.path)), bold=True)
        code = paint(printable(violation.code), fg=SEVERITY_COLOR[violation.severity], bold=True)
        yield (
            f"{path}{colon}{start.line}{colon}{start.column + 1}{colon} "
            f"{code} {marker(violation, report)}{printable(violation.message)}\n"
        )
    yield from summarise(report)
