"""HB175."""

from collections.abc import Iterator

from handbook.knowledge.fastapi.routing.apps import paths_of
from handbook.knowledge.fastapi.routing.routes import WORDS, Route, routes_in
from handbook.knowledge.fastapi.security.rate_limiters import has_limiter_above, is_limited
from handbook.knowledge.fastapi.security.security import app_placements
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Option
from handbook.rules.security._credential_endpoints import (
    Entrance,
    changes_password,
    entrance_of,
    is_for_members,
)

_TRIED: dict[Entrance, str] = {
    "login": "passwords can be guessed",
    "registration": "accounts can be created without limit",
    "token": "passwords and keys can be guessed",
    "password change": "whoever has a stolen session may try old passwords without end",
    "password reset": "mails can be requested and codes guessed",
}


class MissingRateLimit(FileRule):
    """A credential endpoint has no rate limit.

    What is open to strangers is tried by machines: lists of stolen passwords at the login, the six
    digits of a code at the reset, a thousand accounts an hour at the registration. A limit by
    address makes that pointless, and no user ever notices it.

    Put a limiter on the routes that log in, register, give tokens or reset passwords, such as
    `@limiter.limit("5/minute")` of slowapi or `Depends(RateLimiter(times=5, seconds=60))` of
    fastapi-limiter. Limits on a router, an app or in a middleware count, and so does code of one's
    own that answers 429 or counts failed attempts. Routes for those who are signed in already are
    left alone. Set `rate-limit = "proxy"` where a proxy limits them.

    Bad:

    ```python
    from typing import Annotated

    from fastapi import Depends, FastAPI
    from fastapi.security import OAuth2PasswordRequestForm

    app = FastAPI()


    @app.post("/token")  # <-
    async def create_token(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> str: ...


    @app.post("/login")  # <-
    async def log_in(name: str) -> str: ...
    ```

    Routers that are put together elsewhere; a limiter that other routes have.

    ```python
    # file: app/limits.py
    from slowapi import Limiter
    from slowapi.util import get_remote_address

    limiter = Limiter(key_func=get_remote_address)
    # file: app/auth/router.py
    from fastapi import APIRouter, Request
    from pydantic import BaseModel

    from app.limits import limiter

    router = APIRouter()


    class Account(BaseModel):
        name: str
        password: str


    @router.post("/login")
    @limiter.limit("5/minute")
    async def log_in(request: Request, account: Account) -> None: ...


    @router.post("/sign-up")  # <-
    async def create_account(account: Account) -> None: ...


    @router.post("/forgot-password/{email}")  # <-
    async def send_mail(email: str) -> None: ...


    @router.put("/password/reset", status_code=204)  # <-
    async def change_password(account: Account) -> None: ...
    # file: app/main.py
    from fastapi import FastAPI
    from slowapi.middleware import SlowAPIMiddleware

    from app.auth.router import router
    from app.limits import limiter

    app = FastAPI()
    app.state.limiter = limiter
    app.add_middleware(SlowAPIMiddleware)
    app.include_router(router, prefix="/api/v1/auth")
    ```

    A limiter in the wrong place: the function is registered before it is wrapped.

    ```python
    from fastapi import FastAPI, Request
    from slowapi import Limiter
    from slowapi.util import get_remote_address

    app = FastAPI()
    limiter = Limiter(key_func=get_remote_address)


    @limiter.limit("5/minute")
    @app.post("/login")  # <-
    async def log_in(request: Request) -> None: ...
    ```

    Told by the handler's name and its body; what limits something else.

    ```python
    from anyio import CapacityLimiter, to_thread
    from fastapi import Body, FastAPI

    app = FastAPI()
    hash_limiter = CapacityLimiter(2)


    @app.post("/users")  # <-
    async def register(email: str, password: str = Body()) -> None:
        await to_thread.run_sync(hash, password, limiter=hash_limiter)
    ```

    Good:

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Depends, FastAPI
    from fastapi_limiter.depends import RateLimiter

    app = FastAPI()
    router = APIRouter(dependencies=[Depends(RateLimiter(times=5, seconds=60))])


    @app.post("/login", dependencies=[Depends(RateLimiter(times=5, seconds=60))])
    async def log_in(name: str) -> None: ...


    @router.post("/auth/token")
    async def create_token(password: str) -> None: ...


    app.include_router(router)
    ```

    A limiter of one's own, in a service that the handler calls, in a dependency, in a decorator.

    ```python
    # file: app/guards.py
    from collections.abc import Callable

    from fastapi import HTTPException, Request


    def count(request: Request) -> None:
        raise HTTPException(status_code=429)


    def slowly(function: Callable[..., None]) -> Callable[..., None]:
        def wrapper(request: Request) -> None:
            count(request)
            function(request)

        return wrapper


    class Accounts:
        def enter(self, name: str) -> None:
            self.user.failed_login_attempts += 1
    # file: app/main.py
    from typing import Annotated

    from fastapi import Depends, FastAPI, Request

    from app.guards import Accounts, count, slowly

    app = FastAPI()


    @app.post("/login")
    def log_in(name: str, accounts: Annotated[Accounts, Depends()]) -> None:
        accounts.enter(name)


    @app.post("/auth/register", dependencies=[Depends(count)])
    def register(name: str) -> None: ...


    @app.post("/auth/token")
    @slowly
    def create_token(request: Request) -> None: ...
    ```

    Middleware, and a limit for all routes.

    ```python
    # file: app/limits.py
    from slowapi import Limiter
    from slowapi.util import get_remote_address

    limiter = Limiter(key_func=get_remote_address, default_limits=["60/minute"])
    # file: app/main.py
    from fastapi import FastAPI
    from slowapi.middleware import SlowAPIMiddleware

    from app.limits import limiter

    app = FastAPI()
    app.add_middleware(SlowAPIMiddleware)


    @app.post("/login")
    async def log_in(name: str) -> None: ...
    ```

    For those who are signed in, for machines, or about something else; and a page.

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Depends, FastAPI
    from fastapi.security import OAuth2PasswordBearer

    app = FastAPI()
    scheme = OAuth2PasswordBearer(tokenUrl="token")
    workers = APIRouter(prefix="/workers")
    forgotten = APIRouter(prefix="/auth")


    def get_current_user(token: Annotated[str, Depends(scheme)]) -> str:
        return token


    @app.post("/tokens")
    def create_key(user: Annotated[str, Depends(get_current_user)]) -> None: ...


    @app.post("/users/{user_id}/reset-password", dependencies=[Depends(get_current_user)])
    def reset_password(user_id: int) -> None: ...


    @app.post("/auth/logout")
    def log_out() -> None: ...


    @app.post("/count_token")
    def count_tokens(text: str) -> int: ...


    @app.get("/login")
    def show_login() -> None: ...


    @workers.post("/register")
    def register_worker() -> None: ...


    @forgotten.post("/login")
    def log_in() -> None: ...


    app.include_router(workers)
    ```

    A proxy that does it.

    ```python
    # file: pyproject.toml
    [tool.handbook.rules.missing-rate-limit]
    rate-limit = "proxy"
    # file: app/main.py
    from fastapi import FastAPI

    app = FastAPI()


    @app.post("/login")
    async def log_in(name: str) -> None: ...
    ```
    """

    code = "HB175"
    needs = WORDS

    rate_limit = Option(
        "app", "Who limits how often clients may try to log in.", choices=("app", "proxy")
    )

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the routes at which strangers may try what they like as often as they like."""
        if self.rate_limit == "proxy" or "test" in file.roles:
            return
        project = file.project
        for route in routes_in(project, file.outline):
            entrance = entrance_of(project, route)
            if entrance is not None and _is_open(project, route):
                yield Finding(route.call, _message(project, route, entrance))
            elif changes_password(project, route) and _is_open(project, route, to_members=True):
                yield Finding(route.call, _message(project, route, "password change"))


def _message(project: Project, route: Route, entrance: Entrance) -> str:
    if has_limiter_above(project, route):
        return "the limiter above is never called: put it below the route's decorator"
    path = (paths_of(project, route) or [route.path or ""])[0]
    return (
        f"`{path}` has no rate limit, so {_TRIED[entrance]}: "
        'add a limiter, such as `@limiter.limit("5/minute")`'
    )


def _is_open(project: Project, route: Route, *, to_members: bool = False) -> bool:
    """Whether strangers, or members, get to a route by every way, and none is limited."""
    ways = app_placements(project, route.router)
    return bool(ways) and all(
        is_limited(project, route, way) is False
        and (to_members or not is_for_members(project, route, way))
        for way in ways
    )
