"""Following an expression to what it may stand for: through names, files, calls and settings."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from handbook.python.calls.callers import Caller
from handbook.python.project.project import Project, Variable
from handbook.python.types.inference import decorators_of, instance_of, is_generator
from handbook.python.values.defaults import fallback, field_default
from handbook.python.values.reassigned_fields import is_validated
from handbook.syntax.control_flow import Condition, augmentation, conditions, visible
from handbook.syntax.outline import (
    Assigned,
    Binding,
    ClassScope,
    FunctionScope,
    Imported,
    Parameter,
    Scope,
    own_nodes,
)

_DEEPEST = 16
_LONGEST = 400
MOST_BINDINGS = 100
"""What a name that is bound more often than this stands for is not known."""
_TRANSPARENT = frozenset({"functools.lru_cache", "functools.cache", "builtins.staticmethod"})
_PROPERTIES = frozenset(
    {"builtins.property", "functools.cached_property", "pydantic.computed_field"}
)


@dataclass(slots=True, frozen=True)
class Value:
    """An expression that another one may stand for, and where it stands.

    Attributes:
        node: the expression.
        scope: the scope that it is written in.
        caller: the call whose arguments its parameters are, where it was reached through one.
        conditions: what must be the case for it to be the value.
    """

    node: ast.expr
    scope: Scope
    caller: Caller | None = field(default=None, compare=False)
    conditions: tuple[Condition, ...] = field(default=(), compare=False)

    def at(self, node: ast.expr) -> "Value":
        """Another expression of the same place."""
        return Value(node, self.scope, self.caller, self.conditions)


class Search:
    """Collects what an expression may stand for; `collect` tells whether that is all there is."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.found: list[Value] = []
        self._steps = 0

    def collect(self, value: Value, depth: int) -> bool:
        """Add what an expression may stand for to `found`, and tell whether that is all."""
        self._steps += 1
        self.project.steps.take()
        if depth > _DEEPEST or self._steps > _LONGEST:
            return False
        match value.node:
            case ast.Name() | ast.Attribute():
                return self._name(value, value.node, depth)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                scope = value.scope
                parts = [
                    (body, (Condition(test, True, scope),)),
                    (orelse, (Condition(test, False, scope),)),
                ]
                return self._each(value, parts, depth)
            case ast.BoolOp(op=ast.Or(), values=operands):
                # One that comes later is only the value where those before are false.
                failed = [Condition(operand, False, value.scope) for operand in operands]
                chosen = [
                    (operand, tuple(failed[:index])) for index, operand in enumerate(operands)
                ]
                return self._each(value, chosen, depth)
            case ast.NamedExpr(value=inner) | ast.Await(value=inner):
                return self.collect(value.at(inner), depth + 1)
            case ast.Call() as call:
                return self._call(value, call, depth)
        self.found.append(value)
        return True

    def _each(
        self,
        value: Value,
        parts: Sequence[tuple[ast.expr, tuple[Condition, ...]]],
        depth: int,
    ) -> bool:
        complete = True
        for node, more in parts:
            part = Value(node, value.scope, value.caller, (*value.conditions, *more))
            complete &= self.collect(part, depth + 1)
        return complete

    # Calls

    def _call(self, value: Value, call: ast.Call, depth: int) -> bool:
        default = fallback(self.project, call, value.scope)
        if default is not None:
            # What is read may hold anything: only the fallback is known.
            self.collect(value.at(default), depth + 1)
            return False
        function = self.project.resolve_expression(call.func, value.scope)
        if isinstance(function, FunctionScope) and not function.is_method:
            caller = Caller(function, call, value.scope, value.caller)
            complete = self._returned(value, function, caller, depth)
            if complete is not None:
                return complete
        self.found.append(value)
        return True

    def _returned(
        self, value: Value, function: FunctionScope, caller: Caller | None, depth: int
    ) -> bool | None:
        """What a function returns; `None` where its result is made otherwise."""
        decorators = decorators_of(self.project, function)
        if not all(name in _TRANSPARENT | _PROPERTIES for name in decorators):
            return None
        results = [
            node.value for node in own_nodes(function, ast.Return) if node.value is not None
        ]
        if not results or is_generator(function):
            return None
        complete = True
        for result in results:
            around = conditions(function, result)
            inner = Value(result, function, caller, (*value.conditions, *around))
            complete &= self.collect(inner, depth + 1)
        return complete

    # Names

    def _name(self, value: Value, node: ast.Name | ast.Attribute, depth: int) -> bool:
        symbol = self.project.resolve_expression(node, value.scope)
        if symbol is None and isinstance(node, ast.Attribute):
            return self._attribute(value, node, depth)
        if not isinstance(symbol, Variable):
            if symbol is not None:
                self.found.append(value)
            return symbol is not None
        inside = isinstance(node, ast.Name) and symbol.scope is value.scope
        return self._bound(value, symbol, node if inside else None, depth)

    def _bound(self, value: Value, symbol: Variable, use: ast.AST | None, depth: int) -> bool:
        """The values of a name's bindings, those that can be seen from where it is used."""
        if len(symbol.bindings) > MOST_BINDINGS:
            return False
        caller = value.caller
        while caller is not None and caller.function is not symbol.scope:
            caller = caller.outer
        complete = True
        for binding in visible(symbol.scope, symbol.bindings, use):
            complete &= self._binding(value, symbol, binding, caller, depth)
        return complete

    def _binding(
        self, value: Value, symbol: Variable, binding: Binding, caller: Caller | None, depth: int
    ) -> bool:
        scope = symbol.scope
        match binding:
            case Assigned(value=ast.expr() as assigned, node=statement):
                default = field_default(self.project, assigned, scope)
                around = (*value.conditions, *conditions(scope, statement))
                found = Value(default or assigned, scope, caller, around)
                return self.collect(found, depth + 1)
            case Parameter(node=parameter, default=default):
                return self._parameter(value, parameter, default, caller, depth, scope)
            case Assigned(value=None) if len(symbol.bindings) > 1:
                return True
            case Imported():
                # Bound twice, by `try: from … import x` and its like.
                return False
        added = augmentation(scope, binding)
        if added is None or not isinstance(added.op, ast.Add):
            return False
        # `name += more` makes of the name what `name + more` is.
        total = augmented(self.project, symbol.name, scope, added)
        around = (*value.conditions, *conditions(scope, added))
        return self.collect(Value(total, scope, caller, around), depth + 1)

    def _parameter(
        self,
        value: Value,
        parameter: ast.arg,
        default: ast.expr | None,
        caller: Caller | None,
        depth: int,
        scope: Scope,
    ) -> bool:
        if caller is not None:
            given = caller.argument(parameter.arg)
            if given is not None:
                passed = Value(given, caller.scope, caller.outer, value.conditions)
                return self.collect(passed, depth + 1)
            if caller.is_unclear:
                return False
        if default is not None:
            around = scope.parent or scope
            self.collect(Value(default, around, None, value.conditions), depth + 1)
        # Without a caller in view anything else may be passed.
        return caller is not None and default is not None

    # Attributes

    def _attribute(self, value: Value, node: ast.Attribute, depth: int) -> bool:
        """A field of an object: what it was made with, or the default that its class gives it."""
        made = self._made(value.at(node.value), 0)
        class_ = made[0] if made is not None else self._class_of(node.value, value.scope)
        if class_ is None:
            return False
        caller = made[1] if made is not None else None
        given = caller.argument(node.attr) if caller is not None else None
        if given is not None and caller is not None and _has_plain_fields(self.project, class_):
            passed = Value(given, caller.scope, caller.outer, value.conditions)
            return self.collect(passed, depth + 1)
        owner = self.project.owner(class_, node.attr)
        if owner is None:
            return self._assigned_to_self(value, class_, node.attr, caller, depth)
        if is_validated(self.project, class_, node.attr):
            return False
        complete = caller is None or not caller.is_unclear
        for binding in owner.bindings[node.attr]:
            match binding:
                case Assigned(value=ast.expr() as assigned, node=statement):
                    default = field_default(self.project, assigned, owner)
                    around = (*value.conditions, *conditions(owner, statement))
                    found = Value(default or assigned, owner, None, around)
                    complete &= self.collect(found, depth + 1)
                case Assigned(annotation=ast.Subscript(slice=ast.Tuple(elts=[_, *metadata]))):
                    defaults = [field_default(self.project, item, owner) for item in metadata]
                    known = [default for default in defaults if default is not None]
                    complete &= bool(known)
                    for default in known:
                        found = Value(default, owner, None, value.conditions)
                        complete &= self.collect(found, depth + 1)
                case FunctionScope(node=function) if function.decorator_list:
                    complete &= bool(self._returned(value, binding, None, depth))
                case _:
                    complete = False
        return complete

    def _assigned_to_self(
        self, value: Value, class_: ClassScope, name: str, caller: Caller | None, depth: int
    ) -> bool:
        """What the methods of a class assign to an attribute of `self`."""
        complete = True
        found = [*_self_assignments(self.project, class_, name)]
        for method, assigned in found:
            inner = caller if caller is not None and caller.function is method else None
            around = (*value.conditions, *conditions(method, assigned))
            complete &= self.collect(Value(assigned, method, inner, around), depth + 1)
        return complete and bool(found)

    def _class_of(self, node: ast.expr, scope: Scope) -> ClassScope | None:
        found = instance_of(self.project, node, scope)
        return found if isinstance(found, ClassScope) else None

    def _made(self, value: Value, depth: int) -> tuple[ClassScope, Caller] | None:
        """The class of the project that an object was made of, and the call that made it."""
        if depth > _DEEPEST:
            return None
        if isinstance(value.node, ast.Call):
            called = self.project.resolve_expression(value.node.func, value.scope)
            if isinstance(called, ClassScope):
                owner = self.project.owner(called, "__init__")
                initializer = owner.method("__init__") if owner is not None else None
                return called, Caller(initializer, value.node, value.scope, value.caller)
            if not isinstance(called, FunctionScope):
                return None
        inner = Search(self.project)
        if not inner.collect(value, depth + 1) or len(inner.found) != 1:
            return None
        found = inner.found[0]
        return self._made(found, depth + 1) if found.node is not value.node else None


