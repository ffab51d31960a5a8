"""What a module imports, and the edits that make it import more or less."""

import ast
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate

from handbook.fixes.edits import clash, covers
from handbook.fixes.import_order import ImportBlock
from handbook.fixes.import_text import Change, changed, with_name, without_name
from handbook.fixes.statements import Statements
from handbook.fixes.uses import Uses
from handbook.python.project.project import Project
from handbook.python.project.reexports import is_kept
from handbook.python.project.source import SourceFile
from handbook.syntax.outline import Binding, Imported, Outline
from handbook.syntax.text import newline_of, position_at, split_lines, text_within
from handbook.violation import Edit, Import, Position, Span

type ImportNode = ast.Import | ast.ImportFrom


def imports_of(file: SourceFile) -> "Imports":
    """The imports of a file."""
    return file.fact(Imports, lambda: Imports(file.outline, file.project))


class Imports:
    """The imports of one module, and the edits that change them."""

    def __init__(self, outline: Outline, project: Project) -> None:
        """Look at the imports of a module of a project."""
        self.outline = outline
        self.project = project
        self._lines = outline.lines

    @cached_property
    def statements(self) -> Statements:
        """The statements of the module."""
        return Statements(self.outline.tree, self._lines)

    def is_unconditional(self, imported: Imported) -> bool:
        """Whether the import surely happens when its scope runs."""
        owner = self.statements.slot(imported.node).owner
        if owner is None:
            return True
        return isinstance(owner.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)

    def may_bind(self, wanted: Import) -> bool:
        """Whether the module binds the name to nothing else."""
        target = f"{wanted.module}.{wanted.name}" if wanted.name else wanted.binds
        bound = self.outline.bindings.get(wanted.binds, ())
        return all(isinstance(other, Imported) and other.target == target for other in bound)

    def start(self, node: ast.stmt) -> Position:
        """Where a statement begins."""
        return self.statements.span(node).start

    def removal(self, statements: Iterable[ast.stmt]) -> tuple[Edit, ...]:
        """The edits that take statements away."""
        return _merged(self.statements.removal(statements))

    def edits(
        self,
        added: Iterable[Import],
        released: Iterable[str],
        body: Sequence[Edit],
        *,
        before: Position | None = None,
        kept: Collection[str] = (),
    ) -> tuple[Edit, ...] | None:
        """Change the imports.

        Args:
            added: what to import.
            released: qualified names whose imports may go.
            body: the edits made elsewhere at the same time; they tell what is used then.
            before: the first place that needs what is added; by default that of the first edit.
            kept: names that the module must go on to bind.

        Returns the edits, or `None` where an import cannot be added.
        """
        if before is None:
            starts = (edit.span.start for edit in body)
            before = min(starts, default=Position(len(self._lines) + 1, 0))
        joining: dict[ImportNode, list[str]] = {}
        standing: list[Import] = []
        for wanted in sorted(set(added)):
            if not self.may_bind(wanted):
                return None
            if self._has(wanted, before):
                continue
            node = self.statement_for(wanted, before)
            if node is None:
                standing.append(wanted)
            elif self._is_redirected(node, body):
                return None
            else:
                joining.setdefault(node, []).append(wanted.name)
        return self.arranged(joining, standing, self._leaving(released, body, kept), before)

    def arranged(
        self,
        joining: Mapping[ImportNode, Sequence[str]],
        standing: Sequence[Import],
        leaving: Mapping[ImportNode, Sequence[ast.alias]],
        before: Position,
    ) -> tuple[Edit, ...] | None:
        """Put names into statements, others into new ones above a place, and take some away."""
        edits, emptied = self._rewritten(joining, leaving)
        newline = self.newline
        additions = self.block.additions(standing, newline, before) if standing else []
        if any(self.statements.line_start(line) > before for line, _ in additions):
            return None
        edits += self.statements.removal(emptied, [line for line, _ in additions])
        edits += (self._inserted(line, text, newline) for line, text in additions)
        return _merged(edits)

    @cached_property
    def newline(self) -> str:
        """How the lines of the module end."""
        return newline_of(self._lines)

    @cached_property
    def block(self) -> ImportBlock:
        """The import statements at the top of the module."""

        def is_first_party(name: str) -> bool:
            return self.project.locate(name, self.outline.root) is not None

        return ImportBlock(self.outline.tree, self.statements, is_first_party)

    @cached_property
    def _uses(self) -> Uses:
        return Uses(self.outline)

    def _has(self, wanted: Import, before: Position) -> bool:
        """Whether the module imports something already, above a place."""
        return any(
            isinstance(known, Imported)
            and known.module == wanted.module
            and (known.name or "") == wanted.name
            and self.is_unconditional(known)
            and self.start(known.node) < before
            for known in self.outline.bindings.get(wanted.binds, ())
        )

    def statement_for(self, wanted: Import, before: Position) -> ast.ImportFrom | None:
        """The statement that a name can be put into: `None` if it needs one of its own."""
        if not wanted.name or self._has_single_names or self.block.stands_alone(wanted.name):
            return None
        for node in self.outline.tree.body:
            if (
                isinstance(node, ast.ImportFrom)
                and self.outline.absolute(node.module, node.level) == wanted.module
                and node.names[0].name != "*"
                and (len(node.names) > 1 or node.names[0].asname is None)
                and self.start(node) < before
            ):
                return node
        return None

    def _is_redirected(self, node: ast.ImportFrom, body: Iterable[Edit]) -> bool:
        """Whether an edit makes a statement import from another module."""
        first = node.names[0]
        head = Span(self.start(node), position_at(self._lines, first.lineno, first.col_offset))
        return any(clash(head, edit.span) and edit.span.start < head.end for edit in body)

    @cached_property
    def _has_single_names(self) -> bool:
        """Whether the module's style is to give each imported name a line."""
        nodes = [
            node
            for node in self.block.nodes
            if isinstance(node, ast.ImportFrom)
            and not (len(node.names) == 1 and node.names[0].asname)
        ]
        modules = {(node.level, node.module) for node in nodes}
        return len(nodes) > len(modules) and all(len(node.names) == 1 for node in nodes)

    def _leaving(
        self, released: Iterable[str], body: Sequence[Edit], kept: Collection[str]
    ) -> dict[ImportNode, list[ast.alias]]:
        """Which names leave which statements."""
        candidates = [
            (index, name)
            for name in released
            for around in accumulate(name.split("."), "{}.{}".format)
            for index in self._by_target.get(around, ())
        ]
        if not candidates:
            return {}
        body = [edit for edit in body if not self._is_import_text(edit)]
        imports = self.outline.imports
        leaving: dict[ImportNode, list[ast.alias]] = {}
        for index in sorted(
            {
                index
                for index, name in candidates
                if self._may_leave(imports[index], name, body, kept)
            }
        ):
            leaving.setdefault(imports[index].node, []).append(imports[index].alias)
        return {node: gone for node, gone in leaving.items() if not is_kept(self.outline, node)}

    @cached_property
    def _by_target(self) -> Mapping[str, Sequence[int]]:
        """The imports, as indices of the outline's, by the qualified name of what they bring."""
        found: dict[str, list[int]] = {}
        for index, imported in enumerate(self.outline.imports):
            found.setdefault(_brought(imported), []).append(index)
        return found

    def _may_leave(
        self, imported: Imported, released: str, body: Sequence[Edit], kept: Collection[str]
    ) -> bool:
        """Whether an import of a released name is not needed once the module is edited."""
        name = bound_name(imported)
        outline = self.outline
        if imported.scope is outline and (
            outline.is_package
            or imported.alias.asname == imported.alias.name
            or name in kept
            or (outline.exports is None and "__all__" in outline.bindings)
        ):
            return False
        others = imported.scope.bindings.get(name, ())
        if not others or not all(is_same(other, imported) for other in others):
            return False
        if not self.is_unconditional(imported) and not imported.is_type_checking:
            return False
        if self._uses.is_used(name, body):
            return False
        # What only lies around the name may be imported for another reason.
        return _brought(imported) == released or self._uses.is_replaced(name, body)

    def _is_import_text(self, edit: Edit) -> bool:
        """Whether an edit rewrites an import: that names things, and uses none of them."""
        if edit.span.start == edit.span.end:
            return False
        for span in self._import_spans.get(edit.span.start.line, ()):
            if covers(span, edit.span):
                return edit.span != span or edit.text.startswith(("from ", "import "))
        return False

    @cached_property
    def _import_spans(self) -> Mapping[int, Sequence[Span]]:
        """Where the import statements stand, by each of their lines."""
        found: dict[int, list[Span]] = {}
        for node in dict.fromkeys(imported.node for imported in self.outline.imports):
            span = self.statements.span(node, decorated=False)
            for line in range(span.start.line, span.end.line + 1):
                found.setdefault(line, []).append(span)
        return found

    def _rewritten(
        self,
        joining: Mapping[ImportNode, Sequence[str]],
        leaving: Mapping[ImportNode, Sequence[ast.alias]],
    ) -> tuple[list[Edit], list[ast.stmt]]:
        """The edits within statements, and the statements of which nothing is left."""
        edits: list[Edit] = []
        emptied: list[ast.stmt] = []
        for node in dict.fromkeys((*joining, *leaving)):
            names, gone = joining.get(node, ()), leaving.get(node, ())
            if names or len(gone) < len(node.names):
                edits += self._rewrite(node, names, gone)
            elif not self._has_comment(node):
                emptied.append(node)
        return edits, emptied

    def _rewrite(
        self, node: ImportNode, names: Iterable[str], gone: Iterable[ast.alias]
    ) -> list[Edit]:
        """Put names into a statement and take others out."""
        span = self.statements.span(node)
        before = text = text_within(self._lines, span)
        steps: list[list[Change]] = []
        for name in names:
            steps.append(with_name(text, name))
            text = changed(text, steps[-1])
        for alias in gone:
            name = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
            changes = without_name(text, name)
            if changes is not None:
                steps.append(changes)
                text = changed(text, changes)
        if len(steps) > 1:
            return [Edit(span, text)]
        return [
            Edit(Span(_after(span.start, before[:start]), _after(span.start, before[:end])), new)
            for changes in steps
            for start, end, new in changes
        ]

    def _has_comment(self, node: ImportNode) -> bool:
        """Whether a comment stands within a statement, or after it on its last line."""
        span = self.statements.span(node)
        rest = self._lines[span.end.line - 1][span.end.column :]
        return "#" in text_within(self._lines, span) or "#" in rest

    def _inserted(self, line: int, text: str, newline: str) -> Edit:
        """Put lines before a line, or at the end of a text whose last line has no end."""
        at = self.statements.line_start(line)
        if at.line == line:
            return Edit(Span(at, at), text)
        return Edit(Span(at, at), newline + text.removesuffix(newline))


