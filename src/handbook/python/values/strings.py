"""What texts an expression may be, and what a collection may hold."""

import ast
import json
from collections.abc import Iterator, Sequence
from itertools import islice

from handbook.python.project.project import Project, Variable
from handbook.python.values.values import Value, possible
from handbook.syntax.control_flow import additions, conditions
from handbook.syntax.local_bindings import InnerScope

_DEEPEST = 8
_MOST_TEXTS = 64
_MOST_ITEMS = 1_000
_COLLECTIONS = frozenset(
    {
        *(f"builtins.{name}" for name in ("list", "tuple", "set", "frozenset", "sorted")),
        "starlette.datastructures.CommaSeparatedStrings",
    }
)
_TEXT_METHODS = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "removesuffix"})


def possible_texts(project: Project, value: Value, depth: int = 0) -> Iterator[tuple[str, Value]]:
    """The texts that an expression may be, those that are known, each with where it is written."""
    if depth > _DEEPEST:
        return
    key = ("possible texts", value.node, value.scope, value.caller, value.conditions, depth)
    yield from project.fact(
        key, lambda: [*islice(_possible_texts(project, value, depth), _MOST_TEXTS)]
    )


def _possible_texts(project: Project, value: Value, depth: int) -> Iterator[tuple[str, Value]]:
    for found in possible(project, value):
        match found.node:
            case ast.Constant(value=str(text)):
                yield text, found
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                for text in _joined(project, found, [left, right], depth):
                    yield text, found
            case ast.JoinedStr(values=pieces):
                parts = [
                    piece.value if isinstance(piece, ast.FormattedValue) else piece
                    for piece in pieces
                ]
                for text in _joined(project, found, parts, depth):
                    yield text, found
            case ast.Call(func=ast.Attribute(value=inner, attr=method), args=arguments) if (
                method in _TEXT_METHODS
                and all(isinstance(argument, ast.Constant) for argument in arguments)
            ):
                given = [
                    argument.value for argument in arguments if isinstance(argument, ast.Constant)
                ]
                for text, origin in possible_texts(project, found.at(inner), depth + 1):
                    if all(isinstance(argument, str) for argument in given):
                        yield str(getattr(text, method)(*given)), origin
            case ast.Call(func=ast.Name(id="str"), args=[inner]):
                yield from possible_texts(project, found.at(inner), depth + 1)


def _joined(
    project: Project, value: Value, parts: Sequence[ast.expr], depth: int
) -> Iterator[str]:
    texts = [""]
    for part in parts:
        ends = [text for text, _ in possible_texts(project, value.at(part), depth + 1)]
        texts = [text + end for text in texts for end in ends][:_MOST_TEXTS]
    yield from texts


def possible_items(project: Project, value: Value, depth: int = 0) -> Iterator[Value]:
    """The expressions that a list, tuple or set may hold, those that are known.

    Texts that are split into a list give a constant for each part.
    """
    if depth > _DEEPEST:
        return
    key = ("possible items", value.node, value.scope, value.caller, value.conditions, depth)
    yield from project.fact(
        key, lambda: [*islice(_possible_items(project, value, depth), _MOST_ITEMS)]
    )


def _possible_items(project: Project, value: Value, depth: int) -> Iterator[Value]:
    for found in possible(project, value):
        yield from _items(project, found, depth)
    yield from _added_later(project, value, depth)


def _items(project: Project, value: Value, depth: int) -> Iterator[Value]:
    match value.node:
        case ast.List(elts=nodes) | ast.Tuple(elts=nodes) | ast.Set(elts=nodes):
            for node in nodes:
                if isinstance(node, ast.Starred):
                    yield from possible_items(project, value.at(node.value), depth + 1)
                else:
                    yield value.at(node)
        case ast.BinOp(left=left, op=ast.Add() | ast.BitOr(), right=right):
            for side in (left, right):
                yield from possible_items(project, value.at(side), depth + 1)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() as loop:
            yield from _mapped(project, value, loop, depth)
        case ast.Call(func=ast.Attribute(value=text, attr="split"), args=[] | [ast.Constant()]):
            separator = ast.literal_eval(value.node.args[0]) if value.node.args else None
            for known, origin in possible_texts(project, value.at(text), depth + 1):
                yield from _constants(known.split(separator), origin)
        case ast.Call(args=[inner], keywords=[]) as call:
            yield from _converted(project, value, call, inner, depth)


def _converted(
    project: Project, value: Value, call: ast.Call, inner: ast.expr, depth: int
) -> Iterator[Value]:
    """The items of `list(x)`, `json.loads(text)` and other calls that make lists of one thing."""
    called = project.resolve_expression(call.func, value.scope)
    name = called.qualified_name if called is not None else ""
    if name in _COLLECTIONS:
        yield from possible_items(project, value.at(inner), depth + 1)
        for text, origin in possible_texts(project, value.at(inner), depth + 1):
            yield from _constants(
                [part.strip() for part in text.split(",")]
                if name.startswith("st")
                else list(text),
                origin,
            )
    elif name == "json.loads":
        for text, origin in possible_texts(project, value.at(inner), depth + 1):
            try:
                loaded = json.loads(text)
            except ValueError:
                continue
            if isinstance(loaded, list):
                yield from _constants([item for item in loaded if isinstance(item, str)], origin)


def _mapped(
    project: Project,
    value: Value,
    loop: ast.ListComp | ast.SetComp | ast.GeneratorExp,
    depth: int,
) -> Iterator[Value]:
    """The items of `[f(x) for x in xs]`, where `f` does no more than trim texts."""
    match loop.generators:
        case [ast.comprehension(target=ast.Name(id=name), iter=source, ifs=tests)]:
            pass
        case _:
            return
    if any(isinstance(node, ast.Constant) for test in tests for node in ast.walk(test)):
        return
    for item in possible_items(project, value.at(source), depth + 1):
        if isinstance(loop.elt, ast.Name) and loop.elt.id == name:
            yield item
            continue
        for text, origin in possible_texts(project, item, depth + 1):
            result = _applied(loop.elt, name, text)
            if result is not None:
                yield from _constants([result], origin)


def _applied(node: ast.expr, name: str, text: str) -> str | None:
    """What `str(x).strip()` and its like make of a text."""
    match node:
        case ast.Name(id=found) if found == name:
            return text
        case ast.Call(func=ast.Name(id="str"), args=[inner]):
            return _applied(inner, name, text)
        case ast.Call(func=ast.Attribute(value=inner, attr=method), args=arguments) if (
            method in _TEXT_METHODS
        ):
            result = _applied(inner, name, text)
            given = [
                argument.value
                for argument in arguments
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            ]
            if result is None or len(given) != len(arguments):
                return None
            return str(getattr(result, method)(*given))
    return None


def _constants(texts: Sequence[str], origin: Value) -> Iterator[Value]:
    for text in texts:
        yield origin.at(ast.copy_location(ast.Constant(text), origin.node))


def _added_later(project: Project, value: Value, depth: int) -> Iterator[Value]:
    """What `name.append(…)` and its like put into the list that a name holds."""
    if not isinstance(value.node, ast.Name) or isinstance(value.scope, InnerScope):
        return
    symbol = project.resolve_expression(value.node, value.scope)
    if not isinstance(symbol, Variable):
        return
    for call in additions(symbol.scope, symbol.name):
        added = Value(call.args[-1], symbol.scope, value.caller, conditions(symbol.scope, call))
        if isinstance(call.func, ast.Attribute) and call.func.attr == "extend":
            yield from possible_items(project, added, depth + 1)
        else:
            yield added
