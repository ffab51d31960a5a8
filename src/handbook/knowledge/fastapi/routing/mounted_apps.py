"""Apps that are part of another one, and so stand behind its middleware."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.routing.routers import Router, router_of
from handbook.python.project.project import Project, Variable
from handbook.syntax.outline import Assigned, FunctionScope, Outline, Scope, own_nodes

_WORDS = frozenset({"mount", "host", "Mount", "Host"})


def is_embedded(project: Project, app: Router) -> bool:
    """Whether an app is, or may be, put into another one: by path (`mount`) or by host (`host`)."""
    return app.key in project.fact("embedded apps", lambda: _find_all(project))


def _find_all(project: Project) -> frozenset[tuple[str, str]]:
    outlines = project.mentioning(*_WORDS)
    return frozenset(project.facts_in(outlines, "embedded apps", _find))


def _find(project: Project, outline: Outline) -> Iterator[tuple[str, str]]:
    for scope in (outline, *outline.definitions):
        for node in own_nodes(scope):
            if not isinstance(node, ast.Call):
                continue
            match node.func:
                case ast.Attribute(attr=name) | ast.Name(id=name) if name in _WORDS:
                    given = [*node.args, *(word.value for word in node.keywords)]
                    for argument in given:
                        for router in _routers(project, argument, scope):
                            yield router.key


def _routers(project: Project, node: ast.expr, scope: Scope) -> Iterator[Router]:
    """The apps that an argument may be; of a function that keeps them, those that it makes."""
    found = router_of(project, node, scope)
    if found is not None:
        yield found
        return
    symbol = project.resolve_expression(node, scope)
    match symbol:
        case Variable(bindings=[Assigned(value=ast.Call(func=func))]):
            function = project.resolve_expression(func, symbol.scope)
        case _:
            return
    if not isinstance(function, FunctionScope):
        return
    for returned in own_nodes(function):
        if isinstance(returned, ast.Return) and returned.value is not None:
            made = router_of(project, returned.value, function)
            if made is not None:
                yield made
