"""What the parameters of functions are given."""

import ast

from handbook.python.project.project import External
from handbook.python.types.annotations import annotated_type
from handbook.python.types.inference.functions import annotation_scope, decorators_of, is_generator
from handbook.python.types.inference.questions import Questions
from handbook.python.types.signatures import AWAITABLES
from handbook.python.types.types import Type
from handbook.syntax.outline import ClassScope, FunctionScope, Parameter, Scope

_DEPENDS = frozenset({"fastapi.Depends", "fastapi.Security", "fastapi.param_functions.Depends"})


class Parameters(Questions):
    """`self`, annotated parameters, and those that FastAPI injects."""

    def parameter(self, binding: Parameter, scope: Scope) -> Type | None:
        if not isinstance(scope, FunctionScope):
            return None
        args = scope.node.args
        annotation = binding.node.annotation
        around = annotation_scope(scope)
        if annotation is None:
            first = next(iter(scope.parameters))
            if binding.node is first.node and isinstance(scope.parent, ClassScope):
                names = {*decorators_of(self.project, scope)}
                if "builtins.staticmethod" in names:
                    return None
                own = Type(scope.parent)
                is_class = "builtins.classmethod" in names or scope.name in (
                    "__new__",
                    "__init_subclass__",
                )
                return Type(External("builtins.type"), (own,)) if is_class else own
            return self._injected(binding.default, around)
        found = annotated_type(self.project, annotation, around)
        if binding.node is args.vararg:
            return Type(External("collections.abc.Sequence"), (found,))
        if binding.node is args.kwarg:
            return Type(External("builtins.dict"), (Type(External("builtins.str")), found))
        return found

    def _injected(self, default: ast.expr | None, scope: Scope) -> Type | None:
        """What FastAPI passes for a parameter whose default is `Depends(f)`."""
        if not isinstance(default, ast.Call) or not default.args:
            return None
        marker = self.project.resolve_expression(default.func, scope)
        if marker is None or marker.qualified_name not in _DEPENDS:
            return None
        called = self.called(default.args[0], scope)
        match called.symbol if called is not None else None:
            case ClassScope() as class_:
                return Type(class_)
            case FunctionScope() as function:
                found = self.result(function, None)
                if found is not None and (found.name in AWAITABLES or is_generator(function)):
                    return found.argument(-1 if found.name in AWAITABLES else 0)
                return found
        return None
