"""HB113."""

import ast
from collections.abc import Iterator, Sequence

from handbook.config.roles import OUTSIDE_ROLES
from handbook.knowledge.fastapi.requests.parameters import readers
from handbook.knowledge.sqlalchemy.sessions import calls_of, session_yields
from handbook.python.calls.callers import callers
from handbook.python.calls.calls import calls_in
from handbook.python.project.project import External, Project, Symbol
from handbook.python.project.source import SourceFile
from handbook.python.project.users import users_of
from handbook.python.types.inference import Called, called_by
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.names import Names
from handbook.syntax.outline import ClassScope, FunctionScope, own_nodes
from handbook.violation import Severity

_KNOWN = ("sqlalchemy.", "sqlmodel.", "contextlib.")
"""Packages whose context managers are known not to roll back, but for `begin()`."""
_WRAPPERS = Names.of("contextlib.contextmanager", "contextlib.asynccontextmanager")


class SessionWithoutRollback(FileRule):
    """A session dependency does not roll back on an exception.

    Closing a session gives up what was not committed, so nothing is lost if the dependency says
    nothing. But who reads it cannot tell whether that was meant, and the next change, a commit
    in a `finally` for one, breaks it without a sound. Roll back where an exception comes by, or
    let `session.begin()` do both.

    Bad:

    ```python
    from collections.abc import AsyncIterator

    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

    session_factory = async_sessionmaker(expire_on_commit=False)


    async def get_db() -> AsyncIterator[AsyncSession]:
        async with session_factory() as session:
            yield session  # <-
            await session.commit()
    ```

    Closing it by hand is no more:

    ```python
    # file: app/database.py
    from sqlalchemy import create_engine
    from sqlalchemy.orm import sessionmaker

    SessionLocal = sessionmaker(create_engine("sqlite://"))
    # file: app/dependencies.py
    from app.database import SessionLocal as make_session


    def get_db():
        db = make_session()
        try:
            yield db  # <-
        finally:
            db.close()
    ```

    A context manager of the project's that says nothing either:

    ```python
    from collections.abc import Iterator
    from contextlib import contextmanager

    from sqlmodel import Session, create_engine

    engine = create_engine("sqlite://")


    @contextmanager
    def open_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session


    def get_session() -> Iterator[Session]:
        with open_session() as session:
            yield session  # <-
    ```

    Good:

    ```python
    from collections.abc import AsyncIterator

    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

    session_factory = async_sessionmaker(expire_on_commit=False)


    async def get_db() -> AsyncIterator[AsyncSession]:
        async with session_factory() as session:
            try:
                yield session
                await session.commit()
            except Exception:
                await session.rollback()
                raise
    ```

    Context managers that roll back:

    ```python
    from collections.abc import AsyncIterator, Iterator
    from contextlib import contextmanager

    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
    from sqlalchemy.orm import Session, sessionmaker

    session_factory = async_sessionmaker(expire_on_commit=False)
    sync_factory = sessionmaker()


    async def get_db() -> AsyncIterator[AsyncSession]:
        async with session_factory.begin() as session:
            yield session


    async def get_other_db() -> AsyncIterator[AsyncSession]:
        async with session_factory() as session, session.begin():
            yield session


    @contextmanager
    def transaction() -> Iterator[Session]:
        session = sync_factory()
        try:
            yield session
        except BaseException:
            session.rollback()
            raise


    def get_sync_db() -> Iterator[Session]:
        with transaction() as session:
            yield session
    ```

    A session that is somebody else's, and only declared to be one; one that another dependency
    has opened; a rollback in a function of its own:

    ```python
    from collections.abc import AsyncGenerator

    from fastapi import Depends, Request
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

    session_factory = async_sessionmaker()


    async def undo(session: AsyncSession) -> None:
        await session.rollback()


    async def get_own_db() -> AsyncGenerator[AsyncSession]:
        async with session_factory() as session:
            try:
                yield session
            except BaseException:
                await undo(session)
                raise


    async def get_tenant_db(
        session: AsyncSession = Depends(get_own_db),
    ) -> AsyncGenerator[AsyncSession]:
        session.info["tenant"] = 1
        yield session


    async def get_db(request: Request) -> AsyncGenerator[AsyncSession]:
        session = request.state.session
        try:
            yield session
        except BaseException:
            await session.rollback()
            raise
    ```

    A class that rolls back when it ends, and what no route asks for, though a dependency uses it:

    ```python
    # file: app/database.py
    from collections.abc import Iterator
    from contextlib import contextmanager

    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session, sessionmaker

    session_factory = sessionmaker(create_engine("sqlite://"))


    class Unit:
        def __enter__(self) -> Session:
            self.session = session_factory()
            return self.session

        def __exit__(self, kind: object, error: object, traceback: object) -> None:
            if error is not None:
                self.session.rollback()
            self.session.close()


    def open_session() -> Iterator[Session]:
        with session_factory() as session:
            yield session


    session_scope = contextmanager(open_session)
    # file: app/dependencies.py
    from app.database import Unit


    def get_db():
        with Unit() as session:
            yield session
    ```

    A context manager of another package, which may well roll back:

    ```python
    from collections.abc import AsyncIterator

    from shared.database import DatabaseManager
    from sqlalchemy.ext.asyncio import AsyncSession

    database = DatabaseManager()


    async def get_db() -> AsyncIterator[AsyncSession]:
        async with database.transaction() as session:
            yield session
    ```

    A generator of other things, a fixture of pytest's, and what stands in for a dependency in a
    test:

    ```python
    from collections.abc import Iterator

    import pytest
    import requests
    from sqlalchemy.orm import Session


    def get_client() -> Iterator[requests.Session]:
        with requests.Session() as session:
            yield session


    @pytest.fixture
    def session() -> Iterator[Session]:
        with Session() as session:
            yield session


    def override_get_db() -> Iterator[Session]:
        with Session() as session:
            yield session
    ```
    """

    code = "HB113"
    level = Level.STRICT
    severity = Severity.INFO

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the yield of each dependency that hands out a session and never rolls back."""
        if file.roles & OUTSIDE_ROLES:
            return
        for function in file.outline.definitions:
            # `override_get_db` is how a test calls what it puts in the place of a dependency.
            if not isinstance(function, FunctionScope) or function.name.startswith("override"):
                continue
            yields = session_yields(file.project, function)
            if (
                yields
                and not _is_handed_on(function, yields)
                and _rolls_back(file.project, function) is False
                and not _is_helper(file.project, function)
            ):
                yield Finding(
                    yields[0],
                    f"`{function.name}` does not roll back on an exception: roll back in an "
                    "`except`, or open the session with `begin()`",
                )


def _rolls_back(project: Project, function: FunctionScope, depth: int = 0) -> bool | None:
    """Whether a function rolls back somewhere, or enters what does; `None` if that is not known."""
    for site in calls_in(project, function):
        if _is_rollback(site.node):
            return True
        called = called_by(project, site.node, site.scope)
        if called is not None and isinstance(called.symbol, FunctionScope):
            if any(map(_is_rollback, own_nodes(called.symbol, ast.Call))):
                return True
    if any(isinstance(node, ast.YieldFrom) for node in own_nodes(function)):
        return None
    known = True
    for node in own_nodes(function):
        # What is yielded may come out of a `with`, a loop over another generator, or a call.
        if isinstance(node, ast.With | ast.AsyncWith):
            managers = [item.context_expr for item in node.items]
        elif isinstance(node, ast.For | ast.AsyncFor):
            managers = [node.iter]
        else:
            continue
        for manager in managers:
            if not isinstance(manager, ast.Call):
                known = False
                continue
            if isinstance(manager.func, ast.Attribute) and manager.func.attr in (
                "begin",
                "begin_nested",
            ):
                return True
            called = called_by(project, manager, function)
            if called is None or _is_of_others(called):
                known = False
            else:
                for entered in _written_out(project, called.symbol):
                    inner = _rolls_back(project, entered, depth + 1) if depth < 5 else None
                    if inner is not False:
                        return inner
    return False if known else None


def _is_rollback(call: ast.AST) -> bool:
    """Whether a call rolls back; of what need not be known: a session that a middleware made."""
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "rollback"
    )


def _is_handed_on(function: FunctionScope, yields: Sequence[ast.Yield]) -> bool:
    """Whether a dependency only yields the session that it is given: another has opened it."""
    given = {parameter.node.arg for parameter in function.parameters}
    return all(isinstance(each.value, ast.Name) and each.value.id in given for each in yields)


def _is_of_others(called: Called) -> bool:
    """Whether another package's code is called, which may do anything with a session."""
    return isinstance(called.symbol, External) and not called.name.startswith(_KNOWN)


