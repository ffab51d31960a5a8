"""HB174."""

import ast
from collections.abc import Iterable, Iterator

from handbook.rule import FileRule, Finding, Option
from handbook.semantics.project import Project
from handbook.syntax.outline import ClassScope, FunctionScope, Outline, own_nodes
from handbook.syntax.source import SourceFile
from handbook.web.apps import apps_in
from handbook.web.embedding import is_embedded
from handbook.web.middleware import Middleware, is_handed_to_library
from handbook.web.middleware_stacks import middleware_of
from handbook.web.routers import Router

_SNIFFING = "x-content-type-options"
_FRAMING = ("x-frame-options", "frame-ancestors")
_OWN = ("fastapi.", "starlette.")
_TELLING = frozenset(
    {"secure", "security", "secweb", "helmet", "headers", "header", "csp", "hsts"}
)
"""Words in the names of functions that see to headers."""


class MissingSecurityHeaders(FileRule):
    """Nothing sets the security headers of an app.

    Browsers are trusting unless they are told not to be: they guess that an upload is a script, and
    let any page put the app into a frame and have it clicked on. Two headers end that for good, and
    cost nothing.

    Set `X-Content-Type-Options: nosniff` and `X-Frame-Options: DENY`, or a `Content-Security-Policy`
    with `frame-ancestors`, on every response, in a middleware. The rule looks at the middleware of an
    app and at the constants of its module. Where some middleware is a library's or is not known,
    nothing is reported. Set `headers = "proxy"` where a proxy sets them.

    Bad:

    ```python
    from fastapi import FastAPI

    app = FastAPI()  # <-
    ```

    Another middleware, and half of the headers.

    ```python
    from collections.abc import Awaitable, Callable

    from fastapi import FastAPI, Request, Response
    from starlette.middleware.gzip import GZipMiddleware


    def create_app() -> FastAPI:
        app = FastAPI()  # <-
        app.add_middleware(GZipMiddleware)

        @app.middleware("http")
        async def add_headers(
            request: Request, call_next: Callable[[Request], Awaitable[Response]]
        ) -> Response:
            response = await call_next(request)
            response.headers["X-Content-Type-Options"] = "nosniff"
            return response

        return app
    ```

    A middleware that no app has, and a loop that adds another one.

    ```python
    # file: app/middleware.py
    from starlette.types import ASGIApp


    class SecurityHeaders:
        headers = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"}

        def __init__(self, app: ASGIApp) -> None:
            self.app = app
    # file: app/main.py
    from fastapi import FastAPI
    from starlette.middleware import Middleware
    from starlette.middleware.gzip import GZipMiddleware

    app = FastAPI(title="Orders")  # <-
    for layer in [Middleware(GZipMiddleware)]:
        app.add_middleware(layer.cls, **layer.kwargs)
    ```

    Good:

    ```python
    from collections.abc import Awaitable, Callable

    from fastapi import FastAPI, Request, Response

    app = FastAPI()


    @app.middleware("http")
    async def add_headers(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        response = await call_next(request)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "frame-ancestors 'none'"
        return response
    ```

    Constants beside the class, in a module that gets the app.

    ```python
    # file: app/middleware.py
    from fastapi import FastAPI
    from starlette.types import ASGIApp

    HEADERS = {"x-content-type-options": "nosniff", "x-frame-options": "DENY"}


    class SecurityHeaders:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app


    def setup(app: FastAPI) -> None:
        app.add_middleware(SecurityHeaders)
    # file: app/main.py
    from fastapi import FastAPI

    from app.middleware import setup

    app = FastAPI()
    setup(app)
    ```

    In a list that the app is made with.

    ```python
    # file: app/middleware.py
    from starlette.middleware import Middleware
    from starlette.types import ASGIApp


    class SecurityHeaders:
        headers = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"}

        def __init__(self, app: ASGIApp) -> None:
            self.app = app


    LAYERS = [Middleware(SecurityHeaders)]
    # file: app/main.py
    from fastapi import FastAPI

    from app.middleware import LAYERS
    from app.plugins import load

    app = FastAPI(middleware=[*LAYERS])
    other = FastAPI(middleware=load())
    ```

    A library's middleware, a part of another app, an app of the tests.

    ```python
    # file: app/main.py
    from fastapi import FastAPI
    from secweb import SecWeb
    from shields import ShieldMiddleware

    admin = FastAPI()
    app = FastAPI()
    app.add_middleware(ShieldMiddleware)
    app.mount("/admin", admin)
    # file: tests/conftest.py
    from fastapi import FastAPI

    app = FastAPI()
    ```

    A proxy that does it.

    ```python
    # file: pyproject.toml
    [tool.handbook.rules.missing-security-headers]
    headers = "proxy"
    # file: app/main.py
    from fastapi import FastAPI

    app = FastAPI()
    ```
    """

    code = "HB174"
    headers = Option("app", "who sets the security headers", choices=("app", "proxy"))

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each app without security headers."""
        if self.headers == "proxy" or "test" in file.roles:
            return
        project = file.project
        for app in apps_in(project, file.outline):
            if app.call is None or is_embedded(project, app) or _may_have_more(project, app):
                continue
            outlines = {app.scope.outline.path: app.scope.outline}
            is_unclear = False
            for middleware in middleware_of(project, app):
                is_unclear |= _is_unclear(project, middleware)
                outlines |= {outline.path: outline for outline in _written_in(project, middleware)}
            if not is_unclear and not _set_headers(outlines.values()):
                message = (
                    "no security headers: set `X-Content-Type-Options` and `X-Frame-Options` "
                    "in a middleware"
                )
                yield Finding(app.call.func, message)


def _may_have_more(project: Project, app: Router) -> bool:
    """Whether an app may have middleware that is not to be seen, or a library that sees to it."""
    if app.class_ is not None or app.call is None:
        return True
    if any(word.arg is None for word in app.call.keywords):
        return True
    return is_handed_to_library(project, app, _TELLING)


def _is_unclear(project: Project, middleware: Middleware) -> bool:
    """Whether nobody can see what headers a middleware sets."""
    symbol = middleware.symbol
    if isinstance(symbol, ClassScope | FunctionScope):
        return False
    if symbol is None:
        return True
    name = symbol.qualified_name
    return not name.startswith(_OWN) or middleware.argument(project, "dispatch") is not None


def _written_in(project: Project, middleware: Middleware) -> Iterator[Outline]:
    """The modules in which a middleware of the project is written, with its parents."""
    symbol = middleware.symbol
    if isinstance(symbol, FunctionScope):
        yield symbol.outline
    elif isinstance(symbol, ClassScope):
        for base in project.ancestry(symbol):
            if isinstance(base, ClassScope):
                yield base.outline


def _set_headers(outlines: Iterable[Outline]) -> bool:
    """Whether the modules name both kinds of headers."""
    texts = {
        node.value.lower()
        for outline in outlines
        for scope in (outline, *outline.definitions)
        for node in own_nodes(scope, ast.Constant)
        if isinstance(node.value, str) and len(node.value) < 2000
    }
    return any(_SNIFFING in text for text in texts) and any(
        name in text for text in texts for name in _FRAMING
    )
