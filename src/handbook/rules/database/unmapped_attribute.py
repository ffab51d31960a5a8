"""HB135."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.routing.routers import keyword_of
from handbook.knowledge.sqlalchemy.mapped_attributes import Attribute, attributes_of, is_mapped
from handbook.knowledge.sqlalchemy.sessions import is_alembic
from handbook.knowledge.vocabulary import MAPPED_COLUMN, RELATIONSHIP
from handbook.python.project.project import External, Project
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.outline import ClassScope
from handbook.syntax.text import parse_expression

_PLAIN = ("builtins.", "typing.", "datetime.", "sqlalchemy.orm.RelationshipProperty")
"""What stands in front of types that only `__allow_unmapped__` lets through."""
_HOLDING = ("typing.Annotated", "typing.ClassVar")
"""What may hold a mapped type."""


class UnmappedAttribute(FileRule):
    """A column or relationship of an ORM model has no `Mapped[…]` annotation.

    Without the annotation nobody can tell what the attribute holds: type checkers and editors
    see the descriptor, and SQLAlchemy cannot derive the column's type and whether it may be null
    from it. Write `name: Mapped[str] = mapped_column(…)` and
    `orders: Mapped[list["Order"]] = relationship(…)`; with `lazy="dynamic"` that is
    `DynamicMapped["Order"]`, with `lazy="write_only"` it is `WriteOnlyMapped["Order"]`.

    Bad:

    ```python
    from sqlalchemy import Integer
    from sqlalchemy.orm import DeclarativeBase, mapped_column, relationship


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"

        id = mapped_column(Integer, primary_key=True)  # <-
        orders = relationship("Order", back_populates="user")  # <-
    ```

    Models are told by what they inherit, in other files too:

    ```python
    # file: app/database.py
    from sqlalchemy.orm import DeclarativeBase


    class Base(DeclarativeBase):
        pass


    class Entity(Base):
        __abstract__ = True
    # file: app/models.py
    from sqlalchemy import orm

    from app.database import Entity


    class Order(Entity):
        user = orm.relationship("User")  # <-
    ```

    The annotations of the time before `Mapped`, which `__allow_unmapped__` lets through:

    ```python
    from sqlalchemy.orm import DeclarativeBase, RelationshipProperty, relationship


    class Base(DeclarativeBase):
        __allow_unmapped__ = True


    class User(Base):
        __tablename__ = "users"

        orders: list["Order"] = relationship("Order")  # <-
        invoices: "RelationshipProperty[list[Invoice]]" = relationship("Invoice")  # <-
    ```

    A mixin maps attributes for the models that use it:

    ```python
    # file: app/mixins.py
    from sqlalchemy.orm import mapped_column as column


    class Named:
        name = column()  # <-
    # file: app/models.py
    from sqlalchemy.orm import DeclarativeBase

    from app.mixins import Named


    class Base(DeclarativeBase):
        pass


    class Tag(Named, Base):
        __tablename__ = "tags"
    ```

    Good:

    ```python
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"

        id: Mapped[int] = mapped_column(primary_key=True)
        orders: Mapped[list["Order"]] = relationship(back_populates="user")
    ```

    A name for a mapped type, and a type in quotes:

    ```python
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    Key = Mapped[int]


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"

        id: Key = mapped_column(primary_key=True)
        name: "Mapped[str]" = mapped_column()
    ```

    A `Column` is another rule's (HB132), and functions of other libraries are none of ours:

    ```python
    from graphs import relationship
    from sqlalchemy import Column, Integer
    from sqlalchemy.orm import DeclarativeBase


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"

        id = Column(Integer, primary_key=True)
        friends = relationship("User")
    ```

    A migration keeps the models as they were then:

    ```python
    # file: revisions/1a2b.py
    from sqlalchemy.orm import DeclarativeBase, mapped_column

    revision = "1a2b"
    down_revision = None


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"

        id = mapped_column(primary_key=True)
    ```

    A class that no model inherits from maps nothing:

    ```python
    from sqlalchemy.orm import mapped_column


    class Columns:
        key = mapped_column()
    ```
    """

    code = "HB135"
    level_in_tests = Level.STRICT
    needs = MAPPED_COLUMN.words | RELATIONSHIP.words

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each attribute of a mapped class that is made without saying its type."""
        if is_alembic(file.outline):
            return
        for class_ in file.outline.definitions:
            if not isinstance(class_, ClassScope):
                continue
            found = [
                attribute
                for attribute in attributes_of(file.project, class_)
                if (attribute.made_by in MAPPED_COLUMN or attribute.made_by in RELATIONSHIP)
                and _lacks_mapped(file.project, attribute.annotation, class_)
            ]
            if found and is_mapped(file.project, class_):
                for attribute in found:
                    what = "has no type"
                    if attribute.annotation is not None:
                        what = "is not annotated as mapped"
                    yield Finding(
                        attribute.annotation or attribute.node,
                        f"`{attribute.name}` {what}: write "
                        f"`{attribute.name}: {_wrapper(attribute)}[…] = …`",
                    )


def _lacks_mapped(project: Project, annotation: ast.expr | None, class_: ClassScope) -> bool:
    """Whether an attribute has no annotation, or surely one that is not `Mapped[…]` or its like."""
    match annotation:
        case None | ast.BinOp():
            return True
        case ast.Constant(value=str(text)):
            parsed = parse_expression(text)
            return parsed is not None and _lacks_mapped(project, parsed, class_)
        case ast.Subscript(value=head) | (ast.Name() | ast.Attribute() as head):
            symbol = project.resolve_expression(head, class_)
            return (
                isinstance(symbol, External)
                and symbol.qualified_name.startswith(_PLAIN)
                and symbol.qualified_name not in _HOLDING
            )
    return False


def _wrapper(attribute: Attribute) -> str:
    """The type that tells how the attribute loads what it holds."""
    lazy = keyword_of(attribute.value, "lazy") if isinstance(attribute.value, ast.Call) else None
    match lazy:
        case ast.Constant(value="dynamic"):
            return "DynamicMapped"
        case ast.Constant(value="write_only"):
            return "WriteOnlyMapped"
    return "Mapped"
