"""Answers with the status 401, and whether they say by `WWW-Authenticate` how to sign in."""

import ast

from handbook.knowledge.fastapi.responses.exception_handlers import all_handlers
from handbook.knowledge.fastapi.responses.status import status_code
from handbook.knowledge.vocabulary import HTTP_EXCEPTION
from handbook.python.calls.callers import Caller
from handbook.python.project.project import External, Project, Symbol
from handbook.python.values.values import values
from handbook.syntax.outline import ClassScope, FunctionScope, Scope, own_nodes

HEADER = "www-authenticate"
_UNAUTHORIZED = 401
_STATUS = ("status_code", 0)
_HEADERS = ("headers", 2)


def lacks_challenge(project: Project, call: ast.Call, scope: Scope) -> bool:
    """Whether a call makes an `HTTPException` with the status 401, and surely without the header.

    The call is that of the class, of one that inherits it, or of `super().__init__` in one. Of
    several that lead to each other it is the one that says the status.
    """
    made = _made(project, call, scope)
    if made is None or (_is_base_call(call) and _sets_headers(scope)):
        return False
    if isinstance(made, FunctionScope):
        inner = _base_call(project, made)
        if inner is None or lacks_challenge(project, inner, made):
            return False
    return _lacks(project, made, call, scope, None)


def adds_challenges(project: Project) -> bool:
    """Whether a handler of exceptions puts the header on what it answers."""

    def find() -> bool:
        functions = {handler.function for handler in all_handlers(project)}
        return any(
            isinstance(node, ast.Constant) and str(node.value).lower() == HEADER
            for function in functions
            if function is not None
            for node in own_nodes(function)
        )

    return project.fact("adds challenges", find)


def given_headers(call: ast.Call) -> ast.expr | None:
    """The `headers` that a call hands to `HTTPException` itself."""
    return _argument(call, *_HEADERS)


def _lacks(
    project: Project,
    made: FunctionScope | External,
    call: ast.Call,
    scope: Scope,
    caller: Caller | None,
) -> bool:
    if isinstance(made, FunctionScope):
        inner = _base_call(project, made)
        further = _made(project, inner, made) if inner is not None else None
        if inner is None or further is None:
            return False
        return _lacks(project, further, inner, made, Caller(made, call, scope, caller))
    if _is_unclear(call):
        return False
    status = _argument(call, *_STATUS)
    if status is None or status_code(project, status, scope, caller) != _UNAUTHORIZED:
        return False
    headers = _argument(call, *_HEADERS)
    if headers is None:
        return True
    found = values(project, headers, scope, caller)
    return bool(found) and all(_is_without(value.node) for value in found or ())


def _is_without(node: ast.expr) -> bool:
    """Whether headers are none, or a plain table in which the one is not."""
    match node:
        case ast.Constant(value=None):
            return True
        case ast.Dict(keys=keys):
            names = [key.value for key in keys if isinstance(key, ast.Constant)]
            return len(names) == len(keys) and HEADER not in {str(name).lower() for name in names}
    return False


def _made(project: Project, call: ast.Call, scope: Scope) -> FunctionScope | External | None:
    """What runs to make the exception: the project's own `__init__`, or that of the library."""
    match call.func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=[]), attr="__init__"):
            class_ = scope.parent if isinstance(scope, FunctionScope) else None
            if not isinstance(class_, ClassScope) or scope.name != "__init__":
                return None
            found = list(project.ancestry(class_))[1:]
        case _:
            symbol = project.resolve_expression(call.func, scope)
            found = list(project.ancestry(symbol)) if isinstance(symbol, ClassScope) else [symbol]
    return _initializer(found)


def _initializer(ancestry: list[Symbol | None]) -> FunctionScope | External | None:
    for symbol in ancestry:
        if isinstance(symbol, External) and symbol.qualified_name in HTTP_EXCEPTION:
            return symbol
        if not isinstance(symbol, ClassScope):
            return None
        if "__new__" in symbol.bindings:
            return None
        if "__init__" in symbol.bindings:
            own = symbol.method("__init__")
            reaches = any(
                isinstance(other, External) and other.qualified_name in HTTP_EXCEPTION
                for other in ancestry
            )
            return own if own is not None and reaches else None
    return None


def _base_call(project: Project, initializer: FunctionScope) -> ast.Call | None:
    """The one call of `super().__init__` in an `__init__` that sets no headers afterwards."""
    match [node for node in own_nodes(initializer) if _is_base_call(node)]:
        case [ast.Call() as call] if not _sets_headers(initializer):
            return call
    return None


def _sets_headers(scope: Scope) -> bool:
    return any(node.attr == "headers" for node in own_nodes(scope, ast.Attribute))


def _is_base_call(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=name)):
            return name == "__init__"
    return False


def _argument(call: ast.Call, name: str, position: int) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[position] if len(call.args) > position else None


def _is_unclear(call: ast.Call) -> bool:
    return any(keyword.arg is None for keyword in call.keywords) or any(
        isinstance(argument, ast.Starred) for argument in call.args
    )
