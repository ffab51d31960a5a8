"""The text of one import statement: a name put in where isort would have it, or taken out.

The text is that of the statement alone, from `from` or `import` to its last character.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_TOKEN = re.compile(r"#[^\r\n]*|\w+|[.,()*;]|\\(?:\r\n|\r|\n)|\s+")
_LINE_END = re.compile(r"\r\n|\r|\n")
_DIGITS = re.compile(r"(\d+)")
_LONGEST_LINE = 88

type Key = tuple[object, ...]
type Change = tuple[int, int, str]
"""Replace what stands between two offsets by a text."""


def natural(name: str) -> Key:
    """A sort key by which `a2` comes before `a10`, and case decides between equals only."""
    return (_chunks(name.lower()), _chunks(name))


def _chunks(name: str) -> Key:
    return tuple(
        (int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(name) if part
    )


def member_key(name: str) -> Key:
    """The order of names in a `from` import: CONSTANTS, Classes, then the others."""
    if len(name) > 1 and name.isupper():
        kind = 0
    else:
        kind = 1 if name[:1].isupper() else 2
    return (kind, natural(name))


def listing(names: Sequence[str], column: int, indentation: str = "", newline: str = "\n") -> str:
    """Imported names as they stand from a column on; on lines of their own where one is too short."""
    text = ", ".join(names)
    if column + len(text) <= _LONGEST_LINE:
        return text
    lines = "".join(f"{indentation}    {name},{newline}" for name in names)
    return f"({newline}{lines}{indentation})"


@dataclass(slots=True)
class _Item:
    """One imported name: from where to where it stands, `as` included, and its comma's place."""

    name: str
    start: int
    end: int
    comma: int | None = None

    def add(self, part: str, end: int) -> None:
        """Take in one more token."""
        self.name += " as " if part == "as" else part
        self.end = end


class _Scan:
    """The parts of an import statement's text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.items: list[_Item] = []
        self.comments: list[int] = []
        self.opening: int | None = None
        self.closing: int | None = None
        begun = False
        current: _Item | None = None
        for token in _TOKEN.finditer(text):
            part = token[0]
            if not begun:
                begun = part == "import"
            elif part[0] == "#":
                self.comments.append(token.start())
            elif part == "(":
                self.opening = token.start()
            elif part == ")":
                self.closing = token.start()
            elif part == ",":
                if current is not None:
                    current.comma = token.start()
                current = None
            elif part[0] == "\\" or part.isspace():
                continue
            elif current is None:
                current = _Item(part, token.start(), token.end())
                self.items.append(current)
            else:
                current.add(part, token.end())

    def line_start(self, offset: int) -> int:
        """Where the line of an offset begins."""
        return max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset)) + 1

    def line_end(self, offset: int) -> re.Match[str] | None:
        """The end of the line of an offset; `None` on the last one."""
        return _LINE_END.search(self.text, offset)

    def next_line(self, offset: int) -> int | None:
        """Where the line after that of an offset begins."""
        found = self.line_end(offset)
        return found.end() if found else None

    def indentation(self, item: _Item) -> str:
        """What stands before a name on its line."""
        return self.text[self.line_start(item.start) : item.start]

    @property
    def is_vertical(self) -> bool:
        """Whether each name has a line of its own, within parentheses."""
        return self.opening is not None and all(
            not self.indentation(item).strip() and self.line_start(item.start) > self.opening
            for item in self.items
        )

    def end_of(self, item: _Item) -> int:
        """The end of a name with its comma."""
        return item.end if item.comma is None else item.comma + 1

    def has_comment(self, start: int, end: int) -> bool:
        """Whether a comment begins between two offsets."""
        return any(start <= comment < end for comment in self.comments)

    def are_apart(self, first: int, second: int) -> bool:
        """Whether two offsets lie on different lines."""
        return self.line_start(first) != self.line_start(second)


def with_name(text: str, name: str) -> list[Change]:
    """The changes that put a name into a `from` import, in order if the others are."""
    scan = _Scan(text)
    index = _index_for(name, [item.name for item in scan.items])
    if scan.is_vertical:
        return _vertically(scan, name, index)
    if index < len(scan.items):
        start = scan.items[index].start
        return [(start, start, f"{name}, ")]
    end = scan.items[-1].end
    return [(end, end, f", {name}")]


def _index_for(name: str, names: Sequence[str]) -> int:
    keys: tuple[Callable[[str], Key], ...] = (member_key, natural)
    for key in keys:
        if all(key(first) <= key(second) for first, second in pairwise(names)):
            return sum(key(known) <= key(name) for known in names)
    return len(names)


def _vertically(scan: _Scan, name: str, index: int) -> list[Change]:
    last = scan.items[-1]
    indentation = scan.indentation(scan.items[max(index - 1, 0)])
    # The names are on lines of their own, so there is an end of line before the first one.
    found = scan.line_end(scan.opening or 0)
    newline = found[0] if found else "\n"
    if index < len(scan.items):
        before = scan.end_of(scan.items[index - 1]) if index else scan.opening
        at = scan.next_line(before or 0) or 0
        return [(at, at, f"{indentation}{name},{newline}")]
    end = scan.end_of(last)
    comma = "" if last.comma is None else ","
    missing: list[Change] = [] if comma else [(end, end, ",")]
    at_next = scan.next_line(end)
    if at_next is None or not scan.are_apart(end, scan.closing or 0):
        return [(end, end, f"{'' if comma else ','}{newline}{indentation}{name}{comma}")]
    return [*missing, (at_next, at_next, f"{indentation}{name}{comma}{newline}")]


def without_name(text: str, name: str) -> list[Change] | None:
    """The changes that take a name, such as `a` or `a as b`, out of an import.

    Returns `None` where it is the only one, or where a comment would be lost, or be left to a name
    that it is not about.
    """
    scan = _Scan(text)
    index = next((index for index, item in enumerate(scan.items) if item.name == name), None)
    if index is None or len(scan.items) == 1:
        return None
    item = scan.items[index]
    changes = _without_line(scan, index) if scan.is_vertical else None
    if changes is None:
        following = scan.items[index + 1] if index + 1 < len(scan.items) else None
        preceding = scan.items[index - 1] if index else None
        if following is None or (
            preceding is not None
            and scan.are_apart(item.end, following.start)
            and not scan.are_apart(preceding.end, item.start)
        ):
            changes = [(preceding.end if preceding else item.start, item.end, "")]
        else:
            changes = [(item.start, following.start, "")]
    before = scan.end_of(scan.items[index - 1]) if index else scan.opening
    own = scan.next_line(before or 0) if scan.is_vertical else item.start
    line_end = scan.line_end(scan.end_of(item))
    if scan.is_vertical and scan.has_comment(
        own or 0, line_end.start() if line_end else len(text)
    ):
        return None
    return None if any(scan.has_comment(start, end) for start, end, _ in changes) else changes


def _without_line(scan: _Scan, index: int) -> list[Change] | None:
    """Take a name out with its line, if nothing else is on it."""
    item = scan.items[index]
    start, end = scan.line_start(item.start), scan.next_line(scan.end_of(item))
    if end is None or scan.text[scan.end_of(item) : end].strip():
        return None
    changes: list[Change] = [(start, end, "")]
    if index == len(scan.items) - 1 and item.comma is None:
        comma = scan.items[index - 1].comma
        if comma is None:
            return None
        changes.insert(0, (comma, comma + 1, ""))
    return changes


def changed(text: str, changes: Iterable[Change]) -> str:
    """Make changes of a text, which are in order."""
    for start, end, new in reversed(list(changes)):
        text = text[:start] + new + text[end:]
    return text
