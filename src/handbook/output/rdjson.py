"""For reviewdog: its diagnostic format."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from handbook.output.encoding import array, dumps
from handbook.output.report import Report
from handbook.output.text import source_lines
from handbook.output.tool import DOCUMENTATION, NAME, rule_url
from handbook.violation import Position, Span, Violation


def render(report: Report) -> Iterator[str]:
    """Yield one JSON object."""
    lines = source_lines(report)
    rows = (_diagnostic(violation, report, lines) for violation in report.violations)
    yield f'{{\n  "source": {dumps({"name": NAME, "url": DOCUMENTATION})},\n  "diagnostics": '
    yield from array(rows, indent="  ")
    yield "\n}\n"


def _diagnostic(
    violation: Violation, report: Report, lines: Callable[[str], Sequence[str]]
) -> dict[str, Any]:
    source = lines(violation.path)
    found: dict[str, Any] = {
        "message": violation.message,
        "location": {
            "path": report.relative(violation.path),
            "range": _range(violation.span, source),
        },
        "severity": violation.severity.value.upper(),
        "code": {"value": violation.code, "url": rule_url(violation.name)},
    }
    if violation.fix:
        found["suggestions"] = [
            {"range": _range(edit.span, source), "text": edit.text} for edit in violation.fix.edits
        ]
    return found


def _range(span: Span, lines: Sequence[str]) -> dict[str, Any]:
    return {"start": _position(span.start, lines), "end": _position(span.end, lines)}


def _position(position: Position, lines: Sequence[str]) -> dict[str, int]:
    """Count the column in UTF-8 bytes: reviewdog cuts its suggestions there."""
    line = lines[position.line - 1] if position.line <= len(lines) else ""
    column = position.column
    if not line.isascii():
        column += sum(len(c.encode("utf-8", "surrogatepass")) - 1 for c in line[:column])
    return {"line": position.line, "column": column + 1}
