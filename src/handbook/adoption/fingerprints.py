"""What a violation is about, told so that edits elsewhere in the file do not change it."""

import ast
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from handbook.syntax.text import SourceError, parse, split_lines
from handbook.violation import Position, Violation

_DIGITS = 12
"""Hexadecimal digits of a fingerprint: 48 bits tell a million statements of one rule apart."""


class Fingerprint(NamedTuple):
    """What stays the same of a violation when lines move.

    Attributes:
        code: of the rule.
        scope: the dotted name of the class or function around it, or that it defines.
        statement: a digest of the statement, without its layout, its comments, its body, and the
            name that it defines.
    """

    code: str
    scope: str
    statement: str


@dataclass(frozen=True, slots=True)
class _Statement:
    start: Position
    end: Position
    scope: str
    node: ast.stmt


class Fingerprints:
    """The fingerprints of violations in one text."""

    def __init__(self, text: str) -> None:
        """Read a text; one that is not Python has only itself as a statement."""
        self._digests: dict[int, str] = {}
        try:
            tree = parse(text)
        except SourceError:
            self._statements: Sequence[_Statement] = ()
        else:
            self._statements = [*_statements(tree.body, "", split_lines(text))]

    def of(self, violation: Violation) -> Fingerprint:
        """Tell what a violation is about."""
        found = self._innermost(violation.span.start)
        if found is None:
            return Fingerprint(violation.code, "", "")
        digest = self._digests.get(id(found))
        if digest is None:
            digest = self._digests[id(found)] = _digest(found.node)
        return Fingerprint(violation.code, found.scope, digest)

    def _innermost(self, place: Position) -> _Statement | None:
        """The smallest statement that holds a place: those within follow the one around them."""
        found = None
        for statement in self._statements:
            if statement.start > place:
                break
            if place < statement.end:
                found = statement
        return found


def _statements(
    body: Sequence[ast.stmt], scope: str, lines: Sequence[str]
) -> Iterator[_Statement]:
    """Every statement in source order, each before those within it."""
    for node in body:
        inner = scope
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{scope}.{node.name}" if scope else node.name
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        # Only the order counts: whole lines are exact enough, save for several statements in one.
        start = Position(first, 0 if first < node.lineno else _column(node, lines))
        last = node.end_lineno or node.lineno
        yield _Statement(start, Position(last + 1, 0), inner, node)
        for name in ("body", "handlers", "orelse", "finalbody", "cases"):
            for part in getattr(node, name, ()):
                if isinstance(part, ast.stmt):
                    yield from _statements([part], inner, lines)
                else:
                    yield from _statements(part.body, inner, lines)


def _column(node: ast.stmt, lines: Sequence[str]) -> int:
    line = lines[node.lineno - 1].encode()
    return len(line[: node.col_offset].decode(errors="replace"))


def _digest(node: ast.stmt) -> str:
    """A digest of a statement's header, whatever it is called and however it is laid out."""
    parts = [type(node).__name__]
    for name, value in ast.iter_fields(node):
        if name in ("body", "handlers", "orelse", "finalbody", "cases", "name", "type_comment"):
            continue
        for part in value if isinstance(value, list) else [value]:
            parts.append(ast.dump(part) if isinstance(part, ast.AST) else repr(part))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_DIGITS]
