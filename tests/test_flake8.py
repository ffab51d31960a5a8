"""The flake8 plugin, run by a real flake8."""

import subprocess
import sys
from pathlib import Path

import pytest

TEXT = "from typing import List\n\nnames: List[str] = []\n"


def flake8(*arguments: str, cwd: Path, text: str | None = None) -> list[str]:
    """Run flake8 for our codes only and return its lines."""
    result = subprocess.run(
        [sys.executable, "-m", "flake8", "--select", "HB", *arguments],
        cwd=cwd,
        input=text,
        text=True,
        capture_output=True,
        check=False,
    )
    assert result.stderr == ""
    return result.stdout.splitlines()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two modules that break a rule."""
    (tmp_path / "pyproject.toml").write_text("[tool.handbook]\nselect = ['HB031']\n")
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text(TEXT)
    return tmp_path


def test_reports_place_code_and_message(project: Path) -> None:
    """A violation is shown as the command line shows it."""
    (line,) = flake8("one.py", cwd=project)
    assert line.startswith("one.py:3:8: HB031 ")


def test_runs_in_processes(project: Path) -> None:
    """Several processes find what one finds."""
    assert sorted(flake8("-j2", ".", cwd=project)) == flake8("-j1", ".", cwd=project)
    assert len(flake8("-j2", ".", cwd=project)) == 2


def test_reads_standard_input(project: Path) -> None:
    """Standard input is checked under the name that flake8 is told."""
    (line,) = flake8("--stdin-display-name", "app/three.py", "-", cwd=project, text=TEXT)
    assert line.startswith("app/three.py:3:8: HB031 ")


def test_reads_our_configuration(project: Path) -> None:
    """`[tool.handbook]` decides which rules run."""
    (project / "pyproject.toml").write_text("[tool.handbook]\nignore = ['HB031']\n")
    assert flake8(".", cwd=project) == []


def test_leaves_noqa_to_flake8(project: Path) -> None:
    """flake8 silences by `# noqa`, and shows all with `--disable-noqa`; our own comments hold."""
    (project / "one.py").write_text(TEXT.replace("= []", "= []  # noqa: HB031"))
    assert flake8("one.py", cwd=project) == []
    assert len(flake8("--disable-noqa", "one.py", cwd=project)) == 1
    (project / "two.py").write_text(TEXT.replace("= []", "= []  # handbook: ignore[HB031]"))
    assert flake8("--disable-noqa", "two.py", cwd=project) == []


def test_lines_with_other_ends(project: Path) -> None:
    """Carriage returns, form feeds and a byte order mark do not move the place."""
    for text in (TEXT.replace("\n", "\r\n"), "\ufeff" + TEXT, TEXT.replace("\n\n", "\n\f\n")):
        (project / "one.py").write_text(text, newline="", encoding="utf-8")
        (line,) = flake8("one.py", cwd=project)
        assert line.startswith("one.py:3:8: HB031 ")
