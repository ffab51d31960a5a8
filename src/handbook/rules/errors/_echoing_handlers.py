"""Handlers of validation errors that send what came in back again."""

import ast
from collections.abc import Iterator, Mapping

from handbook.syntax.outline import FunctionScope

_KEEPING = frozenset(
    {"jsonable_encoder", "str", "repr", "list", "tuple", "dict", "dumps", "deepcopy", "copy"}
)
"""Functions that give what they get."""
_LOGGING = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print", "bind"}
)
_DEFAULT = "request_validation_exception_handler"
_DEEPEST = 5

type _Parents = Mapping[ast.AST, ast.AST]


def sends_input(function: FunctionScope) -> bool:
    """Whether a handler surely answers with the values that did not validate.

    They are in `error.body`, in the text of the error, and in each item of `error.errors()`, unless
    the handler does something about the key `input`.
    """
    names = [parameter.node.arg for parameter in function.parameters]
    if len(names) < 2:
        return False
    parents = {
        child: node for node in ast.walk(function.node) for child in ast.iter_child_nodes(node)
    }
    error = names[-1]
    handles_input = _handles_input(parents)
    for node in parents:
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr="body") if name == error:
                if _is_sent(node, parents, 0):
                    return True
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="errors")) if (
                name == error and not handles_input
            ):
                if _is_sent(node, parents, 0):
                    return True
            case ast.Name(id=name) if name == error and isinstance(node.ctx, ast.Load):
                if _is_text_of(node, parents) and _is_sent(parents[node], parents, 0):
                    return True
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name == _DEFAULT:
                if _is_sent(node, parents, 0):
                    return True
    return False


def _handles_input(parents: _Parents) -> bool:
    """Whether `input` is left out: by `pop`, `del`, a comparison or a list of what to leave out."""
    for node in parents:
        if isinstance(node, ast.Constant) and node.value == "input":
            match parents[node]:
                case ast.Subscript(ctx=ast.Load()):
                    continue
                case ast.Call(func=ast.Attribute(attr="get")):
                    continue
                case _:
                    return True
    return False


def _is_text_of(node: ast.Name, parents: _Parents) -> bool:
    match parents[node]:
        case ast.FormattedValue():
            return True
        case ast.Call(func=ast.Name(id="str" | "repr")):
            return True
    return False


def _is_sent(node: ast.AST, parents: _Parents, depth: int) -> bool:
    """Whether a value becomes part of what the function returns."""
    if depth > _DEEPEST:
        return False
    while (around := parents.get(node)) is not None:
        match around:
            case ast.Return():
                return True
            case ast.Call(func=func):
                name = func.attr if isinstance(func, ast.Attribute) else ""
                name = func.id if isinstance(func, ast.Name) else name
                is_class = name[:1].isupper()
                if node is func or not (is_class or name in _KEEPING or name == _DEFAULT):
                    if name in ("append", "extend", "update") and name not in _LOGGING:
                        return True
                    return False
            case ast.comprehension() if around.iter is node:
                return _is_item_sent(around, parents, depth)
            case ast.For(target=ast.Name(id=name)) if around.iter is node:
                inner = (each for statement in around.body for each in ast.walk(statement))
                return any(
                    _is_whole_item(each, name, parents) and _is_sent(each, parents, depth + 1)
                    for each in inner
                )
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                return any(_is_sent(load, parents, depth + 1) for load in _loads(name, parents))
            case ast.Assign(targets=[ast.Subscript()]):
                return True
            case ast.Subscript() | ast.Attribute() | ast.Compare() | ast.stmt():
                return False
        node = around
    return False


def _loads(name: str, parents: _Parents) -> Iterator[ast.Name]:
    for node in parents:
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            yield node


def _is_item_sent(generator: ast.comprehension, parents: _Parents, depth: int) -> bool:
    """Whether a comprehension gives whole errors, or their `input`."""
    around = parents[generator]
    if not isinstance(generator.target, ast.Name):
        return False
    elements = (
        [around.key, around.value]
        if isinstance(around, ast.DictComp)
        else [around.elt]
        if isinstance(around, ast.ListComp | ast.SetComp | ast.GeneratorExp)
        else []
    )
    return any(
        _is_whole_item(node, generator.target.id, parents)
        for element in elements
        for node in ast.walk(element)
    ) and _is_sent(around, parents, depth + 1)


def _is_whole_item(node: ast.AST, name: str, parents: _Parents) -> bool:
    """Whether a node is an error as it is, or what was put in."""
    match node:
        case ast.Subscript(value=ast.Name(id=found), slice=ast.Constant(value="input")):
            return found == name
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=found), attr="get"),
            args=[ast.Constant(value="input"), *_],
        ):
            return found == name
        case ast.Name(id=found) if found == name:
            return not isinstance(parents[node], ast.Subscript | ast.Attribute)
    return False
