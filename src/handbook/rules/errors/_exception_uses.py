"""Whether anything but a `raise` speaks of an exception: an `except`, a table, a test."""

import ast
from collections.abc import Iterator

from handbook.python.project.project import External, Project, Symbol
from handbook.python.types.exceptions import BUILTIN_EXCEPTIONS
from handbook.syntax.outline import ClassScope, Opaque, Outline, Parameter, Scope, own_nodes

_CATCH_ALL = frozenset({"builtins.Exception", "builtins.BaseException", "builtins.object"})
_FOR_DEVELOPERS = frozenset(
    f"builtins.{name}"
    for name in (
        *("AssertionError", "NotImplementedError", "SystemExit", "KeyboardInterrupt"),
        *("GeneratorExit", "StopIteration", "StopAsyncIteration", "Warning"),
    )
)
_NO_EXCEPTIONS = frozenset({"typing.Generic", "abc.ABC", "typing.Protocol"})

_STATUSES = frozenset({"status_code", "http_status", "http_status_code", "status"})


def kinds_of(project: Project, class_: ClassScope) -> list[ClassScope | External] | None:
    """An exception class and its bases, but those of all exceptions.

    `None` where one is not known, or is a library's: that may well answer it. And for what is not
    meant for clients: a failed assertion, an exit.
    """
    found: list[ClassScope | External] = []
    for symbol in project.ancestry(class_):
        if isinstance(symbol, ClassScope):
            found.append(symbol)
        elif not isinstance(symbol, External):
            return None
        elif symbol.qualified_name in _FOR_DEVELOPERS:
            return None
        elif symbol.qualified_name in BUILTIN_EXCEPTIONS:
            if symbol.qualified_name not in _CATCH_ALL:
                found.append(symbol)
        elif symbol.qualified_name not in _CATCH_ALL | _NO_EXCEPTIONS:
            return None
    return found


def is_dealt_with(project: Project, kinds: list[ClassScope | External]) -> bool:
    """Whether code outside of tests names one of some classes where none is raised or defined.

    `except AppError`, `isinstance(error, AppError)`, `{AppError: 404}`, `retry(on=AppError)`: each
    may be what makes a response of it.
    """
    words = {kind.qualified_name.rpartition(".")[2] for kind in kinds}
    names = {kind.qualified_name for kind in kinds}
    return any(
        "test" not in project.roles(outline) and _names_one(project, outline, words, names)
        for outline in project.mentioning(*words)
    )


def reads_status(project: Project) -> bool:
    """Whether code outside of tests asks any exception for a status: `error.status_code`.

    Then it makes responses of classes that it does not name.
    """
    return project.fact("reads status of exceptions", lambda: _reads_status(project))


def _reads_status(project: Project) -> bool:
    for outline in project.mentioning(*_STATUSES, without="test"):
        for scope in outline.definitions:
            for node in own_nodes(scope):
                match node:
                    case ast.Attribute(value=ast.Name() as error, attr=name) if name in _STATUSES:
                        pass
                    case ast.Call(
                        func=ast.Name(id="getattr" | "hasattr"),
                        args=[ast.Name() as error, ast.Constant(value=name), *_],
                    ) if name in _STATUSES:
                        pass
                    case _:
                        continue
                if _is_any_exception(project, error, scope):
                    return True
    return False


def _is_any_exception(project: Project, node: ast.Name, scope: Scope) -> bool:
    found = scope.lookup(node.id)
    for binding in found[1] if found is not None else ():
        match binding:
            case Opaque(node=ast.ExceptHandler(type=ast.expr() as kind)):
                around = found[0] if found is not None else scope
            case Parameter(node=ast.arg(annotation=ast.expr() as kind)):
                around = scope.parent or scope
            case _:
                continue
        symbol = project.resolve_expression(kind, around)
        if symbol is None or symbol.qualified_name in _CATCH_ALL:
            return True
    return False


def _names_one(project: Project, outline: Outline, words: set[str], names: set[str]) -> bool:
    known = words | {
        name for name, parts in outline.stands_for.items() if not parts.isdisjoint(words)
    }
    for scope in (outline, *outline.definitions):
        nodes = own_nodes(scope)
        plain = {id(part) for node in nodes for part in _plain_uses(node)}
        for node in nodes:
            if id(node) in plain or not isinstance(node, ast.Name | ast.Attribute):
                continue
            spelled = node.id if isinstance(node, ast.Name) else node.attr
            if spelled in known:
                symbol: Symbol | None = project.resolve_expression(node, scope)
                if symbol is not None and symbol.qualified_name in names:
                    return True
    return False


def _plain_uses(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node in which a class is only made, raised, inherited from or promised."""
    match node:
        case ast.Raise(exc=ast.expr() as raised):
            yield raised
        case ast.Call(func=func):
            yield func
        case ast.ClassDef(bases=bases):
            yield from bases
        case ast.AnnAssign(annotation=annotation) | ast.arg(annotation=ast.expr() as annotation):
            yield from ast.walk(annotation)
        case (
            ast.FunctionDef(returns=ast.expr() as returns)
            | ast.AsyncFunctionDef(returns=ast.expr() as returns)
        ):
            yield from ast.walk(returns)
