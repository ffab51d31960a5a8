"""HB124."""

from collections.abc import Iterator

from handbook.knowledge.fastapi.middleware.cors import SCREEN
from handbook.knowledge.fastapi.middleware.stack import Layer, layers_around
from handbook.knowledge.vocabulary import CORS_MIDDLEWARE
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding
from handbook.syntax.names import words_of
from handbook.violation import Related


class CorsNotOutermost(FileRule):
    """`CORSMiddleware` is not the outermost middleware.

    What stands outside of it may answer by itself: a rate limiter with 429, a host check with 400,
    a middleware that catches an error with 500. Those answers leave without CORS headers, so the
    browser hides them from the frontend, and all that its developers see is a CORS error that is
    none.

    `add_middleware` puts each middleware around those before it, the last one outermost: add
    `CORSMiddleware` last. `@app.middleware("http")` adds one too, when its line is reached. In
    `middleware=[...]` it is the other way round: the first is the outermost. Only what one function
    or module adds to one app is compared, one by one, in a loop or as a list.

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

    The first in a loop becomes the innermost, and a list that an app is made with stays inside of
    what is added.

    ```python
    # file: app/middleware.py
    from fastapi.middleware.cors import CORSMiddleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.middleware.sessions import SessionMiddleware

    MIDDLEWARE = [
        (CORSMiddleware, {"allow_origins": ["https://shop.example.com"]}),  # <-
        (GZipMiddleware, {"minimum_size": 1000}),
    ]
    # file: app/main.py
    from fastapi import FastAPI
    from fastapi.middleware import Middleware
    from fastapi.middleware.cors import CORSMiddleware as Cors
    from starlette.middleware.sessions import SessionMiddleware

    from app.middleware import MIDDLEWARE

    app = FastAPI()
    for cls, options in MIDDLEWARE:
        app.add_middleware(cls, **options)

    site = FastAPI(middleware=[Middleware(Cors, allow_origins=["https://shop.example.com"])])  # <-
    site.add_middleware(SessionMiddleware, secret_key="k")
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

    A list that only one of is taken, and one whose end is not known.

    ```python
    import os

    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware
    from plugins import load
    from starlette.middleware import Middleware
    from starlette.middleware.gzip import GZipMiddleware


    def build_middleware() -> list[Middleware]:
        if os.getenv("PUBLIC"):
            return [Middleware(CORSMiddleware, allow_origins=["https://shop.example.com"])]
        return [Middleware(GZipMiddleware)]


    app = FastAPI(middleware=build_middleware())
    app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example.com"])
    for cls in load():
        app.add_middleware(cls)
    ```

    Inside of another middleware for CORS, which is about some of the paths.

    ```python
    # file: app/middleware.py
    from starlette.types import ASGIApp, Receive, Scope, Send


    class PublicCorsMiddleware:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await self.app(scope, receive, send)
    # file: app/main.py
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    from app.middleware import PublicCorsMiddleware

    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example.com"])
    app.add_middleware(PublicCorsMiddleware)
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
        layers = layers_around(file.project, file.outline)
        reported: set[tuple[int, int]] = set()
        for layer in layers:
            if layer.middleware.outline is not file.outline or not _is_cors(file, layer):
                continue
            around = [other for other in layers if other.surrounds(layer)]
            place = (layer.middleware.call.lineno, layer.middleware.call.col_offset)
            # Of two, the outer one is what browsers get to see.
            if around and place not in reported and not any(_sends_headers(it) for it in around):
                reported.add(place)
                yield _finding(file, layer, min(around, key=lambda other: other.order))


def _is_cors(file: SourceFile, layer: Layer) -> bool:
    return layer.middleware.is_a(file.project, CORS_MIDDLEWARE)


def _sends_headers(layer: Layer) -> bool:
    """Whether a layer says in its name that it is about CORS, be it the project's own."""
    symbol = layer.middleware.symbol
    return symbol is not None and "cors" in words_of(symbol.qualified_name.rpartition(".")[2])


def _finding(file: SourceFile, cors: Layer, outer: Layer) -> Finding:
    symbol = outer.middleware.symbol
    name = symbol.qualified_name.rpartition(".")[2] if symbol is not None else ""
    what = f"`{name}`" if name else "another middleware"
    message = (
        f"{what} stands around `CORSMiddleware`: what it answers itself has no CORS headers; "
        f"{_advice(cors, outer)}"
    )
    outline = outer.middleware.outline
    span = SourceFile(outline.path, outline, file.project).span(outer.middleware.call)
    path = file.path if outline is file.outline else outline.path
    return Finding(
        cors.middleware.call, message, related=[Related(path, span, f"{what} is added here")]
    )


def _advice(cors: Layer, outer: Layer) -> str:
    if cors.by is not outer.by:
        return "add `CORSMiddleware` last"
    is_before = outer.middleware.call.lineno < cors.middleware.call.lineno
    return f"list `CORSMiddleware` {'first' if is_before else 'last'}"
