"""What results are kept under besides texts: the tool, its rules, Python and the configuration."""

import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

from handbook.checking.cache.location import VERSION
from handbook.checking.cache.stamps import digest, digest_of_file, stamp
from handbook.config import Settings
from handbook.rulebook.registry import Registry

_LAYOUT = 2
"""Counted up whenever the cache is laid out in another way."""
_ABOUT_REPORTS = frozenset(
    {"output_format", "fix", "show_fixes", "unsafe_fixes", "baseline", "fail_on", "cache_dir"}
)
"""Settings that do not bear on what is found."""


def fingerprint(settings: Settings, known: Registry, *, noqa: bool) -> str:
    """A short text for all that decides on a file's violations besides the files themselves."""
    parts = [
        _tool(),
        repr(sys.version_info),
        repr(noqa),
        *(
            f"{field.name}={getattr(settings, field.name)!r}"
            for field in fields(settings)
            if field.name not in _ABOUT_REPORTS
        ),
        *_foreign_sources(known),
    ]
    return digest("\n".join(parts).encode("utf-8", "surrogatepass"))


@cache
def _tool() -> str:
    """The version and the files of this package, and those of the one that writes its fixes."""
    lines = [f"{_LAYOUT} {VERSION}"]
    folder = str(Path(__file__).parents[2])
    lines += [f"{path[len(folder) :]} {stamp}" for path, stamp in sorted(_stamped(folder))]
    found = importlib.util.find_spec("libcst")
    if found is not None and found.origin is not None:
        lines.append(str(stamp(os.path.join(os.path.dirname(found.origin), "_version.py"))))
    return "\n".join(lines)


def _stamped(folder: str) -> Iterator[tuple[str, str]]:
    """The time and size of each module in a folder: one that is worked on keeps its version."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                status = entry.stat()
                yield entry.path, f"{status.st_mtime_ns} {status.st_size}"
            elif entry.name != "__pycache__" and entry.is_dir(follow_symlinks=False):
                yield from _stamped(entry.path)


def _foreign_sources(known: Registry) -> Iterable[str]:
    """The texts of the modules that rules of others come with."""
    foreign = {rule.__module__ for rule in known.rules.values()}
    foreign = {name for name in foreign if not name.startswith("handbook.")}
    if not foreign:
        return []
    packages = {name.partition(".")[0] for name in foreign}
    folders = {
        os.path.join(os.path.dirname(os.path.abspath(path)), "")
        for name in foreign
        if (path := getattr(sys.modules.get(name), "__file__", None))
    }
    paths: set[str] = set()
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        # What a plug-in imports from beside itself is a part of it.
        if isinstance(path, str) and (
            name.partition(".")[0] in packages or os.path.abspath(path).startswith(tuple(folders))
        ):
            paths.add(os.path.abspath(path))
    return [f"{path} {digest_of_file(path)}" for path in sorted(paths)]
