"""HB137."""

import ast
import os
from collections.abc import Iterator

from handbook.config.roles import OUTSIDE_ROLES
from handbook.fixes.calls import append_keyword
from handbook.knowledge.fastapi.routing.routers import keyword_of
from handbook.knowledge.sqlalchemy.sessions import calls_of, is_script
from handbook.knowledge.vocabulary import ASYNC_ENGINES
from handbook.python.calls.calls import CallSite
from handbook.python.project.project import External, Project
from handbook.python.project.source import SourceFile
from handbook.python.types.inference import is_generator
from handbook.python.values.values import possible_values, string
from handbook.rulebook.rule import Draft, FileRule, Finding
from handbook.syntax.control_flow import Condition, conditions
from handbook.syntax.names import words_of
from handbook.syntax.outline import ClassScope, FunctionScope, Scope, own_nodes
from handbook.violation import Applicability

_POOLS = frozenset(
    f"{module}.{name}"
    for module in ("sqlalchemy", "sqlalchemy.pool", "sqlalchemy.pool.impl")
    for name in ("QueuePool", "AsyncAdaptedQueuePool")
)
_URL_MAKERS = frozenset(
    f"{module}.{name}"
    for module in ("sqlalchemy", "sqlalchemy.engine", "sqlalchemy.engine.url")
    for name in ("URL.create", "make_url")
)


class PoolSettings(FileRule):
    """The connection pool of a database engine is not configured.

    A connection that the server or a firewall has closed in the meantime fails the first request
    that gets it; `pool_pre_ping=True` asks before it hands one out. And how many connections an
    application may open, times its workers, must fit what the server allows: say it with
    `pool_size` or `max_overflow`.

    Bad:

    ```python
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(  # <-
        "postgresql+asyncpg://localhost/app",
        pool_size=5,
    )
    ```

    Fixed:

    ```python
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(
        "postgresql+asyncpg://localhost/app",
        pool_size=5,
        pool_pre_ping=True,
    )
    ```

    Bad:

    An address that comes from elsewhere is taken for a server's; turned off is as good as absent:

    ```python
    # file: app/config.py
    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        database_url: str


    settings = Settings()
    # file: app/database.py
    import sqlalchemy.ext.asyncio as aio
    from sqlalchemy.pool import AsyncAdaptedQueuePool

    from app.config import settings

    engine = aio.create_async_engine(
        settings.database_url, max_overflow=5, pool_pre_ping=False, poolclass=AsyncAdaptedQueuePool  # <-
    )
    ```

    Fixed:

    ```python
    # file: app/config.py
    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        database_url: str


    settings = Settings()
    # file: app/database.py
    import sqlalchemy.ext.asyncio as aio
    from sqlalchemy.pool import AsyncAdaptedQueuePool

    from app.config import settings

    engine = aio.create_async_engine(
        settings.database_url, max_overflow=5, pool_pre_ping=True, poolclass=AsyncAdaptedQueuePool
    )
    ```

    Bad:

    The size has no fix, for nobody but you knows it:

    ```python
    from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


    def make_engine(url: str) -> AsyncEngine:
        return create_async_engine(url, pool_pre_ping=True)  # <-
    ```

    Good:

    ```python
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(
        "postgresql+asyncpg://localhost/app", pool_size=5, max_overflow=5, pool_pre_ping=True
    )
    ```

    SQLite has no server, and some pools keep no connections:

    ```python
    from pathlib import Path

    from sqlalchemy import URL
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    DATABASE_URL = "sqlite+aiosqlite:///app.db"
    engine = create_async_engine(DATABASE_URL, echo=True)
    by_parts = create_async_engine(URL.create("sqlite+aiosqlite", database="app.db"))
    unpooled = create_async_engine("postgresql+asyncpg://localhost/app", poolclass=NullPool)


    def open_at(folder: Path) -> object:
        return create_async_engine(f"sqlite+aiosqlite:///{folder}/app.db")
    ```

    One that is given its address, and says in its name whose that is:

    ```python
    from sqlalchemy.ext.asyncio import create_async_engine


    class AsyncSqliteStore:
        def __init__(self, url: str) -> None:
            self.engine = create_async_engine(url)


    def make_engine(url: str) -> object:
        if url.startswith("sqlite"):
            return create_async_engine(url)
        return create_async_engine(url, pool_size=5, pool_pre_ping=True)
    ```

    One that is gone a moment later:

    ```python
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine


    async def create_database(url: str) -> None:
        engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(text("CREATE DATABASE app"))
        await engine.dispose()
    ```

    A script is done before a connection dies:

    ```python
    # file: check_schema.py
    import asyncio

    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine


    async def check() -> None:
        engine = create_async_engine("postgresql+asyncpg://localhost/app")
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))


    if __name__ == "__main__":
        asyncio.run(check())
    ```

    What is not to be seen may say it:

    ```python
    from sqlalchemy.ext.asyncio import create_async_engine


    def make_engine(url: str, **options: object) -> object:
        return create_async_engine(url, **options)
    ```
    """

    code = "HB137"
    needs = ASYNC_ENGINES.words

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each engine with a pool of which something is not said."""
        if not OUTSIDE_ROLES.isdisjoint(file.roles) or is_script(file.project, file.outline):
            return
        for site in calls_of(file.project, file.outline):
            if not _makes_pool(file.project, site):
                continue
            ping = keyword_of(site.node, "pool_pre_ping")
            if ping is None or (isinstance(ping, ast.Constant) and ping.value is False):
                yield Finding(
                    ping or site.node.func,
                    "pooled connections may be stale: pass `pool_pre_ping=True`",
                    fixes=(_fix(file, site.node, ping),),
                )
            if not any(keyword_of(site.node, name) for name in ("pool_size", "max_overflow")):
                yield Finding(
                    site.node.func,
                    "the pool has no limits: pass `pool_size` and `max_overflow`",
                )


def _makes_pool(project: Project, site: CallSite) -> bool:
    """Whether a call makes an engine that keeps connections to a server, for all one can see."""
    call = site.node
    if not isinstance(call.func, ast.Name | ast.Attribute):
        return False
    symbol = project.resolve_expression(call.func, site.scope)
    if not isinstance(symbol, External) or symbol.qualified_name not in ASYNC_ENGINES:
        return False
    names = {keyword.arg for keyword in call.keywords}
    if None in names or names & {"pool", "strategy"}:
        return False
    pool = keyword_of(call, "poolclass")
    if pool is not None:
        class_ = project.resolve_expression(pool, site.scope)
        if class_ is None or class_.qualified_name not in _POOLS:
            return False
    url = call.args[0] if call.args else keyword_of(call, "url")
    return (
        url is not None
        and not _is_about_sqlite(site)
        and not _is_disposed(site)
        and not _is_sqlite(project, site, url)
    )


def _is_about_sqlite(site: CallSite) -> bool:
    """Whether what is around a call is SQLite's: by a name, or by an `if` that asks for it."""
    names = [os.path.basename(site.scope.outline.path).partition(".")[0]]
    scope: Scope | None = site.scope
    while isinstance(scope, FunctionScope | ClassScope):
        names.append(scope.name)
        scope = scope.parent
    return any("sqlite" in words_of(name) for name in names) or any(
        _asks_for_sqlite(condition) for condition in conditions(site.scope, site.node)
    )