def _written_out(project: Project, manager: Symbol | None) -> Iterator[FunctionScope]:
    """What the project writes of a context manager: the generator, or how its class ends."""
    if isinstance(manager, FunctionScope):
        yield manager
    elif isinstance(manager, ClassScope):
        for name in ("__exit__", "__aexit__"):
            owner = project.owner(manager, name)
            method = owner.method(name) if owner is not None else None
            if method is not None:
                yield method


def _is_helper(project: Project, function: FunctionScope) -> bool:
    """Whether a generator is no dependency: others of the project open it, and no route asks."""
    if function in readers(project):
        return False
    return bool(callers(project, function)) or _is_wrapped(project, function)


def _is_wrapped(project: Project, function: FunctionScope) -> bool:
    """Whether `contextmanager(…)` makes something else of a generator."""
    for outline in users_of(project, function)[1]:
        if outline.words.isdisjoint(_WRAPPERS.words):
            continue
        for site in calls_of(project, outline):
            if any(
                isinstance(given, ast.Name | ast.Attribute)
                and project.resolve_expression(given, site.scope) is function
                for given in site.node.args
            ):
                wrapper = project.resolve_expression(site.node.func, site.scope)
                if wrapper is not None and wrapper.qualified_name in _WRAPPERS:
                    return True
    return False
