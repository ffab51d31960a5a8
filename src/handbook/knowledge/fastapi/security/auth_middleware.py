"""Middleware that turns strangers away before any route is reached."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.responses.status import status_code
from handbook.knowledge.fastapi.routing.routers import keyword_of
from handbook.knowledge.fastapi.security.auth_dependencies import sounds_like_guard
from handbook.knowledge.vocabulary import MIDDLEWARE
from handbook.python.project.project import External, Project, Symbol
from handbook.syntax.names import words_of
from handbook.syntax.outline import ClassScope, FunctionScope, Outline, Scope, own_nodes

_WORDS = ("add_middleware", "middleware", "Middleware")
_STARLETTE = "starlette.middleware.authentication.AuthenticationMiddleware"
_UNAUTHORIZED = 401
_TURNED_AWAY = frozenset({"unauthorized", "unauthenticated", "authentication", "credentials"})


def has_gatekeeper(project: Project) -> bool:
    """Whether middleware of the project may refuse requests that say not who sends them.

    Middleware is seldom tied to one app in a way that can be followed, so that of any app counts
    for all; only that of tests does not.
    """
    return project.fact("has gatekeeper", lambda: any(_find(project)))


def _find(project: Project) -> Iterator[bool]:
    for outline in project.mentioning(*_WORDS, without="test"):
        for middleware, call, scope in _added(project, outline):
            yield _keeps(project, middleware, call, scope)


def _added(
    project: Project, outline: Outline
) -> Iterator[tuple[Symbol | None, ast.Call | None, Scope]]:
    """The middleware that a module adds: what it is, the call that adds it."""
    for scope in (outline, *outline.definitions):
        for node in own_nodes(scope):
            match node:
                case ast.Call(func=ast.Attribute(attr="add_middleware"), args=[class_, *_]):
                    yield project.resolve_expression(class_, scope), node, scope
                case ast.Call(
                    func=ast.Call(func=ast.Attribute(attr="middleware")), args=[function]
                ):
                    yield project.resolve_expression(function, scope), None, scope
                case ast.Call(func=func, args=[class_, *_]):
                    called = project.resolve_expression(func, scope)
                    if called is not None and called.qualified_name in MIDDLEWARE:
                        yield project.resolve_expression(class_, scope), node, scope
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    for decorator in node.decorator_list:
                        match decorator:
                            case ast.Call(func=ast.Attribute(attr="middleware")):
                                yield _function(outline, node), None, scope


def _function(outline: Outline, node: ast.AST) -> FunctionScope | None:
    for definition in outline.definitions:
        if definition.node is node and isinstance(definition, FunctionScope):
            return definition
    return None


def _keeps(
    project: Project, middleware: Symbol | None, call: ast.Call | None, scope: Scope
) -> bool:
    match middleware:
        case FunctionScope():
            return _refuses(project, middleware)
        case ClassScope() if project.reaches(middleware, {_STARLETTE}):
            return _keeps_with_backend(project, call, scope)
        case ClassScope():
            return any(_refuses(project, method) for method in middleware.methods)
        case External(qualified_name=name) if name == _STARLETTE:
            return _keeps_with_backend(project, call, scope)
        case External(qualified_name=name):
            module, _, last = name.rpartition(".")
            return module.partition(".")[0] not in ("starlette", "fastapi") and sounds_like_guard(
                last.removesuffix("Middleware")
            )
    return False


def _keeps_with_backend(project: Project, call: ast.Call | None, scope: Scope) -> bool:
    """Whether the backend of Starlette's own middleware refuses those without credentials.

    One that returns nothing for them only tells the routes who is calling.
    """
    backend = keyword_of(call, "backend") if call is not None else None
    if not isinstance(backend, ast.Call):
        return True
    class_ = project.resolve_expression(backend.func, scope)
    owner = project.owner(class_, "authenticate") if isinstance(class_, ClassScope) else None
    method = owner.method("authenticate") if owner is not None else None
    return method is None or not any(
        isinstance(node, ast.Return)
        and (node.value is None or (isinstance(node.value, ast.Constant) and not node.value.value))
        for node in own_nodes(method)
    )


def _refuses(project: Project, function: FunctionScope) -> bool:
    """Whether a function answers or raises 401, or an exception that says as much."""
    for node in ast.walk(function.node):
        match node:
            case ast.keyword(arg="status_code", value=value):
                if status_code(project, value, function) == _UNAUTHORIZED:
                    return True
            case ast.Call(func=ast.Name() | ast.Attribute(), args=args) if any(
                status_code(project, argument, function) == _UNAUTHORIZED
                for argument in args
                if isinstance(argument, ast.Constant | ast.Attribute)
            ):
                return True
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))):
                if not _TURNED_AWAY.isdisjoint(words_of(name)):
                    return True
    return False
