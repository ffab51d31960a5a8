"""Answers that hang on each other, in circles too: the same ones in whatever order they are asked."""

import sys
from collections.abc import Callable, Hashable

from handbook.python.project.facts import Memory
from handbook.python.types.types import NEVER, Type, settled

type Answer = Type | None
type Compute = Callable[[], Answer]

_DEEPEST = 40
_MOST_ROUNDS = 8
_NOWHERE = sys.maxsize
_CUT = -1


class _TooDeepError(Exception):
    """A question lies so deep below others that it had better be asked first."""

    def __init__(self, key: Hashable, compute: Compute) -> None:
        super().__init__()
        self.key = key
        self.compute = compute


class Answers:
    """Remembers the answer to each question.

    A question that is met again while it is being answered lies on a circle. It is then supposed to
    have no values at all (`NEVER`), which changes nothing where values are merged, and the outermost
    question of the circle is asked anew with what was found, until nothing new is. Only then are
    the answers on the circle final, and remembered.
    """

    def __init__(self, memory: Memory) -> None:
        """Begin with the answers in a project's memory."""
        self._memory = memory
        self._levels: dict[Hashable, int] = {}
        """The questions being answered, outermost first, each with its number."""
        self._supposed: dict[Hashable, Answer] = {}
        """What the last round found for the questions on circles."""
        self._round: dict[Hashable, tuple[Answer, int]] = {}
        """What this round found, each with the level of the question that it rests on."""
        self._lowest = _NOWHERE
        """The outermost question that has been met again below the innermost one."""
        self._is_news = False
        self._asked_first: set[Hashable] = set()

    def once(self, key: Hashable, compute: Compute) -> Answer:
        """The answer to the question `key`, which `compute` finds."""
        if self._levels:
            return self._from_inside(key, compute)
        known = self._memory.recall(key)
        found = known[0] if known is not None else self._from_outside(key, compute)
        return settled(found)  # type: ignore[arg-type]

    def _from_inside(self, key: Hashable, compute: Compute) -> Answer:
        known = self._memory.recall(key)
        if known is not None:
            return known[0]  # type: ignore[return-value]
        level = self._levels.get(key)
        if level is not None:
            self._lowest = min(self._lowest, level)
            return self._supposed.get(key, NEVER)
        if key in self._round:
            found, level = self._round[key]
            self._lowest = min(self._lowest, level)
            return found
        if len(self._levels) >= _DEEPEST:
            if key not in self._asked_first:
                raise _TooDeepError(key, compute)
            # A circle longer than that: nothing is said, and nothing remembered.
            self._lowest = _CUT
            return None
        return self._answer(key, compute)

    def _from_outside(self, key: Hashable, compute: Compute) -> Answer:
        """Answer a question that no other has led to; first those that lie too deep below it."""
        found: Answer = None
        stack = [(key, compute)]
        try:
            while stack:
                try:
                    found = self._answer(*stack[-1])
                except _TooDeepError as deep:
                    stack.append((deep.key, deep.compute))
                    self._asked_first.add(deep.key)
                else:
                    stack.pop()
                self._begin_anew()
        finally:
            self._begin_anew()
            self._asked_first.clear()
        return found

    def _begin_anew(self) -> None:
        self._supposed.clear()
        self._round.clear()
        self._lowest, self._is_news = _NOWHERE, False

    def _answer(self, key: Hashable, compute: Compute) -> Answer:
        with self._memory.recording() as asked:
            return self._in_rounds(key, compute, asked)

    def _in_rounds(self, key: Hashable, compute: Compute, asked: set[str]) -> Answer:
        level = self._levels[key] = len(self._levels)
        around = self._lowest, self._is_news
        before = len(self._round)
        rounds = 0
        try:
            while True:
                self._lowest, self._is_news = _NOWHERE, False
                found = compute() if rounds < _MOST_ROUNDS else None
                rounds += 1
                if self._lowest <= level and found != self._supposed.get(key, NEVER):
                    self._supposed[key] = found
                    self._is_news = True
                if self._lowest != level or not self._is_news or rounds > _MOST_ROUNDS:
                    break
                self._end_round(before)
        finally:
            del self._levels[key]
        lowest, is_news = self._lowest, self._is_news
        self._lowest, self._is_news = min(lowest, around[0]), around[1]
        if lowest < level:
            members = self._end_round(before)
            self._round.update(
                {member: (answer, lowest) for member, (answer, _) in members.items()}
            )
            self._round[key] = (found, lowest)
            self._is_news |= is_news
            return found
        self._lowest = around[0]
        for member, (answer, _) in self._end_round(before).items():
            self._memory.remember(member, answer, asked)
        self._memory.remember(key, found, asked)
        return found

    def _end_round(self, before: int) -> dict[Hashable, tuple[Answer, int]]:
        """Take out what a round found since there were so many answers in it."""
        members = [*self._round][before:]
        return {member: self._round.pop(member) for member in members}
