"""Which expressions are schemas: the classes themselves, or instances of them."""

import ast

from handbook.semantics.inference import type_of
from handbook.semantics.project import Project
from handbook.semantics.types import Class, Type
from handbook.syntax.outline import ClassScope, Scope
from handbook.web.schemas import is_pydantic
from handbook.web.vocabulary import SCHEMA_BASES


def schema_class(project: Project, node: ast.expr, scope: Scope) -> Class | None:
    """The schema, settings class or table of SQLModel that an expression surely is.

    That is the class by its name, `cls` in its methods, or a parameter that is a `type[Schema]`.
    """
    symbol = project.resolve_expression(node, scope)
    if not isinstance(symbol, ClassScope):
        found = type_of(project, node, scope)
        made = found.argument() if found is not None and found.name == "builtins.type" else None
        return _schema(project, made)
    return _schema(project, Type(symbol))


def schema_instance(project: Project, node: ast.expr, scope: Scope) -> Class | None:
    """The schema, settings class or table of SQLModel that an expression is surely made of."""
    return _schema(project, type_of(project, node, scope))


def _schema(project: Project, found: Type | None) -> Class | None:
    """The class, if it is Pydantic's: one of the project, or what `T` is if bound to `BaseModel`."""
    symbol = found.symbol if found is not None else None
    if isinstance(symbol, ClassScope):
        return symbol if is_pydantic(project, symbol) else None
    return symbol if symbol is not None and symbol.qualified_name in SCHEMA_BASES else None


def is_inherited(project: Project, class_: Class, name: str) -> bool:
    """Whether a member of a schema is Pydantic's own: no class of the project defines it."""
    for symbol in project.ancestry(class_) if isinstance(class_, ClassScope) else ():
        if symbol is None or (isinstance(symbol, ClassScope) and name in symbol.bindings):
            return False
    return True
