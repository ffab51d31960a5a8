"""HB062."""

from collections.abc import Iterator

from handbook.knowledge.fastapi.responses.raising import Raised, raised_in
from handbook.knowledge.fastapi.routing.routes import routes_in
from handbook.knowledge.layers import is_about_request, is_repository, is_route, is_service
from handbook.knowledge.vocabulary import HTTP_EXCEPTION
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding
from handbook.syntax.outline import FunctionScope
from handbook.violation import Related

_HTTP = frozenset({"router", "main", "dependencies", "middleware", "exceptions"})
"""The roles of modules that are about HTTP, whatever their classes are called."""


class HttpExceptionInService(FileRule):
    """A service or repository raises `HTTPException` itself.

    Then the layer that knows the business knows status codes too: it cannot be called from a task
    or a command without speaking HTTP there, and each place words the same error in its own way.

    Raise an error of the application that says what is the matter, `NotFoundError("User", 7)`. What
    it becomes in a response is said once, in the class: it may well inherit from `HTTPException`,
    or have a handler.

    Bad:

    ```python
    # file: app/users/service.py
    from fastapi import HTTPException, status


    class UserService:
        async def get(self, user_id: int) -> str:
            if user_id < 0:
                raise HTTPException(status.HTTP_404_NOT_FOUND, "no such user")  # <-
            return "Ann"
    ```

    A repository, by the name of its class; an alias; the class alone.

    ```python
    # file: app/database.py
    from starlette import exceptions as errors

    Error = errors.HTTPException


    class OrderRepository:
        async def get(self, order_id: int) -> str:
            try:
                return "books"
            except LookupError as error:
                raise Error(status_code=404) from error  # <-
    ```

    Made first, raised later.

    ```python
    # file: app/services/payment.py
    from fastapi import HTTPException

    DECLINED = HTTPException(status_code=402, detail="declined")


    def pay(amount: int) -> None:
        too_much = HTTPException(status_code=400, detail="too much")
        if amount > 100:
            raise too_much  # <-
        raise DECLINED  # <-
    ```

    Good:

    ```python
    # file: app/exceptions.py
    from fastapi import HTTPException, status


    class NotFoundError(HTTPException):
        def __init__(self, what: str) -> None:
            super().__init__(status.HTTP_404_NOT_FOUND, f"no such {what}")
    # file: app/users/service.py
    from app.exceptions import NotFoundError


    class UserService:
        async def get(self, user_id: int) -> str:
            if user_id < 0:
                raise NotFoundError("user")
            return "Ann"
    ```

    Routes and dependencies are about HTTP.

    ```python
    # file: app/users/router.py
    from fastapi import APIRouter, HTTPException

    router = APIRouter()


    @router.get("/me")
    async def get_me() -> str:
        raise HTTPException(404)
    # file: app/users/dependencies.py
    from fastapi import HTTPException


    async def get_current_user() -> str:
        raise HTTPException(401)
    # file: app/auth/service.py
    from fastapi import APIRouter, HTTPException, Request

    router = APIRouter()


    @router.get("/session")
    async def get_session() -> str:
        raise HTTPException(401)


    def check_quota(used: int) -> None:
        if used > 100:
            raise HTTPException(429)


    async def get_user(request: Request) -> str:
        if "token" not in request.cookies:
            raise HTTPException(401)
        return "Ann"
    # file: app/users/service.py
    from fastapi import Depends, HTTPException
    from fastapi.security import OAuth2PasswordBearer

    scheme = OAuth2PasswordBearer(tokenUrl="login")


    class UserService:
        def get_current_user(self, token: str = Depends(scheme)) -> str:
            if not token:
                raise HTTPException(401)
            return "Ann"
    ```

    An exception of that name, one that is only passed on, one that is caught.

    ```python
    # file: app/services/web.py
    import fastapi
    from werkzeug.exceptions import HTTPException


    def fetch(path: str) -> None:
        try:
            raise HTTPException(path)
        except fastapi.HTTPException as error:
            raise error
    ```

    What is called a repository and is part of a router.

    ```python
    # file: app/routes/base.py
    from fastapi import HTTPException


    class HttpRepo:
        def get(self, key: str) -> str:
            raise HTTPException(404)
    # file: app/crud/base.py
    from fastapi import HTTPException, Request


    class BaseCrud:
        def refuse(self, request: Request) -> None:
            raise HTTPException(403)
    ```
    """

    code = "HB062"
    needs = HTTP_EXCEPTION.words

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each `raise HTTPException` in the code of a service or repository."""
        for function in file.outline.definitions:
            if not isinstance(function, FunctionScope):
                continue
            found = [
                raised
                for raised in raised_in(file.project, function)
                if raised.class_.qualified_name in HTTP_EXCEPTION
            ]
            if found and _is_checked(file, function):
                for raised in found:
                    yield _finding(file, raised)


def _is_checked(file: SourceFile, function: FunctionScope) -> bool:
    if file.roles & _HTTP or routes_in(file.project, file.outline):
        return False
    if not is_service(file.project, function) and not is_repository(file.project, function):
        return False
    return not is_route(file.project, function) and not is_about_request(file.project, function)


def _finding(file: SourceFile, raised: Raised) -> Finding:
    place = raised.statement.exc or raised.statement
    related: list[Related] = []
    if raised.made is not place and raised.scope.outline is file.outline:
        related.append(Related(file.path, file.span(raised.made), "it is created here"))
    message = (
        "`HTTPException` in a service or repository: raise an exception of the application instead"
    )
    return Finding(place, message, related=related)