def _asks_for_sqlite(condition: Condition) -> bool:
    """Whether a condition is the case where something is, or begins with, `sqlite`."""
    plain = condition.plain
    is_mentioned = any(
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith("sqlite")
        for node in ast.walk(plain.test)
    )
    match plain.test:
        case ast.Compare(ops=[ast.NotEq() | ast.NotIn()]):
            return is_mentioned and not plain.holds
    return is_mentioned and plain.holds


def _is_disposed(site: CallSite) -> bool:
    """Whether an engine is gone when the function that makes it is done."""
    if not isinstance(site.scope, FunctionScope) or is_generator(site.scope):
        return False
    match site.parent:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            pass
        case _:
            return False
    for node in own_nodes(site.scope):
        match node:
            case ast.Attribute(value=ast.Name(id=found), attr="dispose") if found == name:
                return True
    return False


def _is_sqlite(project: Project, site: CallSite, url: ast.expr) -> bool:
    """Whether one of the addresses that an expression may stand for is SQLite's."""
    for value in possible_values(project, url, site.scope):
        node = value.node
        match node:
            case ast.Call(func=func, args=[first, *_]):
                made_by = project.resolve_expression(func, value.scope)
                if made_by is not None and made_by.qualified_name in _URL_MAKERS:
                    node = first
            case ast.JoinedStr(values=[first, *_]):
                node = first
            case ast.BinOp(left=left, op=ast.Add()):
                node = left
        text = node.value if isinstance(node, ast.Constant) else None
        if not isinstance(text, str):
            text = string(project, node, value.scope)
        if text is not None and text.startswith("sqlite"):
            return True
    return False


def _fix(file: SourceFile, call: ast.Call, ping: ast.expr | None) -> Draft:
    if ping is not None:
        draft = Draft(file, "Turn `pool_pre_ping` on", Applicability.UNSAFE)
        return draft.replace(ping, "True")
    draft = Draft(file, "Add `pool_pre_ping=True`")
    append_keyword(draft, call, "pool_pre_ping=True")
    return draft
