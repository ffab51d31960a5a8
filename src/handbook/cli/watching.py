"""What `handbook check --watch` does."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from handbook.checking.discovery import DiscoveryError, is_source
from handbook.cli.arguments import Arguments
from handbook.cli.terminal import complain, is_terminal, note
from handbook.config import ConfigError
from handbook.rulebook.registry import registry

_CONFIGURATION = frozenset({"pyproject.toml", "handbook.toml", ".gitignore"})
_CLEAR = "\x1b[2J\x1b[3J\x1b[H"


def watch(arguments: Arguments, check: Callable[[Arguments], int]) -> int:
    """Check, and check again after each change, until Ctrl-C.

    Args:
        arguments: of the command.
        check: does it once; what it found is kept in the cache, or in memory.

    Raises:
        UsageError: for options that make no sense beside it, or without watchfiles.
    """
    if Path("-") in arguments.paths or arguments.stdin_filename is not None:
        raise click.UsageError("`--watch` cannot watch standard input")
    if arguments.add_noqa is not None:
        raise click.UsageError("`--watch` and `--add-noqa` cannot be used together")
    try:
        from watchfiles import watch as changes_in
    except ImportError:
        raise click.UsageError(
            "`--watch` needs watchfiles: run `pip install handbook[watch]`"
        ) from None
    folders = _folders(arguments)
    _check_once(arguments, check)
    # Nothing ends this but Ctrl-C.
    for _ in changes_in(*folders, watch_filter=_counts, raise_interrupt=True):
        _check_once(arguments, check)
    return 0


def _folders(arguments: Arguments) -> list[Path]:
    """The projects of the paths: what is found in a file may rest on any other one."""
    configuration = arguments.configuration()
    folders: set[Path] = set()
    for path in arguments.paths or (Path(),):
        folder = path if path.is_dir() else path.parent
        folders |= {folder.absolute(), configuration.root_of(folder)}
    return [each for each in sorted(folders) if folders.isdisjoint(each.parents)]


def _counts(_: object, path: str) -> bool:
    """Whether a change of a file may change what is found."""
    name = os.path.basename(path)
    return name in _CONFIGURATION or is_source(name)


def _check_once(arguments: Arguments, check: Callable[[Arguments], int]) -> None:
    if is_terminal(sys.stdout):
        sys.stdout.write(_CLEAR)
    # The rules of plug-ins may be what was changed.
    registry.cache_clear()
    try:
        check(arguments)
    except (ConfigError, DiscoveryError, click.UsageError) as error:
        complain(str(error))
    if not arguments.quiet:
        note("Watching for changes: Ctrl-C ends it.")
