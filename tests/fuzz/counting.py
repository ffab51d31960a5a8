"""How much work checking a project is: the calls and the loops in our code, the same in every run."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import CodeType

from handbook.checking.engine import Result
from handbook.checking.workspace import Workspace
from tests.fuzz.shapes import Files

_TOOL = 4
_EVENTS = sys.monitoring.events


class Counter:
    """Counts while it is switched on."""

    def __init__(self) -> None:
        """Begin at 0."""
        self.count = 0

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count meanwhile."""
        monitoring = sys.monitoring
        monitoring.use_tool_id(_TOOL, "steps")
        monitoring.register_callback(_TOOL, _EVENTS.PY_START, self._called)
        monitoring.register_callback(_TOOL, _EVENTS.JUMP, self._jumped)
        monitoring.set_events(_TOOL, _EVENTS.PY_START | _EVENTS.JUMP)
        try:
            yield
        finally:
            monitoring.set_events(_TOOL, 0)
            monitoring.free_tool_id(_TOOL)

    def _called(self, code: CodeType, offset: int) -> None:
        self.count += 1

    def _jumped(self, code: CodeType, offset: int, destination: int) -> None:
        self.count += 1


def write(files: Files, folder: Path) -> None:
    """Write a project into a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def measure(files: Files, folder: Path) -> tuple[int, Mapping[Path, Result]]:
    """Check a project; returns the number of steps that it took, and what was found."""
    write(files, folder)
    workspace = Workspace()
    sources = workspace.discover([folder])
    for source in sources:
        workspace.rules(source.settings, source.path)  # The rules are loaded once.
    counter = Counter()
    with counter.counting():
        found = {source.path: workspace.check(source.path) for source in sources}
    return counter.count, found
