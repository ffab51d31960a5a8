"""HB097."""

from collections.abc import Iterator

from handbook.fixes.calls import append_keyword
from handbook.fixes.type_text import names_in_type
from handbook.knowledge.fastapi.responses.bodies import (
    annotated_form,
    returns_response,
    router_class_sets,
    sets_status,
)
from handbook.knowledge.fastapi.responses.returned import mentions_response
from handbook.knowledge.fastapi.responses.status import status_of, written_status
from handbook.knowledge.fastapi.routing.apps import paths_of
from handbook.knowledge.fastapi.routing.routes import Route, routes_in
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.types.inference import is_generator
from handbook.rulebook.rule import Draft, FileRule, Finding, Level
from handbook.syntax.names import words_of
from handbook.syntax.outline import FunctionScope
from handbook.violation import Applicability

_VERBS = frozenset({"create", "add", "register"})
_EITHER_WAY = frozenset({"or", "update", "upsert"})
"""Words of handlers that may find what they are asked to create."""
_SIGNING_UP = frozenset({"register", "registration", "signup"})
_TRADED = frozenset({"cookie", "login", "session", "token"})
"""What is handed out and called created, and is nothing that has an address of its own."""
_COMPUTED = frozenset(
    {
        *("completion", "completions", "embedding", "embeddings", "generation", "generations"),
        *("transcription", "transcriptions", "translation", "translations"),
        *("variation", "variations"),
    }
)
"""What OpenAI's interface, which many imitate, calls created: it is computed, and kept nowhere."""
_SINGULAR_ENDINGS = ("ss", "us", "is")


