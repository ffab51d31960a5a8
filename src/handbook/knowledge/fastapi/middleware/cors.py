"""What a `CORSMiddleware` lets in: whether its origins can be the star, and credentials with it."""

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from handbook.knowledge.fastapi.middleware.middleware import Argument, Middleware
from handbook.knowledge.fastapi.middleware.stack import middleware_written_in
from handbook.knowledge.vocabulary import CORS_MIDDLEWARE
from handbook.python.calls.callers import Caller, callers
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.values.strings import possible_items, possible_texts
from handbook.python.values.values import Value, possible, possible_values
from handbook.syntax.control_flow import Condition, conditions
from handbook.syntax.outline import Outline, Scope
from handbook.violation import Related

POSITIONS: tuple[str, ...] = (
    *("allow_origins", "allow_methods", "allow_headers", "allow_credentials"),
    "allow_origin_regex",
)
"""The parameters of `CORSMiddleware` behind the app, in order."""
SCREEN = frozenset({"add_middleware", "Middleware"}) | CORS_MIDDLEWARE.words
"""One of these stands in every file that sets up CORS."""

_STAR = "*"
_MOST_CALLERS = 20
_STRANGERS = ("k7v2q9.example", "www.j4-x8.test", "m3z5w1.invalid")
"""Hosts that no setting can mean: a pattern that admits them all admits any."""


class Star(NamedTuple):
    """A way in which a `CORSMiddleware` admits every origin.

    Attributes:
        middleware: the middleware.
        argument: at fault: `allow_origins` or `allow_origin_regex`.
        name: of the argument.
        origin: where the star is written.
        text: what is written there.
        conditions: what must be the case for it to be there.
        credentials: whether they are sent along; `None` where that is not certain.
    """

    middleware: Middleware
    argument: Argument
    name: str
    origin: Value
    text: str
    conditions: tuple[Condition, ...]
    credentials: bool | None

    def related(self, file: SourceFile) -> list[Related]:
        """Where the star comes from, if that is not in the call itself."""
        node, outline = self.origin.node, self.origin.scope.outline
        call = self.middleware.call
        inside = outline is self.middleware.outline and (
            (call.lineno, call.col_offset)
            <= (node.lineno, node.col_offset)
            < (call.end_lineno or 0, call.end_col_offset or 0)
        )
        if inside:
            return []
        other = SourceFile(outline.path, outline, file.project)
        path = file.path if outline is file.outline else outline.path
        return [Related(path, other.span(node), "the star comes from here")]


def cors_in(project: Project, outline: Outline) -> Iterator[Middleware]:
    """The `CORSMiddleware` that a module makes or adds."""
    if not outline.words.isdisjoint(SCREEN):
        for middleware in middleware_written_in(project, outline):
            if middleware.is_a(project, CORS_MIDDLEWARE):
                yield middleware


def star_of(project: Project, middleware: Middleware) -> Star | None:
    """How a `CORSMiddleware` may admit every origin; the way with credentials, if there is one."""
    return _worst(project, middleware, "allow_origins", "allow_origin_regex")


def star_in(project: Project, middleware: Middleware, name: str) -> Star | None:
    """How another argument may hold the star, with credentials if there is such a way."""
    return _worst(project, middleware, name)


def _worst(project: Project, middleware: Middleware, *names: str) -> Star | None:
    found = [
        star
        for caller in _contexts(project, middleware.scope)
        for name in names
        for star in _stars(project, middleware, name, caller)
    ]
    rank = {True: 0, None: 1, False: 2}
    return min(found, key=lambda star: rank[star.credentials], default=None)


def credentials_of(
    project: Project,
    middleware: Middleware,
    given: Sequence[Condition] = (),
    caller: Caller | None = None,
) -> bool | None:
    """Whether credentials are on, under some conditions; `None` where that is not certain."""
    argument = cors_argument(project, middleware, "allow_credentials", caller)
    if argument is None:
        return None if middleware.has_hidden_arguments else False
    direct = _truth(argument.value, given)
    if direct is not None:
        return direct
    known: set[bool | None] = set()
    for value in possible(project, argument.value):
        if not _conflict(value.conditions, given):
            known.add(_truth(value, (*given, *value.conditions)))
    return known.pop() if len(known) == 1 else None


