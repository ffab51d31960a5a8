"""Sets of qualified names that rules look for, and the words that a name is made of."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


class Names(frozenset[str]):
    """Qualified names, such as `typing.List`.

    Attributes:
        words: their last parts: one of them stands in any text that uses one of the names.
        paths: the names, and those of all modules and classes on the way to them.
    """

    words: frozenset[str]
    paths: frozenset[str]

    def __new__(cls, names: Iterable[str]) -> "Names":
        """Make a set of qualified names."""
        made = super().__new__(cls, names)
        made.words = frozenset(name.rpartition(".")[2] for name in made)
        made.paths = frozenset(path for name in made for path in _paths_to(name))
        return made

    @classmethod
    def of(cls, *names: str) -> "Names":
        """A set of the names given."""
        return cls(names)

    @classmethod
    def under(cls, modules: Iterable[str], *names: str) -> "Names":
        """The same names under each of some modules that offer them."""
        return cls(f"{module}.{name}" for module in modules for name in names)


def _paths_to(name: str) -> Iterator[str]:
    """`a`, `a.b` and `a.b.c` for `a.b.c`."""
    while name:
        yield name
        name = name.rpartition(".")[0]


@cache
def words_of(name: str) -> tuple[str, ...]:
    """The words of an identifier, in lower case: `get`, `current`, `user` of `getCurrentUser`.

    Anything but letters and digits separates words too, so that dotted names and headers will do.
    """
    return tuple(word.lower() for word in _WORD.findall(name))
