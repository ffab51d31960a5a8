"""HB174."""

import ast
from collections.abc import Iterable, Iterator

from handbook.knowledge.fastapi.middleware.middleware import Middleware, is_handed_to_library
from handbook.knowledge.fastapi.middleware.stack import middleware_of
from handbook.knowledge.fastapi.routing.apps import apps_in
from handbook.knowledge.fastapi.routing.mounted_apps import is_embedded
from handbook.knowledge.fastapi.routing.routers import Router
from handbook.python.project.project import Project, Symbol, Variable
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level, Option
from handbook.syntax.outline import Assigned, ClassScope, FunctionScope, Outline, Scope, own_nodes

_SNIFFING = "x-content-type-options"
_FRAMING = ("x-frame-options", "frame-ancestors")
_OWN = ("fastapi.", "starlette.")
_TELLING = frozenset(
    {"secure", "security", "secweb", "helmet", "headers", "header", "csp", "hsts"}
)
"""Words in the names of functions that see to headers."""
_LIBRARIES = frozenset({"secure", "secweb", "Secweb"})
_MOST_FOLLOWED = 20
"""How many functions and classes one middleware is followed to."""


class MissingSecurityHeaders(FileRule):
    """An app sets no security headers.

    Browsers are trusting unless they are told not to be: they guess that an upload is a script, and
    let any page put the app into a frame and have it clicked on. Two headers end that for good, and
    cost nothing.

    Set `X-Content-Type-Options: nosniff` and `X-Frame-Options: DENY`, or a `Content-Security-Policy`
    with `frame-ancestors`, on every response, in a middleware. The rule looks at the middleware of an
    app, and at the texts in its module and in those of what it uses. Where some middleware is a
    library's, uses one that is made for this, or is not known, nothing is reported. Set `headers = "proxy"` where a proxy sets them.

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
            self.headers = HEADERS


    def setup(app: FastAPI) -> None:
        app.add_middleware(SecurityHeaders)
    # file: app/main.py
    from fastapi import FastAPI

    from app.middleware import setup

    app = FastAPI()
    setup(app)
    ```

    In a function or a constant of another module, or in the raw headers of a message.

    ```python
    # file: app/headers.py
    from fastapi import Response

    from app.constants import SECURITY_HEADERS


    def harden(response: Response) -> None:
        response.headers.update(SECURITY_HEADERS)
    # file: app/constants.py
    SECURITY_HEADERS = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"}
    # file: app/middleware.py
    from collections.abc import Awaitable, Callable

    from fastapi import Request, Response

    from app.headers import harden


    async def add_headers(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        response = await call_next(request)
        harden(response)
        return response
    # file: app/raw.py
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


    class RawHeaders:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            async def send_hardened(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"].append((b"x-content-type-options", b"nosniff"))
                    message["headers"].append((b"x-frame-options", b"DENY"))
                await send(message)

            await self.app(scope, receive, send_hardened)
    # file: app/main.py
    from fastapi import FastAPI

    from app.middleware import add_headers
    from app.raw import RawHeaders

    app = FastAPI()
    app.middleware("http")(add_headers)

    other = FastAPI()
    other.add_middleware(RawHeaders)
    ```

    By a library that a middleware of the project's hands each response to.

    ```python
    from collections.abc import Awaitable, Callable

    import secure
    from fastapi import FastAPI, Request, Response

    SECURE_HEADERS = secure.Secure.with_default_headers()

    app = FastAPI()


    @app.middleware("http")
    async def add_headers(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        response = await call_next(request)
        await SECURE_HEADERS.set_headers_async(response)
        return response
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
    level = Level.STRICT
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
            texts = {*_texts(_beside(app))}
            is_unclear = False
            for middleware in middleware_of(project, app):
                is_unclear |= _is_unclear(project, middleware)
                parts = [*_written_in(project, middleware)]
                outlines |= {part.outline.path: part.outline for part in parts}
                texts |= {*_texts(_nodes_of(project, middleware, parts))}
            is_unclear |= any(map(_uses_library, outlines.values()))
            if not is_unclear and not _set_headers(texts):
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


def _beside(app: Router) -> Iterator[ast.AST]:
    """What runs where an app is made, and in functions there: no class, which may not be used."""
    yield from own_nodes(app.scope)
    for scope in app.scope.outline.definitions:
        if isinstance(scope, FunctionScope) and not isinstance(scope.parent, ClassScope):
            yield from own_nodes(scope)


def _nodes_of(
    project: Project, middleware: Middleware, parts: Iterable[Scope]
) -> Iterator[ast.AST]:
    """The code of a middleware, its arguments, and the variables that both refer to."""
    yield from ast.walk(middleware.call)
    queue: list[tuple[Scope, Iterable[ast.AST]]] = [(middleware.scope, ast.walk(middleware.call))]
    queue += [(part, own_nodes(part)) for part in parts]
    seen: set[tuple[Scope, str]] = set()
    for scope, nodes in queue:
        for node in nodes:
            yield node
            if not isinstance(node, ast.Name | ast.Attribute):
                continue
            used = project.resolve_expression(node, scope)
            if isinstance(used, Variable) and (used.scope, used.name) not in seen:
                seen.add((used.scope, used.name))
                queue += [
                    (used.scope, ast.walk(binding.value))
                    for binding in used.bindings
                    if isinstance(binding, Assigned) and binding.value is not None
                ]


def _written_in(project: Project, middleware: Middleware) -> Iterator[Scope]:
    """The scopes of a middleware of the project, of its parents, and of what it uses."""
    symbol = middleware.symbol
    parts: list[Symbol | None] = [symbol]
    if isinstance(symbol, ClassScope):
        parts = [*project.ancestry(symbol)]
    for part in parts:
        if not isinstance(part, ClassScope | FunctionScope):
            continue
        yield part
        for scope in part.outline.definitions:
            if part.node.lineno <= scope.node.lineno <= (part.node.end_lineno or 0):
                yield scope
                for used in _referred_to(project, scope):
                    if (
                        isinstance(used, FunctionScope | ClassScope)
                        and len(parts) < _MOST_FOLLOWED
                    ):
                        parts += [] if used in parts else [used]


def _referred_to(
    project: Project, scope: Scope
) -> Iterator[ClassScope | FunctionScope | Variable]:
    """The functions, classes and variables of the project that a scope refers to."""
    for node in own_nodes(scope):
        if isinstance(node, ast.Name | ast.Attribute):
            used = project.resolve_expression(node, scope)
            if isinstance(used, ClassScope | FunctionScope | Variable):
                yield used


def _uses_library(outline: Outline) -> bool:
    """Whether a module imports a library that sets the headers."""
    return any(word.target.partition(".")[0] in _LIBRARIES for word in outline.imports)


def _texts(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            if len(node.value) < 2000:
                yield str(node.value).lower()


def _set_headers(texts: Iterable[str]) -> bool:
    """Whether texts name both kinds of headers."""
    known = [*texts]
    return any(_SNIFFING in text for text in known) and any(
        name in text for text in known for name in _FRAMING
    )
