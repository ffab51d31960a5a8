"""Types as far as they are inferred: a class with type arguments, and how several become one."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce

from handbook.python.project.symbols import External
from handbook.syntax.outline import ClassScope

type Class = ClassScope | External

_LARGEST = 30
"""Of a type that mentions more classes than this only the outermost one is known."""


@dataclass(slots=True, frozen=True)
class Type:
    """What an object is an instance of: a class of the project or of a library.

    Attributes:
        symbol: the class; one of a library under the name that `canonical` gives.
        arguments: in `list[User]` the type `User`; `None` for one that is not known.
    """

    symbol: Class
    arguments: tuple["Type | None", ...] = ()
    size: int = field(init=False, repr=False, compare=False, default=1)

    def __post_init__(self) -> None:
        """Leave out the arguments of a type that has grown too large."""
        if self.arguments:
            size = 1 + sum(part.size for part in self.arguments if part is not None)
            object.__setattr__(self, "size", min(size, _LARGEST))
            if size > _LARGEST:
                object.__setattr__(self, "arguments", (None,) * len(self.arguments))

    @property
    def name(self) -> str:
        """The qualified name of the class."""
        return self.symbol.qualified_name

    def argument(self, index: int = 0) -> "Type | None":
        """One of the type arguments, `None` where it is not known."""
        size = len(self.arguments)
        return self.arguments[index] if -size <= index < size else None


NONE = Type(External("builtins.None"))
NEVER = Type(External("typing.Never"))
"""What has no values: nothing is known yet that it can be."""


def merge(types: "Iterable[Type | None]") -> Type | None:
    """The one type that something has if it has one of several: `None` unless they agree.

    What is `None` at times is taken for what it is otherwise.
    """
    found = set(types)
    for less in (NEVER, NONE):
        if len(found) > 1:
            found.discard(less)
    return reduce(_join, found) if found else None


def _join(one: Type | None, other: Type | None) -> Type | None:
    """The type of two that has the values of both, if any: `list[Never]` are lists of all types."""
    if one == other or other == NEVER:
        return one
    if one == NEVER:
        return other
    if one is None or other is None or one.symbol != other.symbol:
        return None
    if len(one.arguments) != len(other.arguments):
        return None
    pairs = zip(one.arguments, other.arguments, strict=True)
    if not all(pair[0] == pair[1] or _has_never(*pair) for pair in pairs):
        return None
    joined = map(_join, one.arguments, other.arguments)
    return Type(one.symbol, tuple(joined))


def _has_never(*types: Type | None) -> bool:
    return any(
        found is not None and (found == NEVER or _has_never(*found.arguments)) for found in types
    )


def settled(found: Type | None) -> Type | None:
    """A type of which no more will be known: what has no values yet is not known."""
    if found is None or found == NEVER:
        return None
    if not _has_never(*found.arguments):
        return found
    return Type(found.symbol, tuple(map(settled, found.arguments)))
