"""HB124."""

import ast
from collections.abc import Iterator

from handbook.rule import FileRule, Finding
from handbook.semantics.flow import conditions
from handbook.syntax.source import SourceFile
from handbook.violation import Related
from handbook.web.cors import SCREEN
from handbook.web.middleware import Middleware, lists_in, middleware_in
from handbook.web.vocabulary import CORS_MIDDLEWARE


class CorsNotOutermost(FileRule):
    """`CORSMiddleware` is not the outermost middleware.

    What stands outside of it may answer by itself: a rate limiter with 429, a host check with 400,
    a middleware that catches an error with 500. Those answers leave without CORS headers, so the
    browser hides them from the frontend, and all that its developers see is a CORS error that is
    none.

    `add_middleware` puts each middleware around those before it, the last one outermost: add
    `CORSMiddleware` last. `@app.middleware("http")` adds one too, when its line is reached. In
    `middleware=[...]` it is the other way round: the first is the outermost. Only what one function
    or module adds to one app is compared.

    Bad:

    ```python
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware
    from starlette.middleware.gzip import GZipMiddleware

    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example.com"])  # <-
    app.add_middleware(GZipMiddleware)
    ```

    Before a function that becomes a middleware, in a function that is handed the app.

    ```python
    from collections.abc import Awaitable, Callable

    from fastapi import FastAPI, Request, Response
    from starlette.middleware.cors import CORSMiddleware as Cors


    def setup_middleware(app: FastAPI) -> None:
        app.add_middleware(  # <-
            Cors,
            allow_origins=["https://shop.example.com"],
        )

        @app.middleware("http")
        async def limit_rate(
            request: Request, call_next: Callable[[Request], Awaitable[Response]]
        ) -> Response:
            return await call_next(request)
    ```

    Not the first of a list, also where the list has a name.

    ```python
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    stack = [
        Middleware(TrustedHostMiddleware, allowed_hosts=["shop.example.com"]),
        Middleware(CORSMiddleware, allow_origins=["https://shop.example.com"]),  # <-
    ]
    app = FastAPI(middleware=stack)
    ```

    Good:

    ```python
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware
    from starlette.middleware.gzip import GZipMiddleware

    app = FastAPI()
    app.add_middleware(GZipMiddleware)
    app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example.com"])
    ```

    The first of a list, and a list that is added from its end.

    ```python
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware
    from starlette.middleware import Middleware
    from starlette.middleware.gzip import GZipMiddleware


    def build_middleware() -> list[Middleware]:
        return [
            Middleware(CORSMiddleware, allow_origins=["https://shop.example.com"]),
            Middleware(GZipMiddleware),
        ]


    app = FastAPI(middleware=build_middleware())

    other = FastAPI()
    for layer in reversed(build_middleware()):
        other.add_middleware(layer.cls, *layer.args, **layer.kwargs)
    ```

    Two apps, and two ways of which only one is gone.

    ```python
    import os

    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware
    from starlette.middleware.gzip import GZipMiddleware

    api = FastAPI()
    api.add_middleware(CORSMiddleware, allow_origins=["https://shop.example.com"])

    site = FastAPI()
    site.add_middleware(GZipMiddleware)

    app = FastAPI()
    if os.getenv("PUBLIC"):
        app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example.com"])
    else:
        app.add_middleware(GZipMiddleware)
    ```
    """

    code = "HB124"
    needs = SCREEN

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each `CORSMiddleware` that another middleware surrounds."""
        found = middleware_in(file.project, file.outline)
        for middleware in found:
            if middleware.manner == "added" and middleware.is_a(file.project, CORS_MIDDLEWARE):
                outer = next((other for other in found if _surrounds(other, middleware)), None)
                if outer is not None:
                    yield _finding(file, middleware, outer, "add `CORSMiddleware` last")
        for items in lists_in(file.project, file.outline, found):
            for index, middleware in enumerate(items):
                if index and middleware.is_a(file.project, CORS_MIDDLEWARE):
                    yield _finding(
                        file, middleware, items[index - 1], "list `CORSMiddleware` first"
                    )


def _finding(file: SourceFile, cors: Middleware, outer: Middleware, advice: str) -> Finding:
    name = outer.symbol.qualified_name.rpartition(".")[2] if outer.symbol is not None else ""
    what = f"`{name}`" if name else "another middleware"
    message = f"{what} stands around `CORSMiddleware`: what it answers itself has no CORS headers; {advice}"
    related = Related(file.path, file.span(outer.call), f"{what} is added here")
    return Finding(cors.call, message, related=[related])


def _surrounds(other: Middleware, cors: Middleware) -> bool:
    """Whether the same function or module surely adds another middleware to the app later on."""
    if other.manner not in ("added", "decorated") or other.scope is not cors.scope:
        return False
    if other.receiver is None or cors.receiver is None:
        return False
    if ast.dump(other.receiver) != ast.dump(cors.receiver):
        return False
    if (other.call.lineno, other.call.col_offset) <= (cors.call.lineno, cors.call.col_offset):
        return False
    mine, its = conditions(cors.scope, cors.call), conditions(other.scope, other.call)
    return not any(one.contradicts(another) for one in mine for another in its)
