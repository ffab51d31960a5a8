"""HB134."""

import ast
from collections.abc import Iterator, Sequence

from handbook.knowledge.sqlalchemy.sessions import calls_of, is_alembic, session_call
from handbook.python.calls.calls import CallSite
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.types.inference import called_by
from handbook.rulebook.rule import FileRule, Finding
from handbook.syntax.outline import FunctionScope
from handbook.violation import Tag

_QUERY = frozenset({"query"})
_WRITING = frozenset({"delete", "update"})
_NARROWING = frozenset(
    {
        *("filter", "filter_by", "where", "join", "outerjoin", "select_from", "options"),
        *("order_by", "limit", "offset", "execution_options", "with_for_update"),
    }
)


class LegacyQuery(FileRule):
    """Rows are read with `session.query(…)` instead of `select(…)`.

    `Query` is SQLAlchemy's legacy interface: an `AsyncSession` does not have it, so every call is
    one more thing that ties the code to blocking sessions, and it hides what runs when. A
    statement made by `select()` is a plain value: it can be built in one function, executed by
    `session.execute()` or `session.scalars()` in another, and works with both kinds of session.

    Bad:

    ```python
    from app.models import User
    from sqlalchemy.orm import Session


    def list_users(session: Session) -> list[User]:
        return session.query(User).filter(User.is_active).all()  # <-
    ```

    The session is known wherever it comes from: an attribute, a factory, a dependency.

    ```python
    # file: app/database.py
    from typing import Annotated

    from fastapi import Depends
    from sqlalchemy import create_engine
    from sqlalchemy.orm import sessionmaker, scoped_session, Session

    engine = create_engine("sqlite://")
    session_factory = sessionmaker(engine)
    registry = scoped_session(session_factory)


    def get_db():
        with session_factory() as session:
            yield session


    DbSession = Annotated[Session, Depends(get_db)]
    # file: app/users.py
    from app.database import DbSession, registry, session_factory


    class UserRepository:
        def __init__(self, db: DbSession) -> None:
            self.db = db

        def count(self) -> int:
            return self.db.query(object).count()  # <-


    def count_all() -> int:
        with session_factory() as session:
            return session.query(object).count() + registry.query(object).count()  # <-
    ```

    Rows can be removed and changed without it as well, by `delete()` and `update()`:

    ```python
    from app.models import User
    from sqlalchemy.orm import Session


    def forget_users(session: Session) -> None:
        session.query(User).filter(User.is_left).delete()  # <-
        session.query(User).filter_by(is_left=False).update({"is_active": True})  # <-
        session.query(User).first().update(session)  # <-
    ```

    A class attribute that is declared to be a session:

    ```python
    from typing import ClassVar

    import sqlalchemy.orm as orm


    class Trade:
        session: ClassVar[orm.scoped_session[orm.Session]]


    def list_trades() -> list[Trade]:
        return Trade.session.query(Trade).all()  # <-
    ```

    Good:

    ```python
    from app.models import User
    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession


    async def list_users(session: AsyncSession) -> list[User]:
        users = await session.scalars(select(User).where(User.is_active))
        return list(users)
    ```

    Other things can be queried too:

    ```python
    import chromadb


    def search(client: chromadb.Client, index, words: str) -> object:
        found = client.get_collection("documents").query(query_texts=[words])
        return found or index.query(words)
    ```

    A session of the project's own, which has a `query` of its own:

    ```python
    class Session:
        def query(self, text: str) -> list[str]:
            return [text]


    def search(session: Session) -> list[str]:
        return session.query("select 1")
    ```

    Also where it inherits from SQLAlchemy's:

    ```python
    from collections.abc import Sequence

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncSession


    class Database(AsyncSession):
        async def query(self, statement: Select[tuple[int]]) -> Sequence[int]:
            return (await self.scalars(statement)).all()


    async def count(database: Database, statement: Select[tuple[int]]) -> int:
        return len(await database.query(statement))
    ```
    """

    code = "HB134"
    fix_needs = (("sqlalchemy", (2, 0)),)
    tag = Tag.DEPRECATED
    needs = _QUERY

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each call of the `query` method of a session."""
        if "migration" in file.roles or is_alembic(file.outline):
            return
        sites = [*calls_of(file.project, file.outline)]
        found = [site for site in sites if _is_query(file.project, site)]
        endings = _endings(sites) if found else {}
        for site in found:
            written = endings.get(id(site.node))
            yield Finding(
                site.node.func,
                f"`{file.code(site.node.func)}(…)` is the deprecated way to "
                f"{'change' if written else 'read'} rows: build the statement with "
                f"`{written or 'select'}(…)` and execute that",
            )


def _is_query(project: Project, site: CallSite) -> bool:
    """Whether a call is one of SQLAlchemy's `query`, and not of a method that the project wrote."""
    if session_call(project, site, _QUERY) is None:
        return False
    called = called_by(project, site.node, site.scope)
    return called is None or not isinstance(called.symbol, FunctionScope)


def _endings(sites: Sequence[CallSite]) -> dict[int, str]:
    """The calls that begin a chain which ends in `delete` or `update`, each with that."""
    found: dict[int, str] = {}
    for site in sites:
        func = site.node.func
        if not isinstance(func, ast.Attribute) or func.attr not in _WRITING:
            continue
        match func.value:
            case ast.Call() as before:
                found[id(_beginning(before))] = func.attr
    return found


def _beginning(call: ast.Call) -> ast.Call:
    """The first call of a chain, as far as it only narrows down what a query is about."""
    match call.func:
        case ast.Attribute(value=ast.Call() as before, attr=name) if name in _NARROWING:
            return _beginning(before)
    return call
