"""HB035."""

import ast
from collections.abc import Iterator

from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.outline import FunctionScope


class MissingParameterAnnotation(FileRule):
    """A parameter has no type annotation.

    A signature is the contract of a function. Where a parameter says nothing, callers have to read
    the body, the type checker takes whatever it is given, and FastAPI makes a plain query string
    of what was meant to be a number or a body.

    Write the type of every parameter, of `*args` and `**kwargs` as well: for these it is the type
    of one argument. The first parameter of a method, `self` or `cls`, needs none.

    Bad:

    ```python
    def charge(amount, currency: str = "EUR") -> str:  # <-
        return f"{amount} {currency}"
    ```

    Every kind of parameter counts, and so does every function, however deep it lies.

    ```python
    from collections.abc import Callable


    class Report:
        def __init__(self, *rows, title=None, **options: str) -> None:  # <-
            self.rows = rows

        @staticmethod
        def columns(self) -> list[str]:  # <-
            return [str(self)]


    def sorted_by(key: str) -> Callable[[object], str]:
        def read(row) -> str:  # <-
            return str(getattr(row, key))

        return read
    ```

    Each parameter is reported where it stands.

    ```python
    async def read_items(
        skip=0,  # <-
        limit=20,  # <-
        *,
        sort: str = "name",
    ) -> list[str]:
        return [sort] * (limit - skip)
    ```

    Good:

    ```python
    def charge(amount: int, currency: str = "EUR", *fees: int, **tags: str) -> str:
        return f"{amount + sum(fees)} {currency} {tags}"
    ```

    The object itself, under whatever name, and a lambda, which cannot be annotated.

    ```python
    class Price:
        def __lt__(this, other: "Price") -> bool:
            return sorted([this, other], key=lambda price: id(price))[0] is this

        @classmethod
        def free(cls) -> "Price":
            return cls()


    class Named(type):
        def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, object]) -> "Named":
            return super().__new__(mcs, name, bases, body)
    ```

    A function that becomes a method later.

    ```python
    class Price:
        pass


    def describe(self) -> str:
        return repr(self)


    Price.describe = describe
    ```
    """

    code = "HB035"
    level = Level.STRICT
    overlaps = ("ANN001", "ANN002", "ANN003")

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the parameters without annotation of each function."""
        for function in file.outline.definitions:
            if isinstance(function, FunctionScope):
                for arg in _bare(function):
                    message = f"parameter `{arg.arg}` of `{function.name}` has no type annotation"
                    yield Finding(arg, message)


def _bare(function: FunctionScope) -> Iterator[ast.arg]:
    """The parameters that have no annotation and need one."""
    args = function.node.args
    positional = args.posonlyargs + args.args
    if positional and _is_receiver(function, positional[0]):
        positional = positional[1:]
    for arg in (*positional, args.vararg, *args.kwonlyargs, args.kwarg):
        if arg is not None and arg.annotation is None:
            yield arg


def _is_receiver(function: FunctionScope, first: ast.arg) -> bool:
    """Whether the first parameter is the object or class that the function is a method of."""
    if not function.is_method:
        return first.arg in ("self", "cls")
    return not any(
        isinstance(decorator, ast.Name) and decorator.id == "staticmethod"
        for decorator in function.node.decorator_list
    )
