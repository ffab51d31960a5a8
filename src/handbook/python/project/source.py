"""One file as the rules see it: its text, its outline, and the LibCST trees of its blocks.

LibCST takes as long to import as all else together: it is, once a rule has asked for a tree.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from handbook.syntax.kept_trees import parse_block
from handbook.syntax.names import Names
from handbook.syntax.outline import Block, Definition, Outline, Scope
from handbook.syntax.text import position_at
from handbook.violation import Position, Span

if TYPE_CHECKING:
    import libcst as cst

    from handbook.python.project.project import Project, Symbol
    from handbook.syntax.tree import Tree

_NAME_OF_DEFINITION = re.compile(r"(?:async\s+)?(?:def|class)\s+(\w+)")


def dotted(node: cst.CSTNode) -> list[str] | None:
    """The parts of a dotted name, `["a", "b"]` for `a.b`; `None` for any other expression."""
    import libcst as cst

    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    parts.append(node.value)
    return parts[::-1]


class SourceFile:
    """A Python file of a project, and all that a rule may ask about it.

    Attributes:
        path: as the user named it; what reports show.
        project: the other files.
        outline: what it declares.
        roles: what kinds of module it is (`router`, `service`, `test` …).
    """

    def __init__(
        self,
        path: str,
        outline: Outline,
        project: Project,
        roles: frozenset[str] = frozenset(),
        parse_block: Callable[[str], Tree] = parse_block,
    ) -> None:
        self.path = path
        self.outline = outline
        self.project = project
        self.roles = roles
        self._parse_block = parse_block
        self._placed: dict[int, tuple[Block, Tree]] = {}
        self._current: tuple[Block, Tree] | None = None
        self._facts: dict[object, object] = {}

    @property
    def module(self) -> str:
        """The dotted name of the module."""
        return self.outline.module

    @property
    def name(self) -> str:
        """The file's name, `router.py`."""
        return Path(self.path).name

    @property
    def lines(self) -> Sequence[str]:
        """The lines with their ends, as Python counts them."""
        return self.outline.lines

    @cached_property
    def text(self) -> str:
        """The whole text, without a BOM, with its own line ends."""
        return "".join(self.lines)

    def fact[T](self, key: object, compute: Callable[[], T]) -> T:
        """Compute something about the file once, under a key of the caller's."""
        if key not in self._facts:
            self._facts[key] = compute()
        return self._facts[key]  # type: ignore[return-value]

    def tree(self, block: Block) -> Tree:
        """The LibCST tree of a block, parsed at the first call.

        Raises:
            libcst.ParserSyntaxError: where LibCST cannot read what `ast` could.
        """
        placed = self._placed.get(block.first_line)
        if placed is None:
            placed = self._placed[block.first_line] = (block, self._parse_block(block.text))
        self._current = placed
        return placed[1]

    @property
    def trees(self) -> Iterator[tuple[Block, Tree]]:
        """The blocks that have been parsed, with their trees."""
        return iter(self._placed.values())

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node around `node`, `None` for the root of its block."""
        return self._place(node)[1].parent(node)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around `node`, innermost first."""
        tree = self._place(node)[1]
        above = tree.parent(node)
        while above is not None:
            yield above
            above = tree.parent(above)

    def enclosing[N: cst.CSTNode](self, node: cst.CSTNode, *kinds: type[N]) -> N | None:
        """The innermost node around `node` that is of one of the kinds."""
        for above in self.ancestors(node):
            if isinstance(above, kinds):
                return above
        return None

    def declaration(self, node: cst.FunctionDef | cst.ClassDef) -> Definition:
        """What the outline knows of a class or function."""
        block, tree = self._place(node)
        for index, definition in enumerate(tree.definitions, block.first_definition):
            if definition is node:
                return self.outline.definitions[index]
        raise LookupError("the node is no definition of this file")

    def scope(self, node: cst.CSTNode) -> Scope:
        """The scope that `node` runs in; lambdas and comprehensions count as part of theirs."""
        import libcst as cst

        inner = node
        for above in self.ancestors(node):
            if isinstance(above, cst.FunctionDef | cst.ClassDef) and above.body is inner:
                return self.declaration(above)
            inner = above
        return self.outline

    def resolve(self, node: cst.CSTNode) -> Symbol | None:
        """What a name or dotted name refers to, through imports, aliases and other files.

        Returns `None` where that is not certain: the name is a local one, is bound twice, or
        cannot be found.
        """
        parts = dotted(node)
        if parts is None or self._is_bound_within(node, parts[0]):
            return None
        return self.project.resolve_name(parts, self.scope(node))

    def qualified_name(self, node: cst.CSTNode) -> str | None:
        """The full dotted name of what `node` refers to, as `resolve` finds it.

        It is `typing.List` for `t.List` after `import typing as t`, `builtins.open` for `open`,
        and `None` where it is not certain.
        """
        symbol = self.resolve(node)
        return symbol.qualified_name if symbol is not None else None

    def refers_to(self, node: cst.CSTNode, names: Names) -> str | None:
        """Which of some qualified names a name or dotted name refers to, if it surely does.

        This is `qualified_name` for rules that look for certain names, and quick for all others:
        a name that is not spelled like one of them, before or after its aliases are undone in
        this file, is not resolved.
        """
        parts = dotted(node)
        if parts is None:
            return None
        if parts[-1] not in names.words:
            known = self.outline.stands_for.get(parts[0]) if len(parts) == 1 else None
            if known is None or known.isdisjoint(names.words):
                return None
        name = self.qualified_name(node)
        return name if name in names else None

    def span(self, node: cst.CSTNode | ast.AST) -> Span:
        """Where a node of either tree stands in the file."""
        if not isinstance(node, ast.AST):
            block, tree = self._place(node)
            place = tree.span(node)
            above = block.first_line - 1
            start, end = place.start, place.end
            return Span.of(start.line + above, start.column, end.line + above, end.column)
        line = getattr(node, "lineno", 1)
        end_line = getattr(node, "end_lineno", None) or line
        return Span(
            self._position(line, getattr(node, "col_offset", 0)),
            self._position(end_line, getattr(node, "end_col_offset", None) or 0),
        )

    def name_span(self, definition: Definition) -> Span:
        """Where the name of a class or function stands in its definition."""
        start = self.span(definition.node).start
        found = _NAME_OF_DEFINITION.match(self.lines[start.line - 1], start.column)
        if found is None:  # a backslash between `def` and the name
            return Span(start, start)
        return Span.of(start.line, found.start(1), start.line, found.end(1))

    def code(self, node: cst.CSTNode | ast.AST) -> str:
        """The text of a node, as it stands in the file."""
        if isinstance(node, ast.AST):
            return self.text_of(self.span(node))
        return self._place(node)[1].module.code_for_node(node)

    def text_of(self, span: Span) -> str:
        """The text within a span."""
        start, end = span.start, span.end
        lines = self.lines[start.line - 1 : end.line]
        if not lines:
            return ""
        lines = [*lines[:-1], lines[-1][: end.column]]
        return "".join([lines[0][start.column :], *lines[1:]])

    def _position(self, line: int, utf8_column: int) -> Position:
        return position_at(self.lines, line, utf8_column)

    def _place(self, node: cst.CSTNode) -> tuple[Block, Tree]:
        """The block and tree that a node belongs to: nearly always the one being checked."""
        if self._current is not None and node in self._current[1]:
            return self._current
        for placed in self._placed.values():
            if node in placed[1]:
                return placed
        raise LookupError("the node belongs to no block of this file")

    def _is_bound_within(self, node: cst.CSTNode, name: str) -> bool:
        """Whether a lambda or comprehension around `node` binds `name`."""
        import libcst as cst

        from handbook.syntax.tree import descendants

        for above in self.ancestors(node):
            if isinstance(above, cst.FunctionDef | cst.ClassDef):
                return False
            if isinstance(above, cst.Lambda):
                bound: Iterator[cst.CSTNode] = descendants(above.params)
            elif isinstance(above, cst.BaseComp):
                loops = [child for child in descendants(above) if isinstance(child, cst.CompFor)]
                bound = (
                    found for loop in loops for found in (loop.target, *descendants(loop.target))
                )
            else:
                continue
            if any(isinstance(found, cst.Name) and found.value == name for found in bound):
                return True
        return False
