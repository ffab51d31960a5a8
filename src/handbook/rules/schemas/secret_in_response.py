"""HB104."""

import ast
from collections.abc import Iterator, Sequence

from handbook.knowledge.fastapi.requests.schema_usage import (
    Use,
    field_form,
    is_excluded,
    response_schemas,
)
from handbook.knowledge.fastapi.security.secret_names import is_password_name, is_secret_name
from handbook.knowledge.pydantic.schemas import Field, fields, is_schema
from handbook.python.project.project import Project, dotted_parts
from handbook.python.project.source import SourceFile
from handbook.python.project.users import users_of
from handbook.python.types.normalized import Named, members_of
from handbook.python.values.values import elements, string
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.names import Names, words_of
from handbook.syntax.outline import ClassScope, own_nodes
from handbook.violation import Position, Related, Severity, Span

_TEXTS = frozenset({"builtins.str", "builtins.bytes"})
_ISSUED = frozenset(
    {"created", "create", "creation", "generated", "issued", "new", "reveal", "revealed"}
    | {"rotated", "rotate", "registered", "registration", "credentials", "credential", "secret"}
    | {"token", "tokens", "login", "once", "bootstrap", "setup", "provision"}
)
_MADE = frozenset({"generate", "generated", "reset", "temp", "temporary"})
"""What makes a password for somebody, who has to be told it."""
_MASKED = frozenset({"masked", "redacted", "obfuscated"})
_MASKING = frozenset({"mask", "redact", "obfuscate", *_MASKED})
_FIELD_SERIALIZERS = Names.of(
    "pydantic.field_serializer", "pydantic.functional_serializers.field_serializer"
)
_MODEL_SERIALIZERS = Names.of(
    "pydantic.model_serializer", "pydantic.functional_serializers.model_serializer"
)
_LINKS = frozenset({"links", "urls", "endpoints"})
_LAYERS = frozenset({"schemas", "router"})
"""Where a class that is called a response is one of this app, not of another that it asks."""
_READING = frozenset({"get", "list", "read", "fetch", "find", "search", "show", "view"})
_CLIENTS = frozenset(
    {"oauth", "oauth2", "oidc", "sso", "client", "app", "application", "credential", "credentials"}
    | {"creds", "integration", "provider", "connection", "config", "configuration", "settings"}
)


