"""What an editor can do about violations: fix them, fix all, or suppress one."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from lsprotocol import types as lsp

from handbook.checking.add_noqa import add_noqa
from handbook.fixing.fixing import edits_of, fix_file
from handbook.lsp.diagnostics import diagnostic
from handbook.lsp.places import Places, edits_between
from handbook.lsp.session import Document, Session
from handbook.rulebook.registry import Registry
from handbook.violation import Applicability, Edit, Span, Violation

FIX_ALL = "source.fixAll.handbook"
KINDS = (lsp.CodeActionKind.QuickFix, FIX_ALL)


class Actions:
    """The code actions of one document."""

    def __init__(
        self, session: Session, document: Document, uri: str, places: Places, known: Registry
    ) -> None:
        """Offer actions for a document under the client's name for it."""
        self._session = session
        self._document = document
        self._uri = uri
        self._places = places
        self._known = known

    def at(self, range_: lsp.Range, only: Sequence[str] | None) -> Iterator[lsp.CodeAction]:
        """The actions for a range, of the kinds that the client asks for."""
        violations = self._session.check(self._document)
        if _is_wanted(lsp.CodeActionKind.QuickFix, only):
            span = self._places.span(range_)
            for violation in violations:
                if _touches(violation.span, span):
                    yield from self._fixes(violation)
            for violation in violations:
                if _touches(violation.span, span):
                    yield from self._ignoring(violation)
        if _is_wanted(FIX_ALL, only):
            yield from self._fix_all()

    def _fixes(self, violation: Violation) -> Iterator[lsp.CodeAction]:
        for index, fix in enumerate(violation.fixes):
            is_safe = fix.applicability is Applicability.SAFE
            edits = edits_of(self._session.workspace, Path(self._document.path), violation, fix)
            if edits:
                yield self._action(
                    fix.message if is_safe else f"{fix.message} (unsafe)",
                    edits,
                    violation,
                    is_preferred=is_safe and index == 0,
                )

    def _ignoring(self, violation: Violation) -> Iterator[lsp.CodeAction]:
        """Silence a violation by a comment in its line."""
        text = self._document.text
        edits = edits_between(text, add_noqa(text, [violation]))
        if edits:
            title = f"Ignore {violation.code} ({violation.name}) on this line"
            yield self._action(title, edits, violation)

    def _fix_all(self) -> Iterator[lsp.CodeAction]:
        text = self._document.text
        result = fix_file(self._session.workspace, Path(self._document.path), text)
        if result.is_changed:
            yield lsp.CodeAction(
                title="Fix all that is safe to fix",
                kind=FIX_ALL,
                edit=self._edit(edits_between(text, result.text)),
            )

    def _action(
        self,
        title: str,
        edits: Sequence[Edit],
        violation: Violation,
        *,
        is_preferred: bool | None = None,
    ) -> lsp.CodeAction:
        return lsp.CodeAction(
            title=title,
            kind=lsp.CodeActionKind.QuickFix,
            diagnostics=[diagnostic(violation, self._places, self._known)],
            edit=self._edit(edits),
            is_preferred=is_preferred,
        )

    def _edit(self, edits: Sequence[Edit]) -> lsp.WorkspaceEdit:
        return lsp.WorkspaceEdit(changes={self._uri: self._places.edits(edits)})


def _is_wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Whether a client that asks for some kinds of action asks for this one."""
    return only is None or any(kind == asked or kind.startswith(f"{asked}.") for asked in only)


def _touches(one: Span, other: Span) -> bool:
    return one.start <= other.end and other.start <= one.end
