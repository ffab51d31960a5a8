"""Where a module uses its names: in code, in strings that can be types, in type comments."""

import ast
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from handbook.fixes.edits import covers
from handbook.syntax.outline import Outline, own_nodes
from handbook.syntax.text import position_at
from handbook.violation import Edit, Span

_WORD = re.compile(r"[^\W\d]\w*")
_TYPE_COMMENT = re.compile(r"#\s*type:.*")


class Uses:
    """The uses of names in a module. Any name of that spelling counts, whatever its scope."""

    def __init__(self, outline: Outline) -> None:
        """Find every use of what the module imports."""
        self._lines: Sequence[str] = outline.lines
        imported = {
            imported.alias.asname or imported.alias.name.partition(".")[0]
            for imported in outline.imports
        }
        self._uses: dict[str, list[Span | ast.expr]] = {name: [] for name in imported}
        nodes = [node for scope in (outline, *outline.definitions) for node in own_nodes(scope)]
        for node in nodes:
            if isinstance(node, ast.Name) and node.id in self._uses:
                self._uses[node.id].append(node)
        for text, place in self._other_texts(nodes):
            names = set(_WORD.findall(text)) & self._uses.keys()
            if names and (isinstance(place, Span) or ">>>" in text or _is_expression(text)):
                for name in names:
                    self._uses[name].append(place)

    def is_used(self, name: str, edits: Sequence[Edit]) -> bool:
        """Whether the module, once edited, uses a name that it imports."""
        if any(name in _WORD.findall(edit.text) for edit in edits if name in edit.text):
            return True
        return not all(_is_covered(span, edits) for span in self._spans(name))

    def is_replaced(self, name: str, edits: Sequence[Edit]) -> bool:
        """Whether edits replace some use of a name that the module imports."""
        return any(_is_covered(span, edits) for span in self._spans(name))

    def _spans(self, name: str) -> Iterator[Span]:
        for use in self._uses.get(name, ()):
            yield use if isinstance(use, Span) else self._span_of(use)

    def _span_of(self, node: ast.expr) -> Span:
        lines = self._lines
        return Span(
            position_at(lines, node.lineno, node.col_offset),
            position_at(lines, node.end_lineno or node.lineno, node.end_col_offset or 0),
        )

    def _other_texts(self, nodes: Iterable[ast.AST]) -> Iterator[tuple[str, Span | ast.expr]]:
        """What may name something without being a name: with the place where it stands."""
        silent: set[ast.AST] = set()
        for node in nodes:
            if isinstance(node, ast.JoinedStr):
                silent.update(node.values)
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                if isinstance(node.value.value, str) and ">>>" not in node.value.value:
                    silent.add(node.value)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                if node not in silent:
                    yield node.value, node
        for number, line in enumerate(self._lines, 1):
            if "type:" in line and (found := _TYPE_COMMENT.search(line)):
                yield found[0], Span.of(number, found.start(), number, found.end())


def _is_covered(span: Span, edits: Sequence[Edit]) -> bool:
    """Whether one of some edits, which are in order and get along, replaces what stands in a span."""
    index = bisect_right(edits, span.start, key=lambda edit: edit.span.start)
    return any(covers(edit.span, span) for edit in edits[max(index - 2, 0) : index])


def _is_expression(text: str) -> bool:
    """Whether a string can stand for a type, or name something in `__all__`."""
    if "\\" in text:
        return False
    try:
        ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
