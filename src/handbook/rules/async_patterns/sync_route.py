"""HB071."""

import ast
import sys
from collections.abc import Iterator

from handbook.knowledge.fastapi.requests.dependencies import closure, parameter_dependencies
from handbook.knowledge.fastapi.requests.depends_markers import markers_in_annotation, markers_of
from handbook.knowledge.fastapi.responses.returned import is_response
from handbook.knowledge.fastapi.routing.routes import WORDS, routes_in
from handbook.knowledge.pydantic.schemas import is_pydantic, is_table
from handbook.knowledge.sqlalchemy.models import inherits_declarative_base
from handbook.knowledge.sqlalchemy.sessions import is_sync_session
from handbook.knowledge.vocabulary import ASYNC_SESSION, HTTP_EXCEPTION
from handbook.python.calls.calls import CallSite, calls_in
from handbook.python.project.project import External, Project, Symbol
from handbook.python.project.source import SourceFile
from handbook.python.types.inference import decorators_of, instance_of, is_generator
from handbook.rulebook.rule import FileRule, Finding
from handbook.syntax.outline import ClassScope, FunctionScope, Parameter, own_nodes

_ASYNC_CLIENTS = ASYNC_SESSION | {
    *("sqlalchemy.ext.asyncio.AsyncConnection", "sqlalchemy.ext.asyncio.AsyncEngine"),
    *("httpx.AsyncClient", "aiohttp.ClientSession", "aiohttp.client.ClientSession"),
    *("redis.asyncio.Redis", "redis.asyncio.client.Redis", "asyncpg.Connection", "asyncpg.Pool"),
    "motor.motor_asyncio.AsyncIOMotorClient",
    "motor.motor_asyncio.AsyncIOMotorDatabase",
}
_VALUES = frozenset(
    f"builtins.{name}"
    for name in (
        *("abs", "all", "any", "bool", "bytes", "dict", "divmod", "enumerate", "filter", "float"),
        *("format", "frozenset", "getattr", "hasattr", "int", "isinstance", "issubclass", "iter"),
        *("len", "list", "map", "max", "min", "next", "range", "repr", "reversed", "round"),
        *("set", "sorted", "str", "sum", "tuple", "type", "zip"),
    )
)
"""Builtins that make values of values."""
_VALUE_TYPES = ("builtins.str.", "builtins.dict.", "builtins.list.", "builtins.set.")
_MODEL_METHODS = frozenset({"model_dump", "model_validate", "model_copy", "model_dump_json"})
_TRANSPARENT = frozenset(
    {"typing.overload", "typing.override", "builtins.staticmethod", "abc.abstractmethod"}
)


