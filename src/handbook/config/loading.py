"""Finds and reads configuration files."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handbook.config.errors import ConfigError, nearest, shown
from handbook.config.kinds import KeyPath, MismatchError
from handbook.config.lines import key_lines
from handbook.config.settings import KEYS, Settings, attribute, kind_of

type Exists = Callable[[str], bool]
type Values = dict[str, Any]
"""Attributes of `Settings` that were set, converted to their types."""

OWN_FILE: str = "handbook.toml"
PROJECT_FILE: str = "pyproject.toml"


def find_config(directory: Path) -> Path | None:
    """Return the configuration file that holds for `directory`, or None.

    It is the nearest `handbook.toml`, or `pyproject.toml` with a table `[tool.handbook]`, in the
    folder or above it. Raises `ConfigError` if a `pyproject.toml` on the way cannot be read.
    """
    start = Path(os.path.abspath(directory))
    return next(filter(None, map(config_in, (start, *start.parents))), None)


def config_in(folder: Path) -> Path | None:
    """Return the configuration file in `folder` itself; errors as in `find_config`."""
    # Asked for each folder of a project: as text a path costs a tenth of what `Path` does.
    start = str(folder)
    if os.path.isfile(os.path.join(start, OWN_FILE)):
        return folder / OWN_FILE
    if not os.path.isfile(os.path.join(start, PROJECT_FILE)):
        return None
    project = folder / PROJECT_FILE
    # Most projects do not name us at all: then there is nothing to parse.
    if b"handbook" in _read_bytes(project):
        document = _read(project)
        if isinstance(tool := document.content.get("tool"), dict) and "handbook" in tool:
            return project
    return None


_SIGNS = ("requirements.txt", "setup.py", "setup.cfg", "Pipfile")
"""Files that stand in the topmost folder of projects older than `pyproject.toml`."""


def is_root(folder: Path) -> bool:
    """Tell whether `folder` is the root of a project."""
    start = str(folder)
    return any(os.path.isfile(os.path.join(start, name)) for name in (PROJECT_FILE, OWN_FILE))


def _is_top(folder: str, exists: Exists) -> bool:
    return any(exists(os.path.join(folder, name)) for name in _SIGNS)


def find_root(directory: Path) -> Path:
    """Return the root of the project that `directory` belongs to, as an absolute path.

    It is the nearest folder with `pyproject.toml` or `handbook.toml`; see `root_without_project`.
    """
    start = Path(os.path.abspath(directory))
    return next(filter(is_root, (start, *start.parents)), None) or root_without_project(start)


def root_without_project(directory: Path, exists: Exists = os.path.exists) -> Path:
    """Return the best guess of a root where no project file says it.

    It is the repository. Outside of one, where the working directory lies above, it is the
    outermost folder below that lists requirements or can be installed, else the working directory
    itself, unless that is a place where everything lies. Otherwise it is the nearest folder with
    such a list, and where there is none the folder around the outermost package.

    `exists` tells whether a path does; who asks about many folders remembers that.
    """
    above = [str(directory), *map(str, directory.parents)]
    home = os.path.expanduser("~")
    for folder in above:
        if exists(os.path.join(folder, ".git")):
            return Path(folder)
    here = os.getcwd()
    if here in above:
        below = above[: above.index(here) + 1]
        for folder in reversed(below):
            if _is_top(folder, exists):
                return Path(folder)
        if not _is_within(home, here):
            return Path(here)
    for folder in above:
        if _is_top(folder, exists) and not _is_within(home, folder):
            return Path(folder)
    while exists(os.path.join(directory, "__init__.py")):
        directory = directory.parent
    return directory


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))


def load(path: Path) -> Settings:
    """Read the settings of a configuration file and of those that it extends.

    A file called `pyproject.toml` is read from its table `[tool.handbook]`, any other from the top.
    Raises `ConfigError` for whatever is wrong with them.
    """
    path = Path(os.path.abspath(path))
    return Settings(path.parent, path, **load_values(path))


def load_values(path: Path, extended_by: tuple[Path, ...] = ()) -> Values:
    """Read what `path` and the files it extends set; errors as in `load`.

    `extended_by` are the files that lead to this one.
    """
    document = _read(path)
    values = document.values()
    chain = (*extended_by, path)
    if base := values.get("extend"):
        target = Path(os.path.normpath(path.parent / os.path.expanduser(base)))
        if any(_same(target, earlier) for earlier in chain):
            circle = " -> ".join(shown(step) for step in (*chain, target))
            raise document.error(("extend",), f"`extend` goes round in a circle: {circle}")
        if not os.path.isfile(target):
            raise document.error(("extend",), f"`extend` names `{base}`, which is not a file")
        values = merged(load_values(target, chain), values)
    return values


def merged(lower: Values, upper: Values) -> Values:
    """Return what holds when `upper` is set over `lower`: see the description of `extend`."""
    sums = {
        name: (*lower.get(name, ()), *value)
        for name, value in upper.items()
        if name.startswith(("extend_", "extend-"))
    }
    return {**merged_tables(lower, upper), **sums}


def merged_tables(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Return `lower` with the entries of `upper` in it, table by table."""
    result = dict(lower)
    for key, value in upper.items():
        if isinstance(value, Mapping) and isinstance(below := lower.get(key), Mapping):
            value = merged_tables(below, value)
        result[key] = value
    return result


