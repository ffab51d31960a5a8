"""Where the value of an expression comes from: from a client, from a caller, or from nobody knows."""

import ast
from collections.abc import Iterator
from typing import Literal

from handbook.knowledge.fastapi.requests.parameters import asked_by, readers, reading_of
from handbook.knowledge.pydantic.schemas import is_schema, is_settings
from handbook.knowledge.sqlalchemy.models import is_model
from handbook.python.calls.callers import callers, method_callers
from handbook.python.project.project import Project, Variable
from handbook.python.types.annotations import annotated_type
from handbook.python.types.inference import instance_of
from handbook.python.types.inference.assigned_attributes import assigned_attributes
from handbook.python.types.normalized import NONE, Named, members_of
from handbook.python.types.normalized import Literal as LiteralForm
from handbook.python.values.string_building import Hole, is_number, name_of, texts_of
from handbook.python.values.values import values
from handbook.syntax.control_flow import visible
from handbook.syntax.local_bindings import InnerScope, sources_in
from handbook.syntax.names import words_of
from handbook.syntax.outline import (
    Assigned,
    ClassScope,
    FunctionScope,
    Opaque,
    Parameter,
    Scope,
    own_nodes,
)

type Origin = Literal["client", "caller", "part"]
"""A client, a caller, or an object or dictionary that a caller passes."""

_DEEPEST = 14
_KEEPING = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize"})
_FROM_REQUEST = frozenset({"query_params", "path_params", "headers", "cookies"})
_CHECKING = frozenset(
    {
        *("validate", "check", "ensure", "assert", "escape", "quote", "sanitize", "allowed"),
        *("isidentifier", "isalnum", "isalpha", "isdigit", "isdecimal", "match", "fullmatch"),
        *("valid", "safe", "verify"),
    }
)
_CATALOGUES = ("information_schema", "pg_catalog", "pg_tables", "pg_class", "sqlite_master")
_CONFIGURATION = frozenset({"config", "configuration", "conf", "cfg", "settings", "options"})
_ENUMS = frozenset({"enum.Enum", "enum.StrEnum", "enum.IntEnum"})
_NUMBERS = frozenset(
    {
        *("builtins.int", "builtins.float", "builtins.bool", "builtins.type", "uuid.UUID"),
        *("datetime.date", "datetime.datetime", "datetime.timedelta", "decimal.Decimal"),
        *("sqlalchemy.sql.elements.quoted_name", "sqlalchemy.quoted_name"),
    }
)
"""Types whose values, written out, are no SQL."""
_REQUESTS = frozenset(
    {"starlette.requests.Request", "fastapi.Request", "fastapi.requests.Request"}
)


def origin_of(project: Project, hole: Hole) -> Origin | None:
    """Where a value surely comes from; `None` where it may be a constant, or was looked at.

    A value is the client's where a handler or dependency reads it from the request, and the
    caller's where it is passed to a function, alone or as a part of something. Enums, settings, what a function compares with
    something or checks, and what all callers pass as a constant are neither.
    """
    return _origin(project, hole.node, hole.scope, 0)


def _origin(project: Project, node: ast.expr, scope: Scope, depth: int) -> Origin | None:
    if depth > _DEEPEST:
        return None
    match node:
        case ast.Name():
            return _of_name(project, node, scope, depth)
        case ast.Attribute(value=inner, attr=attr):
            if attr in _FROM_REQUEST and _is_request(project, inner, scope):
                return "client"
            return _of_part(project, node, inner, scope, depth)
        case ast.Subscript(value=inner):
            return _of_part(project, node, inner, scope, depth)
        case ast.Call(func=ast.Attribute(value=inner, attr=method)) if method in _KEEPING:
            return _origin(project, inner, scope, depth + 1)
        case ast.Call(func=ast.Attribute(value=inner, attr="json" | "form" | "body")):
            return "client" if _is_request(project, inner, scope) else None
        case ast.Call(func=ast.Attribute(value=inner, attr="get")):
            return _of_part(project, node, inner, scope, depth)
        case ast.Call(func=ast.Name(id="str" | "repr"), args=[inner]):
            return _origin(project, inner, scope, depth + 1)
        case ast.Await(value=inner) | ast.NamedExpr(value=inner):
            return _origin(project, inner, scope, depth + 1)
        case ast.IfExp(body=one, orelse=other):
            return _one_of(_origin(project, part, scope, depth + 1) for part in (one, other))
        case ast.BoolOp(values=operands):
            return _one_of(_origin(project, part, scope, depth + 1) for part in operands)
        case ast.BinOp(op=ast.Add(), left=left, right=right) if not is_number(left, right):
            return _one_of(_origin(project, part, scope, depth + 1) for part in (left, right))
        case ast.JoinedStr(values=pieces):
            inner_values = [
                piece.value for piece in pieces if isinstance(piece, ast.FormattedValue)
            ]
            return _one_of(_origin(project, part, scope, depth + 1) for part in inner_values)
    return None


