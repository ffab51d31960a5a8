"""HB153."""

import ast
from collections.abc import Iterator

from handbook.config.roles import OUTSIDE_ROLES
from handbook.knowledge.layers import REPOSITORY_ENDINGS
from handbook.knowledge.sqlalchemy.sessions import is_session_class, makes_session
from handbook.python.calls.calls import calls_in
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.types.inference import instance_of
from handbook.rulebook.rule import FileRule, Finding
from handbook.syntax.outline import ClassScope, FunctionScope

_NAMES = frozenset({"session", "db", "db_session", "async_session"})


class RepositoryTakesNoSession(FileRule):
    """A repository opens its own database session instead of taking one.

    Two repositories with a session each work in two transactions: what one has written the other
    does not see, and neither can be undone with the other. A test cannot hand in its own session
    either. Take the session in `__init__`, and let the dependency that opens it own it.

    Bad:

    ```python
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

    session_factory = async_sessionmaker(expire_on_commit=False)


    class UserRepository:
        def __init__(self) -> None:  # <-
            self.session: AsyncSession = session_factory()
    ```

    The factory is another file's, and there is no `__init__`:

    ```python
    # file: app/database.py
    from contextlib import asynccontextmanager
    from collections.abc import AsyncIterator

    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


    @asynccontextmanager
    async def open_session() -> AsyncIterator[AsyncSession]:
        async with async_sessionmaker()() as session:
            yield session
    # file: app/orders/repository.py
    from app.database import open_session


    class OrderRepository:  # <-
        async def count(self) -> int:
            async with open_session() as session:
                return len(session.new)
    ```

    An inherited `__init__` that takes something else:

    ```python
    # file: app/core/repository.py
    class BaseRepository:
        def __init__(self, table: str) -> None:
            self.table = table
    # file: app/tags/repository.py
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session

    from app.core.repository import BaseRepository

    engine = create_engine("sqlite://")


    class TagRepository(BaseRepository):  # <-
        def list(self) -> list[object]:
            with Session(engine) as session:
                return list(session.new)
    ```

    Good:

    ```python
    from sqlalchemy.ext.asyncio import AsyncSession


    class UserRepository:
        def __init__(self, session: AsyncSession) -> None:
            self.session = session
    ```

    The session comes with each call, or by inheritance:

    ```python
    from sqlalchemy.ext.asyncio import AsyncSession


    class BaseRepository:
        def __init__(self, session: AsyncSession) -> None:
            self.session = session


    class TagRepository(BaseRepository):
        async def count(self) -> int:
            return len(self.session.new)


    class OrderRepository:
        async def count(self, session: AsyncSession) -> int:
            return len(session.new)
    ```

    Sessions of other libraries, and a store that is called something else:

    ```python
    import requests
    from sqlalchemy.orm import sessionmaker

    session_factory = sessionmaker()


    class PackageRepository:
        def __init__(self) -> None:
            self.session = requests.Session()


    class SessionStore:
        def __init__(self) -> None:
            self.session = session_factory()
    ```
    """

    code = "HB153"
    preview = True

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each repository class that makes a session and takes none."""
        if file.roles & OUTSIDE_ROLES:
            return
        for class_ in file.outline.definitions:
            if not isinstance(class_, ClassScope) or not class_.name.endswith(REPOSITORY_ENDINGS):
                continue
            if class_.name in REPOSITORY_ENDINGS:
                continue  # of packages, of commits: anything may be one
            if not any(_makes_own(file.project, method) for method in class_.methods):
                continue
            takes = _takes_session(file.project, class_)
            if takes is False:
                initializer = class_.method("__init__")
                yield Finding(
                    file.name_span(initializer or class_),
                    f"`{class_.name}` opens its own session: take a session in `__init__`",
                )


def _makes_own(project: Project, method: FunctionScope) -> bool:
    return any(makes_session(project, site) for site in calls_in(project, method))


def _takes_session(project: Project, class_: ClassScope) -> bool | None:
    """Whether `__init__` takes a session; `None` where it cannot be found."""
    if any(symbol is None for symbol in project.ancestry(class_)):
        return None
    owner = project.owner(class_, "__init__")
    if owner is None:
        return False
    initializer = owner.method("__init__")
    return None if initializer is None else _has_session(project, initializer)


def _has_session(project: Project, initializer: FunctionScope) -> bool:
    for parameter in initializer.parameters:
        name = parameter.node.arg
        if name in _NAMES:
            return True
        node = ast.copy_location(ast.Name(name, ast.Load()), parameter.node)
        if is_session_class(project, instance_of(project, node, initializer)):
            return True
    return False
