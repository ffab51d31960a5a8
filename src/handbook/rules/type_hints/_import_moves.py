"""Imported names that are to come from another module, under the names that they have."""

import ast
from collections.abc import Mapping, Sequence

from handbook.fixes.draft import Draft
from handbook.fixes.import_order import text_of
from handbook.fixes.import_text import changed, with_name, without_name
from handbook.fixes.imports import ImportNode, imports_of
from handbook.violation import Import, Position, Span

type Moves = Mapping[str, tuple[str, str]]
"""For the names in a statement, as written: the module to import from, and the name it has there."""


def move_imports(draft: Draft, node: ast.ImportFrom, moves: Moves) -> None:
    """Import some names of a `from` statement from elsewhere; the module goes on to bind them.

    Where the imports were sorted they still are. The draft gives up where a comment belongs to one
    of the names.
    """
    names: dict[str, list[str]] = {}
    moving = [alias for alias in node.names if alias.name in moves]
    for alias in moving:
        module, name = moves[alias.name]
        bound = alias.asname or alias.name
        # `X as X` says that the module hands the name on.
        is_plain = name == bound and alias.asname != alias.name
        names.setdefault(module, []).append(name if is_plain else f"{name} as {bound}")
    block = imports_of(draft.file).block
    is_emptied = len(moving) == len(node.names)
    if node in block.nodes and block.is_sorted and (block.may_move(node) or not is_emptied):
        _move_within_block(draft, node, moving, names)
    else:
        _move_in_place(draft, node, moving, names)


def _move_within_block(
    draft: Draft,
    node: ast.ImportFrom,
    moving: Sequence[ast.alias],
    names: Mapping[str, Sequence[str]],
) -> None:
    """Put the names where an import sorter would look for them."""
    known = imports_of(draft.file)
    is_emptied = len(moving) == len(node.names)
    below = Position((known.block.nodes[-1].end_lineno or 0) + 1, 0)
    joining: dict[ImportNode, list[str]] = {}
    standing: list[Import] = []
    for wanted in (Import(module, name) for module, new in names.items() for name in new):
        statement = known.statement_for(wanted, below)
        if statement is None:
            standing.append(wanted)
        elif all(alias.name != wanted.name for alias in statement.names):
            joining.setdefault(statement, []).append(wanted.name)
    if not is_emptied and _without(draft, node, moving) is None:
        draft.give_up()
        return
    is_one = (
        len(standing) == len(moving)
        and len({known.block.shared(wanted) for wanted in standing}) == 1
    )
    if is_emptied and is_one and known.block.may_become(node, standing[0].module):
        _rename_module(draft, node, standing[0].module, names)
        return
    for edit in known.arranged(joining, standing, {node: moving}, below) or ():
        draft.replace(edit.span, edit.text)


def _move_in_place(
    draft: Draft,
    node: ast.ImportFrom,
    moving: Sequence[ast.alias],
    names: Mapping[str, Sequence[str]],
) -> None:
    """Leave the names where they stand, or put them into a statement that is there."""
    is_emptied = len(moving) == len(node.names)
    joined = {module: _statement_for(draft, node, module) for module in names}
    if is_emptied and len(names) == 1 and not any(joined.values()):
        _rename_module(draft, node, next(iter(names)), names)
        return
    added: list[str] = []
    for module, new in sorted(names.items()):
        existing = joined[module]
        if existing is None:
            added.append(_text_at(draft, node, module, new))
        else:
            _extend(draft, existing, new)
    _leave(draft, node, moving, added)


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
        draft.replace(node, _text_at(draft, node, module, names[module]))


def _text_at(draft: Draft, node: ast.ImportFrom, module: str, names: Sequence[str]) -> str:
    """The text of a statement in the place of another one."""
    start = draft.file.span(node).start
    line = draft.file.lines[start.line - 1]
    indentation = line[: len(line) - len(line.lstrip())]
    return text_of(module, names).replace("\n", f"{imports_of(draft.file).newline}{indentation}")


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
    draft: Draft, node: ast.ImportFrom, moving: Sequence[ast.alias], added: Sequence[str]
) -> None:
    """Take names out of a statement, and put new statements above it."""
    span = draft.file.span(node)
    newline = imports_of(draft.file).newline
    before = draft.file.lines[span.start.line - 1][: span.start.column]
    if before.strip():  # after a semicolon, or behind a colon
        draft.give_up()
        return
    if len(moving) == len(node.names):
        if added:
            draft.replace(span, f"{newline}{before}".join(added))
        else:
            draft.remove_statement(node)
        return
    text = _without(draft, node, moving)
    if text is None:
        draft.give_up()
    else:
        draft.replace(span, f"{newline}{before}".join([*added, text]))


def _without(draft: Draft, node: ast.ImportFrom, moving: Sequence[ast.alias]) -> str | None:
    """The text of a statement without some names; `None` where a comment belongs to one."""
    text = draft.file.text_of(draft.file.span(node))
    for alias in moving:
        written = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
        changes = without_name(text, written)
        if changes is None:
            return None
        text = changed(text, changes)
    return text
