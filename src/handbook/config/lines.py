"""The line of each key of a TOML text, which the parser does not tell.

It is read only to word an error, and only from text that tomli has accepted, so it checks nothing.
"""

import re
from bisect import bisect_left

from handbook.config.kinds import KeyPath

_BLANK: re.Pattern[str] = re.compile(r"(?:\s|#[^\n]*)*")
_KEY: re.Pattern[str] = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'|[^\s.=\]\"']+")
_SCALAR: re.Pattern[str] = re.compile(
    r"""
    \"{3}(?:\\.|[^\\])*?\"{3,5} | '{3}.*?'{3,5}     # may hold what looks like keys
    | \"(?:\\.|[^\"\\])*\" | '[^']*'
    | [^,\]}\#\n]+
    """,
    re.VERBOSE | re.DOTALL,
)


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line, from 1, on which each key, table and list item of `text` first stands.

    A key is the tuple of its parts; items of lists and of arrays of tables are numbered from 0.
    """
    scanner = _Scanner(text)
    try:
        scanner.document()
    except (RecursionError, ValueError):
        pass  # What was found until there must do.
    return scanner.lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self.newlines = [found.start() for found in re.finditer("\n", text)]
        self.array_sizes: dict[KeyPath, int] = {}

    def document(self) -> None:
        table: KeyPath = ()
        while self.peek():
            if self.peek() == "[":
                table = self.header()
            else:
                self.pair(table)

    def header(self) -> KeyPath:
        """Read `[a.b]` or `[[a.b]]`, and return the path of the table that it opens."""
        start = self.at
        is_array = self.text.startswith("[[", start)
        self.at += 2 if is_array else 1
        *parents, last = self.key()
        self.at = self.text.index("]", self.at) + (2 if is_array else 1)
        path: KeyPath = ()
        for part in parents:
            path = (*path, part)
            if path in self.array_sizes:
                path = (*path, self.array_sizes[path] - 1)
        path = (*path, last)
        if is_array:
            size = self.array_sizes.get(path, 0)
            self.array_sizes[path] = size + 1
            path = (*path, size)
        self.record(path, start)
        return path

    def pair(self, table: KeyPath) -> None:
        start = self.at
        path = (*table, *self.key())
        self.record(path, start)
        self.at = self.text.index("=", self.at) + 1
        self.value(path)

    def key(self) -> KeyPath:
        parts: list[str] = []
        while True:
            self.peek()
            part = self.take(_KEY)
            parts.append(_unquoted(part) if part[0] in "\"'" else part)
            if self.peek() != ".":
                return tuple(parts)
            self.at += 1

    def value(self, path: KeyPath) -> None:
        match self.peek():
            case "[":
                self.at += 1
                index = 0
                while self.peek() != "]":
                    self.record((*path, index), self.at)
                    self.value((*path, index))
                    self.skip_comma()
                    index += 1
                self.at += 1
            case "{":
                self.at += 1
                while self.peek() != "}":
                    self.pair(path)
                    self.skip_comma()
                self.at += 1
            case _:
                self.take(_SCALAR)

    def skip_comma(self) -> None:
        if self.peek() == ",":
            self.at += 1

    def peek(self) -> str:
        """Step over blanks, newlines and comments; return what follows, "" at the end."""
        self.take(_BLANK)
        return self.text[self.at : self.at + 1]

    def take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise ValueError(f"not TOML at offset {self.at}")
        self.at = found.end()
        return found.group()

    def record(self, path: KeyPath, offset: int) -> None:
        line = bisect_left(self.newlines, offset) + 1
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)


def _unquoted(key: str) -> str:
    import tomli

    return str(tomli.loads(f"key = {key}")["key"])
