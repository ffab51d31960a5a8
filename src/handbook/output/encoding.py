"""JSON as every JSON format writes it: one row to a line, nothing that a terminal would obey."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from handbook.output.text import UNSAFE
from handbook.violation import Position

# With an indent the encoder falls back from C to Python and takes ten times as long.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": "))


def dumps(value: Any) -> str:
    """Encode `value` on one line; half a surrogate pair, which no encoding has, becomes U+FFFD."""
    text = _ENCODER.encode(value)
    return text if text.isprintable() else UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"


def array(rows: Iterable[Any], indent: str = "") -> Iterator[str]:
    """Encode `rows` as an array, piece by piece, each row on a line of its own."""
    separator = "["
    for row in rows:
        yield f"{separator}\n{indent}  {dumps(row)}"
        separator = ","
    yield "[]" if separator == "[" else f"\n{indent}]"


def place(position: Position, line: str = "row") -> dict[str, int]:
    """Write a position as people count it, from 1; `line` names the key of its line."""
    return {line: position.line, "column": position.column + 1}
