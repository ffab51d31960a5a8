"""What happens to a list after it is made: what is put in, and what may do anything to it."""

import ast
from collections.abc import Iterator
from typing import Literal, NamedTuple

from handbook.python.project.project import External, Project, Variable
from handbook.syntax.outline import Outline, Scope, own_nodes

type Manner = Literal["behind", "before", "somewhere", "unknown"]

_SINGLE = frozenset({"append", "add", "insert", "appendleft"})
_SEVERAL = frozenset({"extend", "update"})
_REORDERING = frozenset({"sort", "reverse"})
_HARMLESS = ("builtins.", "copy.", "typing.", "fastapi.", "starlette.", "logging.")
"""Modules whose functions leave a list that they are given as it is."""


class Change(NamedTuple):
    """Something that is done to a list.

    Attributes:
        manner: where it puts something, or that it may do anything.
        node: what does it.
        scope: the scope that `node` is written in.
        value: what is put in; `None` where only the order is another.
        is_several: whether `value` is a list of what is put in.
    """

    manner: Manner
    node: ast.AST
    scope: Scope
    value: ast.expr | None = None
    is_several: bool = False


def changes(
    project: Project, variable: Variable, since: ast.AST | None, use: ast.AST | None
) -> Iterator[Change]:
    """What may happen to the list that a name holds, between its making and a use of it.

    `use` is `None` for a use outside of the scope that binds the name, which sees all of it. What
    functions and other modules put into the list of a module counts as well.
    """
    start, end = _place(since), _place(use)
    for node in own_nodes(variable.scope):
        change = _change(project, variable, node, variable.scope)
        change = change or _handed_over(project, variable, node, use)
        if change is not None and start < _place(node) and (use is None or _place(node) < end):
            yield change
    if isinstance(variable.scope, Outline):
        yield from _changes_elsewhere(project, variable)


def _place(node: ast.AST | None) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _changes_elsewhere(project: Project, variable: Variable) -> Iterator[Change]:
    for outline in project.mentioning(variable.name):
        for scope in (outline, *outline.definitions):
            if scope is variable.scope:
                continue
            for node in own_nodes(scope):
                change = _change(project, variable, node, scope)
                if change is not None:
                    is_unknown = change.manner == "unknown"
                    yield change if is_unknown else change._replace(manner="somewhere")


def _change(project: Project, variable: Variable, node: ast.AST, scope: Scope) -> Change | None:
    match node:
        case ast.Call(func=ast.Attribute(value=owner, attr=method), args=args) if _is(
            project, owner, scope, variable
        ):
            return _called(method, args, node, scope)
        case ast.Subscript(value=owner, ctx=ast.Store() | ast.Del()) if _is(
            project, owner, scope, variable
        ):
            return Change("unknown", node, scope)
    return None


def _called(method: str, args: list[ast.expr], node: ast.Call, scope: Scope) -> Change | None:
    if method in _REORDERING:
        return Change("somewhere", node, scope)
    if not args or method not in _SINGLE | _SEVERAL:
        return None
    manner: Manner = "behind"
    if method == "insert":
        first = args[0]
        is_first = isinstance(first, ast.Constant) and first.value == 0
        manner = "before" if is_first else "somewhere"
    return Change(manner, node, scope, args[-1], method in _SEVERAL)


def _is(project: Project, node: ast.expr, scope: Scope, variable: Variable) -> bool:
    """Whether an expression is the variable."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name == variable.name:
            symbol = project.resolve_expression(node, scope)
            return isinstance(symbol, Variable) and symbol.scope is variable.scope
    return False


def _handed_over(
    project: Project, variable: Variable, node: ast.AST, use: ast.AST | None
) -> Change | None:
    """A call that hands the list to a function which may do anything to it."""
    if not isinstance(node, ast.Call):
        return None
    given = [*node.args, *(word.value for word in node.keywords)]
    if not any(
        isinstance(part, ast.Name) and part.id == variable.name and part is not use
        for part in given
    ):
        return None
    called = project.resolve_expression(node.func, variable.scope)
    if isinstance(called, External) and called.qualified_name.startswith(_HARMLESS):
        return None
    return Change("unknown", node, variable.scope)
