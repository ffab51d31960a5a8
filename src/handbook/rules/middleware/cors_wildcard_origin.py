"""HB122."""

from collections.abc import Iterator

from handbook.knowledge.fastapi.middleware.cors import SCREEN, cors_in, star_of
from handbook.knowledge.fastapi.middleware.environments import is_about_environment
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding


class CorsWildcardOrigin(FileRule):
    """CORS allows every origin.

    Even without credentials a star gives every page on the web leave to read the API from the
    browsers of its visitors: from inside a company's network, from behind an address that is on an
    allow list. And it is one `allow_credentials=True` away from HB121. An API that is made for a
    frontend knows where that frontend is served from.

    List the origins, in the settings if they differ between environments. An API that is meant for
    the whole world may say so with a suppression. A star that a condition about the environment
    keeps to development is left alone. What is reported by HB121 is not reported again.

    Bad:

    ```python
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_origins=["*"])  # <-
    ```

    A constant of another module, taken apart and put together again.

    ```python
    # file: app/constants.py
    ANYWHERE = ("*",)
    ORIGINS = ("https://shop.example.com", *ANYWHERE)
    # file: app/main.py
    from fastapi import FastAPI
    from starlette.middleware import Middleware
    from starlette.middleware.cors import CORSMiddleware as Cors

    from app import constants

    app = FastAPI(
        middleware=[
            Middleware(
                Cors,
                allow_origins=list(constants.ORIGINS),  # <-
                allow_methods=["GET"],
            )
        ]
    )
    ```

    A pattern that matches everything, and credentials of which nothing is known.

    ```python
    import os

    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_origin_regex=r"^.*$")  # <-

    other = FastAPI()
    other.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],  # <-
        allow_credentials=os.environ["CREDENTIALS"] == "1",
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
        allow_origin_regex=r"https://preview-\\d+\\.example\\.com",
        allow_methods=["*"],
        expose_headers=["*"],
    )
    ```

    Only on a developer's machine.

    ```python
    import os

    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    DEBUG = os.getenv("DEBUG") == "1"
    ORIGINS = ["*"] if DEBUG else ["https://shop.example.com"]

    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_origins=ORIGINS)

    other = FastAPI()
    if os.getenv("APP_ENV") != "production":
        other.add_middleware(CORSMiddleware, allow_origins=["*"])
    ```

    A star for hosts, not for origins, and a middleware of another making.

    ```python
    from fastapi import FastAPI
    from starlette.middleware.trustedhost import TrustedHostMiddleware


    class CORSMiddleware:
        def __init__(self, app: FastAPI, allow_origins: list[str]) -> None:
            self.app = app


    app = FastAPI()
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["*"])
    app.add_middleware(CORSMiddleware, allow_origins=["*"])
    ```
    """

    code = "HB122"
    needs = SCREEN

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each `CORSMiddleware` that may admit every origin, with HB121's left out."""
        for middleware in cors_in(file.project, file.outline):
            star = star_of(file.project, middleware)
            if star is None or star.credentials or any(map(is_about_environment, star.conditions)):
                continue
            what = "can match every origin" if star.name.endswith("regex") else "can be `*`"
            message = f"`{star.name}` {what}: list the origins of the frontend"
            yield Finding(star.argument.place, message, related=star.related(file))
