"""Status codes, however they are spelled."""

import ast
import re
from http import HTTPStatus

from handbook.knowledge.fastapi.routing.routes import Route
from handbook.python.calls.callers import Caller
from handbook.python.project.project import External, Project
from handbook.python.values.values import values
from handbook.syntax.outline import Scope

_NAMED = re.compile(r"(?:fastapi|starlette)\.status\.HTTP_(\d{3})(?:_\w+)?")
_MEMBER = re.compile(r"http\.HTTPStatus\.(\w+?)(?:\.value)?")

BODILESS = frozenset({204, 205, 304})
"""Status codes of responses that have no body."""


def status_code(
    project: Project, node: ast.expr, scope: Scope, caller: Caller | None = None
) -> int | None:
    """The status code that an expression surely is: `201`, `status.HTTP_201_CREATED` ….

    Names are followed to their values.
    """
    found = values(project, node, scope, caller)
    codes = {_code(project, item.node, item.scope) for item in found or ()}
    return codes.pop() if len(codes) == 1 else None


def status_of(project: Project, route: Route) -> int | None:
    """The status code that a route surely answers with by default."""
    given = route.argument("status_code")
    if given is None:
        return None if route.has_hidden_arguments else 200
    if isinstance(given, ast.Constant) and given.value is None:
        return 200
    return status_code(project, given, route.scope)


def written_status(project: Project, code: int, scope: Scope) -> str:
    """How a scope writes a status code: by its name, where it knows `status`, else the number."""
    known = project.resolve_name(["status"], scope)
    if known is None or known.qualified_name not in ("fastapi.status", "starlette.status"):
        return str(code)
    return f"status.HTTP_{code}_{HTTPStatus(code).name}"


def _code(project: Project, node: ast.expr, scope: Scope) -> int | None:
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int else None
    symbol = project.resolve_expression(node, scope)
    if not isinstance(symbol, External):
        return None
    named = _NAMED.fullmatch(symbol.qualified_name)
    if named is not None:
        return int(named[1])
    member = _MEMBER.fullmatch(symbol.qualified_name)
    if member is not None and member[1] in HTTPStatus.__members__:
        return HTTPStatus[member[1]].value
    return None
