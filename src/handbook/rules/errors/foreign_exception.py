"""HB063."""

from collections.abc import Iterator

from handbook.knowledge.fastapi.responses.exception_handlers import all_handlers, may_have_others
from handbook.knowledge.fastapi.responses.raising import Raised, raised_in
from handbook.knowledge.fastapi.routing.apps import apps
from handbook.knowledge.layers import is_service
from handbook.python.project.project import External, Project
from handbook.python.project.source import SourceFile
from handbook.python.types.exceptions import is_exception
from handbook.rulebook.rule import FileRule, Finding
from handbook.rules.errors._exception_uses import is_dealt_with, kinds_of, reads_status
from handbook.rules.errors._uncaught_calls import is_protected, reaches_clients
from handbook.syntax.outline import ClassScope, FunctionScope
from handbook.violation import Related


class ForeignException(FileRule):
    """A service raises an exception that no exception handler turns into a response.

    FastAPI knows `HTTPException`, and what a handler is registered for. Any other exception ends
    in a 500, as if the service had a bug, although it says quite well what is the matter.

    Let the class inherit from the application's `HTTPException`, or register a handler for it or
    for its base: one for `Exception` is none, since it cannot tell the one from the other. Reported
    is what surely comes from a service to a route, in a project where nothing else names the class.

    Bad:

    ```python
    # file: app/users/service.py
    class UserNotFoundError(Exception):
        pass


    class UserService:
        async def get(self, user_id: int) -> str:
            if user_id < 0:
                raise UserNotFoundError(user_id)  # <-
            return "Ann"
    # file: app/main.py
    from typing import Annotated

    from fastapi import Depends, FastAPI, Request
    from fastapi.responses import JSONResponse

    from app.users.service import UserService

    app = FastAPI()


    @app.exception_handler(Exception)
    async def answer(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": "Internal server error"}, status_code=500)


    @app.get("/users/{user_id}")
    async def get_user(user_id: int, service: Annotated[UserService, Depends()]) -> str:
        return await service.get(user_id)
    ```

    By way of other functions; a base of another file; an `except` that raises it again.

    ```python
    # file: app/exceptions.py
    class DomainError(Exception):
        pass
    # file: app/stock/service.py
    from app import exceptions


    class OutOfStockError(exceptions.DomainError):
        pass


    def reserve(amount: int) -> None:
        error = OutOfStockError(amount)
        if amount > 10:
            raise error  # <-


    def order(amount: int) -> None:
        try:
            reserve(amount)
        except Exception:
            print("failed")
            raise
    # file: app/main.py
    from fastapi import FastAPI

    from app.stock.service import order

    app = FastAPI()


    @app.post("/orders")
    def create_order(amount: int) -> None:
        order(amount)
    ```

    Raised below a dependency, without arguments.

    ```python
    # file: app/services/login.py
    class SignedOutError(RuntimeError):
        pass


    def get_name(token: str) -> str:
        if token != "secret":
            raise SignedOutError  # <-
        return "Ann"
    # file: app/main.py
    from fastapi import Depends, FastAPI

    from app.services.login import get_name

    app = FastAPI()


    async def get_user(token: str) -> str:
        return get_name(token)


    @app.get("/me", dependencies=[Depends(get_user)])
    async def get_me() -> None: ...
    ```

    Good:

    ```python
    # file: app/users/service.py
    from fastapi import HTTPException


    class UserNotFoundError(HTTPException):
        def __init__(self, user_id: int) -> None:
            super().__init__(404, f"no user {user_id}")


    class UserService:
        async def get(self, user_id: int) -> str:
            raise UserNotFoundError(user_id)
    # file: app/main.py
    from typing import Annotated

    from fastapi import Depends, FastAPI

    from app.users.service import UserService

    app = FastAPI()


    @app.get("/users/{user_id}")
    async def get_user(user_id: int, service: Annotated[UserService, Depends()]) -> str:
        return await service.get(user_id)
    ```

    A handler for a base of it, in a table of another file; one that is caught in a route.

    ```python
    # file: app/stock/service.py
    class DomainError(Exception):
        pass


    class OutOfStockError(DomainError):
        pass


    class LockedError(Exception):
        pass


    def reserve(amount: int) -> None:
        if amount:
            raise OutOfStockError(amount)
        raise LockedError
    # file: app/handlers.py
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse

    from app.stock.service import DomainError


    async def answer(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": "sorry"}, status_code=409)


    HANDLERS = {DomainError: answer}


    def register(app: FastAPI) -> None:
        for error, handler in HANDLERS.items():
            app.add_exception_handler(error, handler)
    # file: app/main.py
    from fastapi import FastAPI, HTTPException

    from app.handlers import register
    from app.stock import service

    app = FastAPI()
    register(app)


    @app.post("/orders")
    def create_order(amount: int) -> None:
        try:
            service.reserve(amount)
        except service.LockedError as error:
            raise HTTPException(423) from error
    ```

    A class that says that the service has a bug: 500 is meant.

    ```python
    # file: app/service.py
    class ImpossibleError(AssertionError):
        pass


    def build() -> str:
        raise ImpossibleError
    # file: app/main.py
    from fastapi import FastAPI

    from app.service import build

    app = FastAPI()


    @app.get("/report")
    def get_report() -> str:
        return build()
    ```

    Everything is caught around the call, here or by a dependency; a task of no request.

    ```python
    # file: app/service.py
    class ReportError(Exception):
        pass


    class MailError(Exception):
        pass


    def build() -> str:
        raise ReportError


    def send() -> None:
        raise MailError
    # file: app/main.py
    from collections.abc import Iterator

    from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException

    from app.service import build, send

    app = FastAPI()


    @app.get("/report")
    def get_report(tasks: BackgroundTasks) -> str:
        tasks.add_task(send)
        try:
            return build()
        except Exception as error:
            raise HTTPException(502) from error


    def translate() -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise HTTPException(502) from error


    @app.get("/other-report", dependencies=[Depends(translate)])
    def get_other_report() -> str:
        return build()
    ```

    Handlers that are not to be seen; a library without an app.

    ```python
    # file: app/service.py
    from problems import Problem


    class UserNotFoundError(Exception):
        pass


    class Conflict(Problem):
        pass


    def get_user(name: str) -> str:
        if name:
            raise Conflict
        raise UserNotFoundError
    # file: app/main.py
    from fastapi import FastAPI
    from problems import add_exception_handlers

    from app.service import get_user

    app = FastAPI()
    add_exception_handlers(app)


    @app.get("/user")
    def get_user_by_name(name: str) -> str:
        return get_user(name)
    # file: lib/service.py
    class LibraryError(Exception):
        pass


    def run() -> None:
        raise LibraryError
    ```
    """

    code = "HB063"
    needs = frozenset({"raise"})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each `raise` of a service that ends in a 500."""
        for function in file.outline.definitions:
            if not isinstance(function, FunctionScope) or not is_service(file.project, function):
                continue
            for raised in raised_in(file.project, function):
                if isinstance(raised.class_, ClassScope) and _is_unanswered(
                    file.project, function, raised
                ):
                    yield _finding(file, raised, raised.class_)


def _is_unanswered(project: Project, function: FunctionScope, raised: Raised) -> bool:
    class_ = raised.class_
    if not isinstance(class_, ClassScope) or not is_exception(project, class_):
        return False
    if is_protected(project, function, raised.statement):
        return False
    return _is_foreign(project, class_) and reaches_clients(project, function)


def _is_foreign(project: Project, class_: ClassScope) -> bool:
    """Whether no handler, `except` or anything else deals with an exception class."""

    def find() -> bool:
        kinds = kinds_of(project, class_)
        if kinds is None or _is_answered(project, kinds):
            return False
        return not is_dealt_with(project, kinds) and not reads_status(project)

    return project.fact(("is foreign", class_), find)


def _is_answered(project: Project, kinds: list[ClassScope | External]) -> bool:
    """Whether a handler of the project may be for one of some classes, or there is no app."""
    served = [app for app in apps(project) if "test" not in project.roles(app.scope.outline)]
    if not served or any(may_have_others(project, app) for app in served):
        return True
    if any(
        app.class_ is not None
        or app.call is None
        or any(word.arg is None for word in app.call.keywords)
        for app in served
    ):
        return True
    names = {kind.qualified_name for kind in kinds}
    return any(
        handler.is_unclear
        or (handler.exception is not None and handler.exception.qualified_name in names)
        for handler in all_handlers(project)
    )


def _finding(file: SourceFile, raised: Raised, class_: ClassScope) -> Finding:
    related: list[Related] = []
    if class_.outline is file.outline:
        related.append(Related(file.path, file.name_span(class_), "it is defined here"))
    message = (
        f"`{class_.name}` is answered with 500: register a handler for it, or let it inherit "
        "from the application's `HTTPException`"
    )
    return Finding(raised.statement, message, related=related)
