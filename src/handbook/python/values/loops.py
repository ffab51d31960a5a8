"""What a loop makes of its variables, turn by turn."""

import ast

from handbook.python.project.project import Project
from handbook.python.values.dict_entries import entries
from handbook.python.values.values import Value, elements
from handbook.syntax.outline import Opaque, Scope, own_nodes


def turns(project: Project, node: ast.expr, scope: Scope) -> list[Value] | None:
    """What an expression is in each turn of the one loop that binds its name.

    It is a name or an attribute of one: `router` or `module.router` in `for module in MODULES`.
    `None` where no loop binds the name, or not all that the loop runs through is known.
    """
    head = node.value if isinstance(node, ast.Attribute) else node
    loop = _loop_over(scope, head.id) if isinstance(head, ast.Name) else None
    if loop is None or not isinstance(head, ast.Name):
        return None
    items = _items(project, loop.iter, scope)
    if items is None:
        return None
    found: list[Value] = []
    for item in items:
        part = _part(loop.target, item.node, head.id)
        if part is None:
            return None
        if isinstance(node, ast.Attribute):
            part = ast.copy_location(ast.Attribute(part, node.attr, ast.Load()), part)
        found.append(item.at(part))
    return found


def _loop_over(scope: Scope, name: str) -> ast.For | None:
    """The one loop of a scope that binds a name."""
    bound = scope.bindings.get(name, ())
    if len(bound) != 1 or not isinstance(bound[0], Opaque):
        return None
    for node in own_nodes(scope, ast.For):
        if bound[0].node in ast.walk(node.target):
            return node
    return None


def _items(project: Project, node: ast.expr, scope: Scope) -> list[Value] | None:
    """What a loop runs through: a list, or a dictionary and its keys, values or items."""
    listed = elements(project, node, scope)
    if listed is not None:
        return listed
    match node:
        case ast.Call(func=ast.Attribute(value=whole, attr=("items" | "keys" | "values") as view)):
            pass
        case _:
            view, whole = "keys", node
    held = entries(project, whole, scope)
    if held is None:
        return None
    match view:
        case "items":
            return [key.at(_pair(key.node, value.node)) for key, value in held]
        case "values":
            return [value for _, value in held]
    return [key for key, _ in held]


def _pair(first: ast.expr, second: ast.expr) -> ast.Tuple:
    return ast.copy_location(ast.Tuple([first, second], ast.Load()), first)


def _part(target: ast.expr, item: ast.expr, name: str) -> ast.expr | None:
    """What a loop binds to a name when it comes to an item."""
    match target, item:
        case ast.Name(id=bound), _ if bound == name:
            return item
        case ast.Tuple(elts=targets), ast.Tuple(elts=parts) if len(targets) == len(parts):
            for inner, part in zip(targets, parts, strict=True):
                if isinstance(inner, ast.Name) and inner.id == name:
                    return part
    return None
