"""Middleware: every place where some is made or added, with its arguments and its order."""

import ast
from collections.abc import Iterator
from typing import Literal, NamedTuple

from handbook.knowledge.fastapi.routing.apps import inclusions
from handbook.knowledge.fastapi.routing.routers import Router, keyword_of, router_of
from handbook.knowledge.vocabulary import CORS_MIDDLEWARE, MIDDLEWARE, TRUSTED_HOST_MIDDLEWARE
from handbook.python.calls.callers import Caller
from handbook.python.project.project import External, Project, Symbol
from handbook.python.values.values import Value, possible_values
from handbook.syntax.names import Names, words_of
from handbook.syntax.outline import ClassScope, FunctionScope, Outline, Scope, own_nodes

type Manner = Literal["added", "listed", "wrapping", "decorated"]

WORDS = (
    frozenset({"add_middleware", "Middleware", "middleware"})
    | Names(CORS_MIDDLEWARE | TRUSTED_HOST_MIDDLEWARE).words
)
"""One of these stands in every file that makes or adds middleware."""

_WRAPPERS = Names(CORS_MIDDLEWARE | TRUSTED_HOST_MIDDLEWARE)


class Argument(NamedTuple):
    """An argument of a middleware.

    Attributes:
        place: what to point at: `name=value` in the call, or the `**options` that holds it.
        value: the expression.
    """

    place: ast.AST
    value: Value


class Middleware(NamedTuple):
    """One middleware, where it is made or added.

    Attributes:
        symbol: its class, or the function of `@app.middleware("http")`; `None` if not certain.
        call: the `add_middleware`, the `Middleware(…)`, the construction, or the decorator.
        scope: the scope that `call` is written in.
        manner: `added` by `add_middleware`, `listed` as `Middleware(…)`, `wrapping` the app by
            its constructor, or `decorated`.
        receiver: what it is added to, as it is written.
        app: that app, if it is known.
    """

    symbol: Symbol | None
    call: ast.Call
    scope: Scope
    manner: Manner
    receiver: ast.expr | None = None
    app: Router | None = None

    @property
    def outline(self) -> Outline:
        """The module that makes or adds it."""
        return self.scope.outline

    def is_a(self, project: Project, names: Names) -> bool:
        """Whether it surely is of one of some classes, or of a subclass that is made the same."""
        if isinstance(self.symbol, ClassScope):
            if not project.reaches(self.symbol, names):
                return False
            owner = project.owner(self.symbol, "__init__")
            initializer = owner.method("__init__") if owner is not None else None
            # What the project's own constructor is given by position may be anything.
            return owner is None or (
                initializer is not None and _hands_on(initializer) and len(self.call.args) < 2
            )
        return self.symbol is not None and self.symbol.qualified_name in names

    def argument(
        self,
        project: Project,
        name: str,
        position: int | None = None,
        caller: Caller | None = None,
    ) -> Argument | None:
        """What is passed for a parameter, by name, by position behind the app, or in `**options`."""
        given = keyword_of(self.call, name)
        if given is not None:
            place = next(word for word in self.call.keywords if word.arg == name)
            return Argument(place, Value(given, self.scope, caller))
        # The first argument is the class, or the app.
        positional = self.call.args[1:] if self.call.args else []
        if position is not None and position < len(positional):
            before = positional[: position + 1]
            if not any(isinstance(argument, ast.Starred) for argument in before):
                node = positional[position]
                return Argument(node, Value(node, self.scope, caller))
        for word in self.call.keywords:
            if word.arg is None:
                for known in possible_values(project, word.value, self.scope, caller):
                    hidden = _entry(known.node, name)
                    if hidden is not None:
                        # One that is written out in the call can be pointed at itself.
                        is_near = known.node is word.value
                        return Argument(hidden if is_near else word.value, known.at(hidden))
        return None

    @property
    def has_hidden_arguments(self) -> bool:
        """Whether `*rest` or `**options` may hold arguments that are not to be seen."""
        return any(word.arg is None for word in self.call.keywords) or any(
            isinstance(argument, ast.Starred) for argument in self.call.args
        )


def _hands_on(initializer: FunctionScope) -> bool:
    """Whether a constructor hands its options on as they are, whatever else it does."""
    rest = initializer.node.args.kwarg
    for node in own_nodes(initializer):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__"),
                keywords=words,
            ):
                return all(
                    isinstance(word.value, ast.Name)
                    and word.value.id == (word.arg or (rest.arg if rest is not None else ""))
                    for word in words
                )
    return False


def _entry(node: ast.expr, name: str) -> ast.expr | None:
    """The value of a key in `{"key": value}` or `dict(key=value)`."""
    match node:
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and key.value == name:
                    return value
        case ast.Call(func=ast.Name(id="dict"), args=[]):
            return keyword_of(node, name)
    return None


def middleware_in(project: Project, outline: Outline) -> list[Middleware]:
    """The middleware that a module makes or adds, in source order."""
    if outline.words.isdisjoint(WORDS):
        return []
    return [*project.facts_in([outline], "middleware", _find)]


