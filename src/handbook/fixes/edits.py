"""Text edits: whether they get in each other's way, and what they make of a text."""

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from handbook.syntax.text import split_lines
from handbook.violation import Edit, Position, Span


class Offsets:
    """Turns places of a text into offsets in it."""

    def __init__(self, lines: Sequence[str]) -> None:
        """Index the lines of a text, each with its end."""
        self._starts = [0, *accumulate(map(len, lines))]

    def of(self, position: Position) -> int:
        """The offset of a place; one beyond the last line is the end of the text."""
        line = min(position.line, len(self._starts)) - 1
        return min(self._starts[line] + position.column, self._starts[-1])


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Make all edits at once; their places are those of `text`.

    Raises:
        ValueError: where two of them overlap.
    """
    offsets = Offsets(split_lines(text))
    parts: list[str] = []
    done = 0
    for edit in sorted(edits):
        start, end = offsets.of(edit.span.start), offsets.of(edit.span.end)
        if start < done:
            raise ValueError(f"edits overlap at line {edit.span.start.line}")
        parts += [text[done:start], edit.text]
        done = end
    return "".join([*parts, text[done:]])


def clash(first: Span, second: Span) -> bool:
    """Whether edits of two spans depend on each other: they overlap, or one inserts at the other.

    Two replacements side by side do not.
    """
    if first.start == first.end or second.start == second.end:
        return first.start <= second.end and second.start <= first.end
    return first.start < second.end and second.start < first.end


def overlaps_within(edits: Iterable[Edit]) -> bool:
    """Whether some of the edits overlap, or insert at one place."""
    return any(clash(first.span, second.span) for first, second in pairwise(sorted(edits)))


def covers(outer: Span, inner: Span) -> bool:
    """Whether one span holds all of another."""
    return outer.start <= inner.start and inner.end <= outer.end
