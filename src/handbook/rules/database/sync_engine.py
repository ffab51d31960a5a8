"""HB131."""

import ast
from collections.abc import Iterator

from handbook.config.roles import OUTSIDE_ROLES
from handbook.knowledge.fastapi.routing.routers import keyword_of
from handbook.knowledge.sqlalchemy.sessions import calls_of, is_alembic, is_script, is_sync_session
from handbook.knowledge.vocabulary import ASYNC_ENGINE, SYNC_ENGINES, SYNC_FACTORIES, SYNC_SESSION
from handbook.python.calls.calls import CallSite
from handbook.python.project.project import External, Project
from handbook.python.project.source import SourceFile
from handbook.python.types.inference import decorators_of
from handbook.python.types.signatures import canonical
from handbook.rulebook.rule import FileRule, Finding
from handbook.syntax.control_flow import conditions
from handbook.syntax.names import Names
from handbook.syntax.outline import ClassScope, own_nodes

_MADE = Names(SYNC_ENGINES | SYNC_FACTORIES | SYNC_SESSION)
_INSTEAD = {
    "create_engine": "create_async_engine",
    "engine_from_config": "async_engine_from_config",
    "sessionmaker": "async_sessionmaker",
    "scoped_session": "async_sessionmaker",
    "Session": "AsyncSession",
}
_LISTENERS = frozenset({"sqlalchemy.event.listens_for", "sqlalchemy.event.api.listens_for"})


