"""What values an expression may have: followed through names, files and settings, or given up."""

import ast

from handbook.python.calls.callers import Caller
from handbook.python.project.project import Project, Variable
from handbook.python.types.inference import instance_of
from handbook.python.values.value_flow import Search, Value
from handbook.syntax.control_flow import additions
from handbook.syntax.outline import ClassScope, Scope

_MOST_TEXTS = 64
_LONGEST_TEXT = 20_000

__all__ = [
    "Value",
    "elements",
    "instance_class",
    "possible",
    "possible_values",
    "string",
    "strings",
    "summands",
    "values",
]


def values(
    project: Project, node: ast.expr, scope: Scope, caller: Caller | None = None
) -> list[Value] | None:
    """Every expression that `node` may stand for, seen from `scope`.

    Names are followed to the assignments that can still hold at that place, the branches of
    conditional expressions and the operands of `or` are taken apart, a field of a settings object
    gives its default, `getenv` its fallback, and a call of a function what it returns. What is
    left are literals, calls and other expressions that cannot be followed.

    Returns `None` where something on the way is not known, such as a parameter without default.
    """
    found, is_complete = _alternatives(project, Value(node, scope, caller))
    return found if is_complete else None


def possible_values(
    project: Project, node: ast.expr, scope: Scope, caller: Caller | None = None
) -> list[Value]:
    """Like `values`, but gives those that are known even where others are not."""
    return possible(project, Value(node, scope, caller))


def possible(project: Project, value: Value) -> list[Value]:
    """What is known of what an expression may stand for, under the conditions that it has."""
    return _alternatives(project, value)[0]


def _alternatives(project: Project, value: Value) -> tuple[list[Value], bool]:
    """What an expression may stand for, and whether that is all there is: found out once."""

    def find() -> tuple[list[Value], bool]:
        search = Search(project)
        is_complete = search.collect(value, 0)
        return search.found, is_complete

    if value.caller is not None or value.conditions:
        return find()
    found, is_complete = project.fact(("alternatives", value.node, value.scope), find)
    return [*found], is_complete


def instance_class(project: Project, node: ast.expr, scope: Scope) -> ClassScope | None:
    """The project's class that `node` surely is an instance of.

    Follows a name to the call that made it, a function to the class that it says it returns or
    makes, a parameter to its annotation.
    """
    found = instance_of(project, node, scope)
    return found if isinstance(found, ClassScope) else None


def strings(project: Project, node: ast.expr, scope: Scope) -> list[str] | None:
    """Every text that `node` may be, or `None` where it may be one that is not known.

    Concatenations and f-strings of known parts are put together. Of more than a few texts, or of
    very long ones, nothing is known.
    """
    return project.answer(("texts", node, scope), lambda: _strings(project, node, scope))


def _strings(project: Project, node: ast.expr, scope: Scope) -> list[str] | None:
    found = values(project, node, scope)
    if found is None:
        return None
    texts: dict[str, None] = {}
    for value in found:
        folded = _fold(project, value.node, value.scope)
        if folded is None:
            return None
        texts |= dict.fromkeys(folded)
    return [*texts] if len(texts) <= _MOST_TEXTS else None


def string(project: Project, node: ast.expr | None, scope: Scope) -> str | None:
    """The one text that `node` surely is, or `None`."""
    texts = strings(project, node, scope) if node is not None else None
    return texts[0] if texts is not None and len(texts) == 1 else None


def _fold(project: Project, node: ast.expr, scope: Scope) -> list[str] | None:
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.BinOp(op=ast.Add()):
            parts = summands(node)
        case ast.JoinedStr(values=pieces):
            parts = [
                piece.value if isinstance(piece, ast.FormattedValue) else piece for piece in pieces
            ]
        case _:
            return None
    texts = [""]
    for part in parts:
        ends = strings(project, part, scope)
        if ends is None or len(ends) * len(texts) > _MOST_TEXTS:
            return None
        texts = [text + end for text in texts for end in ends]
        if any(len(text) > _LONGEST_TEXT for text in texts):
            return None
    return texts


def summands(node: ast.expr) -> list[ast.expr]:
    """The operands of a sum, from left to right: `[a, b, c]` for `a + b + c`."""
    found: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        found.append(node.right)
        node = node.left
    return [node, *reversed(found)]


def elements(project: Project, node: ast.expr, scope: Scope) -> list[Value] | None:
    """The items of a list, tuple or set that `node` surely is, through names and `+`."""
    found = values(project, node, scope)
    if found is None or len(found) != 1 or _grows(project, node, scope):
        return None
    match found[0].node:
        case ast.List(elts=nodes) | ast.Tuple(elts=nodes) | ast.Set(elts=nodes):
            parts = [_part(project, found[0].at(node)) for node in nodes]
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            parts = [elements(project, side, found[0].scope) for side in (left, right)]
        case _:
            return None
    known = [part for part in parts if part is not None]
    return [item for part in known for item in part] if len(known) == len(parts) else None


def _part(project: Project, item: Value) -> list[Value] | None:
    if isinstance(item.node, ast.Starred):
        return elements(project, item.node.value, item.scope)
    return [item]


def _grows(project: Project, node: ast.expr, scope: Scope) -> bool:
    """Whether something is put into the list that a name holds, somewhere and some time."""
    symbol = project.resolve_expression(node, scope) if isinstance(node, ast.Name) else None
    return isinstance(symbol, Variable) and any(additions(symbol.scope, symbol.name))
