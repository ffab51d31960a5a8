"""HB067."""

from collections.abc import Iterator

from handbook.knowledge.fastapi.middleware.middleware import names_of
from handbook.knowledge.fastapi.requests.schema_usage import body_schemas, field_form
from handbook.knowledge.fastapi.responses.exception_handlers import handlers_of
from handbook.knowledge.fastapi.routing.apps import apps_in, placements
from handbook.knowledge.fastapi.routing.routers import Router
from handbook.knowledge.fastapi.routing.routes import Route
from handbook.knowledge.fastapi.security.secret_names import is_secret_name
from handbook.knowledge.pydantic.schemas import Field, fields
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.types.normalized import Named, members_of
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.rules.errors._echoing_handlers import sends_input
from handbook.syntax.outline import ClassScope
from handbook.violation import Related, Severity

_ERRORS = frozenset(
    {"fastapi.exceptions.RequestValidationError", "fastapi.RequestValidationError"}
)
_TEXTS = frozenset(
    {
        *("builtins.str", "builtins.bytes", "pydantic.SecretStr", "pydantic.SecretBytes"),
        *("pydantic.types.SecretStr", "pydantic.types.SecretBytes"),
    }
)


class EchoedInput(FileRule):
    """Validation errors echo request bodies that contain secrets.

    FastAPI answers 422 with every error and the `input` that caused it: for a field that is missing
    that is the whole body. So a login with a mistyped field returns the password in plain text, to
    be kept by whatever logs responses: proxies, error trackers, browsers. `SecretStr` does not help,
    for nothing has been made of the input yet.

    Register a handler for `RequestValidationError` that says where and what is wrong, and leaves out
    `input`. Reported is an app with a route whose body has a field like `password`, `client_secret`
    or `api_key`, where there is no such handler.

    Bad:

    ```python
    from fastapi import FastAPI
    from pydantic import BaseModel, SecretStr


    class Login(BaseModel):
        email: str
        password: SecretStr


    app = FastAPI()  # <-


    @app.post("/login")
    async def login(data: Login) -> None: ...
    ```

    A nested schema, in a router of another module; handlers for other errors.

    ```python
    # file: app/schemas.py
    from pydantic import BaseModel


    class Credentials(BaseModel):
        api_key: str


    class Connection(BaseModel):
        credentials: Credentials | None = None
    # file: app/router.py
    from fastapi import APIRouter

    from app.schemas import Connection

    router = APIRouter()


    @router.put("/connection")
    async def connect(data: Connection) -> None: ...
    # file: app/main.py
    from fastapi import FastAPI, HTTPException, Request
    from fastapi.responses import JSONResponse

    from app.router import router


    async def answer(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": "no"}, status_code=400)


    def create_app() -> FastAPI:
        app = FastAPI()  # <-
        app.add_exception_handler(HTTPException, answer)
        app.add_exception_handler(Exception, answer)
        app.include_router(router)
        return app
    ```

    A form.

    ```python
    from typing import Annotated

    from fastapi import FastAPI, Form
    from pydantic import BaseModel


    class SignUp(BaseModel):
        new_password: str


    app = FastAPI()  # <-


    @app.post("/sign-up")
    async def sign_up(data: Annotated[SignUp, Form()]) -> None: ...
    ```

    Good:

    ```python
    from fastapi import FastAPI, Request
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import JSONResponse
    from pydantic import BaseModel


    class Login(BaseModel):
        email: str
        password: str


    app = FastAPI()


    @app.exception_handler(RequestValidationError)
    async def answer(request: Request, error: RequestValidationError) -> JSONResponse:
        found = [{"loc": item["loc"], "msg": item["msg"]} for item in error.errors()]
        return JSONResponse({"detail": found}, status_code=422)


    @app.post("/login")
    async def login(data: Login) -> None: ...
    ```

    Nothing secret comes in.

    ```python
    from fastapi import FastAPI
    from pydantic import BaseModel


    class Order(BaseModel):
        has_password: bool
        note: str


    class Key(BaseModel):
        api_key: str


    app = FastAPI()


    @app.post("/keys")
    async def create_key(data: Order) -> Key: ...
    ```

    Another app has the route, or a part with a handler of its own; handlers that are not to be seen.

    ```python
    from typing import Any

    from fastapi import FastAPI, Request
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import JSONResponse
    from pydantic import BaseModel


    class Login(BaseModel):
        password: str


    async def answer(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": "no"}, status_code=422)


    def create_app(**options: Any) -> FastAPI:
        app = FastAPI(**options)

        @app.post("/login")
        async def login(data: Login) -> None: ...

        return app


    api = FastAPI(exception_handlers={RequestValidationError: answer})


    @api.post("/login")
    async def login_again(data: Login) -> None: ...


    public = FastAPI()
    public.mount("/api", api)
    ```
    """

    code = "HB067"
    level = Level.ESSENTIAL
    severity = Severity.ERROR

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each app that may send secrets back."""
        if "test" in file.roles:
            return
        for app in apps_in(file.project, file.outline):
            if app.call is None or _is_covered(file.project, app):
                continue
            for route, field, schema in _secret_inputs(file.project):
                if _answers(file.project, app, route):
                    yield _finding(file, app, route, f"`{field.name}` of `{schema.name}`")
                    break


def _is_covered(project: Project, app: Router) -> bool:
    """Whether an app has, or may have, its own answer to what does not validate."""
    if app.class_ is not None or app.call is None:
        return True
    if any(word.arg is None for word in app.call.keywords):
        return True
    return any(
        handler.is_unclear
        or (
            handler.exception is not None
            and handler.exception.qualified_name in _ERRORS
            and not (handler.function is not None and sends_input(handler.function))
        )
        for handler in handlers_of(project, app)
    )


def _answers(project: Project, app: Router, route: Route) -> bool:
    """Whether an app is the innermost one around a route: that one sees to its errors."""
    names = names_of(project, app)
    for way in placements(project, route.router):
        inner = [router for router in way.routers if router.is_app]
        if inner and inner[-1].key in names:
            return True
    return False


def _secret_inputs(project: Project) -> list[tuple[Route, Field, ClassScope]]:
    """The routes with secrets in their bodies, and one such field of each."""

    def find() -> Iterator[tuple[Route, Field, ClassScope]]:
        for schema, uses in body_schemas(project).items():
            for field in (fields(project, schema) or {}).values():
                if is_secret_name(field.name) and _is_text(project, schema, field):
                    yield from ((use.route, field, schema) for use in uses)
                    break

    return project.fact("secret inputs", lambda: [*find()])


def _is_text(project: Project, schema: ClassScope, field: Field) -> bool:
    form = field_form(project, Named(schema), field)
    return any(isinstance(part, Named) and part.name in _TEXTS for part in members_of(form))


def _finding(file: SourceFile, app: Router, route: Route, what: str) -> Finding:
    message = (
        f"a request that does not validate is sent back, {what} included: "
        "handle `RequestValidationError` without `input` and `body`"
    )
    related: list[Related] = []
    if route.outline is file.outline:
        related.append(Related(file.path, file.span(route.call), "this route takes it"))
    place = app.call.func if app.call is not None else app.scope.outline.tree
    return Finding(place, message, related=related)
