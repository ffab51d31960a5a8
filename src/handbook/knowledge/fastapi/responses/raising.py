"""What is raised: the class behind a `raise`."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from handbook.python.project.project import External, Project
from handbook.python.values.values import values
from handbook.syntax.outline import ClassScope, Scope, own_nodes


class Raised(NamedTuple):
    """One class that a `raise` surely raises an instance of.

    Attributes:
        statement: the `raise`.
        class_: the class.
        made: the call that makes the instance, or the name of the class.
        scope: the scope that `made` is written in.
    """

    statement: ast.Raise
    class_: ClassScope | External
    made: ast.expr
    scope: Scope


def raised_in(project: Project, scope: Scope) -> Iterator[Raised]:
    """What the `raise` statements of a scope surely raise: made on the spot, or kept in a name.

    What was caught and is raised again is left out.
    """
    for node in own_nodes(scope, ast.Raise):
        if node.exc is not None:
            yield from _raised(project, node, node.exc, scope)


def _raised(
    project: Project, statement: ast.Raise, node: ast.expr, scope: Scope
) -> Iterator[Raised]:
    known = _class_of(project, node, scope)
    if known is not None:
        yield Raised(statement, known, node, scope)
    elif isinstance(node, ast.Name):
        for value in values(project, node, scope) or ():
            known = _class_of(project, value.node, value.scope)
            if known is not None and isinstance(value.node, ast.Call):
                yield Raised(statement, known, value.node, value.scope)


def _class_of(project: Project, node: ast.expr, scope: Scope) -> ClassScope | External | None:
    """The class that is named, or called, if it surely is one."""
    symbol = project.resolve_expression(node.func if isinstance(node, ast.Call) else node, scope)
    return symbol if isinstance(symbol, ClassScope | External) else None