class SyncEngine(FileRule):
    """The application uses a synchronous database engine or session.

    A query of a synchronous engine holds its thread until the database answers. In an `async def`
    that is the thread of the event loop, and every other request waits too; elsewhere it costs a
    thread of a small pool. Make the engine with `create_async_engine`, sessions with
    `async_sessionmaker`. Migrations and scripts may stay synchronous.

    Bad:

    ```python
    from sqlalchemy import create_engine
    from sqlalchemy.orm import sessionmaker

    engine = create_engine("postgresql+psycopg://localhost/app")  # <-
    session_factory = sessionmaker(engine)  # <-
    ```

    The same under other names, in functions, and of SQLModel:

    ```python
    import sqlalchemy as sa
    from sqlalchemy import orm
    from sqlmodel import Session
    from sqlmodel import create_engine as make_engine


    def get_db():
        engine = make_engine("sqlite://")  # <-
        with Session(engine) as session:  # <-
            yield session


    registry = orm.scoped_session(lambda: orm.Session(sa.create_engine("sqlite://")))  # <-
    ```

    A session class of the project's does not make a factory asynchronous:

    ```python
    # file: app/sessions.py
    from sqlalchemy.orm import Session


    class AuditedSession(Session):
        pass
    # file: app/database.py
    from sqlalchemy.orm import sessionmaker

    from app.sessions import AuditedSession

    session_factory = sessionmaker(class_=AuditedSession)  # <-
    ```

    Good:

    A listener is handed a blocking connection, and a migration may lie in any folder:

    ```python
    # file: app/models.py
    from sqlalchemy import Connection, event
    from sqlalchemy.orm import DeclarativeBase, Session


    class Base(DeclarativeBase):
        pass


    @event.listens_for(Base, "after_insert", propagate=True)
    def count(mapper: object, connection: Connection, target: Base) -> None:
        Session(bind=connection).flush()
    # file: app/revisions/1a2b.py
    from alembic import op
    from sqlalchemy.orm import Session

    revision = "1a2b"
    down_revision = None


    def upgrade() -> None:
        Session(bind=op.get_bind()).commit()
    ```

    ```python
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    engine = create_async_engine("postgresql+asyncpg://localhost/app")
    session_factory = async_sessionmaker(engine, expire_on_commit=False)
    ```

    The older spellings of an asynchronous engine and factory, and a type that is merely named:

    ```python
    from sqlalchemy import create_engine
    from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
    from sqlalchemy.orm import Session, sessionmaker

    engine = AsyncEngine(create_engine("postgresql+asyncpg://localhost/app", future=True))
    session_factory = sessionmaker(class_=AsyncSession, expire_on_commit=False)


    def count(session: Session) -> int:
        return len(session.new)
    ```

    A function of the project may be called `create_engine`, and a script may wait:

    ```python
    # file: app/engines.py
    from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


    def create_engine(url: str) -> AsyncEngine:
        return create_async_engine(url)
    # file: app/database.py
    from app.engines import create_engine

    engine = create_engine("postgresql+asyncpg://localhost/app")
    # file: scripts/load.py
    from sqlalchemy import create_engine

    engine = create_engine("postgresql+psycopg://localhost/app")
    # file: app/reports.py
    from sqlalchemy.orm import Session

    from app.database import engine


    def build(session: Session) -> None: ...


    if __name__ == "__main__":
        build(Session(engine))
    # file: app/jobs.py
    from app.reports import build
    # file: check.py
    '''Try what the app does, by the TestClient of FastAPI.'''

    from fastapi.testclient import TestClient
    from sqlalchemy import create_engine

    if __name__ == "__main__":
        engine = create_engine("sqlite://")
    ```

    What works with Alembic needs a connection that blocks:

    ```python
    # file: app/revisions.py
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import create_engine


    def current_revision(config: Config) -> str | None:
        engine = create_engine(config.get_main_option("sqlalchemy.url"))
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    ```
    """

    code = "HB131"
    needs = _MADE.words

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each call that makes a synchronous engine, session or factory."""
        outline = file.outline
        if not OUTSIDE_ROLES.isdisjoint(file.roles) or is_alembic(outline):
            return
        if is_script(file.project, outline):
            return
        for site in calls_of(file.project, file.outline):
            name = _made(file.project, site)
            if name is not None and not _is_synchronous_anyway(file.project, site):
                yield Finding(
                    site.node.func,
                    f"`{file.code(site.node.func)}(…)` is synchronous: use "
                    f"`{_INSTEAD[name]}` of `sqlalchemy.ext.asyncio`",
                )


def _made(project: Project, site: CallSite) -> str | None:
    """What a call makes that is synchronous, by the last part of its name."""
    func = site.node.func
    if not isinstance(func, ast.Name | ast.Attribute):
        return None
    symbol = project.resolve_expression(func, site.scope)
    if not isinstance(symbol, External) or symbol.qualified_name not in _MADE:
        return None
    if isinstance(site.parent, ast.Call):
        # `AsyncEngine(create_engine(…))`, how it was done before `create_async_engine`.
        around = project.resolve_expression(site.parent.func, site.scope)
        if around is not None and around.qualified_name in ASYNC_ENGINE:
            return None
    name = canonical(symbol.qualified_name).rpartition(".")[2]
    if name == "sessionmaker" and not _is_synchronous(project, site):
        return None
    return name


def _is_synchronous_anyway(project: Project, site: CallSite) -> bool:
    """Whether what is around a call need not wait for others, or knows no other way.

    It is run by hand, listens to SQLAlchemy, or works with Alembic.
    """
    function = site.scope.enclosing_function()
    if function is None:
        around = conditions(site.scope, site.node)
        return any("__main__" in ast.unparse(condition.test) for condition in around)
    return any(name in _LISTENERS for name in decorators_of(project, function)) or any(
        symbol.qualified_name.startswith("alembic.")
        for node in own_nodes(function, ast.Name)
        if (symbol := project.resolve_expression(node, function))
    )


def _is_synchronous(project: Project, site: CallSite) -> bool:
    if any(keyword.arg is None for keyword in site.node.keywords):
        return False
    class_ = keyword_of(site.node, "class_")
    if class_ is None:
        return True
    symbol = project.resolve_expression(class_, site.scope)
    return isinstance(symbol, ClassScope | External) and is_sync_session(project, symbol)
