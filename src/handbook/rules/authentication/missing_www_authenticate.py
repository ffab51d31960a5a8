"""HB167."""

import ast
from collections.abc import Iterator

from handbook.fixes.calls import append_keyword
from handbook.knowledge.fastapi.requests.dependencies import parameter_dependencies
from handbook.knowledge.vocabulary import HTTP_EXCEPTION
from handbook.python.project.project import External
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Draft, FileRule, Finding
from handbook.rules.authentication._unauthorized_responses import (
    adds_challenges,
    given_headers,
    lacks_challenge,
)
from handbook.syntax.names import Names
from handbook.syntax.outline import FunctionScope, Scope, own_nodes

_BEARER_SCHEMES = Names.under(
    ("fastapi.security", "fastapi.security.http", "fastapi.security.oauth2"),
    *("HTTPBearer", "OAuth2AuthorizationCodeBearer", "OAuth2PasswordBearer"),
)
_TEXT = '{"WWW-Authenticate": "Bearer"}'
_MESSAGE = f"401 without `WWW-Authenticate`: add `headers={_TEXT}` does"


class MissingWwwAuthenticate(FileRule):
    """A 401 response has no `WWW-Authenticate` header.

    HTTP wants every 401 to name the scheme that would let the caller in, in the header
    `WWW-Authenticate`. Without it a client knows that it was turned away, and not whether it should
    send a token, a password or nothing of the kind; tools such as the interactive docs, `curl` and
    OAuth libraries look for it.

    Write `headers={"WWW-Authenticate": "Bearer"}` where the exception is made, best of all once, in a
    class of the app's own. For callers who are known and may not do something the status is 403.

    Bad:

    ```python
    from typing import Annotated

    from fastapi import Depends, HTTPException
    from fastapi.security import OAuth2PasswordBearer

    scheme = OAuth2PasswordBearer(tokenUrl="/login")


    def get_user(token: Annotated[str, Depends(scheme)]) -> str:
        if not token:
            raise HTTPException(401)  # <-
        if token == "old":
            raise HTTPException(  # <-
                status_code=401,
                detail="The token has expired",
            )
        if token == "other":
            raise HTTPException(status_code=401, detail="No", headers=None)  # <-
        return token
    ```

    Fixed:

    ```python
    from typing import Annotated

    from fastapi import Depends, HTTPException
    from fastapi.security import OAuth2PasswordBearer

    scheme = OAuth2PasswordBearer(tokenUrl="/login")


    def get_user(token: Annotated[str, Depends(scheme)]) -> str:
        if not token:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        if token == "old":
            raise HTTPException(
                status_code=401,
                detail="The token has expired",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if token == "other":
            raise HTTPException(status_code=401, detail="No", headers={"WWW-Authenticate": "Bearer"})
        return token
    ```

    Bad:

    In a class, at the call that sets the status; its name is imported under another one.

    ```python
    # file: app/exceptions.py
    from fastapi import HTTPException as Problem
    from fastapi import status


    class AppError(Problem):
        def __init__(self, detail: str, status_code: int = status.HTTP_400_BAD_REQUEST) -> None:
            super().__init__(status_code=status_code, detail=detail)


    class UnauthorizedError(AppError):
        def __init__(self) -> None:
            super().__init__("Who are you?", status.HTTP_401_UNAUTHORIZED)  # <-
    # file: app/service.py
    from app.exceptions import AppError, UnauthorizedError


    def check(name: str) -> None:
        if not name:
            raise UnauthorizedError
        if name == "admin":
            raise UnauthorizedError()
        raise AppError("Not you", status_code=401)  # <-
    ```

    Other headers are not the one, and neither is a status by another name.

    ```python
    from http import HTTPStatus

    from starlette.exceptions import HTTPException

    GONE = HTTPStatus.UNAUTHORIZED
    HEADERS = {"X-Error": "expired"}


    def check(token: str) -> None:
        if token == "old":
            raise HTTPException(GONE, "The token has expired", HEADERS)  # <-
    ```

    Good:

    ```python
    from fastapi import HTTPException, status

    HEADERS = {"www-authenticate": "Bearer"}


    class UnauthorizedError(HTTPException):
        def __init__(self, detail: str) -> None:
            super().__init__(status.HTTP_401_UNAUTHORIZED, detail, {"WWW-Authenticate": "Bearer"})


    def check(token: str) -> None:
        if not token:
            raise HTTPException(status_code=401, headers=HEADERS)
        if token == "old":
            raise UnauthorizedError("The token has expired")
        raise HTTPException(status_code=403, detail="Not you")
    ```

    What is handed in, or set later, is not known here.

    ```python
    from fastapi import HTTPException


    class Problem(HTTPException):
        def __init__(self, status_code: int, **options: str) -> None:
            super().__init__(status_code=status_code, **options)


    class Refused(HTTPException):
        def __init__(self, headers: dict[str, str] | None = None) -> None:
            super().__init__(status_code=401, headers=headers or {"WWW-Authenticate": "Bearer"})


    class Late(HTTPException):
        def __init__(self) -> None:
            super().__init__(status_code=401)
            self.headers = {"WWW-Authenticate": "Bearer"}


    def check(status: int, headers: dict[str, str]) -> None:
        if status:
            raise HTTPException(status)
        raise HTTPException(401, headers=headers)


    def refuse() -> None:
        raise Problem(401, detail="No")
    ```

    A handler puts the header on all of them, and a class of that name is not FastAPI's.

    ```python
    from fastapi import FastAPI, HTTPException, Request
    from fastapi.responses import JSONResponse

    app = FastAPI()


    @app.exception_handler(HTTPException)
    async def handle(request: Request, exc: HTTPException) -> JSONResponse:
        headers = {"WWW-Authenticate": "Bearer"} if exc.status_code == 401 else None
        return JSONResponse({"detail": exc.detail}, exc.status_code, headers)


    @app.get("/")
    async def read() -> None:
        raise HTTPException(status_code=401)
    ```

    ```python
    class HTTPException(Exception):
        def __init__(self, status_code: int) -> None:
            super().__init__(status_code)


    def check() -> None:
        raise HTTPException(401)
    ```
    """

    code = "HB167"

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the calls that make such an answer."""
        if "test" in file.roles or not any(
            "401" in line or "UNAUTH" in line for line in file.lines
        ):
            return
        project = file.project
        for scope in (file.outline, *file.outline.definitions):
            for call in own_nodes(scope):
                if not isinstance(call, ast.Call) or not lacks_challenge(project, call, scope):
                    continue
                if not adds_challenges(project):
                    yield Finding(call.func, _MESSAGE, fixes=_fixes(file, call, scope))


def _fixes(file: SourceFile, call: ast.Call, scope: Scope) -> list[Draft]:
    """The header of bearer tokens, in a dependency that reads one."""
    called = file.project.resolve_expression(call.func, scope)
    if not isinstance(called, External) or called.qualified_name not in HTTP_EXCEPTION:
        return []
    if not isinstance(scope, FunctionScope) or not _reads_bearer(file, scope):
        return []
    draft = Draft(file, "Name the scheme")
    given = given_headers(call)
    if given is None:
        append_keyword(draft, call, f"headers={_TEXT}")
    elif isinstance(given, ast.Constant):
        draft.replace(given, _TEXT)
    else:
        return []
    return [draft]


def _reads_bearer(file: SourceFile, function: FunctionScope) -> bool:
    return any(
        isinstance(target, External) and target.qualified_name in _BEARER_SCHEMES
        for dependency in parameter_dependencies(file.project, function)
        for target in dependency.targets
    )
