"""HB121."""

from collections.abc import Iterator

from handbook.knowledge.fastapi.middleware.cors import SCREEN, Star, cors_in, star_of
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.violation import Severity


class CorsWildcardCredentials(FileRule):
    """CORS allows every origin together with credentials.

    Browsers keep the pages of one site from reading the answers of another, unless the other site
    says that it may. With a star for the origins and credentials on, Starlette says so to everyone:
    it sends back whatever origin asks. Any page that a signed-in user happens to open can then call
    the API with the user's cookies, read what comes back and change what the user may change.

    List the origins that the frontend is served from, in the settings if they differ between
    environments, and give that setting a default without a star. The rule follows what is passed to
    `CORSMiddleware` to where it is written: names, other modules, branches, the defaults of
    settings, environment variables and parameters, and the calls that pass them. A star that can
    get there is enough. `allow_origin_regex` is tried on a few made-up origins: one that admits
    strangers is a star in another spelling. Where credentials are on only if there is no star, and
    wherever a value is not known, nothing is reported.

    Bad:

    ```python
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    app = FastAPI()
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],  # <-
        allow_credentials=True,
    )
    ```

    The default of a setting, under a name that says nothing of origins, in another module.

    ```python
    # file: app/config.py
    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        allowed_hosts: list[str] = ["*"]


    def get_settings() -> Settings:
        return Settings()
    # file: app/main.py
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    from app.config import get_settings


    def create_app() -> FastAPI:
        settings = get_settings()
        app = FastAPI(title="Orders")
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_hosts,  # <-
            allow_credentials=True,
        )
        return app
    ```

    One branch of several, a fallback for an environment variable, a list that grows.

    ```python
    import os

    from fastapi import FastAPI
    from starlette.middleware.cors import CORSMiddleware

    EXTRA = os.getenv("EXTRA_ORIGINS")
    if EXTRA is not None:
        origins = EXTRA.split(",")
    else:
        origins = ["*"]

    public = FastAPI()
    public.add_middleware(CORSMiddleware, allow_origins=origins, allow_credentials=True)  # <-

    partners = FastAPI()
    partners.add_middleware(
        CORSMiddleware,
        allow_origins=[origin.strip() for origin in os.environ.get("ORIGINS", "*").split(",")],  # <-
        allow_credentials=True,
    )

    staff_origins = ["https://staff.example.com"]
    staff_origins += ("*",)
    staff = FastAPI()
    staff.add_middleware(CORSMiddleware, allow_origins=staff_origins, allow_credentials=True)  # <-
    ```

    A pattern that every origin matches, and a text instead of a list: Starlette asks whether the
    star is *in* it.

    ```python
    from fastapi import FastAPI
    from fastapi.middleware import Middleware
    from fastapi.middleware.cors import CORSMiddleware

    OPTIONS = {"allow_origin_regex": "https?://.*", "allow_credentials": True}

    api = FastAPI(middleware=[Middleware(CORSMiddleware, **OPTIONS)])  # <-
    wrapped = CORSMiddleware(
        FastAPI(),
        allow_origins="https://*.example.com",  # <-
        allow_credentials=True,
    )
    ```

    The star and the credentials meet in a function that one caller gives both.

    ```python
    # file: app/middleware.py
    from collections.abc import Sequence

    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware


    def add_cors(app: FastAPI, origins: Sequence[str], credentials: bool = False) -> None:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,  # <-
            allow_credentials=credentials,
        )
    # file: app/main.py
    from fastapi import FastAPI

    from app.middleware import add_cors

    app = FastAPI()
    add_cors(app, ["*"], credentials=True)
    ```

    A middleware of the project's own that hands its options on.

    ```python
    # file: app/middleware.py
    from fastapi.middleware.cors import CORSMiddleware
    from starlette.types import ASGIApp


    class PathCorsMiddleware(CORSMiddleware):
        def __init__(self, app: ASGIApp, *, path: str, **options: object) -> None:
            super().__init__(app, **options)
            self.path = path
    # file: app/main.py
    from fastapi import FastAPI

    from app.middleware import PathCorsMiddleware

    app = FastAPI()
    app.add_middleware(
        PathCorsMiddleware,
        path="/api",
        allow_origins=["*"],  # <-
        allow_credentials=True,
    )
    ```

    In a list that a loop adds.

    ```python
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware
    from starlette.middleware.gzip import GZipMiddleware

    MIDDLEWARE = [
        (GZipMiddleware, {"minimum_size": 1000}),
        (
            CORSMiddleware,
            {
                "allow_origins": ["*"],  # <-
                "allow_credentials": True,
            },
        ),
    ]

    app = FastAPI()
    for cls, options in MIDDLEWARE:
        app.add_middleware(cls, **options)
    ```

    Good:

    ```python
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    app = FastAPI()
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["https://shop.example.com", "https://*.example.com"],
        allow_credentials=True,
        allow_methods=["*"],
        allow_headers=["*"],
    )
    ```

    No credentials: `allow_credentials` is off unless it is turned on.

    ```python
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_origins=["*"])

    gateway = FastAPI()
    gateway.add_middleware(CORSMiddleware, allow_origin_regex=".*", allow_credentials=False)
    ```

    A middleware of the project's own that decides about credentials itself.

    ```python
    # file: app/middleware.py
    from fastapi.middleware.cors import CORSMiddleware
    from starlette.types import ASGIApp


    class PublicCorsMiddleware(CORSMiddleware):
        def __init__(self, app: ASGIApp, allow_credentials: bool, **options: object) -> None:
            super().__init__(app, allow_credentials=False, **options)
            self.was_asked = allow_credentials
    # file: app/main.py
    from fastapi import FastAPI

    from app.middleware import PublicCorsMiddleware

    app = FastAPI()
    app.add_middleware(PublicCorsMiddleware, allow_origins=["*"], allow_credentials=True)
    ```

    Credentials that depend on there being no star.

    ```python
    import os

    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    DEBUG = os.getenv("DEBUG") == "1"
    ORIGINS = os.getenv("ORIGINS", "*").split(",")

    first = FastAPI()
    first.add_middleware(
        CORSMiddleware, allow_origins=ORIGINS, allow_credentials="*" not in ORIGINS
    )

    second = FastAPI()
    second.add_middleware(
        CORSMiddleware,
        allow_origins=["*"] if DEBUG else ["https://shop.example.com"],
        allow_credentials=not DEBUG,
    )

    third = FastAPI()
    if "*" in ORIGINS:
        third.add_middleware(CORSMiddleware, allow_origins=["*"])
    else:
        third.add_middleware(CORSMiddleware, allow_origins=ORIGINS, allow_credentials=True)
    ```

    The same by the name of an answer, in a function that makes the options.

    ```python
    # file: app/cors.py
    def build_cors_options(listed: str) -> dict[str, object]:
        origins = [origin.strip() for origin in (listed or "*").split(",")]
        is_open = not origins or "*" in origins
        return {
            "allow_origins": ["*"] if is_open else origins,
            "allow_credentials": not is_open,
        }
    # file: app/main.py
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    from app.config import read_origins
    from app.cors import build_cors_options

    app = FastAPI()
    wrapped = CORSMiddleware(app, **build_cors_options(read_origins()))
    ```

    A star for want of origins, where the middleware is only added if there are some.

    ```python
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    from app.config import settings

    origins = [str(origin) for origin in (settings.origins or ["*"])]

    app = FastAPI()
    if settings.origins:
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_credentials=True)
    ```

    One class for two policies: the star belongs to the one without credentials. A star that is
    replaced, or that a validator may refuse.

    ```python
    from collections.abc import Callable
    from dataclasses import dataclass

    from fastapi import FastAPI
    from pydantic import field_validator
    from pydantic_settings import BaseSettings
    from starlette.middleware.cors import CORSMiddleware


    @dataclass
    class Policy:
        origins: list[str]
        credentials: bool


    def protect(app: FastAPI, policy: Policy) -> CORSMiddleware:
        return CORSMiddleware(
            app, allow_origins=policy.origins, allow_credentials=policy.credentials
        )


    class Settings(BaseSettings):
        cors_origins: list[str] = ["*"]

        @field_validator("cors_origins")
        @classmethod
        def refuse_star(cls, origins: list[str]) -> list[str]:
            if "*" in origins:
                raise ValueError("list the origins")
            return origins


    public = protect(FastAPI(), Policy(["*"], False))
    private = protect(FastAPI(), Policy(origins=["https://shop.example.com"], credentials=True))

    origins = ["*"]
    origins = ["https://shop.example.com"]
    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_origins=origins, allow_credentials=True)
    app.add_middleware(
        CORSMiddleware, allow_origins=Settings().cors_origins, allow_credentials=True
    )
    ```
    """

    code = "HB121"
    level = Level.ESSENTIAL
    severity = Severity.ERROR
    needs = SCREEN

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each `CORSMiddleware` that may admit every origin with credentials."""
        for middleware in cors_in(file.project, file.outline):
            star = star_of(file.project, middleware)
            if star is not None and star.credentials:
                yield Finding(star.argument.place, _message(star), related=star.related(file))


def _message(star: Star) -> str:
    advice = "any site can act as the signed-in user; list the origins"
    if star.name == "allow_origin_regex":
        return f"`allow_origin_regex` can match every origin, with credentials on; {advice}"
    return f"`allow_origins` can be `*`, with credentials on; {advice}"
