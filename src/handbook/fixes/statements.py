"""Where the statements of a module lie among their siblings, and how to take some away."""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from handbook.fixes.edits import covers
from handbook.syntax.text import position_at
from handbook.violation import Edit, Position, Span

_SUITES = ("body", "orelse", "finalbody")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(slots=True, frozen=True, eq=False)
class Slot:
    """The place of a statement: the list that it stands in, and whose list that is."""

    node: ast.stmt
    siblings: Sequence[ast.stmt]
    index: int
    owner: "Slot | None"

    @property
    def first_line(self) -> int:
        """The line of its first decorator, or its own."""
        decorators: list[ast.expr] = getattr(self.node, "decorator_list", [])
        return min([self.node.lineno, *(decorator.lineno for decorator in decorators)])

    @property
    def last_line(self) -> int:
        """The line of its last character."""
        return self.node.end_lineno or self.node.lineno


class Statements:
    """The statements of a module, however deep."""

    def __init__(self, tree: ast.Module, lines: Sequence[str]) -> None:
        """Index the statements of a module with these lines."""
        self.lines = lines
        self._slots: dict[ast.AST, Slot] = {}
        # Imports, which are asked for most, seldom stand in functions and classes.
        self._unread: list[Slot] = []
        self._index([(tree.body, None)], self._unread)

    def slot(self, node: ast.stmt) -> Slot:
        """The place of a statement.

        Raises:
            KeyError: if it is none of the module's.
        """
        if node not in self._slots:
            self._read_all()
        return self._slots[node]

    @cached_property
    def _by_line(self) -> dict[int, list[Slot]]:
        self._read_all()
        by_line: dict[int, list[Slot]] = {}
        for slot in self._slots.values():
            by_line.setdefault(slot.node.lineno, []).append(slot)
        return by_line

    def _read_all(self) -> None:
        suites = [(suite, slot) for slot in self._unread for suite in _suites(slot.node)]
        self._unread.clear()
        self._index(suites, None)

    def _index(
        self, suites: Iterable[tuple[Sequence[ast.stmt], Slot | None]], unread: list[Slot] | None
    ) -> None:
        """Index suites; with `unread` put there what functions and classes they define."""
        stack = [*suites]
        while stack:
            siblings, owner = stack.pop()
            for index, node in enumerate(siblings):
                slot = self._slots[node] = Slot(node, siblings, index, owner)
                if unread is not None and isinstance(node, _DEFINITIONS):
                    unread.append(slot)
                else:
                    stack.extend((suite, slot) for suite in _suites(node))

    def within(self, span: Span) -> list[ast.stmt]:
        """The statements on the first line of a span that it holds, without those inside them."""
        held = [
            slot
            for slot in self._by_line.get(span.start.line, ())
            if covers(span, self.span(slot.node, decorated=False))
        ]
        return [slot.node for slot in held if slot.owner not in held]

    def line_start(self, line: int) -> Position:
        """The start of a line, or the end of a text that has no such line."""
        lines = self.lines
        if line > len(lines) and lines and not lines[-1].endswith(("\r", "\n")):
            return Position(len(lines), len(lines[-1]))
        return Position(line, 0)

    def is_blank(self, line: int) -> bool:
        """Whether there is such a line, with nothing on it."""
        return 0 < line <= len(self.lines) and not self.lines[line - 1].strip(" \t\r\n")

    def blanks_before(self, line: int) -> int:
        """How many blank lines lie above a line."""
        count = 0
        while self.is_blank(line - count - 1):
            count += 1
        return count

    def blanks_after(self, line: int) -> int:
        """How many blank lines lie below a line."""
        count = 0
        while self.is_blank(line + count + 1):
            count += 1
        return count

    def removal(self, nodes: Iterable[ast.stmt], filled: Collection[int] = ()) -> list[Edit]:
        """The edits that take statements away, with the blank lines that set them apart.

        Args:
            nodes: the statements.
            filled: lines before which something else is put at the same time.
        """
        slots = sorted((self.slot(node) for node in nodes), key=lambda slot: slot.first_line)
        edits: list[Edit] = []
        for siblings, group in groupby(slots, key=lambda slot: id(slot.siblings)):
            members = list(group)
            of_all = [slot for slot in slots if id(slot.siblings) == siblings]
            if members[0].owner is not None and len(of_all) == len(members[0].siblings):
                # The block would be left empty.
                edits.append(Edit(self.span(members[-1].node), "pass"))
                members.pop()
            for run in self._runs(members):
                edits += self._without(run, filled)
        return edits

    def _runs(self, slots: Sequence[Slot]) -> Iterator[list[Slot]]:
        """Split statements of one block into stretches with nothing but blank lines in between."""
        run: list[Slot] = []
        for slot in slots:
            if run:
                last = run[-1].last_line
                below = last + self.blanks_after(last) + 1
                if slot.index != run[-1].index + 1 or slot.first_line > below:
                    yield run
                    run = []
            run.append(slot)
        if run:
            yield run

    def _without(self, run: Sequence[Slot], filled: Collection[int]) -> Iterator[Edit]:
        """Take away statements that follow each other."""
        if not all(self.has_own_lines(slot) for slot in run):
            for slot in run:
                yield self._within_line(slot)
            return
        first, last = run[0].first_line, run[-1].last_line
        above, below = self.blanks_before(first), self.blanks_after(last)
        if any(first <= line <= last + 1 for line in filled):
            above = below = 0
        elif run[-1].index == len(run[-1].siblings) - 1:
            below = 0
        elif run[0].index == 0 and above == 0 and self._opens(run[0]):
            pass
        else:
            above, below = (0, min(above, below)) if above >= below else (min(above, below), 0)
        start, end = self.line_start(first - above), self.line_start(last + 1 + below)
        if end.column and start.line > 1:
            # The last line has no end, and then the one that becomes the last has none either.
            content = self.lines[start.line - 2].rstrip("\r\n")
            start = Position(start.line - 1, len(content))
        yield Edit(Span(start, end), "")

    def _opens(self, slot: Slot) -> bool:
        """Whether nothing that it could belong to stands above the first statement of a block."""
        if slot.owner is not None or slot.first_line == 1:
            return True
        return is_header(self.lines[slot.first_line - 2])

    def has_own_lines(self, slot: Slot) -> bool:
        """Whether nothing but the statement stands on its lines."""
        span = self.span(slot.node)
        before = self.lines[slot.first_line - 1][: span.start.column]
        after = self.lines[span.end.line - 1][span.end.column :]
        return not before.strip(" \t") and not after.strip(" \t\r\n;")

    def _within_line(self, slot: Slot) -> Edit:
        """Take away a statement, and not what is beside it on its lines."""
        span = self.span(slot.node)
        if slot.index + 1 < len(slot.siblings):
            following = self.span(slot.siblings[slot.index + 1])
            if following.start.line == span.end.line:
                return Edit(Span(span.start, following.start), "")
        if slot.index:
            preceding = self.span(slot.siblings[slot.index - 1])
            if preceding.end.line == span.start.line:
                return Edit(Span(preceding.end, span.end), "")
        before = self.lines[span.start.line - 1][: span.start.column]
        # Alone after `if x:`, or with a form feed or a comment: something has to stay.
        return Edit(span, "pass" if before.strip() else "")

    def span(self, node: ast.stmt, *, decorated: bool = True) -> Span:
        """Where a statement stands, from its first decorator if it is `decorated`."""
        line = self.slot(node).first_line if decorated else node.lineno
        start = position_at(self.lines, line, node.col_offset)
        return Span(start, position_at(self.lines, node.end_lineno or 1, node.end_col_offset or 0))


_HEADER = re.compile(
    r"#!|\s*#+[*\s]*(-\*-|.{,40}coding[:=]|/// |((spdx|licen[cs]e|copyright|\(c\)|©|all rights|author)"
    r"|(ruff|flake8|mypy|pylint|pyright|isort|type|handbook|noqa|fmt|yapf|pragma|vim|file)\s*[:=]))",
    re.IGNORECASE,
)


def is_header(line: str) -> bool:
    """Whether a comment line is about the file: `#!`, its encoding, its licence, a tool's setting."""
    return _HEADER.match(line) is not None


def _suites(node: ast.stmt) -> Iterator[Sequence[ast.stmt]]:
    for name in _SUITES:
        suite = getattr(node, name, None)
        if isinstance(suite, list) and suite:
            yield suite
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield part.body
