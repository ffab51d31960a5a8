"""Whether a file or folder is as it was: told by its times and size, or else by its content."""

import os
import time
from hashlib import blake2b
from typing import NamedTuple

ABSENT = ""
"""The state of a file that is not there or cannot be read."""

_SECOND = 1_000_000_000
_FINE_MARGIN = _SECOND // 20
"""How long a file must have been left alone for its times to tell the next change: file systems
count time in steps."""
_COARSE_MARGIN = 2 * _SECOND + _FINE_MARGIN
"""As much for file systems that count only seconds, or every second one."""


class Stamp(NamedTuple):
    """What `stat` says of a file: after any change of its content one of these is another one."""

    modified: int
    changed: int
    size: int

    def is_settled(self, at: int) -> bool:
        """Whether a change after the moment `at` would surely show in the times."""
        latest = max(self.modified, self.changed)
        is_fine = self.modified % _SECOND or self.changed % _SECOND
        return latest < at - (_FINE_MARGIN if is_fine else _COARSE_MARGIN)


NO_STAMP = Stamp(-1, -1, -1)
"""Stands for the stamp of what is not there."""
UNKNOWN = Stamp(0, 0, 0)
"""Is no file's stamp, and so makes the next run look closer."""


def now() -> int:
    """The time, as stamps count it."""
    return time.time_ns()


def stamp(path: str) -> Stamp | None:
    """The stamp of a file or folder; `None` where there is none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return Stamp(found.st_mtime_ns, found.st_ctime_ns, found.st_size)


def digest(content: bytes) -> str:
    """A short text that no other content has."""
    return blake2b(content, digest_size=12).hexdigest()


def digest_of_file(path: str) -> str:
    """The digest of what a file holds; `ABSENT` where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return digest(file.read())
    except (OSError, ValueError):
        return ABSENT
