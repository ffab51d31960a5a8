"""Which expressions are schemas: the classes themselves, or instances of them."""

import ast
from collections.abc import Iterator

from handbook.knowledge.pydantic.schemas import is_pydantic
from handbook.knowledge.vocabulary import SCHEMA_BASES, UNIONS
from handbook.python.project.project import Project, Variable
from handbook.python.types.annotations import annotated_type
from handbook.python.types.inference import type_of
from handbook.python.types.inference.functions import annotation_scope
from handbook.python.types.signatures import MAPPINGS
from handbook.python.types.types import NONE, Class, Type
from handbook.syntax.outline import ClassScope, FunctionScope, Parameter, Scope

_DICTIONARIES = MAPPINGS | {NONE.name}


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


def schema_with(project: Project, node: ast.expr, scope: Scope, name: str) -> Class | None:
    """The schema that has a member, if all else that a parameter may be are dictionaries.

    `data: UserUpdate | dict[str, Any]` is a schema where somebody asks for `data.json`.
    """
    symbol = project.resolve_expression(node, scope) if isinstance(node, ast.Name) else None
    match symbol:
        case Variable(
            scope=FunctionScope() as function,
            bindings=[Parameter(node=ast.arg(annotation=ast.expr() as annotation))],
        ) if not hasattr(dict, name):
            around = annotation_scope(function)
            members = _union_members(project, annotation, around)
            types = {annotated_type(project, member, around) for member in members}
            rest = [found for found in types if found is None or found.name not in _DICTIONARIES]
            return _schema(project, rest[0]) if len(rest) == 1 else None
    return None


def _union_members(project: Project, node: ast.expr, scope: Scope) -> Iterator[ast.expr]:
    match node:
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            yield from _union_members(project, left, scope)
            yield from _union_members(project, right, scope)
        case ast.Subscript(value=head, slice=ast.Tuple(elts=parts)) if (
            symbol := project.resolve_expression(head, scope)
        ) is not None and symbol.qualified_name in UNIONS:
            for part in parts:
                yield from _union_members(project, part, scope)
        case _:
            yield node


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
