"""HB099."""

import os
from collections.abc import Iterator

from handbook.knowledge.fastapi.routing.apps import placements
from handbook.knowledge.fastapi.routing.routes import WORDS, Route
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.rules.routers._route_order import Shadow, shadows
from handbook.violation import Related, Severity


class ShadowedRoute(FileRule):
    """A route is unreachable because an earlier route matches all its requests.

    Routes are asked in the order in which they are registered, and the first whose path and method
    fit answers. The type of a parameter comes too late: `GET /users/me` asks `/users/{user_id}`
    first and gets a 422 because `me` is no number. The same method and path twice is the same
    fault, only that nobody sees it.

    Put fixed paths before those with parameters, catch-alls and mounts last, and routers in the
    order that their paths need. A convertor in the path (`/users/{user_id:int}`) does keep other
    texts out.

    Bad:

    ```python
    from fastapi import APIRouter

    router = APIRouter(prefix="/users")


    @router.get("/{user_id}")
    async def get_user(user_id: int) -> int:
        return user_id


    @router.get("/me")  # <-
    async def get_me() -> int:
        return 1


    @router.delete("/me")
    async def delete_me() -> None:
        print("gone")


    @router.get("/{name}")  # <-
    async def find_user(name: str) -> str:
        return name
    ```

    Two routers that meet in the app: what counts is where they are included.

    ```python
    # file: app/users.py
    from fastapi import APIRouter

    router = APIRouter()


    @router.get("/{user_id}/orders")
    async def list_orders_of(user_id: int) -> list[int]:
        return [user_id]
    # file: app/reports.py
    from fastapi import APIRouter

    router = APIRouter(prefix="/reports")


    @router.get("/orders")  # <-
    async def report_orders() -> list[int]:
        return []


    @router.get("/users")
    async def report_users() -> list[int]:
        return []
    # file: app/main.py
    from fastapi import FastAPI

    from app import reports, users


    def create_app() -> FastAPI:
        app = FastAPI()
        add_routers(app)
        return app


    def add_routers(app: FastAPI) -> None:
        for router in (users.router, reports.router):
            app.include_router(router)
    ```

    A catch-all, and a mount, that come too early.

    ```python
    from fastapi import FastAPI
    from fastapi.staticfiles import StaticFiles

    app = FastAPI()
    app.mount("/static", StaticFiles(directory="static"))


    @app.get("/static/version")  # <-
    async def get_version() -> str:
        return "1"


    @app.api_route("/{path:path}", methods=["GET", "HEAD"])
    async def serve_page(path: str) -> str:
        return path


    @app.get("/health")  # <-
    async def check_health() -> str:
        return "ok"


    @app.post("/health")
    async def report_health() -> None:
        print("ok")
    ```

    Good:

    ```python
    from fastapi import APIRouter

    router = APIRouter(prefix="/users")


    @router.get("/me")
    async def get_me() -> int:
        return 1


    @router.get("/{user_id}")
    async def get_user(user_id: int) -> int:
        return user_id


    @router.get("/")
    async def list_users() -> list[int]:
        return []


    @router.get("/{user_id}/orders")
    async def list_orders(user_id: int) -> list[int]:
        return [user_id]
    ```

    Convertors that keep the later path out, other methods, paths that only overlap.

    ```python
    from fastapi import FastAPI, WebSocket

    app = FastAPI()


    @app.get("/files/{file_id:int}")
    async def get_file(file_id: int) -> int:
        return file_id


    @app.get("/files/latest")
    async def get_latest() -> int:
        return 1


    @app.get("/files/{name}.json")
    async def get_json(name: str) -> str:
        return name


    @app.get("/{folder}/files")
    async def list_files(folder: str) -> list[str]:
        return [folder]


    @app.get("/files/{name}")
    async def find_file(name: str) -> str:
        return name


    @app.put("/files/latest")
    async def put_latest() -> None:
        print("put")


    @app.websocket("/files/latest")
    async def follow_latest(socket: WebSocket) -> None:
        await socket.accept()
    ```

    Something else than the path decides: a version, a route class of the project's own.

    ```python
    from fastapi import APIRouter, FastAPI
    from fastapi.routing import APIRoute
    from fastapi_versioning import VersionedFastAPI, version
    from starlette.routing import Match
    from starlette.types import Scope


    class BetaRoute(APIRoute):
        def matches(self, scope: Scope) -> tuple[Match, Scope]:
            is_beta = (b"x-beta", b"1") in scope["headers"]
            return super().matches(scope) if is_beta else (Match.NONE, {})


    api = FastAPI()
    beta = APIRouter(route_class=BetaRoute)


    @beta.get("/users")
    async def list_beta_users() -> list[int]:
        return []


    @beta.get("/groups")
    @version(1)
    async def list_groups() -> list[int]:
        return []


    api.include_router(beta)


    @api.get("/users")
    @version(1)
    async def list_users() -> list[int]:
        return []


    @api.get("/users")
    @version(2)
    async def list_newer_users() -> list[int]:
        return []


    app = VersionedFastAPI(api)
    ```

    Only one of two routes is there, each app has its own, or the order is not known.

    ```python
    # file: app/main.py
    import os

    from fastapi import FastAPI

    app = FastAPI()
    admin = FastAPI()

    if os.environ.get("MAINTENANCE"):

        @app.get("/{path:path}")
        async def apologize(path: str) -> str:
            return path


    @app.get("/users")
    async def list_users() -> list[int]:
        return []


    @admin.get("/users")
    async def list_all_users() -> list[int]:
        return []
    # file: app/more.py
    from app.main import app


    @app.get("/{page}")
    async def show_page(page: str) -> str:
        return page
    # file: app/other.py
    from app.main import app


    @app.get("/imprint")
    async def show_imprint() -> str:
        return "imprint"
    ```
    """

    code = "HB099"
    level = Level.ESSENTIAL
    severity = Severity.ERROR
    needs = WORDS

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the routes of a file that an earlier one hides."""
        for shadow in shadows(file.project):
            if shadow.route.outline is file.outline:
                yield Finding(
                    shadow.route.call, _message(file, shadow), related=_related(file, shadow)
                )


def _message(file: SourceFile, shadow: Shadow) -> str:
    prefix, earlier = _prefix(file, shadow), shadow.earlier
    what = f"`{'/'.join(shadow.methods) or 'websocket'} {prefix}{shadow.text}` is never reached"
    if earlier.route is None:
        mounted = prefix + earlier.text.removesuffix("/{path:path}") or "/"
        return f"{what}: all below `{mounted}` goes to what is mounted there before"
    where = _where(file, earlier.route)
    if earlier.text == shadow.text:
        return f"{what}: the same path is registered before ({where})"
    return (
        f"{what}: `{prefix}{earlier.text}` is registered before and matches its requests ({where})"
    )


def _prefix(file: SourceFile, shadow: Shadow) -> str:
    """What stands before the paths of the router that holds both, if that is known."""
    found = [placement.prefix for placement in placements(file.project, shadow.router)]
    known = [prefix for prefix in found if prefix is not None]
    return known[0] if known else shadow.router.prefix(file.project) or ""


def _where(file: SourceFile, route: Route) -> str:
    if route.outline is file.outline:
        return f"line {route.call.lineno}"
    path = os.path.relpath(route.outline.path, file.project.root).replace(os.sep, "/")
    return f"{path}:{route.call.lineno}"


def _related(file: SourceFile, shadow: Shadow) -> list[Related]:
    route, event = shadow.earlier.route, shadow.earlier.event
    call, outline = event.call, event.scope.outline
    if route is not None:
        call, outline = route.call, route.outline
    other = SourceFile(outline.path, outline, file.project)
    path = file.path if outline is file.outline else outline.path
    return [Related(path, other.span(call), "this route matches first")]
