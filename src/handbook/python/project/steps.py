"""How much work finding something out takes, counted, and where it ends."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class OutOfStepsError(Exception):
    """Finding something out takes more steps than are allowed: the answer is not known."""


class Steps:
    """Counts the steps of finding things out: the same number in every run.

    Attributes:
        taken: how many steps have been taken.
        allowed: the number at which the work ends.
        granted: how many steps were allowed when the limit was set.
    """

    __slots__ = ("allowed", "granted", "taken")

    def __init__(self) -> None:
        """Begin at 0, without a limit."""
        self.taken = 0
        self.allowed = self.granted = sys.maxsize

    def take(self, count: int = 1) -> None:
        """Count steps.

        Raises:
            OutOfStepsError: where no more are allowed.
        """
        self.taken += count
        if self.taken > self.allowed:
            raise OutOfStepsError

    @contextmanager
    def limited(self, count: int) -> Iterator[None]:
        """Allow no more than so many steps meanwhile."""
        before = self.allowed, self.granted
        self.allowed, self.granted = self.taken + count, count
        try:
            yield
        finally:
            self.allowed, self.granted = before
