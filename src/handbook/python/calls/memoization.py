"""Code that keeps what it makes, and so makes it only the first time: caches and lazy attributes."""

import ast

from handbook.syntax.outline import Assigned, FunctionScope, Opaque, Scope, own_nodes

_ADDERS = frozenset({"add", "append", "update", "setdefault"})


def makes_what_is_missing(node: ast.If, scope: Scope) -> bool:
    """Whether it is `if x.y is None: x.y = …`, `if not x.y: …` or `if key not in x.y: …`.

    After `found = cache.get(key)` so is `if found is None: …`, which puts something in the cache.
    """
    tests = node.test.values if isinstance(node.test, ast.BoolOp) else [node.test]
    kept: set[str] = set()
    for test in tests:
        match test:
            case (
                ast.Compare(left=ast.Attribute() as place, ops=[ast.Is()])
                | ast.Compare(ops=[ast.NotIn()], comparators=[ast.Attribute() as place])
                | ast.Compare(ops=[ast.NotIn()], comparators=[ast.Name() as place])
                | ast.UnaryOp(op=ast.Not(), operand=ast.Attribute() as place)
            ):
                kept.add(ast.unparse(place))
            case (
                ast.Compare(left=ast.Name(id=name), ops=[ast.Is()])
                | ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=name))
            ):
                kept |= _got_from(name, scope)
    return bool(kept) and any(
        _place_of(target) in kept
        for statement in node.body
        for inner in ast.walk(statement)
        if isinstance(inner, ast.Assign)
        for target in inner.targets
    )


def keeps_what_it_makes(function: FunctionScope) -> bool:
    """Whether a function makes something only the first time.

    It sets a global variable, or begins by returning what it has: `if key in cache: return …`.
    """
    for bound in function.bindings.values():
        for binding in bound:
            if isinstance(binding, Opaque) and isinstance(binding.node, ast.Global):
                return True
    return any(_returns_what_is_there(node, function) for node in function.body)


def _returns_what_is_there(node: ast.stmt, function: FunctionScope) -> bool:
    """Whether it is `if x.y is not None: return x.y` or `if key in x: return x[key]`.

    Where the function puts something there, so is a bare `return` of what is no local variable's,
    and so is `if found: return found` after `found = x.get(key)`.
    """
    match node:
        case ast.If(test=test, body=[ast.Return(value=value)]):
            pass
        case ast.With(body=body):
            return any(_returns_what_is_there(inner, function) for inner in body)
        case _:
            return False
    for part in test.values if isinstance(test, ast.BoolOp) else [test]:
        match part, value:
            case (
                ast.Compare(left=ast.Attribute() as place, ops=[ast.IsNot()])
                | ast.Compare(ops=[ast.In()], comparators=[place])
                | (ast.Attribute() as place),
                ast.Attribute() | ast.Subscript() | None,
            ):
                where = {ast.unparse(place)}
            case (
                ast.Compare(left=ast.Name(id=name), ops=[ast.IsNot()]) | ast.Name(id=name),
                ast.Name(id=returned),
            ) if name == returned:
                where = _got_from(name, function)
            case _:
                continue
        if isinstance(value, ast.Attribute | ast.Subscript):
            if _place_of(value) in where:
                return True
        elif _puts(function, {place for place in where if value or _outlasts(place, function)}):
            return True
    return False


def _outlasts(place: str, function: FunctionScope) -> bool:
    """Whether a place is still there when the function has run: the object's own, or the module's."""
    root = place.partition(".")[0]
    return root in ("self", "cls") or root not in function.bindings


def _got_from(name: str, scope: Scope) -> set[str]:
    """What a variable is looked up in: `x` after `name = x.get(key)` or `name = x[key]`."""
    found: set[str] = set()
    for binding in scope.bindings.get(name, ()):
        match binding:
            case Assigned(
                value=ast.Call(func=ast.Attribute(value=place, attr="get"))
                | ast.Subscript(value=place)
            ):
                found.add(ast.unparse(place))
    return found


def _puts(function: FunctionScope, places: set[str]) -> bool:
    """Whether a function does `x.y = …`, `x[key] = …` or `x.add(key)`."""
    if any(
        not isinstance(target, ast.Name) and _place_of(target) in places
        for node in own_nodes(function, ast.Assign)
        for target in node.targets
    ):
        return True
    return any(
        isinstance(node.func, ast.Attribute)
        and node.func.attr in _ADDERS
        and ast.unparse(node.func.value) in places
        for node in own_nodes(function, ast.Call)
    )


def _place_of(node: ast.expr) -> str:
    """What is assigned to or read: the whole of `x.y`, and `x` of `x[key]`."""
    return ast.unparse(node.value if isinstance(node, ast.Subscript) else node)
