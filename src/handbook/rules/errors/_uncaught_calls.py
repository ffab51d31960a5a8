"""What runs for a request with nothing around it that catches whatever is raised."""

import ast
from collections.abc import Iterator, Sequence

from handbook.knowledge.concurrency.background import DETACHING
from handbook.knowledge.fastapi.requests.dependencies import dependencies_of
from handbook.knowledge.fastapi.routing.routes import Route, all_routes
from handbook.python.calls.calls import CallSite, calls_in
from handbook.python.project.project import Project
from handbook.python.types.inference import called_by, decorators_of
from handbook.syntax.outline import ClassScope, FunctionScope, Outline, Scope, own_nodes

_BROAD = frozenset({"builtins.Exception", "builtins.BaseException"})
_MOST = 5000


def reaches_clients(project: Project, function: FunctionScope) -> bool:
    """Whether what a function raises surely comes to FastAPI, from some route of the project."""
    return function in project.fact("unprotected functions", lambda: _unprotected(project))


def is_protected(project: Project, scope: Scope, node: ast.AST) -> bool:
    """Whether a `try` or `with` of the scope around a node may catch everything for good."""
    for statement in own_nodes(scope):
        match statement:
            case ast.Try(body=body) | ast.TryStar(body=body):
                keeps = _keeps_everything(project, statement, scope)
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                keeps = any(_is_catching(project, item.context_expr, scope) for item in items)
            case _:
                continue
        if keeps and _is_below(node, body):
            return True
    return False


def _unprotected(project: Project) -> frozenset[FunctionScope]:
    if any(_has_catching_routes(project, outline) for outline in project.mentioning("APIRoute")):
        return frozenset()
    queue: list[FunctionScope] = []
    for route in all_routes(project):
        if "test" not in project.roles(route.outline) and not route.is_websocket:
            queue += _begun_by(project, route)
    found = dict.fromkeys(queue)
    for function in queue:
        for callee in _called_in(project, function):
            if callee not in found and len(found) < _MOST:
                found[callee] = None
                queue.append(callee)
    return frozenset(found)


def _begun_by(project: Project, route: Route) -> Iterator[FunctionScope]:
    """The handler of a route and its dependencies, if none of these catches what goes wrong."""
    dependencies = dependencies_of(project, route)
    targets = [target for dependency in dependencies for target in dependency.targets]
    if any(_catches_around_yield(project, target) for target in targets):
        return
    if route.handler is not None and _is_bare(project, route.handler):
        yield route.handler
    for target in targets:
        function = _initializer(project, target) if isinstance(target, ClassScope) else target
        if isinstance(function, FunctionScope) and _is_bare(project, function):
            yield function


def _called_in(project: Project, function: FunctionScope) -> Iterator[FunctionScope]:
    for site in calls_in(project, function):
        called = site.called(project)
        symbol = called.symbol if called is not None else None
        if isinstance(symbol, ClassScope):
            symbol = _initializer(project, symbol)
        if (
            isinstance(symbol, FunctionScope)
            and not _is_detached(site, symbol)
            and _is_bare(project, symbol)
            and not is_protected(project, function, site.node)
        ):
            yield symbol


def _initializer(project: Project, class_: ClassScope) -> FunctionScope | None:
    owner = project.owner(class_, "__init__")
    return owner.method("__init__") if owner is not None else None


def _is_detached(site: CallSite, function: FunctionScope) -> bool:
    """Whether what a call makes runs elsewhere, or is a coroutine that somebody else awaits."""
    match site.parent:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in DETACHING:
            return True
    is_passed_on = isinstance(
        site.parent, ast.Starred | ast.List | ast.ListComp | ast.GeneratorExp | ast.Tuple
    )
    return function.is_async and is_passed_on


def _is_bare(project: Project, function: FunctionScope) -> bool:
    """Whether no decorator around a function may catch what it raises."""
    around = function.parent or function
    names = decorators_of(project, function)
    for decorator, name in zip(function.node.decorator_list, names, strict=True):
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        symbol = project.resolve_expression(node, around)
        if isinstance(symbol, FunctionScope | ClassScope) and _has_handlers(symbol):
            return False
        if name is None and not isinstance(node, ast.Attribute):
            return False
    return True


def _has_handlers(scope: Scope) -> bool:
    return any(
        isinstance(node, ast.ExceptHandler)
        for statement in scope.body
        for node in ast.walk(statement)
    )


def _is_below(node: ast.AST, suite: Sequence[ast.stmt]) -> bool:
    return any(part is node for statement in suite for part in ast.walk(statement))


def _keeps_everything(project: Project, statement: ast.Try | ast.TryStar, scope: Scope) -> bool:
    for handler in statement.handlers:
        parts = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        symbols = [
            project.resolve_expression(part, scope) if part is not None else None for part in parts
        ]
        is_broad = any(
            part is None or symbol is None or symbol.qualified_name in _BROAD
            for part, symbol in zip(parts, symbols, strict=True)
        )
        if is_broad and not _raises_again(handler):
            return True
    return False


def _raises_again(handler: ast.ExceptHandler) -> bool:
    """Whether an `except` ends by raising what it caught."""
    match handler.body[-1]:
        case ast.Raise(exc=None):
            return True
        case ast.Raise(exc=ast.Name(id=name)):
            return name == handler.name
    return False


# What catches for others


def _is_catching(project: Project, manager: ast.expr, scope: Scope) -> bool:
    """Whether a context manager may keep what is raised in its `with`."""
    if not isinstance(manager, ast.Call):
        return False
    called = called_by(project, manager, scope)
    if called is None:
        return False
    if called.name == "contextlib.suppress":
        return True
    if isinstance(called.symbol, ClassScope):
        ends = [called.symbol.method(name) for name in ("__exit__", "__aexit__")]
        return any(end is not None and _may_keep(end) for end in ends)
    return _catches_around_yield(project, called.symbol)


def _may_keep(end: FunctionScope) -> bool:
    """Whether an `__exit__` returns something or raises another exception."""
    return any(
        isinstance(node, ast.Raise) or (isinstance(node, ast.Return) and node.value is not None)
        for node in own_nodes(end)
    )


def _catches_around_yield(project: Project, symbol: object) -> bool:
    """Whether a context manager or dependency catches everything around its `yield`."""
    if not isinstance(symbol, FunctionScope):
        return False
    yields = own_nodes(symbol, ast.Yield)
    return any(is_protected(project, symbol, node) for node in yields)


def _has_catching_routes(project: Project, outline: Outline) -> bool:
    """Whether a module has a class of routes that catches what its handlers raise."""
    if "test" in project.roles(outline):
        return False
    return any(
        base is not None and base.qualified_name.endswith(".APIRoute") and _has_handlers(class_)
        for class_ in outline.definitions
        if isinstance(class_, ClassScope)
        for base in project.bases(class_)
    )
