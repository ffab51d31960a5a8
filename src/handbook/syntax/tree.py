"""The LibCST tree of one block: its nodes by type, their parents, and positions when asked for."""

from collections.abc import Iterator
from dataclasses import fields

import libcst as cst

from handbook.syntax.positions import Positions
from handbook.violation import Span

# White space, punctuation and operators: no rule looks for one, and they are most of a tree.
_SKIPPED_FIELDS = frozenset(
    """
    asynchronous colon comma comment default_indent default_newline dot empty_lines encoding equal
    first_colon first_line footer has_trailing_newline header indent last_line lbrace lbracket
    leading_lines leading_whitespace lines_after_decorators lpar newline operator posonly_ind
    rbrace rbracket relative rpar second_colon semicolon separator trailing_comma
    trailing_whitespace
    """.split()
)


class Tree:
    """A block as LibCST sees it. It knows nothing of the file, so an editor can keep it.

    Attributes:
        module: the root.
        nodes: the nodes of each type, in source order.
        definitions: classes and functions, in source order.
    """

    __slots__ = ("_parents", "_positions", "definitions", "module", "nodes")

    def __init__(self, text: str) -> None:
        """Parse `text`, raising `libcst.ParserSyntaxError` where LibCST cannot read it."""
        self.module = cst.parse_module(text)
        self.nodes: dict[type[cst.CSTNode], list[cst.CSTNode]] = {}
        self.definitions: list[cst.FunctionDef | cst.ClassDef] = []
        self._parents: dict[int, cst.CSTNode] = {}
        self._positions: Positions | None = None
        self._walk()

    def __contains__(self, node: cst.CSTNode) -> bool:
        return node is self.module or id(node) in self._parents

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node around `node`; `None` for the root."""
        return self._parents.get(id(node))

    def span(self, node: cst.CSTNode) -> Span:
        """Where `node` stands within the block, whose first line is 1."""
        if self._positions is None:
            self._positions = Positions(self.module)
        return self._positions.span(node)

    def _walk(self) -> None:
        nodes = self.nodes
        parents = self._parents
        child_fields = _CHILD_FIELDS
        stack: list[cst.CSTNode] = [self.module]
        while stack:
            node = stack.pop()
            kind = type(node)
            found = nodes.get(kind)
            if found is None:
                found = nodes[kind] = []
            found.append(node)
            if isinstance(node, cst.FunctionDef | cst.ClassDef):
                self.definitions.append(node)
            names = child_fields.get(kind)
            if names is None:
                names = child_fields[kind] = _meaningful_fields(kind)
            for name in names:
                value = getattr(node, name)
                if isinstance(value, cst.CSTNode):
                    parents[id(value)] = node
                    stack.append(value)
                elif value.__class__ is tuple or value.__class__ is list:
                    for child in reversed(value):
                        parents[id(child)] = node
                        stack.append(child)


_CHILD_FIELDS: dict[type[cst.CSTNode], tuple[str, ...]] = {}


def _meaningful_fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields of a node type in which rules look, last first: the walk takes from the end."""
    names = [
        field.name
        for field in fields(kind)
        if field.name not in _SKIPPED_FIELDS and not field.name.startswith("whitespace")
    ]
    return tuple(reversed(_in_source_order(kind, names)))


def _in_source_order(kind: type[cst.CSTNode], names: list[str]) -> list[str]:
    """Put first what is written first, where LibCST's fields have another order."""
    first = {
        cst.FunctionDef: ["decorators", "name", "type_parameters", "params", "returns", "body"],
        cst.ClassDef: ["decorators", "name", "type_parameters", "bases", "keywords", "body"],
        cst.Parameters: ["posonly_params", "params", "star_arg", "kwonly_params", "star_kwarg"],
        cst.Try: ["body", "handlers", "orelse", "finalbody"],
        cst.TryStar: ["body", "handlers", "orelse", "finalbody"],
    }.get(kind, [])
    return [*(name for name in first if name in names), *(n for n in names if n not in first)]


def descendants(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Every node below `node` that carries meaning, in source order."""
    stack = [node]
    while stack:
        current = stack.pop()
        if current is not node:
            yield current
        kind = type(current)
        names = _CHILD_FIELDS.get(kind)
        if names is None:
            names = _CHILD_FIELDS[kind] = _meaningful_fields(kind)
        for name in names:
            value = getattr(current, name)
            if isinstance(value, cst.CSTNode):
                stack.append(value)
            elif isinstance(value, tuple | list):
                stack.extend(reversed(value))
