"""For programs that read as they go: one JSON object to a line."""

from collections.abc import Iterator

from handbook.output.encoding import dumps
from handbook.output.json import row
from handbook.output.report import Report


def render(report: Report) -> Iterator[str]:
    """Yield the objects of the `json` format, a line each."""
    for violation in report.violations:
        yield f"{dumps(row(violation, report))}\n"
