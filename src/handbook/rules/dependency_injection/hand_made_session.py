"""HB112."""

import ast
from collections.abc import Iterator

from handbook.config.roles import OUTSIDE_ROLES
from handbook.knowledge.concurrency.background import runs_apart
from handbook.knowledge.layers import is_fallback, is_route, is_service
from handbook.knowledge.sqlalchemy.sessions import makes_session
from handbook.python.calls.calls import CallSite, calls_in
from handbook.python.project.project import Project, dotted_parts
from handbook.python.project.source import SourceFile
from handbook.python.types.inference import attribute_values, instance_of, is_generator
from handbook.python.types.types import Class
from handbook.rulebook.rule import FileRule, Finding
from handbook.syntax.names import Names
from handbook.syntax.outline import (
    Assigned,
    ClassScope,
    FunctionScope,
    Imported,
    Opaque,
    Parameter,
    Scope,
)

_STREAMS = Names.of(
    "fastapi.responses.StreamingResponse",
    "starlette.responses.StreamingResponse",
    "sse_starlette.EventSourceResponse",
    "sse_starlette.sse.EventSourceResponse",
)
_ENGINES = frozenset({"Engine", "AsyncEngine"})
_SELF = ("self", "cls")
_ENTERING = ("__enter__", "__aenter__")
"""Methods of a context manager, such as a unit of work: to open the session is what it is for."""


