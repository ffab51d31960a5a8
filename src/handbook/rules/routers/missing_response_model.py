"""HB091."""

from collections.abc import Iterator

from handbook.fixes.calls import append_keyword
from handbook.fixes.type_text import runnable_text
from handbook.knowledge.fastapi.responses.bodies import (
    annotated_form,
    fills_response_models,
    returns_body,
)
from handbook.knowledge.fastapi.responses.returned import answers_json, mentions_response
from handbook.knowledge.fastapi.responses.status import BODILESS, status_of
from handbook.knowledge.fastapi.routing.routes import WORDS, Route, routes_in
from handbook.python.project.source import SourceFile
from handbook.python.types.normalized import ANY, OBJECT
from handbook.rulebook.rule import Draft, FileRule, Finding, Level
from handbook.syntax.outline import FunctionScope


class MissingResponseModel(FileRule):
    """A route that returns a body has no `response_model`.

    The response model is the promise to the client: FastAPI drops every field that is not in it,
    refuses what does not fit, and documents it. The annotation alone does the same only as long as
    nobody changes it: the day that a handler returns the row itself, with the password's hash in
    it, the annotation follows and the promise is gone. Written in the decorator, the promise
    stands where the path and the status code stand, and a change of it is seen.

    Give the decorator the same type that the function is annotated with. A route that has nothing
    to say (`-> None`, status 204), hands out a response that is ready, streams, or answers with
    something else than JSON needs none.

    Bad:

    ```python
    from fastapi import FastAPI
    from pydantic import BaseModel

    app = FastAPI()


    class UserResponse(BaseModel):
        id: int


    @app.get("/users")  # <-
    async def list_users() -> list[UserResponse]:
        return []
    ```

    Fixed:

    ```python
    from fastapi import FastAPI
    from pydantic import BaseModel

    app = FastAPI()


    class UserResponse(BaseModel):
        id: int


    @app.get("/users", response_model=list[UserResponse])
    async def list_users() -> list[UserResponse]:
        return []
    ```

    Bad:

    An annotation in quotes, arguments on lines of their own, a union with a response: that one
    FastAPI takes only with `response_model=None`.

    ```python
    from fastapi import APIRouter, status
    from fastapi.responses import RedirectResponse
    from pydantic import BaseModel

    router = APIRouter()


    class UserResponse(BaseModel):
        id: int


    @router.post(  # <-
        "/",
        status_code=status.HTTP_201_CREATED,  # there was none before
    )
    async def create_user() -> "UserResponse":
        return UserResponse(id=1)


    @router.get("/{user_id}")  # <-
    async def get_user(user_id: int) -> UserResponse | RedirectResponse:
        return RedirectResponse("/") if user_id else UserResponse(id=1)
    ```

    Fixed:

    ```python
    from fastapi import APIRouter, status
    from fastapi.responses import RedirectResponse
    from pydantic import BaseModel

    router = APIRouter()


    class UserResponse(BaseModel):
        id: int


    @router.post(
        "/",
        status_code=status.HTTP_201_CREATED,  # there was none before
        response_model=UserResponse,
    )
    async def create_user() -> "UserResponse":
        return UserResponse(id=1)


    @router.get("/{user_id}", response_model=None)
    async def get_user(user_id: int) -> UserResponse | RedirectResponse:
        return RedirectResponse("/") if user_id else UserResponse(id=1)
    ```

    Bad:

    A router that another module makes, and a registration without a decorator.

    ```python
    # file: app/routing.py
    from fastapi import APIRouter


    class AdminRouter(APIRouter):
        pass


    def make_router(prefix: str) -> APIRouter:
        return AdminRouter(prefix=prefix)
    # file: app/router.py
    from app.routing import make_router

    admin = make_router("/admin")


    async def get_version() -> dict[str, str]:
        return {"version": "1"}


    admin.add_api_route("/version", get_version)  # <-
    ```

    Fixed:

    ```python
    # file: app/routing.py
    from fastapi import APIRouter


    class AdminRouter(APIRouter):
        pass


    def make_router(prefix: str) -> APIRouter:
        return AdminRouter(prefix=prefix)
    # file: app/router.py
    from app.routing import make_router

    admin = make_router("/admin")


    async def get_version() -> dict[str, str]:
        return {"version": "1"}


    admin.add_api_route("/version", get_version, response_model=dict[str, str])
    ```

    Bad:

    A handler without annotation, or with one that says nothing: what it returns tells.

    ```python
    from typing import Any

    from fastapi import APIRouter

    router = APIRouter()


    @router.get("/stats")  # <-
    async def get_stats():
        return {"users": 3}


    @router.get("/names")  # <-
    async def list_names() -> Any:
        names = ["Ada"]
        return names
    ```

    Good:

    ```python
    from fastapi import APIRouter
    from pydantic import BaseModel

    router = APIRouter()


    class UserResponse(BaseModel):
        id: int


    @router.get("/", response_model=list[UserResponse])
    async def list_users() -> list[UserResponse]:
        return []
    ```

    Nothing to promise: no body, a response that is ready, a stream, text.

    ```python
    from collections.abc import AsyncIterator
    from http import HTTPStatus

    from fastapi import APIRouter, Request, Response, WebSocket
    from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
    from fastapi.templating import Jinja2Templates

    router = APIRouter()
    pages = APIRouter(default_response_class=HTMLResponse)
    templates = Jinja2Templates("templates")


    class SeeOther(RedirectResponse):
        status_code = 303


    @router.delete("/{user_id}", status_code=HTTPStatus.NO_CONTENT)
    async def delete_user(user_id: int) -> None:
        print(user_id)


    @router.post("/login")
    async def log_in() -> SeeOther:
        return SeeOther("/")


    @router.get("/metrics", response_class=PlainTextResponse)
    async def get_metrics() -> str:
        return "up 1"


    @pages.get("/about")
    async def show_about() -> str:
        return "<h1>About</h1>"


    @router.get("/page")
    async def show_page(request: Request):
        return templates.TemplateResponse(request, "page.html")


    @router.get("/events")
    async def stream_events() -> AsyncIterator[dict[str, int]]:
        yield {"id": 1}


    @router.websocket("/live")
    async def follow(socket: WebSocket) -> None:
        await socket.accept()
    ```

    A router class that takes the model from the annotation; something that only looks like a
    route; a result that may be a response.

    ```python
    from collections.abc import Callable
    from typing import Any

    import httpx
    from fastapi import APIRouter, Response


    class AnnotatedRouter(APIRouter):
        def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
            options.setdefault("response_model", endpoint.__annotations__.get("return"))
            super().add_api_route(path, endpoint, **options)


    router = AnnotatedRouter()
    proxy = APIRouter()
    client = httpx.Client()


    @router.get("/users")
    async def list_users() -> list[int]:
        return []


    def send() -> Any:
        return Response(client.get("/users").content)


    @proxy.get("/users")
    async def forward() -> Any:
        return send()
    ```
    """

    code = "HB091"
    level_in_tests = Level.STRICT
    needs = WORDS
    conflicts = ("FAST001",)

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the routes with a body and without a response model."""
        if "test" in file.roles:
            return
        for route in routes_in(file.project, file.outline):
            handler = route.handler
            if handler is not None and _needs_model(file, route, handler):
                model = _model(file, route, handler)
                wanted = f"response_model={' '.join((model or '…').split())}"
                draft = Draft(file, f"Add `{wanted}`")
                if model is None:
                    draft.give_up()
                else:
                    append_keyword(draft, route.call, f"response_model={model}")
                fault = (
                    "may return a `Response`, for which FastAPI makes no response model"
                    if model == "None"
                    else "returns a body without a response model"
                )
                message = f"`{handler.name}` {fault}: add `{wanted}`"
                yield Finding(route.call, message, [draft])


def _needs_model(file: SourceFile, route: Route, handler: FunctionScope) -> bool:
    if route.is_websocket or route.has_hidden_arguments or route.argument("response_model"):
        return False
    status = status_of(file.project, route)
    return (
        route.methods != frozenset({"HEAD"})
        and status is not None
        and status not in BODILESS
        and answers_json(file.project, route) is not False
        and not fills_response_models(file.project, route)
        and returns_body(file.project, handler) is True
    )


def _model(file: SourceFile, route: Route, handler: FunctionScope) -> str | None:
    """The text of what the annotation promises, where it can stand in the decorator."""
    returns, form = handler.node.returns, annotated_form(file.project, handler)
    if form is not None and mentions_response(file.project, form):
        return "None"
    if returns is None or form in (ANY, OBJECT) or handler.parent is not route.scope:
        return None
    return runnable_text(file, returns, route.scope, route.call.lineno)
