"""Every key of `[tool.handbook]`, listed once: its name, type, default and description."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path

from handbook.config.errors import ConfigError, nearest
from handbook.config.kinds import (
    BOOLEAN,
    OPTIONS,
    OUTPUT_FORMAT,
    ROLES,
    SEVERITIES,
    SEVERITY,
    STRING,
    STRING_LISTS,
    STRINGS,
    Kind,
)
from handbook.violation import Severity


@dataclass(frozen=True, slots=True)
class _Key:
    """What is known of a key besides its name and default."""

    kind: Kind[object]
    description: str
    example: str
    default: str | None


def _key[T, D](
    kind: Kind[T], default: D, description: str, example: str, *, said: str | None = None
) -> T | D:
    """Declare a key; `said` words a default that the value itself does not tell."""
    about = {"key": _Key(kind, description, example, said)}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=about)  # type: ignore[return-value]
    return field(default=default, metadata=about)


_NO_STRINGS: tuple[str, ...] = ()

_EXCLUDED: tuple[str, ...] = (
    *(".bzr", ".direnv", ".eggs", ".git", ".git-rewrite", ".hg", ".ipynb_checkpoints"),
    *(".mypy_cache", ".nox", ".pants.d", ".pyenv", ".pytest_cache", ".pytype", ".ruff_cache"),
    *(".svn", ".tox", ".venv", ".vscode", "__pypackages__", "_build", "buck-out", "build"),
    *("dist", "node_modules", "site-packages", "venv"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration says for the files of one folder. Picklable."""

    root: Path
    """The folder that globs are relative to: that of `source`, or the project's root without one."""
    source: Path | None = None
    """The file that was read; None for the defaults."""
    withheld: tuple[str, ...] = ()
    """The plug-ins that the file names and that may not be loaded."""

    extend: str | None = _key(
        STRING,
        None,
        "Another configuration file to start from; its path is relative to this file and may "
        "begin with `~`. What is set here replaces what is set there; tables are merged key by "
        "key, and the lists whose names begin with `extend-` add up. Globs of both hold relative "
        "to this file's folder.",
        'extend = "../base.toml"',
        said="nothing",
    )
    select: tuple[str, ...] | None = _key(
        STRINGS,
        None,
        "The rules to run: codes (`HB121`), prefixes of codes (`HB12` is a chapter), slugs "
        "(`cors-wildcard-credentials`), levels (`essential`, `recommended`, `strict`; each holds "
        "the one before it), or `ALL`.",
        'select = ["strict", "HB055"]',
        said='["recommended"]',
    )
    ignore: tuple[str, ...] = _key(
        STRINGS,
        _NO_STRINGS,
        "The rules not to run, named as in `select`. The longer prefix wins over the shorter one.",
        'ignore = ["HB037"]',
    )
    extend_select: tuple[str, ...] = _key(
        STRINGS,
        _NO_STRINGS,
        "Rules to run besides those of `select`, named as there.",
        'extend-select = ["HB21"]',
    )
    extend_ignore: tuple[str, ...] = _key(
        STRINGS,
        _NO_STRINGS,
        "Rules not to run besides those of `ignore`, named as in `select`.",
        'extend-ignore = ["module-name"]',
    )
    preview: bool = _key(
        BOOLEAN,
        False,
        "Whether rules run that have not been proven on real projects yet.",
        "preview = true",
    )
    per_file_ignores: Mapping[str, tuple[str, ...]] = _key(
        STRING_LISTS,
        {},
        "Rules not to run in some files: globs of files, each with rules named as in `select`. A "
        "glob is matched against the file's name and its path below the configuration's folder; "
        "one that begins with `!` stands for all the other files.",
        'per-file-ignores = { "tests/**" = ["HB03"], "legacy.py" = ["ALL"] }',
    )
    severity: Mapping[str, Severity] = _key(
        SEVERITIES,
        {},
        "How much the violations of a rule matter, by code, prefix or slug. The longer prefix "
        "wins over the shorter one, and a rule's own name over both.",
        'severity = { HB121 = "error", "HB03" = "info" }',
    )
    exclude: tuple[str, ...] = _key(
        STRINGS,
        _EXCLUDED,
        "Globs of files and folders to leave out, matched against their names and their paths "
        "below the configuration's folder. Replaces the default list; `extend-exclude` adds to it. "
        "A file that is named on the command line is checked all the same, unless `force-exclude`.",
        'exclude = [".venv", "app/generated/*"]',
    )
    extend_exclude: tuple[str, ...] = _key(
        STRINGS,
        _NO_STRINGS,
        "Globs of files and folders to leave out besides those of `exclude`.",
        'extend-exclude = ["vendored"]',
    )
    force_exclude: bool = _key(
        BOOLEAN,
        False,
        "Whether `exclude` holds for the files that are named on the command line, too, as "
        "pre-commit needs it.",
        "force-exclude = true",
    )
    respect_gitignore: bool = _key(
        BOOLEAN,
        True,
        "Whether files that git ignores are left out.",
        "respect-gitignore = false",
    )
    src: tuple[str, ...] = _key(
        STRINGS,
        (".", "src"),
        "The folders from which modules are imported, relative to the project's root. What lies in "
        "none of them is looked for beside the file, and in the folders around it.",
        'src = ["backend"]',
    )
    roles: Mapping[str, tuple[str, ...]] = _key(
        ROLES,
        {},
        "Which modules have which role, as globs that replace the default ones of that role. A "
        "glob that ends in `/**` is about a folder; the name of a file counts more than its folder.",
        'roles = { router = ["*_http.py", "controllers/**"] }',
        said="by the usual names, such as `router.py`, `*_router.py` and `routers/**`",
    )
    plugins: tuple[str, ...] = _key(
        STRINGS,
        _NO_STRINGS,
        "Python files with rules of your own, relative to the configuration file.",
        'plugins = ["tools/rules.py"]',
    )
    rules: Mapping[str, Mapping[str, object]] = _key(
        OPTIONS,
        {},
        "The options of single rules, by slug. `handbook rule SLUG` tells the options of a rule.",
        'rules.missing-security-headers = { headers = "proxy" }',
    )
    output_format: str | None = _key(
        OUTPUT_FORMAT,
        None,
        "How violations are printed.",
        'output-format = "concise"',
        said="`full`",
    )
    fixable: tuple[str, ...] = _key(
        STRINGS,
        ("ALL",),
        "The rules that `--fix` fixes, named as in `select`.",
        'fixable = ["HB03"]',
    )
    unfixable: tuple[str, ...] = _key(
        STRINGS,
        _NO_STRINGS,
        "The rules that `--fix` leaves alone, named as in `select`.",
        'unfixable = ["HB038"]',
    )
    extend_safe_fixes: tuple[str, ...] = _key(
        STRINGS,
        _NO_STRINGS,
        "Rules whose unsafe fixes are taken for safe ones, named as in `select`.",
        'extend-safe-fixes = ["HB111"]',
    )
    extend_unsafe_fixes: tuple[str, ...] = _key(
        STRINGS,
        _NO_STRINGS,
        "Rules whose safe fixes are taken for unsafe ones, named as in `select`.",
        'extend-unsafe-fixes = ["HB036"]',
    )
    unsafe_fixes: bool = _key(
        BOOLEAN,
        False,
        "Whether fixes are applied that may change what the program does.",
        "unsafe-fixes = true",
    )
    fix: bool = _key(BOOLEAN, False, "Whether `handbook check` applies fixes.", "fix = true")
    show_fixes: bool = _key(
        BOOLEAN, False, "Whether the applied fixes are listed.", "show-fixes = true"
    )
    baseline: str | None = _key(
        STRING,
        None,
        "The file of known violations, which are not reported; its path is relative to the "
        "configuration file. `handbook baseline` writes it.",
        'baseline = "lint/baseline.json"',
        said="`.handbook-baseline.json` in the project's folder, where it exists",
    )
    fail_on: str = _key(
        SEVERITY,
        "warning",
        "The lowest severity of violations for which `handbook check` exits with 1.",
        'fail-on = "error"',
    )
    cache_dir: str | None = _key(
        STRING,
        None,
        "The folder in which results are kept from one run to the next; its path is relative to "
        "the configuration file. `--no-cache` keeps none, and `handbook clean` removes them.",
        'cache-dir = "build/handbook-cache"',
        said="`.handbook_cache` in the project's folder",
    )
    required_version: str | None = _key(
        STRING,
        None,
        "The versions of handbook that may read this configuration; another one refuses to run.",
        'required-version = ">=0.1,<1"',
        said="any version",
    )

    def __hash__(self) -> int:
        """Hash by where the settings come from: the tables in them have no hash."""
        return hash((self.root, self.source))


