"""What a name can mean: a module, a class, a function, a variable, or something of a library."""

import ast
from collections.abc import Sequence
from typing import NamedTuple

from handbook.syntax.outline import Assigned, Binding, ClassScope, FunctionScope, Outline, Scope


class External(NamedTuple):
    """Something outside the project: of the standard library, a dependency, or a builtin."""

    qualified_name: str


class Variable(NamedTuple):
    """A name bound to values that are neither a class nor a function of the project."""

    scope: Scope
    name: str
    bindings: Sequence[Binding]

    @property
    def qualified_name(self) -> str:
        """The dotted name with the scope's in front."""
        return f"{self.scope.qualified_name}.{self.name}".lstrip(".")

    @property
    def values(self) -> "list[Assigned] | None":
        """Every assignment to it, or `None` where it is bound in another way too."""
        assigned = [binding for binding in self.bindings if isinstance(binding, Assigned)]
        return assigned if len(assigned) == len(self.bindings) else None


type Symbol = Outline | ClassScope | FunctionScope | Variable | External


def dotted_parts(node: ast.expr) -> list[str] | None:
    """The parts of a dotted name, `["a", "b"]` for `a.b`; `None` for any other expression."""
    if isinstance(node, ast.Name):
        return [node.id]
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    parts.append(node.id)
    return parts[::-1]
