"""Calls of a function of the project, and what each passes for its parameters."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from handbook.python.project.project import Project
from handbook.python.project.users import users_of
from handbook.python.types.inference import called_by
from handbook.syntax.outline import ClassScope, FunctionScope, Outline, Scope, own_nodes


@dataclass(slots=True, frozen=True, eq=False)
class Caller:
    """One call of a function, as the meaning of its parameters.

    Attributes:
        function: what is called; `None` for a constructor that the class does not write itself,
            as of a dataclass or a schema.
        call: the call.
        scope: the scope that `call` is written in.
        outer: the call that gives the parameters of the function around `call` their meaning.
    """

    function: FunctionScope | None
    call: ast.Call
    scope: Scope
    outer: "Caller | None" = None

    @property
    def is_unclear(self) -> bool:
        """Whether it may pass arguments that `argument` cannot see."""
        return (
            any(keyword.arg is None for keyword in self.call.keywords)
            or any(isinstance(argument, ast.Starred) for argument in self.call.args)
            or (self.function is None and bool(self.call.args))
        )

    def argument(self, name: str) -> ast.expr | None:
        """What is passed for a parameter; `None` where nothing is, or it is not clear."""
        for keyword in self.call.keywords:
            if keyword.arg == name:
                return keyword.value
        if self.function is None or self.is_unclear:
            return None
        args = self.function.node.args
        names = [arg.arg for arg in (*args.posonlyargs, *args.args)]
        if _is_bound(self.function):
            names = names[1:]
        return dict(zip(names, self.call.args, strict=False)).get(name)


def callers(project: Project, function: FunctionScope) -> list[Caller]:
    """Every call of a function in the project outside of its tests, by module.

    For an `__init__` these are the calls of its class. Calls of methods are not found.
    """
    owner = function.parent
    target: FunctionScope | ClassScope = function
    if isinstance(owner, ClassScope):
        if function.name != "__init__":
            return []
        target = owner
    key = ("callers", function.outline.path, function.qualified_name)
    return project.fact(key, lambda: [*_find(project, function, target)])


def method_callers(project: Project, function: FunctionScope) -> list[Caller]:
    """Every call of a method in the project outside of its tests, where its object is known."""
    if not isinstance(function.parent, ClassScope) or function.name.startswith("__"):
        return []
    key = ("method callers", function.outline.path, function.qualified_name)
    return project.fact(key, lambda: [*_find_of_method(project, function)])


def _find_of_method(project: Project, function: FunctionScope) -> Iterator[Caller]:
    for outline in project.mentioning(function.name):
        if "test" in project.roles(outline):
            continue
        for scope in (outline, *outline.definitions):
            for node in own_nodes(scope, ast.Call):
                if isinstance(node.func, ast.Attribute) and node.func.attr == function.name:
                    called = called_by(project, node, scope)
                    if called is not None and called.symbol is function:
                        yield Caller(function, node, scope)


def _find(
    project: Project, function: FunctionScope, target: FunctionScope | ClassScope
) -> Iterator[Caller]:
    project.outline(function.outline.path)
    for outline in users_of(project, target)[1]:
        if "test" not in project.roles(outline):
            yield from _calls_in(project, outline, function, target)


def _calls_in(
    project: Project, outline: Outline, function: FunctionScope, target: Scope
) -> Iterator[Caller]:
    for scope in (outline, *outline.definitions):
        for node in own_nodes(scope, ast.Call):
            match node:
                case ast.Call(func=ast.Name() | ast.Attribute() as func):
                    if project.resolve_expression(func, scope) is target:
                        yield Caller(function, node, scope)


def _is_bound(function: FunctionScope) -> bool:
    """Whether the first parameter is the object, which calls do not pass."""
    return function.is_method and not any(
        isinstance(decorator, ast.Name) and decorator.id == "staticmethod"
        for decorator in function.node.decorator_list
    )
