"""Exception handlers: for which exceptions an app has one, wherever that is registered."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from handbook.semantics.project import External, Project
from handbook.semantics.values import possible_values
from handbook.syntax.outline import ClassScope, Outline, Scope, own_nodes
from handbook.web.apps import apps
from handbook.web.middleware import names_of
from handbook.web.routers import Router, keyword_of, router_of
from handbook.web.status import status_code

WORDS = frozenset({"exception_handler", "add_exception_handler", "exception_handlers"})
"""One of these stands in every file that registers a handler."""


@dataclass(slots=True, frozen=True)
class Handler:
    """One registration.

    Attributes:
        exception: the class that is handled; `None` for a status, or where it is not certain.
        status: the status code that is handled, if it is one.
        app: the app it is registered on; `None` where that is not certain.
        call: the call that registers it, or that makes the app.
        scope: the scope that `call` is written in.
    """

    exception: ClassScope | External | None
    status: int | None
    app: Router | None
    call: ast.AST
    scope: Scope

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


def all_handlers(project: Project) -> list[Handler]:
    """The handlers that the project registers outside of its tests, by module."""
    return project.fact("exception handlers", lambda: [*_find_all(project)])


def _find_all(project: Project) -> Iterator[Handler]:
    outlines = (
        outline for outline in project.mentioning(*WORDS) if "test" not in project.roles(outline)
    )
    yield from project.facts_in(outlines, "exception handlers", _find)
    for app in apps(project):
        given = app.argument("exception_handlers")
        if given is not None and app.call is not None:
            yield from _in_table(project, given, app, app.call, app.scope)


def _find(project: Project, outline: Outline) -> Iterator[Handler]:
    for scope in (outline, *outline.definitions):
        for node in own_nodes(scope):
            match node:
                case ast.Call(
                    func=ast.Attribute(
                        value=receiver, attr="exception_handler" | "add_exception_handler"
                    )
                ):
                    given = keyword_of(node, "exc_class_or_status_code")
                    given = given or (node.args[0] if node.args else None)
                    app = router_of(project, receiver, scope)
                    yield from _handled(project, given, app, node, scope)
                case ast.Assign(targets=[ast.Subscript(value=table, slice=key)]):
                    if isinstance(table, ast.Attribute) and table.attr == "exception_handlers":
                        app = router_of(project, table.value, scope)
                        yield from _handled(project, key, app, node, scope)


def _in_table(
    project: Project, node: ast.expr, app: Router, call: ast.AST, scope: Scope
) -> Iterator[Handler]:
    """The handlers of `{Exception: handle}`, through names; an unclear one if it cannot be read."""
    for value in possible_values(project, node, scope):
        if isinstance(value.node, ast.Dict):
            for key, inner in zip(value.node.keys, value.node.values, strict=True):
                if key is None:
                    yield from _in_table(project, inner, app, call, value.scope)
                else:
                    yield from _handled(project, key, app, call, value.scope)
        else:
            yield Handler(None, None, app, call, scope)


def _handled(
    project: Project, node: ast.expr | None, app: Router | None, call: ast.AST, scope: Scope
) -> Iterator[Handler]:
    if node is None:
        yield Handler(None, None, app, call, scope)
        return
    status = status_code(project, node, scope)
    symbol = project.resolve_expression(node, scope) if status is None else None
    # What a loop binds, for one, is not clear.
    known = symbol if isinstance(symbol, ClassScope | External) else None
    yield Handler(known, status, app, call, scope)
