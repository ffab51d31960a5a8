"""The top-level statements of a module, and the words that stand in them."""

import ast
import re
import sys
from collections.abc import Mapping, Sequence

_WORD = re.compile(r"[^\W\d]\w*")
_SPACED = bytes(
    code if chr(code).isalnum() or chr(code) == "_" else ord(" ") for code in range(128)
).ljust(256)


def words_in(text: str, stands_for: Mapping[str, set[str]]) -> set[str]:
    """Every identifier in a text, and the parts of what these stand for."""
    if text.isascii():
        # As the expression below does it, at half the cost.
        found = text.encode().translate(_SPACED).decode().split()
    else:
        found = _WORD.findall(text)
    # The same words stand in many blocks and files.
    words = set(map(sys.intern, set(found)))
    for name in words & stands_for.keys():
        words |= stands_for[name]
    return words


class Block:
    """One top-level statement of a module, or several that share a line.

    Attributes:
        first_line: of its first decorator, or of the statement.
        last_line: of its last character.
        lines: those lines with their ends.
        first_definition: how many classes and functions come before it in the module.
    """

    __slots__ = (
        *("_stands_for", "_words", "first_definition", "first_line", "last_line"),
        *("lines", "nodes"),
    )

    def __init__(
        self,
        first_line: int,
        last_line: int,
        first_definition: int,
        stands_for: Mapping[str, set[str]],
    ) -> None:
        self.first_line = first_line
        self.last_line = last_line
        self.first_definition = first_definition
        self.nodes: list[ast.stmt] = []
        self.lines: Sequence[str] = ()
        self._stands_for = stands_for
        self._words: set[str] | None = None

    @property
    def text(self) -> str:
        """Its lines, ends included."""
        return "".join(self.lines)

    @property
    def words(self) -> set[str]:
        """Every identifier in the text, comments and strings included; found once.

        For each name that is an import's, the parts of the dotted name that it stands for are
        there too.
        """
        if self._words is None:
            self._words = words_in(self.text, self._stands_for)
        return self._words

    def take_over(self, before: "Block") -> None:
        """Keep the words of an earlier block with the same text."""
        self._words = before._words
