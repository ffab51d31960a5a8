"""HB076."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from handbook.python.calls.calls import CallSite, calls_in, statements_in
from handbook.python.project.project import Project, Variable
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.rules.async_patterns._shared_sessions import (
    OfRequest,
    OfSelf,
    OfVariable,
    Session,
    sessions_used,
)
from handbook.syntax.local_bindings import InnerScope
from handbook.syntax.outline import Assigned, FunctionScope, Scope
from handbook.violation import Severity

_GATHERS = frozenset({"asyncio.gather", "asyncio.tasks.gather"})
_TASK_MAKERS = frozenset(
    {"asyncio.create_task", "asyncio.ensure_future", "asyncio.AbstractEventLoop.create_task"}
)
_STARTERS = frozenset({"asyncio.TaskGroup.create_task", "anyio.abc.TaskGroup.start_soon"})
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


class GatherOnOneSession(FileRule):
    """Coroutines that run concurrently share one database session.

    A session of SQLAlchemy speaks over one connection and does one thing at a time. Two coroutines
    that use it at once raise `InvalidRequestError: This session is provisioning a new connection;
    concurrent operations are not permitted`, or `IllegalStateChangeError`, and only when they happen
    to meet. Services do not help: those of one request are all given the same session.

    Await them one after the other, which costs little, or give each its own session:
    `async with async_session_factory() as session`. What asks other services over HTTP can go on
    side by side.

    Bad:

    ```python
    import asyncio

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.models import Order, User

    async def load_dashboard(db: AsyncSession) -> None:
        await asyncio.gather(  # <-
            db.execute(select(User)),
            db.execute(select(Order)),
        )
    ```

    Both services are given the session of the request.

    ```python
    # file: app/dependencies.py
    from collections.abc import AsyncIterator
    from typing import Annotated

    from fastapi import Depends
    from sqlalchemy.ext.asyncio import AsyncSession

    async def get_db() -> AsyncIterator[AsyncSession]:
        async with AsyncSession() as session:
            yield session

    DbSession = Annotated[AsyncSession, Depends(get_db)]

    # file: app/services.py
    from sqlalchemy import select

    from app.dependencies import DbSession
    from app.models import Order, User

    class UserRepository:
        def __init__(self, db: DbSession) -> None:
            self.db = db

        async def list(self) -> list[User]:
            return [*await self.db.scalars(select(User))]

    class UserService:
        def __init__(self, db: DbSession) -> None:
            self.users = UserRepository(db)

        async def find(self) -> list[User]:
            return await self.users.list()

    class OrderService:
        def __init__(self, db: DbSession) -> None:
            self.db = db

        async def find(self) -> list[Order]:
            return [*await self.db.scalars(select(Order))]

    # file: app/router.py
    import asyncio
    from typing import Annotated

    from fastapi import APIRouter, Depends

    from app.services import OrderService, UserService

    router = APIRouter()

    @router.get("/dashboard")
    async def get_dashboard(
        users: Annotated[UserService, Depends()],
        orders: Annotated[OrderService, Depends()],
    ) -> dict[str, int]:
        found = await asyncio.gather(users.find(), orders.find())  # <-
        return {"users": len(found[0]), "orders": len(found[1])}
    ```

    One query for each item, all at once; in a task group too.

    ```python
    import asyncio

    from sqlalchemy.ext.asyncio import AsyncSession

    from app.models import User

    class UserRepository:
        def __init__(self, db: AsyncSession) -> None:
            self.db = db

        async def get(self, user_id: int) -> User | None:
            return await self.db.get(User, user_id)

        async def get_all(self, ids: list[int]) -> list[User | None]:
            tasks = [self.get(user_id) for user_id in ids]
            return await asyncio.gather(*tasks)  # <-

        async def touch_all(self, ids: list[int]) -> None:
            async with asyncio.TaskGroup() as group:
                for user_id in ids:
                    group.create_task(self.get(user_id))  # <-

    async def compare(db: AsyncSession) -> None:
        old, new = UserRepository(db), UserRepository(db)
        await asyncio.gather(old.get(1), new.get(2))  # <-
    ```

    A semaphore that lets in several does not help.

    ```python
    import asyncio

    from sqlalchemy.ext.asyncio import AsyncSession

    from app.models import User

    async def load(session: AsyncSession, ids: list[int]) -> None:
        slots = asyncio.Semaphore(10)

        async def load_one(user_id: int) -> None:
            async with slots:
                await session.get(User, user_id)

        await asyncio.gather(*(load_one(user_id) for user_id in ids))  # <-
    ```

    Good:

    Each has a session of its own.

    ```python
    import asyncio

    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

    from app.models import Order, User

    new_session = async_sessionmaker()

    async def get_user(user_id: int) -> User | None:
        async with new_session() as session:
            return await session.get(User, user_id)

    async def get_order(session: AsyncSession, order_id: int) -> Order | None:
        return await session.get(Order, order_id)

    async def load(ids: list[int]) -> None:
        await asyncio.gather(*(get_user(user_id) for user_id in ids))
        async with new_session() as first, new_session() as second:
            await asyncio.gather(get_order(first, 1), get_order(second, 2))
    ```

    A dependency that is not shared within the request gives a session of its own.

    ```python
    import asyncio
    from collections.abc import AsyncIterator
    from typing import Annotated

    from fastapi import Depends, FastAPI
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.models import User

    app = FastAPI()

    async def get_db() -> AsyncIterator[AsyncSession]:
        async with AsyncSession() as session:
            yield session

    @app.get("/pair")
    async def get_pair(
        first: Annotated[AsyncSession, Depends(get_db)],
        second: Annotated[AsyncSession, Depends(get_db, use_cache=False)],
    ) -> None:
        await asyncio.gather(first.get(User, 1), second.get(User, 2))
    ```

    One of them uses the session, the other asks a service over HTTP.

    ```python
    import asyncio

    import httpx
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.models import User

    class Profiles:
        def __init__(self, db: AsyncSession, client: httpx.AsyncClient) -> None:
            self.db = db
            self.client = client

        async def get_user(self) -> User | None:
            return await self.db.get(User, 1)

        async def get_picture(self) -> bytes:
            return (await self.client.get("/picture")).content

        async def load(self) -> None:
            await asyncio.gather(self.get_user(), self.get_picture())
            await self.get_user()
    ```

    Two repositories that may well hold two sessions.

    ```python
    import asyncio

    from sqlalchemy.ext.asyncio import AsyncSession

    from app.models import User

    class UserRepository:
        def __init__(self, db: AsyncSession) -> None:
            self.db = db

        async def get(self) -> User | None:
            return await self.db.get(User, 1)

    async def compare(old: UserRepository, new: UserRepository) -> None:
        await asyncio.gather(old.get(), new.get())
    ```

    A lock lets them use it one after the other.

    ```python
    import asyncio

    from sqlalchemy.ext.asyncio import AsyncSession

    from app.models import User

    class Loader:
        def __init__(self, session: AsyncSession) -> None:
            self.session = session
            self.lock = asyncio.Lock()

        async def load_one(self, url: str) -> None:
            user_id = await self.fetch(url)
            async with self.lock:
                await self.session.get(User, user_id)

        async def fetch(self, url: str) -> int:
            return len(url)

        async def load(self, urls: list[str]) -> None:
            await asyncio.gather(*(self.load_one(url) for url in urls))
    ```

    A test hands on a mock, which can do as many things at once as it is asked to.

    ```python
    import asyncio
    from unittest.mock import AsyncMock, MagicMock

    from sqlalchemy.ext.asyncio import AsyncSession

    async def refresh(session: AsyncSession) -> None:
        await session.commit()

    async def test_refresh_twice() -> None:
        session = MagicMock(spec=AsyncSession)
        session.commit = AsyncMock()
        await asyncio.gather(refresh(session), refresh(session))
    ```
    """

    code = "HB076"
    level = Level.ESSENTIAL
    severity = Severity.ERROR
    needs = frozenset({"gather", "TaskGroup", "create_task_group", "start_soon", "create_task"})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report calls that run coroutines at once of which at least two share a session."""
        for function in file.outline.definitions:
            if isinstance(function, FunctionScope) and function.is_async:
                for place, session in _shared(file.project, function):
                    yield Finding(
                        place,
                        f"{_shown(session)} is used by concurrent coroutines: await them "
                        "one by one, or give each its own session",
                    )


