"""Where `Depends(…)` and `Security(…)` stand: defaults, `Annotated`, aliases, lists, factories."""

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from handbook.knowledge.fastapi.requests.annotated import metadata
from handbook.knowledge.vocabulary import DEPENDENCY_MARKERS
from handbook.python.project.project import Project, Variable
from handbook.python.values.values import possible_values
from handbook.syntax.outline import Assigned, ClassScope, FunctionScope, Scope, own_nodes

_DEEPEST = 12
_ADDING = frozenset({"append", "extend", "insert"})


class Marker(NamedTuple):
    """One `Depends(…)` or `Security(…)`, and the scope that it is written in."""

    call: ast.Call
    scope: Scope


class MarkerList(NamedTuple):
    """What a `dependencies=…` argument lists.

    Attributes:
        markers: those that could be read.
        unread: the expressions that could not.
    """

    markers: list[Marker]
    unread: list[ast.expr]


def markers_of(project: Project, node: ast.expr | None, scope: Scope) -> list[Marker]:
    """The markers that an expression may be: a call, a name bound to one, a function's result."""
    return [*_markers(project, node, scope, 0)] if node is not None else []


def _markers(project: Project, node: ast.expr, scope: Scope, depth: int) -> Iterator[Marker]:
    if depth > _DEEPEST:
        return
    match node:
        case ast.Call(func=func):
            called = project.resolve_expression(func, scope)
            if called is None:
                return
            if called.qualified_name in DEPENDENCY_MARKERS:
                yield Marker(node, scope)
            elif isinstance(called, ClassScope):
                if project.reaches(called, DEPENDENCY_MARKERS):
                    yield Marker(node, scope)
            elif isinstance(called, FunctionScope):
                for value in returned_by(called):
                    yield from _markers(project, value, called, depth + 1)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _markers(project, body, scope, depth + 1)
            yield from _markers(project, orelse, scope, depth + 1)
        case ast.Name() | ast.Attribute():
            symbol = project.resolve_expression(node, scope)
            if isinstance(symbol, Variable):
                for binding in symbol.bindings:
                    match binding:
                        case Assigned(value=ast.Call() | ast.IfExp() as value):
                            yield from _markers(project, value, symbol.scope, depth + 1)


def returned_by(function: FunctionScope) -> Iterator[ast.expr]:
    """What a function returns, apart from `None`."""
    for node in own_nodes(function, ast.Return):
        if node.value is not None:
            if not (isinstance(node.value, ast.Constant) and node.value.value is None):
                yield node.value


def markers_in_annotation(project: Project, node: ast.expr, scope: Scope) -> list[Marker]:
    """The markers in `Annotated[…]`, through aliases, quotes and unions, here and elsewhere."""
    return [
        marker
        for value in metadata(project, node, scope)
        for marker in markers_of(project, value.node, value.scope)
    ]


def marker_list(project: Project, node: ast.expr, scope: Scope) -> MarkerList:
    """Read what is given as `dependencies=`: a list, sums and choices of lists, their names."""
    found = MarkerList([], [])
    _read(project, node, scope, found, 0)
    return found


def _read(project: Project, node: ast.expr, scope: Scope, found: MarkerList, depth: int) -> None:
    if depth > _DEEPEST:
        found.unread.append(node)
        return
    match node:
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            _read_items(project, items, scope, found, depth)
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            _read(project, left, scope, found, depth + 1)
            _read(project, right, scope, found, depth + 1)
        case ast.IfExp(body=body, orelse=orelse):
            _read(project, body, scope, found, depth + 1)
            _read(project, orelse, scope, found, depth + 1)
        case ast.BoolOp(values=operands):
            for operand in operands:
                _read(project, operand, scope, found, depth + 1)
        case ast.Constant(value=None):
            pass
        case ast.Call(func=func):
            called = project.resolve_expression(func, scope)
            function = called if isinstance(called, FunctionScope) else None
            returned = [*returned_by(function)] if function is not None else []
            if not returned:
                found.unread.append(node)
            for result in returned:
                _read(project, result, function or scope, found, depth + 1)
        case ast.Name() | ast.Attribute():
            _read_name(project, node, scope, found, depth)
        case _:
            found.unread.append(node)


def _read_items(
    project: Project, items: Sequence[ast.expr], scope: Scope, found: MarkerList, depth: int
) -> None:
    for item in items:
        if isinstance(item, ast.Starred):
            _read(project, item.value, scope, found, depth + 1)
            continue
        markers = markers_of(project, item, scope)
        found.markers.extend(markers)
        if not markers:
            found.unread.append(item)


def _read_name(
    project: Project, node: ast.Name | ast.Attribute, scope: Scope, found: MarkerList, depth: int
) -> None:
    symbol = project.resolve_expression(node, scope)
    if not isinstance(symbol, Variable):
        values = possible_values(project, node, scope) if symbol is None else []
        if not values:
            found.unread.append(node)
        for value in values:
            if value.node is not node:
                _read(project, value.node, value.scope, found, depth + 1)
        return
    for binding in symbol.bindings:
        match binding:
            case Assigned(value=ast.expr() as assigned):
                _read(project, assigned, symbol.scope, found, depth + 1)
            case Assigned(value=None):
                pass
            case _:
                found.unread.append(node)
    for added in _added_to(symbol):
        if isinstance(added, ast.List | ast.Tuple):
            _read(project, added, symbol.scope, found, depth + 1)
        else:
            _read_items(project, [added], symbol.scope, found, depth)


def _added_to(variable: Variable) -> Iterator[ast.expr]:
    """What `name.append(…)` and its like put into a list later on."""
    for node in own_nodes(variable.scope, ast.Call):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr=method), args=[*_, added]
            ) if name == variable.name and method in _ADDING:
                yield added
