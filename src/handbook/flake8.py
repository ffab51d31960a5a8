"""The flake8 plugin: `flake8 --select HB` shows what `handbook check` shows.

Which rules run, and how, is read from `[tool.handbook]`; `# noqa` is left to flake8. A file that
does not parse is flake8's own E999, so HB000 never appears here.
"""

import ast
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

from handbook.checking.workspace import Workspace
from handbook.config import ConfigError

type Row = tuple[int, int, str, type["Plugin"]]

_STDIN = Path("stdin.py")


class Plugin:
    """What flake8 makes for each file; it hands over the tree that it has parsed already."""

    name = "handbook"
    version = version("handbook")

    def __init__(self, tree: ast.Module, filename: str, lines: Sequence[str]) -> None:
        """Take a file from flake8: its tree, its name, and its lines with their ends."""
        self._tree = tree
        self._path = _STDIN if filename in ("stdin", "-") else Path(filename)
        self._text = "".join(lines)

    def run(self) -> Iterator[Row]:
        """Yield line, column from 0, text that begins with the code, and this class."""
        try:
            result = _workspace().check(self._path, self._text, tree=self._tree, noqa=False)
        except ConfigError as error:
            sys.exit(f"handbook: {error}")
        for failure in result.failures:
            sys.stderr.write(f"{failure}\n")
        for violation in result.violations:
            start = violation.span.start
            yield start.line, start.column, f"{violation.code} {violation.message}", type(self)


@cache
def _workspace() -> Workspace:
    """One workspace for all files of a process."""
    return Workspace()
