"""What the methods of a class assign to the attributes of `self`."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from handbook.python.project.project import Project
from handbook.syntax.outline import ClassScope, FunctionScope


class Given(NamedTuple):
    """One assignment to an attribute.

    Attributes:
        name: of the attribute.
        value: what it is given, `None` where that is not written out, as in a loop.
        annotation: what it is annotated with.
        method: the method that the assignment stands in.
    """

    name: str
    value: ast.expr | None
    annotation: ast.expr | None
    method: FunctionScope


def assigned_attributes(project: Project, class_: ClassScope) -> Mapping[str, Sequence[Given]]:
    """What the methods of a class assign to each attribute of `self`."""

    def find() -> dict[str, list[Given]]:
        found: dict[str, list[Given]] = {}
        for method in class_.methods:
            first = next(iter(method.parameters), None)
            if first is not None:
                for given in _in_statements(method.body, method, first.node.arg):
                    found.setdefault(given.name, []).append(given)
        return found

    return project.fact(("assigned attributes", class_), find)


def _in_statements(body: Sequence[ast.stmt], method: FunctionScope, owner: str) -> Iterator[Given]:
    for statement in body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                continue
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _in_target(target, value, method, owner)
            case ast.AnnAssign(target=target, value=value, annotation=annotation):
                for given in _in_target(target, value, method, owner):
                    yield Given(given.name, value, annotation, method)
            case ast.For(target=target) | ast.AsyncFor(target=target):
                yield from _in_target(target, None, method, owner)
            case ast.With(items=items) | ast.AsyncWith(items=items):
                for item in items:
                    if item.optional_vars is not None:
                        yield from _in_target(item.optional_vars, None, method, owner)
        for part in ("body", "orelse", "finalbody"):
            yield from _in_statements(getattr(statement, part, ()), method, owner)
        for part in ("handlers", "cases"):
            for branch in getattr(statement, part, ()):
                yield from _in_statements(branch.body, method, owner)


def _in_target(
    target: ast.expr, value: ast.expr | None, method: FunctionScope, owner: str
) -> Iterator[Given]:
    match target, value:
        case ast.Attribute(value=ast.Name(id=name), attr=attribute), _ if name == owner:
            yield Given(attribute, value, None, method)
        case (
            ast.Tuple(elts=targets) | ast.List(elts=targets),
            ast.Tuple(elts=values) | ast.List(elts=values),
        ) if len(targets) == len(values) and not _has_star(*targets, *values):
            for inner, given in zip(targets, values, strict=True):
                yield from _in_target(inner, given, method, owner)
        case ast.Tuple(elts=targets) | ast.List(elts=targets), _:
            for inner in targets:
                yield from _in_target(inner, None, method, owner)


def _has_star(*nodes: ast.expr) -> bool:
    return any(isinstance(node, ast.Starred) for node in nodes)
