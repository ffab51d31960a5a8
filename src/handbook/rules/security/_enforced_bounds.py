"""Functions that put a number right by themselves, or refuse it."""

import ast
from collections.abc import Iterator
from itertools import pairwise

from handbook.syntax.names import words_of
from handbook.syntax.outline import ClassScope, FunctionScope

type Side = str
"""`lower` or `upper`."""
_ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def clamped_by(scope: FunctionScope | ClassScope, name: str) -> frozenset[Side]:
    """Which bounds a function gives one of its parameters: by `max`, `min` or a comparison.

    What a number is compared with tells which bound it is: nought and one are the lower one.
    """
    if isinstance(scope, ClassScope):
        return frozenset()
    nodes = (node for statement in scope.body for node in ast.walk(statement))
    return frozenset(side for node in nodes for side in _sides(node, name))


def _sides(node: ast.AST, name: str) -> Iterator[Side]:
    match node:
        case ast.Call(func=ast.Name(id="min" | "max" as function), args=args):
            if any(_is(argument, name) for argument in args):
                yield "lower" if function == "max" else "upper"
        case ast.Compare(left=left, ops=operators, comparators=others):
            compared = [left, *others]
            for operator, (one, other) in zip(operators, pairwise(compared), strict=True):
                if isinstance(operator, _ORDERS):
                    if _is(one, name):
                        yield from _bound(other)
                    elif _is(other, name):
                        yield from _bound(one)
                elif isinstance(operator, ast.In | ast.NotIn) and _is(one, name):
                    yield from ("lower", "upper")


def _is(node: ast.expr, name: str) -> bool:
    """Whether an expression is a name, or what is made of it on the way: `min(max(x, 1), 100)`."""
    match node:
        case ast.Name(id=found):
            return found == name
        case ast.Call(func=ast.Name(id="min" | "max" | "int" | "abs"), args=args):
            return any(_is(argument, name) for argument in args)
        case ast.BoolOp(values=operands):
            return any(_is(operand, name) for operand in operands)
    return False


def _bound(other: ast.expr) -> Iterator[Side]:
    """Which bound it is to be compared with something."""
    match other:
        case ast.Constant(value=int(number)):
            yield "lower" if number <= 1 else "upper"
        case ast.Name(id=name) | ast.Attribute(attr=name):
            words = words_of(name)
            if not {"min", "minimum"}.isdisjoint(words):
                yield "lower"
            if not {"max", "maximum", "limit", "cap", "largest"}.isdisjoint(words):
                yield "upper"
