"""What the attributes of objects are, as classes declare them and methods assign them."""

import ast
from collections.abc import Iterator, Sequence

from handbook.python.project.project import External
from handbook.python.types.annotations import annotated_type
from handbook.python.types.inference.assigned_attributes import assigned_attributes
from handbook.python.types.inference.functions import decorators_of
from handbook.python.types.inference.questions import Questions, is_bare
from handbook.python.types.signatures import attribute, canonical
from handbook.python.types.types import NEVER, Type, merge
from handbook.syntax.outline import Assigned, Binding, ClassScope, FunctionScope

_PROPERTIES = frozenset(
    {
        *("builtins.property", "functools.cached_property", "abc.abstractproperty"),
        *("sqlalchemy.ext.hybrid.hybrid_property", "pydantic.computed_field"),
    }
)


class Attributes(Questions):
    """Class variables, properties, and what is assigned to `self.x`."""

    def attribute(self, base: Type, name: str) -> Type | None:
        """What an attribute of an instance is."""
        if isinstance(base.symbol, External):
            return attribute(f"{base.name}.{name}") if base != NEVER else NEVER
        class_, key = base.symbol, ("attribute", base.symbol, name)
        return self.answers.once(key, lambda: self._attribute(class_, base, name))

    def _attribute(self, class_: ClassScope, receiver: Type, name: str) -> Type | None:
        for symbol in self.project.ancestry(class_):
            match symbol:
                case None:
                    return None
                case ClassScope():
                    given = [*self._given(symbol, receiver, name)]
                    if given:
                        return merge(given)
                case External() as library if not is_bare(library.qualified_name):
                    found = attribute(f"{canonical(library.qualified_name)}.{name}")
                    if found is not None:
                        return found
        return None

    def _given(self, class_: ClassScope, receiver: Type, name: str) -> Iterator[Type | None]:
        """What a class itself gives an attribute: in its body, and in its methods."""
        bound = class_.bindings.get(name, ())
        if any(isinstance(binding, FunctionScope) for binding in bound):
            yield self._property(bound, receiver)
            return
        assigned = assigned_attributes(self.project, class_).get(name, ())
        match [*bound[-1:]]:
            case [Assigned(annotation=ast.expr()) as declared]:
                yield self.assigned(declared, class_)
                return
        for given in assigned:
            if given.annotation is not None:
                yield annotated_type(self.project, given.annotation, given.method)
                return
        if bound:
            yield self.class_variable(class_, name)
        for given in assigned:
            value = given.value
            yield self.expression(value, given.method) if value is not None else None

    def _property(self, bound: Sequence[Binding], receiver: Type) -> Type | None:
        """What a property gives; its setter and deleter say nothing about that."""
        for binding in bound:
            if isinstance(binding, FunctionScope):
                names = {*decorators_of(self.project, binding)}
                if names & _PROPERTIES and None not in names:
                    return self.returned(binding, receiver)
        return None
