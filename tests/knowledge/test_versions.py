"""Which versions of FastAPI and Pydantic a project admits, however it says so."""

from pathlib import Path

import pytest

from handbook.knowledge.versions import Versions, fastapi_versions, pydantic_versions
from handbook.python.project.project import Project


def _versions(root: Path) -> Versions:
    return fastapi_versions(Project(root, list_files=list))


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("fastapi>=0.121", Versions((0, 121))),
        ("fastapi[all]==0.115.6", Versions((0, 115), (0, 116))),
        ("fastapi ~= 0.115.2", Versions((0, 115), (0, 116))),
        ("fastapi~=0.115", Versions((0, 115), (1, 0))),
        ("fastapi>=0.100,<0.119", Versions((0, 100), (0, 119))),
        ("fastapi-users>=14.0", Versions()),
        ("fastapi", Versions()),
    ],
)
def test_reads_requirements(tmp_path: Path, requirement: str, expected: Versions) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[project]\ndependencies = ["{requirement}"]\n')
    assert _versions(tmp_path) == expected


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("pydantic<2", Versions(None, (2, 0))),
        ("pydantic[email]==1.10.26", Versions((1, 10), (2, 0))),
        ("pydantic~=1.10", Versions((1, 10), (2, 0))),
        ("pydantic~=1.10.4", Versions((1, 10), (2, 0))),
        ("pydantic>=2", Versions((2, 0))),
        ("pydantic-settings==2.1.0", Versions()),
    ],
)
def test_reads_pydantic(tmp_path: Path, requirement: str, expected: Versions) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[project]\ndependencies = ["{requirement}"]\n')
    assert pydantic_versions(Project(tmp_path, list_files=list)) == expected


@pytest.mark.parametrize(
    "written", ['"^0.115.0"', '"0.115.0"', '{version = "^0.115", extras = []}']
)
def test_reads_poetry(tmp_path: Path, written: str) -> None:
    text = f"[tool.poetry.dependencies]\nfastapi = {written}\n"
    (tmp_path / "pyproject.toml").write_text(text)
    assert _versions(tmp_path) == Versions((0, 115), (0, 116))


def test_reads_requirements_txt(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# pinned\nfastapi-users==14.0\nfastapi==0.88.0\n")
    assert _versions(tmp_path) == Versions((0, 88), (0, 89))


def test_says_nothing_of_a_project_that_says_nothing(tmp_path: Path) -> None:
    assert _versions(tmp_path) == Versions()
