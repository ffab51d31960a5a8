"""HB092."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.responses.bodies import returned_by, returns_response
from handbook.knowledge.fastapi.responses.status import BODILESS, status_of
from handbook.knowledge.fastapi.routing.routes import WORDS, Route, routes_in
from handbook.python.project.headers import end_of_parameters
from handbook.python.project.source import SourceFile
from handbook.python.types.inference import is_generator
from handbook.python.types.normalized import UNKNOWN, parts_of, type_form
from handbook.rulebook.rule import Draft, FileRule, Finding, Level
from handbook.syntax.outline import FunctionScope


class MissingRouteReturn(FileRule):
    """A route handler has no return annotation.

    Without it mypy checks nothing of what the handler returns, so the response model is a hope:
    the mistake shows as a `ResponseValidationError`, status 500, in production. And a reader has
    to follow the calls to learn what a client gets.

    Annotate what the handler returns: the type of the response model, a response class, or `None`
    where there is no body.

    Bad:

    ```python
    from fastapi import APIRouter
    from pydantic import BaseModel

    router = APIRouter()


    class UserResponse(BaseModel):
        id: int


    @router.get("/{user_id}", response_model=UserResponse)
    async def get_user(user_id: int):  # <-
        return UserResponse(id=user_id)
    ```

    Fixed:

    ```python
    from fastapi import APIRouter
    from pydantic import BaseModel

    router = APIRouter()


    class UserResponse(BaseModel):
        id: int


    @router.get("/{user_id}", response_model=UserResponse)
    async def get_user(user_id: int) -> UserResponse:
        return UserResponse(id=user_id)
    ```

    Bad:

    Parameters on several lines, type parameters, a view in a class; what has no body.

    ```python
    from fastapi import APIRouter, WebSocket, status
    from fastapi_utils.cbv import cbv

    router = APIRouter()


    @cbv(router)
    class Numbers:
        @router.get("/numbers", response_model=list[int] | None)
        def list_numbers(  # <-
            self,
            limit: int = len("(") + 9,  # at most (that is enough)
        ):
            return list(range(limit))


    @router.delete("/numbers", status_code=status.HTTP_204_NO_CONTENT)
    async def delete_numbers():  # <-
        print("gone")


    @router.websocket("/live")
    async def follow(socket: WebSocket):  # <-
        await socket.accept()
    ```

    Fixed:

    ```python
    from fastapi import APIRouter, WebSocket, status
    from fastapi_utils.cbv import cbv

    router = APIRouter()


    @cbv(router)
    class Numbers:
        @router.get("/numbers", response_model=list[int] | None)
        def list_numbers(
            self,
            limit: int = len("(") + 9,  # at most (that is enough)
        ) -> list[int] | None:
            return list(range(limit))


    @router.delete("/numbers", status_code=status.HTTP_204_NO_CONTENT)
    async def delete_numbers() -> None:
        print("gone")


    @router.websocket("/live")
    async def follow(socket: WebSocket) -> None:
        await socket.accept()
    ```

    Bad:

    A router from another module, a registration by call; a response that is ready, so that the
    model is not what comes back.

    ```python
    # file: app/routing.py
    from fastapi import FastAPI

    api = FastAPI()
    # file: app/main.py
    from fastapi.responses import JSONResponse

    from app import routing


    async def check_health():  # <-
        return {"status": "ok"}


    routing.api.add_api_route("/health", check_health)


    @routing.api.get("/raw", response_model=list[int])
    async def list_raw():  # <-
        return JSONResponse([1, 2])
    ```

    Good:

    ```python
    from fastapi import APIRouter
    from pydantic import BaseModel

    router = APIRouter()


    class UserResponse(BaseModel):
        id: int


    @router.get("/{user_id}", response_model=UserResponse)
    async def get_user(user_id: int) -> UserResponse:
        return UserResponse(id=user_id)
    ```

    Functions that are no routes: the decorator belongs to something else.

    ```python
    from typing import Any


    class Cache:
        def get(self, key: str) -> Any:
            return lambda function: function


    cache = Cache()


    @cache.get("users")
    def load_users():
        return []
    ```

    A name that stops being a router.

    ```python
    from fastapi import APIRouter

    router = APIRouter()
    router = None


    @router.get("/users")
    def list_users():
        return []
    ```
    """

    code = "HB092"
    level_in_tests = Level.STRICT
    needs = WORDS
    overlaps = ("ANN201",)

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the handlers of routes that say nothing about what they return."""
        handlers: dict[FunctionScope, list[Route]] = {}
        for route in routes_in(file.project, file.outline):
            if route.handler is not None and route.handler.outline is file.outline:
                handlers.setdefault(route.handler, []).append(route)
        for handler, routes in handlers.items():
            if handler.node.returns is not None:
                continue
            wanted = _annotation(file, handler, routes)
            advice = f"add `-> {wanted}`" if wanted is not None else "say what it returns"
            message = f"route handler `{handler.name}` has no return annotation: {advice}"
            yield Finding(file.name_span(handler), message, [_fix(file, handler, wanted)])


def _annotation(file: SourceFile, handler: FunctionScope, routes: list[Route]) -> str | None:
    """What the registrations of a handler say that it returns, on one line."""
    if is_generator(handler):
        return None
    models = [route.argument("response_model") for route in routes]
    promised = [model for model in models if model is not None and not _is_none(model)]
    if not promised:
        has_no_body = all(
            route.is_websocket or status_of(file.project, route) in BODILESS for route in routes
        )
        return "None" if has_no_body and not any(returned_by(handler)) else None
    texts = {" ".join(file.code(model).split()) for model in promised}
    if len(texts) > 1 or any(route.scope is not handler.parent for route in routes):
        return None
    form = type_form(file.project, promised[0], routes[0].scope)
    if UNKNOWN in parts_of(form) or returns_response(file.project, handler):
        return None
    return texts.pop()


def _fix(file: SourceFile, handler: FunctionScope, wanted: str | None) -> Draft:
    draft = Draft(file, f"Add `-> {wanted}`")
    place = end_of_parameters(file, handler) if wanted is not None else None
    if place is None:
        draft.give_up()
    else:
        draft.insert(place, f" -> {wanted}")
    return draft


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
