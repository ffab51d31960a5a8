"""Where new import statements go: isort's sections and order, among what is there already."""

import ast
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import groupby, pairwise
from typing import NamedTuple

from handbook.fixes.import_text import Key, listing, member_key, natural
from handbook.fixes.statements import Statements, is_header
from handbook.violation import Import, Position

FUTURE, STANDARD, THIRD_PARTY, FIRST_PARTY, LOCAL = range(5)


class _Entry(NamedTuple):
    """An import statement, there or to come, and what its place is told by."""

    section: int
    key: Key
    node: ast.stmt | None
    text: str = ""


def text_of(module: str, names: Iterable[str]) -> str:
    """The text of an import statement; without names, of a plain `import`."""
    listed = sorted(names, key=member_key)
    if not listed:
        return f"import {module}"
    head = f"from {module} import "
    return head + listing(listed, len(head))


class ImportBlock:
    """The first import statements of a module that stand together."""

    def __init__(
        self, tree: ast.Module, statements: Statements, is_first_party: Callable[[str], bool]
    ) -> None:
        """Find the block of a module; `is_first_party` tells by the first part of a module's name."""
        self._tree = tree
        self._statements = statements
        self._is_first_party = is_first_party
        self.nodes = _first_run(tree.body)

    def additions(
        self, imports: Iterable[Import], newline: str, before: Position
    ) -> list[tuple[int, str]]:
        """New statements for some imports, none of which has one that it could be put into.

        Args:
            imports: what to import.
            newline: the line end to use.
            before: what they are for stands there, so they must stand above.

        Returns lines, and the text to put before each.
        """
        plain = [wanted for wanted in imports if not wanted.name]
        named = [wanted for wanted in imports if wanted.name]
        new = [self._entry(wanted.module, ()) for wanted in plain]
        for (module, _), group in groupby(sorted(named, key=self.shared), key=self.shared):
            new.append(self._entry(module, [wanted.name for wanted in group]))
        new.sort(key=lambda entry: (entry.section, entry.key))
        nodes = self.nodes
        if not nodes or (nodes[0].lineno, 0) > (before.line, before.column):
            return self._at_the_top(new, newline)
        entries = [self._entry_of(node) for node in nodes]
        gaps: dict[int, list[_Entry]] = {}
        for entry in new:
            gaps.setdefault(_gap_for(entry, entries), []).append(entry)
        placed = [
            addition for gap, group in gaps.items() for addition in self._fill(gap, group, entries)
        ]
        texts: dict[int, str] = {}
        for line, text in placed:
            texts[line] = texts.get(line, "") + text.replace("\n", newline)
        return sorted(texts.items())

    @cached_property
    def is_sorted(self) -> bool:
        """Whether the statements stand in the order that new ones are put in."""
        return _are_sorted([self._entry_of(node) for node in self.nodes])

    def may_become(self, node: ast.ImportFrom, module: str) -> bool:
        """Whether a statement could import from another module where it stands, and all be sorted."""
        others = [self._entry_of(other) for other in self.nodes if other is not node]
        old = self._entry_of(node)
        new = self._entry(module, [alias.name for alias in node.names])
        sections = {entry.section for entry in others}
        is_apart = old.section not in sections and new.section not in sections
        index = self.nodes.index(node)
        is_sorted = _are_sorted([*others[:index], new, *others[index:]])
        return is_sorted and (new.section == old.section or is_apart)

    def may_move(self, node: ast.stmt) -> bool:
        """Whether a statement could stand elsewhere: it shares no line, and no comment is about it."""
        slot = self._statements.slot(node)
        lines = self._statements.lines[slot.first_line - 1 : slot.last_line]
        is_commented = self._head(node) < slot.first_line or any("#" in line for line in lines)
        return not is_commented and self._statements.has_own_lines(slot)

    def stands_alone(self, name: str) -> bool:
        """Whether a name, `a as b`, has a statement of its own: so isort wants it by default."""
        return " as " in name and not any(
            len(node.names) > 1 and any(alias.asname for alias in node.names)
            for node in self.nodes
            if isinstance(node, ast.ImportFrom)
        )

    def shared(self, wanted: Import) -> tuple[str, str]:
        """What the imports of one statement have in common."""
        return wanted.module, wanted.name if self.stands_alone(wanted.name) else ""

    def _entry(self, module: str, names: Sequence[str]) -> _Entry:
        first = min(names, key=member_key, default="")
        key: Key = (bool(names), natural(module), member_key(first))
        return _Entry(self._section(module), key, None, text_of(module, names))

    def _entry_of(self, node: ast.Import | ast.ImportFrom) -> _Entry:
        if isinstance(node, ast.Import):
            name = node.names[0].name
            return _Entry(self._section(name), (False, natural(name), member_key("")), node)
        name = node.module or ""
        section = LOCAL if node.level else self._section(name)
        return _Entry(section, (True, natural(name), member_key(node.names[0].name)), node)

    def _section(self, module: str) -> int:
        first = module.partition(".")[0]
        if first == "__future__":
            return FUTURE
        if first in sys.stdlib_module_names:
            return STANDARD
        return FIRST_PARTY if self._is_first_party(first) else THIRD_PARTY

    def _fill(
        self, gap: int, new: Sequence[_Entry], entries: Sequence[_Entry]
    ) -> list[tuple[int, str]]:
        """Put statements between the entries `gap - 1` and `gap`: lines, and what goes before them."""
        above = entries[gap - 1] if gap else None
        below = entries[gap] if gap < len(entries) else None
        joining = [entry for entry in new if above and entry.section == above.section]
        others = [entry for entry in new if entry not in joining]
        additions: list[tuple[int, str]] = []
        if above is not None and above.node is not None:
            line = (above.node.end_lineno or above.node.lineno) + 1
            text = "".join(f"{entry.text}\n" for entry in joining)
            if below is None:
                # Comments at the end of a module belong to no statement.
                is_last = above.node is self._tree.body[-1]
                is_apart = is_last or self._statements.is_blank(line)
                text += _sections(others, before="\n" if is_apart else "")
                others = []
            if text:
                additions.append((line, text))
        if others and below is not None and below.node is not None:
            line = self._head(below.node)
            is_commented = line < self._statements.slot(below.node).first_line
            # Where sections are not set apart, the new one is not either.
            is_glued = above is not None and not self._statements.blanks_before(line)
            text = ""
            for section, group in groupby(others, key=lambda entry: entry.section):
                text += "".join(f"{entry.text}\n" for entry in group)
                is_apart = section != below.section or is_commented
                text += "\n" if is_apart and not is_glued else ""
            additions.append((line, text))
        return additions

    def _head(self, node: ast.stmt) -> int:
        """The first line of a statement and of the comments right above it that belong to it."""
        lines = self._statements.lines
        slot = self._statements.slot(node)
        line = first = slot.first_line
        above = self._statements.slot(slot.siblings[slot.index - 1]).last_line if slot.index else 0
        while line - 1 > above and lines[line - 2].lstrip().startswith("#"):
            line -= 1
        if above == 0:
            while line < first and any(is_header(text) for text in lines[line - 1 : first - 1]):
                line += 1
        return line

    def _at_the_top(self, new: Sequence[_Entry], newline: str) -> list[tuple[int, str]]:
        """Put statements above all code of a module that has no imports there."""
        statements = self._statements
        body = self._tree.body
        text = _sections(new, before="")
        skipped = 1 if _is_docstring(body[:1]) else 0
        line = 1
        if skipped:
            line = statements.slot(body[0]).last_line + 1
        elif body and (head := self._head(body[0])) > 1:
            above = statements.blanks_before(head)
            line = head - above if above < head - 1 else head
        elif not body:
            line = len(statements.lines) + 1
            line -= statements.blanks_before(line)
        if len(body) <= skipped:
            text = f"\n{text}" if line > 1 and statements.lines else text
        elif not skipped and not statements.is_blank(line):
            is_definition = isinstance(
                body[0], ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
            )
            text += "\n\n" if is_definition else "\n"
        elif statements.is_blank(line):
            text = f"\n{text}"
        return [(line, text.replace("\n", newline))]


