"""Where one more argument goes into a call."""

import ast
import re

from handbook.fixes.draft import Draft
from handbook.violation import Position

_TAIL = re.compile(r"(\s*,)?(\s*#[^\r\n]*)?")
"""What stands behind the last argument on its line, and belongs to it."""


def append_keyword(draft: Draft, call: ast.Call, text: str) -> None:
    """Put `name=value` behind the last argument of a call, on a line of its own if that has one.

    A call without arguments, or one that ends in `**options`, makes the draft give up.
    """
    file = draft.file
    last = _last_argument(call)
    if last is None:
        draft.give_up()
        return
    span = file.span(last)
    before = file.lines[span.start.line - 1][: span.start.column]
    is_alone = not before.strip() and span.start.line > call.lineno
    if not is_alone:
        draft.insert(span.end, f", {text}")
        return
    line = file.lines[span.end.line - 1]
    comma, comment = _TAIL.findall(line[span.end.column :])[0]
    newline = "\r\n" if line.endswith("\r\n") else "\n"
    added = f"{newline}{before}{text}"
    if comma:
        added += ","
    elif comment:
        draft.insert(span.end, ",")
    else:
        added = f",{added}"
    draft.insert(Position(span.end.line, span.end.column + len(comma + comment)), added)


def _last_argument(call: ast.Call) -> ast.expr | ast.keyword | None:
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    if not given:
        return None
    last = max(given, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0))
    return last if not isinstance(last, ast.keyword) or last.arg is not None else None
