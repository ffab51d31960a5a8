"""HB095."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from handbook.knowledge.fastapi.responses.bodies import returned_by
from handbook.knowledge.fastapi.routing.apps import Inclusion
from handbook.knowledge.fastapi.routing.routes import Route
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.types.inference import instance_of
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.rules.routers._router_trees import Way, is_documented, served_apps, ways
from handbook.syntax.names import words_of

_VERSION = re.compile(r"v\d+(?:[._-]?\w+)*|\d{4}-\d{2}(?:-\d{2})?|{(?:api_)?version(?::\w+)?}")
_FIRST_SEGMENTS = 4
_EXEMPT = frozenset(
    {
        *("health", "healthz", "healthcheck", "live", "liveness", "livez", "ready", "readiness"),
        *("readyz", "alive", "heartbeat", "ping", "probe", "probes", "status", "metrics"),
        *("docs", "redoc", "openapi", "swagger", "webhook", "webhooks", "hooks"),
    }
)
_PAGES = ("HTMLResponse", "RedirectResponse", "TemplateResponse")


class UnversionedRouter(FileRule):
    """A router is served under a path without a version.

    Clients that cannot be changed at the same moment need the old answers while the new ones are
    there already. With `/api/v1` in front of the path a second version is one more line; without
    it the first breaking change breaks everybody.

    Give the `include_router` call, or one above it, a prefix such as `/api/v1`. What is no part of
    the API may stay outside: health probes, metrics, documentation, webhooks (their senders know
    one address), pages, and routes that are left out of the schema.

    Bad:

    ```python
    # file: app/users/router.py
    from fastapi import APIRouter

    router = APIRouter()


    @router.get("/")
    async def list_users() -> list[int]:
        return []
    # file: app/main.py
    from fastapi import FastAPI

    from app.users.router import router as users_router

    app = FastAPI()
    app.include_router(users_router, prefix="/users")  # <-
    ```

    Reported once, where the way of all of them begins; and only those that have no version.

    ```python
    # file: app/items.py
    from fastapi import APIRouter

    router = APIRouter(prefix="/items")
    orders = APIRouter(prefix="/orders")
    invoices = APIRouter(prefix="/v2/invoices")


    @router.get("/")
    async def list_items() -> list[int]:
        return []


    @orders.get("/")
    async def list_orders() -> list[int]:
        return []


    @invoices.get("/")
    async def list_invoices() -> list[int]:
        return []
    # file: app/api.py
    from fastapi import APIRouter

    from app import items

    shop = APIRouter()
    shop.include_router(items.router)
    shop.include_router(items.orders)

    billing = APIRouter()
    billing.include_router(items.invoices)
    billing.include_router(items.orders)  # <-
    # file: app/main.py
    from fastapi import FastAPI

    from app.api import billing, shop


    def create_app() -> FastAPI:
        app = FastAPI()
        app.include_router(shop, prefix="/api")  # <-
        app.include_router(billing, prefix="/api")
        return app
    ```

    A loop, and a prefix from the settings.

    ```python
    # file: app/config.py
    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        api_prefix: str = "/api"


    settings = Settings()
    # file: app/main.py
    from fastapi import APIRouter, FastAPI

    from app.config import settings

    users = APIRouter(prefix="/users")
    orders = APIRouter(prefix="/orders")


    @users.get("/")
    async def list_users() -> list[int]:
        return []


    @orders.get("/")
    async def list_orders() -> list[int]:
        return []


    app = FastAPI()
    for router in [users, orders]:
        app.include_router(router, prefix=settings.api_prefix)  # <-
    ```

    Good:

    ```python
    from fastapi import APIRouter, FastAPI

    API_V1 = "/api/v1"
    users = APIRouter()
    orders = APIRouter(prefix="/v2/orders")


    @users.get("/")
    async def list_users() -> list[int]:
        return []


    @orders.get("/")
    async def list_orders() -> list[int]:
        return []


    app = FastAPI()
    app.include_router(users, prefix=f"{API_V1}/users")
    app.include_router(orders)
    ```

    No part of the API: probes, webhooks, addresses that a standard gives, pages, what the schema
    leaves out, the welcome at `/`.

    ```python
    from fastapi import APIRouter, FastAPI
    from fastapi.responses import HTMLResponse, RedirectResponse

    health_router = APIRouter()
    stripe = APIRouter(prefix="/webhooks/stripe")
    pages = APIRouter(default_response_class=HTMLResponse)
    internal = APIRouter(include_in_schema=False)
    openid = APIRouter(prefix="/.well-known")
    root = APIRouter()


    @root.get("/")
    async def welcome() -> dict[str, str]:
        return {"documentation": "/docs"}


    @health_router.get("/up")
    async def check() -> dict[str, str]:
        return {}


    @stripe.post("/")
    async def receive() -> dict[str, str]:
        return {}


    @pages.get("/about")
    async def show_about() -> str:
        return "about"


    @root.post("/logout")
    async def log_out() -> RedirectResponse:
        return RedirectResponse("/")


    @root.get("/imprint")
    async def show_imprint():
        return HTMLResponse("imprint")


    @openid.get("/openid-configuration")
    async def describe_provider() -> dict[str, str]:
        return {}


    @internal.get("/cache")
    async def get_cache() -> dict[str, str]:
        return {}


    app = FastAPI()
    for router in (health_router, stripe, pages, internal, openid, root):
        app.include_router(router)
    ```

    The version comes from further out, or what comes in front is not known.

    ```python
    # file: app/main.py
    import os

    from fastapi import APIRouter, FastAPI

    users = APIRouter(prefix="/users")


    @users.get("/")
    async def list_users() -> list[int]:
        return []


    api = FastAPI()
    api.include_router(users)

    site = FastAPI()
    site.mount("/api/v1", api)

    behind_proxy = FastAPI(root_path="/api/v1")
    behind_proxy.include_router(users)

    flexible = FastAPI()
    flexible.include_router(users, prefix=os.environ["API_PREFIX"])
    ```
    """

    code = "HB095"
    level = Level.STRICT
    needs = frozenset({"include_router"})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the inclusions in a file that bring an API without a version."""
        if "test" in file.roles:
            return
        for found in _unversioned(file.project):
            if found.inclusion.outline is file.outline:
                message = (
                    f"`{found.path}` does not begin with a version: "
                    "include its router with a prefix such as `/api/v1`"
                )
                yield Finding(found.inclusion.call, message)


