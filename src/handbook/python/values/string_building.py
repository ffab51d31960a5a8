"""How a text is put together: what is fixed in it, and what is put between."""

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, product
from string import Formatter
from typing import NamedTuple

from handbook.python.project.project import Project, Variable
from handbook.python.values.value_flow import MOST_BINDINGS, augmented
from handbook.python.values.values import string
from handbook.syntax.control_flow import additions, augmentation, visible
from handbook.syntax.local_bindings import InnerScope
from handbook.syntax.outline import Assigned, FunctionScope, Scope, own_nodes

_DEEPEST = 12
_MOST = 16
_MOST_PIECES = 4_000
_WAYS = frozenset({"strip", "lstrip", "rstrip"})
_TRANSPARENT = frozenset({"textwrap.dedent", "inspect.cleandoc", "builtins.str"})
_PERCENT = re.compile(r"%(?:\((\w+)\))?[-#0 +]*(?:\d+|\*)?(?:\.\d+)?([a-zA-Z%])")
_NUMBERS = frozenset("diufFeEgGxXoc")


class Hole(NamedTuple):
    """An expression whose value becomes part of a text.

    Attributes:
        node: the expression.
        scope: the scope that its names are seen from.
    """

    node: ast.expr
    scope: Scope


type Text = tuple[str | Hole, ...]
"""A text in its order: what is fixed, and the holes between."""


def texts_of(project: Project, node: ast.expr, scope: Scope) -> list[Text]:
    """The ways in which a text may be put together, as far as they can be followed.

    F-strings, `+`, `%`, `.format` and `.join` are taken apart, names are followed to what is
    assigned to them, and what is added to them or to their list counts. What cannot be followed is
    a hole.
    """
    return _Assembly(project).read(node, scope, 0)


def name_of(project: Project, node: ast.expr, scope: Scope) -> Variable | None:
    """The variable that a name is, seen from any scope, lambdas and comprehensions included."""
    if not isinstance(node, ast.Name):
        return None
    inner = scope
    while isinstance(inner, InnerScope) and node.id not in inner.bindings and inner.parent:
        inner = inner.parent
    if isinstance(inner, InnerScope):
        return Variable(inner, node.id, inner.bindings[node.id])
    symbol = project.resolve_expression(node, inner)
    return symbol if isinstance(symbol, Variable) else None


