"""The middleware around an app, layer by layer: what calls, loops and lists put there."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from handbook.knowledge.fastapi.middleware.middleware import (
    WORDS,
    Middleware,
    all_middleware,
    class_argument,
    class_named,
    made_by,
    middleware_in,
    names_of,
)
from handbook.knowledge.fastapi.routing.apps import apps_in
from handbook.knowledge.fastapi.routing.routers import Router, keyword_of
from handbook.python.project.project import Project
from handbook.python.values.lists import items_of
from handbook.python.values.values import Value, possible, values
from handbook.syntax.control_flow import Condition, conditions
from handbook.syntax.outline import Outline, Scope, own_nodes


class Layer(NamedTuple):
    """A middleware at its place among those that one function or module puts around an app.

    Attributes:
        middleware: what it is, and where that is written.
        by: what puts it there: the `add_middleware` call, the decorator, or the call that is
            given a list as `middleware`.
        scope: the scope that `by` is written in.
        order: grows from the app to the outside; empty where the place is not known.
        conditions: what must be the case for it to be there.
    """

    middleware: Middleware
    by: ast.Call
    scope: Scope
    order: tuple[int, ...]
    conditions: tuple[Condition, ...]

    def surrounds(self, other: "Layer") -> bool:
        """Whether it stands around another layer of the same app, wherever both are there."""
        return (
            self.scope is other.scope
            and self._target == other._target
            and self.order > other.order
            and not any(
                mine.contradicts(its) for mine in self.conditions for its in other.conditions
            )
        )

    @property
    def _target(self) -> tuple[object, ...]:
        """What it is put around."""
        if self.middleware.app is not None:
            return self.middleware.app.key
        receiver = self.middleware.receiver
        return (ast.dump(receiver),) if receiver is not None else (id(self.by),)


def middleware_of(project: Project, app: Router) -> list[Middleware]:
    """What is put around an app anywhere in the project, and what may be: its app is not known.

    Counts what functions that are handed the app add to it, what its `middleware=[…]` lists and
    what loops add. Where a list or a loop may hold more than can be seen, one of the middleware is
    of no known class.
    """
    names = names_of(project, app)
    layers = [layer.middleware for layer in all_layers(project)]
    placed = {id(middleware.call) for middleware in layers}
    loose = [
        found
        for found in all_middleware(project)
        if found.manner in ("listed", "wrapping") and id(found.call) not in placed
    ]
    return [
        middleware
        for middleware in (*layers, *loose)
        if middleware.app is None or middleware.app.key in names
    ]


def middleware_written_in(project: Project, outline: Outline) -> list[Middleware]:
    """The middleware that a module makes or adds, and what loops anywhere add from its lists."""
    found = middleware_in(project, outline)
    known = {id(middleware.call) for middleware in found}
    items: dict[tuple[int, int], Middleware] = {}
    for layer in layers_around(project, outline):
        middleware = layer.middleware
        if middleware.outline is outline and id(middleware.call) not in known:
            items[middleware.call.lineno, middleware.call.col_offset] = middleware
    return [*found, *items.values()]


def all_layers(project: Project) -> list[Layer]:
    """The layers around all apps of the project outside of its tests, by module."""
    return project.fact("middleware layers", lambda: [*_find_all(project)])


def layers_around(project: Project, outline: Outline) -> list[Layer]:
    """The layers that may have to do with a module: those of the project, or of one of its tests."""
    is_test = "test" in project.roles(outline)
    return layers_in(project, outline) if is_test else all_layers(project)


def layers_in(project: Project, outline: Outline) -> list[Layer]:
    """The layers that a module puts around apps."""
    return [*project.facts_in([outline], "middleware layers", _find)]


def _find_all(project: Project) -> Iterator[Layer]:
    for outline in project.mentioning(*WORDS, without="test"):
        yield from layers_in(project, outline)


def _find(project: Project, outline: Outline) -> Iterator[Layer]:
    for middleware in middleware_in(project, outline):
        if middleware.manner == "added":
            loop = _loop_around(middleware)
            if loop is not None:
                yield from _looped(project, middleware, loop)
                continue
        if middleware.manner in ("added", "decorated"):
            around = conditions(middleware.scope, middleware.call)
            place = _place(middleware.call)
            yield Layer(middleware, middleware.call, middleware.scope, place, around)
    for scope in outline.scopes_with({"middleware"}):
        for node in own_nodes(scope, ast.Call):
            given = keyword_of(node, "middleware")
            if given is not None:
                yield from _listed(project, node, given, scope)


def _place(node: ast.expr | ast.stmt, index: int = 0) -> tuple[int, ...]:
    """The place of something that is added: outside of what is listed and was added before."""
    return 1, node.lineno, node.col_offset, index


# Lists


def _listed(project: Project, call: ast.Call, given: ast.expr, scope: Scope) -> Iterator[Layer]:
    """The layers of `FastAPI(middleware=[…])`: the first is the outermost."""
    app = next((made for made in apps_in(project, scope.outline) if made.call is call), None)
    items = items_of(project, given, scope)
    is_complete = items.is_complete
    for index, item in enumerate(items.values):
        for known in possible(project, item):
            made = _made(project, known)
            if made is None:
                is_complete &= isinstance(known.node, ast.Constant)
                continue
            order = (0, -index if items.is_ordered else 0)
            yield Layer(made._replace(app=app), call, scope, order, known.conditions)
        is_complete &= values(project, item.node, item.scope, item.caller) is not None
    if app is not None and not is_complete:
        yield Layer(Middleware(None, call, scope, "listed", app=app), call, scope, (), ())


def _made(project: Project, value: Value) -> Middleware | None:
    node = value.node
    return made_by(project, node, value.scope) if isinstance(node, ast.Call) else None


# Loops


def _loop_around(added: Middleware) -> ast.For | None:
    """The loop that the class of an `add_middleware` comes from."""
    head = class_argument(added.call)
    while isinstance(head, ast.Attribute | ast.Subscript):
        head = head.value
    if not isinstance(head, ast.Name):
        return None
    loops = [
        node
        for node in own_nodes(added.scope, ast.For)
        if node.lineno < added.call.lineno <= (node.end_lineno or 0)
        and head.id in _names_in(node.target)
    ]
    return loops[-1] if loops else None


def _names_in(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def _looped(project: Project, added: Middleware, loop: ast.For) -> Iterator[Layer]:
    """What a loop adds: the last comes to stand outermost."""
    names = _names_in(loop.target)
    # A condition about the item does not hold for other items.
    around = tuple(
        condition
        for condition in conditions(added.scope, added.call)
        if names.isdisjoint(_names_in(condition.test))
    )
    items = items_of(project, loop.iter, added.scope)
    is_complete = items.is_complete
    for index, item in enumerate(items.values):
        place = _place(loop, index if items.is_ordered else 0)
        for known in possible(project, item):
            if not (isinstance(known.node, ast.Constant) and known.node.value is None):
                made = _item(project, known, added, loop.target)
                yield Layer(made, added.call, added.scope, place, (*around, *known.conditions))
        is_complete &= values(project, item.node, item.scope, item.caller) is not None
    if not is_complete:
        yield Layer(added, added.call, added.scope, (), around)


def _item(project: Project, item: Value, added: Middleware, target: ast.expr) -> Middleware:
    """The middleware that a loop adds when it comes to an item."""
    given = class_argument(added.call)
    made = _made(project, item)
    if made is not None and isinstance(given, ast.Attribute) and given.attr == "cls":
        return made._replace(receiver=added.receiver, app=added.app)
    class_ = _part(given, target, item.node) if given is not None else None
    call = _written_out(added, item, target, class_)
    symbol = class_named(project, class_, item.scope)
    return Middleware(symbol, call, item.scope, "added", added.receiver, added.app)


def _part(node: ast.expr, target: ast.expr, item: ast.expr) -> ast.expr | None:
    """What an expression about the variables of a loop is when the loop comes to an item."""
    match node, target:
        case ast.Name(id=name), ast.Name(id=bound):
            return item if name == bound else None
        case ast.Name(id=name), ast.Tuple(elts=targets) | ast.List(elts=targets):
            parts = item.elts if isinstance(item, ast.Tuple | ast.List) else []
            for inner, part in zip(targets, parts, strict=False):
                if isinstance(inner, ast.Name) and inner.id == name:
                    return part if len(targets) == len(parts) else None
    match node:
        case ast.Attribute(value=inner, attr=name):
            whole = _part(inner, target, item)
            return keyword_of(whole, name) if isinstance(whole, ast.Call) else None
        case ast.Subscript(value=inner, slice=ast.Constant(value=key)):
            match _part(inner, target, item):
                case ast.Tuple(elts=parts) | ast.List(elts=parts) if isinstance(key, int):
                    return parts[key] if -len(parts) <= key < len(parts) else None
                case ast.Dict(keys=keys, values=entries):
                    for known, entry in zip(keys, entries, strict=True):
                        if isinstance(known, ast.Constant) and known.value == key:
                            return entry
    return None


def _written_out(
    added: Middleware, item: Value, target: ast.expr, class_: ast.expr | None
) -> ast.Call:
    """The `add_middleware` of one item, as if it stood where the item does."""
    keywords = []
    for word in added.call.keywords:
        part = _part(word.value, target, item.node)
        if part is not None:
            keywords.append(ast.copy_location(ast.keyword(word.arg, part), part))
        elif item.scope is added.scope:
            keywords.append(word)
        else:
            # Written where its names mean something else: it may be anything.
            unknown = ast.copy_location(ast.Constant(None), item.node)
            keywords.append(ast.copy_location(ast.keyword(None, unknown), item.node))
    args = [class_] if class_ is not None else []
    return ast.copy_location(ast.Call(added.call.func, args, keywords), item.node)
