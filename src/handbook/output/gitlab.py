"""For GitLab: a Code Quality report."""

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import PurePath
from typing import Any

from handbook.output.encoding import array, place
from handbook.output.report import Report
from handbook.violation import Severity

_SEVERITY = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def render(report: Report) -> Iterator[str]:
    """Yield one JSON array."""
    yield from array(_rows(report))
    yield "\n"


def _rows(report: Report) -> Iterator[dict[str, Any]]:
    seen: Counter[tuple[str, str, str]] = Counter()
    for violation in report.violations:
        path = PurePath(report.relative(violation.path)).as_posix()
        kind = (path, violation.code, violation.message)
        seen[kind] += 1
        yield {
            "check_name": violation.code,
            "description": f"{violation.code}: {violation.message}",
            "severity": _SEVERITY[violation.severity],
            "fingerprint": _fingerprint(*kind, str(seen[kind])),
            "location": {
                "path": path,
                "positions": {
                    "begin": place(violation.span.start, "line"),
                    "end": place(violation.span.end, "line"),
                },
            },
        }


def _fingerprint(*parts: str) -> str:
    """Identify a violation from one run to the next: no line in it, for lines move."""
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
