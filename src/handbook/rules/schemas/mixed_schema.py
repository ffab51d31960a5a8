"""HB109."""

import re
from collections.abc import Iterator, Sequence

from handbook.knowledge.fastapi.requests.schema_usage import Use, body_schemas, response_schemas
from handbook.knowledge.pydantic.schemas import is_schema
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.project.users import users_of
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.names import words_of
from handbook.syntax.outline import ClassScope
from handbook.violation import Related, Span

_DIRECTION = re.compile(
    r"^(Create|Update|Add|New)(?=[A-Z])|(?<=.)(Create|Update|Response|Request|Read|In|Out)$"
)


class MixedSchema(FileRule):
    """One schema is used as request body and as response model.

    What a client may send and what it gets are two things: the id, the owner and the dates are given
    by the service, a password is only ever taken. One class for both ends with fields that are
    optional because one side lacks them, or with a client that sets what is not its to set.

    Write a schema for each direction, with a common base for what they share. Only schemas that
    routes name themselves count, in containers too: a part of two others may be the same, and so
    may a base and a generic wrapper.

    Bad:

    ```python
    from fastapi import APIRouter
    from pydantic import BaseModel

    router = APIRouter()


    class User(BaseModel):  # <-
        id: int | None = None
        name: str


    @router.post("/users", response_model=User)
    async def create_user(user: User) -> User:
        return user
    ```

    Bad:

    Two routes in two modules, other names, containers, an annotation alone.

    ```python
    # file: app/schemas.py
    from pydantic import BaseModel


    class AppModel(BaseModel):
        pass


    class Order(AppModel):  # <-
        id: int = 0
        note: str
    # file: app/pages.py
    from pydantic import BaseModel


    class Page[T](BaseModel):
        items: list[T]
    # file: app/writing.py
    from typing import Annotated

    from fastapi import APIRouter, Body

    import app.schemas as s

    router = APIRouter()
    Orders = Annotated[list[s.Order], Body()]


    @router.put("/orders")
    async def replace_orders(orders: Orders) -> None:
        print(orders)
    # file: app/reading.py
    from fastapi import FastAPI

    from app.pages import Page
    from app.schemas import Order as OrderOut

    app = FastAPI()


    @app.get("/orders")
    async def list_orders() -> Page[OrderOut]:
        return Page(items=[])
    ```

    Bad:

    A schema of SQLModel, which is no table; a name that tells one direction only.

    ```python
    from typing import Any

    from fastapi import APIRouter
    from sqlmodel import SQLModel

    router = APIRouter()


    class HeroCreate(SQLModel):  # <-
        name: str


    @router.post("/heroes", response_model=HeroCreate | None)
    async def create_hero(hero: HeroCreate) -> Any:
        return hero
    ```

    Good:

    ```python
    from fastapi import APIRouter
    from pydantic import BaseModel

    router = APIRouter()


    class UserBase(BaseModel):
        name: str


    class UserCreate(UserBase):
        password: str


    class UserResponse(UserBase):
        id: int


    @router.post("/users", response_model=UserResponse)
    async def create_user(user: UserCreate) -> UserResponse:
        return UserResponse(id=1, name=user.name)
    ```

    A part that both sides have, a wrapper, a base.

    ```python
    from typing import Generic, TypeVar

    from fastapi import APIRouter
    from pydantic import BaseModel

    router = APIRouter()
    T = TypeVar("T")


    class Address(BaseModel):
        street: str


    class UserCreate(BaseModel):
        address: Address


    class UserResponse(BaseModel):
        id: int
        address: Address


    class Batch(BaseModel, Generic[T]):
        items: list[T]


    class Settings(BaseModel):
        theme: str


    class DetailedSettings(Settings):
        language: str


    @router.post("/users", response_model=Batch[UserResponse])
    async def create_users(users: Batch[UserCreate]) -> Batch[UserResponse]:
        return Batch(items=[])


    @router.put("/settings", response_model=Settings)
    async def change_settings(settings: Settings) -> Settings:
        return settings
    ```

    Taken by a callback, which is not the app's to serve.

    ```python
    from fastapi import APIRouter
    from pydantic import BaseModel

    router = APIRouter()
    callbacks = APIRouter()


    class Result(BaseModel):
        status: str


    @callbacks.post("{$callback_url}")
    def notify(result: Result) -> None: ...


    @router.get("/tasks/{task_id}", callbacks=callbacks.routes)
    async def get_task(task_id: int) -> Result:
        return Result(status="done")
    ```

    Taken from the query or a dependency, handed back by no route.

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Depends, Query
    from pydantic import BaseModel

    router = APIRouter()


    class Filter(BaseModel):
        name: str = ""


    class User(BaseModel):
        id: int


    async def get_user() -> User:
        return User(id=1)


    @router.get("/filter", response_model=Filter)
    async def get_filter(given: Annotated[Filter, Query()]) -> Filter:
        return given


    @router.get("/me", response_model=User)
    async def get_me(user: Annotated[User, Depends(get_user)]) -> User:
        return user


    def store(user: User) -> User:
        return user
    ```
    """

    code = "HB109"
    level = Level.STRICT
    needs = frozenset({"class"})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each schema of the file that goes both ways."""
        if "test" in file.roles:
            return
        project = file.project
        for schema in file.outline.definitions:
            if not isinstance(schema, ClassScope) or not schema.node.bases:
                continue
            taken = _direct(body_schemas(project).get(schema, []))
            given = _direct(response_schemas(project).get(schema, []))
            if taken and given and is_schema(project, schema) and not _is_shared(project, schema):
                yield _finding(file, schema, taken[0], given[0])


def _direct(uses: Sequence[Use]) -> list[Use]:
    """The uses where a route names the schema itself."""
    return [use for use in uses if not use.way]


def _is_shared(project: Project, schema: ClassScope) -> bool:
    """Whether a schema is a base of others, or generic."""
    if "base" in words_of(schema.name) or _is_generic(project, schema):
        return True
    return any(
        schema in project.bases(other)
        for outline in users_of(project, schema)[1]
        for other in outline.definitions
        if isinstance(other, ClassScope)
    )


def _is_generic(project: Project, schema: ClassScope) -> bool:
    uses = [*body_schemas(project)[schema], *response_schemas(project)[schema]]
    return bool(schema.node.type_params) or any(use.form.arguments for use in uses)


def _finding(file: SourceFile, schema: ClassScope, taken: Use, given: Use) -> Finding:
    name, stem = schema.name, _DIRECTION.sub("", schema.name)
    message = (
        f"`{name}` is what {_handler(taken)} takes and {_handler(given)} answers with: write a "
        f"schema for each, such as `{stem}Create` and `{stem}Response`"
    )
    place = Span(file.span(schema.node).start, file.name_span(schema).end)
    related = [
        Related(file.path, file.span(use.route.call), about)
        for use, about in ((taken, "it is taken here"), (given, "it is given here"))
        if use.route.outline is file.outline
    ]
    return Finding(place, message, related=related)


def _handler(use: Use) -> str:
    handler = use.route.handler
    return f"`{handler.name}`" if handler is not None else "a route"