@dataclass(slots=True)
class _Assembly:
    project: Project

    def read(self, node: ast.expr, scope: Scope, depth: int) -> list[Text]:
        if depth > _DEEPEST:
            return [(Hole(node, scope),)]
        if isinstance(node, ast.Constant):
            return [(str(node.value),)]
        key = ("ways to build", node, scope, depth)
        return self.project.fact(key, lambda: self._read(node, scope, depth))

    def _read(self, node: ast.expr, scope: Scope, depth: int) -> list[Text]:
        hole: list[Text] = [(Hole(node, scope),)]
        match node:
            case ast.JoinedStr(values=pieces):
                return self.joined([self.read(piece, scope, depth + 1) for piece in pieces])
            case ast.FormattedValue(value=value):
                return self.read(value, scope, depth + 1)
            case ast.BinOp(op=ast.Add(), left=left, right=right) if not is_number(left, right):
                return self.joined([self.read(part, scope, depth + 1) for part in (left, right)])
            case ast.BinOp(op=ast.Mod(), left=left, right=right):
                return self.percent(left, right, scope, depth) or hole
            case ast.IfExp(body=one, orelse=other):
                found = [*self.read(one, scope, depth + 1), *self.read(other, scope, depth + 1)]
                return found[:_MOST]
            case ast.NamedExpr(value=value):
                return self.read(value, scope, depth + 1)
            case ast.Call():
                return self.call(node, scope, depth) or hole
            case ast.Name():
                return self.name(node, scope, depth) or hole
            case ast.Attribute():
                known = string(self.project, node, scope)
                return [(known,)] if known is not None else hole
        return hole

    def joined(self, parts: Sequence[list[Text]]) -> list[Text]:
        """Every way to put one choice for each part behind the other."""
        return [
            tuple(piece for text in choice for piece in text)
            for choice in islice(product(*parts), _MOST)
            if sum(map(len, choice)) <= _MOST_PIECES
        ]

    def percent(self, left: ast.expr, right: ast.expr, scope: Scope, depth: int) -> list[Text]:
        """`"… %s" % value`, a tuple of values or a dictionary."""
        found: list[Text] = []
        for text in self.read(left, scope, depth + 1):
            if not all(isinstance(piece, str) for piece in text):
                return []
            values = [*right.elts] if isinstance(right, ast.Tuple) else [right]
            named = _entries(right)
            parts: list[list[Text]] = []
            whole, end = "".join(map(str, text)), 0
            for mark in _PERCENT.finditer(whole):
                parts.append([(whole[end : mark.start()],)])
                end = mark.end()
                if mark[2] == "%":
                    parts.append([("%",)])
                    continue
                value = named.get(mark[1]) if mark[1] else (values.pop(0) if values else None)
                if value is None:
                    return []
                parts.append(
                    [("0",)] if mark[2] in _NUMBERS else self.read(value, scope, depth + 1)
                )
            found += self.joined([*parts, [(whole[end:],)]])
        return found[:_MOST]

    def call(self, call: ast.Call, scope: Scope, depth: int) -> list[Text]:
        """What methods of texts and functions that leave a text as it is give."""
        match call:
            case ast.Call(func=ast.Attribute(value=text, attr="format")):
                return self.format(text, call, scope, depth)
            case ast.Call(func=ast.Attribute(value=text, attr="join"), args=[items]):
                return self.join(text, items, scope, depth)
            case ast.Call(func=ast.Attribute(value=text, attr=method)) if method in _WAYS:
                return self.read(text, scope, depth + 1)
            case ast.Call(func=ast.Name() | ast.Attribute() as func, args=[text], keywords=[]):
                called = self.project.resolve_expression(func, scope)
                if called is not None and called.qualified_name in _TRANSPARENT:
                    return self.read(text, scope, depth + 1)
        called = self.project.resolve_expression(call.func, scope)
        return self.returned(called, depth) if isinstance(called, FunctionScope) else []

    def returned(self, function: FunctionScope, depth: int) -> list[Text]:
        """The texts that a function of the project puts together, where it does."""
        if function.node.decorator_list or isinstance(function.node, ast.AsyncFunctionDef):
            return []
        found: list[Text] = []
        for node in own_nodes(function, ast.Return):
            if node.value is not None:
                found += self.read(node.value, function, depth + 2)
        return found[:_MOST] if any(len(text) > 1 for text in found) else []

    def format(self, pattern: ast.expr, call: ast.Call, scope: Scope, depth: int) -> list[Text]:
        given: dict[str, ast.expr] = {
            word.arg: word.value for word in call.keywords if word.arg is not None
        }
        given |= {str(index): argument for index, argument in enumerate(call.args)}
        found: list[Text] = []
        for text in self.read(pattern, scope, depth + 1):
            if not all(isinstance(piece, str) for piece in text):
                return []
            parts: list[list[Text]] = []
            try:
                pieces = [*Formatter().parse("".join(map(str, text)))]
            except ValueError:
                return []
            unnamed = 0
            for fixed, name, _, _ in pieces:
                parts.append([(fixed,)])
                if name is None:
                    continue
                if not name:
                    name, unnamed = str(unnamed), unnamed + 1
                value = given.get(re.split(r"[.\[]", name)[0])
                if value is None:
                    return []
                parts.append(self.read(value, scope, depth + 1))
            found += self.joined(parts)
        return found[:_MOST]

    def join(self, between: ast.expr, items: ast.expr, scope: Scope, depth: int) -> list[Text]:
        """`" AND ".join(parts)`: of a list with all that is ever added to it."""
        separators = self.read(between, scope, depth + 1)
        match items:
            case ast.GeneratorExp(elt=item) | ast.ListComp(elt=item):
                return self.read(item, InnerScope(items, scope), depth + 1)
        listed = self.items(items, scope)
        if not listed:
            return []
        pieces: list[str | Hole] = []
        for item in listed:
            if isinstance(item, ast.Starred):
                continue
            for text in self.read(item, scope, depth + 1):
                pieces += [*(separators[0] if pieces else ()), *text]
        return [tuple(pieces)]

    def items(self, node: ast.expr, scope: Scope) -> list[ast.expr]:
        match node:
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return items
        variable = name_of(self.project, node, scope)
        found: list[ast.expr] = []
        if variable is not None and not isinstance(variable.scope, InnerScope):
            for binding in variable.bindings:
                match binding:
                    case Assigned(value=ast.List(elts=items) | ast.Tuple(elts=items)):
                        found += items
            if variable.scope is scope:
                for call in additions(variable.scope, variable.name):
                    given = call.args[-1]
                    found += given.elts if isinstance(given, ast.List | ast.Tuple) else [given]
        return found

    def name(self, node: ast.Name, scope: Scope, depth: int) -> list[Text]:
        variable = name_of(self.project, node, scope)
        if variable is None or isinstance(variable.scope, InnerScope):
            return []
        if len(variable.bindings) > MOST_BINDINGS:
            return []
        is_near = _is_within(scope, variable.scope)
        found: list[Text] = []
        for binding in visible(variable.scope, variable.bindings, node if is_near else None):
            match binding:
                case Assigned(value=ast.expr() as value):
                    texts = self.read(value, variable.scope, depth + 1)
                    # A value that is not put together here is one, whatever it holds.
                    is_value = texts == [(Hole(value, variable.scope),)]
                    found += [(Hole(node, scope),)] if is_value else texts
                    continue
                case Assigned(value=None):
                    continue
            added = augmentation(variable.scope, binding)
            if added is None or not isinstance(added.op, ast.Add):
                return []
            total = augmented(self.project, node.id, variable.scope, added)
            sides = (total.left, total.right)
            parts = [self.read(part, variable.scope, depth + 2) for part in sides]
            found += self.joined(parts)
        return [*dict.fromkeys(found)][:_MOST]


def _entries(node: ast.expr) -> dict[str, ast.expr]:
    """The values of `{"key": value}` by their keys."""
    match node:
        case ast.Dict(keys=keys, values=values):
            return {
                str(key.value): value
                for key, value in zip(keys, values, strict=True)
                if isinstance(key, ast.Constant)
            }
    return {}


def _is_within(scope: Scope, around: Scope) -> bool:
    """Whether code of a scope runs right within another one: it is that, or a comprehension."""
    while isinstance(scope, InnerScope) and scope.parent is not None:
        scope = scope.parent
    return scope is around


def is_number(*nodes: ast.expr) -> bool:
    """Whether one of some expressions is a number, so that `+` adds and joins no texts."""
    return any(
        isinstance(node, ast.Constant) and isinstance(node.value, int | float) for node in nodes
    )


def fixed(text: Iterable[str | Hole]) -> str:
    """The fixed parts of a text, each hole as a gap."""
    return "".join(piece if isinstance(piece, str) else "\0" for piece in text)
