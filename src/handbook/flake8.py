"""The flake8 plugin: `flake8 --select HB` shows what `handbook check` shows.

Which rules run, and how, is read from `[tool.handbook]`; `# noqa` is left to flake8. A file that
does not parse is flake8's own E999, so HB000 never appears here.
"""

import ast
import os
import sys
from collections.abc import Iterator, Sequence
from functools import cache, partial
from importlib.metadata import version
from multiprocessing.util import Finalize
from pathlib import Path

from handbook.checking.cache.cache import Cache
from handbook.checking.cache.recording import Recording
from handbook.checking.discovery import SourcePath
from handbook.checking.engine import Result
from handbook.checking.workspace import Workspace
from handbook.config import ConfigError, Configuration
from handbook.syntax.text import SourceError, decode

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
            result = _checker().check(self._path, self._text, self._tree)
        except ConfigError as error:
            sys.exit(f"handbook: {error}")
        for failure in result.failures:
            sys.stderr.write(f"{failure}\n")
        for violation in result.violations:
            start = violation.span.start
            yield start.line, start.column, f"{violation.code} {violation.message}", type(self)


class _Checker:
    """Checks the files of one process, and keeps the results for the next run."""

    def __init__(self) -> None:
        folder = os.environ.get("HANDBOOK_CACHE_DIR")
        configuration = Configuration(overrides={"cache-dir": folder} if folder else None)
        records = not os.environ.get("HANDBOOK_NO_CACHE")
        self._workspace = Workspace(configuration, records=records)
        self._recording = Recording()
        self._cache: Cache | None = None
        if records:
            self._cache = Cache(self._workspace, noqa=False)
            # This runs in the processes that flake8 starts, too.
            Finalize(None, self._cache.save, exitpriority=1)

    def check(self, path: Path, text: str, tree: ast.Module) -> Result:
        """Check a file.

        Raises:
            ConfigError: for a broken configuration.
        """
        workspace, cache = self._workspace, self._cache
        if cache is None or not _is_on_disk(path, text):
            return workspace.check(path, text, tree=tree, noqa=False)
        configuration = workspace.configuration
        source = SourcePath(path, configuration.for_file(path), configuration.root_of(path.parent))
        known = cache.recall([source])
        if known:
            return known[0]

        check = partial(workspace.check, path, text, tree=tree, noqa=False)
        recorded = self._recording.record(workspace, source, check)
        cache.learn(source, recorded)
        return recorded.result


def _is_on_disk(path: Path, text: str) -> bool:
    """Whether a text is that of a file: what flake8 reads has other line ends, sometimes."""
    try:
        return decode(path.read_bytes()) == text
    except (OSError, SourceError):
        return False


@cache
def _checker() -> _Checker:
    """One for all files of a process."""
    return _Checker()
