"""What objects give that hold others: when looped over, unpacked, subscripted or entered."""

import ast

from handbook.python.project.project import External
from handbook.python.types.inference.questions import Questions
from handbook.python.types.signatures import AWAITABLES, ITERABLES, MAPPINGS, entered
from handbook.python.types.types import NEVER, Type
from handbook.syntax.outline import FunctionScope


class Containers(Questions):
    """Iterables, mappings, tuples and context managers."""

    def subscript(self, base: Type | None, index: ast.expr) -> Type | None:
        if base is None or base.name not in ITERABLES:
            return base if base == NEVER else None
        if isinstance(index, ast.Slice):
            return base
        if base.name in MAPPINGS:
            return base.argument(1)
        if base.name == "builtins.tuple":
            match index:
                case ast.Constant(value=int(position)):
                    return self.unpacked(base, position)
            return None
        return base.argument()

    def unpacked(self, whole: Type | None, index: int) -> Type | None:
        if whole is None or whole.name != "builtins.tuple":
            return self.item(whole)
        variadic = len(whole.arguments) == 2 and whole.arguments[1] is None
        return whole.argument(index) if not variadic or index == 0 else None

    def item(self, whole: Type | None) -> Type | None:
        """What iterating over an object gives."""
        if whole is None or whole.name not in ITERABLES:
            return whole if whole == NEVER else None
        if whole.name == "builtins.tuple" and len(whole.arguments) > 1:
            return None
        return whole.argument()

    def enter(self, manager: Type | None) -> Type | None:
        """What `with manager as x` binds."""
        if manager is None or manager == NEVER:
            return manager
        if isinstance(manager.symbol, External):
            return entered(manager)
        for name in ("__enter__", "__aenter__"):
            called = self.member(manager, name)
            if called is not None and isinstance(called.symbol, FunctionScope):
                found = self.result(called.symbol, manager)
                return (
                    found.argument(-1) if found is not None and found.name in AWAITABLES else found
                )
            if called is not None and isinstance(called.symbol, External):
                library = Type(External(called.name.rpartition(".")[0]))
                return manager if entered(library) == library else None
        return None
