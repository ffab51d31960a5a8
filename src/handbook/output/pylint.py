"""For programs that parse pylint: its `parseable` lines."""

from collections.abc import Iterator

from handbook.output.report import Report
from handbook.output.text import printable


def render(report: Report) -> Iterator[str]:
    """Yield `path:line: [CODE] message` for each violation."""
    for violation in report.violations:
        path, line = report.relative(violation.path), violation.span.start.line
        yield printable(f"{path}:{line}: [{violation.code}] {violation.message}") + "\n"
