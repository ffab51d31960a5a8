"""The reference service, by its own means: its tests on both databases, its checks, its standard."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from handbook.checking.discovery import discover
from handbook.checking.runner import run
from handbook.checking.workspace import Workspace
from handbook.config import Configuration
from handbook.inventory.routes import route_entries
from handbook.rulebook.registry import registry

REFERENCE = Path(__file__).parents[1] / "fixtures" / "reference"
README = (REFERENCE / "README.md").read_text(encoding="utf-8")
CHAPTER = re.compile(r"^\| (\d\d) [^|]+ \| ([^|]+) \| (HB\d\d) \|$", re.MULTILINE)


def run_there(*command: str, folder: Path = REFERENCE) -> str:
    """Run a command in the service's own environment, and return what it printed."""
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    result = subprocess.run(
        ["uv", "run", *command],
        cwd=folder,
        env={**environment, "COLUMNS": "100"},
        text=True,
        capture_output=True,
        check=False,
    )
    assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout}{result.stderr}"
    return result.stdout


def passed(*options: str) -> int:
    """How many of the service's tests pass; none may fail."""
    printed = run_there("pytest", "-p", "no:cacheprovider", *options, "-rN", "-vvv")
    return len(re.findall(r" PASSED\b", printed))


def test_same_tests_on_both_databases() -> None:
    """The suite passes on SQLite and on a PostgreSQL that it starts, the same tests on both."""
    on_sqlite = passed()
    assert on_sqlite > 280
    assert passed("--database", "postgresql") == on_sqlite


@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)],
    ids=lambda command: "-".join(command[:2]),
)
def test_own_checks(command: tuple[str, ...]) -> None:
    """What its README tells to run finds nothing."""
    run_there(*command)


_SERVED = """
import json
from fastapi.routing import APIRoute, APIWebSocketRoute, iter_route_contexts
from app.main import app

served = []
for context in iter_route_contexts(app.routes):
    if isinstance(context.original_route, APIRoute | APIWebSocketRoute):
        endpoint = context.endpoint
        name = f"{endpoint.__module__}.{endpoint.__qualname__}"
        for method in context.methods or ["WEBSOCKET"]:
            served.append([method, context.path, name])
print(json.dumps(sorted(served)))
"""


def test_routes_are_those_of_the_running_app(tmp_path: Path) -> None:
    """What `handbook routes` reads in the source is what the app serves once it is imported."""
    copy = tmp_path / "service"
    shutil.copytree(REFERENCE, copy, ignore=shutil.ignore_patterns(".venv", "*_cache", "*.db"))
    shutil.copy(copy / ".env.example", copy / ".env")
    served = json.loads(run_there("python", "-c", _SERVED, folder=copy))
    configuration = Configuration(isolated=True)
    project = Workspace(configuration).project(
        REFERENCE / "app" / "main.py", configuration.for_folder(REFERENCE)
    )
    entries = route_entries(project)
    assert sorted([entry.method, entry.path, entry.handler] for entry in entries) == served
    assert len(served) > 15


def test_migrations_go_up_and_down(tmp_path: Path) -> None:
    """Every migration has its way back, and the models need no other one."""
    copy = tmp_path / "service"
    shutil.copytree(REFERENCE, copy, ignore=shutil.ignore_patterns(".venv", "*_cache", "*.db"))
    shutil.copy(copy / ".env.example", copy / ".env")
    for command in (["upgrade", "head"], ["check"], ["downgrade", "base"], ["upgrade", "head"]):
        run_there("alembic", *command, folder=copy)


def test_breaks_no_rule() -> None:
    """With every rule, preview included, nothing is found; and nothing is silenced."""
    configuration = Configuration(overrides={"select": ["ALL"], "preview": True}, isolated=True)
    sources = discover([REFERENCE], configuration)
    outcome = run(sources, Workspace(configuration), jobs=1)
    assert (outcome.violations, outcome.failures) == ([], [])
    silenced = [
        source.path
        for source in sources
        if re.search(r"#\s*(noqa|handbook:)", source.path.read_text(encoding="utf-8"))
    ]
    assert silenced == []


def test_readme_names_every_rule() -> None:
    """The table of chapters has each rule in the row of its chapter; the linter's own have none."""
    named = {prefix: chapter for chapter, _, prefix in CHAPTER.findall(README)}
    codes = [code for code in registry().rules if not code.startswith("HB00")]
    assert codes
    for code in codes:
        assert named[code[:4]] == code[2:4]


def test_readme_shows_what_is_there() -> None:
    """Each chapter is shown in files, functions and classes that exist."""
    cells = [cell for _, cell, *_ in CHAPTER.findall(README)]
    shown = [place for cell in cells for place in cell.split("`")[1::2]]
    assert shown
    for place in shown:
        path, _, name = place.partition(":")
        assert (REFERENCE / path).exists(), place
        if name:
            text = (REFERENCE / path).read_text(encoding="utf-8")
            defined = rf"^ *((async )?def |class |type )?{name}\b"
            assert re.search(defined, text, re.MULTILINE), place


def test_readme_names_tests_that_exist() -> None:
    """Each change to the handbook's code is held by the tests that its paragraph names."""
    written = "".join(path.read_text(encoding="utf-8") for path in REFERENCE.glob("tests/**/*.py"))
    named = set(re.findall(r"`(test_\w+)`", README))
    assert named
    assert named <= set(re.findall(r"def (test_\w+)", written))
