"""HB074."""

import ast
from collections.abc import Iterator

from handbook.fixes.draft import Draft
from handbook.knowledge.fastapi.routing.routes import routes_in
from handbook.python.calls.calls import statements_in
from handbook.python.project.project import Project, Symbol
from handbook.python.project.source import SourceFile
from handbook.python.types.annotations import annotated_type
from handbook.python.types.inference import called_by, type_of
from handbook.python.types.signatures import COROUTINE
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.rules.async_patterns._coroutine_values import misused_names, uses_in
from handbook.syntax.outline import ClassScope, FunctionScope, Scope, own_nodes
from handbook.violation import Applicability, Severity

_EXPECTATIONS = ("raises", "warns", "assertRaises", "assertRaisesRegex", "assertWarns")

_PLAIN_TYPES = frozenset(
    f"builtins.{name}"
    for name in ("bool", "str", "int", "float", "bytes", "list", "dict", "tuple")
)


class UnawaitedCoroutine(FileRule):
    """A coroutine is never awaited.

    Calling an `async def` runs none of its body: it makes a coroutine, and only `await` sets it
    going. As a statement the call does nothing at all, no matter what its name promises: the mail is
    not sent, the transaction is not committed, and Python mentions it at best in a warning when the
    coroutine is collected. Await it; or, if it shall run beside the rest, hand it to a task group.

    A route that is a plain `def` and returns such a call gives FastAPI a coroutine instead of a
    body. Make the route an `async def` and await.

    Known are the coroutine functions of the project, wherever they are defined, and those of
    `AsyncSession`, `AsyncEngine`, `httpx.AsyncClient` and `asyncio.sleep`. A function behind a decorator that may
    make something else of it is left alone.

    Bad:

    The mail is never sent.

    ```python
    # file: app/mail/service.py
    async def send_mail(address: str, text: str) -> None: ...

    # file: app/users/service.py
    from app.mail.service import send_mail

    async def register(address: str) -> None:
        send_mail(address, "Welcome!")  # <-
    ```

    Fixed:

    ```python
    # file: app/mail/service.py
    async def send_mail(address: str, text: str) -> None: ...

    # file: app/users/service.py
    from app.mail.service import send_mail

    async def register(address: str) -> None:
        await send_mail(address, "Welcome!")
    ```

    Bad:

    Neither is anything committed.

    ```python
    # file: app/users/repository.py
    from sqlalchemy.ext.asyncio import AsyncSession

    class Repository:
        def __init__(self, db: AsyncSession) -> None:
            self.db = db

        async def touch(self) -> None: ...

    class UserRepository(Repository):
        async def rename(self, name: str) -> None:
            self.touch()  # <-
            self.db.commit()  # <-
    ```

    Fixed:

    ```python
    # file: app/users/repository.py
    from sqlalchemy.ext.asyncio import AsyncSession

    class Repository:
        def __init__(self, db: AsyncSession) -> None:
            self.db = db

        async def touch(self) -> None: ...

    class UserRepository(Repository):
        async def rename(self, name: str) -> None:
            await self.touch()
            await self.db.commit()
    ```

    Bad:

    Nor are the connections given back.

    ```python
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("postgresql+asyncpg://localhost/shop")

    async def shut_down() -> None:
        engine.dispose()  # <-
    ```

    Fixed:

    ```python
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("postgresql+asyncpg://localhost/shop")

    async def shut_down() -> None:
        await engine.dispose()
    ```

    Bad:

    A plain function cannot await, and a route that is one has nothing to return.

    ```python
    # file: app/users/router.py
    from fastapi import APIRouter

    router = APIRouter()

    async def load_user(user_id: int) -> dict[str, int]:
        return {"id": user_id}

    async def audit(event: str) -> None: ...

    @router.get("/users/{user_id}")
    def get_user(user_id: int) -> dict[str, int]:
        audit("read")  # <-
        return load_user(user_id)  # <-
    ```

    Good:

    The coroutine is handed to something that runs it.

    ```python
    import asyncio

    async def send(text: str) -> None: ...

    async def notify(texts: list[str]) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(send("first"))
        await asyncio.gather(*(send(text) for text in texts))
        task = asyncio.create_task(send("last"))
        await task

    def main() -> None:
        asyncio.run(notify([]))
    ```

    A decorator made a plain function of it.

    ```python
    from library import background

    @background
    async def send(text: str) -> None: ...

    def notify() -> None:
        send("Hello")
    ```

    Asynchronous generators and context managers are no coroutines, and a plain function may return
    one that its caller awaits.

    ```python
    from collections.abc import AsyncIterator, Awaitable

    class Feed:
        async def items(self) -> AsyncIterator[int]:
            yield 1

        async def close(self) -> None: ...

        def closing(self) -> Awaitable[None]:
            return self.close()

        def start(self) -> None:
            self.items()
    ```

    A test wants the call itself to fail.

    ```python
    import pytest

    async def find(user_id: int) -> None: ...

    def test_takes_no_name() -> None:
        with pytest.raises(TypeError):
            find(name="Ada")
    ```

    Which of the methods runs, a coroutine function or a plain one, depends on the object.

    ```python
    # file: app/emitters/base.py
    class Emitter:
        async def set_options(self, options: dict[str, str]) -> None: ...

    # file: app/emitters/web.py
    from app.emitters.base import Emitter

    class WebEmitter(Emitter):
        def set_options(self, options: dict[str, str]) -> None:
            self.options = options

    # file: app/chat.py
    from app.emitters.base import Emitter

    async def reset(emitter: Emitter) -> None:
        emitter.set_options({})
    ```

    A method of that name, of an object that is not known.

    ```python
    class Session:
        async def commit(self) -> None: ...

    def save(session) -> None:
        session.commit()
    ```
    """

    code = "HB074"
    level = Level.ESSENTIAL
    severity = Severity.ERROR

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report coroutines that a statement makes or uses as a value, or a plain route returns."""
        for scope in (file.outline, *file.outline.definitions):
            yield from _used_as_values(file, scope)
            for statement in statements_in(scope):
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                    if _makes_coroutine(file, statement.value, scope) and not _is_to_fail(
                        statement, scope
                    ):
                        yield _thrown_away(file, statement.value, scope)
        for route in routes_in(file.project, file.outline):
            handler = route.handler
            if handler is None or handler.is_async or handler.outline is not file.outline:
                continue
            for statement in statements_in(handler):
                if isinstance(statement, ast.Return) and isinstance(statement.value, ast.Call):
                    if _makes_coroutine(file, statement.value, handler):
                        name = file.code(statement.value.func)
                        yield Finding(
                            statement.value,
                            f"`{handler.name}` returns the coroutine of `{name}`: "
                            "make it an `async def` and await",
                        )
        for function in file.outline.definitions:
            if isinstance(function, FunctionScope) and not function.is_async:
                yield from _returned_as_value(file, function)


def _used_as_values(file: SourceFile, scope: Scope) -> Iterator[Finding]:
    """The coroutines that are taken for what they give once awaited."""
    seen: set[int] = set()
    for use in uses_in(scope):
        call = use.node
        if isinstance(call, ast.Call) and id(call) not in seen:
            if _makes_coroutine(file, call, use.scope):
                seen.add(id(call))
                is_plain = use.scope is scope and not use.needs_brackets
                yield _misused(file, call, use.what, scope, is_plain)
    for call, what in misused_names(scope):
        if _makes_coroutine(file, call, scope) and not _is_to_fail(call, scope):
            yield _misused(file, call, what, scope, True)


def _misused(file: SourceFile, call: ast.Call, what: str, scope: Scope, is_plain: bool) -> Finding:
    name = file.code(call.func)
    message = f"the coroutine of `{name}` {what}: write `await {name}(…)`"
    if not isinstance(scope, FunctionScope) or not scope.is_async:
        message = f"the coroutine of `{name}` {what}: await it, in an `async def`"
        return Finding(call, message)
    if not is_plain:
        return Finding(call, message)
    draft = Draft(file, "Await it", Applicability.UNSAFE)
    return Finding(call, message, (draft.insert(file.span(call).start, "await "),))


def _returned_as_value(file: SourceFile, function: FunctionScope) -> Iterator[Finding]:
    """The coroutines that a plain function returns though it promises a built-in value."""
    promised = function.node.returns
    if promised is None:
        return
    form = annotated_type(file.project, promised, function.parent or function)
    if form is None or form.name not in _PLAIN_TYPES:
        return
    for node in own_nodes(function, ast.Return):
        if isinstance(node.value, ast.Call) and _makes_coroutine(file, node.value, function):
            name = file.code(node.value.func)
            yield Finding(
                node.value,
                f"`{function.name}` returns the coroutine of `{name}`, no "
                f"`{form.name.rpartition('.')[2]}`: make it an `async def` and await",
            )


def _makes_coroutine(file: SourceFile, call: ast.Call, scope: Scope) -> bool:
    """Whether a call surely calls a coroutine function."""
    called = called_by(file.project, call, scope)
    if called is None:
        return False
    if isinstance(called.symbol, FunctionScope) and not called.symbol.is_async:
        return False
    found = type_of(file.project, call, scope)
    if found is None or found.name != COROUTINE:
        return False
    return not _may_be_plain(file.project, called.symbol)


def _is_to_fail(statement: ast.expr | ast.stmt, scope: Scope) -> bool:
    """Whether a test expects that the statement raises."""
    return any(
        around.lineno < statement.lineno <= (around.end_lineno or 0)
        for around in statements_in(scope)
        if isinstance(around, ast.With | ast.AsyncWith)
        for item in around.items
        if isinstance(item.context_expr, ast.Call)
        and ast.unparse(item.context_expr.func).endswith(_EXPECTATIONS)
    )


def _may_be_plain(project: Project, called: Symbol) -> bool:
    """Whether a subclass has a plain function in the place of a method."""
    if not isinstance(called, FunctionScope) or not isinstance(called.parent, ClassScope):
        return False
    for outline in project.mentioning(called.name):
        for class_ in outline.definitions:
            if isinstance(class_, ClassScope) and called.parent in project.ancestry(class_):
                method = class_.method(called.name)
                if method is not None and not method.is_async:
                    return True
    return False


def _thrown_away(file: SourceFile, call: ast.Call, scope: Scope) -> Finding:
    name = file.code(call.func)
    if not isinstance(scope, FunctionScope) or not scope.is_async:
        where = f"`{scope.name}`" if isinstance(scope, FunctionScope) else "this"
        return Finding(
            call,
            f"`{name}` is never awaited: await it in an `async def`, which {where} is not",
        )
    draft = Draft(file, "Await it").insert(file.span(call).start, "await ")
    return Finding(call, f"`{name}` is never awaited: write `await {name}(…)`", (draft,))