class _Unversioned(NamedTuple):
    """An inclusion that brings routes without a version, and the path of one of them."""

    inclusion: Inclusion
    path: str


def _unversioned(project: Project) -> list[_Unversioned]:
    return project.fact("unversioned routers", lambda: [*_find(project)])


def _find(project: Project) -> Iterator[_Unversioned]:
    seen: set[int] = set()
    for app in served_apps(project):
        api = [way for way in ways(project, app) if way.steps and _is_api(project, way)]
        for found in _outermost(api, 0):
            # A loop puts many routers in, and is changed in one place.
            if id(found.inclusion.call) not in seen:
                seen.add(id(found.inclusion.call))
                yield found


def _outermost(api: Sequence[Way], depth: int) -> Iterator[_Unversioned]:
    """The outermost inclusions below which nothing has a version."""
    groups: dict[int, list[Way]] = {}
    for way in api:
        if len(way.steps) > depth:
            groups.setdefault(id(way.steps[depth]), []).append(way)
    for group in groups.values():
        inclusion = group[0].steps[depth]
        paths = [way.path for way in group if way.path is not None]
        bare = [path for path in paths if not _is_versioned(path)]
        direct = [way.path for way in group if len(way.steps) == depth + 1]
        own = [path for path in bare if path in direct]
        is_place = not inclusion.is_mount and not inclusion.is_handed
        is_all = len(bare) == len(paths)
        if is_place and (own or (bare and is_all)):
            yield _Unversioned(inclusion, min(own or bare))
        if not is_place or not is_all:
            yield from _outermost(group, depth + 1)


def _is_versioned(path: str) -> bool:
    segments = path.strip("/").split("/")[:_FIRST_SEGMENTS]
    return any(_VERSION.fullmatch(segment) for segment in segments)


def _is_api(project: Project, way: Way) -> bool:
    """Whether a route is part of the API that clients are written for: no page to begin at."""
    router, path = way.route.router, way.path
    if path is not None and (not path.strip("/") or "/.well-known/" in path):
        return False
    named = f"{router.name} {router.scope.outline.module} {path or ''}"
    return (
        is_documented(project, way)
        and _EXEMPT.isdisjoint(words_of(named))
        and not _is_page(project, way.route)
    )


def _is_page(project: Project, route: Route) -> bool:
    """Whether a route only shows browsers a page or sends them to one, as its handler says."""
    handler = route.handler
    if handler is None:
        return False
    returns = handler.node.returns
    if returns is not None:
        classes = [project.resolve_expression(returns, handler.parent or handler)]
    else:
        classes = [instance_of(project, value, handler) for value in returned_by(handler)]
    return bool(classes) and all(
        class_ is not None and class_.qualified_name.endswith(_PAGES) for class_ in classes
    )
