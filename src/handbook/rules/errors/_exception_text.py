"""What an expression tells about an exception: its text, its arguments, its traceback."""

import ast
from collections.abc import Iterable, Iterator

from handbook.knowledge.fastapi.responses.exception_handlers import all_handlers
from handbook.knowledge.pydantic.schemas import is_pydantic
from handbook.knowledge.vocabulary import HTTP_EXCEPTION
from handbook.python.project.project import External, Project, Symbol
from handbook.python.values.values import Value, possible
from handbook.syntax.control_flow import conditions
from handbook.syntax.names import Names, words_of
from handbook.syntax.outline import ClassScope, FunctionScope, Opaque, Parameter, Scope, own_nodes

_DEEPEST = 8
_TELLING: Names = Names.of("builtins.str", "builtins.repr", "builtins.format", "builtins.ascii")
_TRACEBACKS: Names = Names.under(
    ("traceback",),
    *("format_exc", "format_exception", "format_exception_only", "format_tb", "format_stack"),
)
_TRANSPARENT: Names = Names.of(
    *("fastapi.encoders.jsonable_encoder", "json.dumps", "builtins.dict", "builtins.list"),
    *("builtins.tuple", "builtins.str", "builtins.getattr", "textwrap.shorten", "textwrap.indent"),
)
_TEXT_METHODS = frozenset(
    {
        *("strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "encode"),
        *("splitlines", "split", "model_dump", "model_dump_json", "dict", "json"),
    }
)
_TELLING_ATTRIBUTES = frozenset({"args", "orig", "statement", "__cause__", "__traceback__"})
_USUAL_NAMES = frozenset({"e", "ex", "err", "exc", "error", "exception"})
"""What the exception is called in handlers that give no types."""
_DEBUGGING = frozenset(
    {
        *("debug", "debugging", "development", "dev", "local", "testing", "verbose", "trace"),
        *("environment", "env", "production", "prod", "expose", "show"),
    }
)
"""Words of tests that tell a developer's machine from all others."""
_OWN_WORDS: Names = Names(
    HTTP_EXCEPTION | Names.under(("builtins",), "AssertionError", "NotImplementedError")
)
"""Exceptions of others in which the application's own code writes what they say."""
_EXCEPTIONS: Names = Names.of("builtins.Exception", "builtins.BaseException")


def may_tell(function: FunctionScope) -> bool:
    """Whether a function may have an exception to tell about: a quick question before all others."""
    given = function.node.args
    may_catch = "except" in function.outline.words and own_nodes(function, ast.ExceptHandler)
    return bool(may_catch) or any(
        _may_be_exception(arg) for arg in (*given.args, *given.kwonlyargs)
    )


def _may_be_exception(parameter: ast.arg) -> bool:
    match parameter.annotation:
        case None:
            return parameter.arg in _USUAL_NAMES
        case ast.Name(id=name):
            pass
        case ast.Subscript():
            return False
        case annotation:
            name = ast.unparse(annotation).strip("'\"").rpartition(".")[2]
    return name.endswith(("Exception", "Error"))


def leaks_in(project: Project, value: Value, depth: int = 0) -> Iterator[Value]:
    """The parts of an expression that tell what is only known from a caught exception.

    Exceptions of the project's own classes, and `HTTPException`, are meant to be told: what they
    say is left out. So is what is only told while debugging, or under a test for a class.
    """
    if depth > _DEEPEST or _is_guarded(value):
        return
    node = value.node
    match node:
        case ast.JoinedStr(values=parts):
            for part in parts:
                if isinstance(part, ast.FormattedValue):
                    if _is_foreign(project, value.at(part.value)):
                        yield value.at(part.value)
                    else:
                        yield from leaks_in(project, value.at(part.value), depth + 1)
        case (
            ast.Dict(values=parts)
            | ast.List(elts=parts)
            | ast.Tuple(elts=parts)
            | ast.Set(elts=parts)
        ):
            yield from _each(project, value, parts, depth)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            if not _tells_debugging(test) and not _tells_kind(test):
                yield from _each(project, value, [body, orelse], depth)
        case ast.BoolOp(values=parts):
            if not any(_tells_debugging(part) for part in parts[:-1]):
                yield from _each(project, value, parts, depth)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from _each(project, value, [left, right], depth)
        case ast.BinOp(left=ast.Constant(), op=ast.Mod(), right=right):
            parts = right.elts if isinstance(right, ast.Tuple) else [right]
            for part in parts:
                if _is_foreign(project, value.at(part)):
                    yield value.at(part)
                else:
                    yield from leaks_in(project, value.at(part), depth + 1)
        case ast.Subscript(value=inner):
            yield from leaks_in(project, value.at(inner), depth + 1)
        case ast.Call():
            yield from _in_call(project, value, node, depth)
        case ast.Attribute(value=inner, attr=name) if name in _TELLING_ATTRIBUTES:
            if _is_foreign(project, value.at(inner)):
                yield value
        case ast.Name():
            for found in possible(project, value):
                if found.node is not node:
                    yield from leaks_in(project, found, depth + 1)


def _each(
    project: Project, value: Value, parts: Iterable[ast.expr | None], depth: int
) -> Iterator[Value]:
    for part in parts:
        if part is not None:
            yield from leaks_in(project, value.at(part), depth + 1)


def _in_call(project: Project, value: Value, call: ast.Call, depth: int) -> Iterator[Value]:
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    called = project.resolve_expression(call.func, value.scope)
    name = called.qualified_name if called is not None else ""
    if name in _TRACEBACKS:
        yield value
        return
    if name in _TELLING and given and _is_foreign(project, value.at(given[0])):
        yield value
        return
    is_schema = isinstance(called, ClassScope) and is_pydantic(project, called)
    if is_schema or name in _TRANSPARENT:
        yield from _each(project, value, given, depth)
        return
    match call.func:
        case ast.Attribute(value=inner, attr=method) if called is None or isinstance(
            called, External
        ):
            if method == "format" and isinstance(inner, ast.Constant):
                for part in given:
                    if _is_foreign(project, value.at(part)):
                        yield value.at(part)
                    else:
                        yield from leaks_in(project, value.at(part), depth + 1)
            elif method == "join" and isinstance(inner, ast.Constant):
                yield from _each(project, value, given, depth)
            elif method in _TEXT_METHODS:
                yield from leaks_in(project, value.at(inner), depth + 1)


# Exceptions


def _is_foreign(project: Project, value: Value) -> bool:
    """Whether an expression is an exception that says what was not written for clients."""
    if not isinstance(value.node, ast.Name):
        return False
    found = value.scope.lookup(value.node.id)
    if found is None:
        return False
    scope, bindings = found
    for binding in bindings:
        match binding:
            case Opaque(node=ast.ExceptHandler() as handler) if _holds(handler, value.node):
                return _may_be_foreign(project, handler.type, scope)
            case Parameter(node=ast.arg(annotation=annotation) as parameter) if (
                isinstance(scope, FunctionScope)
                and len(bindings) == 1
                and (annotation is not None or parameter.arg in _USUAL_NAMES)
            ):
                handled = _handled_by(project, scope)
                if handled is not None:
                    return any(_is_foreign_class(project, symbol) for symbol in handled)
                if annotation is None:
                    return False
                symbol = project.resolve_expression(annotation, scope.parent or scope)
                return symbol is not None and symbol.qualified_name in _EXCEPTIONS
    return False


def _holds(handler: ast.ExceptHandler, node: ast.expr) -> bool:
    first, last = handler.body[0], handler.body[-1]
    end = (last.end_lineno or last.lineno, last.end_col_offset or 0)
    return (first.lineno, first.col_offset) <= (node.lineno, node.col_offset) < end


def _may_be_foreign(project: Project, kinds: ast.expr | None, scope: Scope) -> bool:
    """Whether one of the classes of an `except` is a library's, or Python's own."""
    parts = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]
    symbols = [
        project.resolve_expression(part, scope) if part is not None else None for part in parts
    ]
    return any(_is_foreign_class(project, symbol) for symbol in symbols)


