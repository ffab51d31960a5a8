"""HB106."""

import ast
from collections.abc import Iterator

from handbook.fixes.calls import append_keyword
from handbook.knowledge.fastapi.routing.routers import keyword_of
from handbook.knowledge.pydantic.schema_values import is_inherited, schema_class
from handbook.knowledge.pydantic.schemas import config_value, fields, is_schema
from handbook.knowledge.sqlalchemy.models import is_model
from handbook.knowledge.vocabulary import CONFIG_DICTS, SQLMODEL
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.types.inference import instance_of
from handbook.rulebook.rule import Draft, FileRule, Finding, Level
from handbook.syntax.local_bindings import scoped_nodes
from handbook.syntax.outline import Assigned, ClassScope, Outline
from handbook.syntax.text import newline_of
from handbook.violation import Position, Related, Severity, Span

_CALL = "model_validate"
_KEY = "from_attributes"
type _Conversion = tuple[ClassScope, ast.Call, Outline]


class MissingFromAttributes(FileRule):
    """`model_validate` of an ORM object needs `from_attributes=True`.

    `model_validate` takes a dictionary, or an instance of the schema. Given a row of an ORM model it
    raises a `ValidationError`, unless `from_attributes=True` is in the configuration of the schema,
    of a parent, or in the call. Type checkers see nothing of it: the parameter is an `Any`.

    Set it in `model_config`. A row that a route simply returns needs no such setting, since FastAPI
    passes the flag itself.

    Bad:

    ```python
    from pydantic import BaseModel
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"

        id: Mapped[int] = mapped_column(primary_key=True)


    class UserResponse(BaseModel):  # <-
        id: int


    def show(user: User) -> UserResponse:
        return UserResponse.model_validate(user)
    ```

    Fixed:

    ```python
    from pydantic import BaseModel, ConfigDict
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"

        id: Mapped[int] = mapped_column(primary_key=True)


    class UserResponse(BaseModel):
        model_config = ConfigDict(from_attributes=True)

        id: int


    def show(user: User) -> UserResponse:
        return UserResponse.model_validate(user)
    ```

    Bad:

    A row of a query, in another module, and a configuration that says other things.

    ```python
    # file: app/models.py
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class Order(Base):
        __tablename__ = "orders"

        id: Mapped[int] = mapped_column(primary_key=True)
    # file: app/schemas.py
    from pydantic import BaseModel, ConfigDict


    class OrderResponse(BaseModel):  # <-
        'What clients see of an order.'

        model_config = ConfigDict(extra="forbid")

        id: int
    # file: app/service.py
    from app.models import Order
    from app.schemas import OrderResponse


    def show_all(orders: list[Order]) -> list[OrderResponse]:
        return [OrderResponse.model_validate(order) for order in orders]
    ```

    Fixed:

    ```python
    # file: app/models.py
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class Order(Base):
        __tablename__ = "orders"

        id: Mapped[int] = mapped_column(primary_key=True)
    # file: app/schemas.py
    from pydantic import BaseModel, ConfigDict


    class OrderResponse(BaseModel):
        'What clients see of an order.'

        model_config = ConfigDict(extra="forbid", from_attributes=True)

        id: int
    # file: app/service.py
    from app.models import Order
    from app.schemas import OrderResponse


    def show_all(orders: list[Order]) -> list[OrderResponse]:
        return [OrderResponse.model_validate(order) for order in orders]
    ```

    Bad:

    Switched off again below a parent that has it; a row that a session looks up.

    ```python
    from pydantic import BaseModel
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"

        id: Mapped[int] = mapped_column(primary_key=True)


    class AppModel(BaseModel, from_attributes=True):
        pass


    class UserResponse(AppModel, from_attributes=False):  # <-
        id: int


    async def show(session: AsyncSession) -> UserResponse:
        return UserResponse.model_validate(await session.get_one(User, 1))
    ```

    Good:

    ```python
    from pydantic import BaseModel, ConfigDict
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"

        id: Mapped[int] = mapped_column(primary_key=True)


    class AppModel(BaseModel):
        model_config = ConfigDict(from_attributes=True)


    class UserResponse(AppModel):
        id: int


    class UserSummary(BaseModel):
        id: int


    def show(user: User) -> tuple[UserResponse, UserSummary]:
        return (
            UserResponse.model_validate(user),
            UserSummary.model_validate(user, from_attributes=True),
        )
    ```

    What is validated is no row, or nobody knows.

    ```python
    from typing import Any

    from pydantic import BaseModel


    class UserResponse(BaseModel):
        id: int


    def show(data: dict[str, int], row: Any) -> list[UserResponse]:
        return [UserResponse.model_validate(data), UserResponse.model_validate(row)]
    ```

    A validator that makes something else of the row first.

    ```python
    from typing import Any

    from pydantic import BaseModel, model_validator
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"

        id: Mapped[int] = mapped_column(primary_key=True)


    class UserResponse(BaseModel):
        id: int

        @model_validator(mode="before")
        @classmethod
        def read_row(cls, row: Any) -> Any:
            return {"id": row.id}


    def show(user: User) -> UserResponse:
        return UserResponse.model_validate(user)
    ```
    """

    code = "HB106"
    fix_needs = (("pydantic", (2, 0)),)
    level = Level.ESSENTIAL
    severity = Severity.ERROR
    needs = frozenset({"class"})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each schema of the file that is made of ORM objects and cannot be."""
        project = file.project
        for schema in file.outline.definitions:
            if not isinstance(schema, ClassScope) or not is_schema(project, schema):
                continue
            found = _conversions(project).get(schema)
            if found is None or not _lacks_setting(project, schema):
                continue
            call, outline = found
            start = file.span(schema.node).start
            end = Position(start.line, start.column + len("class ") + len(schema.name))
            related = []
            if outline is file.outline:
                related.append(Related(file.path, file.span(call), "it is made of a row here"))
            message = f"`{schema.name}` is made of ORM objects: set `from_attributes=True`"
            yield Finding(Span(start, end), message, [*_fix(file, schema)], related)


def _conversions(project: Project) -> dict[ClassScope, tuple[ast.Call, Outline]]:
    """The schemas that `model_validate` makes of ORM objects, each with the first such call."""

    def find() -> dict[ClassScope, tuple[ast.Call, Outline]]:
        found: dict[ClassScope, tuple[ast.Call, Outline]] = {}
        for schema, call, outline in project.facts_in(
            project.mentioning(_CALL), "conversions of rows", _find
        ):
            found.setdefault(schema, (call, outline))
        return found

    return project.fact("conversions of rows", find)


def _find(project: Project, outline: Outline) -> Iterator[_Conversion]:
    for scope in outline.scopes_with({_CALL}):
        for node, around in scoped_nodes(scope, ast.Call):
            match node:
                case ast.Call(func=ast.Attribute(value=made, attr="model_validate"), args=[row]):
                    if keyword_of(node, _KEY) is not None:
                        continue
                    schema = schema_class(project, made, around)
                    given = instance_of(project, row, around) if schema is not None else None
                    if (
                        isinstance(schema, ClassScope)
                        and isinstance(given, ClassScope)
                        and is_model(project, given)
                        and is_inherited(project, schema, _CALL)
                    ):
                        yield schema, node, outline


def _lacks_setting(project: Project, schema: ClassScope) -> bool:
    """Whether a schema surely reads no attributes, and nothing turns rows into something else."""
    if fields(project, schema) is None or project.reaches(schema, SQLMODEL):
        return False
    value = config_value(project, schema, _KEY)
    if value is not None:
        return isinstance(value, ast.Constant) and value.value is False
    for symbol in project.ancestry(schema):
        if isinstance(symbol, ClassScope):
            if "Config" in symbol.bindings or not _is_readable(symbol):
                return False
            for method in symbol.methods:
                if any(_is_model_validator(found) for found in method.node.decorator_list):
                    return False
    return True


def _is_readable(schema: ClassScope) -> bool:
    """Whether all of a class's own configuration can be seen."""
    for binding in schema.bindings.get("model_config", ()):
        match binding:
            case Assigned(value=ast.Call(args=[], keywords=keywords)):
                if any(keyword.arg is None for keyword in keywords):
                    return False
            case Assigned(value=ast.Dict(keys=keys)):
                if None in keys:
                    return False
            case _:
                return False
    return True


