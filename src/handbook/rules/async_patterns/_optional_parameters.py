"""What runs in a function only where an optional parameter is given."""

import ast
from collections.abc import Container, Iterator

from handbook.python.calls.callers import Caller
from handbook.python.calls.calls import statements_in
from handbook.syntax.outline import FunctionScope


def is_switched_off(caller: Caller, node: ast.expr) -> bool:
    """Whether a call leaves out a parameter without which a part of the function does not run.

    Args:
        caller: the call.
        node: the part, in the body of the function that is called. It does not run if it stands
            in an `if flag:` or `if value is not None:`, and the parameter is `None` or `False`
            unless it is passed.
    """
    function = caller.function
    if function is None or caller.is_unclear:
        return False
    left_out = {name for name in _switches(function) if caller.argument(name) is None}
    return bool(left_out) and any(
        statement.body[0].lineno <= node.lineno <= (statement.body[-1].end_lineno or 0)
        and _asks_for(statement.test, left_out)
        for statement in statements_in(function)
        if isinstance(statement, ast.If)
    )


def _switches(function: FunctionScope) -> Iterator[str]:
    """The parameters that are false by default, and that the function leaves as they are."""
    for parameter in function.parameters:
        match parameter.default:
            case ast.Constant(value=None | False):
                name = parameter.node.arg
                if len(function.bindings.get(name, ())) == 1:
                    yield name


def _asks_for(test: ast.expr, names: Container[str]) -> bool:
    match test:
        case ast.BoolOp(op=ast.And(), values=parts):
            return any(_asks_for(part, names) for part in parts)
        case ast.Name(id=name):
            return name in names
        case ast.Compare(
            left=ast.Name(id=name), ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]
        ):
            return name in names
    return False
