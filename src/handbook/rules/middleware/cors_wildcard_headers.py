"""HB123."""

from collections.abc import Iterator

from handbook.knowledge.fastapi.middleware.cors import SCREEN, cors_in, star_in
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.violation import Severity

_EXAMPLES = {
    "allow_methods": "the methods of the API",
    "allow_headers": "the headers that the frontend sends, such as `Authorization`",
}


class CorsWildcardHeaders(FileRule):
    """CORS allows every method or every header together with credentials.

    Browsers do not take a star for methods and headers where credentials are sent, so Starlette
    answers with all methods, and with whatever headers were asked for. What the API allows is then
    no longer written anywhere: a method that is added later is open to other origins at once, and
    so is every header that a proxy in front trusts.

    Name the methods that the API has, and the headers that the frontend sends beside those that
    are always allowed: `Accept`, `Accept-Language`, `Content-Language` and `Content-Type`.

    Bad:

    ```python
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    app = FastAPI()
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["https://shop.example.com"],
        allow_credentials=True,
        allow_methods=["*"],  # <-
        allow_headers=["*"],  # <-
    )
    ```

    By a constant, in a list of middleware.

    ```python
    from fastapi import FastAPI
    from starlette.middleware import Middleware
    from starlette.middleware.cors import CORSMiddleware

    EVERYTHING = ("*",)

    middleware = [
        Middleware(
            CORSMiddleware,
            allow_origins=["https://shop.example.com"],
            allow_methods=["GET", "POST"],
            allow_headers=EVERYTHING,  # <-
            allow_credentials=True,
        )
    ]
    app = FastAPI(middleware=middleware)
    ```

    By the defaults of settings in another module.

    ```python
    # file: app/config.py
    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        cors_origins: list[str] = ["https://shop.example.com"]
        cors_methods: list[str] = ["*"]
        cors_credentials: bool = True


    settings = Settings()
    # file: app/main.py
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    from app.config import settings


    def add_cors(app: FastAPI) -> None:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=settings.cors_methods,  # <-
            allow_credentials=settings.cors_credentials,
        )
    ```

    Good:

    ```python
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    app = FastAPI()
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["https://shop.example.com"],
        allow_credentials=True,
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["Authorization"],
    )
    ```

    No credentials.

    ```python
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    app = FastAPI()
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["https://shop.example.com"],
        allow_methods=["*"],
        allow_headers=["*"],
    )
    ```

    Headers of the response, which are something else, and credentials that nobody knows.

    ```python
    import os

    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    app = FastAPI()
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["https://shop.example.com"],
        allow_credentials=True,
        expose_headers=["*"],
    )

    other = FastAPI()
    other.add_middleware(
        CORSMiddleware,
        allow_origins=["https://shop.example.com"],
        allow_credentials=os.environ["CREDENTIALS"] == "1",
        allow_methods=["*"],
    )
    ```
    """

    code = "HB123"
    level = Level.STRICT
    severity = Severity.INFO
    needs = SCREEN

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each star among the methods and headers that goes with credentials."""
        for middleware in cors_in(file.project, file.outline):
            for name, what in _EXAMPLES.items():
                star = star_in(file.project, middleware, name)
                if star is not None and star.credentials:
                    message = f"`{name}` can be `*`, with credentials on: list {what}"
                    yield Finding(star.argument.place, message, related=star.related(file))
