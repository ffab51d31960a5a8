"""HB132."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.routing.routers import keyword_of
from handbook.knowledge.sqlalchemy.mapped_attributes import Attribute, attributes_of, is_mapped
from handbook.knowledge.sqlalchemy.sessions import is_alembic
from handbook.knowledge.vocabulary import COLUMN
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Draft, FileRule, Finding, Level
from handbook.syntax.outline import ClassScope
from handbook.violation import Applicability, Tag

_TYPES = {
    **dict.fromkeys(
        ("Integer", "BigInteger", "SmallInteger", "INTEGER", "BIGINT", "SMALLINT"), "builtins.int"
    ),
    **dict.fromkeys(
        ("String", "Text", "Unicode", "UnicodeText", "VARCHAR", "TEXT"), "builtins.str"
    ),
    **dict.fromkeys(("Boolean", "BOOLEAN"), "builtins.bool"),
    **dict.fromkeys(("Float", "Double", "FLOAT", "DOUBLE"), "builtins.float"),
    **dict.fromkeys(("DateTime", "TIMESTAMP", "DATETIME"), "datetime.datetime"),
    **dict.fromkeys(("Date", "DATE"), "datetime.date"),
    **dict.fromkeys(("Time", "TIME"), "datetime.time"),
    "Interval": "datetime.timedelta",
    "LargeBinary": "builtins.bytes",
}
_TYPE_MODULES = (
    *("sqlalchemy", "sqlalchemy.types", "sqlalchemy.sql.sqltypes", "sqlmodel"),
    *("sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.mysql"),
)
_DATACLASSES = frozenset({"sqlalchemy.orm.MappedAsDataclass"})


class LegacyColumn(FileRule):
    """An ORM model declares a column with `Column(…)` instead of `mapped_column()`.

    A `Column` on a model tells type checkers nothing: `user.name` is a column to them, never a
    string, so a forgotten `None` goes unnoticed. `Mapped[…]` says what the attribute holds, and
    `mapped_column()` takes the column's type and whether it may be null from it.

    Bad:

    ```python
    from sqlalchemy import Boolean, Column, Integer, String
    from sqlalchemy.orm import DeclarativeBase


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"

        id = Column(Integer, primary_key=True)  # <-
        email = Column(String(255), nullable=False, unique=True)  # <-
        is_active = Column(Boolean, default=True)  # <-
    ```

    Fixed:

    ```python
    from sqlalchemy import Boolean, Integer, String
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"

        id: Mapped[int] = mapped_column(Integer, primary_key=True)
        email: Mapped[str] = mapped_column(String(255), nullable=False, unique=True)
        is_active: Mapped[bool | None] = mapped_column(Boolean, default=True)
    ```

    Bad:

    A base that a function made, another name for the function, a name of the column's own:

    ```python
    # file: app/database.py
    from sqlalchemy.orm import declarative_base

    Base = declarative_base()
    # file: app/models.py
    import sqlalchemy as sa

    from app.database import Base


    class Order(Base):
        __tablename__ = "orders"

        sent = sa.Column("sent_at", sa.DateTime(timezone=True))  # <-
    ```

    Fixed:

    ```python
    # file: app/database.py
    from sqlalchemy.orm import declarative_base

    Base = declarative_base()
    # file: app/models.py
    from datetime import datetime

    import sqlalchemy as sa
    from sqlalchemy.orm import Mapped, mapped_column

    from app.database import Base


    class Order(Base):
        __tablename__ = "orders"

        sent: Mapped[datetime | None] = mapped_column("sent_at", sa.DateTime(timezone=True))
    ```

    Bad:

    A mixin of models; a type that does not tell what Python sees is left to you:

    ```python
    from sqlalchemy import JSON, Column, ForeignKey
    from sqlalchemy.orm import DeclarativeBase


    class Base(DeclarativeBase):
        pass


    class Owned:
        owner_id = Column(ForeignKey("users.id"))  # <-
        details = Column(JSON)  # <-


    class Order(Owned, Base):
        __tablename__ = "orders"
    ```

    Good:

    ```python
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"

        id: Mapped[int] = mapped_column(primary_key=True)
        email: Mapped[str] = mapped_column(unique=True)
    ```

    Tables without a class, migrations, and SQLModel's way to say more about a field:

    ```python
    from alembic import op
    from sqlalchemy import Column, Integer, MetaData, Table
    from sqlmodel import Field, SQLModel

    tags = Table("tags", MetaData(), Column("id", Integer, primary_key=True))


    class User(SQLModel, table=True):
        id: int = Field(sa_column=Column(Integer, primary_key=True))


    def upgrade() -> None:
        op.add_column("users", Column("age", Integer))
    ```

    Columns of other libraries, and of classes that no model inherits from:

    ```python
    import sqlalchemy
    from rich.table import Column


    class Header:
        name = Column("Name")


    class Names:
        key = sqlalchemy.Column("key", sqlalchemy.String)
    ```
    """

    code = "HB132"
    fix_needs = (("sqlalchemy", (2, 0)),)
    level_in_tests = Level.STRICT
    tag = Tag.DEPRECATED
    needs = COLUMN.words

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each attribute of a mapped class that is a `Column`."""
        if is_alembic(file.outline):
            return
        for class_ in file.outline.definitions:
            if not isinstance(class_, ClassScope):
                continue
            found = [
                attribute
                for attribute in attributes_of(file.project, class_)
                if attribute.made_by in COLUMN
            ]
            if found and is_mapped(file.project, class_):
                for attribute in found:
                    yield Finding(
                        attribute.value or attribute.node,
                        f"write `{attribute.name}: Mapped[…] = mapped_column(…)` "
                        "instead of `Column(…)`",
                        fixes=_fixes(file, attribute, class_),
                    )


