"""HB107."""

import ast
from collections.abc import Iterable, Iterator, Sequence

from handbook.fixes.calls import append_keyword
from handbook.knowledge.fastapi.requests.schema_usage import Use, body_schemas, field_form
from handbook.knowledge.pydantic.schemas import Field, fields
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.types.normalized import NONE, Named, members_of
from handbook.rulebook.rule import Draft, FileRule, Finding
from handbook.syntax.names import words_of
from handbook.syntax.outline import ClassScope
from handbook.violation import Applicability, Position, Span

_UPDATES = frozenset({"update", "patch"})
_IDENTITIES = frozenset({"id", "uuid", "pk", "guid"})
_ADDRESSES = frozenset({*_IDENTITIES, "ids", "uuids", "email", "emails"})
"""What tells whom or what to change, where the path of the route does not."""
_BASES = frozenset({"revision", "version", "etag", "operations", "reason"})
"""What a change rests on, which overwrites what others did without it, or is made of."""
_STATES = frozenset({"status", "state", "role", "roles"})
"""What a schema is named for that changes nothing else: `UserRoleUpdate`."""


class RequiredUpdateField(FileRule):
    """A schema for partial updates has a required field.

    PATCH changes what it is told and leaves the rest as it is. A client that wants to change one
    field must not have to know and repeat another: between its reading and its writing someone else
    may have changed that one, and their change is lost.

    Give every field of an update schema a default, `None` for one, and apply only what was set:
    `data.model_dump(exclude_unset=True)`. Looked at are schemas with `Update` or `Patch` in their
    names that are bodies of PATCH routes and of no others; a PUT replaces the whole, and may ask
    for all of it. A schema with a single field, members of a union, fixed values, passwords beside
    each other, the id or revision that says what is to be changed, the reason for it, and the
    state that a schema is named for, as in `UserRoleUpdate`, are left alone: there the required
    field is what the request is about.

    Bad:

    ```python
    from fastapi import FastAPI
    from pydantic import BaseModel


    class UserUpdate(BaseModel):
        name: str  # <-
        nickname: str | None  # <-
        age: int = 0


    app = FastAPI()


    @app.patch("/users/{user_id}")
    async def update_user(user_id: int, data: UserUpdate) -> None: ...
    ```

    Fixed:

    ```python
    from fastapi import FastAPI
    from pydantic import BaseModel


    class UserUpdate(BaseModel):
        name: str | None = None
        nickname: str | None = None
        age: int = 0


    app = FastAPI()


    @app.patch("/users/{user_id}")
    async def update_user(user_id: int, data: UserUpdate) -> None: ...
    ```

    Bad:

    Required by `Field`, in another module than the route.

    ```python
    # file: app/users/schemas.py
    from typing import Annotated

    from pydantic import BaseModel, Field


    class UserPatchRequest(BaseModel):
        name: str = Field(..., max_length=50)  # <-
        email: Annotated[str, Field(max_length=100)]  # <-
        tags: list[str] = Field(max_length=9)  # <-
    # file: app/users/router.py
    from typing import Annotated

    from fastapi import APIRouter, Body

    from app.users import schemas

    router = APIRouter()
    Data = Annotated[schemas.UserPatchRequest, Body()]


    @router.patch("/users/{user_id}")
    async def update_user(user_id: int, data: Data) -> None: ...
    ```

    Fixed:

    ```python
    # file: app/users/schemas.py
    from typing import Annotated

    from pydantic import BaseModel, Field


    class UserPatchRequest(BaseModel):
        name: str | None = Field(None, max_length=50)
        email: Annotated[str, Field(max_length=100)] | None = None
        tags: list[str] | None = Field(max_length=9, default=None)
    # file: app/users/router.py
    from typing import Annotated

    from fastapi import APIRouter, Body

    from app.users import schemas

    router = APIRouter()
    Data = Annotated[schemas.UserPatchRequest, Body()]


    @router.patch("/users/{user_id}")
    async def update_user(user_id: int, data: Data) -> None: ...
    ```

    Bad:

    Inherited from the schema for creating.

    ```python
    # file: app/users/base.py
    from pydantic import BaseModel


    class UserCreate(BaseModel):
        name: str
        city: str
    # file: app/users/router.py
    from fastapi import APIRouter

    from app.users.base import UserCreate

    router = APIRouter()


    class UserUpdate(UserCreate):  # <-
        age: int | None = None


    @router.patch("/users/{user_id}")
    async def update_user(user_id: int, data: UserUpdate) -> None: ...
    ```

    Good:

    ```python
    from fastapi import FastAPI
    from pydantic import BaseModel, Field


    class UserUpdate(BaseModel):
        name: str | None = None
        tags: list[str] = Field(default_factory=list)


    app = FastAPI()


    @app.patch("/users/{user_id}")
    async def update_user(user_id: int, data: UserUpdate) -> None: ...
    ```

    A PUT, which replaces everything.

    ```python
    from fastapi import FastAPI
    from pydantic import BaseModel


    class UserUpdate(BaseModel):
        name: str


    app = FastAPI()


    @app.put("/users/{user_id}")
    async def replace_user(user_id: int, data: UserUpdate) -> None: ...
    ```

    An action that needs its argument, a part of an update, a fixed value, one of several kinds.

    ```python
    from typing import Literal

    from fastapi import FastAPI
    from pydantic import BaseModel


    class RoleAssignment(BaseModel):
        role: str


    class AddressUpdate(BaseModel):
        street: str


    class UserUpdate(BaseModel):
        kind: Literal["user"]
        address: AddressUpdate | None = None


    class SeatsUpdate(BaseModel):
        seats: int
        note: str = ""


    class PlanUpdate(BaseModel):
        plan: str
        note: str = ""


    class FileUpdate(BaseModel):
        id: int
        name: str | None = None


    class UpdateUserAccount(BaseModel):
        user_id: str
        city: str | None = None


    class UserRoleUpdate(BaseModel):
        user_email: str
        role: str


    class OrderStatusUpdateRequest(BaseModel):
        order_ids: list[int]
        new_status: str
        reason: str
        comment: str | None = None


    class DraftPatch(BaseModel):
        base_revision: int
        operations: list[str]


    class UpdatePassword(BaseModel):
        current_password: str
        new_password: str


    app = FastAPI()


    @app.patch("/drafts/{draft_id}")
    async def patch_draft(draft_id: int, data: DraftPatch) -> None: ...


    @app.patch("/orders")
    async def update_status(data: OrderStatusUpdateRequest) -> None: ...


    @app.patch("/roles")
    async def update_role(data: UserRoleUpdate) -> None: ...


    @app.patch("/me/password")
    async def update_password(data: UpdatePassword) -> None: ...


    @app.patch("/files")
    async def update_file(data: FileUpdate) -> None: ...


    @app.patch("/accounts")
    async def update_account(data: UpdateUserAccount) -> None: ...


    @app.patch("/subscriptions/{name}")
    async def update_subscription(name: str, data: SeatsUpdate | PlanUpdate) -> None: ...


    @app.patch("/users/{user_id}")
    async def update_user(user_id: int, data: UserUpdate) -> None: ...


    @app.patch("/users/{user_id}/role")
    async def assign_role(user_id: int, data: RoleAssignment) -> None: ...
    ```
    """

    code = "HB107"
    preview = True
    needs = frozenset({"class"})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the required fields of each update schema of the file."""
        if "test" in file.roles:
            return
        for schema in file.outline.definitions:
            if not isinstance(schema, ClassScope) or _UPDATES.isdisjoint(words_of(schema.name)):
                continue
            uses = body_schemas(file.project).get(schema, [])
            found = fields(file.project, schema) or {}
            names = _IDENTITIES if any(map(_has_parameter, uses)) else _ADDRESSES
            changing = [
                field
                for name, field in found.items()
                if not _identifies(schema, name, names) and not _is_subject(schema, name)
            ]
            # With a single field an update that leaves it out would be none.
            if (
                len(changing) > 1
                and _is_for_patch(uses)
                and not _is_variant(file.project, uses)
                and not _is_change_of_password(found)
            ):
                required = [
                    field
                    for field in changing
                    if field.is_required(file.project) and not _is_fixed(field.annotation)
                ]
                yield from _own(file, schema, required)
                yield from _inherited(file, schema, required)


def _is_for_patch(uses: list[Use]) -> bool:
    """Whether a schema is the body of PATCH routes, and nothing else."""
    return bool(uses) and all(
        use.route.methods == frozenset({"PATCH"}) and not use.way for use in uses
    )


def _is_variant(project: Project, uses: list[Use]) -> bool:
    """Whether a route takes one of several schemas, which required fields tell apart."""
    routes = [use.route for use in uses]
    return any(
        other.route in routes and not other.way
        for schema, others in body_schemas(project).items()
        if schema is not uses[0].form.symbol
        for other in others
    )


def _is_fixed(annotation: ast.expr) -> bool:
    """Whether a type is a fixed value, which has to be there."""
    head = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    name = head.attr if isinstance(head, ast.Attribute) else getattr(head, "id", "")
    return name == "Literal"


def _has_parameter(use: Use) -> bool:
    """Whether the path of a route may say what is to be changed."""
    return use.route.path is None or "{" in use.route.path


def _identifies(schema: ClassScope, name: str, identities: frozenset[str]) -> bool:
    """Whether a field says what is to be changed: `id`, and `user_id` in `UserUpdate`."""
    *owner, last = words_of(name)
    if last in _BASES:
        return True
    return last in identities and set(owner) <= set(words_of(schema.name))


def _is_subject(schema: ClassScope, name: str) -> bool:
    """Whether a schema is named for the state that a field says: `role` in `UserRoleUpdate`."""
    last = words_of(name)[-1]
    return last in _STATES and last in words_of(schema.name)


def _is_change_of_password(names: Iterable[str]) -> bool:
    """Whether an update asks for one password beside another: the old, the new, or it again."""
    return sum("password" in words_of(name) for name in names) > 1


def _message(schema: ClassScope, names: Sequence[str]) -> str:
    what = " and ".join(f"`{name}`" for name in names)
    them = "it a default" if len(names) == 1 else "them defaults"
    return f"{what} of `{schema.name}` is required with every PATCH: give {them}"


def _own(file: SourceFile, schema: ClassScope, required: Sequence[Field]) -> Iterator[Finding]:
    for field in required:
        if field.owner is schema:
            fix = _fix(file, schema, field)
            yield Finding(field.node, _message(schema, [field.name]), [fix] if fix else [])


def _inherited(
    file: SourceFile, schema: ClassScope, required: Sequence[Field]
) -> Iterator[Finding]:
    names = [field.name for field in required if field.owner is not schema]
    if names:
        start = file.span(schema.node).start
        end = Position(start.line, start.column + len("class ") + len(schema.name))
        yield Finding(Span(start, end), _message(schema, names))


def _fix(file: SourceFile, schema: ClassScope, field: Field) -> Draft | None:
    annotation, default = field.annotation, field.default
    if not isinstance(annotation, ast.Name | ast.Attribute | ast.BinOp | ast.Subscript):
        return None
    draft = Draft(file, "Default to `None`", Applicability.UNSAFE)
    has_none = NONE in members_of(field_form(file.project, Named(schema), field))
    optional = file.code(annotation) + ("" if has_none else " | None")
    match default:
        case None:
            # `Field(...)` within `Annotated` would go on saying that it is required.
            call = field.field_call(file.project)
            if call is not None and call.args:
                return None
            return draft.replace(annotation, f"{optional} = None")
        case ast.Call(args=[ast.Constant(value=value) as first]) if value is Ellipsis:
            return draft.replace(annotation, optional).replace(first, "None")
        case ast.Call(args=[], keywords=[_, *_]) if default is field.field_call(file.project):
            append_keyword(draft, default, "default=None")
            return draft.replace(annotation, optional)
    return None
