"""Exception handlers: for which exceptions an app has one, wherever that is registered."""

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from handbook.knowledge.fastapi.middleware.middleware import is_handed_to_library, names_of
from handbook.knowledge.fastapi.responses.status import status_code
from handbook.knowledge.fastapi.routing.apps import apps
from handbook.knowledge.fastapi.routing.routers import Router, keyword_of, router_of
from handbook.python.project.project import External, Project
from handbook.python.values.dict_entries import entries
from handbook.python.values.loops import turns
from handbook.python.values.values import Value
from handbook.syntax.outline import ClassScope, FunctionScope, Outline, Scope, own_nodes

WORDS = frozenset({"exception_handler", "add_exception_handler", "exception_handlers"})
"""One of these stands in every file that registers a handler."""


_TELLING = frozenset(
    {"exception", "exceptions", "error", "errors", "handler", "handlers", "problem"}
)
"""Words in the names of functions that see to errors."""


class Handler(NamedTuple):
    """One registration.

    Attributes:
        exception: the class that is handled; `None` for a status, or where it is not certain.
        status: the status code that is handled, if it is one.
        app: the app it is registered on; `None` where that is not certain.
        call: the call that registers it, or that makes the app.
        scope: the scope that `call` is written in.
        function: what handles it, where that is known and the project's.
    """

    exception: ClassScope | External | None
    status: int | None
    app: Router | None
    call: ast.AST
    scope: Scope
    function: FunctionScope | None = None

    @property
    def is_unclear(self) -> bool:
        """Whether it may handle anything."""
        return self.exception is None and self.status is None


def handlers_of(project: Project, app: Router) -> list[Handler]:
    """The handlers of an app, and those that may be: their app is not known."""
    names = names_of(project, app)
    return [
        handler
        for handler in all_handlers(project)
        if handler.app is None or handler.app.key in names
    ]


def may_have_others(project: Project, app: Router) -> bool:
    """Whether a function of a library, by its name one about errors, gets an app."""
    return is_handed_to_library(project, app, _TELLING)


def all_handlers(project: Project) -> list[Handler]:
    """The handlers that the project registers outside of its tests, by module."""
    return project.fact("exception handlers", lambda: [*_find_all(project)])


def _find_all(project: Project) -> Iterator[Handler]:
    outlines = (outline for outline in project.mentioning(*WORDS, without="test"))
    yield from project.facts_in(outlines, "exception handlers", _find)
    for app in apps(project):
        given = app.argument("exception_handlers")
        if given is not None and app.call is not None:
            yield from _in_table(project, given, app, app.call, app.scope)


def _find(project: Project, outline: Outline) -> Iterator[Handler]:
    decorated = {
        decorator: definition
        for definition in outline.definitions
        for decorator in definition.node.decorator_list
        if isinstance(definition, FunctionScope)
    }
    for scope in (outline, *outline.definitions):
        applied: dict[ast.expr, ast.expr] = {}
        for node in own_nodes(scope):
            match node:
                case ast.Call(func=ast.Call() as decorator, args=[function]):
                    applied[decorator] = function
                case ast.Call(func=ast.Attribute(value=receiver, attr="exception_handler")):
                    app = router_of(project, receiver, scope)
                    given = decorated.get(node) or applied.get(node)
                    yield from _handled(project, _key_of(node), given, app, node, scope)
                case ast.Call(func=ast.Attribute(value=receiver, attr="add_exception_handler")):
                    app = router_of(project, receiver, scope)
                    named = keyword_of(node, "handler")
                    given = named or (node.args[1] if len(node.args) > 1 else None)
                    yield from _handled(project, _key_of(node), given, app, node, scope)
                case ast.Assign(targets=[ast.Subscript(value=table, slice=key)], value=given):
                    if isinstance(table, ast.Attribute) and table.attr == "exception_handlers":
                        app = router_of(project, table.value, scope)
                        yield from _handled(project, key, given, app, node, scope)


def _key_of(call: ast.Call) -> ast.expr | None:
    return keyword_of(call, "exc_class_or_status_code") or (call.args[0] if call.args else None)


def _in_table(
    project: Project, node: ast.expr, app: Router, call: ast.AST, scope: Scope
) -> Iterator[Handler]:
    """The handlers of `{Exception: handle}`, through names; an unclear one if it cannot be read."""
    if isinstance(node, ast.Constant) and node.value is None:
        return
    found = entries(project, node, scope)
    if found is None:
        yield Handler(None, None, app, call, scope)
    for key, value in found or ():
        known = _function(project, value.node, value.scope)
        yield from _handled(project, key.node, known, app, call, key.scope)


def _handled(
    project: Project,
    node: ast.expr | None,
    given: FunctionScope | ast.expr | None,
    app: Router | None,
    call: ast.AST,
    scope: Scope,
) -> Iterator[Handler]:
    """The handlers that one registration makes: in a loop, one each turn."""
    if node is None:
        yield Handler(None, None, app, call, scope)
        return
    in_loop = turns(project, node, scope)
    what = [Value(node, scope)] if in_loop is None else in_loop
    by = _functions(project, given, scope, len(what))
    for value, function in zip(what, by, strict=True):
        status = status_code(project, value.node, value.scope)
        symbol = project.resolve_expression(value.node, value.scope) if status is None else None
        # Where it is no class it is not clear what is handled.
        known = symbol if isinstance(symbol, ClassScope | External) else None
        yield Handler(known, status, app, call, scope, function)


def _functions(
    project: Project, given: FunctionScope | ast.expr | None, scope: Scope, count: int
) -> Sequence[FunctionScope | None]:
    """What handles, in each turn of a loop."""
    if given is None or isinstance(given, FunctionScope):
        return [given] * count
    in_loop = turns(project, given, scope)
    if in_loop is not None and len(in_loop) == count:
        return [_function(project, value.node, value.scope) for value in in_loop]
    return [_function(project, given, scope)] * count


def _function(project: Project, node: ast.expr, scope: Scope) -> FunctionScope | None:
    symbol = project.resolve_expression(node, scope)
    return symbol if isinstance(symbol, FunctionScope) else None