def _fixes(file: SourceFile, attribute: Attribute, class_: ClassScope) -> tuple[Draft, ...]:
    call, node = attribute.value, attribute.node
    if not isinstance(call, ast.Call) or file.project.reaches(class_, _DATACLASSES):
        return ()
    type_name = _python_type(file.project, call, class_)
    may_be_null = _may_be_null(call)
    if type_name is None or may_be_null is None:
        return ()
    draft = Draft(file, "Declare the column with `mapped_column`", Applicability.UNSAFE)
    draft.release(*COLUMN)
    mapped = draft.use("sqlalchemy.orm.Mapped", node)
    inner = draft.use(type_name, node) + (" | None" if may_be_null else "")
    match node:
        case ast.Assign(targets=[ast.Name() as target]):
            draft.replace(target, f"{target.id}: {mapped}[{inner}]")
        case ast.AnnAssign(annotation=annotation):
            draft.replace(annotation, f"{mapped}[{inner}]")
        case _:
            return ()
    draft.replace(call.func, draft.use("sqlalchemy.orm.mapped_column", node))
    return (draft,)


def _python_type(project: Project, call: ast.Call, class_: ClassScope) -> str | None:
    """What a column holds in Python, by the type that it is given; `None` if that is not plain."""
    given = keyword_of(call, "type_")
    types = [node for node in call.args if not isinstance(node, ast.Constant)][:1]
    node = given if given is not None else types[0] if types else None
    head = node.func if isinstance(node, ast.Call) else node
    if not isinstance(head, ast.Name | ast.Attribute):
        return None
    symbol = project.resolve_expression(head, class_)
    if symbol is None:
        return None
    module, _, name = symbol.qualified_name.rpartition(".")
    return _TYPES.get(name) if module in _TYPE_MODULES else None


def _makes_numbers(node: ast.AST) -> bool:
    """Whether a column numbers its rows, `Identity()` or `autoincrement=True`: none is null."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in ("Identity", "Sequence")
        case ast.keyword(arg="autoincrement", value=ast.Constant(value=True)):
            return True
    return False


def _may_be_null(call: ast.Call) -> bool | None:
    """Whether a column may hold null; `None` where that is not to be seen."""
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    if any(_makes_numbers(node) for node in (*call.args, *call.keywords)):
        return False
    for name, meaning in (("nullable", True), ("primary_key", False)):
        match keyword_of(call, name):
            case ast.Constant(value=bool(value)):
                if name == "nullable" or value:
                    return value is meaning if name == "nullable" else False
            case None:
                pass
            case _:
                return None
    return True
