"""The entries of a dictionary whose keys are no texts: classes, status codes."""

import ast

from handbook.python.project.project import Project, Variable
from handbook.python.values.values import Value, values
from handbook.syntax.outline import Scope, own_nodes

type Entry = tuple[Value, Value]

_CHANGING = frozenset({"update", "setdefault", "pop", "popitem", "clear", "__setitem__"})


def entries(project: Project, node: ast.expr, scope: Scope) -> list[Entry] | None:
    """The keys and values of a dictionary that `node` surely is, through names, `|` and `**`.

    `None` where it is not certain, or something is put in or taken out somewhere in the module
    that names it.
    """
    found = values(project, node, scope)
    if found is None or len(found) != 1 or _is_changed(project, node, scope):
        return None
    whole = found[0]
    parts: list[list[Entry] | None] = []
    match whole.node:
        case ast.Dict(keys=keys, values=held):
            for key, value in zip(keys, held, strict=True):
                if key is None:
                    parts.append(entries(project, value, whole.scope))
                else:
                    parts.append([(whole.at(key), whole.at(value))])
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            parts = [entries(project, side, whole.scope) for side in (left, right)]
        case _:
            return None
    known = [part for part in parts if part is not None]
    return [entry for part in known for entry in part] if len(known) == len(parts) else None


def _is_changed(project: Project, node: ast.expr, scope: Scope) -> bool:
    symbol = project.resolve_expression(node, scope)
    if not isinstance(symbol, Variable):
        return False
    outline = symbol.scope.outline
    for around in (outline, *outline.definitions):
        for part in own_nodes(around):
            match part:
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                    pass
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if (
                    method in _CHANGING
                ):
                    pass
                case _:
                    continue
            if name == symbol.name:
                return True
    return False
