"""What runs apart from any request: tasks in the background, listeners, what starts the app."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.routing.routes import routes_of
from handbook.knowledge.layers import BACKGROUND
from handbook.python.project.project import Project
from handbook.syntax.names import words_of
from handbook.syntax.outline import FunctionScope, Scope, own_nodes

DETACHING = frozenset(
    {
        *("create_task", "ensure_future", "add_task", "submit", "spawn", "start_soon"),
        *("run_coroutine_threadsafe", "Thread", "Process"),
    }
)
"""Functions whose arguments run elsewhere."""
_HANDING = DETACHING | {
    "BackgroundTask",
    "add_job",
    "subscribe",
    "add_listener",
    "add_event_handler",
}
_STARTING = frozenset({"lifespan", "startup", "shutdown", "main"})
"""Words in the names of functions that run once, for the app as a whole."""
_DEEPEST = 5
"""How many callers in a row are asked for: more of them are hardly ever of one mind."""


def runs_apart(project: Project, function: FunctionScope) -> bool:
    """Whether a function is there for what no request waits for, as far as its callers tell.

    Calls are told by the name alone: one more of them can only make the answer no.
    """
    return _runs_apart(project, function, frozenset())


def _runs_apart(project: Project, function: FunctionScope, seen: frozenset[FunctionScope]) -> bool:
    handed = project.fact("handed to run apart", lambda: frozenset(_handed_over(project)))
    if function in handed or function.name in handed:
        return True
    name = function.name
    found = project.fact(("callers by name", name), lambda: [*_callers(project, name)])
    callers = [scope for scope in found if scope is not function]
    return (
        0 < len(callers)
        and len(seen) < _DEEPEST
        and all(
            not isinstance(caller, FunctionScope)
            or _is_start(project, caller)
            or (caller not in seen and _runs_apart(project, caller, seen | {function}))
            for caller in callers
        )
    )


def _is_start(project: Project, function: FunctionScope) -> bool:
    """Whether a function begins something that is no request with an answer."""
    routes = routes_of(project, function)
    if routes:
        return any(route.is_websocket for route in routes)
    return (
        not _STARTING.isdisjoint(words_of(function.name))
        or not BACKGROUND.isdisjoint(words_of(function.outline.module))
        or "script" in project.roles(function.outline)
    )


def _callers(project: Project, name: str) -> Iterator[Scope]:
    for outline in project.mentioning(name, without="test"):
        for scope in (outline, *outline.definitions):
            if any(_name_of(call.func) == name for call in own_nodes(scope, ast.Call)):
                yield scope


def _handed_over(project: Project) -> Iterator[FunctionScope | str]:
    """What is handed to something that runs it elsewhere; the name where no more is known."""
    for outline in project.mentioning(*_HANDING):
        for scope in (outline, *outline.definitions):
            for call in own_nodes(scope, ast.Call):
                if _name_of(call.func) in _HANDING:
                    for given in (*call.args, *(keyword.value for keyword in call.keywords)):
                        node = given.func if isinstance(given, ast.Call) else given
                        symbol = project.resolve_expression(node, scope)
                        if isinstance(symbol, FunctionScope):
                            yield symbol
                        elif symbol is None:
                            yield _name_of(node)


def _name_of(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
