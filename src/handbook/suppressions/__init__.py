"""Comments that silence violations: `# noqa` as flake8 reads it, and `# handbook:` directives."""

from handbook.suppressions.comments import (
    NOQA,
    NOQA_FILE,
    Malformed,
    Name,
    Suppression,
    nearest,
    parse_noqa,
)
from handbook.suppressions.suppressions import Suppressions

__all__ = [
    "NOQA",
    "NOQA_FILE",
    "Malformed",
    "Name",
    "Suppression",
    "Suppressions",
    "nearest",
    "parse_noqa",
]