def bound_name(imported: Imported) -> str:
    """The name that an import binds."""
    if imported.alias.asname or imported.name is not None:
        return imported.alias.asname or imported.alias.name
    return imported.module.partition(".")[0]


def _brought(imported: Imported) -> str:
    """The qualified name of what an import brings: `a.b` for `import a.b`, which binds `a`."""
    return imported.target if imported.alias.asname or imported.name else imported.module


def is_same(other: Binding, imported: Imported) -> bool:
    """Whether a binding is an import of the same thing."""
    return isinstance(other, Imported) and other.target == imported.target


def _after(start: Position, text: str) -> Position:
    """The place behind a text that begins at `start`."""
    lines = split_lines(text) or [""]
    if lines[-1].endswith(("\r", "\n")):
        lines.append("")
    if len(lines) == 1:
        return Position(start.line, start.column + len(text))
    return Position(start.line + len(lines) - 1, len(lines[-1]))


def _merged(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Join insertions with the deletions that they lie in or touch."""
    merged: list[Edit] = []
    for edit in sorted(edits):
        if merged and clash(merged[-1].span, edit.span):
            last = merged.pop()
            end = max(last.span.end, edit.span.end)
            edit = Edit(Span(last.span.start, end), last.text + edit.text)
        merged.append(edit)
    return tuple(merged)
