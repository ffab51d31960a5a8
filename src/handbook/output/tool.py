"""What a format says about handbook itself: its name, version and documentation."""

from importlib import metadata

NAME = "handbook"
DOCUMENTATION = "https://handbook-lint.readthedocs.io/"


def rule_url(name: str) -> str:
    """Address the page that documents the rule with the slug `name`."""
    return f"{DOCUMENTATION}rules/{name}/"


def version() -> str:
    """Give the installed version, or `0` for a source tree that is not installed."""
    try:
        return metadata.version(NAME)
    except metadata.PackageNotFoundError:
        return "0"
