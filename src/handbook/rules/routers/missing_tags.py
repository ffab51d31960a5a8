"""HB096."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.routing.apps import Inclusion
from handbook.knowledge.fastapi.routing.routers import Router, keyword_of
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.rules.routers._router_trees import Way, is_documented, real_apps, ways
from handbook.syntax.outline import ClassScope, own_nodes
from handbook.violation import Severity


class MissingTags(FileRule):
    """A router has no tags, neither its own nor from where it is included.

    Tags are the headings of the documentation, and the names of the classes in generated clients.
    Routes without one all land under `default`, where nobody finds them.

    Give the tag once: to the `APIRouter`, or to the `include_router` call. Tags on every single
    route do as well. What the schema leaves out needs none.

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
    app.include_router(users_router, prefix="/api/v1/users")  # <-
    ```

    A router between: those below it that have no tags are reported where they are put into it.

    ```python
    from fastapi import APIRouter, FastAPI

    users = APIRouter(tags=["users"])
    orders = APIRouter()


    @users.get("/users")
    async def list_users() -> list[int]:
        return []


    @orders.get("/orders", tags=["orders"])
    async def list_orders() -> list[int]:
        return []


    @orders.get("/orders/last")
    async def get_last_order() -> int:
        return 1


    api = APIRouter(prefix="/api/v1")
    api.include_router(users)
    api.include_router(orders)  # <-


    def create_app() -> FastAPI:
        app = FastAPI()
        app.include_router(api)
        return app
    ```

    The same router twice, and an empty list.

    ```python
    from fastapi import APIRouter, FastAPI

    router = APIRouter(tags=[])


    @router.get("/users")
    async def list_users() -> list[int]:
        return []


    app = FastAPI()
    app.include_router(router, prefix="/api/v1", tags=["users"])
    app.include_router(router, prefix="/api/v2")  # <-
    ```

    Good:

    ```python
    from fastapi import APIRouter, FastAPI

    users = APIRouter(tags=["users"])
    orders = APIRouter()


    @users.get("/users")
    async def list_users() -> list[int]:
        return []


    @orders.get("/orders")
    async def list_orders() -> list[int]:
        return []


    app = FastAPI()
    app.include_router(users, prefix="/api/v1")
    app.include_router(orders, prefix="/api/v1", tags=["orders"])
    ```

    Tags from further out, on every route, or from the router's class.

    ```python
    from typing import Any

    from fastapi import APIRouter, FastAPI


    class AdminRouter(APIRouter):
        def __init__(self, **options: Any) -> None:
            super().__init__(tags=["admin"], **options)


    users = APIRouter()
    orders = APIRouter()
    admin = AdminRouter()


    @users.get("/users")
    async def list_users() -> list[int]:
        return []


    @orders.get("/orders", tags=["orders"])
    async def list_orders() -> list[int]:
        return []


    @admin.get("/stats")
    async def get_stats() -> dict[str, int]:
        return {}


    accounts = APIRouter(prefix="/api/v1", tags=["accounts"])
    accounts.include_router(users)

    app = FastAPI()
    app.include_router(accounts)
    app.include_router(orders, prefix="/api/v1")
    app.include_router(admin, prefix="/api/v1")
    ```

    Not documented, never included, or included with options that are not known.

    ```python
    from typing import Any

    from fastapi import APIRouter, FastAPI

    internal = APIRouter(include_in_schema=False)
    unused = APIRouter()
    users = APIRouter()


    @internal.get("/cache")
    async def get_cache() -> dict[str, int]:
        return {}


    @unused.get("/old")
    async def get_old() -> dict[str, int]:
        return {}


    @users.get("/users")
    async def list_users() -> list[int]:
        return []


    def create_app(**options: Any) -> FastAPI:
        app = FastAPI()
        app.include_router(internal)
        app.include_router(users, **options)
        return app
    ```
    """

    code = "HB096"
    level = Level.STRICT
    severity = Severity.INFO
    needs = frozenset({"include_router"})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the inclusions in a file that bring routes without tags."""
        if "test" in file.roles:
            return
        for inclusion, path in _untagged(file.project):
            if inclusion.outline is file.outline:
                message = f"`{path}` has no tags: add `tags=[…]` to its router or here"
                yield Finding(inclusion.call, message)


def _untagged(project: Project) -> list[tuple[Inclusion, str]]:
    return project.fact("untagged routers", lambda: [*_find(project)])


def _find(project: Project) -> Iterator[tuple[Inclusion, str]]:
    seen: set[tuple[object, ...]] = set()
    for app in real_apps(project):
        for way in ways(project, app):
            steps = [step for step in way.steps if not step.is_handed and not step.is_mount]
            if not steps or _has_tags(project, way) or not is_documented(project, way):
                continue
            last, router = steps[-1], way.route.router
            key = (id(last.call), router.key)
            if key not in seen:
                seen.add(key)
                yield last, way.path or way.route.path or router.name


def _has_tags(project: Project, way: Way) -> bool:
    """Whether a route has tags, by itself or by what it is put into, or may have some."""
    calls = [way.route.call, *(step.call for step in way.steps)]
    calls += [router.call for router in way.placement.routers if router.call is not None]
    if any(_gives_tags(call) for call in calls):
        return True
    return any(_class_gives_tags(project, router) for router in way.placement.routers)


def _gives_tags(call: ast.Call) -> bool:
    given = keyword_of(call, "tags")
    if given is None:
        return any(keyword.arg is None for keyword in call.keywords)
    is_empty = isinstance(given, ast.List | ast.Tuple) and not given.elts
    return not is_empty and not (isinstance(given, ast.Constant) and given.value is None)


def _class_gives_tags(project: Project, router: Router) -> bool:
    """Whether a router's class of the project says something about tags."""
    if router.class_ is None:
        return False
    return any(
        isinstance(node, ast.keyword) and node.arg == "tags"
        for symbol in project.ancestry(router.class_)
        if isinstance(symbol, ClassScope)
        for method in symbol.methods
        for node in own_nodes(method)
    )
