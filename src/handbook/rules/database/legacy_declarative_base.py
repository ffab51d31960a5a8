"""HB133."""

import ast
from collections.abc import Iterator

from handbook.knowledge.sqlalchemy.sessions import calls_of, is_alembic
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Draft, FileRule, Finding
from handbook.syntax.names import Names
from handbook.syntax.outline import ClassScope, Scope
from handbook.violation import Applicability, Tag

_MODULES = (
    *("sqlalchemy.orm", "sqlalchemy.orm.decl_api"),
    *("sqlalchemy.ext.declarative", "sqlalchemy.ext.declarative.api"),
)
_FACTORIES = Names(f"{module}.declarative_base" for module in _MODULES)
_DECORATORS = Names(f"{module}.as_declarative" for module in _MODULES)


class LegacyDeclarativeBase(FileRule):
    """The declarative base is created by the deprecated `declarative_base()`.

    What the function returns is a class that no type checker can look into, so every model is
    of type `Any` to it. A class that inherits from `DeclarativeBase` says the same in plain
    Python, has a place for `metadata` and `type_annotation_map`, and lets `Mapped[…]` be checked.

    Bad:

    ```python
    from sqlalchemy.orm import declarative_base

    Base = declarative_base()  # <-
    ```

    Fixed:

    ```python
    from sqlalchemy.orm import DeclarativeBase

    class Base(DeclarativeBase):
        pass
    ```

    Bad:

    Under another name, with metadata:

    ```python
    import sqlalchemy.ext.declarative as declarative
    from sqlalchemy import MetaData

    METADATA = MetaData(schema="app")
    Model = declarative.declarative_base(metadata=METADATA)  # <-
    ```

    Fixed:

    ```python
    from sqlalchemy import MetaData
    from sqlalchemy.orm import DeclarativeBase

    METADATA = MetaData(schema="app")
    class Model(DeclarativeBase):
        metadata = METADATA
    ```

    Bad:

    With an annotation that kept type checkers quiet:

    ```python
    from typing import Any

    from sqlalchemy.orm import declarative_base

    Base: Any = declarative_base()  # <-
    ```

    Fixed:

    ```python
    from sqlalchemy.orm import DeclarativeBase

    class Base(DeclarativeBase):
        pass
    ```

    Bad:

    What a class adds to the base is to be moved by hand, and the decorator is the same again:

    ```python
    from sqlalchemy.ext.declarative import as_declarative
    from sqlalchemy.orm import declarative_base as make_base


    class Extra:
        id: int


    def build() -> type:
        return make_base(cls=Extra)  # <-


    @as_declarative()  # <-
    class Base:
        pass
    ```

    Good:

    ```python
    from sqlalchemy.orm import DeclarativeBase


    class Base(DeclarativeBase):
        pass
    ```

    A base that is read off the tables of a database has no other form:

    ```python
    from sqlalchemy.ext.automap import automap_base

    Base = automap_base()
    ```

    A function of the project with that name:

    ```python
    # file: app/bases.py
    from sqlalchemy.orm import DeclarativeBase


    class Base(DeclarativeBase):
        pass


    def declarative_base() -> type[Base]:
        return Base
    # file: app/models.py
    from app.bases import declarative_base

    Model = declarative_base()
    ```
    """

    code = "HB133"
    fix_needs = (("sqlalchemy", (2, 0)),)
    tag = Tag.DEPRECATED
    needs = _FACTORIES.words | _DECORATORS.words

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each call of the function and each use of the decorator."""
        if is_alembic(file.outline):
            return
        message = "inherit from `DeclarativeBase` of `sqlalchemy.orm` instead of `{}`"
        for site in calls_of(file.project, file.outline):
            if _name(file, site.node.func, site.scope) in _FACTORIES:
                name = f"{file.code(site.node.func)}(…)"
                yield Finding(site.node, message.format(name), fixes=_fixes(file, site.node))
        for class_ in file.outline.definitions:
            if isinstance(class_, ClassScope):
                for decorator in class_.node.decorator_list:
                    func = decorator.func if isinstance(decorator, ast.Call) else decorator
                    if _name(file, func, class_.parent or class_) in _DECORATORS:
                        yield Finding(decorator, message.format(f"@{file.code(func)}"))


def _name(file: SourceFile, node: ast.expr, scope: Scope) -> str | None:
    if not isinstance(node, ast.Name | ast.Attribute):
        return None
    symbol = file.project.resolve_expression(node, scope)
    return symbol.qualified_name if symbol is not None else None


def _fixes(file: SourceFile, call: ast.Call) -> tuple[Draft, ...]:
    """A class in place of `Base = declarative_base(metadata=…)`, at the top of a module."""
    for statement in file.outline.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is call:
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is call:
                pass
            case _:
                continue
        body = "pass"
        match call:
            case ast.Call(args=[], keywords=[]):
                pass
            case ast.Call(args=[], keywords=[ast.keyword(arg="metadata", value=metadata)]):
                body = f"metadata = {file.code(metadata)}"
            case _:
                return ()
        draft = Draft(file, f"Make `{name}` a class", Applicability.UNSAFE)
        base = draft.use("sqlalchemy.orm.DeclarativeBase", statement)
        draft.replace(statement, f"class {name}({base}):\n    {body}")
        return (draft.release(*_FACTORIES, "typing.Any"),)
    return ()
