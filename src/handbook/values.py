"""What values an expression may have: followed through names, files and settings, or given up."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handbook.outline import (
    Assigned,
    ClassScope,
    FunctionScope,
    Parameter,
    Scope,
)
from handbook.project import Project, Variable, dotted_parts

_DEEPEST = 12
_FIELD = frozenset({"pydantic.Field", "pydantic.fields.Field", "dataclasses.field"})
_GETENV = frozenset({"os.getenv", "os.environ.get"})
_FINAL = frozenset({"typing.Final", "typing_extensions.Final"})


@dataclass(slots=True, frozen=True)
class Value:
    """An expression that another one may stand for, and the scope that it is written in."""

    node: ast.expr
    scope: Scope


def values(project: Project, node: ast.expr, scope: Scope) -> list[Value] | None:
    """Every expression that `node` may stand for, seen from `scope`.

    Names are followed to all their assignments, the branches of conditional expressions and the
    operands of `or` are taken apart, a field of a settings object gives its default, `getenv` its
    fallback. What is left are literals, calls and other expressions that cannot be followed.

    Returns `None` where something on the way is not known, such as a parameter without default.
    """
    found: list[Value] = []
    return found if _collect(project, node, scope, found, 0) else None


def possible_values(project: Project, node: ast.expr, scope: Scope) -> list[Value]:
    """Like `values`, but gives those that are known even where others are not."""
    found: list[Value] = []
    _collect(project, node, scope, found, 0)
    return found


def _collect(
    project: Project, node: ast.expr, scope: Scope, found: list[Value], depth: int
) -> bool:
    """Add what `node` may stand for to `found`, and tell whether that is all there is."""
    if depth > _DEEPEST:
        return False
    match node:
        case ast.Name() | ast.Attribute():
            return _follow(project, node, scope, found, depth)
        case ast.IfExp(body=body, orelse=orelse):
            parts: Sequence[ast.expr] = (body, orelse)
        case ast.BoolOp(op=ast.Or(), values=operands):
            parts = operands
        case ast.NamedExpr(value=value) | ast.Await(value=value):
            parts = (value,)
        case ast.Call() if (fallback := _fallback(project, node, scope)) is not None:
            # The variable itself may hold anything: only the fallback is known.
            _collect(project, fallback, scope, found, depth + 1)
            return False
        case _:
            found.append(Value(node, scope))
            return True
    complete = [_collect(project, part, scope, found, depth + 1) for part in parts]
    return all(complete)


def _follow(
    project: Project,
    node: ast.Name | ast.Attribute,
    scope: Scope,
    found: list[Value],
    depth: int,
) -> bool:
    symbol = project.resolve_expression(node, scope)
    if symbol is None and isinstance(node, ast.Attribute):
        return _attribute(project, node, scope, found, depth)
    if not isinstance(symbol, Variable):
        if symbol is not None:
            found.append(Value(node, scope))
        return symbol is not None
    complete = True
    for binding in symbol.bindings:
        match binding:
            case Assigned(value=ast.expr() as value):
                value = _default_of(project, value, symbol.scope) or value
                complete &= _collect(project, value, symbol.scope, found, depth + 1)
            case Parameter(default=ast.expr() as default):
                # A caller may pass anything else.
                _collect(project, default, symbol.scope, found, depth + 1)
                complete = False
            case Assigned(value=None) if len(symbol.bindings) > 1:
                pass
            case _:
                complete = False
    return complete


def _attribute(
    project: Project, node: ast.Attribute, scope: Scope, found: list[Value], depth: int
) -> bool:
    """A field of an object: the default that its class gives it, which may be overridden."""
    class_ = instance_class(project, node.value, scope)
    owner = project.owner(class_, node.attr) if class_ is not None else None
    if owner is None:
        return False
    complete = True
    for binding in owner.bindings[node.attr]:
        match binding:
            case Assigned(value=ast.expr() as value):
                value = _default_of(project, value, owner) or value
                complete &= _collect(project, value, owner, found, depth + 1)
            case FunctionScope(node=function) if function.decorator_list:
                results = [
                    returned.value
                    for returned in ast.walk(function)
                    if isinstance(returned, ast.Return) and returned.value is not None
                ]
                complete &= bool(results)
                for result in results:
                    complete &= _collect(project, result, binding, found, depth + 1)
            case _:
                complete = False
    return complete


def _default_of(project: Project, node: ast.expr, scope: Scope) -> ast.expr | None:
    """The default that `Field(default)`, `Field(default=…)` or `default_factory=lambda: …` gives."""
    if not isinstance(node, ast.Call):
        return None
    called = project.resolve_expression(node.func, scope)
    if called is None or called.qualified_name not in _FIELD:
        return None
    for keyword in node.keywords:
        if keyword.arg == "default":
            return keyword.value
        if keyword.arg == "default_factory" and isinstance(keyword.value, ast.Lambda):
            return keyword.value.body
    return node.args[0] if node.args else None


def _fallback(project: Project, node: ast.Call, scope: Scope) -> ast.expr | None:
    """The second argument of `os.getenv` and its like, or what `.split(…)` splits of it."""
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("split", "strip", "lower"):
        inner = node.func.value
        return _fallback(project, inner, scope) if isinstance(inner, ast.Call) else None
    parts = dotted_parts(node.func)
    if parts is None or parts[-1] not in ("getenv", "get") or len(node.args) < 2:
        return None
    called = project.resolve_name(parts, scope)
    if called is not None and called.qualified_name in _GETENV:
        return node.args[1]
    return None


def instance_class(project: Project, node: ast.expr, scope: Scope) -> ClassScope | None:
    """The project's class that `node` surely is an instance of.

    Follows a name to the call that made it, a function to the class that it says it returns or
    makes, a parameter to its annotation.
    """
    return _instance(project, node, scope, 0)


def _instance(project: Project, node: ast.expr, scope: Scope, depth: int) -> ClassScope | None:
    if depth > _DEEPEST:
        return None
    if isinstance(node, ast.Call):
        called = project.resolve_expression(node.func, scope)
        if isinstance(called, ClassScope):
            return called
        if isinstance(called, FunctionScope) and called.node.returns is not None:
            return _annotated_class(project, called.node.returns, called.parent or scope)
        return None
    symbol = project.resolve_expression(node, scope)
    if not isinstance(symbol, Variable) or len(symbol.bindings) != 1:
        return None
    match symbol.bindings[0]:
        case Assigned(annotation=ast.expr() as annotation, value=None):
            return _annotated_class(project, annotation, symbol.scope)
        case Assigned(value=ast.expr() as value):
            return _instance(project, value, symbol.scope, depth + 1)
        case Parameter(node=ast.arg(annotation=ast.expr() as annotation)):
            return _annotated_class(project, annotation, symbol.scope.parent or symbol.scope)
    return None


def _annotated_class(project: Project, node: ast.expr, scope: Scope) -> ClassScope | None:
    if isinstance(node, ast.Subscript):
        head = project.resolve_expression(node.value, scope)
        if head is None or head.qualified_name.rpartition(".")[2] != "Annotated":
            return None
        inner = node.slice
        node = inner.elts[0] if isinstance(inner, ast.Tuple) else inner
    symbol = project.resolve_expression(node, scope)
    if isinstance(symbol, Variable):
        match symbol.bindings:
            case [Assigned(value=ast.Subscript() as value)]:
                return _annotated_class(project, value, symbol.scope)
    return symbol if isinstance(symbol, ClassScope) else None


def strings(project: Project, node: ast.expr, scope: Scope) -> list[str] | None:
    """Every text that `node` may be, or `None` where it may be one that is not known.

    Concatenations and f-strings of known parts are put together.
    """
    found = values(project, node, scope)
    if found is None:
        return None
    texts: list[str] = []
    for value in found:
        folded = _fold(project, value.node, value.scope)
        if folded is None:
            return None
        texts.extend(folded)
    return texts


def string(project: Project, node: ast.expr | None, scope: Scope) -> str | None:
    """The one text that `node` surely is, or `None`."""
    texts = strings(project, node, scope) if node is not None else None
    return texts[0] if texts is not None and len(set(texts)) == 1 else None


def _fold(project: Project, node: ast.expr, scope: Scope) -> list[str] | None:
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            parts = [strings(project, left, scope), strings(project, right, scope)]
        case ast.JoinedStr(values=pieces):
            parts = [
                strings(
                    project,
                    piece.value if isinstance(piece, ast.FormattedValue) else piece,
                    scope,
                )
                for piece in pieces
            ]
        case _:
            return None
    texts = [""]
    for part in parts:
        if part is None:
            return None
        texts = [text + end for text in texts for end in part]
    return texts


def elements(project: Project, node: ast.expr, scope: Scope) -> list[Value] | None:
    """The items of a list, tuple or set that `node` surely is, through names and `+`."""
    found = values(project, node, scope)
    if found is None or len(found) != 1:
        return None
    items: list[Value] = []
    for item in _items(found[0]):
        match item.node:
            case ast.Starred(value=inner):
                more = elements(project, inner, item.scope)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                first = elements(project, left, item.scope)
                second = elements(project, right, item.scope)
                more = [*first, *second] if first is not None and second is not None else None
            case _:
                more = [item]
        if more is None:
            return None
        items.extend(more)
    return items


def _items(value: Value) -> Iterator[Value]:
    match value.node:
        case ast.List(elts=nodes) | ast.Tuple(elts=nodes) | ast.Set(elts=nodes):
            yield from (Value(node, value.scope) for node in nodes)
        case ast.BinOp(op=ast.Add()):
            yield value
        case _:
            # Something that is no literal collection: let the caller give up on it.
            yield Value(ast.Starred(ast.Constant(None)), value.scope)
