"""HB103."""

import ast
import re
from collections.abc import Iterator

from handbook.knowledge.pydantic.pydantic_v1 import (
    MEMBERS_WITHOUT_TWIN,
    OLD_FIELDS,
    RENAMED_MEMBERS,
    RENAMED_METHODS,
    applicability_of_renames,
    is_for_version,
    means_the_same,
)
from handbook.knowledge.pydantic.schema_values import (
    is_inherited,
    schema_class,
    schema_instance,
    schema_with,
)
from handbook.knowledge.pydantic.schemas import is_pydantic, is_schema
from handbook.knowledge.versions import fastapi_versions
from handbook.knowledge.vocabulary import PARAMETER_MARKERS, PYDANTIC_FIELD
from handbook.python.project.project import External, Project
from handbook.python.project.source import SourceFile
from handbook.python.types.types import Class
from handbook.rulebook.rule import Draft, FileRule, Finding
from handbook.rules.schemas._pydantic_v2 import rewrite_parse_obj_as, rewrite_validate_arguments
from handbook.rules.schemas._validators import rewrite_root_validator, rewrite_validator
from handbook.syntax.local_bindings import scoped_nodes
from handbook.syntax.names import Names
from handbook.syntax.outline import ClassScope, FunctionScope, Imported, Scope
from handbook.violation import Applicability, Position, Span, Tag

_DECORATORS = {
    "pydantic.validator": "`@field_validator` with `@classmethod`",
    "pydantic.class_validators.validator": "`@field_validator` with `@classmethod`",
    "pydantic.root_validator": "`@model_validator`",
    "pydantic.class_validators.root_validator": "`@model_validator`",
    "pydantic.validate_arguments": "`@validate_call`",
}
_REWRITES = {
    "validator": (rewrite_validator, "field_validator"),
    "root_validator": (rewrite_root_validator, "model_validator"),
    "validate_arguments": (rewrite_validate_arguments, "validate_call"),
}
_FUNCTIONS = {
    "pydantic.parse_obj_as": "`TypeAdapter(...).validate_python(...)`",
    "pydantic.tools.parse_obj_as": "`TypeAdapter(...).validate_python(...)`",
    "pydantic.schema_of": "`TypeAdapter(...).json_schema()`",
    **{
        f"pydantic.{name}": "`Annotated[..., Field(...)]`"
        for name in ("constr", "conint", "confloat", "conlist", "conset", "conbytes", "condecimal")
    },
}
_NAMES = Names({*_DECORATORS, *_FUNCTIONS})
_PATTERN_SINCE = (0, 100)
"""The first version of FastAPI whose parameters have a `pattern`."""
_SETTINGS = "pydantic.BaseSettings"
_ROOT = "__root__"
_MEMBERS = RENAMED_MEMBERS.keys() | MEMBERS_WITHOUT_TWIN.keys()
_CALLED = {"regex", *Names(_FUNCTIONS).words}
_ASKING = re.compile(rf"\.(?:\s|\\|#.*\n)*(?:{'|'.join(sorted(_MEMBERS))})\b")
"""Where something is asked for one of them: the name alone stands in many a file."""


