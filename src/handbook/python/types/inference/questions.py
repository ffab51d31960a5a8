"""What the parts of the inference ask each other."""

import ast
from abc import ABC, abstractmethod
from typing import NamedTuple

from handbook.python.project.project import External, Project, Variable
from handbook.python.types.inference.answers import Answers
from handbook.python.types.types import Type
from handbook.syntax.outline import Assigned, ClassScope, FunctionScope, Parameter, Scope


class Called(NamedTuple):
    """What a call calls.

    Attributes:
        symbol: the function or class; a library's under its canonical name, a method as
            `requests.Session.get`.
        receiver: for a method, what it is called on.
    """

    symbol: FunctionScope | ClassScope | External
    receiver: Type | None = None

    @property
    def name(self) -> str:
        """The qualified name of the function or class."""
        return self.symbol.qualified_name


class Questions(ABC):
    """The questions about one project; each is answered by the part that it is named after.

    An answer is `None` where it is not certain.
    """

    def __init__(self, project: Project) -> None:
        """Ask about a project."""
        self.project = project
        self.answers = Answers(project)

    # `Expressions`

    @abstractmethod
    def expression(self, node: ast.expr, scope: Scope) -> Type | None:
        """What an expression is an instance of, seen from a scope."""

    # `Calls`

    @abstractmethod
    def called(self, func: ast.expr, scope: Scope) -> Called | None:
        """What calling an expression calls."""

    @abstractmethod
    def member(self, base: Type, name: str) -> Called | None:
        """The method of that name of an instance."""

    @abstractmethod
    def call(self, node: ast.Call, scope: Scope) -> Type | None:
        """What a call gives."""

    # `Functions`

    @abstractmethod
    def result(self, function: FunctionScope, receiver: Type | None) -> Type | None:
        """What calling a function gives: of an `async def` the coroutine."""

    @abstractmethod
    def returned(self, function: FunctionScope, receiver: Type | None) -> Type | None:
        """What a function returns, or an iterator of what it yields, its decorators apart."""

    # `Attributes`

    @abstractmethod
    def attribute(self, base: Type, name: str) -> Type | None:
        """What an attribute of an instance is."""

    # `Variables`

    @abstractmethod
    def variable(self, variable: Variable) -> Type | None:
        """What a variable holds: all that it is given must agree."""

    @abstractmethod
    def class_variable(self, class_: ClassScope, name: str) -> Type | None:
        """What a name holds that the body of a class binds."""

    @abstractmethod
    def assigned(self, binding: Assigned, scope: Scope) -> Type | None:
        """What an assignment gives: what it is annotated with, else the value."""

    # `Parameters`

    @abstractmethod
    def parameter(self, binding: Parameter, scope: Scope) -> Type | None:
        """What a function is given for a parameter."""

    # `Containers`

    @abstractmethod
    def item(self, whole: Type | None) -> Type | None:
        """What iterating over an object gives."""

    @abstractmethod
    def unpacked(self, whole: Type | None, index: int) -> Type | None:
        """What the name at a place of `a, b = whole` is given."""

    @abstractmethod
    def subscript(self, base: Type | None, index: ast.expr) -> Type | None:
        """What `base[index]` is."""

    @abstractmethod
    def enter(self, manager: Type | None) -> Type | None:
        """What `with manager as x` binds."""


def is_bare(name: str) -> bool:
    """Whether a base class has no members worth a thought."""
    return name in ("typing.Generic", "typing.Protocol", "abc.ABC", "builtins.object")
