"""Middleware that catches what goes wrong below it."""

import ast

from handbook.knowledge.fastapi.middleware.middleware import Middleware
from handbook.python.project.project import Project
from handbook.syntax.outline import ClassScope, FunctionScope

_BROAD = frozenset({"Exception", "BaseException"})


def catches_everything(project: Project, middleware: Middleware) -> bool | None:
    """Whether a middleware of the project catches every exception; `None` where that is unclear.

    Middleware of libraries does not count: none of Starlette's does.
    """
    symbol = middleware.symbol
    if isinstance(symbol, FunctionScope):
        return _catches(symbol.node)
    if isinstance(symbol, ClassScope):
        return any(
            _catches(method.node)
            for base in project.ancestry(symbol)
            if isinstance(base, ClassScope)
            for method in base.methods
        )
    if symbol is None:
        return None
    dispatch = middleware.argument(project, "dispatch")
    if dispatch is not None:
        function = project.resolve_expression(dispatch.value.node, dispatch.value.scope)
        return _catches(function.node) if isinstance(function, FunctionScope) else None
    return False


def _catches(node: ast.AST) -> bool:
    for handler in ast.walk(node):
        if isinstance(handler, ast.ExceptHandler):
            kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
            is_broad = any(
                kind is None or (isinstance(kind, ast.Name) and kind.id in _BROAD)
                for kind in kinds
            )
            raises = any(
                isinstance(part, ast.Raise) and part.exc is None for part in ast.walk(handler)
            )
            answers = any(isinstance(part, ast.Return | ast.Await) for part in ast.walk(handler))
            if is_broad and (answers or not raises):
                return True
    return False
