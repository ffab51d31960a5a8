"""Which lines a change touches: what git says that stands in the working tree since a revision."""

import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from handbook.config import ConfigError
from handbook.violation import Span, Violation

_HUNK = re.compile(rb"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class Changes:
    """The changed lines of a working tree.

    Attributes:
        lines: by absolute path, the numbers of the added or changed lines.
        whole: the absolute paths of new files that git does not track.
    """

    lines: Mapping[str, frozenset[int]]
    whole: frozenset[str]

    def touch(self, violation: Violation) -> bool:
        """Whether a violation, or a place that explains it, lies in changed lines."""
        places = [(violation.path, violation.span)]
        places += [(related.path, related.span) for related in violation.related]
        return any(self._touches(path, span) for path, span in places)

    def _touches(self, path: str, span: Span) -> bool:
        absolute = os.path.realpath(path)
        if absolute in self.whole:
            return True
        changed = self.lines.get(absolute, frozenset())
        return not changed.isdisjoint(range(span.start.line, span.end.line + 1))


def changes_since(revision: str, folder: Path) -> Changes:
    """Ask git what has changed since the merge base of `HEAD` and a revision.

    Raises:
        ConfigError: outside of a repository, or for a revision that git does not know.
    """
    if revision.startswith("-"):
        raise ConfigError(f"`{revision}` is not a revision")
    top = Path(os.fsdecode(_git(["rev-parse", "--show-toplevel"], folder).rstrip(b"\n")))
    base = _git(["merge-base", revision, "HEAD"], folder).decode().strip()
    diff = _git(
        [
            *("-c", "core.quotePath=false", "diff", "--no-color", "--no-ext-diff", "--no-renames"),
            *("--unified=0", "--src-prefix=a/", "--dst-prefix=b/", "--relative", base),
        ],
        top,
    )
    untracked = _git(["ls-files", "--others", "--exclude-standard", "-z"], top)
    root = os.path.realpath(top)
    return Changes(
        _lines_of(diff, root),
        frozenset(
            os.path.join(root, os.fsdecode(name)) for name in untracked.split(b"\0") if name
        ),
    )


def only_changed(violations: Iterable[Violation], changes: Changes) -> list[Violation]:
    """The violations that a change touches."""
    return [violation for violation in violations if changes.touch(violation)]


def _git(arguments: Sequence[str], folder: Path) -> bytes:
    # No hook, pager or filter of the repository runs for these commands.
    command = ["git", "-c", "core.fsmonitor=false", *arguments]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)  # noqa: S603
    except OSError:
        raise ConfigError("git is needed to compare with a revision, and cannot be run") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise ConfigError(f"git cannot compare with the revision: {said or 'no common commit'}")
    return done.stdout


def _lines_of(diff: bytes, root: str) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    path = ""
    for line in diff.split(b"\n"):
        if line.startswith(b"+++ "):
            name = _name(line[4:])
            path = os.path.join(root, name) if name else ""
        elif path and (hunk := _HUNK.match(line)):
            first, count = int(hunk[1]), int(hunk[2] or b"1")
            found.setdefault(path, set()).update(range(first, first + count))
    return {path: frozenset(lines) for path, lines in found.items()}


def _name(shown: bytes) -> str:
    """The path that a header line of a diff names; empty for a deleted file."""
    shown = shown.rstrip(b"\t")
    if shown.startswith(b'"') and shown.endswith(b'"'):
        shown = shown[1:-1].decode("unicode_escape").encode("latin-1")
    return os.fsdecode(shown[2:]) if shown.startswith(b"b/") else ""
