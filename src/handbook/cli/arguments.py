"""What `handbook check` was called with, and the configuration that comes of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from handbook.cli.options import flattened, per_file_ignores, split_config
from handbook.cli.terminal import Color

if TYPE_CHECKING:
    from handbook.config import Configuration

_SETTINGS = (
    *("preview", "force_exclude", "respect_gitignore", "output_format"),
    *("fix", "unsafe_fixes", "show_fixes", "fail_on", "cache_dir"),
)
"""Options that set a key of the configuration as they are; None leaves it as it is."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What `handbook check` was called with, named as its options are."""

    paths: tuple[Path, ...]
    select: tuple[list[str], ...]
    ignore: tuple[list[str], ...]
    extend_select: tuple[list[str], ...]
    extend_ignore: tuple[list[str], ...]
    per_file_ignores: tuple[str, ...]
    preview: bool | None
    exclude: tuple[list[str], ...]
    extend_exclude: tuple[list[str], ...]
    force_exclude: bool | None
    respect_gitignore: bool | None
    output_format: str | None
    output_file: Path | None
    statistics: bool
    show_files: bool
    show_settings: bool
    color: Color
    quiet: bool
    verbose: bool
    config: tuple[str, ...]
    isolated: bool
    no_plugins: bool
    baseline: Path | None
    no_baseline: bool
    update_baseline: bool
    diff_base: str | None
    severity: str | None
    fail_on: str | None
    fix: bool | None
    unsafe_fixes: bool | None
    diff: bool
    fix_only: bool
    show_fixes: bool | None
    exit_non_zero_on_fix: bool
    add_noqa: str | None
    exit_zero: bool
    stdin_filename: Path | None
    watch: bool
    no_cache: bool
    cache_dir: str | None
    jobs: int | None

    def configuration(self) -> "Configuration":
        """The configuration under what the options say.

        Raises:
            ConfigError: if one of them names no key, or has the wrong type.
            UsageError: where options contradict each other.
        """
        from handbook.config import Configuration, merge_overrides, parse_override

        file, assignments = split_config(self.config)
        if file is not None and self.isolated:
            raise click.UsageError("`--isolated` reads no file, so `--config` can name none")
        lists = ("select", "ignore", "extend_select", "extend_ignore", "exclude", "extend_exclude")
        given: dict[str, object] = {name: flattened(getattr(self, name)) for name in lists}
        given["per_file_ignores"] = per_file_ignores(self.per_file_ignores)
        for name in _SETTINGS:
            value = getattr(self, name)
            given[name] = [] if value is None else value
        overrides = {key.replace("_", "-"): value for key, value in given.items() if value != []}
        if not overrides["per-file-ignores"]:
            del overrides["per-file-ignores"]
        return Configuration(
            file,
            merge_overrides(*map(parse_override, assignments), overrides),
            self.isolated,
            plugins=not self.no_plugins,
        )
