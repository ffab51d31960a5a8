"""`handbook routes`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from handbook.cli.terminal import note, write

if TYPE_CHECKING:
    from handbook.inventory.routes import RouteEntry


@click.command("routes", short_help="List the routes of a project.")
@click.argument("path", type=click.Path(path_type=Path, exists=True), default=Path())
@click.option(
    "--output-format",
    type=click.Choice(("text", "markdown", "json", "csv", "html")),
    default="text",
    help="How to print them.  [default: text]",
)
@click.option("--since", metavar="REV", help="Print what changed since a git revision instead.")
@click.option(
    "--fail-on",
    type=click.Choice(("unauthenticated", "any", "never")),
    default="unauthenticated",
    help="With --since, exit with 1 for new routes without authentication, or for any change.  "
    "[default: unauthenticated]",
)
def command(path: Path, output_format: str, since: str | None, fail_on: str) -> None:
    """List every route of every app: path, handler, response model, and what authenticates it.

    PATH is a folder or file of the project. Nothing of the project is imported or run; the pages
    that FastAPI adds for its documentation are left out.
    """
    from handbook.inventory.tables import render, render_changes

    routes = _routes(path)
    if since is None:
        write([render(routes, output_format)])
        if not routes:
            note("no routes found: is there a FastAPI app below the path?")
        return
    from handbook.inventory.comparison import compare
    from handbook.inventory.revisions import laid_out

    root = _root(path)
    with laid_out(since, root) as before:
        changes = compare(_routes(before), routes)
    write([render_changes(changes, output_format)])
    if not changes and output_format != "json":
        note(f"no route changed since {since}")
    for route in changes.unauthenticated:
        note(f"no authentication: {route.method} {route.path} ({route.file}:{route.line})")
    fails = {"unauthenticated": changes.unauthenticated, "any": changes, "never": None}
    sys.exit(1 if fails[fail_on] else 0)


def _routes(path: Path) -> "list[RouteEntry]":
    from handbook.checking.workspace import Workspace
    from handbook.inventory.routes import route_entries

    workspace = Workspace()
    inside = path / "_" if path.is_dir() else path
    project = workspace.project(inside, workspace.configuration.for_file(inside))
    return route_entries(project)


def _root(path: Path) -> Path:
    from handbook.config import Configuration

    return Path(Configuration().root_of(path if path.is_dir() else path.parent))