class PydanticV1Api(FileRule):
    """Pydantic 1 API that Pydantic 2 renamed or removed.

    The old names still work for the most part, with a warning each, and will go with the next major
    version. Some no longer do what they did: `.json()` has lost its `encoder`, `.copy()` its
    `include`, `@validator` its `field` and `config`, and `BaseSettings` has moved out of the package.

    Write the names of Pydantic 2: `model_dump`, `model_dump_json`, `model_copy`, `model_validate`,
    `model_construct`, `model_json_schema`, `model_rebuild`, `model_fields`, `@field_validator`,
    `@model_validator`, `Annotated[str, Field(...)]`. Methods are only reported on what is surely a
    schema, so that a dictionary's `.copy()` and a response's `.json()` are left alone. `from_orm` is
    reported by HB102, and `class Config` by HB101. Models of `pydantic.v1` are old on purpose.

    Validators are rewritten by an unsafe fix where they surely go on doing the same: not those that
    ask for `always`, `each_item`, `field` or `config`, not root validators that run afterwards, and
    none that would then run before one that stays.

    Bad:

    ```python
    from pydantic import BaseModel, Field


    class User(BaseModel):
        name: str = Field(regex="^[a-z]+$")  # <-


    def rename(user: User, raw: dict[str, str]) -> dict[str, str]:
        other = User.parse_obj(raw)  # <-
        copied = user.copy(update={"name": other.name})  # <-
        return {**copied.__dict__, **user.dict(exclude_unset=True)}  # <-
    ```

    Fixed:

    ```python
    from pydantic import BaseModel, Field


    class User(BaseModel):
        name: str = Field(pattern="^[a-z]+$")


    def rename(user: User, raw: dict[str, str]) -> dict[str, str]:
        other = User.model_validate(raw)
        copied = user.model_copy(update={"name": other.name})
        return {**copied.__dict__, **user.model_dump(exclude_unset=True)}
    ```

    Behind other names and in other files; handed on without a call; in a comprehension. The fields
    are the class's: to read them from an instance is deprecated.

    ```python
    # file: app/schemas.py
    from pydantic import BaseModel


    class Order(BaseModel):
        note: str = ""

        def columns(self) -> list[str]:
            return list(self.__fields__)  # <-

        @classmethod
        def names(cls) -> list[str]:
            return [*cls.__fields__, *Order.__fields__]  # <-
    # file: app/service.py
    from app.schemas import Order as Schema


    def load(texts: list[str]) -> list[str]:
        orders = list(map(Schema.parse_raw, texts))  # <-
        return [order.json() for order in orders]


    def dump(orders: list[Schema]) -> list[str]:
        return [order.json(indent=2) for order in orders]  # <-
    ```

    Fixed:

    ```python
    # file: app/schemas.py
    from pydantic import BaseModel


    class Order(BaseModel):
        note: str = ""

        def columns(self) -> list[str]:
            return list(type(self).model_fields)

        @classmethod
        def names(cls) -> list[str]:
            return [*cls.model_fields, *Order.model_fields]
    # file: app/service.py
    from app.schemas import Order as Schema


    def load(texts: list[str]) -> list[str]:
        orders = list(map(Schema.model_validate_json, texts))
        return [order.json() for order in orders]


    def dump(orders: list[Schema]) -> list[str]:
        return [order.model_dump_json(indent=2) for order in orders]
    ```

    Validators, constrained types, settings, a root; arguments that are gone.

    ```python
    from typing import Any

    import pydantic
    from pydantic import BaseModel, BaseSettings, constr, root_validator  # <-


    class Tags(BaseModel):
        __root__: list[str]  # <-


    class User(BaseModel):
        name: constr(min_length=1)  # <-

        @pydantic.validator("name")  # <-
        def check_name(cls, value: str) -> str:
            return value

        @root_validator  # <-
        def check(cls, values: dict[str, Any]) -> dict[str, Any]:
            return values


    class Settings(BaseSettings):
        debug: bool = False


    def show(user: User) -> str:
        return user.json(encoder=str)  # <-
    ```

    Fixed:

    ```python
    from typing import Any

    import pydantic
    from pydantic import BaseModel, BaseSettings, constr, root_validator  # <-


    class Tags(BaseModel):
        __root__: list[str]  # <-


    class User(BaseModel):
        name: constr(min_length=1)  # <-

        @pydantic.field_validator("name")
        @classmethod
        def check_name(cls, value: str) -> str:
            return value

        @root_validator  # <-
        def check(cls, values: dict[str, Any]) -> dict[str, Any]:
            return values


    class Settings(BaseSettings):
        debug: bool = False


    def show(user: User) -> str:
        return user.json(encoder=str)  # <-
    ```

    What FastAPI has taken over, in a default and in an annotation.

    ```python
    from typing import Annotated

    import fastapi
    from fastapi import FastAPI, Query

    app = FastAPI()


    @app.get("/users")
    async def list_users(
        order: str = Query("asc", regex="^(asc|desc)$"),  # <-
        key: Annotated[str, fastapi.Header(regex="^[a-z]+$")] = "name",  # <-
    ) -> list[str]:
        return [order, key]
    ```

    Fixed:

    ```python
    from typing import Annotated

    import fastapi
    from fastapi import FastAPI, Query

    app = FastAPI()


    @app.get("/users")
    async def list_users(
        order: str = Query("asc", pattern="^(asc|desc)$"),
        key: Annotated[str, fastapi.Header(pattern="^[a-z]+$")] = "name",
    ) -> list[str]:
        return [order, key]
    ```

    Good:

    ```python
    from typing import Annotated

    from pydantic import BaseModel, Field, field_validator


    class User(BaseModel):
        name: Annotated[str, Field(min_length=1)]

        @field_validator("name")
        @classmethod
        def check_name(cls, value: str) -> str:
            return value


    def rename(user: User, raw: dict[str, str]) -> str:
        return User.model_validate({**user.model_dump(), **raw}).model_dump_json()
    ```

    The same names on other things.

    ```python
    import copy

    import httpx


    def fetch(client: httpx.Client, options: dict[str, str]) -> object:
        response = client.get("/", params=options.copy())
        return copy.copy(response.json())
    ```

    Methods of the project's own, models of the old version, code for either.

    ```python
    from typing import Any

    import pydantic
    from pydantic import BaseModel
    from pydantic.v1 import BaseModel as OldModel


    class Event(OldModel):
        name: str


    class Document(BaseModel):
        text: str

        def json(self, **options: Any) -> str:
            return self.text


    class User(BaseModel):
        name: str


    def show(event: Event, document: Document, user: User) -> list[object]:
        if pydantic.VERSION.startswith("1."):
            return [user.dict()]
        return [event.dict(), document.json(), user.model_dump()]
    ```
    """

    code = "HB103"
    fix_needs = (("pydantic", (2, 0)),)
    tag = Tag.DEPRECATED
    needs = frozenset({*_MEMBERS, *_NAMES.words, "BaseSettings", "regex", _ROOT})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each name of Pydantic 1 that is used on something of Pydantic's."""
        yield from _imports(file)
        may_call = not file.outline.words.isdisjoint(_CALLED)
        for scope in file.outline.scopes_with(self.needs):
            if isinstance(scope, ClassScope):
                yield from _root(file, scope)
            may_ask = _ASKING.search(_text_of(scope)) is not None
            for attribute, around in scoped_nodes(scope, ast.Attribute) if may_ask else ():
                if attribute.attr in _MEMBERS:
                    yield from _member(file, attribute, around, scope)
            for call, around in scoped_nodes(scope, ast.Call) if may_call else ():
                yield from _called(file, call, around, scope)
            yield from _decorated(file, scope)


