"""Many files fixed side by side."""

from pathlib import Path
from unittest.mock import Mock

import pytest

from handbook.checking.discovery import SourcePath, discover
from handbook.checking.runner import run
from handbook.checking.workspace import Workspace
from handbook.config import Configuration
from handbook.fixing.fix_runner import fix_all
from handbook.fixing.fixing import FixResult, fix_file
from handbook.python.project import import_candidates
from tests.test_fixing import RULES

TEXTS = {
    "types.py": "from typing import Any, List\n\nx: List\ny: Any\n",
    "users.py": "from app.types import List\n\nz: List\nfine\n",
    "items.py": "from app import users\nwrap(wrap(1))\nloud.x\nfine\n",
    "clock.py": "from datetime import datetime\n\nnow = datetime.utcnow()\nbroken\n",
    "clean.py": "from app import clock\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose modules import each other."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").touch()
    for name, text in TEXTS.items():
        (tmp_path / "app" / name).write_text(text)
    return tmp_path


def opened(project: Path) -> tuple[Workspace, list[SourcePath]]:
    """A workspace with the rules for tests and one that asks about all modules; the files."""
    chosen = {"select": ["HB9", "HB054"], "preview": True, "plugins": [str(RULES)]}
    configuration = Configuration(overrides=chosen)
    return Workspace(configuration), discover([project], configuration)


def shown(result: FixResult) -> tuple[str, str, int, list[str]]:
    """What fixing a file came to."""
    refused = sorted(refusal.reason for refusal in result.refused)
    return result.path, result.text, result.applied.total(), refused


@pytest.mark.parametrize("jobs", [1, 3])
def test_side_by_side_as_alone(project: Path, jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file ends up as if it were fixed alone; nothing is written or left in memory."""
    monkeypatch.setattr("handbook.checking.runner._WORTH_A_PROCESS", 40)
    workspace, sources = opened(project)
    alone = [fix_file(workspace, source.path) for source in sources]
    found = run(sources, workspace, jobs=1).violations
    results, failures = fix_all(sources, found, workspace, jobs=jobs)
    assert [shown(result) for result in results] == [
        shown(result) for result in alone if result.is_changed or result.refused
    ]
    assert len(results) == 4
    assert failures == []
    for source in sources:
        if source.path.name in TEXTS:
            assert source.path.read_text() == TEXTS[source.path.name]
            assert workspace.text_of(str(source.path)) == TEXTS[source.path.name]
            assert workspace.overlay(source.path) is None


def test_the_project_is_looked_at_once_for_each_step(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many files there are."""
    for number in range(30):
        (project / "app" / f"more{number}.py").write_text("from app import users\n\nfine\n")
    (project / "app" / "items.py").write_text("from app import users\n\nfine\n")
    (project / "app" / "clock.py").unlink()
    workspace, sources = opened(project)
    found = run(sources, workspace, jobs=1).violations
    built = Mock(wraps=import_candidates._graph)
    monkeypatch.setattr(import_candidates, "_graph", built)
    results, _ = fix_all(sources, found, workspace, jobs=1)
    assert sum(result.applied.total() for result in results) == 34
    asked = [call.kwargs["at_run_time"] for call in built.call_args_list]
    assert asked and len(asked) == len(set(asked))