def _is_foreign_class(project: Project, symbol: Symbol | None) -> bool:
    return isinstance(symbol, External) and symbol.qualified_name not in _OWN_WORDS


def _handled_by(project: Project, function: FunctionScope) -> list[Symbol | None] | None:
    """What a function is registered as a handler for; `None` where it is none."""
    handlers = [handler for handler in all_handlers(project) if handler.function is function]
    if not handlers:
        return None
    return [
        handler.exception if handler.status != 500 else External("builtins.Exception")
        for handler in handlers
    ]


# Tests around


def _is_guarded(value: Value) -> bool:
    """Whether an expression is only come to under a test that makes it harmless."""
    known = (*value.conditions, *conditions(value.scope, value.node))
    return any(
        _tells_debugging(condition.test) or (condition.holds and _tells_kind(condition.test))
        for condition in known
    )


def _tells_kind(test: ast.expr) -> bool:
    """Whether a test is for the class of something, as of an exception that may be told."""
    match test:
        case ast.Call(func=ast.Name(id="isinstance")):
            return True
        case ast.BoolOp(op=ast.And(), values=parts):
            return any(_tells_kind(part) for part in parts)
    return False


def _tells_debugging(test: ast.expr) -> bool:
    for node in ast.walk(test):
        name = node.id if isinstance(node, ast.Name) else ""
        name = node.attr if isinstance(node, ast.Attribute) else name
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value
        if not _DEBUGGING.isdisjoint(words_of(name)):
            return True
    return False
