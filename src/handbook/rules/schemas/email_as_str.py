"""HB108."""

import ast
from collections.abc import Iterator

from handbook.knowledge.pydantic.schemas import Field, is_schema, own_fields
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.values.reassigned_fields import is_validated
from handbook.rulebook.rule import Draft, FileRule, Finding
from handbook.syntax.names import words_of
from handbook.syntax.outline import ClassScope
from handbook.violation import Applicability

_CONSTRAINTS = frozenset({"pattern", "regex"})


class EmailAsStr(FileRule):
    """An e-mail field of a schema is a plain `str`.

    Then `"none"` is an address, and so is one with a blank before it or a comma in it. It is noticed
    when the first message bounces, long after the one who typed it has gone.

    Write `EmailStr`, which checks the form and puts the domain into lower case. It needs the extra
    `pydantic[email]`. The fix is unsafe because requests that passed may be refused. A field with a
    pattern or a validator of its own is left alone, and so are settings and tables.

    Bad:

    ```python
    from pydantic import BaseModel


    class UserCreate(BaseModel):
        email: str  # <-
        contact_email: str | None = None  # <-
    ```

    Fixed:

    ```python
    from pydantic import BaseModel, EmailStr


    class UserCreate(BaseModel):
        email: EmailStr
        contact_email: EmailStr | None = None
    ```

    Bad:

    With bounds, which say nothing about the form.

    ```python
    from typing import Annotated, Optional

    from pydantic import BaseModel, Field


    class Invitation(BaseModel):
        email: str = Field(min_length=3, max_length=100)  # <-
        reply_to_email: Annotated[Optional[str], Field(max_length=100)] = None  # <-
    ```

    Fixed:

    ```python
    from typing import Annotated, Optional

    from pydantic import BaseModel, EmailStr, Field


    class Invitation(BaseModel):
        email: EmailStr = Field(min_length=3, max_length=100)
        reply_to_email: Annotated[Optional[EmailStr], Field(max_length=100)] = None
    ```

    Bad:

    A base class of the project, in another module.

    ```python
    # file: app/core/schemas.py
    from pydantic import BaseModel


    class AppModel(BaseModel):
        pass
    # file: app/users/schemas.py
    from app.core.schemas import AppModel


    class UserResponse(AppModel):
        billingEmail: str  # <-
    ```

    Fixed:

    ```python
    # file: app/core/schemas.py
    from pydantic import BaseModel


    class AppModel(BaseModel):
        pass
    # file: app/users/schemas.py
    from pydantic import EmailStr

    from app.core.schemas import AppModel


    class UserResponse(AppModel):
        billingEmail: EmailStr
    ```

    Bad:

    Left empty where there is none: the type alone would refuse that.

    ```python
    from pydantic import BaseModel, Field


    class Supplier(BaseModel):
        email: str = ""  # <-
        invoice_email: str = Field(default="", max_length=100)  # <-
    ```

    Good:

    ```python
    from pydantic import BaseModel, EmailStr


    class UserCreate(BaseModel):
        email: EmailStr
    ```

    Checked in another way.

    ```python
    from typing import Annotated

    from pydantic import AfterValidator, BaseModel, Field, StringConstraints, field_validator


    def check(value: str) -> str:
        return value


    class UserCreate(BaseModel):
        email: str = Field(pattern=r".+@example\\.com")
        work_email: Annotated[str, AfterValidator(check)]
        other_email: Annotated[str, StringConstraints(pattern="@")] | None = None
        home_email: str

        @field_validator("home_email")
        @classmethod
        def check_home(cls, value: str) -> str:
            return value
    ```

    Other things about e-mail, and classes that are no schemas.

    ```python
    from dataclasses import dataclass

    from pydantic import BaseModel
    from pydantic_settings import BaseSettings


    class Message(BaseModel):
        email_subject: str
        has_email: bool
        emails_sent: int


    class Settings(BaseSettings):
        admin_email: str = "admin@example.com"


    @dataclass
    class Contact:
        email: str
    ```
    """

    code = "HB108"

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each e-mail address that is a plain text."""
        if "test" in file.roles:
            return
        for schema in file.outline.definitions:
            if not isinstance(schema, ClassScope):
                continue
            found = [
                field for field in own_fields(schema) if words_of(field.name)[-1:] == ("email",)
            ]
            if not found or not is_schema(file.project, schema):
                continue
            for field in found:
                text = _plain_text(file.project, field.annotation, schema)
                if text is not None and not _is_checked(file.project, schema, field):
                    if _may_be_empty(field):
                        # An empty text is no address: who sends none has to send nothing.
                        yield Finding(field.node, _message(field, "EmailStr | None = None"))
                        continue
                    draft = Draft(file, "Write `EmailStr`", Applicability.UNSAFE)
                    draft.replace(text, draft.use("pydantic.EmailStr", text, scope=schema))
                    yield Finding(field.node, _message(field, "EmailStr"), [draft])


def _message(field: Field, type_: str) -> str:
    return f"`{field.name}` may be any text: write `{type_}`"


def _may_be_empty(field: Field) -> bool:
    """Whether the default of a field is an empty text."""
    match field.default:
        case ast.Constant(value="") | ast.Call(args=[ast.Constant(value=""), *_]):
            return True
        case ast.Call(keywords=keywords):
            return any(
                keyword.arg == "default"
                and isinstance(keyword.value, ast.Constant)
                and keyword.value.value == ""
                for keyword in keywords
            )
    return False


def _plain_text(project: Project, node: ast.expr, schema: ClassScope) -> ast.expr | None:
    """The `str` in `str`, `str | None`, `Optional[str]` and `Annotated[str, …]`."""
    match node:
        case ast.Name(id="str"):
            symbol = project.resolve_expression(node, schema)
            is_builtin = symbol is not None and symbol.qualified_name == "builtins.str"
            return node if is_builtin else None
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            return _plain_text(project, left, schema)
        case ast.BinOp(left=ast.Constant(value=None), op=ast.BitOr(), right=right):
            return _plain_text(project, right, schema)
        case ast.Subscript(value=head, slice=inner):
            symbol = project.resolve_expression(head, schema)
            name = symbol.qualified_name.rpartition(".")[2] if symbol is not None else ""
            if name == "Optional":
                return _plain_text(project, inner, schema)
            if name == "Annotated" and isinstance(inner, ast.Tuple):
                return _plain_text(project, inner.elts[0], schema)
    return None


def _is_checked(project: Project, schema: ClassScope, field: Field) -> bool:
    described = [part for part in (field.default, field.annotation) if part is not None]
    has_pattern = any(
        isinstance(part, ast.keyword) and part.arg in _CONSTRAINTS
        for given in described
        for part in ast.walk(given)
    )
    return has_pattern or is_validated(project, schema, field.name)
