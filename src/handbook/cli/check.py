"""`handbook check`."""

import sys
from pathlib import Path

import click


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--select", multiple=True)
@click.option("--preview/--no-preview", default=None)
@click.option("--output-format", default="full")
def command(
    paths: tuple[Path, ...], select: tuple[str, ...], preview: bool | None, output_format: str
) -> None:
    """Check Python files."""
    from handbook.config import ConfigError, Configuration
    from handbook.discovery import DiscoveryError, discover
    from handbook.output import Format, Report, render
    from handbook.runner import run
    from handbook.workspace import Workspace

    overrides: dict[str, object] = {}
    if select:
        overrides["select"] = [code for codes in select for code in codes.split(",")]
    if preview is not None:
        overrides["preview"] = preview
    try:
        workspace = Workspace(Configuration(overrides=overrides))
        sources = discover(paths or [Path()], workspace.configuration)
        outcome = run(sources, workspace)
    except (ConfigError, DiscoveryError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    report = Report(outcome.violations, workspace.text_of, Path.cwd(), outcome.files)
    for piece in render(report, Format(output_format)):
        click.echo(piece, nl=False)
    for failure in outcome.failures:
        click.echo(f"error: {failure.code} crashed on {failure.path}: {failure.error}", err=True)
    sys.exit(2 if outcome.failures else bool(outcome.violations))
