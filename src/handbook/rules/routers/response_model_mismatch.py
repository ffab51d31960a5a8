"""HB093."""

import ast
from collections.abc import Iterator

from handbook.fixes.type_text import names_in_type, runnable_text
from handbook.knowledge.fastapi.responses.bodies import promises_body
from handbook.knowledge.fastapi.responses.returned import mentions_response, without_responses
from handbook.knowledge.fastapi.responses.status import BODILESS, status_of
from handbook.knowledge.fastapi.routing.routes import Route, routes_in
from handbook.python.project.source import SourceFile
from handbook.python.types.inference import is_generator
from handbook.python.types.normalized import Form, parts_of, type_form
from handbook.rulebook.rule import Draft, FileRule, Finding, Option
from handbook.rules.routers._agreement import agrees
from handbook.syntax.outline import FunctionScope
from handbook.violation import Applicability, Related


class ResponseModelMismatch(FileRule):
    """A route's `response_model` and its return annotation name different types.

    Both say what a client gets, and FastAPI believes the model: it filters the body, validates it
    and writes the documentation by it. Readers and mypy believe the annotation. Where the two
    differ, one of them is wrong, and what looks checked is not: an ORM row annotated beside a
    schema hides that the row is converted on the way out, or is not.

    Name the same type in both places, and convert in the handler or the service. Types are
    compared by what they mean, not by how they are spelled: aliases, quotes, `Optional[X]` and
    `X | None`, `List[X]` and `list[X]`, the metadata of `Annotated` make no difference, and a
    subclass agrees with its base. Ready-made responses pass the model by, so they agree with any
    model. `-> Any` is FastAPI's documented way to leave everything to the model; with
    `allow-any = false` it is reported too.

    Bad:

    ```python
    from fastapi import FastAPI
    from pydantic import BaseModel

    app = FastAPI()


    class UserResponse(BaseModel):
        id: int


    @app.get("/me", response_model=UserResponse)  # <-
    async def get_me() -> dict[str, int]:
        return {"id": 1}
    ```

    Fixed:

    ```python
    from fastapi import FastAPI
    from pydantic import BaseModel

    app = FastAPI()


    class UserResponse(BaseModel):
        id: int


    @app.get("/me", response_model=UserResponse)
    async def get_me() -> UserResponse:
        return {"id": 1}
    ```

    Bad:

    Two classes of one name: the row of the database and the schema. And a list of them.

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
    from collections.abc import Sequence

    from fastapi import APIRouter

    from app.models import Product
    from app.schemas import Product as ProductSchema

    router = APIRouter()


    @router.get("/{product_id}", response_model=ProductSchema)  # <-
    async def get_product(product_id: int) -> Product:
        return Product(id=product_id)


    @router.get("/", response_model=list[ProductSchema])  # <-
    async def list_products() -> Sequence[Product]:
        return []
    ```

    Fixed:

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

    from app.models import Product
    from app.schemas import Product as ProductSchema

    router = APIRouter()


    @router.get("/{product_id}", response_model=ProductSchema)
    async def get_product(product_id: int) -> ProductSchema:
        return Product(id=product_id)


    @router.get("/", response_model=list[ProductSchema])
    async def list_products() -> list[ProductSchema]:
        return []
    ```

    Bad:

    What may be missing, in a wrapper; and a response without a body that is promised one.

    ```python
    from fastapi import APIRouter, status
    from pydantic import BaseModel

    router = APIRouter()


    class Page[T](BaseModel):
        items: list[T]


    class Item(BaseModel):
        id: int


    @router.get("/", response_model=Page[Item])  # <-
    async def list_items() -> Page[Item | None]:
        return Page(items=[None])


    @router.put("/", status_code=status.HTTP_204_NO_CONTENT, response_model=None)  # <-
    async def replace_items(items: list[Item]) -> list[Item]:
        return items
    ```

    A row of a table whose base a call makes.

    ```python
    from fastapi import APIRouter
    from pydantic import BaseModel
    from sqlalchemy import Column, Integer
    from sqlalchemy.orm import declarative_base

    Base = declarative_base()
    router = APIRouter()


    class Invoice(Base):
        __tablename__ = "invoices"
        id = Column(Integer, primary_key=True)


    class InvoiceResponse(BaseModel):
        id: int


    @router.get("/{invoice_id}", response_model=InvoiceResponse)  # <-
    async def get_invoice(invoice_id: int) -> Invoice:
        return Invoice(id=invoice_id)
    ```

    `Any`, where the configuration wants the same type on both sides.

    ```python
    # file: pyproject.toml
    [tool.handbook.rules.response-model-mismatch]
    allow-any = false
    # file: app/router.py
    from typing import Any

    from fastapi import APIRouter
    from pydantic import BaseModel

    router = APIRouter()


    class Item(BaseModel):
        id: int


    @router.get("/", response_model=list[Item])  # <-
    async def list_items() -> Any:
        return [{"id": 1}]
    ```

    Good:

    Different spellings of one type, here and in other files.

    ```python
    # file: app/schemas.py
    from typing import Annotated, Optional

    from pydantic import BaseModel, Field


    class User(BaseModel):
        id: int


    class DetailedUser(User):
        email: str


    Users = Annotated[list[User], Field(max_length=100)]
    type MaybeUser = User | None
    # file: app/router.py
    from collections.abc import Sequence
    from typing import List, Optional, Union

    from fastapi import APIRouter

    import app.schemas as s
    from app.schemas import DetailedUser, MaybeUser, User, Users

    router = APIRouter()


    @router.get("/", response_model=Users)
    async def list_users() -> "List[s.User]":
        return []


    @router.get("/first", response_model=Optional[User])
    async def get_first() -> MaybeUser:
        return None


    @router.get("/last", response_model=Union[None, User])
    async def get_last() -> User:
        return User(id=1)


    @router.get("/detailed", response_model=list[User])
    async def list_details() -> Sequence[DetailedUser]:
        return []
    ```

    Responses that are ready, alone or beside a type; a class of the project counts.

    ```python
    from fastapi import APIRouter, Response
    from fastapi.responses import JSONResponse, RedirectResponse
    from pydantic import BaseModel

    router = APIRouter()


    class Receipt(BaseModel):
        id: int


    class SeeOther(RedirectResponse):
        status_code = 303


    @router.post("/pay", response_model=Receipt)
    async def pay() -> SeeOther | Receipt:
        return SeeOther("/done")


    @router.post("/token", response_model=Receipt)
    async def issue_token() -> Response:
        return JSONResponse({"id": 1})


    @router.get("/file", response_model=None)
    async def download() -> dict[str, str] | Response:
        return {}
    ```

    `Any` leaves it all to the model. What a caller passes in, or a library defines, is not known.

    ```python
    from typing import Any

    from fastapi import APIRouter
    from fastapi_pagination import Page
    from pydantic import BaseModel

    from somewhere import UserPage


    class User(BaseModel):
        id: int


    def make_router(schema: type[BaseModel]) -> APIRouter:
        router = APIRouter()

        @router.get("/one", response_model=schema)
        async def get_one() -> User:
            return User(id=1)

        @router.get("/all", response_model=list[User])
        async def list_all() -> Any:
            return [{"id": 1}]

        @router.get("/page", response_model=Page[User])
        async def get_page() -> UserPage:
            return UserPage()

        return router
    ```
    """

    code = "HB093"
    needs = frozenset({"response_model"})
    allow_any = Option(True, "whether `-> Any` agrees with every response model")

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the response models that the annotation of the handler contradicts."""
        if "test" in file.roles:
            return
        for route in routes_in(file.project, file.outline):
            model, handler = route.argument("response_model"), route.handler
            if model is None or handler is None or is_generator(handler):
                continue
            returns = handler.node.returns
            if returns is None:
                continue
            annotated = type_form(file.project, returns, handler.parent or handler)
            given = without_responses(file.project, annotated)
            if isinstance(model, ast.Constant) and model.value is None:
                if status_of(file.project, route) in BODILESS and promises_body(given):
                    yield _bodiless(file, route, model, handler, returns)
                continue
            promised = type_form(file.project, model, route.scope)
            if agrees(file.project, given, promised, allow_any=self.allow_any) is False:
                yield _mismatch(
                    file,
                    route,
                    handler,
                    (model, promised),
                    (returns, annotated),
                )


def _bodiless(
    file: SourceFile, route: Route, model: ast.expr, handler: FunctionScope, returns: ast.expr
) -> Finding:
    status = status_of(file.project, route)
    message = (
        f"a response with status {status} has no body, "
        f"but `{handler.name}` is annotated `-> {_text(returns)}`"
    )
    return Finding(model, message, related=_related(file, handler, returns))


def _mismatch(
    file: SourceFile,
    route: Route,
    handler: FunctionScope,
    model: tuple[ast.expr, Form],
    returns: tuple[ast.expr, Form],
) -> Finding:
    promised, given = _text(model[0]), _text(returns[0])
    if promised == given:
        promised, given = _qualified(model[1]), _qualified(returns[1])
    message = (
        f"the response model of `{handler.name}` is `{promised}`, but its annotation says "
        f"`{given}`: name the same type in both"
    )
    fixes = _fixes(file, route, handler, model[0], returns)
    return Finding(model[0], message, fixes, _related(file, handler, returns[0]))


def _fixes(
    file: SourceFile,
    route: Route,
    handler: FunctionScope,
    model: ast.expr,
    returns: tuple[ast.expr, Form],
) -> tuple[Draft, ...]:
    """Change the annotation, by which nothing changes for clients, or else the model."""
    annotation, form = returns
    if handler.parent is not route.scope or mentions_response(file.project, form):
        return ()
    promised = _text(model)
    annotate = Draft(file, f"Annotate `-> {promised}`", Applicability.UNSAFE)
    annotate.replace(annotation, file.code(model))
    annotate.release(*names_in_type(file, annotation, route.scope))
    text = runnable_text(file, annotation, route.scope, model.lineno)
    if text is None:
        return (annotate,)
    promise = Draft(
        file, f"Change `response_model` to `{' '.join(text.split())}`", Applicability.UNSAFE
    )
    promise.replace(model, text)
    promise.release(*names_in_type(file, model, route.scope))
    return (annotate, promise)


def _related(file: SourceFile, handler: FunctionScope, returns: ast.expr) -> tuple[Related, ...]:
    if handler.outline is not file.outline:
        return ()
    return (Related(file.path, file.span(returns), "the annotation"),)


def _text(node: ast.expr) -> str:
    """A type on one line, without the quotes around it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return ast.unparse(node)


def _qualified(form: Form) -> str:
    names = sorted({part.name for part in parts_of(form)})
    return " | ".join(names)