def _declared() -> dict[str, tuple[_Key, Field[object]]]:
    return {
        declared.name.replace("_", "-"): (declared.metadata["key"], declared)
        for declared in fields(Settings)
        if "key" in declared.metadata
    }


_DECLARED: dict[str, tuple[_Key, Field[object]]] = _declared()

KEYS: tuple[str, ...] = tuple(_DECLARED)
"""The keys of the configuration as TOML spells them, in the order in which they are explained."""


def attribute(key: str) -> str:
    """Return the name of the attribute of `Settings` that holds `key`."""
    return key.replace("-", "_")


def kind_of(key: str) -> Kind[object]:
    """Return the type of `key`, one of `KEYS`."""
    return _DECLARED[key][0].kind


def describe(key: str) -> str:
    """Return the explanation of `key` in Markdown: what it does, its type, default and an example.

    Raises `ConfigError` for an unknown key.
    """
    if key not in _DECLARED:
        raise ConfigError(f"unknown key `{key}`{nearest(key, KEYS)}")
    about, declared = _DECLARED[key]
    default = about.default or f"`{_default_text(declared)}`"
    return (
        f"# {key}\n\n{about.description}\n\n"
        f"Type: {about.kind.text}\n\nDefault: {default}\n\n"
        f"```toml\n[tool.handbook]\n{about.example}\n```\n"
    )


def schema(rules: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    """The JSON Schema of `[tool.handbook]`, and of `handbook.toml`.

    `rules` are the schemas of the options of each rule, by slug.
    """
    properties: dict[str, object] = {}
    for key, (about, declared) in _DECLARED.items():
        described: dict[str, object] = {"description": about.description, **about.kind.schema}
        if about.default is None and declared.default is not MISSING:
            described["default"] = declared.default
        properties[key] = described
    properties["rules"] = {
        "description": _DECLARED["rules"][0].description,
        "type": "object",
        "properties": rules,
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "handbook",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _default_text(declared: Field[object]) -> str:
    return "{}" if declared.default is MISSING else json.dumps(declared.default)
