"""HB166."""

from collections.abc import Iterator

from handbook.knowledge.fastapi.routing.apps import paths_of
from handbook.knowledge.fastapi.routing.routes import WORDS, Route, routes_in, routes_of
from handbook.knowledge.fastapi.security.security import (
    Protection,
    app_placements,
    authenticates,
    is_way_in,
    protection_of,
)
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level, Option
from handbook.violation import Severity

_METHODS = ("DELETE", "PATCH", "PUT")


class UnauthenticatedMutation(FileRule):
    """A route that modifies data does not require authentication.

    One route that was forgotten undoes the care taken over all others: whoever finds it edits or
    deletes what is not theirs, and no log can tell who it was. It is easily forgotten, because
    nothing fails without the dependency and every test that signs in first stays green.

    Let the route, its router or the inclusion depend on the current user. The rule follows the
    parameters of the handler, `Annotated` aliases of other modules, what those dependencies depend
    on in turn, factories and callable instances, class-based views, `dependencies=[…]` of the
    decorator, of the routers on the way and of the app. It counts as guarded what reaches a
    security scheme of FastAPI, reads a credential from the request, answers 401 or 403, or is
    called as a guard (`require_role`, `get_current_user`).

    Nothing is said where something on the way cannot be followed, where middleware turns
    strangers away, about apps that know no users at all, about routers that no app of the project
    includes, nor about the ways in (login, password reset, unsubscribe, posts to a webhook). The
    option `methods` says which methods change data; add `POST` where every form is for members.

    Bad:

    The user is asked for on one route, and forgotten on the next.

    ```python
    from typing import Annotated

    from fastapi import Depends, FastAPI
    from fastapi.security import OAuth2PasswordBearer

    app = FastAPI()
    scheme = OAuth2PasswordBearer(tokenUrl="token")
    Token = Annotated[str, Depends(scheme)]


    @app.patch("/orders/{order_id}")
    async def update_order(order_id: int, token: Token) -> None: ...


    @app.delete("/orders/{order_id}")  # <-
    async def delete_order(order_id: int) -> None: ...
    ```

    A database session is no guard, however far its dependencies reach; a guarded router does not
    guard the other routers of the app.

    ```python
    # file: app/dependencies.py
    from typing import Annotated

    from fastapi import Depends
    from fastapi.security import HTTPBearer
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

    make_session = async_sessionmaker()


    def get_settings() -> dict[str, str]:
        return {}


    async def get_db(settings: Annotated[dict[str, str], Depends(get_settings)]) -> AsyncSession:
        return make_session()


    DbSession = Annotated[AsyncSession, Depends(get_db)]
    GUARDED = [Depends(HTTPBearer())]
    # file: app/users/router.py
    from fastapi import APIRouter

    from app.dependencies import DbSession

    router = APIRouter(prefix="/users")


    @router.put("/{user_id}")
    async def replace_user(user_id: int, db: DbSession) -> None: ...
    # file: app/tags/router.py
    from fastapi import APIRouter

    from app.dependencies import DbSession

    router = APIRouter(prefix="/tags")


    @router.put("/{tag_id}")  # <-
    async def replace_tag(tag_id: int, db: DbSession) -> None: ...


    async def delete_tag(tag_id: int, db: DbSession) -> None: ...


    router.add_api_route("/{tag_id}", delete_tag, methods=["DELETE"])  # <-
    # file: app/main.py
    from fastapi import FastAPI

    from app.dependencies import GUARDED
    from app.tags.router import router as tags
    from app.users.router import router as users


    def create_app() -> FastAPI:
        app = FastAPI()
        app.include_router(users, dependencies=GUARDED)
        app.include_router(tags)
        return app
    ```

    What an app depends on stays outside of the apps that are mounted in it.

    ```python
    from fastapi import Depends, FastAPI
    from fastapi.security import HTTPBearer

    inner = FastAPI()
    app = FastAPI(dependencies=[Depends(HTTPBearer())])
    app.mount("/inner", inner)


    @app.put("/limit")
    def set_limit(limit: int) -> None: ...


    @inner.put("/limit")  # <-
    def set_inner_limit(limit: int) -> None: ...
    ```

    Good:

    Guarded by an alias, a factory, a callable instance, the decorator and a header.

    ```python
    # file: app/security.py
    from collections.abc import Callable
    from typing import Annotated

    from fastapi import Depends, Header, HTTPException, Request
    from fastapi.security import APIKeyCookie


    def get_account(session: Annotated[str, Depends(APIKeyCookie(name="session"))]) -> str:
        return session


    def choose(strict: bool) -> Callable[..., str]:
        return get_account if strict else str


    class Visitors:
        def __init__(self, group: str) -> None:
            self.group = group

        def __call__(self, account: Annotated[str, Depends(get_account)]) -> None: ...


    def read_signature(request: Request) -> str:
        return request.headers["X-Hub-Signature"]


    def count(x_calls: Annotated[str, Header()]) -> None:
        if not x_calls:
            raise HTTPException(status_code=401)


    Account = Annotated[str, Depends(get_account)]
    # file: app/main.py
    from typing import Annotated

    from fastapi import Depends, FastAPI

    from app.security import Account, Visitors, choose, count, read_signature

    app = FastAPI()


    @app.put("/a")
    def put_a(account: Account) -> None: ...


    @app.put("/b")
    def put_b(account: Annotated[str, Depends(choose(strict=True))]) -> None: ...


    @app.put("/c", dependencies=[Depends(Visitors("all"))])
    def put_c() -> None: ...


    @app.put("/d")
    def put_d(signature: Annotated[str, Depends(read_signature)]) -> None: ...


    @app.put("/e", dependencies=[Depends(count)])
    def put_e() -> None: ...
    ```

    Something on the way is not known: a library's dependency, options that are handed through.

    ```python
    import os

    from fastapi import APIRouter, Depends, FastAPI
    from fastapi.security import HTTPBearer
    from plugins import load, options, visitor

    app = FastAPI()
    router = APIRouter(**options)
    app.include_router(router)


    @app.get("/", dependencies=[Depends(HTTPBearer())])
    def read() -> None: ...


    @app.put("/a", dependencies=[Depends(visitor)])
    def put_a() -> None: ...


    @app.put("/b")
    @load
    def put_b() -> None: ...


    @router.put("/c")
    def put_c() -> None: ...
    ```

    Middleware turns everybody away who has no token.

    ```python
    from fastapi import Depends, FastAPI, Request
    from fastapi.responses import JSONResponse
    from fastapi.security import HTTPBearer

    app = FastAPI()


    @app.middleware("http")
    async def check(request: Request, call_next):
        if "authorization" not in request.headers:
            return JSONResponse({"detail": "Who are you?"}, status_code=401)
        return await call_next(request)


    @app.get("/me")
    async def read_me(token: str = Depends(HTTPBearer())) -> None: ...


    @app.delete("/orders/{order_id}")
    async def delete_order(order_id: int) -> None: ...
    ```
    """

    code = "HB166"
    level = Level.ESSENTIAL
    severity = Severity.ERROR
    needs = WORDS

    methods = Option(_METHODS, "The methods that change data, and want to know who asks for it.")

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the routes that change data for anybody."""
        if "test" in file.roles:
            return
        changing = {method.upper() for method in self.methods}
        for route in routes_in(file.project, file.outline):
            found = sorted(changing & (route.methods or frozenset()))
            if found and not _reads(file, route) and _is_open(file, route):
                yield Finding(route.call, _message(file, route, found))


def _reads(file: SourceFile, route: Route) -> bool:
    """Whether a handler serves `GET` too: what it does then, as forwarding, changes nothing here."""
    twins = routes_of(file.project, route.handler) if route.handler is not None else [route]
    return any("GET" in (twin.methods or ()) for twin in twins)


def _is_open(file: SourceFile, route: Route) -> bool:
    project = file.project
    ways = app_placements(project, route.router)
    return (
        any(authenticates(project, way.app) for way in ways)
        and not is_way_in(project, route)
        and protection_of(project, route) is Protection.OPEN
    )


def _message(file: SourceFile, route: Route, methods: list[str]) -> str:
    paths = paths_of(file.project, route) or [route.path or ""]
    what = f"{'/'.join(methods)} {paths[0]}".strip()
    return (
        f"`{what}` modifies data, and no dependency authenticates the caller; add a dependency "
        "on the current user"
    )