def _text_of(scope: Scope) -> str:
    lines = scope.outline.lines
    if isinstance(scope, ClassScope | FunctionScope):
        lines = lines[scope.node.lineno - 1 : scope.node.end_lineno]
    return "".join(lines)


def _imports(file: SourceFile) -> Iterator[Finding]:
    for imported in file.outline.imports:
        if isinstance(imported, Imported) and imported.target == _SETTINGS:
            if not is_for_version(imported.scope, imported.node):
                message = (
                    "`BaseSettings` moved out of Pydantic: import it from `pydantic_settings`"
                )
                yield Finding(imported.alias, message)


def _root(file: SourceFile, schema: ClassScope) -> Iterator[Finding]:
    bound = schema.bindings.get(_ROOT)
    if bound and is_pydantic(file.project, schema) and not is_for_version(schema, bound[0].node):
        yield Finding(bound[0].node, "Pydantic 2 has no `__root__`: inherit from `RootModel`")


def _decorated(file: SourceFile, scope: Scope) -> Iterator[Finding]:
    if not isinstance(scope, ClassScope | FunctionScope):
        return
    for decorator in scope.node.decorator_list:
        head = decorator.func if isinstance(decorator, ast.Call) else decorator
        symbol = file.project.resolve_expression(head, scope.parent or scope)
        if isinstance(symbol, External) and symbol.qualified_name in _DECORATORS:
            if not is_for_version(scope.parent, scope.node):
                old = symbol.qualified_name
                message = f"`@{old.rpartition('.')[2]}` is deprecated: write {_DECORATORS[old]}"
                yield Finding(head, message, [*_redecorated(file, scope, decorator, old)])


def _redecorated(file: SourceFile, scope: Scope, decorator: ast.expr, old: str) -> Iterator[Draft]:
    if isinstance(scope, FunctionScope):
        rewrite, new = _REWRITES[old.rpartition(".")[2]]
        draft = Draft(file, f"Write `@{new}`", Applicability.UNSAFE)
        rewrite(draft, scope, decorator, (old, f"pydantic.{new}"))
        yield draft


