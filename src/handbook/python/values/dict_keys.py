"""What keys a dictionary may have: of literals, sums and copies, and what is put in later."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from handbook.python.project.project import External, Project, Variable
from handbook.python.values.values import Value, string, values
from handbook.syntax.control_flow import augmentation
from handbook.syntax.outline import Assigned, FunctionScope, Scope, own_nodes

_DEEPEST = 12
_HARMLESS = ("builtins.", "copy.", "json.", "jwt.", "jose.", "logging.", "pprint.")
"""Modules whose functions leave a dictionary that they are given as it is."""
_READING = frozenset(
    {"debug", "info", "warning", "error", "exception", "encode", "dumps", "append"}
)
"""Methods, of loggers and the like, that do not either."""
_COPIES = frozenset({"copy.copy", "copy.deepcopy", "builtins.dict", "typing.cast"})


@dataclass(slots=True)
class Contents:
    """What a dictionary may hold.

    Attributes:
        items: for each key that it has at times, what it may have there.
        is_complete: whether there surely are no other keys.
    """

    items: dict[str, list[Value]] = field(default_factory=dict)
    is_complete: bool = True

    def add(self, key: str, value: Value) -> None:
        """Note that a key may have a value."""
        self.items.setdefault(key, []).append(value)

    def surely_lacks(self, key: str) -> bool:
        """Whether there is no way that it has a key."""
        return self.is_complete and key not in self.items


def contents_of(project: Project, node: ast.expr, scope: Scope) -> Contents:
    """What the dictionary may hold that an expression gives.

    Names are followed to what they are bound to, with all that is put into the dictionary in the
    scope that binds them; one that is handed to other functions may get more there.
    """
    found = Contents()
    _read(project, node, scope, found, 0)
    return found


def _read(project: Project, node: ast.expr, scope: Scope, found: Contents, depth: int) -> None:
    if depth > _DEEPEST:
        found.is_complete = False
        return
    match node:
        case ast.Dict(keys=keys, values=items):
            for key, item in zip(keys, items, strict=True):
                if key is None:
                    _read(project, item, scope, found, depth + 1)
                else:
                    _add(project, key, Value(item, scope), found)
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            _read(project, left, scope, found, depth + 1)
            _read(project, right, scope, found, depth + 1)
        case ast.IfExp(body=body, orelse=orelse):
            _read(project, body, scope, found, depth + 1)
            _read(project, orelse, scope, found, depth + 1)
        case ast.BoolOp(values=operands):
            for operand in operands:
                _read(project, operand, scope, found, depth + 1)
        case ast.NamedExpr(value=inner) | ast.Await(value=inner):
            _read(project, inner, scope, found, depth + 1)
        case ast.Constant(value=None):
            pass
        case ast.Name():
            _read_name(project, node, scope, found, depth)
        case ast.Call():
            _read_call(project, node, scope, found, depth)
        case _:
            known = values(project, node, scope) or []
            # What an object holds, any of its methods may add to; a module has none.
            is_kept = isinstance(node, ast.Attribute) and not isinstance(
                project.resolve_expression(node, scope), Variable
            )
            found.is_complete &= bool(known) and not is_kept
            for value in known:
                if value.node is node:
                    found.is_complete = False
                else:
                    _read(project, value.node, value.scope, found, depth + 1)


def _add(project: Project, key: ast.expr, value: Value, found: Contents) -> None:
    text = string(project, key, value.scope)
    if text is None:
        found.is_complete = False
    else:
        found.add(text, value)


def _read_call(
    project: Project, call: ast.Call, scope: Scope, found: Contents, depth: int
) -> None:
    if isinstance(call.func, ast.Attribute) and call.func.attr == "copy" and not call.args:
        _read(project, call.func.value, scope, found, depth + 1)
        return
    called = project.resolve_expression(call.func, scope)
    if isinstance(called, External) and called.qualified_name in _COPIES:
        for argument in call.args[-1:]:
            _read(project, argument, scope, found, depth + 1)
        _add_keywords(project, call, scope, found, depth)
    elif isinstance(called, FunctionScope) and not called.node.decorator_list:
        returned = [node.value for node in own_nodes(called, ast.Return) if node.value is not None]
        found.is_complete &= bool(returned)
        for result in returned:
            _read(project, result, called, found, depth + 1)
    else:
        found.is_complete = False


def _add_keywords(
    project: Project, call: ast.Call, scope: Scope, found: Contents, depth: int
) -> None:
    for keyword in call.keywords:
        if keyword.arg is None:
            _read(project, keyword.value, scope, found, depth + 1)
        else:
            found.add(keyword.arg, Value(keyword.value, scope))


def _read_name(
    project: Project, node: ast.Name, scope: Scope, found: Contents, depth: int
) -> None:
    symbol = project.resolve_expression(node, scope)
    if not isinstance(symbol, Variable):
        found.is_complete = False
        return
    for binding in symbol.bindings:
        match binding:
            case Assigned(value=ast.expr() as value):
                _read(project, value, symbol.scope, found, depth + 1)
            case Assigned(value=None):
                pass
            case _:
                # `name |= more` is read below, with the other changes.
                found.is_complete &= augmentation(symbol.scope, binding) is not None
    for change in _changes(symbol, node):
        _change(project, change, symbol, found, depth)


def _changes(variable: Variable, use: ast.Name) -> Iterator[ast.AST]:
    """What may put something into the dictionary that a name holds, apart from one use of it."""
    for node in own_nodes(variable.scope):
        match node:
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                pass
            case ast.AugAssign(target=ast.Name(id=name)):
                pass
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if name == variable.name:
                pass
            case ast.Call(args=args, keywords=keywords):
                given = [*args, *(keyword.value for keyword in keywords if keyword.arg)]
                if not any(
                    isinstance(argument, ast.Name)
                    and argument.id == variable.name
                    and argument is not use
                    for argument in given
                ):
                    continue
                name = variable.name
            case ast.Assign(targets=[ast.Subscript()]):
                continue
            case _:
                continue
        if name == variable.name:
            yield node


def _change(
    project: Project, node: ast.AST, variable: Variable, found: Contents, depth: int
) -> None:
    scope = variable.scope
    match node:
        case ast.Subscript(slice=key):
            _add(project, key, Value(_stored(node, scope), scope), found)
        case ast.AugAssign(op=ast.BitOr(), value=value):
            _read(project, value, scope, found, depth + 1)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="update")) if (
            name == variable.name
        ):
            for argument in node.args:
                _read(project, argument, scope, found, depth + 1)
            _add_keywords(project, node, scope, found, depth)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if (
            name == variable.name
        ):
            if method == "setdefault" and len(node.args) == 2:
                _add(project, node.args[0], Value(node.args[1], scope), found)
        case ast.Call(func=func):
            found.is_complete &= _only_reads(project, func, scope)


def _only_reads(project: Project, func: ast.expr, scope: Scope) -> bool:
    """Whether a function that is handed a dictionary leaves it as it is."""
    called = project.resolve_expression(func, scope)
    if called is None:
        return isinstance(func, ast.Attribute) and func.attr in _READING
    return isinstance(called, External) and called.qualified_name.startswith(_HARMLESS)


def _stored(target: ast.Subscript, scope: Scope) -> ast.expr:
    """What is assigned to `name[key]`; the target itself where that is not one expression."""
    for node in own_nodes(scope, ast.Assign, ast.AnnAssign):
        match node:
            case ast.Assign(targets=targets, value=value) if target in targets:
                return value
            case ast.AnnAssign(target=found, value=ast.expr() as value) if found is target:
                return value
    return target
