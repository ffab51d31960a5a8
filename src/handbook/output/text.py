"""Text made safe for a terminal, and measured in the cells it takes there."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache, lru_cache

from handbook.output.report import Report

UNSAFE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters, but for the three below
    r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"  # they break or turn round a line
    r"\ud800-\udfff\ufffe\uffff]"  # they cannot be encoded
)
_UNPRINTABLE = re.compile(rf"{UNSAFE.pattern}|[\t\n\r]")
_LINE_END = re.compile(r"\r\n|\r|\n")
_TAB = 4


def printable(text: str) -> str:
    """Replace each character that would command the terminal by one that names it."""
    return text if text.isprintable() else _UNPRINTABLE.sub(_name, text)


def _name(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"<U+{code:04X}>"


def expand(text: str, cell: int) -> str:
    """Make `text` printable, its tabs filled up to the next stop; it begins in cell `cell`."""
    head, *rest = text.split("\t")
    shown = printable(head)
    for piece in rest:
        shown += " " * (_TAB - (cell + width(shown)) % _TAB) + printable(piece)
    return shown


def width(text: str) -> int:
    """Count the terminal cells that printable `text` takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


@lru_cache(maxsize=4096)
def _cells(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def source_lines(report: Report) -> Callable[[str], Sequence[str]]:
    """Give a function from a path to its lines, line ends removed; each source is read once."""

    @cache
    def lines(path: str) -> Sequence[str]:
        return _LINE_END.split(report.source(path))

    return lines
