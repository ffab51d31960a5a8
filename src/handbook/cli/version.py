"""`handbook version`."""

import click

from handbook import __version__
from handbook.cli.terminal import write


@click.command("version", short_help="Print the version.")
def command() -> None:
    """Print the version."""
    write([f"handbook {__version__}\n"])
