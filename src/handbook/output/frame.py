"""An excerpt of source with carets under a span."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from handbook.output.style import Paint
from handbook.output.text import expand, width
from handbook.violation import Position, Span

_LONGEST = 160
"""How many code points of a line are shown; the rest is cut with an ellipsis."""
_BEFORE = 60
"""How many of them stand before the span where a line is cut on the left."""
_UNCUT_MIDDLE = 2
"""How many lines between the first and the last of a span are shown without an elision."""


class _Row(NamedTuple):
    label: str
    code: str
    is_mark: bool = False


def excerpt(
    title: str, lines: Sequence[str], span: Span, paint: Paint, fg: str, context: int = 2
) -> Iterator[str]:
    """Show `span` of a text, with up to `context` lines around it, below an arrow to `title`.

    `lines` have no line ends. Of an empty text, as of an unreadable file, only the arrow is shown.
    """
    rows = list(_rows(lines, span, context)) if any(lines) else []
    gutter = max((len(row.label) for row in rows), default=1)
    margin, bar = " " * gutter, paint("|", fg="bright_blue", bold=True)
    yield f"{margin}{paint('-->', fg='bright_blue', bold=True)} {title}\n"
    if not rows:
        return
    yield f"{margin} {bar}\n"
    for label, code, is_mark in rows:
        number = paint(f"{label:>{gutter}}", fg="bright_blue", bold=True) if label else margin
        shown = paint(code, fg=fg, bold=True) if is_mark else code
        yield f"{number} {bar} {shown}".rstrip() + "\n"
    yield f"{margin} {bar}\n"


def _rows(lines: Sequence[str], span: Span, context: int) -> Iterator[_Row]:
    start, end = _clamp(lines, span)
    body = _one_line if start.line == end.line else _many_lines
    indent = "" if start.line == end.line else "  "

    def plain(numbers: Sequence[int]) -> Iterator[_Row]:
        for number in numbers:
            yield _Row(str(number), indent + _show(lines[number - 1], 0, 0)[0])

    before = range(max(1, start.line - context), start.line)
    after = range(end.line + 1, min(len(lines), end.line + context) + 1)
    # Blank lines at the rim tell nothing.
    first = min((n for n in before if lines[n - 1].strip()), default=start.line)
    last = max((n for n in after if lines[n - 1].strip()), default=end.line)
    yield from plain(range(first, start.line))
    yield from body(lines, start, end)
    yield from plain(range(end.line + 1, last + 1))


def _one_line(lines: Sequence[str], start: Position, end: Position) -> Iterator[_Row]:
    text, left, right = _show(lines[start.line - 1], start.column, end.column)
    yield _Row(str(start.line), text)
    yield _Row("", " " * left + "^" * max(1, right - left), is_mark=True)


def _many_lines(lines: Sequence[str], start: Position, end: Position) -> Iterator[_Row]:
    text, left, _ = _show(lines[start.line - 1], start.column, start.column)
    yield _Row(str(start.line), f"  {text}")
    yield _Row("", f" {'_' * (left + 1)}^", is_mark=True)
    middle = range(start.line + 1, end.line)
    if len(middle) > _UNCUT_MIDDLE:
        yield _Row("", "| ...", is_mark=True)
    else:
        for number in middle:
            yield _Row(str(number), f"| {_show(lines[number - 1], 0, 0)[0]}")
    text, right, _ = _show(lines[end.line - 1], end.column, end.column)
    yield _Row(str(end.line), f"| {text}")
    yield _Row("", f"|{'_' * max(1, right)}^", is_mark=True)


def _show(line: str, start: int, end: int) -> tuple[str, int, int]:
    """Make a line printable, cut to length, and tell in which cells two of its columns begin."""
    left, right = 0, len(line)
    if right > _LONGEST:
        left = max(0, min(start - _BEFORE, right - _LONGEST))
        right = min(right, left + _LONGEST)
    stop = min(end, right)
    shown = "…" if left else ""
    shown += expand(line[left:start], width(shown))
    first = width(shown)
    shown += expand(line[start:stop], first)
    last = width(shown)
    shown += expand(line[stop:right], last)
    return shown + ("…" if right < len(line) else ""), first, last


def _clamp(lines: Sequence[str], span: Span) -> tuple[Position, Position]:
    """Bring both ends inside the text; an end just after a line's end stays on that line."""
    start, end = _inside(lines, span.start), _inside(lines, max(span.start, span.end))
    if end.line > start.line and end.column == 0:
        end = Position(end.line - 1, len(lines[end.line - 2]))
    return start, end


def _inside(lines: Sequence[str], position: Position) -> Position:
    if position.line > len(lines):
        return Position(len(lines), len(lines[-1]))
    line = max(1, position.line)
    return Position(line, min(position.column, len(lines[line - 1])))
