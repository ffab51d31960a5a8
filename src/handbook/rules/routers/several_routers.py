"""HB094."""

from collections.abc import Iterator

from handbook.knowledge.fastapi.routing.apps import inclusions
from handbook.knowledge.fastapi.routing.routers import Router
from handbook.knowledge.fastapi.routing.routes import WORDS, all_routes, routes_in
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding
from handbook.syntax.names import words_of
from handbook.syntax.outline import Outline

_LAYERS = ("schemas", "service", "repository", "models")
"""Modules one of which every domain has beside its router."""
_STRUCTURE = frozenset(
    {"api", "apis", "app", "core", "endpoints", "router", "routers", "routes", "src", "views"}
)
"""Packages that are no domains: they hold the modules of several."""
_ROUTER_MODULES = frozenset(
    (word,) for word in ("router", "routers", "route", "routes", "endpoints", "views")
)
"""The last words of modules that are there for a router."""


class SeveralRouters(FileRule):
    """A module has several routers, or a domain has several router modules.

    Where a domain's routes stand in one router, its prefix, its tags and what protects it are said
    once, and whoever looks for a route knows where. With two of them in one module, each new route
    has to be put on the right one, and the one without the login is an easy mistake.

    Keep one `router` in each domain, in its `router.py`. What is really apart belongs to a domain of
    its own. A router that includes others is no second one, and neither are those that it includes;
    a router without routes does not count. Folders such as `routers/` and `api/` are no domains.

    Bad:

    ```python
    from fastapi import APIRouter

    router = APIRouter()
    admin_router = APIRouter(prefix="/admin")  # <-


    @router.get("/users")
    async def list_users() -> list[int]:
        return []


    @admin_router.get("/users")
    async def list_all_users() -> list[int]:
        return []
    ```

    Bad:

    A class of the project's own, from another module; a registration without a decorator.

    ```python
    # file: app/routing.py
    import fastapi as f


    class UserRouter(f.APIRouter):
        pass
    # file: app/orders/router.py
    from fastapi import APIRouter

    from app.routing import UserRouter as Router

    public = APIRouter()
    private: APIRouter = Router()  # <-


    async def list_orders() -> list[int]:
        return []


    public.add_api_route("/", list_orders)
    private.add_api_route("/mine", list_orders)
    # file: app/api.py
    from fastapi import APIRouter

    from app.orders.router import private, public

    api = APIRouter()
    api.include_router(public)
    api.include_router(private)
    ```

    Bad:

    A domain with two router modules.

    ```python
    # file: app/users/schemas.py
    from pydantic import BaseModel


    class UserResponse(BaseModel):
        id: int
    # file: app/users/router.py
    from fastapi import APIRouter

    router = APIRouter()


    @router.get("/")
    async def list_users() -> list[int]:
        return []
    # file: app/users/admin_router.py
    from fastapi import APIRouter

    router = APIRouter()  # <-


    @router.delete("/{user_id}")
    async def delete_user(user_id: int) -> None:
        print(user_id)
    ```

    Good:

    ```python
    from fastapi import APIRouter

    router = APIRouter()


    @router.get("/users")
    async def list_users() -> list[int]:
        return []


    @router.get("/admin/users")
    async def list_all_users() -> list[int]:
        return []
    ```

    A parent with its children, a router without routes, and an app beside a router.

    ```python
    from fastapi import APIRouter, FastAPI

    app = FastAPI()
    router = APIRouter()
    public = APIRouter()
    private = APIRouter()
    later = APIRouter()


    @public.get("/users")
    async def list_users() -> list[int]:
        return []


    @private.get("/me")
    async def get_me() -> int:
        return 1


    @router.get("/count")
    async def count() -> int:
        return 1


    @app.get("/live")
    async def live() -> int:
        return 1


    router.include_router(public)
    router.include_router(private)
    ```

    A folder of routers is no domain; a domain's router that includes what is in other modules.

    ```python
    # file: app/routers/users_router.py
    from fastapi import APIRouter

    router = APIRouter()


    @router.get("/users")
    async def list_users() -> list[int]:
        return []
    # file: app/routers/orders_router.py
    from fastapi import APIRouter

    router = APIRouter()


    @router.get("/orders")
    async def list_orders() -> list[int]:
        return []
    # file: app/items/service.py
    def count() -> int:
        return 1
    # file: app/items/admin_router.py
    from fastapi import APIRouter

    router = APIRouter()


    @router.get("/admin")
    async def list_all() -> list[int]:
        return []
    # file: app/items/router.py
    from fastapi import APIRouter

    from app.items.admin_router import router as admin_router

    router = APIRouter()
    router.include_router(admin_router)


    @router.get("/")
    async def list_items() -> list[int]:
        return []
    ```
    """

    code = "HB094"
    needs = WORDS

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the second and later routers of the module, and of its domain."""
        if "test" in file.roles:
            return
        own = _routers_of(file.project, file.outline)
        if not own:
            return
        first = _router_module(file.project, file.outline)
        if first not in (None, file.outline):
            known, what, later = f"`{first.module}` has one", "domain", own
        else:
            known, what, later = f"`{own[0].name}` is one", "module", own[1:]
        for router in later:
            message = f"`{router.name}` is another router of the {what}: {known}, use that"
            if router.call is not None:
                yield Finding(router.call, message)


def _routers_of(project: Project, outline: Outline) -> list[Router]:
    """The routers that a module makes and gives routes, parents and their children left out.

    A router of the whole application takes in those of all domains, and makes no child of them.
    """
    found: dict[tuple[str, str], Router] = {}
    for route in routes_in(project, outline):
        router = route.router
        if not router.is_app and router.call is not None and router.scope is outline:
            found.setdefault(router.key, router)
    if not found:
        return []
    related: set[tuple[str, str]] = set()
    for inclusion in inclusions(project):
        if inclusion.child is not None and not inclusion.parent.is_app:
            related.add(inclusion.parent.key)
            if _package(inclusion.parent.scope.outline) == _package(outline):
                related.add(inclusion.child.key)
    routers = [router for key, router in found.items() if key not in related]
    return sorted(routers, key=lambda router: router.call.lineno if router.call else 0)


def _router_module(project: Project, outline: Outline) -> Outline | None:
    """The module that holds the router of the domain that a router module belongs to, if any."""
    package = _package(outline)
    if not _is_router_module(outline) or not _is_domain(project, outline, package):
        return None
    modules = {
        route.outline.path: route.outline
        for route in all_routes(project)
        if _is_router_module(route.outline)
        and _package(route.outline) == package
        and route.outline.root == outline.root
        and "test" not in project.roles(route.outline)
    }
    ranked = sorted(modules.values(), key=lambda found: ("_" in _last(found), found.module))
    return next((found for found in ranked if _routers_of(project, found)), None)


def _package(outline: Outline) -> str:
    return outline.module.rpartition(".")[0]


def _last(outline: Outline) -> str:
    return outline.module.rpartition(".")[2]


def _is_router_module(outline: Outline) -> bool:
    return words_of(_last(outline))[-1:] in _ROUTER_MODULES


def _is_domain(project: Project, outline: Outline, package: str) -> bool:
    name = package.rpartition(".")[2]
    return (
        bool(name)
        and name not in _STRUCTURE
        and any(project.locate(f"{package}.{layer}", outline.root) for layer in _LAYERS)
    )
