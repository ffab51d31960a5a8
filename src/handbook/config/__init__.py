"""`[tool.handbook]` in `pyproject.toml`, or `handbook.toml`: typed, strict and by folder."""

from handbook.config.configuration import Configuration, merge_overrides, parse_override
from handbook.config.errors import ConfigError
from handbook.config.kinds import OUTPUT_FORMATS
from handbook.config.loading import find_config, find_root, load
from handbook.config.settings import KEYS, Settings, describe

__all__ = [
    "KEYS",
    "OUTPUT_FORMATS",
    "ConfigError",
    "Configuration",
    "Settings",
    "describe",
    "find_config",
    "find_root",
    "load",
    "merge_overrides",
    "parse_override",
]
