"""For people who clean up: how many violations there are of each rule."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from handbook.output.encoding import array
from handbook.output.report import Report
from handbook.output.style import painter
from handbook.output.summary import is_fixable, summarise
from handbook.output.text import printable


def render_statistics(report: Report, json: bool = False) -> Iterator[str]:
    """Yield a line for each code, the most frequent first, or one JSON array if `json`.

    `[*]` marks a code whose violations are all fixable, `[-]` one where some are. A clean run
    has no lines.
    """
    rows = _rows(report)
    if json:
        yield from array(rows)
        yield "\n"
        return
    paint = painter(report.color)
    count_width = max((len(str(row["count"])) for row in rows), default=0)
    code_width = max((len(row["code"]) for row in rows), default=0)
    for row in rows:
        count = paint(f"{row['count']:>{count_width}}", bold=True)
        code = paint(printable(f"{row['code']:<{code_width}}"), fg="bright_red", bold=True)
        yield f"{count}\t{code}\t[{_mark(row)}] {printable(row['name'])}\n"
    if rows:
        yield from summarise(report)


def _rows(report: Report) -> list[dict[str, Any]]:
    names = {violation.code: violation.name for violation in report.violations}
    counts = Counter(violation.code for violation in report.violations)
    fixable = Counter(v.code for v in report.violations if is_fixable(v, report))
    return [
        {
            "code": code,
            "name": names[code],
            "count": count,
            "fixable": fixable[code] == count,
            "fixable_count": fixable[code],
        }
        for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def _mark(row: dict[str, Any]) -> str:
    if row["fixable"]:
        return "*"
    return "-" if row["fixable_count"] else " "
