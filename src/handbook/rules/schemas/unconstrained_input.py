"""HB100."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.requests.schema_usage import body_schemas, field_form
from handbook.knowledge.pydantic.schemas import Field, config_value, is_schema, own_fields
from handbook.knowledge.vocabulary import ANNOTATED, PYDANTIC_FIELD
from handbook.python.project.project import External, Project, Variable
from handbook.python.project.source import SourceFile
from handbook.python.types.normalized import ELLIPSIS, Named, members_of
from handbook.python.values.reassigned_fields import is_validated
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.outline import Assigned, ClassScope, Scope
from handbook.violation import Severity

_DEEPEST = 6
_TEXTS = frozenset({"builtins.str", "builtins.bytes"})
_NUMBERS = frozenset({"builtins.int", "builtins.float", "decimal.Decimal"})
_TUPLE = "builtins.tuple"
_LISTS = frozenset({"builtins.list", "builtins.set", _TUPLE})
_LENGTHS = frozenset({"max_length", "pattern", "max_items", "regex"})
_RANGES = frozenset({"ge", "gt", "le", "lt", "multiple_of", "max_digits"})
_BOUNDS = _LENGTHS | _RANGES | {"min_length", "min_items", "decimal_places"}


class UnconstrainedInput(FileRule):
    """A string, list or number in a request body has no bounds.

    What is not bounded at the edge is bounded by whatever breaks first: the column of a database,
    that answers with a 500, the memory, or a sum that was never meant to be negative. With bounds
    the client gets a 422 that names the field, and the documentation says what is allowed.

    Give the field a `Field` with `max_length`, `pattern`, `ge`, `le` and their like, or name the type
    once: `Name = Annotated[str, Field(max_length=100)]`. Looked at are the fields of schemas that
    routes take as a body, the nested ones too. Types that are bounded by nature, such as enums, UUIDs,
    dates, URLs, `EmailStr` and `PositiveInt`, pass, and so do fields with a validator.

    Bad:

    ```python
    from fastapi import FastAPI
    from pydantic import BaseModel, Field


    class OrderCreate(BaseModel):
        note: str  # <-
        quantity: int = 1  # <-
        tags: list[str] = Field(default_factory=list, description="Free words")  # <-


    app = FastAPI()


    @app.post("/orders")
    async def create_order(data: OrderCreate) -> None: ...
    ```

    A nested schema, in another module than the route.

    ```python
    # file: app/schemas.py
    from decimal import Decimal
    from typing import Annotated

    from pydantic import BaseModel


    class Item(BaseModel):
        price: Decimal | None = None  # <-
        name: Annotated[str, "shown to clients"]  # <-


    class Basket(BaseModel):
        items: dict[str, Item]
    # file: app/router.py
    from fastapi import APIRouter

    from app import schemas

    router = APIRouter()


    @router.put("/basket")
    async def replace_basket(basket: schemas.Basket) -> None: ...
    ```

    A base class that other schemas inherit from, behind an alias of a type.

    ```python
    from fastapi import FastAPI
    from pydantic import BaseModel

    type Note = str | None


    class OrderBase(BaseModel):
        note: Note = None  # <-


    class OrderCreate(OrderBase):
        is_gift: bool = False


    app = FastAPI()


    @app.post("/orders")
    async def create_orders(data: list[OrderCreate]) -> None: ...
    ```

    Good:

    ```python
    from typing import Annotated

    from fastapi import FastAPI
    from pydantic import BaseModel, Field, PositiveInt, StringConstraints

    Name = Annotated[str, StringConstraints(max_length=100)]


    class OrderCreate(BaseModel):
        note: str = Field(max_length=1000)
        quantity: int = Field(default=1, ge=1, le=100)
        size: PositiveInt
        names: Annotated[list[Name], Field(max_length=10)]
        name: Name | None = None


    app = FastAPI()


    @app.post("/orders")
    async def create_order(data: OrderCreate) -> None: ...
    ```

    Types that have bounds by themselves, and validators, of Pydantic and of another package.

    ```python
    from datetime import date
    from enum import StrEnum
    from typing import Literal
    from uuid import UUID

    from fastapi import FastAPI
    from pydantic import BaseModel, EmailStr, HttpUrl, field_validator
    from pydantic_validation_decorator import NotBlank


    class Size(StrEnum):
        SMALL = "small"


    class OrderCreate(BaseModel):
        id: UUID
        day: date
        size: Size
        edges: tuple[Size, Size]
        kind: Literal["a", "b"]
        is_gift: bool
        email: EmailStr
        url: HttpUrl
        code: str
        name: str

        @field_validator("code")
        @classmethod
        def check_code(cls, value: str) -> str:
            return value

        @NotBlank(field_name="name")
        def get_name(self) -> str:
            return self.name


    app = FastAPI()


    @app.post("/orders")
    async def create_order(data: OrderCreate) -> None: ...
    ```

    What only goes out, and a bound for all texts of a schema.

    ```python
    from fastapi import FastAPI
    from pydantic import BaseModel, ConfigDict


    class OrderCreate(BaseModel):
        model_config = ConfigDict(str_max_length=1000)

        note: str


    class OrderResponse(BaseModel):
        note: str


    app = FastAPI()


    @app.post("/orders")
    async def create_order(data: OrderCreate) -> OrderResponse: ...
    ```
    """

    code = "HB100"
    level = Level.STRICT
    severity = Severity.INFO
    needs = frozenset({"class"})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the fields without bounds of each schema of the file that a route takes."""
        if "test" in file.roles:
            return
        project = file.project
        for schema in file.outline.definitions:
            if isinstance(schema, ClassScope) and is_schema(project, schema):
                if not _is_input(project, schema):
                    continue
                for field in own_fields(schema):
                    advice = _missing_bound(project, schema, field)
                    if advice is not None:
                        message = f"`{field.name}` has no bounds: add {advice}"
                        yield Finding(field.node, message)


