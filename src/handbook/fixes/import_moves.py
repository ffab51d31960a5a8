"""Imported names that are to come from another module, under the names that they have."""

import ast
from collections.abc import Mapping, Sequence

from handbook.fixes.draft import Draft
from handbook.fixes.import_order import text_of
from handbook.fixes.import_text import changed, with_name, without_name
from handbook.fixes.imports import imports_of
from handbook.violation import Span

type Moves = Mapping[str, tuple[str, str]]
"""For the names in a statement, as written: the module to import from, and the name it has there."""


def move_imports(draft: Draft, node: ast.ImportFrom, moves: Moves) -> None:
    """Import some names of a `from` statement from elsewhere; the module goes on to bind them.

    The draft gives up where a comment belongs to one of the names.
    """
    names: dict[str, list[str]] = {}
    moving = [alias for alias in node.names if alias.name in moves]
    for alias in moving:
        module, name = moves[alias.name]
        bound = alias.asname or alias.name
        names.setdefault(module, []).append(name if name == bound else f"{name} as {bound}")
    is_emptied = len(moving) == len(node.names)
    joined = {module: _statement_for(draft, node, module) for module in names}
    if is_emptied and len(names) == 1 and not any(joined.values()):
        _rename_module(draft, node, next(iter(names)), names)
        return
    added: list[str] = []
    for module, new in sorted(names.items()):
        existing = joined[module]
        if existing is None:
            added.append(text_of(module, new))
        else:
            _extend(draft, existing, new)
    _leave(draft, node, moving, added, is_emptied=is_emptied)


def _rename_module(
    draft: Draft, node: ast.ImportFrom, module: str, names: Mapping[str, Sequence[str]]
) -> None:
    span = draft.file.span(node)
    text = draft.file.text_of(span)
    start = text.find(node.module or "", len("from"))
    is_same = names[module] == [
        f"{alias.name} as {alias.asname}" if alias.asname else alias.name for alias in node.names
    ]
    if is_same and 0 < start < text.find("import", start) and "\n" not in text[:start]:
        column = span.start.column + start
        line = span.start.line
        draft.replace(Span.of(line, column, line, column + len(node.module or "")), module)
    else:
        draft.replace(node, text_of(module, names[module]))


def _statement_for(draft: Draft, node: ast.ImportFrom, module: str) -> ast.ImportFrom | None:
    """A statement at the same level that imports from a module already, above `node` or below it."""
    body = draft.file.outline.tree.body
    if node not in body:
        return None
    for other in body[: body.index(node) + 2]:
        if (
            isinstance(other, ast.ImportFrom)
            and other is not node
            and other.module == module
            and not other.level
            and other.names[0].name != "*"
        ):
            return other
    return None


def _extend(draft: Draft, node: ast.ImportFrom, names: Sequence[str]) -> None:
    span = draft.file.span(node)
    text = draft.file.text_of(span)
    known = {alias.name for alias in node.names}
    for name in names:
        if name not in known:
            text = changed(text, with_name(text, name))
    draft.replace(span, text)


def _leave(
    draft: Draft,
    node: ast.ImportFrom,
    moving: Sequence[ast.alias],
    added: Sequence[str],
    *,
    is_emptied: bool,
) -> None:
    """Take names out of a statement, and put new statements above it."""
    span = draft.file.span(node)
    newline = imports_of(draft.file).newline
    before = draft.file.lines[span.start.line - 1][: span.start.column]
    if before.strip():  # after a semicolon, or behind a colon
        draft.give_up()
        return
    if is_emptied:
        if added:
            draft.replace(span, f"{newline}{before}".join(added))
        else:
            draft.remove_statement(node)
        return
    text = draft.file.text_of(span)
    for alias in moving:
        written = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
        changes = without_name(text, written)
        if changes is None:
            draft.give_up()
            return
        text = changed(text, changes)
    draft.replace(span, f"{newline}{before}".join([*added, text]))