def converted(table: Mapping[str, object]) -> Values:
    """Convert a TOML table of keys to values of `Settings`.

    Raises `MismatchError` for an unknown key and for a value of the wrong type.
    """
    values: Values = {}
    for key, value in table.items():
        if key not in KEYS:
            raise MismatchError((key,), f"unknown key `{key}`{nearest(key, KEYS)}")
        values[attribute(key)] = kind_of(key).read((key,), value)
    return values


def absolute(paths: tuple[str, ...], folder: Path) -> tuple[str, ...]:
    """Return `paths`, which are relative to `folder` and may begin with `~`, as absolute ones."""
    return tuple(os.path.normpath(folder / os.path.expanduser(path)) for path in paths)


@dataclass(frozen=True, slots=True)
class _Document:
    """A TOML file that was read."""

    path: Path
    text: str
    content: dict[str, Any]

    @property
    def prefix(self) -> tuple[str, ...]:
        return ("tool", "handbook") if self.path.name == PROJECT_FILE else ()

    def values(self) -> Values:
        table: object = self.content
        for depth, part in enumerate(self.prefix):
            table = table.get(part, {}) if isinstance(table, Mapping) else None
            if not isinstance(table, Mapping):
                name = ".".join(self.prefix[: depth + 1])
                raise ConfigError(f"`{name}` is not a table", self.path, self.line_of(()))
        try:
            values = converted(table)  # type: ignore[arg-type]
        except MismatchError as mismatch:
            raise self.error(mismatch.keys, mismatch.message) from None
        if "plugins" in values:
            values["plugins"] = absolute(values["plugins"], self.path.parent)
        if "cache_dir" in values:
            values["cache_dir"] = absolute((values["cache_dir"],), self.path.parent)[0]
        if wanted := values.get("required_version"):
            from handbook.config.version import why_not

            if reason := why_not(wanted):
                raise self.error(("required-version",), reason)
        return values

    def error(self, keys: KeyPath, message: str) -> ConfigError:
        return ConfigError(message, self.path, self.line_of(keys))

    def line_of(self, keys: KeyPath) -> int:
        """Return the line of a key, or of the nearest table around it."""
        lines = key_lines(self.text)
        path: KeyPath = (*self.prefix, *keys)
        while path and path not in lines:
            path = path[:-1]
        return lines.get(path, 1)


def _same(one: Path, other: Path) -> bool:
    return one == other or os.path.realpath(one) == os.path.realpath(other)


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path) from None


def _read(path: Path) -> _Document:
    import tomli

    raw = _read_bytes(path)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError("is not written in UTF-8", path, line) from None
    try:
        return _Document(path, text, tomli.loads(text))
    except tomli.TOMLDecodeError as error:
        message = f"is not valid TOML: {error.msg[:1].lower()}{error.msg[1:]}"
        raise ConfigError(message, path, error.lineno) from None
    except RecursionError:
        raise ConfigError("is not usable: it is nested too deeply", path) from None