class SecretInResponse(FileRule):
    """A response model contains a password, secret or private key.

    A hash of a password is worth cracking, and a response goes to more places than one thinks: the
    caches and logs of proxies, the storage of browsers, the screens of those who debug. Mostly
    nobody meant to send it. A response schema inherits from the one for creating, or holds another
    one whole, and the field comes along.

    Give the response a schema of its own with the fields that clients need. `SecretStr` is masked
    in JSON and passes, and so do `Field(exclude=True)` and what a serializer writes. The rule looks
    at what routes return, through lists, pages, unions, generics and nested schemas, and at schemas
    named `…Response`.
    Tokens that a login hands out are its purpose; so is a key that a route shows once, when it is
    made: keys and secrets are only reported where they can be read again.

    Bad:

    ```python
    from fastapi import FastAPI
    from pydantic import BaseModel


    class UserOut(BaseModel):
        id: int
        hashed_password: str  # <-


    app = FastAPI()


    @app.get("/me")
    async def read_me() -> UserOut: ...
    ```

    Inherited from another module, in a page, and through a nested schema.

    ```python
    # file: app/users/schemas.py
    from typing import Annotated

    from pydantic import BaseModel, Field


    class UserBase(BaseModel):
        email: str
        password: Annotated[str, Field(min_length=8)]
    # file: app/users/responses.py
    from pydantic import BaseModel

    from app.users.schemas import UserBase


    class UserPublic(UserBase):  # <-
        id: int


    class Page[T](BaseModel):
        items: list[T]


    class Webhook(BaseModel):
        url: str
        signing_key: str | None = None  # <-


    class Team(BaseModel):
        hooks: dict[str, Webhook]
    # file: app/users/router.py
    from fastapi import APIRouter

    from app.users.responses import Page, Team, UserPublic

    router = APIRouter()


    @router.get("/users", response_model=Page[UserPublic])
    async def list_users() -> object: ...


    @router.get("/teams/{name}")
    async def read_team(name: str) -> Team | None: ...
    ```

    By its name alone, among the schemas of the app: no route says what it returns.

    ```python
    # file: app/accounts/schemas.py
    from pydantic import BaseModel


    class AccountResponse(BaseModel):
        id: int
        password_hash: bytes  # <-
    ```

    Good:

    ```python
    from fastapi import FastAPI
    from pydantic import BaseModel, Field, SecretStr


    class UserCreate(BaseModel):
        email: str
        password: str


    class UserResponse(BaseModel):
        id: int
        email: str
        api_key: SecretStr
        hashed_password: str = Field(exclude=True)


    app = FastAPI()


    @app.post("/users")
    async def create_user(data: UserCreate) -> UserResponse: ...
    ```

    Names that only sound like it: what is known about a password, the tokens of a login.

    ```python
    from datetime import datetime

    from fastapi import FastAPI
    from pydantic import BaseModel, Field


    class Profile(BaseModel):
        api_key: str = Field(description="Masked, to tell one key from another")
        has_password: bool
        hashed_password: bool
        password_changed_at: datetime
        password_reset_url: str
        masked_api_key: str
        key: str


    class ProfileLinks(BaseModel):
        api_key: str


    class TokenResponse(BaseModel):
        access_token: str
        refresh_token: str


    app = FastAPI()


    @app.get("/profile")
    async def read_profile() -> Profile: ...


    @app.get("/profile/links")
    async def read_links() -> ProfileLinks: ...


    @app.post("/login")
    async def login() -> TokenResponse: ...
    ```

    Masked where the response is made:

    ```python
    # file: app/settings/schemas.py
    from pydantic import BaseModel


    class SettingsResponse(BaseModel):
        smtp_password: str
    # file: app/settings/router.py
    from fastapi import APIRouter

    from app.settings.schemas import SettingsResponse

    router = APIRouter()


    def mask_secret(text: str) -> str:
        return "*" * len(text)


    @router.get("/settings")
    async def read_settings() -> SettingsResponse:
        return SettingsResponse(smtp_password=mask_secret("x"))
    ```

    Written by a serializer, which may mask it:

    ```python
    from typing import Annotated

    from fastapi import FastAPI
    from pydantic import BaseModel, PlainSerializer, field_serializer


    class Connection(BaseModel):
        url_password: str
        api_key: Annotated[str, PlainSerializer(lambda key: key[:4])]

        @field_serializer("url_password")
        def hide(self, value: str) -> str:
            return "*" * len(value)


    app = FastAPI()


    @app.get("/connection")
    async def read_connection() -> Connection: ...
    ```

    Left out by the route; a key or password that is shown when it is made, and never again; a table
    that no route returns.

    ```python
    from fastapi import FastAPI
    from pydantic import BaseModel
    from sqlmodel import Field, SQLModel


    class User(SQLModel, table=True):
        id: int | None = Field(default=None, primary_key=True)
        hashed_password: str


    class UserInDB(BaseModel):
        id: int
        hashed_password: str


    class ClientCreated(BaseModel):
        client_id: str
        client_secret: str


    class PasswordReset(BaseModel):
        new_password: str


    class UserCreated(BaseModel):
        temporary_password: str


    class Payment(BaseModel):
        client_secret: str


    app = FastAPI()


    @app.post("/users/{user_id}/reset")
    async def reset_password(user_id: int) -> PasswordReset: ...


    @app.post("/users")
    async def create_user() -> UserCreated: ...


    @app.get("/payments")
    async def list_payments() -> list[Payment]: ...


    @app.get("/users/{user_id}", response_model=UserInDB, response_model_exclude={"hashed_password"})
    async def read_user(user_id: int) -> User: ...


    @app.post("/clients")
    async def create_client() -> ClientCreated: ...
    ```
    """

    code = "HB104"
    level = Level.ESSENTIAL
    severity = Severity.ERROR
    needs = frozenset({"class"})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the secret fields of each schema of the file that goes out to clients."""
        if "test" in file.roles:
            return
        reported: set[ast.AST] = set()
        for schema in file.outline.definitions:
            if not isinstance(schema, ClassScope):
                continue
            secrets = [*_secrets(file.project, schema)]
            uses = _uses(file, schema) if secrets else []
            for field in secrets:
                if field.node in reported:
                    continue
                leaks = [use for use in uses or [] if _leaks(file.project, use, field)]
                if (leaks or uses is None) and not (
                    _is_made_masked(file.project, schema, field)
                    or _is_serialized(file.project, schema, field)
                ):
                    if field.owner.outline is file.outline:
                        reported.add(field.node)
                    yield _finding(file, schema, field, leaks)


def _secrets(project: Project, schema: ClassScope) -> Iterator[Field]:
    """The fields that hold a secret as text, inherited ones too."""
    found = fields(project, schema)
    for field in (found or {}).values():
        if not is_secret_name(field.name) or _is_masked(field) or _is_of_links(field):
            continue
        if not is_excluded(project, field):
            form = field_form(project, Named(schema), field)
            if any(isinstance(part, Named) and part.name in _TEXTS for part in members_of(form)):
                yield field


def _is_masked(field: Field) -> bool:
    """Whether the field says of itself that the secret in it is made unreadable."""
    return any(
        isinstance(part, ast.Constant)
        and isinstance(part.value, str)
        and not _MASKED.isdisjoint(words_of(part.value))
        for part in ast.walk(field.node)
    )


def _is_made_masked(project: Project, schema: ClassScope, field: Field) -> bool:
    """Whether responses are made with something in the field that makes the secret unreadable."""
    names, outlines = users_of(project, schema)
    return any(
        keyword.arg == field.name
        and isinstance(keyword.value, ast.Call)
        and not _MASKING.isdisjoint(words_of((dotted_parts(keyword.value.func) or [""])[-1]))
        and project.resolve_expression(call.func, scope) is schema
        for outline in outlines
        for scope in outline.scopes_with(names)
        for call in own_nodes(scope, ast.Call)
        for keyword in call.keywords
    )


def _is_serialized(project: Project, schema: ClassScope, field: Field) -> bool:
    """Whether a serializer writes something for the field, which may be no secret any more."""
    for class_ in project.ancestry(schema):
        for method in class_.methods if isinstance(class_, ClassScope) else ():
            for decorator in method.node.decorator_list:
                call = decorator if isinstance(decorator, ast.Call) else None
                called = project.resolve_expression(call.func if call else decorator, method)
                name = called.qualified_name if called is not None else ""
                given = call.args if call is not None and name in _FIELD_SERIALIZERS else ()
                named = {each.value for each in given if isinstance(each, ast.Constant)}
                if name in _MODEL_SERIALIZERS or not named.isdisjoint({field.name, "*"}):
                    return True
    return any(
        isinstance(part, ast.Name | ast.Attribute)
        and (dotted_parts(part) or [""])[-1] == "PlainSerializer"
        for part in ast.walk(field.annotation)
    )


def _is_of_links(field: Field) -> bool:
    """Whether the field is where to get the secret, among other addresses."""
    return not _LINKS.isdisjoint(words_of(field.owner.name))


def _uses(file: SourceFile, schema: ClassScope) -> list[Use] | None:
    """How routes return a schema; `None` for one that is a response by its name only."""
    uses = response_schemas(file.project).get(schema, [])
    is_named = schema.name.endswith("Response") and not file.roles.isdisjoint(_LAYERS)
    if not uses and is_named and is_schema(file.project, schema):
        return None
    return uses


def _leaks(project: Project, use: Use, field: Field) -> bool:
    """Whether a response surely has a field in it that should not be there."""
    if _is_left_out(project, use, field):
        return False
    owner = words_of(use.form.name.rpartition(".")[2])
    if is_password_name(field.name):
        return _MADE.isdisjoint((*owner, *words_of(_handler(use)), *words_of(field.name)))
    if field.name == "client_secret" and _CLIENTS.isdisjoint(owner):
        # As of a payment: a secret for the client, not the secret of one.
        return False
    # A key or secret that is made by the request is shown once on purpose.
    handler = words_of(_handler(use))
    is_read = use.route.methods != frozenset({"POST"}) or bool(handler and handler[0] in _READING)
    return is_read and _ISSUED.isdisjoint((*owner, *handler))


def _handler(use: Use) -> str:
    return use.route.handler.name if use.route.handler is not None else ""


def _is_left_out(project: Project, use: Use, field: Field) -> bool:
    """Whether the route takes the field out, or may do so."""
    for name, keeps in (("response_model_exclude", False), ("response_model_include", True)):
        given = use.route.argument(name)
        if given is None or (isinstance(given, ast.Constant) and given.value is None):
            continue
        if isinstance(given, ast.Dict):
            return True
        items = elements(project, given, use.route.scope)
        texts = [string(project, item.node, item.scope) for item in items or ()]
        if items is None or None in texts:
            return True
        first = (*use.way, field.name)[0]
        if (first in texts) != keeps:
            return True
    return False


def _finding(file: SourceFile, schema: ClassScope, field: Field, leaks: Sequence[Use]) -> Finding:
    if field.owner.outline is file.outline:
        place = file.span(field.node)
    else:
        start = file.span(schema.node).start
        length = len("class ") + len(schema.name)
        place = Span(start, Position(start.line, start.column + length))
    related: list[Related] = []
    whose = f"`{field.name}` of `{schema.name}`"
    if not leaks:
        return Finding(place, f"{whose} is a secret in a response: leave it out")
    use = leaks[0]
    where = f"`{_handler(use)}`" if _handler(use) else "a route"
    way = f" in `{'.'.join(use.way)}`" if use.way else ""
    if use.route.outline is file.outline:
        related.append(Related(file.path, file.span(use.route.call), "this route returns it"))
    message = f"{whose} is sent to clients: {where} returns it{way}; leave it out of the response"
    return Finding(place, message, related=related)
