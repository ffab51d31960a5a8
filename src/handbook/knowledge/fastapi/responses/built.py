"""Answers that code makes itself: responses, and exceptions that FastAPI turns into one."""

import ast
from collections.abc import Iterator
from typing import Literal, NamedTuple

from handbook.knowledge.fastapi.responses.returned import is_response
from handbook.knowledge.fastapi.responses.status import status_code
from handbook.knowledge.fastapi.routing.routers import keyword_of
from handbook.knowledge.vocabulary import HTTP_EXCEPTION
from handbook.python.calls.callers import Caller
from handbook.python.project.project import Project
from handbook.python.values.values import Value
from handbook.syntax.outline import Assigned, ClassScope, FunctionScope, Scope, own_nodes

type Kind = Literal["exception", "response"]

_PARAMETERS: dict[Kind, tuple[str, str]] = {
    "exception": ("status_code", "detail"),
    "response": ("content", "status_code"),
}
"""The first parameters of Starlette's own constructors, in their order."""
_DEEPEST = 8


class Answer(NamedTuple):
    """One call that makes an answer.

    Attributes:
        call: an `HTTPException(…)` or a `JSONResponse(…)`, or a class of the project of that kind.
        kind: which of these it is.
        status: its status code; `None` where that is not certain.
        body: what the client is told, as the call or the constructor of the class says.
    """

    call: ast.Call
    kind: Kind
    status: int | None
    body: Value | None


def answers_in(project: Project, scope: Scope) -> Iterator[Answer]:
    """The answers that the body of a scope makes, in source order."""
    for node in own_nodes(scope, ast.Call):
        answer = answer_of(project, node, scope)
        if answer is not None:
            yield answer


def answer_of(project: Project, call: ast.Call, scope: Scope) -> Answer | None:
    """The answer that a call makes, if it surely makes one."""
    symbol = project.resolve_expression(call.func, scope)
    class_ = symbol if isinstance(symbol, ClassScope) else None
    kind: Kind
    if symbol is None:
        return None
    if symbol.qualified_name in HTTP_EXCEPTION or (
        class_ is not None and project.reaches(class_, HTTP_EXCEPTION)
    ):
        kind = "exception"
    elif is_response(project, symbol):
        kind = "response"
    else:
        return None
    made = _made(project, kind, Value(call, scope), call, class_)
    status, body = made if made is not None else (None, None)
    code = _code(project, status, class_) if status is not None else None
    return Answer(call, kind, code, body)


def status_set_before(project: Project, scope: Scope, node: ast.stmt) -> int | None:
    """The status that the nearest `response.status_code = …` before a statement of a suite sets."""
    for suite in _suites(scope):
        if node in suite:
            for before in reversed(suite[: suite.index(node)]):
                match before:
                    case ast.Assign(targets=[ast.Attribute(attr="status_code")], value=value):
                        return status_code(project, value, scope)
    return None


def _suites(scope: Scope) -> Iterator[list[ast.stmt]]:
    yield [*scope.body]
    for node in own_nodes(scope):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for name in ("body", "orelse", "finalbody"):
                suite = getattr(node, name, None)
                if isinstance(suite, list):
                    yield suite


def _made(
    project: Project,
    kind: Kind,
    place: Value,
    call: ast.Call,
    class_: ClassScope | None,
    depth: int = 0,
) -> tuple[Value | None, Value | None] | None:
    """The status and the body of an answer, through the constructors that the project writes."""
    owner = project.owner(class_, "__init__") if class_ is not None else None
    initializer = owner.method("__init__") if owner is not None else None
    if owner is not None:
        inner = _passed_on(initializer) if initializer is not None else None
        if inner is None or initializer is None or depth > _DEEPEST:
            return None
        caller = Caller(initializer, call, place.scope, place.caller)
        above = Value(inner, initializer, caller)
        return _made(project, kind, above, inner, _next(project, owner), depth + 1)
    names = _PARAMETERS[kind]
    given = [
        keyword_of(call, name) or (call.args[index] if index < len(call.args) else None)
        for index, name in enumerate(names)
    ]
    first, second = [place.at(node) if node is not None else None for node in given]
    return (first, second) if kind == "exception" else (second, first)


def _code(project: Project, status: Value, class_: ClassScope | None) -> int | None:
    match status.node:
        case ast.Attribute(value=ast.Name(id="self"), attr=name) if class_ is not None:
            # A subclass may say another one than the class whose constructor passes it on.
            owner = project.owner(class_, name)
            match owner.bindings[name] if owner is not None else ():
                case [Assigned(value=ast.expr() as value)] if owner is not None:
                    return status_code(project, value, owner)
            return None
    return status_code(project, status.node, status.scope, status.caller)


def _next(project: Project, owner: ClassScope) -> ClassScope | None:
    """The base of a class that `super()` leads to, if the project wrote it."""
    bases = [base for base in project.bases(owner) if isinstance(base, ClassScope)]
    return bases[0] if bases else None


def _passed_on(initializer: FunctionScope) -> ast.Call | None:
    """The one `super().__init__(…)` of an `__init__`."""
    found = [
        node
        for node in own_nodes(initializer, ast.Call)
        if isinstance(node.func, ast.Attribute)
        and node.func.attr == "__init__"
        and isinstance(node.func.value, ast.Call)
    ]
    return found[0] if len(found) == 1 else None
