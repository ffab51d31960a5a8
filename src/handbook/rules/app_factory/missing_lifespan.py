"""HB083."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.middleware.lifespan_events import all_events
from handbook.knowledge.fastapi.middleware.middleware import names_of
from handbook.knowledge.fastapi.routing.apps import apps_in
from handbook.knowledge.fastapi.routing.mounted_apps import is_embedded
from handbook.knowledge.fastapi.routing.routers import Router, router_of
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.outline import Outline, own_nodes
from handbook.violation import Severity

_CONTEXT = "lifespan_context"
"""The attribute of an app's router that holds its lifespan."""


class MissingLifespan(FileRule):
    """An app has no lifespan.

    What is opened on import is never closed: connection pools end with the process, in the middle
    of what they were doing, and a configuration that cannot work is noticed by the first user
    instead of by the one who deploys. A lifespan is the place for both ends, and an app that has
    one from the start has a place for the next resource.

    Write an async context manager that opens before its `yield` and closes after it, and hand it
    over: `FastAPI(lifespan=lifespan)`. Parts of another app (`mount`) are left out, because their
    lifespan does not run. An app with `on_event` functions is reported by HB081.

    Bad:

    ```python
    from fastapi import FastAPI


    def create_app() -> FastAPI:
        return FastAPI(title="Orders")  # <-
    ```

    `None` is no lifespan, by whatever name the class goes.

    ```python
    import fastapi as web

    app = web.FastAPI(title="Orders", lifespan=None)  # <-
    ```

    A class of the project that adds nothing to the constructor.

    ```python
    # file: app/core/application.py
    from fastapi import FastAPI


    class Application(FastAPI):
        title: str = "Orders"
    # file: app/main.py
    from app.core.application import Application


    def create_app() -> Application:
        app = Application()  # <-
        return app
    ```

    Good:

    ```python
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager

    from fastapi import FastAPI

    from app.database import engine


    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()


    def create_app() -> FastAPI:
        return FastAPI(lifespan=lifespan)
    ```

    A lifespan that may be among arguments that are not to be seen, or that is set later.

    ```python
    from typing import Any

    from fastapi import FastAPI


    def create_app(**options: Any) -> FastAPI:
        return FastAPI(**options)


    def create_other_app(lifespan: Any) -> FastAPI:
        app = FastAPI()
        app.router.lifespan_context = lifespan
        return app
    ```

    An app that another module gives its lifespan.

    ```python
    # file: app/main.py
    from fastapi import FastAPI


    def create_app() -> FastAPI:
        return FastAPI()
    # file: app/serve.py
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager

    from fastapi import FastAPI

    from app.main import create_app


    def report_readiness(app: FastAPI) -> None:
        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            print("ready")
            yield

        app.router.lifespan_context = lifespan


    def make_app() -> FastAPI:
        app = create_app()
        report_readiness(app)
        return app
    ```

    One that is given its lifespan by the function that asked for it.

    ```python
    # file: app/factory.py
    from fastapi import FastAPI


    def build_app() -> FastAPI:
        return FastAPI()
    # file: app/main.py
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager

    from fastapi import FastAPI

    from app.factory import build_app


    def create_app() -> FastAPI:
        app = build_app()

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            yield

        app.router.lifespan_context = lifespan
        return app
    ```

    A part of another app, and an app that only tests use.

    ```python
    # file: app/main.py
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager

    from fastapi import FastAPI


    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield


    admin = FastAPI()
    app = FastAPI(lifespan=lifespan)
    app.mount("/admin", admin)
    # file: tests/test_app.py
    from fastapi import FastAPI

    app = FastAPI()
    ```
    """

    code = "HB083"
    level = Level.STRICT
    severity = Severity.INFO

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each app without a lifespan."""
        if "test" in file.roles:
            return
        for app in apps_in(file.project, file.outline):
            if app.call is not None and _has_none(file.project, app):
                message = (
                    "the app has no lifespan: pass `lifespan=` to open and close its resources"
                )
                yield Finding(app.call.func, message)


def _has_none(project: Project, app: Router) -> bool:
    """Whether an app surely has no lifespan, needs its own, and nothing in the place of one."""
    given = app.argument("lifespan")
    if given is not None and not (isinstance(given, ast.Constant) and given.value is None):
        return False
    if app.call is None or any(word.arg is None for word in app.call.keywords):
        return False
    if app.class_ is not None and project.owner(app.class_, "__init__") is not None:
        return False
    if is_embedded(project, app):
        return False
    names = names_of(project, app)
    return not _is_set_later(project, names) and not any(
        event.router.key in names for event in all_events(project)
    )


def _is_set_later(project: Project, names: set[tuple[str, str]]) -> bool:
    """Whether a module sets a lifespan on what is made already: on this app, or one it may be."""
    paths = {path for path, _ in names}
    return any(
        outline.path in paths or _sets(project, outline, names)
        for outline in project.mentioning(_CONTEXT, without="test")
    )


def _sets(project: Project, outline: Outline, names: set[tuple[str, str]]) -> bool:
    for scope in outline.scopes_with({_CONTEXT}):
        for node in own_nodes(scope, ast.Attribute):
            match node:
                case ast.Attribute(attr=attr, value=ast.Attribute(value=app)) if attr == _CONTEXT:
                    found = router_of(project, app, scope)
                    if found is not None and found.key in names:
                        return True
    return False
