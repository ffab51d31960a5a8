"""What calling the project's functions gives."""

import ast

from handbook.python.project.project import External, Project
from handbook.python.types.annotations import annotated_type
from handbook.python.types.inference.questions import Questions
from handbook.python.types.signatures import (
    ASYNC_CONTEXT_MANAGER,
    CONTEXT_MANAGER,
    COROUTINE,
    canonical,
)
from handbook.python.types.types import NONE, Type, merge
from handbook.syntax.outline import FunctionScope, Scope, own_nodes

_TRANSPARENT = frozenset(
    {
        *("builtins.staticmethod", "builtins.classmethod", "abc.abstractmethod"),
        *("functools.cache", "functools.lru_cache", "functools.wraps", "typing.override"),
        *("typing.final", "typing.overload", "typing.no_type_check", "warnings.deprecated"),
        *("tenacity.retry", "backoff.on_exception", "async_lru.alru_cache"),
        *("pydantic.validate_call", "contextlib.contextmanager", "contextlib.asynccontextmanager"),
    }
)
"""Decorators after which a call gives what the function gives."""
_MANAGERS = {
    "contextlib.contextmanager": CONTEXT_MANAGER,
    "contextlib.asynccontextmanager": ASYNC_CONTEXT_MANAGER,
}


class Functions(Questions):
    """Functions of all kinds, with what their decorators make of the result."""

    def result(self, function: FunctionScope, receiver: Type | None) -> Type | None:
        """What calling a function gives: of an `async def` the coroutine."""
        key = ("result", function, receiver)
        return self.answers.once(key, lambda: self._result(function, receiver))

    def _result(self, function: FunctionScope, receiver: Type | None) -> Type | None:
        decorators = decorators_of(self.project, function)
        if not all(name in _TRANSPARENT for name in decorators):
            return None
        returned = self.returned(function, receiver)
        manager = next((_MANAGERS[name] for name in decorators if name in _MANAGERS), None)
        if manager is not None:
            return (
                Type(External(manager), (returned.argument(),)) if returned is not None else None
            )
        if function.is_async and not is_generator(function):
            return Type(External(COROUTINE), (returned,))
        return returned

    def returned(self, function: FunctionScope, receiver: Type | None) -> Type | None:
        returns, around = function.node.returns, annotation_scope(function)
        if returns is not None and not self._is_any(returns, around):
            return annotated_type(self.project, returns, around, receiver)
        nodes = [*own_nodes(function)]
        yields = [node.value for node in nodes if isinstance(node, ast.Yield)]
        if yields:
            item = merge(self.expression(value, function) if value else NONE for value in yields)
            return (
                Type(External("collections.abc.Iterator"), (item,)) if item is not None else None
            )
        values = [node.value for node in nodes if isinstance(node, ast.Return)]
        return merge(self.expression(value, function) if value else NONE for value in values)

    def _is_any(self, annotation: ast.expr, scope: Scope) -> bool:
        symbol = self.project.resolve_expression(annotation, scope)
        return symbol is not None and symbol.qualified_name == "typing.Any"


def decorators_of(project: Project, function: FunctionScope) -> list[str | None]:
    """The qualified names of a function's decorators, `None` for each that is not known."""
    around = function.parent or function
    names: list[str | None] = []
    for decorator in function.node.decorator_list:
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        symbol = project.resolve_expression(node, around)
        names.append(canonical(symbol.qualified_name) if symbol is not None else None)
    return names


def is_generator(function: FunctionScope) -> bool:
    """Whether a function yields."""
    return "yield" in function.outline.words and bool(
        own_nodes(function, ast.Yield, ast.YieldFrom)
    )


def annotation_scope(function: FunctionScope) -> Scope:
    """The scope that sees what the annotations of a function see."""
    return function if function.node.type_params or function.parent is None else function.parent
