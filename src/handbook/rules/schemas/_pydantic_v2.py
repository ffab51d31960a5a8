"""How functions and decorators of Pydantic 1 are written in Pydantic 2."""

import ast
from collections.abc import Sequence
from itertools import pairwise

from handbook.fixes.draft import Draft
from handbook.syntax.outline import FunctionScope
from handbook.violation import Span

_TYPES = (ast.Name, ast.Attribute, ast.Subscript, ast.BinOp)


def rewrite_validate_arguments(
    draft: Draft, function: FunctionScope, decorator: ast.expr, decorators: Sequence[str]
) -> None:
    """Name what checks the arguments of a call in Pydantic 2, if no options are given to it."""
    is_bare = not isinstance(decorator, ast.Call) or not (decorator.args or decorator.keywords)
    below = function.node.decorator_list[function.node.decorator_list.index(decorator) + 1 :]
    if not is_bare or any(is_builtin(node, "classmethod", "staticmethod") for node in below):
        draft.give_up()
    rename_decorator(draft, function, decorator, decorators)


def rewrite_parse_obj_as(draft: Draft, call: ast.Call, old: str) -> None:
    """Write `TypeAdapter(type).validate_python(value)`."""
    file = draft.file
    if len(call.args) != 2 or call.keywords or not isinstance(call.args[0], _TYPES):
        draft.give_up()
        return
    function, type_, value = map(file.span, (call.func, *call.args))
    opening = file.text_of(Span(function.end, type_.start))
    if opening.strip() != "(" or not is_comma_between(draft, type_, value):
        draft.give_up()
        return
    adapter = draft.use("pydantic.TypeAdapter", call.func)
    text = f"{adapter}({file.text_of(type_)}).validate_python{opening.lstrip()}"
    draft.replace(Span(function.start, value.start), text).release(old)


def rename_decorator(
    draft: Draft, function: FunctionScope, decorator: ast.expr, decorators: Sequence[str]
) -> None:
    """Put the new one of two qualified names where a decorator has the old one."""
    old, new = decorators
    head = decorator.func if isinstance(decorator, ast.Call) else decorator
    draft.replace(head, draft.use(new, head, scope=function.parent)).release(old)


def is_comma_between(draft: Draft, *spans: Span) -> bool:
    """Whether two spans have just a comma between them."""
    return any(
        draft.file.text_of(Span(first.end, second.start)).strip() == ","
        for first, second in pairwise(spans)
    )


def is_builtin(node: ast.expr, *names: str) -> bool:
    """Whether a decorator is one of Python's own."""
    return isinstance(node, ast.Name) and node.id in names
