"""Where the cache lies, laid out as ruff's is, and what is removed from it."""

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDER = ".handbook_cache"
_TAG = "CACHEDIR.TAG"
_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55"
"""What says to programs that make backups that a folder holds a cache: https://bford.info/cachedir/"""
SUFFIX = ".db"
VERSION: str = sys.modules["handbook"].__version__
"""Of this package; an import of the package itself would lead to its front ends."""
_KEPT = 16
"""How many files are kept: there is one for each project and way to check it."""
_LARGEST = 256 * 1024 * 1024
"""How many bytes they may have together."""


def folder_for(root: Path, configured: str | None) -> str:
    """The folder of the cache of a project: the configured one, or one in the project's root."""
    return os.path.join(root, configured or FOLDER)


def prepare(folder: str) -> str:
    """Make the folder of a cache, and return that of this version within it.

    Raises:
        OSError: if it cannot be made.
    """
    own = os.path.join(folder, VERSION)
    os.makedirs(own, exist_ok=True)
    # A folder that is something else, too, is left as it is.
    if set(os.listdir(folder)) <= {VERSION, _TAG, ".gitignore"}:
        _write_once(os.path.join(folder, _TAG), f"{_SIGNATURE}\n")
        _write_once(os.path.join(folder, ".gitignore"), "# Made by handbook.\n*\n")
    return own


def prune(folder: str, current: str) -> None:
    """Remove the files of a cache that were not used for longest, if there are too many.

    `current` is the file that is in use.
    """
    found: list[tuple[float, int, str]] = []
    with contextlib.suppress(OSError):
        for path in _files(folder):
            if path != current:
                status = os.stat(path)
                found.append((-status.st_mtime, status.st_size, path))
    total = _size(current)
    for number, (_, size, path) in enumerate(sorted(found), start=2):
        total += size
        if number > _KEPT or total > _LARGEST:
            with contextlib.suppress(OSError):
                os.unlink(path)


def is_too_large(path: str) -> bool:
    """Whether a file of the cache alone is larger than all may be."""
    return _size(path) > _LARGEST


def caches_below(folder: Path) -> Iterator[Path]:
    """The caches in a folder and the folders in it."""
    for parent, folders, _ in os.walk(folder):
        if FOLDER in folders:
            folders.remove(FOLDER)
            yield Path(parent, FOLDER)
        folders[:] = [name for name in folders if name not in (".git", "node_modules")]


def is_cache(folder: Path) -> bool:
    """Whether a folder is one that we have made."""
    try:
        return (folder / _TAG).read_text(encoding="utf-8").startswith(_SIGNATURE)
    except (OSError, ValueError):
        return False


def remove(cache: Path) -> None:
    """Remove a cache.

    Raises:
        OSError: if it cannot be removed.
    """
    if cache.is_symlink():
        cache.unlink()
    else:
        shutil.rmtree(cache)


def _write_once(path: str, text: str) -> None:
    with contextlib.suppress(FileExistsError), open(path, "x", encoding="utf-8") as file:
        file.write(text)


def _files(folder: str) -> Iterator[str]:
    for parent, _, names in os.walk(folder):
        for name in names:
            if name.endswith(SUFFIX):
                yield os.path.join(parent, name)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
