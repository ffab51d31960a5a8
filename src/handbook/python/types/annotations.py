"""Annotations read as types, through aliases, quotes, unions and the forms of `typing`."""

import ast
from functools import lru_cache

from handbook.python.project.project import External, Project, Variable
from handbook.python.types.signatures import canonical
from handbook.python.types.types import NONE, Type, merge
from handbook.syntax.outline import Assigned, ClassScope, Opaque, Scope
from handbook.syntax.text import parse_expression

_unquoted = lru_cache(maxsize=4096)(parse_expression)
_DEEPEST = 12
_TRANSPARENT = frozenset(
    {
        *("typing.Annotated", "typing.ClassVar", "typing.Final", "typing.Required"),
        *("typing.NotRequired", "typing.ReadOnly", "typing.Optional", "dataclasses.InitVar"),
        *("sqlalchemy.orm.Mapped", "sqlalchemy.orm.base.Mapped"),
    }
)
"""Forms whose instances are those of their first argument."""
_NO_CLASS = frozenset({"typing.Any", "builtins.object", "typing.Literal", "typing.TypeAlias"})


def annotated_type(
    project: Project, node: ast.expr, scope: Scope, receiver: Type | None = None
) -> Type | None:
    """What the values are that an annotation allows, seen from the scope it is written in.

    `X | None` is taken for `X`, `Annotated[X, …]` for `X`, a type variable for its bound, and
    `Self` for `receiver`. `None` where that is not certain, or there are several classes.
    """
    return _read(project, node, scope, receiver, 0)


def _read(
    project: Project, node: ast.expr, scope: Scope, receiver: Type | None, depth: int
) -> Type | None:
    project.steps.take()
    if depth > _DEEPEST:
        return None
    match node:
        case ast.Constant(value=None):
            return NONE
        case ast.Constant(value=str(text)):
            quoted = _unquoted(text)
            return _read(project, quoted, scope, receiver, depth + 1) if quoted else None
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return merge(
                _read(project, part, scope, receiver, depth + 1) for part in (left, right)
            )
        case ast.Subscript():
            return _subscript(project, node, scope, receiver, depth)
        case ast.Name() | ast.Attribute():
            return _named(project, node, scope, receiver, depth)
    return None


def _subscript(
    project: Project, node: ast.Subscript, scope: Scope, receiver: Type | None, depth: int
) -> Type | None:
    head = project.resolve_expression(node.value, scope)
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    name = canonical(head.qualified_name) if isinstance(head, External) else ""
    if name in _TRANSPARENT:
        return _read(project, parts[0], scope, receiver, depth + 1) if parts else None
    if name in _NO_CLASS:
        return None
    arguments = tuple(_read(project, part, scope, receiver, depth + 1) for part in parts)
    if name == "typing.Union":
        return merge(arguments)
    match head:
        case External():
            return Type(External(name), arguments)
        case ClassScope():
            return Type(head, arguments)
        case Variable(bindings=[Assigned(value=ast.expr() as value)]):
            # A generic alias: `type Page[T] = list[T]`. Its arguments are not filled in.
            return _read(project, value, head.scope, receiver, depth + 1)
    return None


def _named(
    project: Project,
    node: ast.Name | ast.Attribute,
    scope: Scope,
    receiver: Type | None,
    depth: int,
) -> Type | None:
    symbol = project.resolve_expression(node, scope)
    match symbol:
        case External():
            name = canonical(symbol.qualified_name)
            if name == "typing.Self":
                return receiver
            return Type(External(name)) if name not in _NO_CLASS else None
        case ClassScope():
            return Type(symbol)
        case Variable(bindings=[Opaque(node=ast.TypeVar(bound=ast.expr() as bound))]):
            return _read(project, bound, symbol.scope, receiver, depth + 1)
        case Variable(bindings=[Assigned(value=ast.Call() as call)]):
            return _type_variable(project, call, symbol.scope, receiver, depth)
        case Variable(bindings=[Assigned(value=ast.expr() as value)]):
            return _read(project, value, symbol.scope, receiver, depth + 1)
    return None


def _type_variable(
    project: Project, call: ast.Call, scope: Scope, receiver: Type | None, depth: int
) -> Type | None:
    """The bound of `TypeVar("T", bound=X)`, or what `NewType("N", X)` stands for."""
    called = project.resolve_expression(call.func, scope)
    name = canonical(called.qualified_name) if called is not None else ""
    bound: ast.expr | None = None
    if name == "typing.TypeVar":
        bound = next((given.value for given in call.keywords if given.arg == "bound"), None)
    elif name == "typing.NewType" and len(call.args) == 2:
        bound = call.args[1]
    return _read(project, bound, scope, receiver, depth + 1) if bound is not None else None
