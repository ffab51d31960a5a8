"""The page of a rule, shown where its code stands in a comment or where it was broken."""

import re

from handbook.config import ConfigError
from handbook.lsp.session import Document
from handbook.rulebook.pages.markdown import render
from handbook.rulebook.pages.page import page_of
from handbook.rulebook.registry import Registry
from handbook.violation import Position

_COMMENT = re.compile(r"#\s*(?:noqa|handbook\s*:|flake8\s*:).*", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


def hover(document: Document, position: Position, known: Registry) -> str | None:
    """The page, as Markdown, of the rule that a place of a document is about."""
    name = _named_at(document, position)
    if name is not None:
        try:
            return render(page_of(known.find(name)))
        except ConfigError:
            return None
    pages = dict.fromkeys(
        violation.code
        for violation in document.violations
        if violation.span.start <= position <= violation.span.end
    )
    return "\n---\n\n".join(render(page_of(known.find(code))) for code in pages) or None


def _named_at(document: Document, position: Position) -> str | None:
    """The code or slug under a position, where that lies in a suppression."""
    lines = document.lines
    line = lines[position.line - 1] if position.line <= len(lines) else ""
    comment = _COMMENT.search(line)
    for found in _NAME.finditer(line, comment.start()) if comment else ():
        if found.start() <= position.column <= found.end():
            return found[0]
    return None
