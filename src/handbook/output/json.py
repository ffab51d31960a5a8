"""For programs: an array with one object for each violation."""

from collections.abc import Iterator
from typing import Any

from handbook.output.encoding import array, place
from handbook.output.report import Report
from handbook.output.tool import rule_url
from handbook.violation import Fix, Violation


def render(report: Report) -> Iterator[str]:
    """Yield one JSON array."""
    yield from array(row(violation, report) for violation in report.violations)
    yield "\n"


def row(violation: Violation, report: Report) -> dict[str, Any]:
    """Describe one violation; `fix` is null where there is none."""
    return {
        "code": violation.code,
        "name": violation.name,
        "severity": violation.severity.value,
        "message": violation.message,
        "filename": report.relative(violation.path),
        "location": place(violation.span.start),
        "end_location": place(violation.span.end),
        "fix": _fix(violation.fix) if violation.fix else None,
        "noqa_row": violation.noqa_line,
        "url": rule_url(violation.name),
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "applicability": fix.applicability.value,
        "message": fix.message,
        "edits": [
            {
                "content": edit.text,
                "location": place(edit.span.start),
                "end_location": place(edit.span.end),
            }
            for edit in fix.edits
        ],
    }
