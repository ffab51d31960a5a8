"""Where one more argument goes into a call."""

import ast

from handbook.fixes.draft import Draft
from handbook.syntax.source import SourceFile
from handbook.violation import Position


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
    elif (comma := _comma_after(file, span.end)) is not None:
        newline = "\r\n" if file.lines[span.end.line - 1].endswith("\r\n") else "\n"
        draft.insert(comma, f"{newline}{before}{text},")
    else:
        newline = "\r\n" if file.lines[span.end.line - 1].endswith("\r\n") else "\n"
        draft.insert(span.end, f",{newline}{before}{text}")


def _last_argument(call: ast.Call) -> ast.expr | ast.keyword | None:
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    if not given:
        return None
    last = max(given, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0))
    return last if not isinstance(last, ast.keyword) or last.arg is not None else None


def _comma_after(file: SourceFile, end: Position) -> Position | None:
    """The place behind the comma that follows an argument on its line."""
    rest = file.lines[end.line - 1][end.column :]
    stripped = rest.lstrip()
    if not stripped.startswith(","):
        return None
    return Position(end.line, end.column + len(rest) - len(stripped) + 1)
