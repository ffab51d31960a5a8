"""What has been found out about a project, and what each of these facts was made from."""

import sys
from collections.abc import Callable, Collection, Hashable, Iterator, Set
from contextlib import contextmanager

from handbook.syntax.outline import Scope

EVERYTHING = "*"
"""What an answer depends on that comes from all files of a project."""
WORD = "word:"
"""Begins what an answer depends on that comes from the files that hold a word: which they are."""
TEST = "test:"
"""Begins the same for the files whose texts pass a test, which is named."""

_NOWHERE = sys.maxsize
_UNTRACKED: Set[str] = frozenset()


class Memory:
    """Facts, each computed once.

    Attributes:
        asked: what was asked about since `recording` began: paths, modules not found, words and
            tests (`word:…`, `test:…`), and `EVERYTHING`; `None` where nobody wants to know.
    """

    def __init__(self, *, tracks: bool) -> None:
        """Begin with nothing.

        Args:
            tracks: whether to keep note of what each answer was made from, so that an edit undoes
                no more than it must.
        """
        self.asked: set[str] | None = None
        self._tracks = tracks
        self._pending: dict[Hashable, int] = {}
        self._cut_at = _NOWHERE
        self._facts: dict[Hashable, tuple[object, Set[str]]] = {}

    def fact[T](self, key: Hashable, compute: Callable[[], T]) -> T:
        """Compute something about the project once, under a key of the caller's.

        A path or a scope in the key says that it is about that file. A node needs one of them
        beside it: an edit keeps the nodes of other statements. What was found by cutting a circle
        further out is not remembered: whoever asks first would decide the answer.
        """
        known = self._facts.get(key)
        if known is None:
            if self._tracks:
                # As `recording` does it, at half the cost.
                around, asked = self.asked, {*_paths_in(key)}
                self.asked = asked
                try:
                    known = (compute(), asked)
                finally:
                    self.asked = around
                    if around is not None:
                        around |= asked
            else:
                known = (compute(), _UNTRACKED)
            if self._cut_at >= len(self._pending):
                self._facts[key] = known
        elif self.asked is not None:
            self.asked |= known[1]
        return known[0]  # type: ignore[return-value]

    def recall(self, key: Hashable) -> tuple[object] | None:
        """What is known under a key, if anything is: for those who compute facts their own way."""
        known = self._facts.get(key)
        if known is None:
            return None
        if self.asked is not None:
            self.asked |= known[1]
        return (known[0],)

    def remember(self, key: Hashable, found: object, asked: Set[str]) -> None:
        """Take note of a fact, and of all that was asked about on the way to it."""
        self._facts[key] = (found, {*asked, *_paths_in(key)} if self._tracks else _UNTRACKED)

    def _unless_circular[T](self, key: Hashable, compute: Callable[[], T]) -> T | None:
        """Compute something, or give `None` where that is what is being computed already."""
        level = self._pending.get(key)
        if level is not None:
            self._cut_at = min(self._cut_at, level)
            return None
        level = self._pending[key] = len(self._pending)
        try:
            return compute()
        finally:
            del self._pending[key]
            if self._cut_at >= level:
                self._cut_at = _NOWHERE

    @contextmanager
    def recording(self) -> Iterator[set[str]]:
        """Collect what is asked about meanwhile; for a project that does not track, nothing."""
        if not self._tracks:
            yield set()
            return
        before, self.asked = self.asked, set()
        try:
            yield self.asked
        finally:
            if before is not None:
                before |= self.asked
            self.asked = before

    def _note(self, name: str) -> None:
        if self.asked is not None:
            self.asked.add(name)

    def _forget_facts(self, made_from: Collection[str] | None = None) -> None:
        """Forget the facts made from any of some things; all facts where that is not known."""
        if made_from is None or not self._tracks:
            self._facts.clear()
            return
        touched = set(made_from)
        self._facts = {
            key: fact for key, fact in self._facts.items() if touched.isdisjoint(fact[1])
        }


def _paths_in(key: Hashable) -> Iterator[str]:
    """The files that the key of a fact names."""
    for part in key if isinstance(key, tuple) else (key,):
        if isinstance(part, str):
            yield part
        elif isinstance(part, Scope):
            yield part.outline.path
