"""Between our places, which count code points, and the client's, in its own units."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from lsprotocol import types as lsp

from handbook.syntax.text import split_lines
from handbook.violation import Edit, Position, Span


class Places:
    """Converts the places of one text.

    `encoding` is the client's: what its columns count.
    """

    def __init__(self, lines: Sequence[str], encoding: lsp.PositionEncodingKind | str) -> None:
        """Convert places of a text, given by its lines with their ends."""
        self._lines = lines
        self._encoding = encoding

    def range(self, span: Span) -> lsp.Range:
        """Our span as the client's range."""
        return lsp.Range(self.position(span.start), self.position(span.end))

    def position(self, position: Position) -> lsp.Position:
        """Our position as the client's."""
        line = self._line(position.line - 1)
        return lsp.Position(position.line - 1, self._units(line[: position.column]))

    def span(self, range_: lsp.Range) -> Span:
        """The client's range as our span."""
        return Span(self.from_client(range_.start), self.from_client(range_.end))

    def from_client(self, position: lsp.Position) -> Position:
        """The client's position as ours; one within a character counts as before it."""
        column = units = 0
        for character in self._line(position.line):
            units += self._units(character)
            if units > position.character:
                break
            column += 1
        return Position(position.line + 1, column)

    def edits(self, edits: Sequence[Edit]) -> list[lsp.TextEdit]:
        """Our edits as the client's."""
        return [lsp.TextEdit(self.range(edit.span), edit.text) for edit in edits]

    def _line(self, index: int) -> str:
        return self._lines[index].rstrip("\r\n") if index < len(self._lines) else ""

    def _units(self, text: str) -> int:
        if text.isascii() or self._encoding == lsp.PositionEncodingKind.Utf32:
            return len(text)
        if self._encoding == lsp.PositionEncodingKind.Utf8:
            return len(text.encode(errors="surrogatepass"))
        return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def edits_between(before: str, after: str) -> list[Edit]:
    """The lines that change between two texts, as edits of the first."""
    old, new = split_lines(before), split_lines(after)
    return [
        Edit(_lines_span(old, start, end), "".join(new[first:last]))
        for kind, start, end, first, last in SequenceMatcher(None, old, new, False).get_opcodes()
        if kind != "equal"
    ]


def _lines_span(lines: Sequence[str], start: int, end: int) -> Span:
    """The span of whole lines; the end of a text without a last line end is its last column."""
    if end < len(lines) or not lines or lines[-1].endswith(("\n", "\r")):
        return Span.of(start + 1, 0, end + 1, 0)
    return Span.of(start + 1, 0, len(lines), len(lines[-1]))
