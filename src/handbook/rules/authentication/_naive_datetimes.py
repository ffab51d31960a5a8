"""Readings of the clock without a time zone, and the expressions that they end up in."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from handbook.python.project.project import External, Project, Variable
from handbook.syntax.outline import Assigned, FunctionScope, Scope, own_nodes

_NAMES = {"datetime.datetime.now": "now", "datetime.datetime.utcnow": "utcnow"}
_DEEPEST = 8
_KEEPING = frozenset(
    f"{module}.{name}"
    for module, names in (
        ("builtins", ("int", "float", "round", "str")),
        ("calendar", ("timegm",)),
        ("math", ("floor", "ceil", "trunc")),
    )
    for name in names
)
"""Functions that make a number or a text of the time they are given."""


class Reading(NamedTuple):
    """A `datetime.now()` or `datetime.utcnow()`.

    Attributes:
        node: the call, or the uncalled function where that is handed over.
        scope: the scope that it is written in.
        clock: `now` or `utcnow`.
        is_misread: whether its number of seconds is asked for: that takes it for local time.
    """

    node: ast.expr
    scope: Scope
    clock: str
    is_misread: bool = False


@dataclass(slots=True)
class Trail:
    """The names that an expression was followed through.

    Attributes:
        uses: the places where they were read, on this and other trails.
        variables: each by its scope and name.
        is_shared: whether it leads through a function, which others may call.
        is_text: whether the time becomes a text, which is naive or not to whoever reads it.
    """

    uses: set[ast.expr]
    variables: set[tuple[Scope, str]] = field(default_factory=set)
    is_shared: bool = False
    is_text: bool = False

    def leads_elsewhere(self) -> bool:
        """Whether what was found is used for something else too, where no trail went."""
        return (
            self.is_shared
            or self.is_text
            or any(
                isinstance(node, ast.Name)
                and node.id == name
                and isinstance(node.ctx, ast.Load)
                and node not in self.uses
                for scope, name in self.variables
                for inner in (scope, *_within(scope))
                for node in own_nodes(inner)
            )
        )


def naive_clock(project: Project, node: ast.expr, scope: Scope) -> str | None:
    """Which clock a function is that gives a time without its zone, `now` or `utcnow`."""
    if not isinstance(node, ast.Attribute) or node.attr not in ("now", "utcnow"):
        return None
    symbol = project.resolve_expression(node, scope)
    return _NAMES.get(symbol.qualified_name) if isinstance(symbol, External) else None


def readings_in(project: Project, node: ast.expr, scope: Scope, trail: Trail) -> Iterator[Reading]:
    """The naive readings that end up in an expression, through names, sums and conversions.

    What `.astimezone()` or `.replace(tzinfo=…)` gives a zone is left out, and so is the number of
    seconds of local time, which `now().timestamp()` gets right.
    """
    yield from _follow(project, node, scope, trail, 0)


def _follow(
    project: Project, node: ast.expr, scope: Scope, trail: Trail, depth: int
) -> Iterator[Reading]:
    if depth > _DEEPEST:
        return
    match node:
        case ast.Name():
            yield from _follow_name(project, node, scope, trail, depth)
        case ast.BinOp(left=left, right=right):
            yield from _follow(project, left, scope, trail, depth + 1)
            yield from _follow(project, right, scope, trail, depth + 1)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _follow(project, body, scope, trail, depth + 1)
            yield from _follow(project, orelse, scope, trail, depth + 1)
        case ast.BoolOp(values=operands):
            for operand in operands:
                yield from _follow(project, operand, scope, trail, depth + 1)
        case ast.NamedExpr(value=value):
            yield from _follow(project, value, scope, trail, depth + 1)
        case ast.Call():
            yield from _follow_call(project, node, scope, trail, depth)


def _follow_name(
    project: Project, node: ast.Name, scope: Scope, trail: Trail, depth: int
) -> Iterator[Reading]:
    symbol = project.resolve_expression(node, scope)
    if not isinstance(symbol, Variable) or symbol.scope.outline is not scope.outline:
        return
    if (symbol.scope, symbol.name) in trail.variables and node in trail.uses:
        return
    trail.variables.add((symbol.scope, symbol.name))
    trail.uses.add(node)
    for binding in symbol.bindings:
        match binding:
            case Assigned(value=ast.expr() as value):
                yield from _follow(project, value, symbol.scope, trail, depth + 1)


def _follow_call(
    project: Project, call: ast.Call, scope: Scope, trail: Trail, depth: int
) -> Iterator[Reading]:
    clock = naive_clock(project, call.func, scope)
    if clock is not None:
        if not _has_zone(call):
            yield Reading(call, scope, clock)
        return
    match call.func:
        case ast.Attribute(value=value, attr="timestamp"):
            for reading in _follow(project, value, scope, trail, depth + 1):
                if reading.clock == "utcnow":
                    yield Reading(reading.node, reading.scope, reading.clock, is_misread=True)
            return
        case ast.Attribute(value=value, attr="isoformat" | "utctimetuple" as method):
            trail.is_text |= method == "isoformat"
            yield from _follow(project, value, scope, trail, depth + 1)
            return
        case ast.Attribute(value=value, attr="replace"):
            if not any(keyword.arg in ("tzinfo", None) for keyword in call.keywords):
                yield from _follow(project, value, scope, trail, depth + 1)
            return
    called = project.resolve_expression(call.func, scope)
    if isinstance(called, External) and called.qualified_name in _KEEPING:
        trail.is_text |= called.qualified_name == "builtins.str"
        for argument in call.args:
            yield from _follow(project, argument, scope, trail, depth + 1)
    elif isinstance(called, FunctionScope) and called.outline is scope.outline:
        trail.is_shared = True
        for node in own_nodes(called, ast.Return):
            if node.value is not None:
                yield from _follow(project, node.value, called, trail, depth + 1)


def _has_zone(call: ast.Call) -> bool:
    """Whether `now(…)` is given a zone, or something that may be one."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(not (isinstance(node, ast.Constant) and node.value is None) for node in given)


def _within(scope: Scope) -> Iterator[Scope]:
    """The functions and classes inside a scope, which may read its names too."""
    for definition in scope.outline.definitions:
        around = definition.parent
        while around is not None and around is not scope:
            around = around.parent
        if around is scope:
            yield definition