def cors_argument(
    project: Project, middleware: Middleware, name: str, caller: Caller | None = None
) -> Argument | None:
    """An argument of a `CORSMiddleware`."""
    return middleware.argument(project, name, POSITIONS.index(name), caller)


def _contexts(project: Project, scope: Scope, depth: int = 0) -> list[Caller | None]:
    """The calls that lead to a place, as the meanings that its function's parameters may have."""
    function = scope.enclosing_function()
    if function is None or depth > 2 or not any(True for _ in function.parameters):
        return [None]
    found = [
        Caller(caller.function, caller.call, caller.scope, outer)
        for caller in callers(project, function)[:_MOST_CALLERS]
        for outer in _contexts(project, caller.scope, depth + 1)
    ]
    return [*found] or [None]


def _stars(
    project: Project, middleware: Middleware, name: str, caller: Caller | None
) -> Iterator[Star]:
    argument = cors_argument(project, middleware, name, caller)
    if argument is None:
        return
    here = conditions(middleware.scope, middleware.call)
    value = argument.value
    start = Value(value.node, value.scope, value.caller, (*here, *value.conditions))
    find = _open_patterns if name == "allow_origin_regex" else _open_lists
    for text, origin in find(project, start):
        known = origin.conditions
        if any(_refuses_star(project, condition) for condition in known) or _conflict(
            known, known
        ):
            continue
        credentials = credentials_of(project, middleware, known, caller)
        yield Star(middleware, argument, name, origin, text, known, credentials)


def _open_lists(project: Project, value: Value) -> Iterator[tuple[str, Value]]:
    """The stars among the origins, or in the text that stands in their place."""
    for item in possible_items(project, value):
        for text, origin in possible_texts(project, item):
            if text == _STAR:
                yield text, origin
    for text, origin in possible_texts(project, value):
        # `"*" in allow_origins`, with which Starlette asks, is true of such a text.
        if _STAR in text:
            yield text, origin


def _open_patterns(project: Project, value: Value) -> Iterator[tuple[str, Value]]:
    """The regular expressions that any origin matches."""
    for text, origin in possible_texts(project, value):
        if admits_any(text):
            yield text, origin


def admits_any(pattern: str) -> bool:
    """Whether a regular expression for origins matches those of strangers."""
    try:
        with warnings.catch_warnings():
            # What may mean something else one day is not ours to warn of.
            warnings.simplefilter("ignore")
            compiled = re.compile(pattern)
        return any(
            all(compiled.fullmatch(f"{scheme}://{host}") for host in _STRANGERS)
            for scheme in ("https", "http")
        )
    except (re.error, RecursionError, OverflowError):
        return False


# Conditions


def _conflict(some: Sequence[Condition], others: Sequence[Condition]) -> bool:
    return any(one.contradicts(other) for one in some for other in others)


def _truth(value: Value, given: Sequence[Condition]) -> bool | None:
    """Whether an expression is true where some conditions are the case."""
    if isinstance(value.node, ast.Constant):
        return bool(value.node.value)
    if any(_mentions_star(condition.test) for condition in given):
        return None
    asked = Condition(value.node)
    if any(condition.implies(asked) for condition in given):
        return True
    return False if any(condition.contradicts(asked) for condition in given) else None


def _refuses_star(project: Project, condition: Condition, depth: int = 0) -> bool:
    """Whether a condition asks for the star, and is only the case where there is none."""
    plain = condition.plain
    match plain.test:
        case ast.Name() as name if plain.scope is not None and depth < 3:
            # A name for what was asked before.
            meant = possible_values(project, name, plain.scope)
            return any(
                _refuses_star(project, Condition(value.node, plain.holds, value.scope), depth + 1)
                for value in meant
                if value.node is not name
            )
        case ast.BoolOp(values=operands):
            # Where only one of them is the case it may still be the one that refuses.
            return any(
                _refuses_star(project, Condition(operand, plain.holds, plain.scope), depth)
                for operand in operands
            )
        case ast.Compare(ops=[ast.In() | ast.Eq()]):
            return _mentions_star(plain.test) and not plain.holds
        case ast.Compare(ops=[ast.NotIn() | ast.NotEq()]):
            return _mentions_star(plain.test) and plain.holds
    return _mentions_star(plain.test)


def _mentions_star(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Constant) and node.value == _STAR for node in ast.walk(test))
