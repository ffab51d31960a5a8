"""Where the nodes of a LibCST tree stand.

LibCST's own `PositionProvider` splits every token at line ends and enters a generator for every
node, which costs more than parsing. Here the tree is printed once, each node only notes between
which tokens it lies, and places are computed for the nodes that are asked about.
"""

from bisect import bisect_right
from itertools import accumulate
from types import TracebackType

import libcst as cst
from libcst._nodes.internal import CodegenState

from handbook.syntax.text import split_lines
from handbook.violation import Span


class Positions:
    """The places of all nodes of a module, as `PositionProvider` gives them.

    Lines count from 1, columns are code points from 0; white space around a node is not its own.
    """

    def __init__(self, module: cst.Module) -> None:
        """Print the module and note its nodes' tokens."""
        state = _NotingState(module.default_indent, module.default_newline)
        module._codegen(state)
        self._ranges = state.ranges
        self._offsets = [0, *accumulate(map(len, state.tokens))]
        lines = split_lines("".join(state.tokens))
        self._line_starts = [0, *accumulate(map(len, lines))]

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node stands.

        Raises:
            KeyError: if it is none of the module's.
        """
        first, last = self._ranges[id(node)]
        return Span.of(*self._place(first), *self._place(last))

    def _place(self, token: int) -> tuple[int, int]:
        offset = self._offsets[min(token, len(self._offsets) - 1)]
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1]


def print_node(node: cst.CSTNode, indentation: str, newline: str) -> str:
    """The text of a node as it stands below `indentation`, without what is around it."""
    state = _NotingState("    ", newline)
    state.indent_tokens.append(indentation)
    node._codegen(state)
    first, last = state.ranges[id(node)]
    return "".join(state.tokens[first:last])


class _NotingState(CodegenState):
    """The state of a printing run that notes for each node its first and last token."""

    def __init__(self, default_indent: str, default_newline: str) -> None:
        super().__init__(default_indent, default_newline)
        self.ranges: dict[int, tuple[int, int]] = {}
        self._starts: list[int] = []

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._starts.append(len(self.tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        start = self._starts.pop()
        # What `record_syntactic_position` noted leaves white space out, and is better.
        self.ranges.setdefault(id(node), (start, len(self.tokens)))

    def record_syntactic_position(  # type: ignore[override]
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,
        end_node: cst.CSTNode | None = None,
    ) -> "_Noting":
        return _Noting(self, node, start_node, end_node)


class _Noting:
    """Notes the tokens that are printed while it is entered as those of a node."""

    __slots__ = ("end_node", "node", "start", "start_node", "state")

    def __init__(
        self,
        state: _NotingState,
        node: cst.CSTNode,
        start_node: cst.CSTNode | None,
        end_node: cst.CSTNode | None,
    ) -> None:
        self.state = state
        self.node = node
        self.start_node = start_node
        self.end_node = end_node
        self.start = 0

    def __enter__(self) -> None:
        self.start = len(self.state.tokens)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        ranges = self.state.ranges
        start, end = self.start, len(self.state.tokens)
        if self.start_node is not None:
            start = ranges[id(self.start_node)][0]
        if self.end_node is not None:
            end = ranges[id(self.end_node)][1]
        ranges[id(self.node)] = (start, end)