class SyncRoute(FileRule):
    """A route handler is a plain `def` although nothing in it needs a thread.

    FastAPI runs a plain `def` route in a thread of a pool that all requests share, forty of them
    by default. That is the right place for a function that blocks or computes for long. A route
    that is given an async session, service or client cannot await any of it there, and one that
    only puts a value together waits for a free thread for nothing. Write `async def`.

    A plain route that calls anything that may take its time, a function of the project, a library
    or the standard library, is left alone.

    Bad:

    The session is async; only a coroutine function can await it.

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Depends
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.database import get_db

    router = APIRouter()

    @router.get("/users/count")  # <-
    def count_users(db: Annotated[AsyncSession, Depends(get_db)]) -> int:
        return len(db.identity_map)
    ```

    Nothing is waited for.

    ```python
    # file: app/health/schemas.py
    from pydantic import BaseModel

    class Health(BaseModel):
        status: str

    # file: app/health/router.py
    from fastapi import APIRouter

    from app.health.schemas import Health

    router = APIRouter()

    @router.get("/health")  # <-
    def check_health() -> Health:
        return Health(status="ok".upper())

    def ping() -> dict[str, str]:
        return {"ping": "pong"}

    router.add_api_route("/ping", ping)  # <-
    ```

    A service whose methods are all coroutine functions, behind an alias of another module.

    ```python
    # file: app/users/service.py
    class UserService:
        def __init__(self) -> None:
            self.names = ["Ada"]

        async def find(self, user_id: int) -> str:
            return self.names[user_id]

    # file: app/users/dependencies.py
    from typing import Annotated

    from fastapi import Depends

    from app.users.service import UserService

    Users = Annotated[UserService, Depends()]

    # file: app/users/router.py
    import asyncio

    from fastapi import APIRouter

    from app.users.dependencies import Users

    router = APIRouter()

    @router.get("/users/{user_id}")  # <-
    def get_user(user_id: int, users: Users) -> str:
        return asyncio.run(users.find(user_id))
    ```

    A row that is only asked for, and never read, loads nothing.

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Depends
    from sqlalchemy.orm import DeclarativeBase

    from app.tenants.dependencies import current_tenant

    class Base(DeclarativeBase): ...

    class Tenant(Base):
        __tablename__ = "tenants"

    router = APIRouter()

    @router.get("/features")  # <-
    def list_features(tenant: Annotated[Tenant, Depends(current_tenant)]) -> dict[str, bool]:
        return {"maps": True, "chat": False}
    ```

    Good:

    What computes or blocks belongs in a thread.

    ```python
    import hashlib
    import time

    from fastapi import APIRouter

    from app.reports import build_report

    router = APIRouter()

    @router.post("/hash")
    def hash_text(text: str) -> str:
        return hashlib.scrypt(text.encode(), salt=b"salt", n=2**14, r=8, p=1).hex()

    @router.get("/primes")
    def list_primes(limit: int) -> list[int]:
        return [n for n in range(2, limit) if all(n % m for m in range(2, n))]

    @router.get("/reports/{name}")
    def get_report(name: str) -> str:
        return build_report(name)

    @router.get("/slow")
    def wait() -> None:
        time.sleep(1)
    ```

    A sync session blocks: its route is plain for a reason.

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Depends
    from sqlalchemy.orm import Session

    from app.database import get_db
    from app.models import User

    router = APIRouter()

    @router.get("/users/{user_id}")
    def get_user(user_id: int, db: Annotated[Session, Depends(get_db)]) -> str:
        return db.get_one(User, user_id).name
    ```

    A row of a sync session loads what it lacks while FastAPI writes it out, and a property runs code.

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Depends
    from sqlalchemy.orm import DeclarativeBase

    from app.users.dependencies import current_user

    class Base(DeclarativeBase): ...

    class User(Base):
        __tablename__ = "users"

    class Catalogue:
        @property
        def titles(self) -> list[str]:
            return open("titles.txt").read().split()

    router = APIRouter()
    catalogue = Catalogue()

    @router.get("/me")
    def get_me(user: Annotated[User, Depends(current_user)]) -> User:
        return user

    @router.get("/titles")
    def list_titles() -> list[str]:
        return catalogue.titles
    ```

    Neither the annotation nor the name of a dependency tells what it gives.

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Depends
    from pydantic import BaseModel
    from sqlalchemy.orm import Session

    from app.database import get_db, load_user

    class UserResponse(BaseModel):
        name: str

    def find_user(user_id: int, db: Annotated[Session, Depends(get_db)]) -> UserResponse:
        return load_user(db, user_id)

    def get_own_user(user: Annotated[UserResponse, Depends(find_user)]) -> UserResponse:
        return user

    router = APIRouter()

    @router.get("/users/{user_id}")
    def get_user(user: Annotated[UserResponse, Depends(get_own_user)]) -> UserResponse:
        return user
    ```

    A route class of its own may fetch what the handler is given; a callback is only documented here.

    ```python
    from fastapi import APIRouter
    from wiring import Injected, InjectingRoute

    router = APIRouter(route_class=InjectingRoute)
    callbacks = APIRouter()

    @router.get("/about")
    def get_title(title: Injected[str]) -> str:
        return title

    @callbacks.post("{$callback_url}/paid")
    def confirm_payment(amount: int) -> dict[str, bool]:
        return {"received": True}
    ```

    Not a route: a dependency, a helper, and the method of something else that is called `get`.

    ```python
    from fastapi import APIRouter, Query
    from library import Registry

    router = APIRouter()
    registry = Registry()

    def page_size(limit: int = Query(20, ge=1, le=100)) -> int:
        return limit

    @registry.get("/users")
    def list_users() -> list[str]:
        return []

    @router.get("/users")
    async def list_all_users() -> list[str]:
        return list_users()
    ```
    """

    code = "HB071"
    needs = WORDS

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report routes that are plain functions for no reason."""
        if not file.roles.isdisjoint(("test", "migration")):
            return
        seen: set[FunctionScope] = set()
        for route in routes_in(file.project, file.outline):
            handler = route.handler
            if handler is None or handler.is_async or handler in seen or is_generator(handler):
                continue
            seen.add(handler)
            given = _async_parameter(file.project, handler)
            if given is not None:
                name, class_ = given
                yield Finding(
                    route.call,
                    f"`{handler.name}` cannot await its `{name}`, of the async `{class_}`: "
                    "make it an `async def`",
                )
            elif route.router.argument("route_class") is None and _only_builds(
                file.project, handler
            ):
                yield Finding(
                    route.call,
                    f"`{handler.name}` needs no thread: make it an `async def`",
                )


def _async_parameter(project: Project, handler: FunctionScope) -> tuple[str, str] | None:
    """A parameter that is of use only to a coroutine function, and its class."""
    for parameter in handler.parameters:
        name = parameter.node.arg
        if handler.is_method and name == "self":
            continue
        found = instance_of(project, ast.Name(name), handler)
        match found:
            case External(qualified_name=qualified_name) if qualified_name in _ASYNC_CLIENTS:
                return name, qualified_name.rpartition(".")[2]
            case ClassScope() if _is_async_throughout(project, found):
                return name, found.name
    return None


def _is_async_throughout(project: Project, class_: ClassScope) -> bool:
    """Whether a class surely has public methods, and all of them are coroutine functions."""
    if is_pydantic(project, class_):
        return False
    methods: list[FunctionScope] = []
    for symbol in project.ancestry(class_):
        match symbol:
            case ClassScope():
                methods += [method for method in symbol.methods if not method.name.startswith("_")]
            case External(qualified_name="typing.Protocol" | "typing.Generic" | "abc.ABC"):
                pass
            case _:
                return False
    return bool(methods) and all(method.is_async for method in methods)


def _only_builds(project: Project, handler: FunctionScope) -> bool:
    """Whether all that a handler does surely makes values of values, at once."""
    if not all(name in _TRANSPARENT for name in _other_decorators(project, handler)):
        return False
    if _is_stub(handler) or not all(_builds(project, site) for site in calls_in(project, handler)):
        return False
    return not _may_compute_long(handler) and not _may_load(project, handler)


def _may_compute_long(handler: FunctionScope) -> bool:
    """Whether it has a loop that goes on for as long as it takes, or counts to who knows what."""
    for node in own_nodes(handler):
        match node:
            case ast.While():
                return True
            case ast.Call(func=ast.Name(id="range"), args=bounds):
                if not all(isinstance(bound, ast.Constant) for bound in bounds):
                    return True
    return False


def _is_stub(handler: FunctionScope) -> bool:
    """Whether a handler has no body yet, or is there only to be documented."""
    return all(
        isinstance(statement, ast.Pass)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in handler.body
    )


def _may_load(project: Project, handler: FunctionScope) -> bool:
    """Whether reading an attribute, or writing out what is returned, may do more than that.

    A property runs code, and a row of a sync session loads what it lacks from the database, even
    when FastAPI turns it into the response: in the thread of a plain route, and in the event loop
    of an async one.
    """
    used = {node.id for node in own_nodes(handler) if isinstance(node, ast.Name)}
    for parameter in handler.parameters:
        if parameter.node.arg not in used:
            continue
        found = instance_of(project, ast.Name(parameter.node.arg), handler)
        if is_sync_session(project, found):
            return True
        if isinstance(found, ClassScope) and inherits_declarative_base(project, found):
            return True
        if isinstance(found, ClassScope) and is_table(project, found):
            return True
        if not _is_injected(project, parameter, handler):
            continue
        if not _is_plain(project, found) or _asks_database(project, handler):
            return True
    return any(
        isinstance(node, ast.Attribute) and _runs_code(project, node, handler)
        for node in own_nodes(handler)
    )


def _asks_database(project: Project, handler: FunctionScope) -> bool:
    """Whether something that a handler is given comes from a sync session, whatever it is called."""
    direct = [*parameter_dependencies(project, handler)]
    return any(
        isinstance(target, FunctionScope)
        and any(
            is_sync_session(project, instance_of(project, ast.Name(parameter.node.arg), target))
            for parameter in target.parameters
        )
        for dependency in closure(project, direct)
        for target in dependency.targets
    )


def _is_plain(project: Project, symbol: Symbol | None) -> bool:
    """Whether a class surely is no row: it and its bases are the project's or known libraries'."""
    match symbol:
        case ClassScope():
            bases = [base for base in project.ancestry(symbol) if not isinstance(base, ClassScope)]
            return all(_is_plain(project, base) for base in bases)
        case External(qualified_name=name):
            top = name.partition(".")[0]
            return top in ("fastapi", "starlette", "pydantic") or top in sys.stdlib_module_names
    return False


def _is_injected(project: Project, parameter: Parameter, handler: FunctionScope) -> bool:
    around = handler.parent or handler
    if markers_of(project, parameter.default, around):
        return True
    annotation = parameter.node.annotation
    return annotation is not None and bool(markers_in_annotation(project, annotation, around))


def _runs_code(project: Project, node: ast.Attribute, handler: FunctionScope) -> bool:
    """Whether an attribute is, or may be, a property."""
    first = next(iter(handler.parameters), None)
    if handler.is_method and first is not None:
        # What a class-based view finds in `self` is often put there by a property of a base class.
        if isinstance(node.value, ast.Name) and node.value.id == first.node.arg:
            return True
    found = instance_of(project, node.value, handler)
    if not isinstance(found, ClassScope):
        return False
    owner = project.owner(found, node.attr)
    return owner is None or any(
        isinstance(bound, FunctionScope) and bound.node.decorator_list
        for bound in owner.bindings[node.attr]
    )


def _other_decorators(project: Project, handler: FunctionScope) -> Iterator[str | None]:
    """The decorators of a handler that do not register it."""
    registering = {id(route.call) for route in routes_in(project, handler.outline)}
    names = decorators_of(project, handler)
    for decorator, name in zip(handler.node.decorator_list, names, strict=True):
        if id(decorator) not in registering:
            yield name


def _builds(project: Project, site: CallSite) -> bool:
    called = site.called(project)
    if called is None:
        return False
    match called.symbol:
        case ClassScope() as class_:
            return (
                is_pydantic(project, class_) and _validates_nothing(project, class_)
            ) or is_response(project, class_) is True
        case External(qualified_name=name):
            if name in _VALUES or name in HTTP_EXCEPTION or name.startswith(_VALUE_TYPES):
                return True
            if is_response(project, called.symbol):
                return not name.endswith("FileResponse")
            receiver = called.receiver
            return (
                name.rpartition(".")[2] in _MODEL_METHODS
                and receiver is not None
                and isinstance(receiver.symbol, ClassScope)
            )
    return False


def _validates_nothing(project: Project, class_: ClassScope) -> bool:
    """Whether making an instance runs no code of the project's own."""
    return all(
        not method.node.decorator_list and method.name not in ("__init__", "model_post_init")
        for symbol in project.ancestry(class_)
        if isinstance(symbol, ClassScope)
        for method in symbol.methods
        if method.name in ("__init__", "model_post_init") or _is_validator(method)
    )


def _is_validator(method: FunctionScope) -> bool:
    return any("validator" in ast.unparse(node) for node in method.node.decorator_list)
