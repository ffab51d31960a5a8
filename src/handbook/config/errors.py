"""The one exception of the configuration, and how it words a name that nobody knows."""

from collections.abc import Iterable
from pathlib import Path


class ConfigError(Exception):
    """A configuration that cannot be used; its text is one sentence for the user.

    `path` and `line` (from 1) say where, for editors, and are part of the text already.
    """

    def __init__(self, message: str, path: Path | None = None, line: int | None = None) -> None:
        super().__init__(message, path, line)
        self.message = message
        self.path = path
        self.line = line

    def __str__(self) -> str:
        if self.path is None:
            return self.message
        place = shown(self.path) if self.line is None else f"{shown(self.path)}:{self.line}"
        return f"{place}: {self.message}"


def shown(path: Path) -> str:
    """Return `path` as a user would write it: relative where it lies below the working directory."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def nearest(name: str, names: Iterable[str]) -> str:
    """Return a clause with the nearest of `names`: "; did you mean `x`?".

    Where none is near, it is all of them if they are few.
    """
    from difflib import SequenceMatcher, get_close_matches

    known = {candidate.lower(): candidate for candidate in names}
    normal = name.lower().replace("_", "-")
    if close := get_close_matches(normal, known, n=len(known) or 1, cutoff=0.5):
        # Of names that are equally near, the one that begins alike, HB03l is no HB103, and then the
        # first: HB31 lacks a zero.
        ratios = {
            candidate: SequenceMatcher(None, candidate, normal).ratio() for candidate in close
        }
        equal = [candidate for candidate in close if ratios[candidate] == ratios[close[0]]]
        best = min(equal, key=lambda candidate: (-_shared_beginning(candidate, normal), candidate))
        return f"; did you mean `{known[best]}`?"
    if len(known) > 16:
        closest = get_close_matches(normal, known, n=1, cutoff=0.0)
        return f"; the nearest is `{known[closest[0]]}`"
    return f"; known are {', '.join(f'`{candidate}`' for candidate in known.values())}"


def _shared_beginning(one: str, other: str) -> int:
    """How many characters two names begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((count for count, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
