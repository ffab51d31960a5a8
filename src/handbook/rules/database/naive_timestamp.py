"""HB138."""

import ast
from collections.abc import Iterator

from handbook.knowledge.sqlalchemy.mapped_attributes import (
    Attribute,
    attributes_of,
    is_mapped,
    mapped_type,
    maps_type,
)
from handbook.knowledge.sqlalchemy.sessions import is_alembic
from handbook.knowledge.vocabulary import MAPPED_COLUMN
from handbook.python.project.project import External, Project
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Draft, FileRule, Finding
from handbook.syntax.outline import ClassScope
from handbook.violation import Applicability, Position

_DATETIME = "datetime.datetime"
_MODULES = (
    *("sqlalchemy", "sqlalchemy.types", "sqlalchemy.sql.sqltypes"),
    *("sqlalchemy.dialects.postgresql", "sqlmodel"),
)
_TYPES = frozenset(f"{module}.{name}" for module in _MODULES for name in ("DateTime", "TIMESTAMP"))


class NaiveTimestamp(FileRule):
    """A timestamp column does not keep its time zone.

    By itself `Mapped[datetime]` becomes `TIMESTAMP WITHOUT TIME ZONE`: the database drops the
    offset, and what comes back is naive. Comparing it with an aware datetime raises, and which
    hour it means depends on who wrote it. Use `DateTime(timezone=True)`, a type of your own, or
    say it once in the `type_annotation_map` of the base.

    The fix is unsafe: the table needs a migration too, and all that is written to the column has to
    have a zone then, defaults such as `datetime.utcnow` included (HB163).

    Bad:

    ```python
    from datetime import datetime

    from sqlalchemy import DateTime, func
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class Order(Base):
        __tablename__ = "orders"

        id: Mapped[int] = mapped_column(primary_key=True)
        created_at: Mapped[datetime] = mapped_column(server_default=func.now())  # <-
        paid_at: Mapped[datetime | None]  # <-
        sent_at: Mapped[datetime | None] = mapped_column(DateTime)  # <-
        seen_at: Mapped[datetime | None] = mapped_column()  # <-
    ```

    Fixed:

    ```python
    from datetime import datetime

    from sqlalchemy import DateTime, func
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class Order(Base):
        __tablename__ = "orders"

        id: Mapped[int] = mapped_column(primary_key=True)
        created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
        paid_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
        sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
        seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ```

    Bad:

    A mixin of another file, by other names:

    ```python
    # file: app/mixins.py
    import datetime as dt
    from typing import Optional

    import sqlalchemy as sa
    from sqlalchemy import orm


    class Timestamps:
        created: orm.Mapped[dt.datetime] = orm.mapped_column("created_at", sa.TIMESTAMP())  # <-
        updated: orm.Mapped[Optional[dt.datetime]] = orm.mapped_column(  # <-
            "updated_at", nullable=True
        )
    # file: app/models.py
    from sqlalchemy.orm import DeclarativeBase

    from app.mixins import Timestamps


    class Base(DeclarativeBase):
        pass


    class Tag(Timestamps, Base):
        __tablename__ = "tags"
    ```

    Fixed:

    ```python
    # file: app/mixins.py
    import datetime as dt
    from typing import Optional

    import sqlalchemy as sa
    from sqlalchemy import orm


    class Timestamps:
        created: orm.Mapped[dt.datetime] = orm.mapped_column("created_at", sa.TIMESTAMP(timezone=True))
        updated: orm.Mapped[Optional[dt.datetime]] = orm.mapped_column(
            "updated_at", sa.DateTime(timezone=True), nullable=True
        )
    # file: app/models.py
    from sqlalchemy.orm import DeclarativeBase

    from app.mixins import Timestamps


    class Base(DeclarativeBase):
        pass


    class Tag(Timestamps, Base):
        __tablename__ = "tags"
    ```

    Bad:

    A map of other types does not help:

    ```python
    from datetime import date, datetime

    from sqlalchemy import Date, DateTime
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        type_annotation_map = {date: Date}


    class Order(Base):
        __tablename__ = "orders"

        created_at: Mapped[datetime] = mapped_column(DateTime(timezone=False))  # <-
    ```

    Fixed:

    ```python
    from datetime import date, datetime

    from sqlalchemy import Date, DateTime
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        type_annotation_map = {date: Date}


    class Order(Base):
        __tablename__ = "orders"

        created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ```

    Good:

    ```python
    from datetime import date, datetime

    from sqlalchemy import TIMESTAMP, DateTime
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class Order(Base):
        __tablename__ = "orders"

        created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
        paid_at: Mapped[datetime] = mapped_column(TIMESTAMP(True))
        due: Mapped[date]
    ```

    The base says it for all models, and for the mixins:

    ```python
    # file: app/database.py
    from datetime import datetime

    from sqlalchemy import DateTime
    from sqlalchemy.orm import DeclarativeBase, Mapped


    class Timestamps:
        created_at: Mapped[datetime]


    class Base(DeclarativeBase):
        type_annotation_map = {datetime: DateTime(timezone=True)}
    # file: app/models.py
    from datetime import datetime

    from sqlalchemy.orm import Mapped

    from app.database import Base, Timestamps


    class Order(Timestamps, Base):
        __tablename__ = "orders"

        paid_at: Mapped[datetime | None]
    ```

    A type of the project's own, an alias that brings its column, and what is no column:

    ```python
    from datetime import datetime
    from typing import Annotated

    from app.types import UtcDateTime
    from sqlalchemy import DateTime, func
    from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column

    Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]


    class Base(DeclarativeBase):
        pass


    class Order(Base):
        __tablename__ = "orders"

        created_at: Mapped[datetime] = mapped_column(UtcDateTime)
        paid_at: Mapped[Moment]
        now: Mapped[datetime] = column_property(func.now())
    ```

    A class whose columns a `Table` makes only says what they hold:

    ```python
    from datetime import datetime

    from sqlalchemy import Column, DateTime, Integer, Table
    from sqlalchemy.orm import DeclarativeBase, Mapped


    class Base(DeclarativeBase):
        pass


    memberships = Table(
        "memberships",
        Base.metadata,
        Column("id", Integer, primary_key=True),
        Column("joined_at", DateTime(timezone=True)),
    )


    class Membership(Base):
        __table__ = memberships

        joined_at: Mapped[datetime]
    ```
    """

    code = "HB138"
    needs = frozenset({"Mapped"})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each column of a mapped class that holds datetimes without their zone."""
        if is_alembic(file.outline):
            return
        for class_ in file.outline.definitions:
            if not isinstance(class_, ClassScope) or "__table__" in class_.bindings:
                continue
            for attribute in attributes_of(file.project, class_):
                if not _is_datetime(file.project, attribute, class_):
                    continue
                found = _naive_type(file.project, attribute, class_)
                if found is None or not is_mapped(file.project, class_):
                    continue
                if found is _NO_TYPE and maps_type(file.project, class_, _DATETIME):
                    continue
                yield Finding(
                    found if found is not _NO_TYPE else attribute.annotation or attribute.node,
                    f"`{attribute.name}` loses its time zone in the database: use "
                    "`DateTime(timezone=True)`",
                    fixes=(_fix(file, attribute, found),),
                )


_NO_TYPE = ast.Constant(value=None)
"""Stands for the type of a column that says none."""


def _is_datetime(project: Project, attribute: Attribute, class_: ClassScope) -> bool:
    if attribute.annotation is None:
        return False
    inner = mapped_type(project, attribute.annotation, class_)
    if not isinstance(inner, ast.Name | ast.Attribute):
        return False
    symbol = project.resolve_expression(inner, class_)
    return isinstance(symbol, External) and symbol.qualified_name == _DATETIME


def _naive_type(project: Project, attribute: Attribute, class_: ClassScope) -> ast.expr | None:
    """The type of a column that drops the zone, `_NO_TYPE` if there is none to be seen."""
    if attribute.value is None:
        return _NO_TYPE
    if attribute.made_by not in MAPPED_COLUMN or not isinstance(attribute.value, ast.Call):
        return None
    call = attribute.value
    if any(keyword.arg in (None, "type_") for keyword in call.keywords):
        return None
    types = [node for node in call.args if not _is_text(node)]
    types = [node for node in types if not _is_constraint(project, node, class_)]
    if not types:
        return _NO_TYPE
    head = types[0].func if isinstance(types[0], ast.Call) else types[0]
    if not isinstance(head, ast.Name | ast.Attribute):
        return None
    symbol = project.resolve_expression(head, class_)
    if symbol is None or symbol.qualified_name not in _TYPES:
        return None
    return types[0] if _drops_zone(types[0]) else None


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_constraint(project: Project, node: ast.expr, class_: ClassScope) -> bool:
    """Whether a positional argument is something of the schema, such as `ForeignKey(…)`."""
    if not isinstance(node, ast.Call):
        return False
    symbol = project.resolve_expression(node.func, class_)
    names = ("ForeignKey", "CheckConstraint", "Computed", "Identity", "Sequence", "FetchedValue")
    return symbol is not None and symbol.qualified_name.rpartition(".")[2] in names


def _drops_zone(node: ast.expr) -> bool:
    match node:
        case ast.Call(args=[], keywords=[]):
            return True
        case ast.Call(args=[ast.Constant(value=False)], keywords=[]):
            return True
        case ast.Call(args=[], keywords=keywords):
            given = [keyword for keyword in keywords if keyword.arg in ("timezone", None)]
            if not given:
                return True
            value = given[0].value
            return given[0].arg is not None and isinstance(value, ast.Constant) and not value.value
        case ast.Name() | ast.Attribute():
            return True
    return False


def _fix(file: SourceFile, attribute: Attribute, found: ast.expr) -> Draft:
    draft = Draft(file, "Keep the time zone", Applicability.UNSAFE)
    if found is not _NO_TYPE:
        head = found.func if isinstance(found, ast.Call) else found
        kept = [
            file.code(keyword)
            for keyword in (found.keywords if isinstance(found, ast.Call) else ())
            if keyword.arg != "timezone"
        ]
        return draft.replace(found, f"{file.code(head)}({', '.join(['timezone=True', *kept])})")
    type_ = f"{draft.use('sqlalchemy.DateTime', attribute.node)}(timezone=True)"
    call = attribute.value
    if not isinstance(call, ast.Call):
        column = draft.use("sqlalchemy.orm.mapped_column", attribute.node)
        end = file.span(attribute.node).end
        return draft.insert(end, f" = {column}({type_})")
    if call.args and _is_text(call.args[0]):
        return draft.insert(file.span(call.args[0]).end, f", {type_}")
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    if given:
        first = min(file.span(node).start for node in given)
        return draft.insert(first, f"{type_}, ")
    end = file.span(call).end
    return draft.insert(Position(end.line, end.column - 1), type_)
