"""The imports in the text of a module, found without parsing it.

Nothing that runs is missed; a string that looks like an import may be taken for one.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_KEYWORD = re.compile(rb"\bimport\b")
_NAME = rb"[.\w\x80-\xff]+"
_FROM = re.compile(
    rb"(?:^|[;:])[ \t\f]*from(?![\w\x80-\xff])((?:[ \t\f.\w\x80-\xff]|\\\r?[\n\r])*)\Z"
)
_BEGIN = re.compile(rb"(?:^|[;:])[ \t\f]*\Z")
_PARENTHESES = re.compile(rb"(?:[ \t\f]|\\\r?[\n\r])*\(((?:[^)#]|#[^\r\n]*)*)\)")
_REST = re.compile(rb"(?:[^;#\\\r\n]|\\\r?[\n\r])*")
_COMMENT = re.compile(rb"#[^\r\n]*")
_AS = re.compile(rb"\s+as\s+.*", re.DOTALL)
_SPACE = re.compile(rb"[\s\\]+")
_FUNCTION = re.compile(rb"(?:async[ \t]+)?def[ \t]")
_CHECKING = re.compile(rb"if[ \t]+(?:\w+\.)?TYPE_CHECKING[ \t]*:[ \t]*(?:#.*)?\Z")


class ScannedImport(NamedTuple):
    """One name of an import statement.

    Attributes:
        module: as it is written, without the dots in front.
        level: how many dots there are.
        name: what is taken from the module; `None` for a plain `import`.
        is_late: whether it only runs when a function is called.
    """

    module: str
    level: int
    name: str | None
    is_late: bool


def scan_imports(text: bytes) -> Iterator[ScannedImport]:
    """The imports of a text in UTF-8, those for type checkers apart where that is plain."""
    for keyword in _KEYWORD.finditer(text):
        start = _line_start(text, keyword.start())
        before = text[start : keyword.start()]
        source = _FROM.search(before)
        if source is None and not _BEGIN.search(before):
            continue
        indent = len(before) - len(before.lstrip(b" \t\f"))
        around = _around(text, start, indent) if indent else ""
        if around == "checking":
            continue
        rest = _PARENTHESES.match(text, keyword.end()) if source is not None else None
        found = rest[1] if rest is not None else _rest(text, keyword.end())
        for part in _COMMENT.sub(b"", found).split(b","):
            name = _SPACE.sub(b"", _AS.sub(b"", part.strip())).decode(errors="replace")
            if not name:
                continue
            if source is None:
                yield ScannedImport(name, 0, None, around == "function")
            else:
                written = _SPACE.sub(b"", source[1]).decode(errors="replace")
                module = written.lstrip(".")
                level = len(written) - len(module)
                yield ScannedImport(module, level, name, around == "function")


def _rest(text: bytes, start: int) -> bytes:
    found = _REST.match(text, start)
    return found[0] if found is not None else b""


def _line_start(text: bytes, position: int) -> int:
    """Where the line of a position begins, with the lines before that end in a backslash."""
    while True:
        start = max(text.rfind(b"\n", 0, position), text.rfind(b"\r", 0, position)) + 1
        if not text[:start].rstrip(b"\r\n").endswith(b"\\") or start == 0:
            return start
        position = start - 1 if text[start - 2 : start] != b"\r\n" else start - 2


def _around(text: bytes, start: int, indent: int) -> str:
    """What is surely around an indented line: a `function`, a condition for type `checking`."""
    end, closed = start, False
    while (indent or closed) and end > 0:
        begin = max(text.rfind(b"\n", 0, end - 1), text.rfind(b"\r", 0, end - 1)) + 1
        line = text[begin:end]
        end = begin
        content = line.lstrip(b" \t\f")
        width = len(line) - len(content)
        if not content.strip() or content.startswith(b"#") or width > indent:
            continue
        if width == indent and not closed:
            continue
        kind = ""
        if _FUNCTION.match(content):
            kind = "function"
        elif _CHECKING.match(content.rstrip()):
            kind = "checking"
        if kind:
            # What stands in a string is no header.
            between = text[begin:start]
            quotes = between.count(b'"""') + between.count(b"'''")
            return kind if quotes % 2 == 0 else ""
        closed = content.startswith((b")", b"]"))
        indent = width
        if not indent and not closed:
            return ""
    return ""
