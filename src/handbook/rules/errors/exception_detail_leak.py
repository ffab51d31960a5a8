"""HB065."""

import ast
from collections.abc import Iterator

from handbook.config.roles import OUTSIDE_ROLES
from handbook.knowledge.fastapi.responses.built import answers_in, status_set_before
from handbook.python.project.source import SourceFile
from handbook.python.values.values import Value
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.rules.errors._exception_text import leaks_in, may_tell
from handbook.syntax.outline import FunctionScope, own_nodes
from handbook.violation import Related, Severity


class ExceptionDetailLeak(FileRule):
    """A 5xx response contains the text of an exception.

    What a library or Python says about a fault is for those who run the service: it names tables,
    hosts, file paths and SQL with its values. A client can do nothing with it, an attacker can.

    Log the exception, and tell the client no more than that something went wrong, with an
    identifier to quote. What the application's own exceptions say is meant to be read and is not
    reported, and neither is what is only told under a test for debugging.

    Bad:

    ```python
    from fastapi import APIRouter, HTTPException

    router = APIRouter()


    @router.get("/report")
    async def get_report() -> str:
        try:
            return "report"
        except Exception as error:
            raise HTTPException(status_code=500, detail=str(error)) from error  # <-
    ```

    A handler for everything else; tracebacks; f-strings.

    ```python
    import traceback

    from fastapi import FastAPI, Request, status
    from fastapi.responses import JSONResponse, PlainTextResponse

    app = FastAPI()


    @app.exception_handler(Exception)
    async def answer(request: Request, exc: Exception) -> JSONResponse:
        return JSONResponse(
            status_code=status.HTTP_500_INTERNAL_SERVER_ERROR,
            content={
                "detail": f"Unexpected: {exc}",  # <-
                "type": type(exc).__name__,
                "trace": "".join(traceback.format_exception(exc)),  # <-
            },
        )


    @app.exception_handler(OSError)
    async def answer_untyped(request, error):
        return JSONResponse({"detail": str(error)}, 500)  # <-


    @app.get("/health")
    def check_health() -> PlainTextResponse:
        try:
            return PlainTextResponse("ok")
        except OSError:
            return PlainTextResponse(traceback.format_exc(), 503)  # <-
    ```

    By way of a variable and a class of the project; a status that is set on the response.

    ```python
    # file: app/exceptions.py
    from fastapi import HTTPException


    class AppError(HTTPException):
        status_code = 400

        def __init__(self, detail: str) -> None:
            super().__init__(status_code=self.status_code, detail=detail)


    class UnavailableError(AppError):
        status_code = 503
    # file: app/service.py
    from fastapi import APIRouter, Response

    from app.exceptions import AppError, UnavailableError

    router = APIRouter()


    async def connect() -> None:
        try:
            print("connect")
        except (ConnectionError, TimeoutError) as error:
            message = "cannot connect: {}".format(error)  # <-
            raise UnavailableError(message) from error
        except ValueError as error:
            raise AppError(str(error)) from error


    @router.get("/ready")
    async def check(response: Response) -> dict[str, str]:
        try:
            await connect()
        except Exception as error:
            response.status_code = 503
            return {"status": "down", "error": repr(error)[:100]}  # <-
        return {"status": "up"}


    @router.get("/live")
    async def live() -> None:
        try:
            await connect()
        except OSError as error:
            detail = getattr(error, "message", str(error))  # <-
            raise UnavailableError(detail) from error
    ```

    An object of another module remembers what was caught.

    ```python
    # file: app/mailer.py
    class Mailer:
        def __init__(self) -> None:
            self.last_error: str | None = None

        def send(self) -> bool:
            try:
                return True
            except OSError as error:
                self.last_error = str(error)
            except ValueError as error:
                self.last_error = f"bad address: {error}"
            return False
    # file: app/router.py
    from fastapi import APIRouter, HTTPException

    from app.mailer import Mailer

    router = APIRouter()


    @router.post("/mails")
    async def send() -> None:
        try:
            mailer = Mailer()
        except OSError as error:
            raise HTTPException(422) from error
        if not mailer.send():
            detail = mailer.last_error or "no mail was sent"
            raise HTTPException(502, detail)  # <-
    ```

    Good:

    ```python
    import logging

    from fastapi import FastAPI, HTTPException, Request
    from fastapi.responses import JSONResponse

    logger = logging.getLogger(__name__)
    app = FastAPI()


    @app.exception_handler(Exception)
    async def answer(request: Request, exc: Exception) -> JSONResponse:
        logger.error("unhandled: %s", str(exc), exc_info=exc)
        return JSONResponse({"detail": "Internal server error"}, status_code=500)


    @app.get("/orders")
    async def list_orders(limit: str) -> list[int]:
        try:
            return [*range(int(limit))]
        except ValueError as error:
            raise HTTPException(status_code=400, detail=str(error)) from error
    ```

    The application's own words; a status that is not known.

    ```python
    from fastapi import FastAPI, HTTPException, Request
    from fastapi.responses import JSONResponse


    class AppError(Exception):
        status = 503


    app = FastAPI()


    async def answer(request: Request, exc: Exception) -> JSONResponse:
        return JSONResponse(status_code=503, content={"detail": str(exc)})


    app.add_exception_handler(AppError, answer)


    async def fail(status: int) -> None:
        try:
            raise AppError("the printer is out of paper")
        except AppError as error:
            raise HTTPException(status_code=500, detail=f"Sorry: {error}") from error
        except HTTPException as error:
            raise HTTPException(status_code=502, detail=str(error)) from error
        except NotImplementedError as error:
            raise HTTPException(status_code=501, detail=str(error)) from error
        except OSError as error:
            detail = str(error) if isinstance(error, AppError) else "Sorry"
            raise HTTPException(status_code=500, detail=detail) from error
        except Exception as error:
            raise HTTPException(status_code=status, detail=str(error)) from error
    ```

    Only told while debugging; made into something else first.

    ```python
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse

    app = FastAPI()
    DEBUG = False


    def identify(error: Exception) -> str:
        return str(id(error))


    @app.exception_handler(500)
    async def answer(request: Request, exc: Exception) -> JSONResponse:
        if request.app.debug:
            return JSONResponse(status_code=500, content={"detail": str(exc)})
        detail = str(exc) if DEBUG else "Internal server error"
        content = {"detail": detail, "id": identify(exc)}
        return JSONResponse(status_code=500, content=content)
    ```
    """

    code = "HB065"
    level = Level.ESSENTIAL
    severity = Severity.ERROR

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each part of a 5xx response that comes from an exception."""
        if file.roles & OUTSIDE_ROLES:
            return
        seen: set[ast.expr] = set()
        for function in file.outline.definitions:
            if not isinstance(function, FunctionScope) or not may_tell(function):
                continue
            for place, body in _failures(file, function):
                for leak in leaks_in(file.project, body):
                    # What another file says is told here only once, however often it says it.
                    told = leak.node if leak.scope.outline is file.outline else place
                    if told not in seen:
                        seen.add(told)
                        yield _finding(file, told, place)


def _failures(file: SourceFile, function: FunctionScope) -> Iterator[tuple[ast.expr, Value]]:
    """What makes the 5xx responses of a function, and their bodies."""
    for answer in answers_in(file.project, function):
        if answer.body is not None and answer.status is not None and answer.status >= 500:
            yield answer.call, answer.body
    for node in own_nodes(function):
        match node:
            case ast.Return(value=ast.Dict() | ast.Name() as body):
                status = status_set_before(file.project, function, node)
                if status is not None and status >= 500:
                    yield body, Value(body, function)


def _finding(file: SourceFile, told: ast.expr, place: ast.expr) -> Finding:
    related: list[Related] = []
    if not _covers(place, told):
        related.append(Related(file.path, file.span(place), "it is sent to the client here"))
    message = (
        "a 5xx response contains the text of an exception: log it, and return a fixed message"
    )
    return Finding(told, message, related=related)


def _covers(outer: ast.expr, inner: ast.expr) -> bool:
    return any(node is inner for node in ast.walk(outer))
