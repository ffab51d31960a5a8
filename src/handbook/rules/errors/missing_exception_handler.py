"""HB064."""

from collections.abc import Iterator

from handbook.knowledge.fastapi.middleware.stack import middleware_of
from handbook.knowledge.fastapi.responses.exception_handlers import handlers_of, may_have_others
from handbook.knowledge.fastapi.routing.apps import apps_in
from handbook.knowledge.fastapi.routing.routers import Router
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.rules.errors._catching_middleware import catches_everything

_ALL = frozenset({"builtins.Exception", "builtins.BaseException"})


class MissingExceptionHandler(FileRule):
    """The app has no catch-all exception handler.

    Then a fault is answered by Starlette's plain `Internal Server Error`: no JSON, not the shape
    that clients know errors by, no identifier that a user could quote and one could find in the log.

    Register a handler for `Exception` that logs the error and answers 500 in the shape of all
    errors, without a word about the cause. A handler for status 500 is the same to Starlette, and a
    middleware that catches everything will do as well. Handlers are found wherever they are
    registered; where one cannot be read, nothing is reported.

    Bad:

    ```python
    from fastapi import FastAPI

    app = FastAPI()  # <-
    ```

    Handlers for other exceptions and other statuses.

    ```python
    from fastapi import FastAPI, HTTPException, Request
    from fastapi.responses import JSONResponse


    async def answer(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": "no"}, status_code=400)


    def create_app() -> FastAPI:
        app = FastAPI(exception_handlers={HTTPException: answer})  # <-
        app.add_exception_handler(ValueError, answer)
        app.exception_handler(404)(answer)
        return app
    ```

    Another app has one.

    ```python
    # file: app/handlers.py
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse


    def register(app: FastAPI) -> None:
        @app.exception_handler(Exception)
        async def answer(request: Request, error: Exception) -> JSONResponse:
            return JSONResponse({"detail": "no"}, status_code=500)
    # file: app/main.py
    from fastapi import FastAPI

    from app.handlers import register

    api = FastAPI()
    register(api)
    admin = FastAPI()  # <-
    ```

    Good:

    ```python
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse

    app = FastAPI()


    @app.exception_handler(Exception)
    async def answer(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": "Internal server error"}, status_code=500)
    ```

    By status, in a table of another module, in a loop over what is not to be seen.

    ```python
    # file: app/handlers.py
    from fastapi import Request
    from fastapi.responses import JSONResponse


    async def answer(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": "Internal server error"}, status_code=500)


    HANDLERS = {Exception: answer}
    # file: app/main.py
    from fastapi import FastAPI, status

    from app.errors import ERRORS
    from app.handlers import HANDLERS, answer

    first = FastAPI(exception_handlers=HANDLERS)
    second = FastAPI()
    second.add_exception_handler(status.HTTP_500_INTERNAL_SERVER_ERROR, answer)
    third = FastAPI()
    for error in ERRORS:
        third.add_exception_handler(error, answer)
    ```

    A middleware that catches everything; a library that sees to errors; an app of the tests.

    ```python
    # file: app/main.py
    from collections.abc import Awaitable, Callable

    from fastapi import FastAPI, Request, Response
    from problems import add_exception_handlers

    app = FastAPI()
    other = FastAPI()
    add_exception_handlers(other)


    @app.middleware("http")
    async def catch(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        try:
            return await call_next(request)
        except Exception:
            return Response(status_code=500)
    # file: tests/conftest.py
    from fastapi import FastAPI

    app = FastAPI()
    ```
    """

    code = "HB064"
    level_in_tests = Level.STRICT

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each app without a handler for everything else."""
        if "test" in file.roles:
            return
        for app in apps_in(file.project, file.outline):
            if app.call is not None and not _is_covered(file.project, app):
                message = "no exception handler for `Exception`: unhandled errors are returned as plain text; register one"
                yield Finding(app.call.func, message)


def _is_covered(project: Project, app: Router) -> bool:
    """Whether an app has, or may have, something for every exception."""
    if app.class_ is not None or app.call is None:
        return True
    if any(word.arg is None for word in app.call.keywords):
        return True
    for handler in handlers_of(project, app):
        name = handler.exception.qualified_name if handler.exception is not None else ""
        if handler.status == 500 or name in _ALL or handler.is_unclear:
            return True
    if any(
        catches_everything(project, found) is not False for found in middleware_of(project, app)
    ):
        return True
    return may_have_others(project, app)