class CreateStatusCode(FileRule):
    """A route that creates a resource has status 200 instead of 201.

    201 tells a client, a proxy and a test that there is something now which was not there before;
    200 only says that nothing went wrong. FastAPI answers 200 unless it is told otherwise.

    Give the decorator `status_code=status.HTTP_201_CREATED`. Looked at are POST routes of a
    collection whose handler is called `create…`, `add…` or `register…`. Handlers that may find what
    they should create, that set the status or make the response themselves, and actions on one
    object are left alone. The fix is unsafe since clients may compare with 200.

    Bad:

    ```python
    from fastapi import APIRouter
    from pydantic import BaseModel

    router = APIRouter()


    class UserResponse(BaseModel):
        id: int


    @router.post("/", response_model=UserResponse)  # <-
    async def create_user() -> UserResponse:
        return UserResponse(id=1)
    ```

    Fixed:

    ```python
    from fastapi import APIRouter
    from pydantic import BaseModel

    router = APIRouter()


    class UserResponse(BaseModel):
        id: int


    @router.post("/", response_model=UserResponse, status_code=201)
    async def create_user() -> UserResponse:
        return UserResponse(id=1)
    ```

    Bad:

    A module that knows `status`; a nested collection; a wrong status, behind a name.

    ```python
    from http import HTTPStatus

    from fastapi import APIRouter, status

    router = APIRouter()
    SUCCESS = HTTPStatus.OK


    @router.post(  # <-
        "/orders/{order_id}/items",
        response_model=None,
    )
    async def add_item(order_id: int) -> None:
        print(order_id)


    @router.post("/orders", status_code=SUCCESS)  # <-
    async def create_order() -> dict[str, int]:
        return {"id": 1}


    @router.get("/health", status_code=status.HTTP_200_OK)
    async def check() -> dict[str, str]:
        return {}
    ```

    Fixed:

    ```python
    from http import HTTPStatus

    from fastapi import APIRouter, status

    router = APIRouter()
    SUCCESS = HTTPStatus.OK


    @router.post(
        "/orders/{order_id}/items",
        response_model=None,
        status_code=status.HTTP_201_CREATED,
    )
    async def add_item(order_id: int) -> None:
        print(order_id)


    @router.post("/orders", status_code=status.HTTP_201_CREATED)
    async def create_order() -> dict[str, int]:
        return {"id": 1}


    @router.get("/health", status_code=status.HTTP_200_OK)
    async def check() -> dict[str, str]:
        return {}
    ```

    Bad:

    The collection stands in a prefix that another module gives; registered without a decorator.

    ```python
    # file: app/routing.py
    from fastapi import APIRouter


    class AdminRouter(APIRouter):
        pass
    # file: app/users/router.py
    from http import HTTPStatus

    from app.routing import AdminRouter

    users = AdminRouter()


    @users.post("", status_code=HTTPStatus.OK)  # <-
    async def create() -> dict[str, int]:
        return {"id": 1}


    async def register() -> dict[str, int]:
        return {"id": 1}


    users.add_api_route("/sign-up", register, methods=["POST"])  # <-
    # file: app/main.py
    from fastapi import FastAPI

    from app.users.router import users

    app = FastAPI()
    app.include_router(users, prefix="/api/v1/users")
    ```

    Fixed:

    ```python
    # file: app/routing.py
    from fastapi import APIRouter


    class AdminRouter(APIRouter):
        pass
    # file: app/users/router.py
    from app.routing import AdminRouter

    users = AdminRouter()


    @users.post("", status_code=201)
    async def create() -> dict[str, int]:
        return {"id": 1}


    async def register() -> dict[str, int]:
        return {"id": 1}


    users.add_api_route("/sign-up", register, methods=["POST"], status_code=201)
    # file: app/main.py
    from fastapi import FastAPI

    from app.users.router import users

    app = FastAPI()
    app.include_router(users, prefix="/api/v1/users")
    ```

    Bad:

    The root of a router that is not called after what is in it.

    ```python
    from fastapi import APIRouter, FastAPI

    mapping = APIRouter(prefix="/mapping")


    @mapping.post("")  # <-
    async def create_rule() -> dict[str, int]:
        return {"id": 1}


    app = FastAPI()
    app.include_router(mapping)
    ```

    Good:

    ```python
    from http import HTTPStatus

    from fastapi import APIRouter, status

    router = APIRouter()


    @router.post("/users", status_code=status.HTTP_201_CREATED)
    async def create_user() -> dict[str, int]:
        return {"id": 1}


    @router.post("/reports", status_code=HTTPStatus.ACCEPTED)
    async def create_report() -> dict[str, int]:
        return {"id": 1}
    ```

    Actions, what is only handed out, what may be there already, what is computed.

    ```python
    from fastapi import APIRouter

    router = APIRouter()
    auth = APIRouter(prefix="/token")


    @router.post("/orders/{order_id}/cancel")
    async def cancel_order(order_id: int) -> dict[str, int]:
        return {"id": order_id}


    @router.post("/documents/{document_id}/register")
    async def register_document(document_id: int) -> dict[str, int]:
        return {"id": document_id}


    @router.post("/orders/{order_id}/preview")
    async def create_preview(order_id: int) -> dict[str, int]:
        return {"id": order_id}


    @router.post("/users/{user_id}/groups/{group_id}")
    async def add_to_group(user_id: int, group_id: int) -> dict[str, int]:
        return {"id": user_id}


    @router.post("/secrets")
    async def create_or_update_secret() -> dict[str, int]:
        return {"id": 1}


    @router.post("/groups/{group_id}/add-users")
    async def add_users(group_id: int, user_ids: list[int]) -> dict[str, int]:
        return {"id": group_id}


    @router.post("/chat/completions")
    async def create_chat_completion() -> dict[str, int]:
        return {"id": 1}


    @router.post("/audio/transcriptions")
    async def create_audio_transcriptions() -> dict[str, str]:
        return {"text": "hello"}


    @auth.post("")
    async def create_token() -> dict[str, str]:
        return {"token": "t"}
    ```

    Handlers and routers that see to the status themselves, and what only looks like a route.

    ```python
    from typing import Any

    import httpx
    from fastapi import APIRouter, Response
    from fastapi.responses import JSONResponse, RedirectResponse
    from shared.responses import ORJSONResponse

    router = APIRouter()


    class CreatingRouter(APIRouter):
        def post(self, path: str, **options: Any) -> Any:
            return super().post(path, **{"status_code": 201, **options})


    creating = CreatingRouter()
    client = httpx.Client()


    @router.post("/users")
    async def create_user(response: Response) -> dict[str, int]:
        response.status_code = 201
        return {"id": 1}


    @router.post("/forms")
    async def create_form() -> RedirectResponse:
        return RedirectResponse("/forms/1")


    @router.post("/files")
    async def create_file():
        return JSONResponse({"id": 1}, status_code=201)


    @router.post("/folders")
    async def create_folder():
        return await forward("/folders")


    async def forward(path: str) -> Any:
        async with httpx.AsyncClient() as remote:
            answer = await remote.post(path)
        return ORJSONResponse(answer.json(), status_code=answer.status_code)


    @creating.post("/users")
    async def create_account() -> dict[str, int]:
        return {"id": 1}


    def create_remote_user() -> None:
        client.post("/users")
    ```
    """

    code = "HB097"
    level = Level.STRICT
    needs = frozenset({"post", "api_route", "add_api_route"})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the routes that create and answer 200."""
        if "test" in file.roles:
            return
        project = file.project
        for route in routes_in(project, file.outline):
            handler = route.handler
            if (
                handler is not None
                and route.methods == frozenset({"POST"})
                and _creates(handler.name)
                and status_of(project, route) == 200
                and _is_of_collection(project, route, handler)
                and not _sees_to_status(project, route, handler)
            ):
                yield _finding(file, route, handler)


def _creates(name: str) -> bool:
    verb, *rest = words_of(name) or ("",)
    return verb in _VERBS and _EITHER_WAY.isdisjoint(rest) and _COMPUTED.isdisjoint(rest)


def _is_of_collection(project: Project, route: Route, handler: FunctionScope) -> bool:
    """Whether the path ends in the name of a collection, or in what `handler` creates."""
    if route.path is None:
        return False
    own = route.router.prefix(project)
    paths = paths_of(project, route) or ([own + route.path] if own is not None else [])
    if not paths and route.path.strip("/"):
        paths = [route.path]
    is_root = not route.path.strip("/")
    return bool(paths) and all(_ends_in_collection(path, handler.name, is_root) for path in paths)


def _ends_in_collection(path: str, name: str, is_root: bool) -> bool:
    """Whether a path is that of many things; the root of a router is, though it be called `/user`."""
    above, _, segment = path.rstrip("/").rpartition("/")
    words = words_of(segment)
    if "{" in segment:
        return False
    if not words:
        return True
    verb, *created = words_of(name)
    if verb == "register" and "".join(words) in _SIGNING_UP:
        return not above.endswith("}")
    if _TRADED & {*words} or words[0] in _VERBS:
        return False
    is_plural = words[-1].endswith("s") and not words[-1].endswith(_SINGULAR_ENDINGS)
    return is_root or is_plural or ([*words] == created and "{" not in path)


def _sees_to_status(project: Project, route: Route, handler: FunctionScope) -> bool:
    """Whether the status that clients see may be another one than the route's."""
    form = annotated_form(project, handler)
    return (
        is_generator(handler)
        or (form is not None and mentions_response(project, form))
        or sets_status(handler)
        or returns_response(project, handler)
        or router_class_sets(project, route, "status_code")
    )


def _finding(file: SourceFile, route: Route, handler: FunctionScope) -> Finding:
    status = written_status(file.project, 201, route.scope)
    draft = Draft(file, f"Answer with `status_code={status}`", Applicability.UNSAFE)
    given = route.argument("status_code")
    if given is not None:
        draft.replace(given, status)
        draft.release(*names_in_type(file, given, route.scope))
    else:
        append_keyword(draft, route.call, f"status_code={status}")
    message = f"`{handler.name}` creates a resource with status 200: add `status_code={status}`"
    return Finding(route.call, message, [draft])
