"""SQLAlchemy's mapped classes: which classes of a project are ORM models."""

import ast

from handbook.knowledge.pydantic.schemas import is_table
from handbook.knowledge.vocabulary import (
    DECLARATIVE_BASE_DECORATORS,
    DECLARATIVE_BASE_FACTORIES,
    DECLARATIVE_BASES,
)
from handbook.python.project.project import Project, Variable
from handbook.syntax.outline import Assigned, ClassScope


def is_model(project: Project, class_: ClassScope) -> bool:
    """Whether a class is mapped to a table: it inherits from a declarative base of SQLAlchemy.

    The declarative base itself and abstract classes (`__abstract__ = True`) are none.
    """
    return is_table(project, class_) or (
        inherits_declarative_base(project, class_)
        and not is_declarative_base(project, class_)
        and not is_abstract(class_)
    )


def inherits_declarative_base(project: Project, class_: ClassScope) -> bool:
    """Whether a class reaches a declarative base: inherited from, decorated or made by a factory."""
    return any(
        symbol is not None
        and (symbol.qualified_name in DECLARATIVE_BASES or _is_made_base(project, symbol))
        for symbol in project.ancestry(class_)
    )


def is_declarative_base(project: Project, class_: ClassScope) -> bool:
    """Whether a class is the base of the models: it inherits directly from `DeclarativeBase`."""
    return _is_decorated_base(project, class_) or any(
        symbol is not None and symbol.qualified_name in DECLARATIVE_BASES
        for symbol in project.bases(class_)
    )


def is_abstract(class_: ClassScope) -> bool:
    """Whether `__abstract__ = True` keeps the class itself from being mapped."""
    match class_.bindings.get("__abstract__"):
        case [Assigned(value=ast.Constant(value=True))]:
            return True
    return False


def _is_made_base(project: Project, symbol: object) -> bool:
    """Whether it is a class behind `@as_declarative()`, or holds the result of `declarative_base()`."""
    if isinstance(symbol, ClassScope):
        return _is_decorated_base(project, symbol)
    if not isinstance(symbol, Variable):
        return False
    match symbol.bindings:
        case [Assigned(value=ast.Call(func=func))]:
            called = project.resolve_expression(func, symbol.scope)
            return called is not None and called.qualified_name in DECLARATIVE_BASE_FACTORIES
    return False


def _is_decorated_base(project: Project, class_: ClassScope) -> bool:
    for node in class_.node.decorator_list:
        if isinstance(node, ast.Call):
            made = project.resolve_expression(node.func, class_.parent or class_)
            if made is not None and made.qualified_name in DECLARATIVE_BASE_DECORATORS:
                return True
    return False