def _sections(entries: Iterable[_Entry], before: str) -> str:
    """Statements, the sections set apart by blank lines, the first by `before`."""
    text = ""
    for _, group in groupby(entries, key=lambda entry: entry.section):
        text += (before if not text else "\n") + "".join(f"{entry.text}\n" for entry in group)
    return text


def _gap_for(new: _Entry, entries: Sequence[_Entry]) -> int:
    """Before which of the entries a new one goes."""
    alike = [index for index, entry in enumerate(entries) if entry.section == new.section]
    smaller = [index for index in alike if entries[index].key <= new.key]
    if smaller:
        return smaller[-1] + 1
    if alike:
        return alike[0]
    earlier = [index for index, entry in enumerate(entries) if entry.section < new.section]
    return earlier[-1] + 1 if earlier else 0


def _are_sorted(entries: Iterable[_Entry]) -> bool:
    """Whether statements are in order; those relative to the module may be in any."""
    keys = [(entry.section, entry.key) for entry in entries if entry.section != LOCAL]
    return all(first <= second for first, second in pairwise(keys))


def _first_run(body: Sequence[ast.stmt]) -> list[ast.Import | ast.ImportFrom]:
    run: list[ast.Import | ast.ImportFrom] = []
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            run.append(node)
        elif run:
            break
    return run


def _is_docstring(nodes: Sequence[ast.stmt]) -> bool:
    match nodes:
        case [ast.Expr(value=ast.Constant(value=str()))]:
            return True
    return False