def _is_input(project: Project, schema: ClassScope) -> bool:
    """Whether a route takes a schema, or one that inherits from it."""

    def find() -> set[ClassScope]:
        return {
            symbol
            for used in body_schemas(project)
            for symbol in project.ancestry(used)
            if isinstance(symbol, ClassScope)
        }

    return schema in project.fact("input schemas", find)


def _missing_bound(project: Project, schema: ClassScope, field: Field) -> str | None:
    """What would bound a field that nothing bounds."""
    form = field_form(project, Named(schema), field)
    parts = [part for part in members_of(form) if isinstance(part, Named)]
    # A tuple of so many items cannot grow.
    names = {
        part.name for part in parts if part.name != _TUPLE or part.arguments[-1:] == (ELLIPSIS,)
    }
    if names & _TEXTS:
        if config_value(project, schema, "str_max_length") is not None:
            return None
        advice = "`Field(max_length=...)`"
    elif names & _NUMBERS:
        advice = "`Field(ge=..., le=...)`"
    elif names & _LISTS:
        advice = "`Field(max_length=...)`"
    else:
        return None
    if _is_bounded(project, field.annotation, schema, 0) or is_validated(
        project, schema, field.name
    ):
        return None
    call = field.default
    if isinstance(call, ast.Call) and _call_bounds(project, call, schema):
        return None
    return advice


def _call_bounds(project: Project, call: ast.Call, scope: Scope) -> bool:
    """Whether the call of a field bounds it: by its arguments, or by being one that is not known."""
    symbol = project.resolve_expression(call.func, scope)
    if symbol is None or symbol.qualified_name not in PYDANTIC_FIELD:
        return True
    return any(
        keyword.arg is None or keyword.arg in _BOUNDS or (keyword.arg == "exclude")
        for keyword in call.keywords
    )


def _is_bounded(project: Project, node: ast.expr, scope: Scope, depth: int) -> bool:
    """Whether a type brings bounds along, or may do so."""
    if depth > _DEEPEST:
        return True
    match node:
        case ast.Constant(value=str()):
            return True
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return any(_is_bounded(project, part, scope, depth + 1) for part in (left, right))
        case ast.Call():
            # `constr(max_length=5)` and its like.
            return True
        case ast.Subscript(value=head, slice=inner):
            symbol = project.resolve_expression(head, scope)
            name = symbol.qualified_name if symbol is not None else ""
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            if name in ANNOTATED:
                return any(_metadata_bounds(project, item, scope) for item in parts[1:]) or (
                    _is_bounded(project, parts[0], scope, depth + 1)
                )
            if name.rpartition(".")[2] in ("Optional", "Union"):
                return any(_is_bounded(project, part, scope, depth + 1) for part in parts)
            return name.rpartition(".")[2] == "Literal"
        case ast.Name() | ast.Attribute():
            symbol = project.resolve_expression(node, scope)
            match symbol:
                case External(qualified_name=name):
                    return not name.startswith(("builtins.", "decimal.", "typing."))
                case Variable(bindings=[Assigned(value=ast.expr() as value)]):
                    return _is_bounded(project, value, symbol.scope, depth + 1)
            return not isinstance(symbol, ClassScope)
    return False


def _metadata_bounds(project: Project, item: ast.expr, scope: Scope) -> bool:
    """Whether something in `Annotated` may bound the type: all that is not just a description."""
    if isinstance(item, ast.Constant):
        return False
    return not isinstance(item, ast.Call) or _call_bounds(project, item, scope)
