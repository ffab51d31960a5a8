"""Sets of qualified names that rules look for, and the words that a name is made of."""

import re
from collections.abc import Iterable
from functools import cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


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

    @classmethod
    def of(cls, *names: str) -> "Names":
        """A set of the names given."""
        return cls(names)

    @classmethod
    def under(cls, modules: Iterable[str], *names: str) -> "Names":
        """The same names under each of some modules that offer them."""
        return cls(f"{module}.{name}" for module in modules for name in names)


@cache
def words_of(name: str) -> tuple[str, ...]:
    """The words of an identifier, in lower case: `get`, `current`, `user` of `getCurrentUser`.

    Anything but letters and digits separates words too, so that dotted names and headers will do.
    """
    return tuple(word.lower() for word in _WORD.findall(name))
