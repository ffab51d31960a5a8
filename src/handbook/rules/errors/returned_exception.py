"""HB066."""

import ast
from collections.abc import Iterator

from handbook.knowledge.layers import is_repository, is_route, is_service
from handbook.python.project.source import SourceFile
from handbook.python.types.exceptions import is_exception
from handbook.python.types.inference import is_generator
from handbook.python.types.normalized import (
    ANY,
    NONE,
    OBJECT,
    UNKNOWN,
    Form,
    Literal,
    members_of,
    type_form,
)
from handbook.rulebook.rule import Draft, FileRule, Finding, Level
from handbook.syntax.outline import ClassScope, FunctionScope, own_nodes
from handbook.violation import Applicability, Severity, Span

_KEYWORD = len("return")


class ReturnedException(FileRule):
    """An exception is returned instead of raised.

    Nothing fails then: the caller gets an object that it takes for the result, FastAPI makes JSON
    of it and answers 200, and the session dependency commits. Reported is a function that says it
    returns something else, or that returns other things too. One that makes an exception for its
    caller to raise says so in its annotation.

    Bad:

    ```python
    class NotFoundError(Exception):
        pass


    def get_user(user_id: int) -> str:
        if user_id < 0:
            return NotFoundError("no such user")  # <-
        return "Ann"
    ```

    Fixed:

    ```python
    class NotFoundError(Exception):
        pass


    def get_user(user_id: int) -> str:
        if user_id < 0:
            raise NotFoundError("no such user")
        return "Ann"
    ```

    Bad:

    A route; an error of another file; an annotation by way of an alias.

    ```python
    # file: app/exceptions.py
    import fastapi


    class AppError(fastapi.HTTPException):
        pass


    class ConflictError(AppError):
        pass
    # file: app/main.py
    from typing import Any

    from fastapi import FastAPI

    from app import exceptions

    type Names = dict[str, Any] | None

    app = FastAPI()


    @app.post("/users")
    async def create_user(name: str):
        if name == "Ann":
            return exceptions.ConflictError(  # <-
                409,
                "taken",
            )


    def list_users() -> Names:
        return exceptions.AppError(404)  # <-
    ```

    Fixed:

    ```python
    # file: app/exceptions.py
    import fastapi


    class AppError(fastapi.HTTPException):
        pass


    class ConflictError(AppError):
        pass
    # file: app/main.py
    from typing import Any

    from fastapi import FastAPI

    from app import exceptions

    type Names = dict[str, Any] | None

    app = FastAPI()


    @app.post("/users")
    async def create_user(name: str):
        if name == "Ann":
            raise exceptions.ConflictError(
                409,
                "taken",
            )


    def list_users() -> Names:
        raise exceptions.AppError(404)
    ```

    Bad:

    A service without annotations that returns other things too.

    ```python
    class UserService:
        def get(self, user_id):
            if user_id < 0:
                return LookupError(user_id)  # <-
            return {"id": user_id}
    ```

    Fixed:

    ```python
    class UserService:
        def get(self, user_id):
            if user_id < 0:
                raise LookupError(user_id)
            return {"id": user_id}
    ```

    Bad:

    A dependency that lets everybody in.

    ```python
    # file: app/dependencies.py
    from typing import Annotated

    from fastapi import Header, HTTPException


    async def get_token(authorization: Annotated[str, Header()]):
        if not authorization.startswith("Bearer "):
            return HTTPException(401)  # <-
        return authorization.removeprefix("Bearer ")
    ```

    Fixed:

    ```python
    # file: app/dependencies.py
    from typing import Annotated

    from fastapi import Header, HTTPException


    async def get_token(authorization: Annotated[str, Header()]):
        if not authorization.startswith("Bearer "):
            raise HTTPException(401)
        return authorization.removeprefix("Bearer ")
    ```

    Good:

    ```python
    class NotFoundError(Exception):
        pass


    def get_user(user_id: int) -> str:
        if user_id < 0:
            raise NotFoundError("no such user")
        return "Ann"
    ```

    Functions that make exceptions for others to raise, and say so.

    ```python
    from typing import Any

    type Result[T] = T | Exception


    class ParseError(ValueError):
        pass


    def to_error(text: str) -> ParseError:
        return ParseError(text)


    def parse(text: str) -> Result[int]:
        return ParseError(text)


    def parse_maybe(text: str) -> "ValueError | None":
        return ParseError(text)


    def parse_anything(text: str) -> Any:
        return ParseError(text)


    def make_error(text):
        return ParseError(text)


    class ErrorService:
        def make_error(self, text):
            return ParseError(text)

        def find_fault(self, text):
            if not text:
                return ParseError(text)
            return None
    ```

    What is called an error and is none; a class that is handed on; what nobody knows.

    ```python
    from pydantic import BaseModel
    from somewhere import Outcome, RemoteError


    class ValidationError(BaseModel):
        message: str


    def check(text: str) -> BaseModel:
        return ValidationError(message=text)


    def fetch(text: str) -> str:
        return RemoteError(text)


    def guess(text: str) -> Outcome:
        return ValueError(text)
    ```
    """

    code = "HB066"
    level = Level.ESSENTIAL
    severity = Severity.ERROR

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each `return` of a new exception that nobody expects."""
        if "test" in file.roles:
            return
        for function in file.outline.definitions:
            if not isinstance(function, FunctionScope):
                continue
            returns = [node for node in own_nodes(function, ast.Return) if node.value is not None]
            found = [node for node in returns if _makes_exception(file, node, function)]
            others = [node for node in returns if node not in found and not _is_none(node)]
            if found and _is_meant_to_raise(file, function, returns_others=bool(others)):
                for node in found:
                    yield _finding(file, node)


def _makes_exception(file: SourceFile, node: ast.Return, function: FunctionScope) -> bool:
    match node.value:
        case ast.Call(func=ast.Name() | ast.Attribute() as func):
            symbol = file.project.resolve_expression(func, function)
            return is_exception(file.project, symbol)
    return False


def _is_none(node: ast.Return) -> bool:
    return isinstance(node.value, ast.Constant) and node.value.value is None


def _is_meant_to_raise(file: SourceFile, function: FunctionScope, *, returns_others: bool) -> bool:
    project = file.project
    returns = function.node.returns
    if returns is not None:
        around = function if function.node.type_params else function.parent or function
        form = type_form(project, returns, around)
        return not is_generator(function) and not _admits_exception(file, form)
    if is_route(project, function):
        return True
    is_layer = is_service(project, function) or is_repository(project, function)
    is_dependency = "dependencies" in project.roles(function.outline)
    return returns_others and (is_layer or is_dependency)


def _admits_exception(file: SourceFile, form: Form) -> bool:
    """Whether an annotation allows an exception, or may do so."""
    for part in members_of(form):
        if isinstance(part, Literal):
            continue
        if part in (ANY, OBJECT, UNKNOWN) or is_exception(file.project, part.symbol):
            return True
        if isinstance(part.symbol, ClassScope) and _is_protocol(file, part.symbol):
            return True
        is_plain = part.name.startswith("builtins.") or part == NONE
        if not is_plain and not isinstance(part.symbol, ClassScope):
            return True
    return False


def _is_protocol(file: SourceFile, class_: ClassScope) -> bool:
    return any(
        base is None or base.qualified_name.endswith(".Protocol")
        for base in file.project.ancestry(class_)
    )


def _finding(file: SourceFile, node: ast.Return) -> Finding:
    start = file.span(node).start
    keyword = Span.of(start.line, start.column, start.line, start.column + _KEYWORD)
    name = ast.unparse(node.value.func) if isinstance(node.value, ast.Call) else "it"
    message = f"`{name}` is returned instead of raised: raise it"
    fix = Draft(file, "Raise it", Applicability.UNSAFE).replace(keyword, "raise")
    return Finding(keyword, message, [fix])