def _is_model_validator(decorator: ast.expr) -> bool:
    head = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = head.attr if isinstance(head, ast.Attribute) else getattr(head, "id", "")
    return name in ("model_validator", "root_validator")


def _fix(file: SourceFile, schema: ClassScope) -> Iterator[Draft]:
    if any(keyword.arg == _KEY for keyword in schema.node.keywords):
        return
    draft = Draft(file, "Set `from_attributes=True`")
    match schema.bindings.get("model_config"):
        case None:
            yield _with_config(draft, schema)
        case [Assigned(value=ast.Call() as call)]:
            called = file.project.resolve_expression(call.func, schema)
            if called is not None and called.qualified_name in CONFIG_DICTS:
                if keyword_of(call, _KEY) is None and call.keywords:
                    append_keyword(draft, call, f"{_KEY}=True")
                    yield draft


def _with_config(draft: Draft, schema: ClassScope) -> Draft:
    """Put a `model_config` at the top of the class, below its docstring."""
    file = draft.file
    body = [*schema.body]
    first = body[0]
    is_documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    if is_documented and len(body) > 1:
        first = body[1]
    start = file.span(first).start
    decorators = getattr(first, "decorator_list", [])
    if decorators:
        start = Position(decorators[0].lineno, start.column)
    indentation = file.lines[start.line - 1][: start.column]
    if indentation.strip() or first.lineno == schema.node.lineno:
        draft.give_up()
        return draft
    name = draft.use("pydantic.ConfigDict", Span(start, start), scope=schema)
    newline = newline_of(file.lines)
    text = f"model_config = {name}({_KEY}=True)"
    if len(body) == 1 and is_documented:
        draft.insert(file.span(first).end, f"{newline}{newline}{indentation}{text}")
    elif isinstance(first, ast.Pass) or (is_documented and len(body) == 1):
        draft.replace(first, text)
    else:
        place = Position(start.line, 0)
        draft.insert(place, f"{indentation}{text}{newline}{newline}")
    return draft
