"""HB115."""

import ast
from collections.abc import Iterator

from handbook.config.roles import OUTSIDE_ROLES
from handbook.fixes.calls import append_keyword
from handbook.knowledge.fastapi.requests.dependencies import parameter_dependencies
from handbook.knowledge.fastapi.requests.dependency_targets import callables_of
from handbook.knowledge.fastapi.routing.routers import keyword_of
from handbook.knowledge.sqlalchemy.sessions import commit_after_yield
from handbook.knowledge.versions import fastapi_versions
from handbook.knowledge.vocabulary import DEPENDENCY_MARKERS
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.types.inference import is_generator
from handbook.rulebook.rule import Draft, FileRule, Finding, Level
from handbook.syntax.outline import FunctionScope, Scope, own_nodes
from handbook.violation import Applicability

_NEEDED = (0, 121)
"""The first version of FastAPI whose `Depends` takes a `scope`."""


class LateCommit(FileRule):
    """A dependency commits after its `yield`, which by default runs after the response was sent.

    FastAPI sends the answer first and then lets the dependency go on. If the commit fails the
    client has already read `201 Created`, and there is no row. A client that asks for the new row
    at once may be too early as well. With `Depends(get_db, scope="function")` (FastAPI 0.121)
    the dependency ends when the route returns, before the response.

    Bad:

    ```python
    # file: pyproject.toml
    [project]
    name = "app"
    version = "1"
    dependencies = ["fastapi>=0.121"]
    # file: app/dependencies.py
    from collections.abc import AsyncIterator
    from typing import Annotated

    from fastapi import Depends
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

    session_factory = async_sessionmaker(expire_on_commit=False)


    async def get_db() -> AsyncIterator[AsyncSession]:
        async with session_factory() as session:
            yield session
            await session.commit()


    DbSession = Annotated[AsyncSession, Depends(get_db)]  # <-
    ```

    Fixed:

    ```python
    # file: app/dependencies.py
    from collections.abc import AsyncIterator
    from typing import Annotated

    from fastapi import Depends
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

    session_factory = async_sessionmaker(expire_on_commit=False)


    async def get_db() -> AsyncIterator[AsyncSession]:
        async with session_factory() as session:
            yield session
            await session.commit()


    DbSession = Annotated[AsyncSession, Depends(get_db, scope="function")]
    ```

    Bad:

    The dependency is another file's, and is asked for under another name:

    ```python
    # file: app/database.py
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session


    def get_db():
        db = Session(create_engine("sqlite://"))
        try:
            yield db
        except Exception:
            db.rollback()
            raise
        else:
            db.commit()
        finally:
            db.close()
    # file: app/routes.py
    import fastapi as fa

    import app.database as database

    api = fa.FastAPI()


    @api.post("/users")
    def create_user(db=fa.Depends(database.get_db, use_cache=True)) -> None:  # <-
        db.add(object())
    ```

    Fixed:

    ```python
    # file: app/database.py
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session


    def get_db():
        db = Session(create_engine("sqlite://"))
        try:
            yield db
        except Exception:
            db.rollback()
            raise
        else:
            db.commit()
        finally:
            db.close()
    # file: app/routes.py
    import fastapi as fa

    import app.database as database

    api = fa.FastAPI()


    @api.post("/users")
    def create_user(db=fa.Depends(database.get_db, use_cache=True, scope="function")) -> None:
        db.add(object())
    ```

    Bad:

    In a signature; what another dependency that yields depends on, under a name of its own too,
    cannot end before it does, so that has no fix:

    ```python
    from collections.abc import Iterator
    from typing import Annotated

    from fastapi import Depends
    from sqlalchemy.orm import Session


    def get_db():
        with Session() as session:
            yield session
            session.commit()


    def get_users(session: Annotated[Session, Depends(get_db)]):  # <-
        return session.new


    def get_unit(session: Annotated[Session, Depends(get_db)]):  # <-
        yield session


    OrderSession = Annotated[Session, Depends(get_db)]  # <-


    def get_orders(session: OrderSession) -> Iterator[list[object]]:
        yield [*session.new]
    ```

    Fixed:

    ```python
    from collections.abc import Iterator
    from typing import Annotated

    from fastapi import Depends
    from sqlalchemy.orm import Session


    def get_db():
        with Session() as session:
            yield session
            session.commit()


    def get_users(session: Annotated[Session, Depends(get_db, scope="function")]):
        return session.new


    def get_unit(session: Annotated[Session, Depends(get_db)]):  # <-
        yield session


    OrderSession = Annotated[Session, Depends(get_db)]  # <-


    def get_orders(session: OrderSession) -> Iterator[list[object]]:
        yield [*session.new]
    ```

    Bad:

    Saying that it is to end with the request is no better; this session is made by a middleware,
    and only the annotation tells what it is:

    ```python
    from collections.abc import AsyncGenerator

    from fastapi import Depends, Request
    from sqlalchemy.ext.asyncio import AsyncSession


    async def get_db(request: Request) -> AsyncGenerator[AsyncSession]:
        session = request.state.session
        yield session
        await session.commit()


    READY = Depends(get_db, scope="request")  # <-
    ```

    Fixed:

    ```python
    from collections.abc import AsyncGenerator

    from fastapi import Depends, Request
    from sqlalchemy.ext.asyncio import AsyncSession


    async def get_db(request: Request) -> AsyncGenerator[AsyncSession]:
        session = request.state.session
        yield session
        await session.commit()


    READY = Depends(get_db, scope="function")
    ```

    Good:

    ```python
    from collections.abc import AsyncIterator
    from typing import Annotated

    from fastapi import Depends
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

    session_factory = async_sessionmaker(expire_on_commit=False)


    async def get_db() -> AsyncIterator[AsyncSession]:
        async with session_factory() as session:
            yield session
            await session.commit()


    DbSession = Annotated[AsyncSession, Depends(get_db, scope="function")]
    ```

    The service commits, and the dependency only closes:

    ```python
    from collections.abc import Iterator

    from fastapi import Depends
    from sqlalchemy.orm import Session


    def get_db() -> Iterator[Session]:
        with Session() as session:
            yield session


    class UserService:
        def __init__(self, session: Session = Depends(get_db)) -> None:
            self.session = session

        def create(self) -> None:
            with self.session.begin():
                self.session.add(object())
    ```

    A FastAPI that is held at a version without `scope`:

    ```python
    # file: pyproject.toml
    [project]
    name = "app"
    version = "1"
    dependencies = ["fastapi[standard]~=0.115.6"]
    # file: app/dependencies.py
    from collections.abc import AsyncIterator

    from fastapi import Depends
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

    session_factory = async_sessionmaker(expire_on_commit=False)


    async def get_db() -> AsyncIterator[AsyncSession]:
        async with session_factory() as session:
            yield session
            await session.commit()


    READY = Depends(get_db)
    ```

    What commits before it yields, and what commits no session:

    ```python
    from collections.abc import Iterator

    from fastapi import Depends
    from git import Repo
    from sqlalchemy.orm import Session


    def get_prepared() -> Iterator[Session]:
        session = Session()
        session.commit()
        yield session


    def get_repo() -> Iterator[Repo]:
        repo = Repo()
        yield repo
        repo.index.commit("changed")


    BOTH = [Depends(get_prepared), Depends(get_repo)]
    ```
    """

    code = "HB115"
    level = Level.ESSENTIAL
    needs = DEPENDENCY_MARKERS.words

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each `Depends` that runs the commit of a dependency too late."""
        if file.roles & OUTSIDE_ROLES:
            return
        ceiling = fastapi_versions(file.project).ceiling
        if ceiling is not None and ceiling <= _NEEDED:
            return
        for call, scope in _calls(file):
            symbol = file.project.resolve_expression(call.func, scope)
            if symbol is None or symbol.qualified_name not in DEPENDENCY_MARKERS:
                continue
            given = keyword_of(call, "scope")
            if any(keyword.arg is None for keyword in call.keywords) or not (
                given is None or _is_text(given, "request")
            ):
                continue
            node = call.args[0] if call.args else keyword_of(call, "dependency")
            if node is None:
                continue
            found = callables_of(file.project, node, scope)
            if not found.is_certain or len(found.targets) != 1:
                continue
            target = found.targets[0]
            if (
                not isinstance(target, FunctionScope)
                or commit_after_yield(file.project, target) is None
            ):
                continue
            asked, marker = ast.unparse(node), ast.unparse(call.func)
            has_more = len(call.args) + len(call.keywords) > (1 if given is None else 2)
            wanted = f'{marker}({asked}, {"…, " if has_more else ""}scope="function")'
            outer = _asked_by_generators(file.project).get(call)
            yield Finding(
                call,
                f"`{asked}` commits after the response was sent: "
                + (
                    f"write `{wanted}`"
                    if outer is None
                    else f'ask for it, and for `{outer}`, with `scope="function"`'
                ),
                fixes=(_fix(file, call, given),) if outer is None else (),
            )


def _calls(file: SourceFile) -> Iterator[tuple[ast.Call, Scope]]:
    """Every call of the file, those in annotations too."""
    for scope in (file.outline, *file.outline.definitions):
        for node in own_nodes(scope):
            if isinstance(node, ast.Call):
                yield node, scope


def _is_text(node: ast.expr, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def _asked_by_generators(project: Project) -> dict[ast.expr, str]:
    """The markers in the signatures of generators, behind aliases too, with the generators' names.

    These end with the request, and FastAPI refuses to give them something that ends before.
    """

    def find() -> dict[ast.expr, str]:
        return {
            asked.marker: function.name
            for outline in project.mentioning("yield", without="test")
            for function in outline.definitions
            if isinstance(function, FunctionScope) and is_generator(function)
            for asked in parameter_dependencies(project, function)
        }

    return project.fact("asked by generators", find)


def _fix(file: SourceFile, call: ast.Call, given: ast.expr | None) -> Draft:
    floor = fastapi_versions(file.project).floor
    is_safe = floor is not None and floor >= _NEEDED
    applicability = Applicability.SAFE if is_safe else Applicability.UNSAFE
    draft = Draft(file, "End the dependency before the response", applicability)
    if given is not None:
        return draft.replace(given, '"function"')
    append_keyword(draft, call, 'scope="function"')
    return draft
