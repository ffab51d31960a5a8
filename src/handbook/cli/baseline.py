"""`handbook baseline`."""

import sys
from pathlib import Path

import click


@click.command("baseline", short_help="Write down the known violations.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--baseline",
    "chosen",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to write it.  [default: .handbook-baseline.json in the project's folder]",
)
@click.option("--force", is_flag=True, help="Add new violations to a baseline that exists.")
@click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="How many processes.")
def command(paths: tuple[Path, ...], chosen: Path | None, force: bool, jobs: int | None) -> None:
    """Write down the violations that a project has now, so that `check` reports only new ones.

    A baseline that exists only loses the entries that are not found any more, unless `--force`.
    """
    from handbook.adoption.known import baseline_of, hold, write_baselines
    from handbook.checking.runner import run
    from handbook.checking.workspace import Workspace
    from handbook.cli.reporting import exit_code
    from handbook.cli.terminal import note

    workspace = Workspace()
    sources = workspace.discover(paths or [Path()])
    outcome = run(sources, workspace, jobs=jobs)
    if outcome.failures:
        outcome.violations.clear()
        sys.exit(exit_code(outcome))
    exist = {path for path in (baseline_of(source, chosen) for source in sources) if path.exists()}
    if exist and not force:
        held = hold(outcome.violations, sources, workspace.text_of, chosen)
        for baseline in held.shrunk:
            baseline.write()
        note(f"Removed {held.gone} of {held.gone + held.known} known violations.")
        if held.new:
            were = "violation was" if len(held.new) == 1 else "violations were"
            note(f"{len(held.new)} new {were} not added: use `--force` to add them.")
        return
    for path, count in write_baselines(outcome.violations, sources, workspace.text_of, chosen):
        note(f"{path}: {count} known violation{'s' if count != 1 else ''}.")
