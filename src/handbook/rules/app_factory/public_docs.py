"""HB084."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.routing.apps import apps_in
from handbook.knowledge.fastapi.routing.routers import Router
from handbook.python.project.project import Project, Variable
from handbook.python.project.source import SourceFile
from handbook.python.values.values import values
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.outline import FunctionScope, own_nodes

_PAGES = ("docs_url", "redoc_url")
_SCHEMA = "openapi_url"


class PublicDocs(FileRule):
    """The documentation pages of an app are served in every environment.

    FastAPI serves `/docs`, `/redoc` and `/openapi.json` unless it is told otherwise. In production
    they are a map of every route, parameter and model, the internal ones too, and a form to try
    them out with.

    Make each URL depend on the environment, `None` in production:
    `docs_url="/docs" if settings.environment != "production" else None`. `openapi_url=None` takes
    both pages away; with the pages gone and the schema still there, the map is still there.
    An API whose documentation is meant to be public may say so with a suppression.

    Bad:

    ```python
    from fastapi import FastAPI

    app = FastAPI(title="Orders")  # <-
    ```

    One page is taken care of and the other is not, which is easy to overlook.

    ```python
    from fastapi import FastAPI

    from app.config import settings

    DOCS_URL = "/api/docs"


    def create_app() -> FastAPI:
        return FastAPI(docs_url="/docs" if settings.debug else None)  # <-


    def create_other_app() -> FastAPI:
        return FastAPI(docs_url=DOCS_URL, redoc_url=None)  # <-
    ```

    No pages, but the schema that they are made of.

    ```python
    # file: app/core/application.py
    from fastapi import FastAPI


    class Application(FastAPI):
        pass
    # file: app/main.py
    from app.config import settings
    from app.core.application import Application

    app = Application(  # <-
        docs_url=None if settings.is_production else "/docs",
        redoc_url=None,
        openapi_url="/schema.json",
    )
    ```

    A path that is put together is always one.

    ```python
    from fastapi import FastAPI

    from app.config import settings

    app = FastAPI(openapi_url=f"{settings.api_prefix}/openapi.json")  # <-
    ```

    Another app for production, which forgets a page.

    ```python
    from fastapi import FastAPI

    from app.config import settings

    if settings.debug:
        app = FastAPI(debug=True)
    else:
        app = FastAPI(docs_url=None)  # <-
    ```

    Good:

    ```python
    from fastapi import FastAPI

    from app.config import settings


    def create_app() -> FastAPI:
        return FastAPI(
            docs_url=None if settings.is_production else "/docs",
            redoc_url=None,
            openapi_url=None if settings.is_production else "/openapi.json",
        )
    ```

    No schema, so no pages.

    ```python
    from fastapi import FastAPI

    app = FastAPI(openapi_url=None)
    ```

    A value that the environment decides on, and arguments that are not to be seen.

    ```python
    import os
    from typing import Any

    from fastapi import FastAPI
    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        openapi_url: str | None = "/openapi.json"
        fastapi_options: dict[str, Any] = {}


    settings = Settings()
    first = FastAPI(openapi_url=settings.openapi_url)
    second = FastAPI(openapi_url=os.getenv("OPENAPI_URL", ""))
    third = FastAPI(**settings.fastapi_options)
    ```

    An app that only tests use.

    ```python
    # file: tests/conftest.py
    from fastapi import FastAPI

    app = FastAPI()
    ```
    """

    code = "HB084"
    level = Level.STRICT

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each app with documentation that is always public."""
        if "test" in file.roles:
            return
        made = apps_in(file.project, file.outline)
        for app in made:
            public = [*_public(file.project, app)]
            if app.call is not None and public and not _is_choice(file.project, app, made):
                what = " and ".join(f"`{name}`" for name in public)
                verb, them = ("stays", "it") if len(public) == 1 else ("stay", "them")
                message = f"{what} {verb} on in production: make {them} `None` there"
                yield Finding(app.call.func, message)


def _is_choice(project: Project, app: Router, made: list[Router]) -> bool:
    """Whether the other branch of an `if` makes an app that shows less in the place of this one."""
    shown = {*_public(project, app)}
    for node in own_nodes(app.scope, ast.If) if len(made) > 1 else ():
        for mine, theirs in ((node.body, node.orelse), (node.orelse, node.body)):
            if _holds(mine, app) and any(
                _holds(theirs, other) and {*_public(project, other)} < shown for other in made
            ):
                return True
    return False


def _holds(body: list[ast.stmt], app: Router) -> bool:
    return any(node is app.call for statement in body for node in ast.walk(statement))


def _public(project: Project, app: Router) -> Iterator[str]:
    """Which of an app's pages are surely served, whatever the environment."""
    if app.call is None or any(word.arg is None for word in app.call.keywords):
        return
    if app.class_ is not None and project.owner(app.class_, "__init__") is not None:
        return
    if _is_public(project, app, _SCHEMA):
        pages = [page for page in _PAGES if _is_public(project, app, page)]
        yield from pages or [_SCHEMA]


def _is_public(project: Project, app: Router, name: str) -> bool:
    """Whether an argument is left to its default, or is a text that nothing decides on."""
    given = app.argument(name)
    if given is None:
        return True
    found = values(project, given, app.scope)
    return (
        bool(found)
        and not _is_setting(project, given, app)
        and all(_is_text(value.node) for value in found or ())
    )


def _is_text(node: ast.expr) -> bool:
    """Whether a value is a text with something in it, whatever else is put into it."""
    match node:
        case ast.Constant(value=value):
            return bool(value)
        case ast.JoinedStr(values=parts):
            return any(isinstance(part, ast.Constant) and bool(part.value) for part in parts)
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return _is_text(left) or _is_text(right)
    return False


def _is_setting(project: Project, node: ast.expr, app: Router) -> bool:
    """Whether a value is read from an object, whose default only counts where nothing is set."""
    if isinstance(node, ast.Call):
        return True
    if not isinstance(node, ast.Attribute):
        return False
    symbol = project.resolve_expression(node, app.scope)
    return not isinstance(symbol, Variable) or isinstance(symbol.scope, FunctionScope)
