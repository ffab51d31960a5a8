"""Reports for the tests: one small and fixed, and any that Hypothesis can think of."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from handbook.output import Format, Report, render
from handbook.violation import (
    Applicability,
    Edit,
    Fix,
    Position,
    Related,
    Severity,
    Span,
    Violation,
)

ROOT = Path("/project")

BLOCKING = Violation(
    path="/project/app/users.py",
    code="HB072",
    name="blocking-call",
    message="`time.sleep` blocks the event loop",
    span=Span.of(5, 4, 5, 17),
    severity=Severity.ERROR,
    fixes=(
        Fix("Await `asyncio.sleep` instead", (Edit(Span.of(5, 4, 5, 14), "await asyncio.sleep"),)),
    ),
    noqa_line=5,
)
SHADOWED = Violation(
    path="/project/app/users.py",
    code="HB038",
    name="shadowed-route",
    message="`get_user` is never reached",
    span=Span.of(8, 0, 13, 15),
    fixes=(
        Fix("Move it up", (Edit(Span.of(8, 0, 14, 0), ""),), Applicability.UNSAFE),
        Fix("Delete it", (Edit(Span.of(8, 0, 14, 0), ""),), Applicability.UNSAFE),
    ),
    related=(
        Related("/project/app/main.py", Span.of(2, 0, 2, 6), "this route takes its requests"),
    ),
    noqa_line=8,
)
BROKEN = Violation(
    path="/elsewhere/b.py",
    code="HB000",
    name="unreadable-file",
    message="The file is not UTF-8",
    span=Span.of(1, 0, 1, 0),
    severity=Severity.INFO,
)
SOURCES = {
    "/project/app/users.py": (
        "import time\n\n\nasync def wait():\n    time.sleep(1)\n\n\n"
        "@router.get(\n    path,\n    response_model=User,\n)\n"
        "async def get_user():\n    return user()\n"
    ),
    "/project/app/main.py": "import app\nrouter = 1\n",
}


def report(*violations: Violation, **changes: Any) -> Report:
    """Build a report on `violations`, whose sources are `SOURCES`."""
    empty = Report(violations, lambda path: SOURCES.get(path, ""), ROOT)
    return replace(empty, **changes)


def sample() -> Report:
    """Build the report of the snapshots: every severity, fixes of both kinds, a related place."""
    return report(BROKEN, BLOCKING, SHADOWED)


def text_of(found: Report, kind: Format) -> str:
    """Print a whole report."""
    return "".join(render(found, kind))


nasty = st.sampled_from("\x00\x07\t\n\r\x0b\x0c\x1b\x7f\x85\x9b\u2028\u202e\ud800\ufffe:,;%]<&\"'")
texts = st.text(st.one_of(st.characters(exclude_categories=()), nasty), max_size=12)
paths = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1).map(
    "/project/{}".format
)
positions = st.builds(Position, st.integers(1, 6), st.integers(0, 20))
spans = st.tuples(positions, positions).map(lambda pair: Span(min(pair), max(pair)))
edits = st.builds(Edit, spans, texts)
fixes = st.builds(
    Fix,
    texts,
    st.lists(edits, min_size=1, max_size=2).map(tuple),
    st.sampled_from(Applicability),
)
violations = st.builds(
    Violation,
    path=paths,
    code=st.sampled_from(["HB001", "HB002"]),
    name=st.sampled_from(["unused-noqa", "other-rule"]),
    message=texts,
    span=spans,
    severity=st.sampled_from(Severity),
    fixes=st.lists(fixes, max_size=2).map(tuple),
    related=st.lists(st.builds(Related, paths, spans, texts), max_size=2).map(tuple),
)
reports = st.builds(
    lambda found, source: report(
        *sorted(found, key=lambda violation: violation.sort_key), source=lambda path: source
    ),
    st.lists(violations, max_size=4),
    texts,
)
