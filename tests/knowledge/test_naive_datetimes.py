"""Readings of the clock without a time zone."""

import ast
from pathlib import Path

import pytest

from handbook.python.project.project import Project
from handbook.rules.authentication._naive_datetimes import Reading, Trail, readings_in
from handbook.syntax.outline import own_nodes

READINGS: dict[str, tuple[str, list[str]]] = {
    "now": ("use(datetime.now())", ["now"]),
    "utcnow": ("use(datetime.utcnow())", ["utcnow"]),
    "no zone": ("use(datetime.now(None))", ["now"]),
    "zone": ("use(datetime.now(UTC))", []),
    "named zone": ("use(datetime.now(tz=UTC))", []),
    "sum": ("use(datetime.now() + delta)", ["now"]),
    "variable": ("n = datetime.utcnow()\nuse(n + delta)", ["utcnow"]),
    "choice": ("use(t or datetime.now())", ["now"]),
    "both": ("use(datetime.now() if t else datetime.utcnow())", ["now", "utcnow"]),
    "text": ("use(datetime.now().isoformat())", ["now"]),
    "number of local time": ("use(datetime.now().timestamp())", []),
    "number of another": ("use(int(datetime.utcnow().timestamp()))", ["utcnow misread"]),
    "made aware": ("use(datetime.utcnow().replace(tzinfo=UTC))", []),
    "replaced otherwise": ("use(datetime.now().replace(second=0))", ["now"]),
    "converted": ("use(datetime.now().astimezone())", []),
    "function": ("def n():\n  return datetime.utcnow()\nuse(n())", ["utcnow"]),
    "own class": ("class Clock:\n  def now(): ...\nuse(Clock.now())", []),
}


def readings(code: str, root: Path, trail: Trail) -> list[Reading]:
    """The readings that end up in the argument of `use(…)`."""
    path = str(root / "main.py")
    text = f"from datetime import UTC, datetime\n{code}\n"
    outline = (project := Project(root, overlays={path: text})).outline(path)
    assert outline is not None
    (argument,) = next(
        node.args
        for node in own_nodes(outline, ast.Call)
        if isinstance(node.func, ast.Name) and node.func.id == "use"
    )
    return [*readings_in(project, argument, outline, trail)]


@pytest.mark.parametrize(("code", "expected"), READINGS.values(), ids=READINGS.keys())
def test_readings(code: str, expected: list[str], tmp_path: Path) -> None:
    """Naive readings are followed to where they end up; aware ones are none."""
    found = readings(code, tmp_path, Trail(set()))
    shown = [f"{reading.clock}{' misread' * reading.is_misread}" for reading in found]
    assert shown == expected


TRAILS: dict[str, tuple[str, bool]] = {
    "straight": ("use(datetime.now())", False),
    "variable": ("n = datetime.now()\nuse(n)", False),
    "text": ("use(datetime.now().isoformat())", True),
    "text of a variable": ("n = datetime.now()\nuse(str(n))", True),
    "number": ("use(int(datetime.utcnow().timestamp()))", False),
    "used twice": ("n = datetime.now()\nuse(n)\nprint(n)", True),
    "used inside": ("n = datetime.now()\ndef f(): print(n)\nuse(n)", True),
    "function": ("def n(): return datetime.now()\nuse(n())", True),
}


@pytest.mark.parametrize(("code", "expected"), TRAILS.values(), ids=TRAILS.keys())
def test_trail(code: str, expected: bool, tmp_path: Path) -> None:
    """A trail knows whether what it went through is used elsewhere."""
    trail = Trail(set())
    readings(code, tmp_path, trail)
    assert trail.leads_elsewhere() is expected
