"""Which layer of the application a function belongs to: routes, services, repositories."""

import ast

from handbook.config.roles import OUTSIDE_ROLES
from handbook.knowledge.fastapi.requests.dependencies import parameter_dependencies
from handbook.knowledge.fastapi.routing.routes import routes_of
from handbook.knowledge.fastapi.security.security import is_scheme
from handbook.python.calls.calls import CallSite
from handbook.python.project.project import Project
from handbook.python.types.inference import decorators_of
from handbook.syntax.names import words_of
from handbook.syntax.outline import ClassScope, FunctionScope, Scope

REPOSITORY_ENDINGS = ("Repository", "Repo", "DAO", "Dao", "CRUD")
BACKGROUND = frozenset(
    {
        *("task", "tasks", "job", "jobs", "worker", "workers", "scheduler", "scheduled"),
        *("cron", "background", "listener", "listeners", "consumer", "consumers"),
        *("cli", "scripts"),
    }
)
"""Words in the names of modules that run outside of any request."""
_REQUESTS = frozenset(
    {
        *("fastapi.Request", "fastapi.requests.Request", "starlette.requests.Request"),
        *("fastapi.requests.HTTPConnection", "starlette.requests.HTTPConnection"),
    }
)
_PLAIN = frozenset(
    {
        *("builtins.staticmethod", "builtins.classmethod", "builtins.property"),
        *("abc.abstractmethod", "typing.override", "functools.cached_property"),
        *("tenacity.retry", "backoff.on_exception", "functools.wraps"),
    }
)


def class_around(scope: Scope) -> ClassScope | None:
    """The innermost class that a scope is, or lies in."""
    around: Scope | None = scope
    while around is not None and not isinstance(around, ClassScope):
        around = around.parent
    return around


def is_fallback(function: FunctionScope, site: CallSite) -> bool:
    """Whether a call only makes what a parameter of the function stands for if nobody passes it."""
    taken = {parameter.node.arg for parameter in function.parameters}
    match site.parent:
        case ast.BoolOp(op=ast.Or(), values=[*asked, _]):
            pass
        case ast.IfExp(body=one, orelse=other):
            asked = [one, other]
        case ast.Assign(targets=[ast.Name() as target]):
            asked = [target]
        case _:
            return False
    return any(isinstance(node, ast.Name) and node.id in taken for node in asked)


def is_route(project: Project, function: FunctionScope) -> bool:
    """Whether a function handles a request and gives an answer; that of a websocket does not."""
    routes = routes_of(project, function)
    return bool(routes) and not any(route.is_websocket for route in routes)


def is_service(project: Project, function: FunctionScope) -> bool:
    """Whether a function is one of a service: by the role of its module, or by its class.

    What a decorator makes a task, a command or a listener of is none, and neither is a module of
    tasks, jobs or listeners: no request runs it.
    """
    roles = project.roles(function.outline)
    if roles & (OUTSIDE_ROLES | {"repository", "dependencies"}):
        return False
    class_ = class_around(function)
    if class_ is not None and class_.name.endswith(REPOSITORY_ENDINGS):
        return False
    is_named = class_ is not None and class_.name.endswith("Service")
    if "service" not in roles and not is_named:
        return False
    if not BACKGROUND.isdisjoint(words_of(function.outline.module)):
        return False
    return all(name in _PLAIN for name in decorators_of(project, function))


def is_repository(project: Project, function: FunctionScope) -> bool:
    """Whether a function is one of a repository: by the role of its module, or by its class."""
    roles = project.roles(function.outline)
    if roles & OUTSIDE_ROLES:
        return False
    class_ = class_around(function)
    is_named = class_ is not None and class_.name.endswith(REPOSITORY_ENDINGS)
    return "repository" in roles or is_named


def is_about_request(project: Project, function: FunctionScope) -> bool:
    """Whether a function takes the request, or is one that FastAPI injects into.

    Methods often only look like that, and are called by hand: but no caller hands in credentials
    that a security scheme takes from the request.
    """
    asked = [*parameter_dependencies(project, function)]
    if asked and not function.is_method:
        return True
    if any(is_scheme(project, target) for dependency in asked for target in dependency.targets):
        return True
    around = function.parent or function
    for parameter in function.parameters:
        if parameter.node.annotation is not None:
            symbol = project.resolve_expression(parameter.node.annotation, around)
            if symbol is not None and symbol.qualified_name in _REQUESTS:
                return True
    return False
