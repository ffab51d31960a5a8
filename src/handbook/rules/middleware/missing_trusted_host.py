"""HB125."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.middleware.environments import is_about_environment
from handbook.knowledge.fastapi.middleware.middleware import Middleware, class_argument
from handbook.knowledge.fastapi.middleware.stack import middleware_of
from handbook.knowledge.fastapi.routing.apps import apps_in
from handbook.knowledge.fastapi.routing.mounted_apps import is_embedded
from handbook.knowledge.fastapi.routing.routers import Router
from handbook.knowledge.vocabulary import TRUSTED_HOST_MIDDLEWARE
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.values.strings import possible_items, possible_texts
from handbook.rulebook.rule import FileRule, Finding, Level, Option
from handbook.syntax.outline import ClassScope, FunctionScope, Imported
from handbook.violation import Related


class MissingTrustedHost(FileRule):
    """An app accepts requests for any host.

    The `Host` header is whatever the client writes. An app that does not check it builds links from
    it, in redirects, e-mails and cached pages, that lead to a place of the client's choice, and a
    page on the web can reach it under a name that it has pointed at the address of a private network.

    Add `TrustedHostMiddleware` with the hosts that the app is served under. A list that is only
    ever `["*"]`, by a default for one, allows everything and counts as none. Parts of another app
    (`mount`) are behind its middleware. Where a proxy in front refuses foreign hosts, set
    `hosts = "proxy"`.

    Bad:

    ```python
    from fastapi import FastAPI

    app = FastAPI(title="Orders")  # <-
    ```

    Other middleware, and a second app that has it.

    ```python
    from fastapi import FastAPI
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    api = FastAPI()  # <-
    api.add_middleware(GZipMiddleware)

    site = FastAPI()
    site.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.example.com"])
    ```

    A check that lets everyone in, by the default of a setting.

    ```python
    # file: app/config.py
    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        allowed_hosts: list[str] = ["*"]


    settings = Settings()
    # file: app/main.py
    from fastapi import FastAPI
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from app.config import settings


    def create_app() -> FastAPI:
        app = FastAPI()  # <-
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.allowed_hosts)
        return app
    ```

    A list that had it: all that a loop adds can be seen, whoever builds the list.

    ```python
    # file: app/middleware.py
    from starlette.middleware import Middleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware


    def build_middleware(zips: bool) -> list[Middleware]:
        found = []
        if zips:
            found.append(Middleware(GZipMiddleware))
        return found
    # file: app/main.py
    from fastapi import FastAPI

    from app.middleware import build_middleware

    app = FastAPI()  # <-
    for layer in reversed(build_middleware(True)):
        app.add_middleware(layer.cls, *layer.args, **layer.kwargs)
    ```

    Good:

    ```python
    from fastapi import FastAPI
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    app = FastAPI()
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.example.com"])
    ```

    In another module, in a function that is handed the app, one of a list.

    ```python
    # file: app/middleware.py
    import os

    from fastapi import FastAPI
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    HOSTS = os.environ["HOSTS"].split(",")


    def build_middleware() -> list[Middleware]:
        return [Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)]


    def setup_middleware(app: FastAPI) -> None:
        for middleware in reversed(build_middleware()):
            app.add_middleware(middleware.cls, *middleware.args, **middleware.kwargs)
    # file: app/main.py
    from fastapi import FastAPI

    from app.middleware import setup_middleware

    app = FastAPI()
    setup_middleware(app)
    ```

    There at times, and there perhaps: a list that is filled elsewhere.

    ```python
    import os

    from fastapi import FastAPI
    from plugins import fill
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    layers = []
    if "HOSTS" in os.environ:
        hosts = os.environ["HOSTS"].split(",")
        layers.append((TrustedHostMiddleware, {"allowed_hosts": hosts}))

    app = FastAPI()
    for cls, options in layers:
        app.add_middleware(cls, **options)

    filled: list[Middleware] = []
    fill(filled)
    other = FastAPI(middleware=filled)
    ```

    A star for development, and a list that is only known where the app runs.

    ```python
    # file: app/config.py
    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        debug: bool = False
        hosts: list[str]


    settings = Settings()
    # file: app/main.py
    from fastapi import FastAPI
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from app.config import settings

    app = FastAPI()
    app.add_middleware(
        TrustedHostMiddleware, allowed_hosts=["*"] if settings.debug else settings.hosts
    )
    ```

    A check of the project's own, which goes by the same name.

    ```python
    from fastapi import FastAPI
    from starlette.middleware.base import BaseHTTPMiddleware


    class TrustedHostMiddleware(BaseHTTPMiddleware):
        def __init__(self, app: FastAPI, allowed_hosts: list[str]) -> None:
            super().__init__(app)
            self.allowed_hosts = allowed_hosts


    app = FastAPI()
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.example.com"])
    ```

    A server whose users hand in what is to stand around it:

    ```python
    from fastapi import FastAPI
    from starlette.middleware import Middleware


    class Server:
        def __init__(self, middlewares: list[tuple[type, dict[str, object]]]) -> None:
            self.app = FastAPI()
            for layer in middlewares:
                cls, options = layer
                self.app.add_middleware(cls, **options)


    def build_app(layers: list[Middleware]) -> FastAPI:
        app = FastAPI()
        for layer in layers:
            app.add_middleware(layer.cls, *layer.args, **layer.kwargs)
        return app
    ```

    A part of another app, and an app that only tests use.

    ```python
    # file: app/main.py
    from fastapi import FastAPI
    from fastapi.middleware.trustedhost import TrustedHostMiddleware

    admin = FastAPI()
    app = FastAPI()
    app.mount("/admin", admin)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.example.com"])
    # file: tests/conftest.py
    from fastapi import FastAPI

    app = FastAPI()
    ```

    A proxy that does it.

    ```python
    # file: pyproject.toml
    [tool.handbook.rules.missing-trusted-host]
    hosts = "proxy"
    # file: app/main.py
    from fastapi import FastAPI

    app = FastAPI()
    ```
    """

    code = "HB125"
    level = Level.STRICT
    hosts = Option("app", "who refuses requests for foreign hosts", choices=("app", "proxy"))

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each app without a check of the host."""
        if self.hosts == "proxy" or "test" in file.roles:
            return
        project = file.project
        for app in apps_in(project, file.outline):
            if app.call is None or is_embedded(project, app):
                continue
            checks = [found for found in middleware_of(project, app) if _checks(project, found)]
            if not checks and not _may_have_more(project, app):
                message = "the app accepts any host: add `TrustedHostMiddleware`"
                yield Finding(app.call.func, message)
            elif checks and all(_lets_all_in(project, found) for found in checks):
                message = "the app accepts any host: `allowed_hosts` is `*`; list the hosts"
                yield Finding(app.call.func, message, related=_related(file, checks))


