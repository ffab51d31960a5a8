"""What variables hold, from all that binds them."""

import ast
from collections.abc import Iterator

from handbook.python.project.project import Variable
from handbook.python.types.annotations import annotated_type
from handbook.python.types.inference.questions import Questions
from handbook.python.types.types import Type, merge
from handbook.syntax.local_bindings import InnerScope, Source, sources_in
from handbook.syntax.outline import Assigned, ClassScope, Opaque, Parameter, Scope


class Variables(Questions):
    """Assignments, loops, `with`, unpacking, and variables that functions declare `global`."""

    def class_variable(self, class_: ClassScope, name: str) -> Type | None:
        return self.variable(Variable(class_, name, class_.bindings[name]))

    def variable(self, variable: Variable) -> Type | None:
        key = ("variable", variable.scope, variable.name)
        return self.answers.once(key, lambda: self._bound(variable))

    def _bound(self, variable: Variable) -> Type | None:
        scope, bindings = variable.scope, variable.bindings
        declared = [
            binding
            for binding in bindings
            if isinstance(binding, Assigned) and binding.annotation is not None
        ]
        if len(declared) == 1 and not any(isinstance(bound, Parameter) for bound in bindings):
            return self.assigned(declared[0], scope)
        found: list[Type | None] = []
        for binding in bindings:
            match binding:
                case Assigned():
                    found.append(self.assigned(binding, scope))
                case Parameter():
                    found.append(self.parameter(binding, scope))
                case Opaque(node=ast.Global()):
                    found.extend(self._global(variable))
                case Opaque(node=ast.Name(ctx=ast.Del())):
                    continue
                case Opaque(node=node):
                    found.append(self._opaque(node, scope))
                case _:
                    return None
            if found[-1:] == [None]:
                return None
        return merge(found)

    def assigned(self, binding: Assigned, scope: Scope) -> Type | None:
        if isinstance(binding.node, ast.TypeAlias):
            return None
        if binding.annotation is not None:
            found = annotated_type(self.project, binding.annotation, scope)
            bare = found is not None and found.name in ("typing.Final", "typing.ClassVar")
            if not bare or binding.value is None:
                return found
        return self.expression(binding.value, scope) if binding.value is not None else None

    def _global(self, variable: Variable) -> Iterator[Type | None]:
        """What a module's variable is given in its functions, or in its module's other parts."""
        outline = variable.scope.outline
        if variable.scope is not outline:
            bound = outline.bindings.get(variable.name, ())
            yield self.variable(Variable(outline, variable.name, bound))
            return
        for scope in outline.definitions:
            bindings = scope.bindings.get(variable.name, ())
            if any(
                isinstance(bound, Opaque) and isinstance(bound.node, ast.Global)
                for bound in bindings
            ):
                for binding in bindings:
                    if isinstance(binding, Assigned):
                        yield self.assigned(binding, scope)
                    elif not isinstance(binding, Opaque) or not isinstance(
                        binding.node, ast.Global
                    ):
                        yield None

    def _sources(self, scope: Scope) -> dict[ast.AST, Source]:
        if isinstance(scope, InnerScope):
            return scope.sources
        return self.project.fact(("sources", scope), lambda: sources_in(scope))

    def _opaque(self, node: ast.AST, scope: Scope) -> Type | None:
        source = self._sources(scope).get(node)
        if source is None:
            return None
        # The first iterable of a comprehension runs outside of it; the names are other ones there.
        around = scope
        if isinstance(scope, InnerScope) and not isinstance(scope.node, ast.Lambda):
            outer = source.value is scope.node.generators[0].iter
            around = scope.parent if outer and scope.parent is not None else scope
        if source.manner == "caught":
            return annotated_type(self.project, source.value, around)
        found = self.expression(source.value, around)
        if source.manner == "item":
            found = self.item(found)
        elif source.manner == "entered":
            found = self.enter(found)
        for index in source.indices:
            found = self.unpacked(found, index)
        return found
