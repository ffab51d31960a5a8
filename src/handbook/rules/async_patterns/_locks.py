"""Where a lock lets in one coroutine at a time."""

import ast

from handbook.python.calls.calls import CallSite, statements_in
from handbook.python.project.project import Project
from handbook.python.types.inference import instance_of
from handbook.python.values.values import values
from handbook.syntax.outline import FunctionScope, Scope

_LOCKS = frozenset({"asyncio.Lock", "asyncio.Condition", "anyio.Lock", "anyio.Condition"})
_SEMAPHORES = frozenset({"asyncio.Semaphore", "asyncio.BoundedSemaphore", "anyio.Semaphore"})
"""Locks too, unless it is known that they let in more than one."""


def is_locked(project: Project, site: CallSite, function: FunctionScope) -> bool:
    """Whether a call in a function's body stands in the `async with` of a lock."""
    line = site.node.lineno
    return any(line in lines for lines in _locked_lines(project, function))


def _locked_lines(project: Project, function: FunctionScope) -> list[range]:
    def find() -> list[range]:
        return [
            range(statement.body[0].lineno, (statement.end_lineno or statement.lineno) + 1)
            for statement in statements_in(function)
            if isinstance(statement, ast.AsyncWith)
            and any(_is_lock(project, item.context_expr, function) for item in statement.items)
        ]

    return project.fact(("locked lines", function), find)


def _is_lock(project: Project, node: ast.expr, scope: Scope) -> bool:
    found = instance_of(project, node, scope)
    name = found.qualified_name if found is not None else None
    return name in _LOCKS or (name in _SEMAPHORES and not _lets_in_more(project, node, scope))


def _lets_in_more(project: Project, node: ast.expr, scope: Scope) -> bool:
    for value in values(project, node, scope) or ():
        match value.node:
            case ast.Call(args=[ast.Constant(value=int(count)), *_]) if count > 1:
                return True
    return False