def _one_of(origins: Iterator[Origin | None]) -> Origin | None:
    found = {*origins}
    order: tuple[Origin, ...] = ("client", "caller", "part")
    return next((origin for origin in order if origin in found), None)


def _of_part(
    project: Project, node: ast.expr, inner: ast.expr, scope: Scope, depth: int
) -> Origin | None:
    """The origin of an attribute or item: that of the whole, unless it is the project's own."""
    if isinstance(node, ast.Attribute) and _is_first_parameter(inner, scope):
        return _of_own_attribute(project, node, scope, depth)
    if _is_own(project, inner, scope):
        return None
    found = instance_of(project, node, scope)
    if isinstance(found, ClassScope) and project.reaches(found, _ENUMS):
        return None
    if isinstance(node, ast.Attribute) and (node.attr == "value" or node.attr.startswith("__")):
        # A member of an enum, or the name of a class or of its table.
        return None
    origin = _origin(project, inner, scope, depth + 1)
    if origin == "caller":
        # Objects and dictionaries are also how a project hands around what it wrote itself.
        whole = instance_of(project, inner, scope)
        is_data = isinstance(whole, ClassScope) and (
            is_schema(project, whole) or is_model(project, whole)
        )
        return "caller" if is_data else "part"
    return origin


def _is_own(project: Project, node: ast.expr, scope: Scope) -> bool:
    """Whether an object is settings, or the one that a method belongs to."""
    if _is_first_parameter(node, scope):
        return True
    found = instance_of(project, node, scope)
    if isinstance(found, ClassScope) and is_settings(project, found):
        return True
    return isinstance(node, ast.Name) and not _CONFIGURATION.isdisjoint(words_of(node.id))


def _is_first_parameter(node: ast.expr, scope: Scope) -> bool:
    """Whether a name is what a method calls the object or class that it belongs to."""
    function = scope.enclosing_function()
    first = next(iter(function.parameters), None) if function and function.is_method else None
    return first is not None and isinstance(node, ast.Name) and node.id == first.node.arg


def _of_own_attribute(
    project: Project, node: ast.Attribute, scope: Scope, depth: int
) -> Origin | None:
    """The origin of `self.name`: that of what its class assigns to it, always in the same way."""
    function = scope.enclosing_function()
    class_ = function.parent if function is not None else None
    if not isinstance(class_, ClassScope):
        return None
    owner = next(
        (
            each
            for each in project.ancestry(class_)
            if isinstance(each, ClassScope)
            and (node.attr in each.bindings or node.attr in assigned_attributes(project, each))
        ),
        None,
    )
    if owner is None or node.attr in owner.bindings:
        return None
    found = [
        _origin(project, given.value, given.method, depth + 1) if given.value is not None else None
        for given in assigned_attributes(project, owner)[node.attr]
    ]
    return _one_of(iter(found)) if None not in found else None


def _is_request(project: Project, node: ast.expr, scope: Scope) -> bool:
    found = instance_of(project, node, scope)
    return found is not None and found.qualified_name in _REQUESTS


def _of_name(project: Project, node: ast.Name, scope: Scope, depth: int) -> Origin | None:
    variable = name_of(project, node, scope)
    if variable is None:
        return None
    around = variable.scope
    if isinstance(around, FunctionScope) and _is_checked(around, node.id):
        return None
    use = node if not isinstance(around, InnerScope) else None
    found = [
        _of_binding(project, variable, binding, depth)
        for binding in visible(around, variable.bindings, use)
    ]
    # Of several values one may have been made harmless, and another one never be there.
    return _one_of(iter(found)) if None not in found else None