def augmented(project: Project, name: str, scope: Scope, added: ast.AugAssign) -> ast.BinOp:
    """`name + more` for `name += more`: always the same node, about which answers are remembered."""

    def make() -> ast.BinOp:
        before = ast.copy_location(ast.Name(name, ast.Load()), added.target)
        return ast.copy_location(ast.BinOp(before, ast.Add(), added.value), added)

    return project.fact(("sum", scope, added), make)


def _has_plain_fields(project: Project, class_: ClassScope) -> bool:
    """Whether the constructor puts each argument into the field of its name."""
    return project.owner(class_, "__init__") is None


def _self_assignments(
    project: Project, class_: ClassScope, name: str
) -> Iterator[tuple[FunctionScope, ast.expr]]:
    for symbol in project.ancestry(class_):
        for method in symbol.methods if isinstance(symbol, ClassScope) else ():
            first = next(iter(method.parameters), None)
            for node in own_nodes(method) if first is not None else ():
                match node:
                    case (
                        ast.Assign(targets=[ast.Attribute(value=ast.Name(id=self_), attr=attr)])
                        | ast.AnnAssign(target=ast.Attribute(value=ast.Name(id=self_), attr=attr))
                    ) if first and (self_, attr) == (first.node.arg, name) and node.value:
                        yield method, node.value
