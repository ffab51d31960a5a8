"""Where an expression is used as the value that a coroutine has only once it is awaited."""

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from handbook.syntax.local_bindings import scoped_nodes
from handbook.syntax.outline import Assigned, FunctionScope, Scope, own_nodes

_CONVERTING = frozenset(
    {
        *("bool", "bytes", "dict", "enumerate", "float", "frozenset", "int", "len", "list"),
        *("max", "min", "print", "repr", "reversed", "set", "sorted", "str", "sum", "tuple"),
    }
)
"""Built-in functions that ask an object for its value."""
_OF_COROUTINES = frozenset({"close", "send", "throw"})


class Use(NamedTuple):
    """A use of an expression as a value.

    Attributes:
        node: the expression.
        what: what is done with it, as the end of a sentence about it.
        scope: the scope that its names are seen from.
        needs_brackets: whether an `await` before it would apply to something else.
    """

    node: ast.expr
    what: str
    scope: Scope
    needs_brackets: bool = False


def uses_in(scope: Scope) -> Iterator[Use]:
    """Every expression of a scope whose value is asked for."""
    for node, around in scoped_nodes(scope):
        for found, what in _used(node):
            yield Use(found, what, around, isinstance(node, ast.Attribute | ast.Subscript))


def _used(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    match node:
        case (
            ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test)
        ):
            yield from _truths(test)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from _truths(operand)
        case ast.BoolOp(values=[*operands, _]):
            yield from ((operand, "is always true") for operand in operands)
        case ast.UnaryOp(operand=operand):
            yield operand, "is no number"
        case ast.Compare(left=left, comparators=others):
            yield from ((operand, "equals nothing else") for operand in (left, *others))
        case ast.BinOp(left=left, right=right):
            yield from ((operand, "is no value to calculate with") for operand in (left, right))
        case ast.FormattedValue(value=value):
            yield value, "is written as `<coroutine object …>`"
        case ast.For(iter=iterated):
            yield iterated, "cannot be iterated over"
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            for generator in node.generators:
                if not generator.is_async:
                    yield generator.iter, "cannot be iterated over"
                for test in generator.ifs:
                    yield from _truths(test)
        case ast.Attribute(value=value, attr=attr):
            if attr not in _OF_COROUTINES and not attr.startswith(("cr_", "__")):
                yield value, f"has no `{attr}`"
        case ast.Subscript(value=value):
            yield value, "has no items"
        case ast.Call(func=ast.Name(id=name), args=given) if name in _CONVERTING:
            yield from ((argument, f"is nothing for `{name}`") for argument in given)


def _truths(test: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    """The expressions that a condition asks whether they are true."""
    match test:
        case ast.BoolOp(values=[*_, last]):
            yield from _truths(last)
        case ast.NamedExpr(value=value):
            yield value, "is always true"
        case ast.Call():
            yield test, "is always true"
        case ast.Name():
            yield test, "is always true"


def misused_names(scope: Scope) -> Iterator[tuple[ast.Call, str]]:
    """The calls whose result a local name gets, and is only asked for its value, or for nothing.

    A name that is handed on, returned, awaited, or seen from another function may be awaited.
    """
    if not isinstance(scope, FunctionScope):
        return
    loads = _loads(scope)
    used: dict[int, str] = {
        id(use.node): use.what for use in uses_in(scope) if isinstance(use.node, ast.Name)
    }
    for name, bindings in scope.bindings.items():
        if name not in loads and _is_seen_from_inside(scope, name):
            continue
        match bindings:
            case [Assigned(value=ast.Call() as call, node=ast.Assign() | ast.AnnAssign())]:
                asked = [used.get(id(load)) for load in loads.get(name, ())]
                if None not in asked and not _is_seen_from_inside(scope, name):
                    yield call, (asked[0] or "") if asked else "is never awaited"


def _loads(scope: Scope) -> dict[str, list[ast.Name]]:
    found: dict[str, list[ast.Name]] = {}
    for name in own_nodes(scope, ast.Name):
        if isinstance(name.ctx, ast.Load | ast.Del):
            found.setdefault(name.id, []).append(name)
    return found


def _is_seen_from_inside(scope: FunctionScope, name: str) -> bool:
    """Whether a function within this one may use a name, or another one can set it."""
    inner: Sequence[ast.AST] = [
        node
        for statement in scope.node.body
        for node in ast.walk(statement)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda)
    ]
    return any(
        (isinstance(node, ast.Name) and node.id == name)
        or (isinstance(node, ast.Global | ast.Nonlocal) and name in node.names)
        for each in inner
        for node in ast.walk(each)
    ) or any(name in node.names for node in own_nodes(scope, ast.Global))
