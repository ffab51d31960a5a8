"""HB036."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.routing.routes import routes_in
from handbook.python.project.headers import end_of_parameters
from handbook.python.project.references import TYPING_MODULES
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Draft, FileRule, Finding, Level
from handbook.syntax.names import Names
from handbook.syntax.outline import FunctionScope, own_nodes
from handbook.violation import Applicability

_OVERLOAD = Names.under(TYPING_MODULES, "overload")
_ABSTRACT = Names(
    f"abc.{name}" for name in ("abstractmethod", "abstractproperty", "abstractclassmethod")
)
# Decorators that do not look at the annotations of what they decorate.
_INDIFFERENT = ("builtins.", "functools.", "pytest.", "typing.", "unittest.mock.", "contextlib.")


class MissingReturnAnnotation(FileRule):
    """A function has no return annotation.

    Without `->` a type checker neither checks the body nor knows what calls of the function give,
    so one bare function makes untyped code of all that is built on it. Readers cannot tell whether
    something that returns nothing was meant to.

    Write the type of what is returned, `-> None` where nothing is, `-> Iterator[X]` for a
    generator. Tests and `__init__` are functions as well. The handlers of routes have a rule of
    their own, `missing-route-return`.

    Bad:

    ```python
    class Cart:
        def __init__(self, prices: list[int]):  # <-
            self.prices = prices

        def clear(self):  # <-
            self.prices.clear()
            return
    ```

    Fixed:

    ```python
    class Cart:
        def __init__(self, prices: list[int]) -> None:
            self.prices = prices

        def clear(self) -> None:
            self.prices.clear()
            return
    ```

    Bad:

    What is returned has to be said by you.

    ```python
    from collections.abc import Callable


    async def total(prices: list[int]):  # <-
        return sum(prices)


    def counter(start: int):  # <-
        def count(step: int):  # <-
            nonlocal start
            start += step
            return start

        yield count


    def unfinished():  # <-
        raise NotImplementedError
    ```

    A decorator that only looks like one of a route.

    ```python
    from app.registry import handlers


    @handlers.get("orders")
    def load_orders(limit: int):  # <-
        return list(range(limit))
    ```

    Good:

    ```python
    from collections.abc import Iterator


    class Cart:
        def __init__(self, prices: list[int]) -> None:
            self.prices = prices

        def __iter__(self) -> Iterator[int]:
            yield from self.prices

        total = property(lambda self: sum(self.prices))
    ```

    A route's handler is the matter of another rule, wherever its router comes from.

    ```python
    # file: app/core/routing.py
    from fastapi import APIRouter


    class AdminRouter(APIRouter):
        pass


    admin = AdminRouter(prefix="/admin")
    # file: app/users/router.py
    from app.core.routing import admin as users


    @users.get("/")
    async def list_users():
        return []
    ```

    Overloads without a body of their own lean on the one that has it.

    ```python
    from typing import overload


    @overload
    def double(value: int): ...
    @overload
    def double(value: str): ...
    def double(value: int | str) -> int | str:
        return value * 2
    ```
    """

    code = "HB036"
    level = Level.STRICT
    overlaps = ("ANN201", "ANN202", "ANN204", "ANN205", "ANN206")

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each function without a return annotation."""
        bare = [
            function
            for function in file.outline.definitions
            if isinstance(function, FunctionScope) and function.node.returns is None
        ]
        if not bare:
            return
        handlers = {id(route.handler) for route in routes_in(file.project, file.outline)}
        for function in bare:
            if id(function) not in handlers and not _has_decorator(file, function, _OVERLOAD):
                yield _finding(file, function)


def _finding(file: SourceFile, function: FunctionScope) -> Finding:
    place = file.name_span(function)
    message = f"`{function.name}` has no return annotation"
    if _returns_something(function):
        return Finding(place, message)
    is_stub = _is_stub(file, function)
    if not is_stub or function.name == "__init__":
        message = f"{message}: write `-> None`"
    position = None if is_stub else end_of_parameters(file, function)
    if position is None:
        return Finding(place, message)
    applicability = Applicability.SAFE if _is_left_alone(file, function) else Applicability.UNSAFE
    return Finding(
        place,
        message,
        [Draft(file, "Write `-> None`", applicability).insert(position, " -> None")],
    )


def _returns_something(function: FunctionScope) -> bool:
    for node in own_nodes(function):
        match node:
            case ast.Return(value=None | ast.Constant(value=None)):
                pass
            case ast.Return() | ast.Yield() | ast.YieldFrom():
                return True
    return False


def _is_stub(file: SourceFile, function: FunctionScope) -> bool:
    """Whether the body says nothing of what is returned: it is empty, or only raises."""
    return all(
        isinstance(node, ast.Pass | ast.Raise)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in function.body
    ) or _has_decorator(file, function, _ABSTRACT)


def _has_decorator(file: SourceFile, function: FunctionScope, names: Names) -> bool:
    for decorator in function.node.decorator_list:
        if isinstance(decorator, ast.Name | ast.Attribute):
            symbol = file.project.resolve_expression(decorator, function.parent or function)
            if symbol is not None and symbol.qualified_name in names:
                return True
    return False


def _is_left_alone(file: SourceFile, function: FunctionScope) -> bool:
    """Whether no decorator can make something of the annotation."""
    for decorator in function.node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        symbol = file.project.resolve_expression(target, function.parent or function)
        if symbol is None or not symbol.qualified_name.startswith(_INDIFFERENT):
            return False
    return True
