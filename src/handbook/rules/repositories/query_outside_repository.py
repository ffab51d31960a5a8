"""HB151."""

import ast
from collections.abc import Iterator

from handbook.config.roles import OUTSIDE_ROLES
from handbook.knowledge.fastapi.routing.routes import routes_in
from handbook.knowledge.layers import REPOSITORY_ENDINGS, class_around, is_route
from handbook.knowledge.sqlalchemy.sessions import is_script, session_call
from handbook.knowledge.vocabulary import STATEMENTS
from handbook.python.calls.calls import CallSite, calls_in
from handbook.python.project.project import External, Project
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.outline import Assigned, FunctionScope, Scope, own_nodes

_METHODS = frozenset(
    {
        *("execute", "scalar", "scalars", "stream", "stream_scalars", "exec", "query"),
        *("get", "get_one", "add", "add_all", "delete", "merge"),
    }
)


class QueryOutsideRepository(FileRule):
    """A router or service queries the database instead of calling a repository.

    A query in a route or a service ties business rules to tables: it is copied to the next place
    that needs the same rows, and neither can be tested without a database. A repository gives
    the query a name and a home; services call `await users.find_by_email(email)`.

    Bad:

    ```python
    # file: app/users/service.py
    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.users.models import User


    class UserService:
        def __init__(self, session: AsyncSession) -> None:
            self.session = session

        async def find(self, email: str) -> User | None:
            statement = select(User).where(User.email == email)  # <-
            result = await self.session.execute(statement)
            return result.scalar_one_or_none()

        async def create(self, email: str) -> None:
            self.session.add(User(email=email))  # <-
    ```

    A route does so, through aliases, a dependency and the shorthands of a session:

    ```python
    # file: app/dependencies.py
    from typing import Annotated

    from fastapi import Depends
    from sqlalchemy.ext.asyncio import AsyncSession


    def get_db(): ...


    Db = Annotated[AsyncSession, Depends(get_db)]
    # file: app/users/router.py
    import sqlalchemy as sa
    from fastapi import APIRouter

    from app.dependencies import Db
    from app.users.models import User

    router = APIRouter()


    @router.get("/users/{user_id}")
    async def read_user(user_id: int, db: Db) -> object:
        return await db.get(User, user_id)  # <-


    @router.get("/users")
    async def list_users(db: Db) -> object:
        return list(await db.scalars(sa.select(User).limit(10)))  # <-
    ```

    A function beside the routes:

    ```python
    # file: app/api/orders.py
    from fastapi import APIRouter
    from sqlalchemy import func, select
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.orders.models import Order

    router = APIRouter()


    async def count(session: AsyncSession) -> int | None:
        return await session.scalar(select(func.count(Order.id)))  # <-


    @router.get("/orders/count")
    async def read_count() -> None: ...
    ```

    A route in a module of any name:

    ```python
    # file: app/main.py
    from fastapi import FastAPI
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncSession

    app = FastAPI()
    session: AsyncSession


    @app.get("/health")
    async def read_health() -> None:
        await session.execute(text("SELECT 1"))  # <-
    ```

    Good:

    ```python
    # file: app/users/repository.py
    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.users.models import User


    class UserRepository:
        def __init__(self, session: AsyncSession) -> None:
            self.session = session

        async def find_by_email(self, email: str) -> User | None:
            return await self.session.scalar(select(User).where(User.email == email))
    # file: app/users/service.py
    from app.users.models import User
    from app.users.repository import UserRepository


    class UserService:
        def __init__(self, users: UserRepository) -> None:
            self.users = users

        async def find(self, email: str) -> User | None:
            return await self.users.find_by_email(email)
    ```

    Other things can be selected, added and got:

    ```python
    # file: app/files/service.py
    from select import select

    import httpx


    class FileService:
        def __init__(self) -> None:
            self.names: set[str] = set()

        async def fetch(self, session: httpx.AsyncClient, name: str) -> object:
            self.names.add(name)
            select([], [], [])
            return await session.get(name)
    ```

    What lies in a folder called `api` and has no routes is no router:

    ```python
    # file: shop/api/backfill.py
    from sqlalchemy import update
    from sqlalchemy.orm import Session

    from shop.models import Order


    def backfill_totals(session: Session) -> None:
        session.execute(update(Order).values(total=0))
    ```

    What is run by itself is no service, although it lies among them:

    ```python
    # file: services/billing/verify_totals.py
    import asyncio

    from sqlalchemy import func, select
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

    from billing.models import Order

    session_factory = async_sessionmaker()


    async def verify(session: AsyncSession) -> None:
        print(await session.scalar(select(func.sum(Order.total))))


    if __name__ == "__main__":
        asyncio.run(verify(session_factory()))
    ```

    A repository that lies beside its service:

    ```python
    # file: app/tags/service.py
    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.tags.models import Tag


    class TagRepository:
        def __init__(self, session: AsyncSession) -> None:
            self.session = session

        async def list(self) -> list[Tag]:
            return list(await self.session.scalars(select(Tag)))
    ```
    """

    code = "HB151"
    level = Level.STRICT
    needs = frozenset(STATEMENTS.words | _METHODS)

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each query once: where it is built, else where it is executed."""
        for scope in (file.outline, *file.outline.definitions):
            if not _is_checked(file, scope):
                continue
            built, executed = _sites(file.project, scope)
            if not built and not executed:
                continue
            if is_script(file.project, file.outline):
                return
            statements = _statements(scope)
            seen: set[int] = set()
            for site in built:
                statement = statements.get(id(site.node))
                if statement is None or id(statement) not in seen:
                    seen.add(id(statement))
                    yield _finding(file, site.node)
            for site in executed:
                if id(statements.get(id(site.node))) not in seen and not _was_built(site, built):
                    seen.add(id(statements.get(id(site.node))))
                    yield _finding(file, site.node)


def _is_checked(file: SourceFile, scope: Scope) -> bool:
    class_ = class_around(scope)
    if class_ is not None and class_.name.endswith(REPOSITORY_ENDINGS):
        return False
    if file.roles & (OUTSIDE_ROLES | {"repository", "dependencies"}):
        return False
    if "service" in file.roles:
        return True
    if isinstance(scope, FunctionScope) and is_route(file.project, scope):
        return True
    # What lies below `api/` and has no routes may be anything, also a migration or a task.
    return "router" in file.roles and any(routes_in(file.project, file.outline))


def _finding(file: SourceFile, call: ast.Call) -> Finding:
    return Finding(
        call.func,
        f"`{file.code(call.func)}(…)` is a query outside a repository: move it to a repository "
        "method",
    )


def _sites(project: Project, scope: Scope) -> tuple[list[CallSite], list[CallSite]]:
    """The calls that build a statement, and those that make a session execute something."""
    built: list[CallSite] = []
    executed: list[CallSite] = []
    for site in calls_in(project, scope):
        func = site.node.func
        if isinstance(func, ast.Name | ast.Attribute):
            symbol = project.resolve_expression(func, site.scope)
            if isinstance(symbol, External):
                if symbol.qualified_name in STATEMENTS:
                    built.append(site)
                continue
            if session_call(project, site, _METHODS):
                executed.append(site)
    return built, executed


def _statements(scope: Scope) -> dict[int, ast.stmt]:
    """The innermost statement around each call."""
    found: dict[int, ast.stmt] = {}
    for statement in own_nodes(scope):
        if isinstance(statement, ast.stmt):
            for node in ast.walk(statement):
                if isinstance(node, ast.Call):
                    found[id(node)] = statement
    return found


def _was_built(site: CallSite, built: list[CallSite]) -> bool:
    """Whether what is executed is a name that was given a statement in the same function."""
    calls = {id(other.node) for other in built}
    names = {
        node.id
        for argument in (*site.node.args, *(keyword.value for keyword in site.node.keywords))
        for node in ast.walk(argument)
        if isinstance(node, ast.Name)
    }
    seen: set[str] = set()
    while names:
        name = names.pop()
        seen.add(name)
        found = site.scope.lookup(name)
        for binding in found[1] if found is not None else ():
            if isinstance(binding, Assigned) and binding.value is not None:
                for node in ast.walk(binding.value):
                    if id(node) in calls:
                        return True
                    if isinstance(node, ast.Name) and node.id not in seen:
                        names.add(node.id)
    return False
