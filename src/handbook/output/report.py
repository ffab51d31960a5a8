"""What one run found, as every format is handed it."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from handbook.violation import Violation


class RuleText(NamedTuple):
    """What a report for people can say about a rule.

    Attributes:
        chapter: of the standard.
        summary: one sentence.
        page: all of it, as text.
    """

    chapter: str
    summary: str
    page: str


def _nothing(code: str) -> RuleText | None:
    return None


@dataclass(frozen=True, slots=True)
class Report:
    """What one run found.

    `violations` are already sorted. `source` gives the text of a path, or `""` where it cannot
    be read; it is called only by formats that show or measure source, once for each path.
    Paths below `root` are shown relative to it. `files` is how many files were checked. Without
    `summary` formats for people say nothing but the violations. `fixed` is, by path, how many of
    each code were fixed before; `show_fixes` lists them. `remarks` are sentences for people that
    follow the summary. `about` tells what a code stands for. With `unsafe_fixes` all fixes are offered.
    """

    violations: Sequence[Violation]
    source: Callable[[str], str]
    root: Path
    files: int = 0
    color: bool = False
    summary: bool = True
    unsafe_fixes: bool = False
    fixed: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    show_fixes: bool = False
    remarks: Sequence[str] = ()
    about: Callable[[str], RuleText | None] = _nothing

    def relative(self, path: str) -> str:
        """Name `path` from `root` if it lies below it; give any other path back as it is."""
        return _relative(str(self.root), path)


@lru_cache(maxsize=8192)
def _relative(root: str, path: str) -> str:
    folder = os.path.join(os.path.abspath(root), "")
    full = os.path.normpath(os.path.join(folder, path))
    return full[len(folder) :] if full.startswith(folder) else path
