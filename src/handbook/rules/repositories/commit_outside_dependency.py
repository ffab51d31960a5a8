"""HB152."""

import ast
from collections.abc import Iterator

from handbook.config.roles import OUTSIDE_ROLES
from handbook.knowledge.layers import is_repository, is_route, is_service
from handbook.knowledge.sqlalchemy.sessions import is_script, session_call
from handbook.python.calls.calls import CallSite, calls_in
from handbook.python.project.source import SourceFile
from handbook.python.types.inference import is_generator
from handbook.rulebook.rule import FileRule, Finding
from handbook.syntax.outline import Assigned, FunctionScope, Opaque

_METHODS = frozenset({"commit", "rollback"})
_OWNERS = frozenset({*_METHODS, "close", "__exit__", "__aexit__"})


class CommitOutsideDependency(FileRule):
    """A route, service or repository commits or rolls back a session that it did not open.

    Whoever commits halfway through a request takes from all others the chance to undo: if the
    next step fails, what came before stays. The dependency that opens the session owns its
    transaction: it commits when the request has succeeded and rolls back when it has not. To get
    at generated values before that, `await session.flush()`.

    Bad:

    ```python
    # file: app/users/service.py
    from sqlalchemy.ext.asyncio import AsyncSession


    class UserService:
        def __init__(self, session: AsyncSession) -> None:
            self.session = session

        async def rename(self, user: object) -> None:
            try:
                await self.session.commit()  # <-
            except ValueError:
                await self.session.rollback()  # <-
                raise
    ```

    A route, whose session comes from a dependency of another file:

    ```python
    # file: app/dependencies.py
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

    session_factory = async_sessionmaker(expire_on_commit=False)


    async def get_db():
        async with session_factory() as session:
            yield session
            await session.commit()
    # file: app/main.py
    from fastapi import Depends, FastAPI

    from app.dependencies import get_db

    app = FastAPI()


    @app.post("/users")
    async def create_user(db=Depends(get_db)) -> None:
        await db.commit()  # <-
    ```

    A repository, by its name, that inherits its session:

    ```python
    # file: app/core/base.py
    from sqlalchemy.orm import Session


    class BaseRepository:
        def __init__(self, session: Session) -> None:
            self.session = session
    # file: app/orders.py
    from app.core.base import BaseRepository


    class OrderRepository(BaseRepository):
        def save(self, order: object) -> None:
            self.session.add(order)
            self.session.commit()  # <-
    ```

    Good:

    ```python
    # file: app/users/service.py
    from sqlalchemy.ext.asyncio import AsyncSession


    class UserService:
        def __init__(self, session: AsyncSession) -> None:
            self.session = session

        async def create(self, user: object) -> None:
            self.session.add(user)
            await self.session.flush()
    ```

    Who opens a session himself has to end its transaction, and so has a script:

    ```python
    # file: app/reports/service.py
    from sqlalchemy.ext.asyncio import async_sessionmaker

    session_factory = async_sessionmaker(expire_on_commit=False)


    async def build_report(report: object) -> None:
        async with session_factory() as session:
            session.add(report)
            await session.commit()
    # file: scripts/load.py
    from sqlalchemy.orm import Session


    def load(session: Session) -> None:
        session.commit()
    # file: services/billing/verify_totals.py
    from sqlalchemy.orm import Session


    def verify(session: Session) -> None:
        session.rollback()


    if __name__ == "__main__":
        verify(Session())
    ```

    Other things are committed too:

    ```python
    # file: app/deploy/service.py
    import sqlite3

    from git import Repo


    def deploy(repo: Repo, connection: sqlite3.Connection) -> None:
        repo.index.commit("deploy")
        connection.commit()
    ```
    """

    code = "HB152"
    needs = _METHODS

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each commit and rollback of a session that the function did not make."""
        for function in file.outline.definitions:
            if not isinstance(function, FunctionScope):
                continue
            found = [
                (site, name)
                for site in calls_in(file.project, function)
                if (name := session_call(file.project, site, _METHODS)) is not None
                and not _is_own(site)
            ]
            if found and _is_checked(file, function):
                for site, name in found:
                    yield Finding(
                        site.node,
                        f"{name} in the dependency that owns the session"
                        + ("; use `flush()` here" if name == "commit" else ""),
                    )


def _is_checked(file: SourceFile, function: FunctionScope) -> bool:
    if file.roles & OUTSIDE_ROLES:
        return False
    if is_script(file.project, file.outline):
        return False
    if is_generator(function) or function.name in _OWNERS:
        return False
    return (
        is_route(file.project, function)
        or is_service(file.project, function)
        or is_repository(file.project, function)
    )


def _is_own(site: CallSite) -> bool:
    """Whether the session is one that the function made or opened."""
    match site.node.func:
        case ast.Attribute(value=ast.Name(id=name)):
            found = site.scope.lookup(name)
            return found is not None and any(
                isinstance(binding, Opaque)
                or (
                    isinstance(binding, Assigned)
                    and isinstance(binding.value, ast.Call | ast.Await)
                )
                for binding in found[1]
            )
    return False
