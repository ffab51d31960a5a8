"""The front ends agree: for the same text the same violations, over all fixtures."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from handbook import check_paths
from handbook.checking.workspace import Workspace
from handbook.config import Configuration
from handbook.lsp.session import Session

FIXTURES = Path(__file__).parents[1] / "fixtures"

type Row = tuple[str, int, int, str, str]


def command_line(folder: Path) -> set[Row]:
    """What `handbook check` finds."""
    command = [sys.executable, "-m", "handbook", "check", "--output-format", "json", "."]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.stderr == ""
    return {
        (
            Path(row["filename"]).as_posix(),
            row["location"]["row"],
            row["location"]["column"],
            row["code"],
            row["message"],
        )
        for row in json.loads(result.stdout)
    }


def flake8(folder: Path) -> set[Row]:
    """What flake8 finds with our plug-in; files that do not parse are its own E999."""
    form = "%(path)s\t%(row)d\t%(col)d\t%(code)s\t%(text)s"
    options = ["--isolated", "--select", "HB", "--format", form, "--exclude", ".venv"]
    command = [sys.executable, "-m", "flake8", *options, "."]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.stderr == ""
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    return {
        (Path(path).as_posix(), int(row), int(column), code, text)
        for path, row, column, code, text in rows
    }


def functions(folder: Path) -> set[Row]:
    """What `handbook.check_paths` finds."""
    return {
        (
            Path(found.path).relative_to(folder).as_posix(),
            found.span.start.line,
            found.span.start.column + 1,
            found.code,
            found.message,
        )
        for found in check_paths([folder])
    }


def editor(folder: Path, paths: set[str]) -> set[Row]:
    """What the language server's session finds in these files, all of them open."""
    session = Session()
    documents = []
    for name in sorted(paths):
        path = folder / name
        documents.append((name, session.open(str(path), path.read_text(encoding="utf-8"), 1)))
    return {
        (name, found.span.start.line, found.span.start.column + 1, found.code, found.message)
        for name, document in documents
        for found in session.check(document)
    }


@pytest.mark.parametrize("name", ["broken_shop", "reference"])
def test_front_ends_agree(name: str) -> None:
    """Command line, flake8, functions and editor say the same."""
    folder = FIXTURES / name
    expected = command_line(folder)
    assert bool(expected) == (name != "reference")
    assert functions(folder) == expected
    assert flake8(folder) == {row for row in expected if row[3] != "HB000"}
    assert editor(folder, {row[0] for row in expected}) == expected


def test_the_answer_does_not_depend_on_what_is_passed() -> None:
    """A file, its folder and the whole project say the same about the file."""
    shop = FIXTURES / "broken_shop"
    file = shop / "app" / "users" / "router.py"
    alone = check_paths([file], settings={"preview": True})
    assert alone
    for paths in ([file.parent], [shop], [shop / "tests", file]):
        found = check_paths(paths, settings={"preview": True})
        assert [one for one in found if Path(one.path) == file] == alone


def test_neither_processes_nor_order_matter() -> None:
    """Many processes say what one says, and so does one that takes the files the other way round."""
    shop = FIXTURES / "broken_shop"
    settings = {"preview": True}
    expected = check_paths([shop], settings=settings)
    assert check_paths([shop], settings=settings, jobs=2) == expected
    workspace = Workspace(Configuration(overrides=settings))
    found = [
        violation
        for path in sorted(shop.rglob("*.py"), reverse=True)
        for violation in workspace.check(path).violations
    ]
    assert sorted(map(str, found)) == sorted(map(str, expected))