def _called(file: SourceFile, call: ast.Call, around: Scope, scope: Scope) -> Iterator[Finding]:
    """`parse_obj_as(…)`, `constr(…)` and `Field(regex=…)`."""
    symbol = file.project.resolve_expression(call.func, around)
    if not isinstance(symbol, External):
        return
    name = symbol.qualified_name
    if name in _FUNCTIONS and not is_for_version(scope, call):
        last = name.rpartition(".")[2]
        message = f"`{last}` is deprecated: write {_FUNCTIONS[name]}"
        yield Finding(call.func, message, [*_adapted(file, call, name)])
    elif name in PARAMETER_MARKERS or (name in PYDANTIC_FIELD and name.startswith("pydantic")):
        for keyword in call.keywords:
            if keyword.arg == "regex" and not is_for_version(scope, call):
                yield _of_regex(file, keyword, is_field=name in PYDANTIC_FIELD)


def _of_regex(file: SourceFile, keyword: ast.keyword, *, is_field: bool) -> Finding:
    """`Field(regex=…)`, which is refused, and `Query(regex=…)`, which warns."""
    start = file.span(keyword).start
    place = Span(start, Position(start.line, start.column + len("regex")))
    applicability = applicability_of_renames(file.project)
    floor = fastapi_versions(file.project).floor
    if not is_field and (floor is None or floor < _PATTERN_SINCE):
        # An older FastAPI takes `pattern` for a note, and checks nothing.
        applicability = Applicability.UNSAFE
    draft = Draft(file, "Write `pattern`", applicability).replace(place, "pattern")
    who = "Pydantic 2 does not know `regex`" if is_field else "`regex` is of Pydantic 1"
    return Finding(place, f"{who}: write `pattern`", [draft])


def _adapted(file: SourceFile, call: ast.Call, name: str) -> Iterator[Draft]:
    if name.endswith(".parse_obj_as"):
        draft = Draft(file, "Write `TypeAdapter`", applicability_of_renames(file.project))
        rewrite_parse_obj_as(draft, call, name)
        yield draft


def _member(
    file: SourceFile, node: ast.Attribute, around: Scope, scope: Scope
) -> Iterator[Finding]:
    """A method or attribute of a schema that has another name now."""
    name = node.attr
    schema: Class | None = None
    if name not in RENAMED_METHODS:
        schema = schema_class(file.project, node.value, around)
    is_of_class = schema is not None
    if schema is None and name != "validate":
        schema = schema_instance(file.project, node.value, around) or schema_with(
            file.project, node.value, around, name
        )
    if schema is None or not is_inherited(file.project, schema, name):
        return
    if is_for_version(scope, node):
        return
    end = file.span(node).end
    place = Span(Position(end.line, end.column - len(name)), end)
    if name in MEMBERS_WITHOUT_TWIN:
        yield Finding(place, f"`{name}` is deprecated: {MEMBERS_WITHOUT_TWIN[name]}")
        return
    new = RENAMED_MEMBERS[name]
    if name == OLD_FIELDS and not is_of_class:
        draft = _asking_the_class(file, node, around)
        new = f"type({file.code(node.value)}).{new}"
    else:
        draft = _renaming(file, place, new)
    if _is_overridden(file.project, name):
        draft.applicability = Applicability.UNSAFE
    call = _call_of(scope, node)
    is_same = call is None or means_the_same(name, call)
    yield Finding(place, f"`{name}` is deprecated: write `{new}`", [draft] if is_same else [])


def _is_overridden(project: Project, name: str) -> bool:
    """Whether a schema of the project has a method of that name of its own, which still is called."""
    return any(
        isinstance(class_, ClassScope)
        and class_.method(name) is not None
        and is_schema(project, class_)
        for outline in project.mentioning(name)
        for class_ in outline.definitions
    )


def _asking_the_class(file: SourceFile, node: ast.Attribute, around: Scope) -> Draft:
    """Read the fields of an instance from its class."""
    new = RENAMED_MEMBERS[OLD_FIELDS]
    draft = Draft(file, f"Write `{new}` of the class", applicability_of_renames(file.project))
    type_ = draft.use("builtins.type", node, scope=around)
    return draft.replace(node, f"{type_}({file.code(node.value)}).{new}")


def _renaming(file: SourceFile, place: Span, new: str) -> Draft:
    applicability = applicability_of_renames(file.project)
    return Draft(file, f"Write `{new}`", applicability).replace(place, new)


def _call_of(scope: Scope, node: ast.Attribute) -> ast.Call | None:
    """The call of an attribute, if it is called where it stands."""
    for statement in scope.body:
        for found in ast.walk(statement):
            if isinstance(found, ast.Call) and found.func is node:
                return found
    return None
