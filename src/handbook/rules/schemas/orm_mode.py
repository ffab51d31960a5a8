"""HB102."""

import ast
from collections.abc import Iterator

from handbook.knowledge.pydantic.pydantic_v1 import (
    applicability_of_renames,
    config_classes,
    is_for_version,
)
from handbook.knowledge.pydantic.schema_values import is_inherited, schema_class, schema_instance
from handbook.knowledge.pydantic.schemas import is_pydantic
from handbook.knowledge.vocabulary import CONFIG_DICTS
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Draft, FileRule, Finding, Level
from handbook.syntax.local_bindings import scoped_nodes
from handbook.syntax.outline import Assigned, ClassScope
from handbook.violation import Position, Severity, Span, Tag

_OLD = "orm_mode"
_NEW = "from_attributes"


class OrmMode(FileRule):
    """A schema uses `orm_mode` or `from_orm`, which Pydantic 2 renamed.

    Pydantic 2 calls the setting `from_attributes`, and of `orm_mode` it only warns and does nothing:
    a schema that is configured so cannot read an ORM object at all. `Schema.from_orm(row)` is
    deprecated, and is `Schema.model_validate(row)` under another name.

    Write `from_attributes=True` in `model_config`, and `model_validate`. Methods called `from_orm`
    that the project defines itself, and the models of `pydantic.v1`, are left alone.

    Bad:

    ```python
    from pydantic import BaseModel


    class UserResponse(BaseModel):
        id: int

        class Config:
            orm_mode = True  # <-


    def show(row: object) -> UserResponse:
        return UserResponse.from_orm(row)  # <-
    ```

    Fixed:

    ```python
    from pydantic import BaseModel


    class UserResponse(BaseModel):
        id: int

        class Config:
            from_attributes = True


    def show(row: object) -> UserResponse:
        return UserResponse.model_validate(row)
    ```

    Bad:

    Half-way to Pydantic 2: in a `ConfigDict`, in a plain dictionary, behind the name of the class.

    ```python
    from pydantic import BaseModel, ConfigDict


    class UserResponse(BaseModel):
        model_config = ConfigDict(
            orm_mode=True,  # <-
            extra="forbid",
        )


    class OrderResponse(BaseModel):
        model_config = {"orm_mode": True}  # <-


    class ItemResponse(BaseModel, orm_mode=True):  # <-
        id: int
    ```

    Fixed:

    ```python
    from pydantic import BaseModel, ConfigDict


    class UserResponse(BaseModel):
        model_config = ConfigDict(
            from_attributes=True,
            extra="forbid",
        )


    class OrderResponse(BaseModel):
        model_config = {"from_attributes": True}


    class ItemResponse(BaseModel, from_attributes=True):
        id: int
    ```

    Bad:

    A schema of another module under another name, a method that is handed on, `cls`, a parameter.

    ```python
    # file: app/schemas.py
    from typing import Self

    from pydantic import BaseModel


    class AppModel(BaseModel):
        @classmethod
        def load(cls, row: object) -> Self:
            return cls.from_orm(row)  # <-


    class UserResponse(AppModel):
        id: int
    # file: app/service.py
    from app import schemas
    from app.schemas import AppModel, UserResponse as Response


    def show_all(rows: list[object]) -> list[Response]:
        return list(map(Response.from_orm, rows))  # <-


    def show(rows: list[object], model: type[AppModel]) -> list[AppModel]:
        first = schemas.UserResponse.from_orm(rows[0])  # <-
        return [first, *(model.from_orm(row) for row in rows[1:])]  # <-
    ```

    Fixed:

    ```python
    # file: app/schemas.py
    from typing import Self

    from pydantic import BaseModel


    class AppModel(BaseModel):
        @classmethod
        def load(cls, row: object) -> Self:
            return cls.model_validate(row)


    class UserResponse(AppModel):
        id: int
    # file: app/service.py
    from app import schemas
    from app.schemas import AppModel, UserResponse as Response


    def show_all(rows: list[object]) -> list[Response]:
        return list(map(Response.model_validate, rows))


    def show(rows: list[object], model: type[AppModel]) -> list[AppModel]:
        first = schemas.UserResponse.model_validate(rows[0])
        return [first, *(model.model_validate(row) for row in rows[1:])]
    ```

    Good:

    ```python
    from pydantic import BaseModel, ConfigDict


    class UserResponse(BaseModel):
        model_config = ConfigDict(from_attributes=True)

        id: int


    def show(row: object) -> UserResponse:
        return UserResponse.model_validate(row)
    ```

    Names that are the project's own, and strings.

    ```python
    from dataclasses import dataclass
    from typing import Self

    from pydantic import BaseModel


    @dataclass
    class Money:
        amount: int

        @classmethod
        def from_orm(cls, row: object) -> Self:
            return cls(amount=1)


    class UserResponse(BaseModel):
        id: int

        @classmethod
        def from_orm(cls, row: object) -> Self:
            return cls(id=1)


    def show(row: object, orm_mode: bool = True) -> list[object]:
        options = {"orm_mode": orm_mode}
        return [Money.from_orm(row), UserResponse.from_orm(row), options]
    ```

    The old Pydantic, or either of the two.

    ```python
    import pydantic
    from pydantic import BaseModel
    from pydantic.v1 import BaseModel as OldModel


    class Event(OldModel):
        class Config:
            orm_mode = True


    class UserResponse(BaseModel):
        id: int


    def show(row: object) -> object:
        if pydantic.VERSION.startswith("1."):
            return UserResponse.from_orm(row)
        return [Event.from_orm(row), UserResponse.model_validate(row)]
    ```
    """

    code = "HB102"
    fix_needs = (("pydantic", (2, 0)),)
    level = Level.ESSENTIAL
    tag = Tag.DEPRECATED
    severity = Severity.ERROR
    needs = frozenset({_OLD, "from_orm"})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each `orm_mode` of a schema, and each `from_orm`."""
        if _OLD in file.outline.words:
            for _, config in config_classes(file.project, file.outline):
                for binding in config.bindings.get(_OLD, ()):
                    if isinstance(binding, Assigned):
                        yield _renamed(file, _at(file, binding.node, len(_OLD)), _OLD, _NEW)
            yield from _in_dictionaries(file)
        if "from_orm" in file.outline.words:
            yield from _calls(file)


def _renamed(file: SourceFile, place: Span, old: str, new: str) -> Finding:
    applicability = applicability_of_renames(file.project)
    draft = Draft(file, f"Write `{new}`", applicability).replace(place, new)
    if old == _OLD:
        message = f"Pydantic 2 has no `{old}`: write `{new}`"
    else:
        message = f"`{old}` is deprecated: write `{new}`"
    return Finding(place, message, [draft])


def _at(file: SourceFile, node: ast.AST, length: int) -> Span:
    """The first letters of a node."""
    start = file.span(node).start
    return Span(start, Position(start.line, start.column + length))


def _in_dictionaries(file: SourceFile) -> Iterator[Finding]:
    """`ConfigDict(orm_mode=True)`, `model_config = {"orm_mode": True}` and class keywords."""
    for scope in (file.outline, *file.outline.definitions):
        if isinstance(scope, ClassScope) and is_pydantic(file.project, scope):
            for keyword in scope.node.keywords:
                if keyword.arg == _OLD:
                    yield _renamed(file, _at(file, keyword, len(_OLD)), _OLD, _NEW)
            for binding in scope.bindings.get("model_config", ()):
                match binding:
                    case Assigned(value=ast.Dict(keys=keys)):
                        for key in keys:
                            if isinstance(key, ast.Constant) and key.value == _OLD:
                                text = file.text_of(file.span(key)).replace(_OLD, _NEW)
                                finding = _renamed(file, file.span(key), _OLD, text)
                                finding.message = finding.message.replace(f"`{text}`", f"`{_NEW}`")
                                yield finding
        for node, around in scoped_nodes(scope, ast.Call):
            for keyword in node.keywords:
                if keyword.arg == _OLD:
                    called = file.project.resolve_expression(node.func, around)
                    if called is not None and called.qualified_name in CONFIG_DICTS:
                        yield _renamed(file, _at(file, keyword, len(_OLD)), _OLD, _NEW)


def _calls(file: SourceFile) -> Iterator[Finding]:
    """`Schema.from_orm`, called or handed on."""
    for scope in file.outline.scopes_with({"from_orm"}):
        for node, around in scoped_nodes(scope, ast.Attribute):
            if node.attr != "from_orm":
                continue
            schema = schema_class(file.project, node.value, around) or schema_instance(
                file.project, node.value, around
            )
            if schema is None or not is_inherited(file.project, schema, "from_orm"):
                continue
            if is_for_version(scope, node):
                continue
            end = file.span(node).end
            place = Span(Position(end.line, end.column - len("from_orm")), end)
            yield _renamed(file, place, "from_orm", "model_validate")
