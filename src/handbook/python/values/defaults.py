"""The values that things have when nobody gives another: of fields, and of the environment."""

import ast

from handbook.python.project.project import Project, Variable, dotted_parts
from handbook.python.types.inference import instance_of
from handbook.syntax.outline import Scope

_FIELD = frozenset(
    {"pydantic.Field", "pydantic.fields.Field", "dataclasses.field", "sqlmodel.Field"}
)
_GETENV = frozenset({"os.getenv", "os.environ.get", "decouple.config"})
_READERS = frozenset({"starlette.config.Config", "environs.Env", "decouple.Config"})


def fallback(project: Project, call: ast.Call, scope: Scope) -> ast.expr | None:
    """The default of `os.getenv` and its like, which read what nobody knows."""
    parts = dotted_parts(call.func)
    given = next((known.value for known in call.keywords if known.arg == "default"), None)
    default = given or (call.args[1] if len(call.args) > 1 else None)
    if parts is None or default is None:
        return None
    called = project.resolve_name(parts, scope)
    if called is not None and called.qualified_name in _GETENV:
        return default
    reader = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    if isinstance(called, Variable) or (called is None and len(parts) > 1):
        class_ = instance_of(project, reader, scope)
        if class_ is not None and class_.qualified_name in _READERS:
            return default
    return None


def field_default(project: Project, node: ast.expr, scope: Scope) -> ast.expr | None:
    """The default that `Field(default)` or `Field(default_factory=lambda: …)` gives."""
    if not isinstance(node, ast.Call):
        return None
    called = project.resolve_expression(node.func, scope)
    if called is None or called.qualified_name not in _FIELD:
        return None
    for keyword in node.keywords:
        if keyword.arg == "default":
            return keyword.value
        if keyword.arg == "default_factory":
            if isinstance(keyword.value, ast.Lambda):
                return keyword.value.body
            return ast.copy_location(ast.Call(keyword.value, [], []), keyword.value)
    return node.args[0] if node.args else None
