"""A line that says how far a long run is."""

import time
from types import TracebackType
from typing import Self, TextIO

from handbook.cli.terminal import is_terminal

_PATIENCE = 1.0
"""After how many seconds a person begins to wonder."""
_INTERVAL = 0.1
_WIDTH = 30


class Progress:
    """Counts files and draws a bar, on a terminal and only once the run takes long."""

    def __init__(self, total: int, stream: TextIO, *, hidden: bool = False) -> None:
        """Start to count to `total`."""
        self._total = total
        self._stream = stream
        self._count = 0
        self._length = 0
        # Nothing is drawn before this moment.
        wanted = not hidden and is_terminal(stream)
        self._next = time.monotonic() + _PATIENCE if wanted else float("inf")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wipe the bar away."""
        if self._length:
            self._draw(f"\r{' ' * self._length}\r")

    def advance(self) -> None:
        """Take note that one more file is done."""
        self._count += 1
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _INTERVAL
        done = _WIDTH * self._count // max(self._total, 1)
        line = f"[{'#' * done}{' ' * (_WIDTH - done)}] {self._count}/{self._total} files"
        self._length = len(line)
        self._draw(f"\r{line}")

    def _draw(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._next = float("inf")
