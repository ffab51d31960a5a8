"""From the bytes of a Python file to its text, its lines and its `ast`."""

import ast
import re
import warnings
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Sequence
from io import BytesIO, StringIO
from tokenize import detect_encoding

from handbook.violation import Position, Span

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_UNPARENTHESIZED_EXCEPT = re.compile(r"(\s*except\*?) (\s*[^:#]*?), ([^:#]*):")


_BEGINNING = Position(1, 0)


class SourceError(Exception):
    """A file that cannot be read as Python; `str()` is one sentence, `position` says where."""

    def __init__(self, message: str, position: Position = _BEGINNING) -> None:
        super().__init__(message)
        self.position = position


def split_lines(text: str) -> list[str]:
    """Split a text into Python's lines, each with its end.

    `str.splitlines` would also split at form feeds and at some Unicode characters.
    """
    return StringIO(text, newline="\n").readlines() if "\r" not in text else _LINE.findall(text)


def position_at(lines: Sequence[str], line: int, utf8_column: int) -> Position:
    """The place that `ast` gives as a line and a column in bytes of UTF-8."""
    text = lines[line - 1] if line <= len(lines) else ""
    if text.isascii():
        return Position(line, utf8_column)
    return Position(line, len(text.encode()[:utf8_column].decode(errors="replace")))


def text_within(lines: Sequence[str], span: Span) -> str:
    """The text of a span."""
    start, end = span.start, span.end
    within = list(lines[start.line - 1 : end.line])
    if len(within) > end.line - start.line:
        within[-1] = within[-1][: end.column]
    return "".join(within)[start.column :]


def newline_of(lines: Sequence[str]) -> str:
    """The end that most lines of a text have; the first decides between equals."""
    if not any("\r" in line for line in lines):
        return "\n"
    ends = Counter(line[len(line.rstrip("\r\n")) :] for line in lines)
    del ends[""]
    return max(ends, key=lambda end: ends[end], default="\n")


def decode(content: bytes) -> str:
    """Turn the bytes of a Python file into text, by its BOM or `# coding:` comment.

    Raises:
        SourceError: where the encoding is unknown or the bytes are not of it.
    """
    try:
        if b"coding" not in content and not content.startswith(BOM_UTF8):
            return content.decode()  # As it would be found out below, and nearly all are.
        encoding, _ = detect_encoding(BytesIO(content).readline)
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"not valid {error.encoding}: byte 0x{content[error.start]:02x}"
        raise SourceError(message, Position(line, 0)) from None
    except (SyntaxError, LookupError) as error:
        raise SourceError(f"unreadable encoding: {error}") from None


def parse(text: str) -> ast.Module:
    """Parse a module, also where it uses `except A, B:` of Python 3.14.

    Raises:
        SourceError: where the text is not Python.
    """
    with warnings.catch_warnings():
        # An invalid escape in the checked file is not ours to warn of.
        warnings.simplefilter("ignore")
        while True:
            try:
                return ast.parse(text)
            except SyntaxError as error:
                newer = _older_except(text, error)
                if newer is None:
                    message = str(error.msg or "invalid syntax")
                    raise SourceError(message, _position_of(error)) from None
                text = newer
            except (RecursionError, MemoryError):
                raise SourceError("too deeply nested to be parsed") from None
            except ValueError as error:
                raise SourceError(str(error)) from None


def parse_expression(text: str) -> ast.expr | None:
    """Parse what a string in a file may stand for; `None` where it is no expression."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _position_of(error: SyntaxError) -> Position:
    return Position(max(error.lineno or 1, 1), max((error.offset or 1) - 1, 0))


def _older_except(text: str, error: SyntaxError) -> str | None:
    """Put in the parentheses that an older parser misses, keeping every column but the commas'."""
    if "must be parenthesized" not in str(error.msg) or error.lineno is None:
        return None
    lines = split_lines(text)
    line = lines[error.lineno - 1]
    found = _UNPARENTHESIZED_EXCEPT.match(line)
    if found is None:
        return None
    head, first, rest = found.groups()
    lines[error.lineno - 1] = f"{head}({first},{rest}):{line[found.end() :]}"
    return "".join(lines)
