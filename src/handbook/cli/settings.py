"""What `handbook check --show-settings` prints."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from handbook.checking.cache.location import folder_for
from handbook.checking.workspace import Workspace
from handbook.config import KEYS, ConfigError
from handbook.output.text import printable


def show(path: Path, workspace: Workspace, *, cached: bool) -> Iterator[str]:
    """Yield the settings of a file as TOML, with the rules that run on it.

    Args:
        path: of the file.
        workspace: which would check it.
        cached: whether results of earlier runs would be used.

    Raises:
        ConfigError: for a broken configuration.
    """
    settings = workspace.configuration.for_file(path)
    source = printable(str(settings.source or "the defaults: there is no configuration file"))
    yield f"# The settings of {printable(str(path))}\n"
    yield f"# from {source}\n\n"
    yield "[tool.handbook]\n"
    for key in KEYS:
        value = getattr(settings, key.replace("-", "_"))
        if value is None:
            yield f"# {key} is not set\n"
        else:
            yield f"{key} = {toml(value)}\n"
    if cached:
        folder = folder_for(workspace.configuration.root_of(path.parent), settings.cache_dir)
        yield f"\n# Results are kept in {folder}\n"
    else:
        yield "\n# Results of earlier runs are not used, for `--no-cache`\n"
    if settings.plugins:
        yield "\n# Plug-ins are not loaded: their rules are not listed.\n"
    try:
        rules = workspace.rules(settings, path).rules
    except ConfigError:
        if not settings.plugins:
            raise
        return  # One of the plug-ins' rules is named.
    yield f"\n# {len(rules)} rules run on it:\n"
    for code, rule in rules.items():
        yield f"#   {code} {rule.slug()}\n"


def toml(value: object) -> str:
    """Write a value as TOML; text is quoted as JSON does, which TOML reads alike."""
    if isinstance(value, Mapping):
        items = (f"{json.dumps(str(key))} = {toml(item)}" for key, item in value.items())
        return f"{{ {', '.join(items)} }}" if value else "{}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value)
