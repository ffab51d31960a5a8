"""Sets of qualified names that rules look for."""

from collections.abc import Iterable


class Names(frozenset[str]):
    """Qualified names, such as `typing.List`.

    Attributes:
        words: their last parts: one of them stands in any text that uses one of the names.
    """

    words: frozenset[str]

    def __new__(cls, names: Iterable[str]) -> "Names":
        """Make a set of qualified names."""
        made = super().__new__(cls, names)
        made.words = frozenset(name.rpartition(".")[2] for name in made)
        return made
