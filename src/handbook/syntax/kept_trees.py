"""LibCST trees of statements, made when they are asked for and kept for the next time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handbook.syntax.tree import Tree


def parse_block(text: str) -> Tree:
    """Parse the text of a statement: LibCST is not imported before.

    Raises:
        libcst.ParserSyntaxError: where LibCST cannot read it.
    """
    from handbook.syntax.tree import Tree

    return Tree(text)


class KeptTrees:
    """The trees of the statements of files, for when the files are checked again."""

    def __init__(self) -> None:
        self._by_path: dict[str, dict[str, list[Tree]]] = {}

    def parser_for(self, path: str) -> Callable[[str], Tree]:
        """Begin to check a file again: gives what parses its statements, or has them already.

        Only what is asked for this time is kept for the next one.
        """
        before = self._by_path.get(path, {})
        now = self._by_path[path] = {}

        def parse(text: str) -> Tree:
            # Two statements of the same text are two trees: each node has one place in the file.
            known = before.get(text)
            tree = known.pop() if known else parse_block(text)
            now.setdefault(text, []).append(tree)
            return tree

        return parse

    def forget(self, path: str) -> None:
        """Let go of a file's trees."""
        self._by_path.pop(path, None)
