"""HB105."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.requests.schema_usage import body_parameters
from handbook.knowledge.fastapi.responses.bodies import annotated_form
from handbook.knowledge.fastapi.routing.routes import WORDS, Route, routes_in
from handbook.knowledge.sqlalchemy.models import is_model
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.types.normalized import Form, parts_of, type_form
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.outline import ClassScope, FunctionScope
from handbook.violation import Severity


class OrmModelExposed(FileRule):
    """A route uses an ORM model as its request body or response model.

    A table and an interface change for different reasons. Where the model is the interface, each new
    column, the hash of a password and a note for colleagues too, is published the moment it is
    added, and a client may set whatever the table holds: its own id, its role, the owner.

    Name a schema: one for what comes in, one for what goes out. Looked at are `response_model`, the
    return annotation where no response model takes its place, and the bodies of requests, in
    containers and wrappers too. A SQLModel class without `table=True` is a schema. An annotation
    that differs from the response model is reported by HB093.

    Bad:

    ```python
    from fastapi import APIRouter
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    router = APIRouter()


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"

        id: Mapped[int] = mapped_column(primary_key=True)


    @router.get("/users/{user_id}", response_model=User)  # <-
    async def get_user(user_id: int) -> User:
        return User(id=user_id)


    @router.get("/users", response_model=None)
    async def list_users() -> list[User]:  # <-
        return []


    @router.put("/users", response_model=None)
    async def replace_user(user: User) -> None:  # <-
        print(user)
    ```

    Bad:

    A table of SQLModel in another module, under another name, in a wrapper, and as a body.

    ```python
    # file: app/models.py
    from sqlmodel import Field, SQLModel


    class AppModel(SQLModel):
        pass


    class Hero(AppModel, table=True):
        id: int | None = Field(default=None, primary_key=True)
        secret_name: str
    # file: app/router.py
    from collections.abc import Sequence
    from typing import Annotated

    from fastapi import APIRouter, Body
    from pydantic import BaseModel

    from app.models import Hero as HeroRow

    router = APIRouter()
    Heroes = Sequence[HeroRow]


    class Page[T](BaseModel):
        items: list[T]


    @router.get("/", response_model=Page[HeroRow])  # <-
    async def list_heroes() -> Page[HeroRow]:
        return Page(items=[])


    @router.post("/")
    async def create_hero(hero: HeroRow) -> Heroes | None:  # <-
        return [hero]


    @router.put("/")
    async def replace_heroes(
        heroes: Annotated[list[HeroRow], Body()],  # <-
    ) -> None:
        print(heroes)
    ```

    Bad:

    A declarative base that is made by a function, a handler that is registered elsewhere.

    ```python
    # file: app/models.py
    from sqlalchemy import Column, Integer
    from sqlalchemy.orm import declarative_base

    Base = declarative_base()


    class Order(Base):
        __tablename__ = "orders"

        id = Column(Integer, primary_key=True)
    # file: app/handlers.py
    import app.models as m


    async def get_order(order_id: int) -> m.Order | None:
        return None
    # file: app/main.py
    from fastapi import FastAPI

    from app.handlers import get_order

    app = FastAPI()
    app.add_api_route("/orders/{order_id}", get_order, response_model=None)  # <-
    ```

    Good:

    ```python
    from fastapi import APIRouter
    from pydantic import BaseModel, ConfigDict
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    router = APIRouter()


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"

        id: Mapped[int] = mapped_column(primary_key=True)


    class UserResponse(BaseModel):
        model_config = ConfigDict(from_attributes=True)

        id: int


    @router.get("/users/{user_id}", response_model=UserResponse)
    async def get_user(user_id: int) -> UserResponse:
        return UserResponse.model_validate(User(id=user_id))
    ```

    Tables without `table=True` are schemas; a model that a dependency loads is no body.

    ```python
    from typing import Annotated, Any

    from fastapi import APIRouter, Depends
    from sqlmodel import Field, SQLModel

    router = APIRouter()


    class HeroBase(SQLModel):
        name: str


    class Hero(HeroBase, table=True):
        id: int | None = Field(default=None, primary_key=True)


    class HeroPublic(HeroBase):
        id: int


    async def load_hero(hero_id: int) -> Hero:
        return Hero(id=hero_id, name="Ada")


    def loaded(name: str) -> Any:
        return Depends(lambda: Hero(id=1, name=name))


    LOADED = Depends(load_hero)
    LoadedHero = Annotated[Hero, LOADED]
    Captain = Annotated[Hero, loaded("Ada")]


    @router.get("/{hero_id}", response_model=HeroPublic)
    async def get_hero(hero: LoadedHero) -> HeroPublic:
        return HeroPublic.model_validate(hero)


    @router.post("/", response_model=HeroPublic)
    async def create_hero(
        data: HeroBase, captain: Captain, boss: Hero = Depends(load_hero), other: Hero = LOADED
    ) -> HeroPublic:
        return HeroPublic(id=1, name=data.name)
    ```

    Two classes of one name, and functions that are no routes.

    ```python
    # file: app/models.py
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class Product(Base):
        __tablename__ = "products"

        id: Mapped[int] = mapped_column(primary_key=True)
    # file: app/schemas.py
    from pydantic import BaseModel


    class Product(BaseModel):
        id: int
    # file: app/router.py
    from fastapi import APIRouter

    from app.models import Product as ProductRow
    from app.schemas import Product

    router = APIRouter()


    def load(product_id: int) -> ProductRow:
        return ProductRow(id=product_id)


    @router.get("/{product_id}", response_model=Product)
    async def get_product(product_id: int) -> Product:
        return Product(id=load(product_id).id)
    ```
    """

    code = "HB105"
    level = Level.ESSENTIAL
    severity = Severity.ERROR
    needs = WORDS

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the ORM models that routes take and give."""
        if "test" in file.roles:
            return
        for route in routes_in(file.project, file.outline):
            if not route.is_websocket:
                yield from _given(file, route)
                if route.handler is not None:
                    yield from _taken(file, route, route.handler)


def _given(file: SourceFile, route: Route) -> Iterator[Finding]:
    """The model in a response."""
    project, handler, promised = file.project, route.handler, route.argument("response_model")
    has_promise = promised is not None and not (
        isinstance(promised, ast.Constant) and promised.value is None
    )
    if promised is not None and has_promise:
        model = _model_in(project, type_form(project, promised, route.scope))
        place: ast.expr | None = promised
    elif handler is not None and not route.has_hidden_arguments:
        form = annotated_form(project, handler)
        model = _model_in(project, form) if form is not None else None
        place = handler.node.returns
    else:
        return
    if model is not None and place is not None:
        is_here = has_promise or (handler is not None and handler.outline is file.outline)
        message = (
            f"`{model.name}` is an ORM model: answer with a schema, such as `{model.name}Response`"
        )
        yield Finding(place if is_here else route.call, message)


def _taken(file: SourceFile, route: Route, handler: FunctionScope) -> Iterator[Finding]:
    """The models in the body of a request."""
    for parameter, form in body_parameters(file.project, handler):
        model = _model_in(file.project, form)
        annotation = parameter.node.annotation
        if model is not None and annotation is not None:
            message = (
                f"`{model.name}` is an ORM model: take a schema, such as `{model.name}Create`"
            )
            yield Finding(annotation if handler.outline is file.outline else route.call, message)


def _model_in(project: Project, form: Form) -> ClassScope | None:
    for part in parts_of(form):
        if isinstance(part.symbol, ClassScope) and is_model(project, part.symbol):
            return part.symbol
    return None