class HandMadeSession(FileRule):
    """A route or service opens its own database session.

    A session of its own is a transaction of its own: it does not see what the request has done
    so far, is not undone with it, and holds a second connection of the pool. A test cannot
    override it either. Ask for the session with `Annotated[AsyncSession, Depends(get_db)]`.

    Bad:

    ```python
    from fastapi import APIRouter
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    router = APIRouter()
    session_factory = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


    @router.get("/users")
    async def list_users() -> list[str]:
        async with session_factory() as session:  # <-
            return [str(user) for user in session.new]
    ```

    A service whose factory is another file's, and a session of a class:

    ```python
    # file: app/database.py
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session, sessionmaker

    engine = create_engine("sqlite://")
    SessionLocal = sessionmaker(engine)


    class AppSession(Session):
        pass
    # file: app/orders/service.py
    from app.database import AppSession, SessionLocal, engine


    def count_orders() -> int:
        with SessionLocal.begin() as session:  # <-
            return len(session.new)


    def count_lines() -> int:
        session = AppSession(engine)  # <-
        return len(session.new)
    ```

    A function that hands out sessions, called by hand:

    ```python
    # file: app/database.py
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager

    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

    factory = async_sessionmaker(expire_on_commit=False)


    @asynccontextmanager
    async def open_session() -> AsyncIterator[AsyncSession]:
        async with factory() as session:
            yield session
    # file: app/users.py
    from app.database import open_session


    class UserService:
        async def count(self) -> int:
            async with open_session() as session:  # <-
                return len(session.new)
    ```

    A service that keeps a factory which it made, or took from another module:

    ```python
    # file: app/database.py
    from sqlalchemy.ext.asyncio import async_sessionmaker

    SessionLocal = async_sessionmaker()
    # file: app/users/service.py
    from app.database import SessionLocal
    from sqlalchemy.ext.asyncio import async_sessionmaker


    class Service:
        open_archive = async_sessionmaker()

        def __init__(self) -> None:
            self.factory = SessionLocal


    class UserService(Service):
        async def count(self) -> int:
            async with self.factory() as session:  # <-
                return len(session.new)

        async def clear(self) -> None:
            async with self.open_archive.begin() as session:  # <-
                session.expunge_all()
    ```

    Good:

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Depends
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

    router = APIRouter()
    session_factory = async_sessionmaker(expire_on_commit=False)


    async def get_db():
        async with session_factory() as session:
            yield session


    @router.get("/users")
    async def list_users(session: Annotated[AsyncSession, Depends(get_db)]) -> list[str]:
        return [str(user) for user in session.new]
    ```

    Nobody injects anything into a lifespan, a worker's task, or a socket or stream that stays open
    for long:

    ```python
    # file: app/main.py
    from contextlib import asynccontextmanager

    from fastapi import FastAPI, WebSocket
    from fastapi.responses import StreamingResponse
    from sqlalchemy.ext.asyncio import async_sessionmaker

    session_factory = async_sessionmaker(expire_on_commit=False)


    @asynccontextmanager
    async def lifespan(app: FastAPI):
        async with session_factory() as session:
            yield {"new": len(session.new)}


    app = FastAPI(lifespan=lifespan)


    @app.websocket("/ws")
    async def listen(socket: WebSocket) -> None:
        async with session_factory() as session:
            await socket.send_text(str(session.new))


    @app.get("/orders/export")
    async def export_orders() -> StreamingResponse:
        async with session_factory() as session:
            rows = [str(order) for order in session.new]
        return StreamingResponse(iter(rows))
    # file: app/reports/service.py
    from celery import shared_task

    from app.main import session_factory


    @shared_task
    async def build_report() -> None:
        async with session_factory() as session:
            session.expunge_all()
    ```

    A unit of work is there to open one; a factory that is handed in says that the session is to be
    one apart:

    ```python
    # file: app/orders/service.py
    from sqlalchemy.orm import Session


    class UnitOfWork:
        def __enter__(self) -> Session:
            self.session = Session()
            return self.session

        def __exit__(self, *error: object) -> None:
            self.session.close()
    # file: app/threads/service.py
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


    async def record(factory: async_sessionmaker[AsyncSession], part: object) -> None:
        async with factory.begin() as session:
            session.add(part)


    class AuditService:
        def __init__(self, factory: async_sessionmaker[AsyncSession]) -> None:
            self.factory = factory

        async def record(self, part: object) -> None:
            async with self.factory.begin() as session:
                session.add(part)
    ```

    A factory that the object is asked for, and a session of a database that only the data tells:

    ```python
    # file: app/database.py
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine


    def open_source(name: str) -> AsyncSession:
        return AsyncSession(create_async_engine(name))


    async def start() -> async_sessionmaker:
        return async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))
    # file: app/archive/service.py
    from sqlalchemy.ext.asyncio import async_sessionmaker

    from app.database import open_source, start


    class ArchiveService:
        def factory(self) -> async_sessionmaker:
            return async_sessionmaker()

        async def count(self) -> int:
            factory = self.factory()
            async with factory() as session:
                return len(session.new)

        async def copy(self, source: str) -> None:
            factory = await start()
            async with factory() as session, open_source(source) as other:
                session.add_all(other.new)
    ```

    What runs in the background, or when an event comes by:

    ```python
    # file: app/imports/router.py
    from fastapi import APIRouter, BackgroundTasks

    from app.imports.service import ImportService, on_upload
    from app.bus import bus

    router = APIRouter()
    bus.subscribe("upload", on_upload)


    @router.post("/imports")
    async def create_import(tasks: BackgroundTasks) -> None:
        tasks.add_task(ImportService().run, "all")
    # file: app/bus.py
    class Bus:
        def subscribe(self, event: str, listener: object) -> None: ...


    bus = Bus()
    # file: app/imports/service.py
    from sqlalchemy.ext.asyncio import async_sessionmaker

    SessionLocal = async_sessionmaker()


    class ImportService:
        async def run(self, what: str) -> None:
            await self._store(what)

        async def _store(self, what: str) -> None:
            async with SessionLocal() as session:
                session.add(what)


    async def on_upload(event: object) -> None:
        async with SessionLocal() as session:
            session.add(event)
    ```

    A function that goes on with the session that it is given, if there is one:

    ```python
    # file: app/database.py
    from collections.abc import Iterator
    from contextlib import contextmanager

    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session

    engine = create_engine("sqlite://")


    @contextmanager
    def same_or_new(session: Session | None = None) -> Iterator[Session]:
        if session is not None:
            yield session
            return
        with Session(engine) as opened:
            yield opened
    # file: app/orders/service.py
    from typing import Optional

    from app.database import engine, same_or_new
    from sqlalchemy.orm import Session


    def count_orders(session: Optional[Session] = None) -> int:
        with same_or_new(session) as same:
            return len(same.new)


    def list_orders(session: Session | None = None) -> list[str]:
        session = session or Session(engine)
        return [str(order) for order in session.new]
    ```

    Sessions of other libraries:

    ```python
    # file: app/weather/service.py
    import requests
    from boto3 import Session


    def fetch(url: str) -> str:
        Session().client("s3")
        with requests.Session() as session:
            return session.get(url).text
    ```
    """

    code = "HB112"
    preview = True

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each session that a route or a service makes."""
        if file.roles & OUTSIDE_ROLES:
            return
        for function in file.outline.definitions:
            if not isinstance(function, FunctionScope) or is_generator(function):
                continue
            if function.is_method and function.name in _ENTERING:
                continue
            is_handler = is_route(file.project, function)
            if not is_handler and not is_service(file.project, function):
                continue
            if is_handler and _streams(file.project, function):
                continue
            for site in calls_in(file.project, function):
                if is_fallback(function, site) or _is_given(
                    file.project, site.node.func, site.scope
                ):
                    continue
                if not makes_session(file.project, site):
                    continue
                if is_handler or not (
                    _hangs_on_data(file.project, function, site)
                    or runs_apart(file.project, function)
                ):
                    yield Finding(
                        site.node,
                        f"`{file.code(site.node.func)}(…)` opens its own session: "
                        + (
                            "inject it with `Depends`"
                            if is_handler
                            else "inject it as a parameter"
                        ),
                    )


def _streams(project: Project, function: FunctionScope) -> bool:
    """Whether a route answers with a stream, which an injected session would stay open for."""
    given = [site.node.func for site in calls_in(project, function)]
    for node in (*given, function.node.returns):
        if isinstance(node, ast.Name | ast.Attribute):
            symbol = project.resolve_expression(node, function)
            if symbol is not None and symbol.qualified_name in _STREAMS:
                return True
    return False


def _is_given(project: Project, factory: ast.expr, scope: Scope) -> bool:
    """Whether the factory is handed in, to the function or to the object that keeps it.

    Whoever does that wants a session apart; so does who awaits a factory, or asks the object for
    one.
    """
    if isinstance(factory, ast.Await):
        return True
    if isinstance(factory, ast.Call):
        return (dotted_parts(factory.func) or [""])[0] in _SELF
    parts = dotted_parts(factory) or [""]
    found = scope.lookup(parts[0])
    match found:
        case (FunctionScope() as function, [Assigned(value=ast.expr() as value)]):
            return len(parts) == 1 and _is_given(project, value, function)
        case (FunctionScope(), [Opaque()]):
            return True
    if found is None or not any(isinstance(bound, Parameter) for bound in found[1]):
        return False
    class_ = found[0].parent
    if not isinstance(class_, ClassScope) or parts[0] not in _SELF or len(parts) == 1:
        return True
    return not _is_kept_by(project, class_, parts[1])


def _hangs_on_data(project: Project, function: FunctionScope, site: CallSite) -> bool:
    """Whether only the function knows which database the session is of."""
    given = [*site.node.args, *(keyword.value for keyword in site.node.keywords)]
    return any(
        isinstance(node, ast.Name)
        and node.id not in _SELF
        and any(not isinstance(bound, Imported) for bound in function.bindings.get(node.id, ()))
        and not _is_engine(instance_of(project, node, function))
        for value in given
        for node in ast.walk(value)
    )


def _is_engine(class_: Class | None) -> bool:
    return class_ is not None and class_.qualified_name.rpartition(".")[2] in _ENGINES


def _is_kept_by(project: Project, class_: ClassScope, name: str) -> bool:
    """Whether objects of a class have an attribute that nobody has handed in."""
    assigned = attribute_values(project, class_, name)
    if assigned:
        return not any(_takes_parameter(value, method) for value, method in assigned)
    owner = project.owner(class_, name)
    bound = owner.bindings[name] if owner is not None else ()
    return any(isinstance(found, Assigned) and found.value is not None for found in bound)


def _takes_parameter(value: ast.expr, method: FunctionScope) -> bool:
    return any(
        isinstance(bound, Parameter)
        for node in ast.walk(value)
        if isinstance(node, ast.Name)
        for bound in method.bindings.get(node.id, ())
    )
