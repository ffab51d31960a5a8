"""HB112."""

import ast
from collections.abc import Iterator

from handbook.rule import FileRule, Finding
from handbook.semantics.calls import CallSite, calls_in
from handbook.semantics.inference import attribute_values, is_generator
from handbook.semantics.project import Project, dotted_parts
from handbook.syntax.names import Names
from handbook.syntax.outline import Assigned, ClassScope, FunctionScope, Parameter
from handbook.syntax.source import SourceFile
from handbook.web.database import makes_session
from handbook.web.layers import is_fallback, is_route, is_service

_STREAMS = Names.of(
    "fastapi.responses.StreamingResponse",
    "starlette.responses.StreamingResponse",
    "sse_starlette.EventSourceResponse",
    "sse_starlette.sse.EventSourceResponse",
)


class HandMadeSession(FileRule):
    """A route or service opens a database session itself.

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

    A factory that is handed in says that the session is to be one apart:

    ```python
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
        if file.roles & {"test", "migration", "alembic-env", "script"}:
            return
        for function in file.outline.definitions:
            if not isinstance(function, FunctionScope) or is_generator(function):
                continue
            is_handler = is_route(file.project, function)
            if not is_handler and not is_service(file.project, function):
                continue
            if is_handler and _streams(file.project, function):
                continue
            for site in calls_in(file.project, function):
                if is_fallback(function, site) or _is_given(file.project, site):
                    continue
                if makes_session(file.project, site):
                    yield Finding(
                        site.node,
                        f"`{file.code(site.node.func)}(…)` opens a session of its own: "
                        + (
                            "ask for it with `Depends`" if is_handler else "take it as a parameter"
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


def _is_given(project: Project, site: CallSite) -> bool:
    """Whether the factory is handed in, to the function or to the object that keeps it.

    Whoever does that wants a session apart.
    """
    parts = dotted_parts(site.node.func) or [""]
    found = site.scope.lookup(parts[0])
    if found is None or not any(isinstance(bound, Parameter) for bound in found[1]):
        return False
    class_ = found[0].parent
    if not isinstance(class_, ClassScope) or parts[0] != "self" or len(parts) == 1:
        return True
    return not _is_kept_by(project, class_, parts[1])


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
