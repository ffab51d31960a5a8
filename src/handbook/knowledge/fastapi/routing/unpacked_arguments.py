"""What `**options` hands to a call, as far as the project shows it."""

import ast
from collections.abc import Iterator, Sequence

from handbook.knowledge.fastapi.routing.routers import keyword_of
from handbook.python.project.project import Project, Variable
from handbook.python.project.users import users_of
from handbook.python.values.values import Value, values
from handbook.syntax.outline import FunctionScope, Parameter, Scope, own_nodes


def argument_values(
    project: Project, call: ast.Call, scope: Scope, name: str
) -> list[Value] | None:
    """Every expression that a call may be handed as the argument `name`, by keyword or `**`.

    Returns `None` where there are `**options` that may hold it unseen.
    """
    given = keyword_of(call, name)
    found = [Value(given, scope)] if given is not None else []
    for keyword in call.keywords:
        if keyword.arg is None:
            hidden = _unpacked(project, keyword.value, scope, name)
            if hidden is None:
                return None
            found += hidden
    return found


def _unpacked(project: Project, node: ast.expr, scope: Scope, name: str) -> list[Value] | None:
    """What `**node` gives for one keyword."""
    symbol = project.resolve_expression(node, scope)
    match symbol:
        case Variable(scope=FunctionScope() as function, bindings=[Parameter(node=parameter)]) if (
            parameter is function.node.args.kwarg
        ):
            return _passed(project, function, name)
    known = values(project, node, scope)
    if known is None:
        return None
    found: list[Value] = []
    for value in known:
        items = [*_items(project, value)]
        if any(key is None for key, _ in items):
            return None
        found += [Value(item, value.scope) for key, item in items if key == name]
    return found


def _items(project: Project, value: Value) -> Iterator[tuple[str | None, ast.expr]]:
    """The items of a dictionary, with `None` for a key that is not known."""
    match value.node:
        case ast.Dict(keys=keys, values=items):
            for key, item in zip(keys, items, strict=True):
                is_known = isinstance(key, ast.Constant) and isinstance(key.value, str)
                yield str(key.value) if is_known and isinstance(key, ast.Constant) else None, item
        case ast.Call(func=func, args=[], keywords=keywords) if (
            called := project.resolve_expression(func, value.scope)
        ) is not None and called.qualified_name == "builtins.dict":
            yield from ((keyword.arg, keyword.value) for keyword in keywords)
        case _:
            yield None, value.node


def _passed(project: Project, function: FunctionScope, name: str) -> list[Value] | None:
    """What the project's calls of a function pass for a keyword that ends up in its `**options`."""
    if not _calls(project, function):
        return None
    found: list[Value] = []
    for call, scope in _calls(project, function):
        given = keyword_of(call, name)
        if given is not None:
            found.append(Value(given, scope))
        if any(keyword.arg is None for keyword in call.keywords):
            return None
    return found


def _calls(project: Project, function: FunctionScope) -> Sequence[tuple[ast.Call, Scope]]:
    """Every call of a function in the project, by name."""

    def find() -> Iterator[tuple[ast.Call, Scope]]:
        names, outlines = users_of(project, function)
        for outline in outlines:
            for scope in outline.scopes_with(names):
                for node in own_nodes(scope, ast.Call):
                    if project.resolve_expression(node.func, scope) is function:
                        yield node, scope

    return project.fact(("calls of", function), lambda: [*find()])
