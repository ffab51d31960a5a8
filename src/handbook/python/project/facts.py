"""What has been found out about a project, and what each of these facts was made from."""

import sys
from collections.abc import Callable, Collection, Hashable, Iterator, Set
from contextlib import contextmanager

from handbook.python.project.steps import OutOfStepsError, Steps
from handbook.syntax.outline import Scope

EVERYTHING = "*"
"""What an answer depends on that comes from all files of a project."""
WORD = "word:"
"""Begins what an answer depends on that comes from the files that hold a word: which they are."""
TEST = "test:"
"""Begins the same for the files whose texts pass a test, which is named."""

IMPORTS = "imports"
"""What an answer depends on that comes from the imports of all files, and nothing else of them."""

OTHER = "file:"
"""Begins what an answer depends on that comes from a file that is no Python."""
FOLDER = "folder:"
"""Begins the same for the names of a folder's files that are no Python."""

_NOWHERE = sys.maxsize
_EVERYWHERE = -1
_DEEPEST = 48
_UNTRACKED: Set[str] = frozenset()


class _TooDeepError(Exception):
    """A question lies so deep below others that it had better be asked first."""

    def __init__(self, key: Hashable, compute: Callable[[], object]) -> None:
        super().__init__()
        self.key = key
        self.compute = compute


class Memory:
    """Facts, each computed once.

    Attributes:
        steps: how much work the facts took so far.
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
        self.steps = Steps()
        self._hopeless: set[Hashable] = set()
        self._depth = 0
        self._asked_first: set[Hashable] = set()
        self._tracks = tracks
        self._pending: dict[Hashable, int] = {}
        self._cut_at = _NOWHERE
        self._stale: set[str] | None = None
        self._facts: dict[Hashable, tuple[object, Set[str]]] = {}

    def fact[T](self, key: Hashable, compute: Callable[[], T]) -> T:
        """Compute something about the project once, under a key of the caller's.

        A path or a scope in the key says that it is about that file. A node needs one of them
        beside it: an edit keeps the nodes of other statements. What was found by cutting a circle
        further out is not remembered: whoever asks first would decide the answer.
        """
        known = self._facts.get(key)
        if known is None:
            return self._found_out(key, compute)
        if self.asked is not None:
            self.asked |= known[1]
        return known[0]  # type: ignore[return-value]

    def _found_out[T](self, key: Hashable, compute: Callable[[], T]) -> T:
        steps = self.steps
        if key in self._hopeless:
            raise OutOfStepsError
        steps.take()
        before = steps.taken
        known: tuple[T, Set[str]]
        try:
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
        except OutOfStepsError:
            # What used up most of what was allowed will do so again.
            if 2 * (steps.taken - before) > steps.granted:
                self._hopeless.add(key)
            raise
        if self._cut_at >= len(self._pending):
            self._facts[key] = known
        return known[0]

    def answer[T](self, key: Hashable, compute: Callable[[], T]) -> T | None:
        """Compute a fact that may lead to others of its kind, however long the chain: once.

        Returns `None` where the fact is what is being computed already. A fact that lies deep below
        others is computed before them, so that chains of any length take as little stack.
        """
        known = self.recall(key)
        if known is not None:
            return known[0]  # type: ignore[return-value]
        if key not in self._pending and self._depth >= _DEEPEST:
            if key not in self._asked_first:
                raise _TooDeepError(key, compute)
            # A circle longer than that: nothing is said, and nothing remembered.
            self._cut_at = _EVERYWHERE
            return None
        if self._depth:
            return self._asked_below(key, compute)
        stack: list[tuple[Hashable, Callable[[], object]]] = [(key, compute)]
        found: object = None
        try:
            while stack:
                try:
                    found = self._asked_below(*stack[-1])
                except _TooDeepError as deep:
                    stack.append((deep.key, deep.compute))
                    self._asked_first.add(deep.key)
                else:
                    stack.pop()
        finally:
            self._asked_first.clear()
        return found  # type: ignore[return-value]

    def cut(self) -> None:
        """Say that an answer leaves out what lies on a circle, of which it alone may not know."""
        if self._depth:
            self._cut_at = _EVERYWHERE

    def _asked_below[T](self, key: Hashable, compute: Callable[[], T]) -> T | None:
        self._depth += 1
        try:
            return self.fact(key, lambda: self._unless_circular(key, compute))
        finally:
            self._depth -= 1
            if not self._depth and self._cut_at == _EVERYWHERE:
                self._cut_at = _NOWHERE

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

    def note(self, thing: str) -> None:
        """Say that the answer that is looked for depends on a thing."""
        self._note(thing)

    @contextmanager
    def forgetting_once(self) -> Iterator[None]:
        """Forget at the end, in one go, what several edits undo; nothing may be asked meanwhile."""
        self._stale = set()
        try:
            yield
        finally:
            stale, self._stale = self._stale, None
            if stale:
                self._forget_facts(stale)

    def _note(self, name: str) -> None:
        if self.asked is not None:
            self.asked.add(name)

    def _forget_facts(self, made_from: Collection[str] | None = None) -> None:
        """Forget the facts made from any of some things; all facts where that is not known."""
        self._hopeless.clear()
        if made_from is None or not self._tracks:
            self._facts.clear()
            return
        if self._stale is not None:
            self._stale.update(made_from)
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
