"""Where a module uses its names: in code, in strings that can be types, in type comments."""

import ast
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property

from handbook.fixes.edits import covers
from handbook.syntax.outline import Outline, Scope, own_nodes
from handbook.syntax.text import parse_expression, position_at
from handbook.violation import Edit, Span

_WORD = re.compile(r"(?<![.\w])[^\W\d]\w*")
"""A name that is not an attribute of another: of `collections.Counter`, the first."""
_TYPE_COMMENT = re.compile(r"#\s*type:.*")


class Uses:
    """The uses of names in a module. Any name of that spelling counts, whatever its scope."""

    def __init__(self, outline: Outline) -> None:
        """Look for uses in a module, once a name is asked about."""
        self._outline = outline
        self._lines: Sequence[str] = outline.lines
        self._uses: dict[str, list[Span | ast.expr]] = {}

    def is_used(self, name: str, edits: Sequence[Edit]) -> bool:
        """Whether the module, once edited, uses a name that it imports."""
        if any(name in _WORD.findall(edit.text) for edit in edits if name in edit.text):
            return True
        return not all(_is_covered(span, edits) for span in self._spans(name))

    def is_replaced(self, name: str, edits: Sequence[Edit]) -> bool:
        """Whether edits replace some use of a name that the module imports."""
        return any(_is_covered(span, edits) for span in self._spans(name))

    def _spans(self, name: str) -> Iterator[Span]:
        if name not in self._uses:
            self._uses[name] = [*self._find(name)]
        for use in self._uses[name]:
            yield use if isinstance(use, Span) else self._span_of(use)

    def _find(self, name: str) -> Iterator[Span | ast.expr]:
        for scope in self._outline.scopes_with({name}):
            yield from (node for node in own_nodes(scope, ast.Name) if node.id == name)
            for node, text in _strings(scope):
                if name in text and name in _WORD.findall(text):
                    if ">>>" in text or _is_expression(text):
                        yield node
        for text, span in self._type_comments:
            if name in _WORD.findall(text):
                yield span

    def _span_of(self, node: ast.expr) -> Span:
        lines = self._lines
        return Span(
            position_at(lines, node.lineno, node.col_offset),
            position_at(lines, node.end_lineno or node.lineno, node.end_col_offset or 0),
        )

    @cached_property
    def _type_comments(self) -> list[tuple[str, Span]]:
        return [
            (found[0], Span.of(number, found.start(), number, found.end()))
            for number, line in enumerate(self._lines, 1)
            if "type:" in line and (found := _TYPE_COMMENT.search(line))
        ]


def _strings(scope: Scope) -> Iterator[tuple[ast.Constant, str]]:
    """The strings that may name something: no docstrings without examples, no parts of f-strings."""
    silent: set[ast.AST] = set()
    for formatted in own_nodes(scope, ast.JoinedStr):
        silent.update(formatted.values)
    for statement in own_nodes(scope, ast.Expr):
        match statement.value:
            case ast.Constant(value=str() as text) as docstring if ">>>" not in text:
                silent.add(docstring)
    for node in own_nodes(scope, ast.Constant):
        if isinstance(node.value, str) and node not in silent:
            yield node, node.value


def _is_covered(span: Span, edits: Sequence[Edit]) -> bool:
    """Whether one of some edits, which are in order and get along, replaces what stands in a span."""
    index = bisect_right(edits, span.start, key=lambda edit: edit.span.start)
    return any(covers(edit.span, span) for edit in edits[max(index - 2, 0) : index])


def _is_expression(text: str) -> bool:
    """Whether a string can stand for a type, or name something in `__all__`."""
    return "\\" not in text and parse_expression(text) is not None
