"""Which expressions are schemas: the classes themselves, or instances of them."""

import ast

from handbook.semantics.inference import type_of
from handbook.semantics.project import Project
from handbook.syntax.outline import ClassScope, Scope
from handbook.web.schemas import is_pydantic


def schema_class(project: Project, node: ast.expr, scope: Scope) -> ClassScope | None:
    """The schema, settings class or table of SQLModel that an expression surely is.

    That is the class by its name, `cls` in its methods, or a parameter that is a `type[Schema]`.
    """
    symbol = project.resolve_expression(node, scope)
    if not isinstance(symbol, ClassScope):
        found = type_of(project, node, scope)
        made = found.argument() if found is not None and found.name == "builtins.type" else None
        symbol = made.symbol if made is not None and isinstance(made.symbol, ClassScope) else None
    return symbol if isinstance(symbol, ClassScope) and is_pydantic(project, symbol) else None


def schema_instance(project: Project, node: ast.expr, scope: Scope) -> ClassScope | None:
    """The schema, settings class or table of SQLModel that an expression is surely made of."""
    found = type_of(project, node, scope)
    symbol = found.symbol if found is not None else None
    return symbol if isinstance(symbol, ClassScope) and is_pydantic(project, symbol) else None


def is_inherited(project: Project, class_: ClassScope, name: str) -> bool:
    """Whether a member of a schema is Pydantic's own: no class of the project defines it."""
    for symbol in project.ancestry(class_):
        if symbol is None or (isinstance(symbol, ClassScope) and name in symbol.bindings):
            return False
    return True