def _shown(session: Session) -> str:
    match session:
        case OfVariable(name=name, path=path):
            return f"the session `{name}.{path}`" if path else f"the session `{name}`"
        case OfSelf(name=name):
            return f"the session `self.{name}`"
        case OfRequest(provider=provider):
            return f"the session of `{provider.qualified_name.rpartition('.')[2]}`"


class _Coroutine(NamedTuple):
    """A call that makes a coroutine, or many of them if it stands in a loop or comprehension."""

    call: ast.Call
    scope: Scope
    loop: ast.AST | None = None


def _shared(project: Project, function: FunctionScope) -> Iterator[tuple[ast.expr, Session]]:
    """Where a function runs coroutines at once, and a session that at least two of them use."""
    started: dict[str, list[_Coroutine]] = {}
    for site in calls_in(project, function):
        if site.is_spelled(GatherOnOneSession.needs):
            called = site.called(project)
            if called is None:
                continue
            if called.name in _GATHERS:
                session = _shared_session(project, _gathered(project, site, function))
                if session is not None:
                    yield site.node, session
            elif called.name in _STARTERS and isinstance(site.node.func, ast.Attribute):
                group = ast.unparse(site.node.func.value)
                started.setdefault(group, []).extend(_started(called.name, site, function))
    for coroutines in started.values():
        session = _shared_session(project, coroutines)
        if session is not None:
            yield coroutines[-1].call, session


