"""A fix as a rule words it: nodes to replace, imports to have or to drop. No places needed yet."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Self

from handbook.fixes.edits import covers, overlaps_within
from handbook.fixes.imports import imports_of
from handbook.fixes.spelling import spell
from handbook.python.project.comments import comments_of
from handbook.python.project.source import SourceFile
from handbook.syntax.outline import Scope, own_nodes
from handbook.violation import Applicability, Edit, Fix, Import, ImportChange, Position, Span

if TYPE_CHECKING:
    import libcst as cst

type Place = cst.CSTNode | ast.AST | Span
"""Where something stands: a node of either tree, or a span already known."""


def span_of(place: Place, file: SourceFile) -> Span:
    """Where a place stands in a file."""
    return place if isinstance(place, Span) else file.span(place)


def at_line(line: int) -> Span:
    """The start of a line, for what has no smaller place."""
    return Span(Position(line, 0), Position(line, 0))


class Draft:
    """A fix in the making.

    A draft that cannot be carried out, since a name cannot be had, a comment would be lost or its
    changes overlap, is left out of the violation: a rule need not ask.
    """

    def __init__(
        self,
        file: SourceFile,
        message: str,
        applicability: Applicability = Applicability.SAFE,
        *,
        keeps_comments: bool = True,
    ) -> None:
        """Begin a fix of `file`; `message` says what it does, in the imperative."""
        self.file = file
        self.message = message
        self.applicability = applicability
        self._keeps_comments = keeps_comments
        self._changes: list[tuple[Place, str | cst.CSTNode]] = []
        self._removed: list[ast.stmt] = []
        self._added: dict[str, Import] = {}
        self._released: set[str] = set()
        self._is_possible = True
        self._is_made = False
        self._fix: Fix | None = None

    def use(
        self,
        name: str,
        at: Place,
        *,
        also: Sequence[str] = (),
        scope: Scope | None = None,
        typing_only: bool = False,
    ) -> str:
        """Say that the new text needs a name, and how it is to write it.

        Args:
            name: the qualified name, `datetime.UTC`; one without a dot is a module.
            at: where it will stand: scopes, and what they shadow, are told by it.
            also: other qualified names of the same thing, that serve if they are imported already.
            scope: the scope it will be looked up in, where that is known already.
            typing_only: whether an import under `if TYPE_CHECKING` is good enough.

        Returns how the name is spelled there: by an import that is in force, or by one that comes
        with the fix. Where there is no way to spell it the draft gives up, and the name is
        returned as it is.
        """
        span = span_of(at, self.file)
        if scope is None:
            if isinstance(at, ast.AST | Span):
                scope = self._scope_at(span.start)
            else:
                scope = self.file.scope(at)
        found = spell(
            imports_of(self.file),
            [name, *also],
            scope,
            span.start,
            shadowed=self._bound_around(scope, span),
            planned=self._added,
            typing_only=typing_only,
        )
        if found is None:
            self.give_up()
            return name
        spelling, wanted = found
        if wanted is not None:
            self._added[wanted.binds] = wanted
        return spelling

    def release(self, *names: str) -> Self:
        """Say which qualified names the old text used and the new one does not.

        Their imports go with the fix, if nothing else in the module uses them.
        """
        self._released.update(names)
        return self

    def replace(self, place: Place, new: str | cst.CSTNode) -> Self:
        """Put a text, or a node of LibCST, where `place` stands."""
        self._changes.append((place, new))
        return self

    def insert(self, position: Position, text: str) -> Self:
        """Put a text at a position."""
        return self.replace(Span(position, position), text)

    def delete(self, place: Place) -> Self:
        """Take away the text of `place`, and nothing around it."""
        return self.replace(place, "")

    def remove_statement(self, statement: ast.stmt | cst.BaseStatement) -> Self:
        """Take away a statement with its lines; `pass` takes its place in an emptied block."""
        self._removed += imports_of(self.file).statements.within(self.file.span(statement))
        return self

    def give_up(self) -> None:
        """Make the violation be reported without this fix."""
        self._is_possible = False

    def fix(self) -> Fix | None:
        """Compute the places, once; `None` where the draft gave up."""
        if not self._is_made:
            self._is_made, self._fix = True, self._make()
        return self._fix

    def _make(self) -> Fix | None:
        if not self._is_possible:
            return None
        known = imports_of(self.file)
        body = tuple(
            sorted(
                [
                    *(self._edit(place, new) for place, new in self._changes),
                    *known.removal(self._removed),
                ]
            )
        )
        added, released = tuple(sorted(self._added.values())), tuple(sorted(self._released))
        imports = known.edits(added, released, body)
        if imports is None or (self._keeps_comments and self._loses_a_comment(body)):
            return None
        edits = tuple(sorted((*body, *imports)))
        if not edits or overlaps_within(edits):
            return None
        change = ImportChange(added, released, imports)
        return Fix(self.message, edits, self.applicability, change)

    def _edit(self, place: Place, new: str | cst.CSTNode) -> Edit:
        span = span_of(place, self.file)
        if isinstance(new, str):
            return Edit(span, new)
        from handbook.syntax.positions import print_node

        before = self.file.lines[span.start.line - 1][: span.start.column]
        indentation = before if not before.strip() else ""
        return Edit(span, print_node(new, indentation, imports_of(self.file).newline))

    def _loses_a_comment(self, body: Iterable[Edit]) -> bool:
        """Whether a comment of the replaced texts is not in the new ones, as often as before."""
        replaced = [
            comment
            for edit in body
            if edit.span.start != edit.span.end and "#" in self.file.text_of(edit.span)
            for span, comment in comments_of(self.file)
            if covers(edit.span, span)
        ]
        new = "\n".join(edit.text for edit in body) if replaced else ""
        # The longest first: one comment may begin like another.
        for comment in sorted(replaced, key=len, reverse=True):
            if comment not in new:
                return True
            new = new.replace(comment, "", 1)
        return False

    def _scope_at(self, position: Position) -> Scope:
        """The innermost scope whose body holds a position."""
        found: Scope = self.file.outline
        for definition in self.file.outline.definitions:
            if definition.node.lineno > position.line:
                break
            body = definition.node.body
            if position.line > (body[-1].end_lineno or 0):
                continue
            start, end = self.file.span(body[0]).start, self.file.span(body[-1]).end
            if start <= position < end:
                found = definition
        return found

    def _bound_around(self, scope: Scope, span: Span) -> set[str]:
        """The names that lambdas and comprehensions around a place bind."""
        bound: set[str] = set()
        for node in own_nodes(
            scope, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp
        ):
            if covers(self.file.span(node), span):
                bound |= _names_bound_by(node)
        return bound


def _names_bound_by(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Lambda):
        return {found.arg for found in ast.walk(node.args) if isinstance(found, ast.arg)}
    return {
        found.id
        for loop in getattr(node, "generators", ())
        for found in ast.walk(loop.target)
        if isinstance(found, ast.Name)
    }