def all_middleware(project: Project) -> list[Middleware]:
    """The middleware that the project makes or adds outside of its tests, by module."""
    return project.fact("all middleware", lambda: [*_find_all(project)])


def _find_all(project: Project) -> Iterator[Middleware]:
    for outline in project.mentioning(*WORDS, without="test"):
        yield from middleware_in(project, outline)


def _find(project: Project, outline: Outline) -> Iterator[Middleware]:
    for scope in (outline, *outline.definitions):
        for node in own_nodes(scope, ast.Call):
            found = _made(project, node, scope)
            if found is not None:
                yield found


def _made(project: Project, call: ast.Call, scope: Scope) -> Middleware | None:
    match call.func:
        case ast.Attribute(value=receiver, attr="add_middleware"):
            given = class_argument(call)
            if isinstance(given, ast.Call) and _makes_object(given):
                # `FastMCP` and others take ready-made objects.
                return None
            symbol = class_named(project, given, scope)
            return Middleware(
                symbol, call, scope, "added", receiver, router_of(project, receiver, scope)
            )
        case ast.Attribute(value=receiver, attr="middleware") if _is_about_http(call):
            app = router_of(project, receiver, scope)
            if app is None:
                return None
            function = _decorated(call, scope)
            return Middleware(function, call, scope, "decorated", receiver, app)
        case ast.Name() | ast.Attribute():
            listed = made_by(project, call, scope)
            if listed is not None:
                return listed
            called = project.resolve_expression(call.func, scope)
            if called is not None and _is_wrapper(project, called):
                wrapped = keyword_of(call, "app") or (call.args[0] if call.args else None)
                app = router_of(project, wrapped, scope) if wrapped is not None else None
                return Middleware(called, call, scope, "wrapping", wrapped, app)
    return None


def made_by(project: Project, call: ast.Call, scope: Scope) -> Middleware | None:
    """What `Middleware(…)` makes, if a call is one."""
    called = project.resolve_expression(call.func, scope)
    if called is None or called.qualified_name not in MIDDLEWARE:
        return None
    given = keyword_of(call, "cls") or (call.args[0] if call.args else None)
    return Middleware(class_named(project, given, scope), call, scope, "listed")


def class_argument(call: ast.Call) -> ast.expr | None:
    """What is to be added by an `add_middleware`."""
    return keyword_of(call, "middleware_class") or (call.args[0] if call.args else None)


def class_named(project: Project, node: ast.expr | None, scope: Scope) -> Symbol | None:
    """The class, or the function in its place, that an expression surely is."""
    symbol = project.resolve_expression(node, scope) if node is not None else None
    return symbol if isinstance(symbol, ClassScope | FunctionScope | External) else None


def _makes_object(call: ast.Call) -> bool:
    """Whether a call looks like one of a class."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    name = call.func.id if isinstance(call.func, ast.Name) else name
    return name[:1].isupper()


def _is_about_http(call: ast.Call) -> bool:
    match call.args:
        case [ast.Constant(value="http")]:
            return True
    return keyword_of(call, "middleware_type") is not None


def _decorated(call: ast.Call, scope: Scope) -> FunctionScope | None:
    """The function that a decorator stands above."""
    for definition in scope.outline.definitions:
        if isinstance(definition, FunctionScope) and call in definition.node.decorator_list:
            return definition
    return None


def _is_wrapper(project: Project, symbol: Symbol) -> bool:
    if isinstance(symbol, ClassScope):
        return project.reaches(symbol, _WRAPPERS)
    return isinstance(symbol, External) and symbol.qualified_name in _WRAPPERS


def names_of(project: Project, app: Router) -> set[tuple[str, str]]:
    """The keys that an app is known by: its own, and those of parameters that it is handed to."""
    known = {app.key}
    handed = [
        inclusion
        for inclusion in inclusions(project)
        if inclusion.is_handed and inclusion.child is not None and inclusion.child.is_app
    ]
    before = 0
    while len(known) != before:
        before = len(known)
        known |= {
            inclusion.child.key
            for inclusion in handed
            if inclusion.child is not None and inclusion.parent.key in known
        }
    return known


def is_handed_to_library(project: Project, app: Router, telling: frozenset[str]) -> bool:
    """Whether something of a library, with one of some words in its name, gets an app."""
    names = names_of(project, app)
    return any(
        _hands_over(project, scope, names, telling)
        for path in sorted({path for path, _ in names})
        if (outline := project.outline(path)) is not None
        for scope in (outline, *outline.definitions)
    )


def _hands_over(
    project: Project, scope: Scope, names: set[tuple[str, str]], telling: frozenset[str]
) -> bool:
    for node in own_nodes(scope, ast.Call):
        if not (node.args or node.keywords):
            continue
        called = project.resolve_expression(node.func, scope)
        if not isinstance(called, External):
            continue
        if telling.isdisjoint(words_of(called.qualified_name)):
            continue
        for given in (*node.args, *(word.value for word in node.keywords)):
            router = router_of(project, given, scope)
            if router is not None and router.key in names:
                return True
    return False
