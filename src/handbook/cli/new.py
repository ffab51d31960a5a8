"""`handbook new`."""

import re
import sys
from pathlib import Path

import click

from handbook.cli.terminal import write

_DATABASES = ("sqlite", "postgresql")


@click.command("new", short_help="Make a new service from the reference service.")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--name", metavar="NAME", help="The project's name.  [default: the folder's]")
@click.option("--package", metavar="NAME", help="The package's name.  [default: app]")
@click.option(
    "--database",
    type=click.Choice(_DATABASES),
    help="The database of development.  [default: sqlite]",
)
@click.option(
    "--domain",
    metavar="NAME",
    help="Add a domain to the service in PATH: a plural, as `products`.  [PATH: here]",
)
def command(
    path: Path | None,
    name: str | None,
    package: str | None,
    database: str | None,
    domain: str | None,
) -> None:
    """Make a new FastAPI service in PATH, a folder that is new or empty.

    It is the reference service under your names: its tests, ruff, mypy and `handbook check` pass
    from the first minute. On a terminal, what is not given is asked for.

    With `--domain products`, add a domain to such a service instead: router, schemas, service,
    repository, models, tests and migration, known to the app and to Alembic.
    """
    if domain is not None:
        if name or package or database:
            raise click.UsageError("--domain goes with PATH only")
        _add_domain(path or Path(), domain)
    elif path is None:
        raise click.UsageError("Missing argument 'PATH'.")
    else:
        _make_service(path, name, package, database)


def _make_service(path: Path, name: str | None, package: str | None, database: str | None) -> None:
    from handbook.scaffold.registration import ScaffoldError
    from handbook.scaffold.service import Database, Service, make_service

    asks = sys.stdin.isatty()
    folder_name = re.sub(r"[^A-Za-z0-9._-]+", "-", path.absolute().name).strip("-._") or "service"
    if name is None:
        name = click.prompt("Project name", default=folder_name) if asks else folder_name
    if package is None:
        package = click.prompt("Package name", default="app") if asks else "app"
    if database is None:
        choice = click.Choice(_DATABASES)
        database = click.prompt("Database", default="sqlite", type=choice) if asks else "sqlite"
    try:
        is_sorted = make_service(path, Service(name, package, Database(database)))
    except ScaffoldError as error:
        raise click.ClickException(str(error)) from None
    write(
        [
            f"Made `{name}` in {path}. Next:\n",
            f"  cd {path} && git init && cp .env.example .env\n",
            *([] if is_sorted else ["  uv run ruff check --fix && uv run ruff format\n"]),
            "  uv run pytest\n",
            f"  uv run alembic upgrade head && uv run uvicorn {package}.main:app --reload\n",
        ]
    )


def _add_domain(folder: Path, name: str) -> None:
    from handbook.scaffold.domain import make_domain, parse_domain
    from handbook.scaffold.registration import ScaffoldError

    try:
        written, is_formatted = make_domain(folder, parse_domain(name))
    except ScaffoldError as error:
        raise click.ClickException(str(error)) from None
    write(
        [
            f"Added `{name}`:\n",
            *(f"  {path.relative_to(folder)}\n" for path in written),
            "Next:\n",
            *([] if is_formatted else ["  uv run ruff check --fix && uv run ruff format\n"]),
            "  uv run alembic upgrade head && uv run pytest\n",
        ]
    )