def _shared_session(project: Project, coroutines: Iterable[_Coroutine]) -> Session | None:
    uses: Counter[Session] = Counter()
    for coroutine in coroutines:
        for session in sessions_used(project, coroutine.call, coroutine.scope):
            if coroutine.loop is None:
                uses[session] += 1
            elif not _is_made_in(session, coroutine.loop):
                uses[session] += 2
    return next((session for session, count in uses.items() if count > 1), None)


def _is_made_in(session: Session, loop: ast.AST) -> bool:
    """Whether a session is another one in each round of a loop or comprehension."""
    if not isinstance(session, OfVariable):
        return False
    if isinstance(session.scope, InnerScope):
        return session.scope.node is loop
    first, last = getattr(loop, "lineno", 0), getattr(loop, "end_lineno", 0)
    return any(
        first <= getattr(binding.node, "lineno", 0) <= last
        for binding in session.scope.bindings.get(session.name, ())
    )


def _started(name: str, site: CallSite, function: FunctionScope) -> Iterator[_Coroutine]:
    """The coroutine that a task group is given: a call, or a function and its arguments."""
    match site.node.args:
        case [ast.Call() as call, *_] if name.endswith("create_task"):
            yield _Coroutine(call, site.scope, _loop_around(site.node, function))
        case [started, *arguments] if name.endswith("start_soon"):
            call = ast.copy_location(ast.Call(started, arguments, []), site.node)
            yield _Coroutine(call, site.scope, _loop_around(site.node, function))


def _loop_around(node: ast.AST, function: FunctionScope) -> ast.AST | None:
    """The innermost loop of a function's body that a node stands in."""
    line = getattr(node, "lineno", 0)
    loops = [
        statement
        for statement in statements_in(function)
        if isinstance(statement, _LOOPS)
        and statement.lineno <= line <= (statement.end_lineno or statement.lineno)
    ]
    return loops[-1] if loops else None


def _gathered(project: Project, site: CallSite, function: FunctionScope) -> Iterator[_Coroutine]:
    for argument in site.node.args:
        if isinstance(argument, ast.Starred):
            yield from _items(project, argument.value, site.scope, function)
        else:
            yield from _coroutine(project, argument, site.scope)


def _coroutine(
    project: Project, node: ast.expr, scope: Scope, loop: ast.AST | None = None
) -> Iterator[_Coroutine]:
    """The call behind an awaitable: through a variable, or a task made of it."""
    match node:
        case ast.Call(args=[ast.Call() as inner, *_]) if _makes_task(project, node, scope):
            yield _Coroutine(inner, scope, loop)
        case ast.Call():
            yield _Coroutine(node, scope, loop)
        case ast.Name(id=name):
            symbol = project.resolve_name([name], scope)
            match symbol:
                case Variable(bindings=[Assigned(value=ast.Call() as call)]):
                    yield from _coroutine(project, call, symbol.scope, loop)


def _makes_task(project: Project, call: ast.Call, scope: Scope) -> bool:
    called = CallSite(call, call, scope).called(project)
    return called is not None and called.name in _TASK_MAKERS


def _items(
    project: Project, node: ast.expr, scope: Scope, function: FunctionScope
) -> Iterator[_Coroutine]:
    """The coroutines in a list: written out, of a comprehension, or appended one by one."""
    match node:
        case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element) | ast.SetComp(elt=element):
            yield from _coroutine(project, element, InnerScope(node, scope), node)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            for element in elements:
                if isinstance(element, ast.Starred):
                    yield from _items(project, element.value, scope, function)
                else:
                    yield from _coroutine(project, element, scope)
        case ast.Name(id=name):
            symbol = project.resolve_name([name], scope)
            match symbol:
                case Variable(bindings=[Assigned(value=ast.expr() as value)]):
                    yield from _items(project, value, symbol.scope, function)
                    yield from _appended(project, name, function)


def _appended(project: Project, name: str, function: FunctionScope) -> Iterator[_Coroutine]:
    for statement in statements_in(function):
        match statement:
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=listed), attr="append"), args=[element]
                )
            ) if listed == name:
                loop = _loop_around(statement, function)
                yield from _coroutine(project, element, function, loop)
