"""HB081."""

import ast
from collections.abc import Iterator, Sequence

from handbook.fixes.calls import append_keyword
from handbook.knowledge.fastapi.middleware.lifespan_events import (
    WORDS,
    Event,
    all_events,
    events_in,
    makers_of,
)
from handbook.knowledge.fastapi.routing.routers import Router
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Draft, FileRule, Finding
from handbook.syntax.control_flow import conditions
from handbook.syntax.outline import FunctionScope
from handbook.syntax.text import newline_of
from handbook.violation import Applicability, Position, Severity, Span, Tag

_LIFESPAN = "lifespan"


class OnEvent(FileRule):
    """A deprecated start-up or shutdown event is used instead of a lifespan.

    `on_event`, `add_event_handler`, `on_startup=` and `on_shutdown=` are deprecated. They tear apart
    what belongs together: one function opens a pool and another one, somewhere else, closes it, and
    they can only share it through a global. And they are fragile: an app that is also given a
    `lifespan` ignores all of them without a word, which is reported as an error.

    Write one `lifespan`: an async context manager that opens before its `yield` and closes after
    it, and hand it to the app. The fix writes one where an app has one function for start-up, or
    one for shutdown, or both. It is unsafe because tests that talk to the app without running its
    lifespan may have relied on the old order of things.

    Bad:

    ```python
    from fastapi import FastAPI

    from app.database import database

    app = FastAPI(title="Orders")


    @app.on_event("startup")  # <-
    async def connect() -> None:
        await database.connect()


    @app.on_event("shutdown")  # <-
    async def disconnect() -> None:
        await database.disconnect()
    ```

    Fixed:

    ```python
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager

    from fastapi import FastAPI

    from app.database import database


    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await connect()
        yield
        await disconnect()


    app = FastAPI(title="Orders", lifespan=lifespan)


    async def connect() -> None:
        await database.connect()


    async def disconnect() -> None:
        await database.disconnect()
    ```

    Bad:

    In a factory, by a call, with a function that is not a coroutine.

    ```python
    from fastapi import FastAPI


    def create_app() -> FastAPI:
        # The one and only app.
        app = FastAPI()

        def warm_up() -> None:
            print("warm")

        app.add_event_handler("startup", warm_up)  # <-
        return app
    ```

    Fixed:

    ```python
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager

    from fastapi import FastAPI


    def create_app() -> FastAPI:
        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            warm_up()
            yield

        # The one and only app.
        app = FastAPI(lifespan=lifespan)

        def warm_up() -> None:
            print("warm")

        return app
    ```

    Bad:

    Several functions, a router, and functions that are handed the app.

    ```python
    # file: app/main.py
    from fastapi import APIRouter, FastAPI

    from app.startup import register

    router = APIRouter()


    @router.on_event("startup")  # <-
    async def load_rules() -> None: ...


    async def connect() -> None: ...


    async def migrate() -> None: ...


    app = FastAPI(
        on_startup=[connect, migrate],  # <-
    )
    app.include_router(router)
    register(app)
    # file: app/startup.py
    from fastapi import FastAPI


    def register(app: FastAPI) -> None:
        @app.on_event(event_type="shutdown")  # <-
        def stop() -> None: ...

        app.router.add_event_handler("startup", lambda: None)  # <-
    ```

    Functions that never run, for the app has a lifespan too.

    ```python
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager

    from fastapi import FastAPI


    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield


    app = FastAPI(lifespan=lifespan)


    @app.on_event("startup")  # <-
    async def connect() -> None: ...
    ```

    Good:

    ```python
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager

    from fastapi import FastAPI

    from app.database import database


    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await database.connect()
        yield
        await database.disconnect()


    app = FastAPI(lifespan=lifespan)
    ```

    Events of other things.

    ```python
    from typing import Any

    from observers import Observer
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    observer = Observer()


    @observer.on_event("startup")
    async def note() -> None: ...


    @event.listens_for(Engine, "connect")
    def set_pragma(connection: Any, record: Any) -> None: ...
    ```

    A class of the project that has such methods itself.

    ```python
    from collections.abc import Callable


    class Bus:
        def on_event(self, name: str) -> Callable[..., None]:
            return print

        def add_event_handler(self, name: str, handler: Callable[..., None]) -> None: ...


    app = Bus()
    app.add_event_handler("startup", print)


    @app.on_event("startup")
    def greet() -> None: ...
    ```
    """

    code = "HB081"
    tag = Tag.DEPRECATED
    needs = WORDS

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each function that is registered for start-up or shutdown."""
        drafts: dict[tuple[str, str], Sequence[Draft]] = {}
        for event in events_in(file.project, file.outline):
            key = event.router.key
            if key not in drafts:
                drafts[key] = [*_lifespan(file, event.router)]
            if _is_dead(file, event):
                message = (
                    f"this {event.kind} function never runs, because the app has a `lifespan`: "
                    "call it there"
                )
                yield Finding(event.place, message, severity=Severity.ERROR)
                continue
            message = f"`{event.spelling}` is deprecated: use a `lifespan`"
            yield Finding(event.place, message, drafts[key])


def _is_dead(file: SourceFile, event: Event) -> bool:
    """Whether an app surely has a lifespan, and so ignores what is registered on it."""
    if not event.router.is_app:
        return False
    makers = makers_of(file.project, event.router)
    return bool(makers) and all(_has_lifespan(app) for app in makers)


def _has_lifespan(app: Router) -> bool:
    given = app.argument(_LIFESPAN)
    return given is not None and not (isinstance(given, ast.Constant) and given.value is None)


def _lifespan(file: SourceFile, app: Router) -> Iterator[Draft]:
    """The fix: a lifespan that calls the functions which an app has registered."""
    events = [
        event for event in all_events(file.project) if _may_concern(file, event.router, app)
    ] or [event for event in events_in(file.project, file.outline) if event.router.key == app.key]
    call = app.call
    if call is None or not app.is_app or app.class_ is not None or app.path != file.outline.path:
        return
    if any(word.arg in (None, _LIFESPAN) for word in call.keywords):
        return
    kinds = [event.kind for event in events]
    if len(set(kinds)) != len(kinds) or app.scope.lookup(_LIFESPAN) is not None:
        return
    statement = _statement_of(app)
    if statement is None or not all(_is_plain(event, app) for event in events):
        return
    draft = Draft(file, "Write a `lifespan`", Applicability.UNSAFE)
    _insert_function(draft, app, statement, events)
    _hand_over(draft, call)
    for event in events:
        _remove(draft, event)
    yield draft


def _may_concern(file: SourceFile, router: Router, app: Router) -> bool:
    """Whether what is registered on `router` may run when `app` starts."""
    if router.key == app.key:
        return True
    return not router.is_app or app.key in {maker.key for maker in makers_of(file.project, router)}


def _is_plain(event: Event, app: Router) -> bool:
    """Whether an event is registered beside the app, and its function needs nothing."""
    handler = event.handler
    return (
        event.scope is app.scope
        and event.router.key == app.key
        and handler is not None
        and len(handler.node.decorator_list) == event.is_decorator
        and not any(True for _ in handler.parameters)
        and handler.parent is app.scope
        and len(app.scope.bindings.get(handler.name, ())) == 1
        and not conditions(event.scope, event.place)
        and (event.is_decorator or _statement_with(event) is not None)
    )


def _statement_of(app: Router) -> ast.stmt | None:
    """The `app = FastAPI(…)` that makes an app."""
    for node in app.scope.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is app.call:
            return node
    return None


def _statement_with(event: Event) -> ast.stmt | ast.keyword | None:
    """What is to be taken away for an event that no decorator registers."""
    if isinstance(event.place, ast.keyword):
        return event.place
    for node in event.scope.body:
        if isinstance(node, ast.Expr) and node.value is event.place:
            return node
    return None


def _insert_function(
    draft: Draft, app: Router, statement: ast.stmt, events: Sequence[Event]
) -> None:
    file = draft.file
    line = statement.lineno
    indentation = file.lines[line - 1][: statement.col_offset]
    if indentation.strip():
        draft.give_up()
        return
    while file.lines[line - 2].startswith(f"{indentation}#"):
        # What is said about the app goes on standing above it.
        line -= 1
    place = Span(Position(line, 0), Position(line, 0))
    manager = draft.use("contextlib.asynccontextmanager", place, scope=app.scope)
    fastapi = draft.use("fastapi.FastAPI", place, scope=app.scope)
    iterator = draft.use(
        "collections.abc.AsyncIterator", place, scope=app.scope, also=["typing.AsyncIterator"]
    )
    calls = {event.kind: _call(event.handler) for event in events if event.handler is not None}
    parts = [calls.get("startup"), "yield", calls.get("shutdown")]
    text = [
        f"@{manager}",
        f"async def {_LIFESPAN}(app: {fastapi}) -> {iterator}[None]:",
        *(f"    {part}" for part in parts if part is not None),
    ]
    is_module = app.scope.parent is None
    above = 0
    while line - above > 1 and not file.lines[line - above - 2].strip():
        above += 1
    missing = max(0, 2 - above) if is_module and line - above > 1 else 0
    lines = [""] * missing + [indentation + row for row in text] + [""] * (2 if is_module else 1)
    newline = newline_of(file.lines)
    draft.insert(place.start, "".join(f"{row}{newline}" for row in lines))


def _call(handler: FunctionScope) -> str:
    return f"await {handler.name}()" if handler.is_async else f"{handler.name}()"


def _hand_over(draft: Draft, call: ast.Call) -> None:
    """Put `lifespan=lifespan` into the call, in place of the old arguments where it has some."""
    file = draft.file
    text = f"{_LIFESPAN}={_LIFESPAN}"
    old = [word for word in call.keywords if word.arg in ("on_startup", "on_shutdown")]
    others = [*call.args, *(word for word in call.keywords if word not in old)]
    if old:
        draft.replace(old[0], text)
        for word in old[1:]:
            index = call.keywords.index(word)
            before = file.span(call.keywords[index - 1]).end
            draft.delete(Span(before, file.span(word).end))
    elif others:
        append_keyword(draft, call, text)
    else:
        end = file.span(call).end
        draft.insert(Position(end.line, end.column - 1), text)


def _remove(draft: Draft, event: Event) -> None:
    """Take away what registers a function."""
    statement = _statement_with(event)
    if isinstance(statement, ast.stmt):
        draft.remove_statement(statement)
    elif event.is_decorator and event.handler is not None:
        start, end = event.place.lineno, event.handler.node.lineno
        draft.delete(Span(Position(start, 0), Position(end, 0)))