def _related(file: SourceFile, checks: list[Middleware]) -> list[Related]:
    return [
        Related(file.path, file.span(found.call), "this check accepts every host")
        for found in checks
        if found.outline is file.outline
    ]


def _checks(project: Project, middleware: Middleware) -> bool:
    symbol = middleware.symbol
    if isinstance(symbol, ClassScope):
        return "TrustedHost" in symbol.name or project.reaches(symbol, TRUSTED_HOST_MIDDLEWARE)
    return symbol is not None and symbol.qualified_name in TRUSTED_HOST_MIDDLEWARE


def _lets_all_in(project: Project, middleware: Middleware) -> bool:
    """Whether what is known of the hosts is the star and nothing else, in all environments."""
    argument = middleware.argument(project, "allowed_hosts", 0)
    if argument is None:
        return not middleware.has_hidden_arguments
    items = [*possible_items(project, argument.value)]
    if any(is_about_environment(condition) for item in items for condition in item.conditions):
        return False
    texts = [
        text for item in items for text, _ in [*possible_texts(project, item), ("", item)][:1]
    ]
    return bool(texts) and set(texts) == {"*"}


def _may_have_more(project: Project, app: Router) -> bool:
    """Whether the app may have a check that is not to be seen."""
    around = middleware_of(project, app)
    if any(_is_handed_in(found) for found in around):
        return True
    is_unclear = (
        app.class_ is not None
        or app.call is None
        or any(word.arg is None for word in app.call.keywords)
        or any(found.symbol is None for found in around)
    )
    return is_unclear and _is_mentioned(project)


def _is_handed_in(middleware: Middleware) -> bool:
    """Whether a class of middleware is only known to those who call the function that adds it."""
    given = class_argument(middleware.call) if middleware.manner == "added" else None
    while isinstance(given, ast.Attribute | ast.Subscript):
        given = given.value
    if middleware.symbol is not None or not isinstance(given, ast.Name):
        return False
    found = middleware.scope.lookup(given.id)
    return (
        found is not None
        and isinstance(found[0], FunctionScope)
        and not any(isinstance(bound, Imported | ClassScope) for bound in found[1])
    )


def _is_mentioned(project: Project) -> bool:
    return any(
        "test" not in project.roles(outline)
        for outline in project.mentioning(*TRUSTED_HOST_MIDDLEWARE.words)
    )
