"""Annotations taken apart: the types, and what `Annotated[…]` says of them."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from handbook.knowledge.vocabulary import ANNOTATED, UNIONS
from handbook.python.project.project import Project, Variable
from handbook.python.values.values import Value
from handbook.syntax.outline import Assigned, Scope
from handbook.syntax.text import parse_expression

_DEEPEST = 12


class Part(NamedTuple):
    """A name or call in an annotation, or anything that `Annotated[…]` says of a type."""

    value: Value
    is_metadata: bool


def parts_of_annotation(project: Project, node: ast.expr, scope: Scope) -> Iterator[Part]:
    """Take an annotation apart, through aliases, quotes and unions, here and elsewhere."""
    return _parts(project, node, scope, 0)


def metadata(project: Project, node: ast.expr, scope: Scope) -> Iterator[Value]:
    """What the `Annotated[…]` in an annotation say beside their types."""
    for part in parts_of_annotation(project, node, scope):
        if part.is_metadata:
            yield part.value


def _parts(project: Project, node: ast.expr, scope: Scope, depth: int) -> Iterator[Part]:
    if depth > _DEEPEST:
        return
    match node:
        case ast.Constant(value=str(text)):
            parsed = parse_expression(text)
            if parsed is not None:
                yield from _parts(project, parsed, scope, depth + 1)
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            yield from _parts(project, left, scope, depth + 1)
            yield from _parts(project, right, scope, depth + 1)
        case ast.Subscript(value=head, slice=inner):
            yield from _parts_of_subscript(project, head, inner, scope, depth)
        case ast.Name() | ast.Attribute():
            symbol = project.resolve_expression(node, scope)
            if not isinstance(symbol, Variable):
                yield Part(Value(node, scope), is_metadata=False)
                return
            for binding in symbol.bindings:
                if isinstance(binding, Assigned) and isinstance(binding.value, ast.expr):
                    yield from _parts(project, binding.value, symbol.scope, depth + 1)
        case ast.Call():
            yield Part(Value(node, scope), is_metadata=False)


def _parts_of_subscript(
    project: Project, head: ast.expr, inner: ast.expr, scope: Scope, depth: int
) -> Iterator[Part]:
    arguments = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    symbol = project.resolve_expression(head, scope)
    if symbol is None or not arguments:
        return
    if symbol.qualified_name in ANNOTATED:
        yield from _parts(project, arguments[0], scope, depth + 1)
        yield from (Part(Value(node, scope), is_metadata=True) for node in arguments[1:])
    elif symbol.qualified_name in UNIONS:
        for argument in arguments:
            yield from _parts(project, argument, scope, depth + 1)
    elif isinstance(symbol, Variable):
        # A generic alias: what stands in for its type variables says nothing of the whole.
        yield from _parts(project, head, scope, depth + 1)
