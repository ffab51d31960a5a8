"""Of what class an expression surely is an instance, and what a call surely calls."""

import ast

from handbook.python.project.project import External, Project
from handbook.python.types.inference.assigned_attributes import assigned_attributes
from handbook.python.types.inference.attributes import Attributes
from handbook.python.types.inference.calls import Calls
from handbook.python.types.inference.containers import Containers
from handbook.python.types.inference.expressions import Expressions
from handbook.python.types.inference.functions import Functions, decorators_of, is_generator
from handbook.python.types.inference.parameters import Parameters
from handbook.python.types.inference.questions import Called
from handbook.python.types.inference.variables import Variables
from handbook.python.types.types import NONE, Type
from handbook.syntax.outline import ClassScope, FunctionScope, Scope

__all__ = [
    "Called",
    "attribute_values",
    "called_by",
    "decorators_of",
    "instance_of",
    "is_generator",
    "type_of",
]


class _Inference(Expressions, Calls, Functions, Attributes, Variables, Parameters, Containers):
    """Answers for one project, and remembers what it found about variables and functions."""


def instance_of(project: Project, node: ast.expr, scope: Scope) -> ClassScope | External | None:
    """The class that an expression surely evaluates to an instance of, seen from a scope.

    Classes of libraries go by one canonical name (`sqlalchemy.orm.Session` however imported).
    What may be `None` is taken for what it is otherwise. Names bound several times, with values
    that are not all of one class, give `None`, and so does all that cannot be followed.
    """
    found = type_of(project, node, scope)
    return found.symbol if found is not None and found is not NONE else None


def type_of(project: Project, node: ast.expr, scope: Scope) -> Type | None:
    """Like `instance_of`, with type arguments: `list[User]`, `Coroutine[User]`."""
    return _engine(project).expression(node, scope)


def called_by(project: Project, call: ast.Call, scope: Scope) -> Called | None:
    """What a call surely calls: through names, files, `self`, and the types of objects."""
    return _engine(project).called(call.func, scope)


def attribute_values(
    project: Project, class_: ClassScope, name: str
) -> list[tuple[ast.expr, FunctionScope]]:
    """What the methods of a class, or of its nearest base class that does, assign to `self.name`.

    Each value comes with the method that it is written in.
    """
    for symbol in project.ancestry(class_):
        if isinstance(symbol, ClassScope):
            assigned = assigned_attributes(project, symbol).get(name)
            if assigned:
                return [
                    (given.value, given.method) for given in assigned if given.value is not None
                ]
    return []


def _engine(project: Project) -> _Inference:
    return project.fact(_Inference, lambda: _Inference(project))
