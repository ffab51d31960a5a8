"""`handbook clean`."""

import os
from pathlib import Path

import click

from handbook.cli.terminal import note


@click.command("clean", short_help="Remove the results that earlier runs have kept.")
@click.option(
    "--cache-dir",
    metavar="FOLDER",
    envvar="HANDBOOK_CACHE_DIR",
    help="Where they are kept, if not where the configuration says.",
)
@click.option("-q", "--quiet", is_flag=True, help="Do not say what is removed.")
def command(cache_dir: str | None, quiet: bool) -> None:
    """Remove the caches of the working directory's project, and of all folders below it.

    They hold nothing that the next run would not find again.
    """
    from handbook.checking.cache.location import caches_below, folder_for, is_cache, remove
    from handbook.config import Configuration

    configuration = Configuration()
    here = Path()
    chosen = cache_dir or configuration.for_folder(here).cache_dir
    own = Path(os.path.abspath(folder_for(configuration.root_of(here), chosen)))
    for cache in sorted({own, *caches_below(here.absolute())}):
        if is_cache(cache):
            if not quiet:
                note(f"Removing cache at: {cache}")
            remove(cache)
