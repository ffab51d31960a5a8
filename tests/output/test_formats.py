"""What holds for every format."""

import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from handbook.output import Format, Report, render
from tests.output.reports import BLOCKING, SHADOWED, SOURCES, report, reports, sample, text_of

SNAPSHOTS = Path(__file__).parent / "snapshots"
FORBIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.mark.parametrize("kind", Format)
def test_a_small_report_looks_like_its_snapshot(
    kind: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("sarif", "html"):
        monkeypatch.setattr(f"handbook.output.{module}.version", lambda: "1.2.3")
    snapshot = SNAPSHOTS / f"{kind}.txt"
    printed = text_of(sample(), kind)
    if "UPDATE_SNAPSHOTS" in os.environ:
        snapshot.write_text(printed)
    assert printed == snapshot.read_text()


@given(reports)
def test_nothing_unprintable_leaves_in_any_format(found: Report) -> None:
    for kind in Format:
        printed = text_of(found, kind)
        assert not FORBIDDEN.search(printed)
        assert printed == "" or printed.endswith("\n")


@pytest.mark.parametrize("kind", Format)
def test_a_clean_run_is_said_where_people_read_it(kind: Format) -> None:
    printed = text_of(report(), kind)
    if kind in {Format.FULL, Format.CONCISE, Format.GROUPED}:
        assert printed == "All checks passed!\n"
    elif kind in {Format.GITHUB, Format.AZURE, Format.PYLINT, Format.JSON_LINES}:
        assert printed == ""
    elif kind in {Format.JSON, Format.GITLAB}:
        assert printed == "[]\n"
    else:
        assert printed


@pytest.mark.parametrize("kind", Format)
def test_each_source_is_read_at_most_once(kind: Format) -> None:
    reads: Counter[str] = Counter()

    def source(path: str) -> str:
        reads[path] += 1
        return SOURCES[path]

    for _ in render(report(BLOCKING, SHADOWED, SHADOWED, source=source), kind):
        pass
    assert all(count == 1 for count in reads.values())
    if kind not in {Format.FULL, Format.RDJSON, Format.HTML}:
        assert not reads


def test_the_first_violation_is_printed_before_the_last_is_looked_at() -> None:
    def source(path: str) -> str:
        assert path == BLOCKING.path
        return ""

    found = report(BLOCKING, replace(BLOCKING, path="/project/z.py"), source=source)
    assert "HB072" in next(render(found, Format.FULL))


@pytest.mark.parametrize("kind", [Format.FULL, Format.CONCISE, Format.GROUPED])
def test_colour_changes_nothing_but_colour(kind: Format) -> None:
    colored = text_of(replace(sample(), color=True), kind)
    assert colored != text_of(sample(), kind)
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == text_of(sample(), kind)


def test_formats_and_click_are_loaded_on_demand() -> None:
    code = (
        "import sys, handbook.output\n"
        "print([m for m in sys.modules if m.startswith(('handbook.output.', 'click'))])"
    )
    command = [sys.executable, "-c", code]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    assert listed.stdout.strip() == "['handbook.output.report']"


def test_paths_are_relative_only_below_the_root() -> None:
    found = report()
    assert found.relative("/project/app/a.py") == "app/a.py"
    assert found.relative("app/../b.py") == "b.py"
    assert found.relative("/projects/a.py") == "/projects/a.py"
    assert found.relative("../a.py") == "../a.py"
    assert replace(found, root=Path("/")).relative("/a.py") == "a.py"
