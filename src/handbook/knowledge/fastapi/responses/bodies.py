"""Whether a handler answers with a body that FastAPI makes of what it returns."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.responses.returned import is_response, without_responses
from handbook.knowledge.fastapi.routing.routes import Route
from handbook.python.project.project import External, Project
from handbook.python.types.inference import instance_of, is_generator
from handbook.python.types.normalized import (
    ANY,
    NEVER,
    NONE,
    OBJECT,
    UNKNOWN,
    Form,
    members_of,
    parts_of,
    type_form,
)
from handbook.python.types.types import NONE as NOTHING
from handbook.syntax.outline import FunctionScope, own_nodes


def returned_by(function: FunctionScope) -> Iterator[ast.expr]:
    """What a function returns, where it says something behind `return` that is not `None`."""
    for node in own_nodes(function, ast.Return):
        match node:
            case ast.Return(value=ast.expr() as value) if not _is_none(value):
                yield value


def annotated_form(project: Project, function: FunctionScope) -> Form | None:
    """What a function says it returns, if it says so."""
    returns = function.node.returns
    if returns is None:
        return None
    return type_form(project, returns, function.parent or function)


def promises_body(form: Form) -> bool:
    """Whether a type, with no response in it, surely says that something is returned."""
    return bool(members_of(form) - {NONE, NEVER, ANY, OBJECT}) and UNKNOWN not in parts_of(form)


def returns_body(project: Project, function: FunctionScope) -> bool | None:
    """Whether FastAPI makes the body of what a handler returns: no response, not nothing.

    The annotation tells, and where it says nothing the `return` statements do. `None` where that
    is not certain; generators make streams, and count as `False`.
    """
    if is_generator(function):
        return False
    form = annotated_form(project, function)
    if form is not None:
        rest = members_of(without_responses(project, form)) - {NONE, NEVER}
        if not rest & {ANY, OBJECT, UNKNOWN}:
            return bool(rest)
        if rest - {ANY, OBJECT, UNKNOWN}:
            return True
    answers = [_is_body(project, value, function) for value in returned_by(function)]
    return True if True in answers else None if None in answers else False


def returns_response(project: Project, function: FunctionScope) -> bool:
    """Whether some `return` of a handler surely gives a response that is ready."""
    return any(_is_body(project, value, function) is False for value in returned_by(function))


def sets_status(function: FunctionScope) -> bool:
    """Whether a handler sets the status of a response itself."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == "status_code"
        and isinstance(node.ctx, ast.Store)
        for node in own_nodes(function)
    )


def _is_body(project: Project, value: ast.expr, function: FunctionScope) -> bool | None:
    found = instance_of(project, value, function)
    if found is None or found == NOTHING.symbol:
        return None
    if isinstance(found, External) and found.qualified_name.startswith("builtins."):
        return True
    answer = is_response(project, found)
    return not answer if answer is not None else None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def fills_response_models(project: Project, route: Route) -> bool:
    """Whether the router is of a class of the project that sees to response models itself."""
    return router_class_sets(project, route, "response_model")


def router_class_sets(project: Project, route: Route, argument: str) -> bool:
    """Whether the router is of a class of the project that names an argument of its routes."""
    class_ = route.router.class_
    if class_ is None:
        return False
    for symbol in project.ancestry(class_):
        node = getattr(symbol, "node", None)
        for part in ast.walk(node) if isinstance(node, ast.ClassDef) else ():
            match part:
                case (
                    ast.keyword(arg=str(name)) | ast.Constant(value=str(name)) | ast.arg(arg=name)
                ) if name == argument:
                    return True
    return False
