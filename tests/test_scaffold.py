"""New services made from the reference service."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from handbook.cli import cli
from handbook.scaffold.service import Database, ScaffoldError, Service, make_service, reference
from tests.test_reference import run_there


def test_the_reference_under_its_own_name(tmp_path: Path) -> None:
    """By default only the project's name differs."""
    make_service(tmp_path / "shop", Service("shop"))
    made = {path.relative_to(tmp_path / "shop") for path in (tmp_path / "shop").rglob("*.py")}
    source = reference()
    expected = {
        path.relative_to(source)
        for folder in ("app", "alembic", "tests")
        for path in (source / folder).rglob("*.py")
    }
    assert made == expected
    assert 'name = "shop"' in (tmp_path / "shop" / "pyproject.toml").read_text()
    assert (tmp_path / "shop" / ".gitignore").is_file()
    assert not (tmp_path / "shop" / ".venv").exists()


def test_names_and_database_are_taken(tmp_path: Path) -> None:
    """No file speaks of the package `app` any more, and the database is the chosen one."""
    service = Service("zoo-api", "zoo", Database.POSTGRESQL)
    make_service(tmp_path, service)
    assert not (tmp_path / "app").exists()
    for path in tmp_path.rglob("*.py"):
        text = path.read_text()
        assert "from app" not in text and "import app." not in text, path
    assert "APP_DATABASE_URL=postgresql+asyncpg" in (tmp_path / ".env.example").read_text()
    assert "zoo.main:app" in (tmp_path / "Dockerfile").read_text()


def test_readme_is_the_services_own(tmp_path: Path) -> None:
    """It begins with the service's name, says nothing of the reference, and tells how to run it."""
    make_service(tmp_path, Service("zoo-api", "zoo"))
    text = (tmp_path / "README.md").read_text()
    assert text.startswith("# zoo-api\n\nBegun with `handbook new`")
    assert "reference" not in text.lower()
    assert "uvicorn zoo.main:app" in text


@pytest.mark.parametrize(
    "service",
    [Service("no name"), Service("x", "Not_Snake"), Service("x", "9x"), Service("x", "tests")],
    ids=str,
)
def test_refuses_bad_names(tmp_path: Path, service: Service) -> None:
    """A name that would not work is refused before anything is written."""
    with pytest.raises(ScaffoldError):
        make_service(tmp_path, service)
    assert list(tmp_path.iterdir()) == []


def test_command_refuses_a_folder_with_files(tmp_path: Path) -> None:
    """`handbook new` overwrites nothing: one sentence, exit code 2."""
    (tmp_path / "notes.txt").write_text("mine")
    result = CliRunner().invoke(cli, ["new", str(tmp_path)])
    assert result.exit_code == 2
    assert "is not empty" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_without_ruff_the_imports_are_left_to_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under another name they are in another order: the command says how to put them right."""
    monkeypatch.setenv("PATH", str(tmp_path))
    renamed = CliRunner().invoke(cli, ["new", str(tmp_path / "zoo"), "--package", "zoo"])
    assert "  uv run ruff check --fix && uv run ruff format\n" in renamed.output
    plain = CliRunner().invoke(cli, ["new", str(tmp_path / "plain")])
    assert plain.exit_code == 0 and "uv run ruff" not in plain.output


def test_a_new_service_passes_its_own_checks(tmp_path: Path) -> None:
    """Under other names, too, its tests, ruff and mypy pass, and the standard is kept."""
    folder = tmp_path / "service"
    result = CliRunner().invoke(
        cli, ["new", str(folder), "--name", "zoo-api", "--package", "zoo_api"]
    )
    assert result.exit_code == 0, result.output
    run_there("ruff", "check", ".", folder=folder)
    run_there("ruff", "format", "--check", ".", folder=folder)
    run_there("mypy", folder=folder)
    run_there("pytest", "-p", "no:cacheprovider", folder=folder)
    checked = CliRunner().invoke(cli, ["check", "--preview", str(folder)])
    assert checked.exit_code == 0, checked.output
