"""The settings of every file of a run: the nearest file's, under those of the command line."""

import os
from collections.abc import Mapping
from pathlib import Path

from handbook.config.errors import ConfigError, shown
from handbook.config.kinds import MismatchError
from handbook.config.loading import (
    Values,
    absolute,
    config_in,
    converted,
    is_root,
    load_values,
    merged,
    root_without_project,
)
from handbook.config.settings import Settings


class Configuration:
    """Looks up the settings that hold for a file, and remembers them by folder.

    `config_file` holds for all files instead of the nearest one, with globs relative to the working
    directory. `overrides` are keys as TOML spells them and win over every file. `isolated` leaves
    all files unread. Without `plugins`, the Python files that `plugins` names are not loaded.
    Raises `ConfigError` if an override is wrong.
    """

    def __init__(
        self,
        config_file: Path | None = None,
        overrides: Mapping[str, object] | None = None,
        isolated: bool = False,
        plugins: bool = True,
    ) -> None:
        try:
            self._overrides = converted(overrides or {})
        except MismatchError as mismatch:
            raise ConfigError(mismatch.message) from None
        if "extend" in self._overrides:
            raise ConfigError("`extend` can only be set in a configuration file")
        if "plugins" in self._overrides:
            self._overrides["plugins"] = absolute(self._overrides["plugins"], Path.cwd())
        if "cache_dir" in self._overrides:
            (here,) = absolute((self._overrides["cache_dir"],), Path.cwd())
            self._overrides["cache_dir"] = here
        self._isolated = isolated
        self._plugins = plugins
        self._fixed: Settings | None = None
        if config_file is not None and not isolated:
            if not os.path.isfile(config_file):
                raise ConfigError(f"the configuration file `{shown(config_file)}` does not exist")
            source = Path(os.path.abspath(config_file))
            self._fixed = self._settings(Path.cwd(), source, load_values(source))
        self._by_folder: dict[str, Settings] = {}
        self._projects: dict[str, Path | None] = {}
        self._roots: dict[str, Path] = {}
        self._existing: dict[str, bool] = {}

    def for_file(self, path: Path) -> Settings:
        """Return the settings for the file at `path`; raises `ConfigError` for a broken file."""
        return self.for_folder(path.parent)

    def for_folder(self, folder: Path | str) -> Settings:
        """Return the settings for the files in `folder`; raises `ConfigError` for a broken file."""
        if self._fixed is not None:
            return self._fixed
        start = os.path.abspath(folder)
        if (known := self._by_folder.get(start)) is not None:
            return known
        self._by_folder[start] = settings = self._look_up(Path(start))
        return settings

    def root_of(self, folder: Path | str) -> Path:
        """Return the root of the project that `folder` belongs to, as `find_root` does."""
        start = os.path.abspath(folder)
        if (known := self._roots.get(start)) is None:
            above = self._project_above(Path(start))
            self._roots[start] = known = above or root_without_project(Path(start), self._exists)
        return known

    def _exists(self, path: str) -> bool:
        known = self._existing.get(path)
        if known is None:
            known = self._existing[path] = os.path.exists(path)
        return known

    def _project_above(self, folder: Path) -> Path | None:
        key = str(folder)
        if key not in self._projects:
            if is_root(folder):
                self._projects[key] = folder
            else:
                above = folder.parent
                self._projects[key] = None if above == folder else self._project_above(above)
        return self._projects[key]

    def _look_up(self, folder: Path) -> Settings:
        if not self._isolated and (source := config_in(folder)):
            values = load_values(source)
            if "plugins" in values and not self._is_own(source):
                values = {name: value for name, value in values.items() if name != "plugins"}
            return self._settings(source.parent, source, values)
        if folder.parent == folder:
            return self._settings(self.root_of(folder), None, {})
        above = self.for_folder(folder.parent)
        if above.source:
            return above
        root = self.root_of(folder)
        return above if above.root == root else self._settings(root, None, {})

    def _is_own(self, source: Path) -> bool:
        """Whether a file is the one that holds for the working directory.

        No other may name code to run: it may be anybody's, below the folder that is checked.
        """
        here = Path.cwd()
        return source == next(filter(None, map(config_in, (here, *here.parents))), None)

    def _settings(self, root: Path, source: Path | None, values: Values) -> Settings:
        values = self._overridden(values)
        if self._plugins:
            return Settings(root, source, **values)
        withheld = values.pop("plugins", ())
        return Settings(root, source, withheld, **values)

    def _overridden(self, values: Values) -> Values:
        """Lay the overrides over `values`.

        As in ruff, `--select` starts anew, whatever the files choose, and `--ignore` without it
        adds to what they ignore.
        """
        overrides = dict(self._overrides)
        if "select" in overrides:
            chosen = ("ignore", "extend_select", "extend_ignore")
            values = {name: value for name, value in values.items() if name not in chosen}
        elif "ignore" in overrides:
            overrides["ignore"] = (*values.get("ignore", ()), *overrides["ignore"])
        return merged(values, overrides)


def parse_override(text: str) -> dict[str, object]:
    """Read a `KEY=VALUE` of the command line, in TOML: `rules.some-rule.option = "value"`.

    Raises `ConfigError` if it is not TOML.
    """
    import tomli

    try:
        table = tomli.loads(text)
    except (tomli.TOMLDecodeError, RecursionError):
        raise ConfigError(
            f'`{text}` is not a TOML assignment such as `preview = true` or `src = ["backend"]`'
        ) from None
    return dict(table)


def merge_overrides(*tables: Mapping[str, object]) -> dict[str, object]:
    """Return one table of overrides out of several; a later one wins over an earlier one."""
    result: dict[str, object] = {}
    for table in tables:
        result = merged(result, dict(table))
    return result
