"""HB136."""

import ast
from collections.abc import Iterator

from handbook.fixes.calls import append_keyword
from handbook.knowledge.fastapi.routing.routers import keyword_of
from handbook.knowledge.sqlalchemy.sessions import calls_of, is_async_session
from handbook.knowledge.vocabulary import ASYNC_FACTORIES, SYNC_FACTORIES
from handbook.python.calls.calls import CallSite
from handbook.python.project.project import External, Project
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Draft, FileRule, Finding
from handbook.syntax.outline import ClassScope, own_nodes
from handbook.violation import Applicability, Position


class ExpireOnCommit(FileRule):
    """An async session factory does not set `expire_on_commit=False`.

    After a commit such a session forgets what it knows of its objects, and the next attribute
    access would ask the database. Async code cannot do that on the quiet: it fails with
    `MissingGreenlet`, most often while the response is being built. Pass
    `expire_on_commit=False`; what another transaction may have changed is read by `refresh()`.

    Bad:

    ```python
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    engine = create_async_engine("postgresql+asyncpg://localhost/app")
    session_factory = async_sessionmaker(engine)  # <-
    ```

    Fixed:

    ```python
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    engine = create_async_engine("postgresql+asyncpg://localhost/app")
    session_factory = async_sessionmaker(engine, expire_on_commit=False)
    ```

    Bad:

    Under another name, with a type argument, without any argument, over several lines:

    ```python
    import sqlalchemy.ext.asyncio as sa_async
    from sqlalchemy.ext.asyncio import async_sessionmaker as make_factory

    empty = make_factory()  # <-
    typed = sa_async.async_sessionmaker[sa_async.AsyncSession](  # <-
        autoflush=False,
        autobegin=True,
    )
    ```

    Fixed:

    ```python
    import sqlalchemy.ext.asyncio as sa_async
    from sqlalchemy.ext.asyncio import async_sessionmaker as make_factory

    empty = make_factory(expire_on_commit=False)
    typed = sa_async.async_sessionmaker[sa_async.AsyncSession](
        autoflush=False,
        autobegin=True,
        expire_on_commit=False,
    )
    ```

    Bad:

    The older spelling of an asynchronous factory, and one that asks for it:

    ```python
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
    from sqlalchemy.orm import sessionmaker


    class AppSession(AsyncSession):
        pass


    old = sessionmaker(class_=AppSession)  # <-
    eager = async_sessionmaker(expire_on_commit=True)  # <-
    ```

    Fixed:

    ```python
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
    from sqlalchemy.orm import sessionmaker


    class AppSession(AsyncSession):
        pass


    old = sessionmaker(class_=AppSession, expire_on_commit=False)
    eager = async_sessionmaker(expire_on_commit=False)
    ```

    Good:

    ```python
    from sqlalchemy.ext.asyncio import async_sessionmaker

    session_factory = async_sessionmaker(expire_on_commit=False)
    ```

    A synchronous session can load what it forgot:

    ```python
    from sqlalchemy.orm import sessionmaker

    session_factory = sessionmaker()
    ```

    Who enters the class itself meant a factory of that name, and has another mistake to mend:

    ```python
    from sqlalchemy.ext.asyncio import async_sessionmaker


    async def count() -> None:
        async with async_sessionmaker() as session:
            session.add_all([])
    ```

    What is not to be seen may say it:

    ```python
    from sqlalchemy.ext.asyncio import async_sessionmaker


    def make_factory(keeps: bool, **options: bool) -> list[object]:
        return [async_sessionmaker(**options), async_sessionmaker(expire_on_commit=not keeps)]
    ```

    A factory that is told later, once the engine is there:

    ```python
    from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

    session_factory = async_sessionmaker()


    def connect(engine: AsyncEngine) -> None:
        session_factory.configure(bind=engine, expire_on_commit=False)
    ```
    """

    code = "HB136"
    needs = ASYNC_FACTORIES.words | {"sessionmaker"}

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each asynchronous factory that does not turn it off."""
        for site in calls_of(file.project, file.outline):
            if not _makes_async_factory(file.project, site) or _is_entered(site):
                continue
            given = keyword_of(site.node, "expire_on_commit")
            if given is None and any(keyword.arg is None for keyword in site.node.keywords):
                continue
            if given is not None and not _is_true(given):
                continue
            if _is_told_later(site):
                continue
            yield Finding(
                given if given is not None else site.node.func,
                "objects expire at each commit, and async code cannot load them again: pass "
                "`expire_on_commit=False`",
                fixes=(_fix(file, site.node, given),),
            )


def _is_entered(site: CallSite) -> bool:
    """Whether a factory is made where a session is meant, as in `async with`: another mistake."""
    return isinstance(site.parent, ast.With | ast.AsyncWith | ast.withitem)


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _is_told_later(site: CallSite) -> bool:
    """Whether the module calls `configure(expire_on_commit=…)` of the name that is given to it."""
    outline = site.scope.outline
    match site.parent:
        case ast.Assign(targets=[ast.Name(id=name)]) if "configure" in outline.words:
            return any(
                keyword_of(node, "expire_on_commit") is not None
                for scope in outline.scopes_with({"configure"})
                for node in own_nodes(scope, ast.Call)
                if ast.unparse(node.func) == f"{name}.configure"
            )
    return False


def _makes_async_factory(project: Project, site: CallSite) -> bool:
    func = site.node.func
    head = func.value if isinstance(func, ast.Subscript) else func
    if not isinstance(head, ast.Name | ast.Attribute):
        return False
    symbol = project.resolve_expression(head, site.scope)
    if not isinstance(symbol, External):
        return False
    if symbol.qualified_name in ASYNC_FACTORIES:
        return True
    class_ = keyword_of(site.node, "class_")
    if symbol.qualified_name not in SYNC_FACTORIES or class_ is None:
        return False
    made = project.resolve_expression(class_, site.scope)
    return isinstance(made, ClassScope | External) and is_async_session(project, made)


def _fix(file: SourceFile, call: ast.Call, given: ast.expr | None) -> Draft:
    if given is not None:
        draft = Draft(file, "Turn `expire_on_commit` off", Applicability.UNSAFE)
        return draft.replace(given, "False")
    draft = Draft(file, "Add `expire_on_commit=False`")
    if call.args or call.keywords:
        append_keyword(draft, call, "expire_on_commit=False")
        return draft
    end = file.span(call).end
    return draft.insert(Position(end.line, end.column - 1), "expire_on_commit=False")
