"""New services made from the reference service."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from handbook.cli import cli
from handbook.scaffold.domain import make_domain, parse_domain
from handbook.scaffold.registration import ScaffoldError
from handbook.scaffold.service import Database, Service, make_service, reference
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


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("products", "Product"),
        ("categories", "Category"),
        ("boxes", "Box"),
        ("branches", "Branch"),
        ("wishes", "Wish"),
        ("addresses", "Address"),
        ("houses", "House"),
        ("order_lines", "OrderLine"),
    ],
)
def test_domain_is_named_after_many_and_its_model_after_one(name: str, model: str) -> None:
    """The singular of a domain names its model."""
    assert parse_domain(name).class_name == model


@pytest.mark.parametrize(
    "name", ["Products", "product", "news_", "core", "9s", "", "status", "ifs", "a" * 24 + "s"]
)
def test_refuses_names_that_are_no_domain(name: str) -> None:
    """What is no plural in snake_case, or taken, is refused."""
    with pytest.raises(ScaffoldError):
        parse_domain(name)


def test_a_domain_is_known_to_the_app_and_to_the_migrations(tmp_path: Path) -> None:
    """It is registered in both places, in order, and its migration comes after the last one."""
    make_service(tmp_path, Service("shop", "shop"))
    for name in ("products", "accounts"):
        result = CliRunner().invoke(cli, ["new", str(tmp_path), "--domain", name])
        assert result.exit_code == 0, result.output
    main = (tmp_path / "shop" / "main.py").read_text()
    environment = (tmp_path / "alembic" / "env.py").read_text()
    migration = (tmp_path / "alembic" / "versions" / "0008_create_accounts.py").read_text()
    assert 'prefix="/api/v1/products", tags=["products"])\n' in main
    assert main.index("shop.accounts.router") < main.index("shop.auth.router")
    assert "from shop.products.models import Product\n" in environment
    assert "    Product,\n    Account,\n)" in environment
    assert 'down_revision: str | Sequence[str] | None = "0007"' in migration


def test_a_domain_is_added_once(tmp_path: Path) -> None:
    """Files that are there stay as they are."""
    make_service(tmp_path, Service("shop"))
    make_domain(tmp_path, parse_domain("products"))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    result = CliRunner().invoke(cli, ["new", str(tmp_path), "--domain", "products"])
    assert result.exit_code == 2 and "has `app/products" in result.output
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        ("app/main.py", "app = None\n", "includes no router"),
        ("alembic/env.py", "MODELS = []\n", "has no tuple `MODELS`"),
        ("alembic/versions/x.py", 'revision = "x"\n', "2 heads"),
        ("app/core/__init__.py", None, "no service of `handbook new`"),
    ],
)
def test_nothing_is_written_where_a_domain_cannot_be_registered(
    tmp_path: Path, path: str, text: str | None, problem: str
) -> None:
    """A domain is added as a whole or not at all."""
    make_service(tmp_path, Service("shop"))
    if text is None:
        shutil.rmtree(tmp_path / "app" / "core")
    else:
        (tmp_path / path).write_text(text)
    with pytest.raises(ScaffoldError, match=problem):
        make_domain(tmp_path, parse_domain("products"))
    assert not (tmp_path / "app" / "products").exists()


@pytest.mark.parametrize("arguments", [[], ["--domain", "products", "--name", "x"]], ids=str)
def test_command_needs_a_path_or_a_domain_alone(arguments: list[str]) -> None:
    """A service needs a folder; a domain takes the names that its service has."""
    assert CliRunner().invoke(cli, ["new", *arguments]).exit_code == 2


def test_a_new_service_passes_its_own_checks(tmp_path: Path) -> None:
    """Under other names and with more domains, its tests, ruff, mypy and the standard pass."""
    folder = tmp_path / "service"
    result = CliRunner().invoke(
        cli, ["new", str(folder), "--name", "zoo-api", "--package", "zoo_api"]
    )
    assert result.exit_code == 0, result.output
    for name in ("products", "categories", "order_lines"):
        added = CliRunner().invoke(cli, ["new", str(folder), "--domain", name])
        assert added.exit_code == 0, added.output
    run_there("ruff", "check", "--fix", ".", folder=folder)
    run_there("ruff", "format", ".", folder=folder)
    run_there("ruff", "check", ".", folder=folder)
    run_there("ruff", "format", "--check", ".", folder=folder)
    run_there("mypy", folder=folder)
    run_there("pytest", "-p", "no:cacheprovider", folder=folder)
    checked = CliRunner().invoke(cli, ["check", "--select", "ALL", "--preview", str(folder)])
    assert checked.exit_code == 0, checked.output