def _of_binding(
    project: Project, variable: Variable, binding: object, depth: int
) -> Origin | None:
    scope = variable.scope
    match binding:
        case Assigned(value=ast.expr() as value):
            return _origin(project, value, scope, depth + 1)
        case Parameter() if isinstance(scope, FunctionScope):
            return _of_parameter(project, scope, variable.name, depth)
        case Opaque(node=target):
            source = sources_in(scope).get(target)
            if source is not None and source.manner == "item" and not source.indices:
                outer = scope.parent if isinstance(scope, InnerScope) else scope
                return _origin(project, source.value, outer or scope, depth + 1)
    return None


def _of_parameter(
    project: Project, function: FunctionScope, name: str, depth: int
) -> Origin | None:
    asked = next((each for each in asked_by(function) if each.name == name), None)
    if asked is None:
        return None
    reading = reading_of(project, asked)
    for member in members_of(reading.form) - {NONE}:
        if isinstance(member, LiteralForm) or _is_harmless(project, member):
            return None
    if function in readers(project):
        if reading.kind == "Depends":
            return "part"
        if reading.constraints is None or not reading.constraints.isdisjoint({"pattern", "regex"}):
            return None
        return "client" if _is_text_or_schema(project, asked.annotation, asked.scope) else "caller"
    found = [
        (caller, caller.argument(name))
        for caller in (*callers(project, function), *method_callers(project, function))
    ]
    passed = [Hole(node, caller.scope) for caller, node in found if node is not None]
    if not passed:
        return "caller"
    # What is put together in the call is taken apart: its fixed parts are the project's own.
    holes = [
        piece
        for hole in passed
        if not _is_constant(project, hole)
        for text in texts_of(project, hole.node, hole.scope)
        for piece in text
        if isinstance(piece, Hole)
    ]
    return _one_of(_origin(project, hole.node, hole.scope, depth + 2) for hole in holes)


def _is_harmless(project: Project, member: Named) -> bool:
    """Whether a type has only values that the project itself wrote: of enums, and classes."""
    if member.name in _NUMBERS:
        return True
    symbol = member.symbol
    return isinstance(symbol, ClassScope) and (
        project.reaches(symbol, _ENUMS) or is_settings(project, symbol)
    )


def _is_text_or_schema(project: Project, annotation: ast.expr | None, scope: Scope) -> bool:
    if annotation is None:
        return True
    found = annotated_type(project, annotation, scope)
    return found is not None and (
        found.name in ("builtins.str", "builtins.dict") or isinstance(found.symbol, ClassScope)
    )


def _is_constant(project: Project, hole: Hole) -> bool:
    """Whether an expression surely is one of some constants."""
    found = values(project, hole.node, hole.scope)
    return bool(found) and all(isinstance(value.node, ast.Constant) for value in found or ())


def _is_checked(function: FunctionScope, name: str) -> bool:
    """Whether a function compares a name with something known, or has it checked."""
    for node in own_nodes(function):
        match node:
            case ast.Call() if _asks_catalogue(node, name):
                return True
            case ast.Compare(left=ast.Name(id=found), ops=[ast.In() | ast.NotIn()]):
                if found == name:
                    return True
            case ast.Call(func=func):
                called = func.attr if isinstance(func, ast.Attribute) else ""
                called = func.id if isinstance(func, ast.Name) else called
                if _CHECKING.isdisjoint(words_of(called)):
                    continue
                given = [*node.args, *(word.value for word in node.keywords)]
                if isinstance(func, ast.Attribute):
                    given.append(func.value)
                if any(isinstance(each, ast.Name) and each.id == name for each in given):
                    return True
    return False


def _asks_catalogue(call: ast.Call, name: str) -> bool:
    """Whether a call asks a database for what it has under a name, which is bound to a parameter."""
    match call.func:
        case ast.Attribute(attr="has_table"):
            return any(isinstance(given, ast.Name) and given.id == name for given in call.args)
    bound = [value for given in call.args if isinstance(given, ast.Dict) for value in given.values]
    return any(isinstance(value, ast.Name) and value.id == name for value in bound) and any(
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and any(catalogue in node.value for catalogue in _CATALOGUES)
        for node in ast.walk(call)
    )
