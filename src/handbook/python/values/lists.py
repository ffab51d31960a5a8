"""What a list holds, in order: of literals, sums and calls, and what is put in step by step."""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from handbook.python.calls.callers import Caller
from handbook.python.project.project import External, Project, Variable
from handbook.python.types.inference import called_by, decorators_of
from handbook.python.values.list_mutations import Change, changes
from handbook.python.values.values import Value, values
from handbook.syntax.control_flow import Condition, augmentation, conditions, visible
from handbook.syntax.outline import Assigned, Binding, FunctionScope, Parameter, Scope, own_nodes

_DEEPEST = 16
_MOST_STEPS = 400
_COPIES = frozenset(
    {
        *(f"builtins.{name}" for name in ("list", "tuple", "iter", "filter")),
        *("copy.copy", "copy.deepcopy", "typing.cast"),
    }
)
_SHUFFLES = frozenset({"builtins.set", "builtins.frozenset", "builtins.sorted"})
_TRANSPARENT = frozenset(
    {
        *("functools.lru_cache", "functools.cache"),
        *("builtins.staticmethod", "builtins.classmethod"),
    }
)


@dataclass(slots=True, frozen=True)
class Items:
    """What may be in a list, or in what else a loop can run through.

    Attributes:
        values: the items, each with what must be the case for it to be there.
        is_complete: whether there surely are no others.
        is_ordered: whether they surely stand in this order.
    """

    values: tuple[Value, ...] = ()
    is_complete: bool = True
    is_ordered: bool = True

    def __add__(self, other: "Items") -> "Items":
        """The items of a list with those of another behind them."""
        return Items(
            self.values + other.values,
            self.is_complete and other.is_complete,
            self.is_ordered and other.is_ordered,
        )

    @property
    def reversed(self) -> "Items":
        """The same from the end."""
        return replace(self, values=self.values[::-1])

    @property
    def shuffled(self) -> "Items":
        """The same in an order that is not known."""
        return replace(self, is_ordered=False)


_UNKNOWN = Items(is_complete=False)


def items_of(
    project: Project, node: ast.expr, scope: Scope, caller: Caller | None = None
) -> Items:
    """What a list may hold, seen from a scope: all items that it has in some case.

    Names are followed, with what is appended to the lists that they hold, and so are calls of the
    project's functions to what they return or yield. A dictionary's `items()` are pairs.
    """
    return _Reader(project).read(Value(node, scope, caller), 0)


class _Reader:
    """Reads one list; gives up on what takes too long."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._steps = 0

    def read(self, value: Value, depth: int) -> Items:
        self._steps += 1
        if depth > _DEEPEST or self._steps > _MOST_STEPS:
            return _UNKNOWN
        match value.node:
            case ast.List(elts=nodes) | ast.Tuple(elts=nodes):
                return self._literal(value, nodes, depth)
            case ast.Set(elts=nodes):
                return self._literal(value, nodes, depth).shuffled
            case ast.Dict(keys=keys):
                return self._literal(value, keys, depth)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self.read(value.at(left), depth + 1) + self.read(value.at(right), depth + 1)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                cases = [
                    _under(value.at(body), Condition(test)),
                    _under(value.at(orelse), Condition(test, holds=False)),
                ]
                return _either(self.read(case, depth + 1) for case in cases)
            case ast.BoolOp(op=op, values=operands):
                return self._operands(value, operands, isinstance(op, ast.Or), depth)
            case ast.NamedExpr(value=inner) | ast.Await(value=inner):
                return self.read(value.at(inner), depth + 1)
            case (
                ast.ListComp(elt=ast.Name(id=name), generators=[loop])
                | ast.GeneratorExp(elt=ast.Name(id=name), generators=[loop])
            ) if isinstance(loop.target, ast.Name) and loop.target.id == name:
                # What it leaves out is there in some other case.
                return self.read(value.at(loop.iter), depth + 1)
            case ast.Subscript(value=inner, slice=ast.Slice(lower=None, upper=None) as part) if (
                part.step is not None and ast.unparse(part.step) == "-1"
            ):
                return self.read(value.at(inner), depth + 1).reversed
            case ast.Constant(value=None):
                return Items()
            case ast.Name() | ast.Attribute() as name:
                return self._named(value, name, depth)
            case ast.Call() as call:
                return self._called(value, call, depth)
        return _UNKNOWN

    def _literal(self, value: Value, nodes: Sequence[ast.expr | None], depth: int) -> Items:
        found = Items()
        for node in nodes:
            match node:
                case None:
                    found += _UNKNOWN
                case ast.Starred(value=inner):
                    found += self.read(value.at(inner), depth + 1)
                case _:
                    found += Items((value.at(node),))
        return found

    def _operands(
        self, value: Value, operands: Sequence[ast.expr], is_or: bool, depth: int
    ) -> Items:
        """`a or b` is `b` where `a` is false; `a and b` where it is true, and else it is empty."""
        cases = []
        before: list[Condition] = []
        for index, operand in enumerate(operands):
            is_last = index == len(operands) - 1
            if is_or or is_last:
                chosen = [Condition(operand)] if is_or and not is_last else []
                case = _under(value.at(operand), *before, *chosen)
                cases.append(self.read(case, depth + 1))
            before.append(Condition(operand, holds=not is_or))
        return _either(cases)

    # Calls

    def _called(self, value: Value, call: ast.Call, depth: int) -> Items:
        match call:
            case ast.Call(func=ast.Attribute(value=owner, attr="copy"), args=[]):
                return self.read(value.at(owner), depth + 1)
            case ast.Call(
                func=ast.Attribute(value=owner, attr="items" | "values" as kind), args=[]
            ):
                return self._of_dictionary(value.at(owner), kind, depth)
        called = self.project.resolve_expression(call.func, value.scope)
        if isinstance(called, External):
            name = called.qualified_name
            parts = [self.read(value.at(argument), depth + 1) for argument in call.args]
            if name == "itertools.chain":
                return sum(parts, Items())
            found = parts[-1] if parts else Items()
            if name == "builtins.reversed":
                return found.reversed
            if name in _COPIES | _SHUFFLES:
                return found if name in _COPIES else found.shuffled
            return _UNKNOWN
        if called is None and isinstance(call.func, ast.Attribute):
            method = called_by(self.project, call, value.scope)
            called = method.symbol if method is not None else None
        if isinstance(called, FunctionScope):
            return self._returned(value, called, call, depth)
        return _UNKNOWN

    def _returned(
        self, value: Value, function: FunctionScope, call: ast.Call, depth: int
    ) -> Items:
        """What a function returns, or what it yields one after the other."""
        if not _TRANSPARENT.issuperset(decorators_of(self.project, function)):
            return _UNKNOWN
        caller = Caller(function, call, value.scope, value.caller)
        returned: list[Items] = []
        yielded, is_generator = Items(), False
        for node in own_nodes(function, ast.Return, ast.Yield, ast.YieldFrom):
            match node:
                case ast.Return(value=ast.expr() as result):
                    here = _inside(value, function, caller, result)
                    returned.append(self.read(here, depth + 1))
                case ast.Yield(value=ast.expr() as result):
                    is_generator = True
                    yielded += Items((_inside(value, function, caller, result),))
                case ast.YieldFrom(value=result):
                    is_generator = True
                    yielded += self.read(_inside(value, function, caller, result), depth + 1)
        return yielded if is_generator else _either(returned)

    def _of_dictionary(self, value: Value, kind: str, depth: int) -> Items:
        """The values of a dictionary, or its pairs, as if each were written as one."""
        node = value.node
        if isinstance(node, ast.Name):
            symbol = self.project.resolve_expression(node, value.scope)
            if isinstance(symbol, Variable) and any(changes(self.project, symbol, None, None)):
                return _UNKNOWN
        known = values(self.project, node, value.scope, value.caller) or []
        if len(known) != 1 or not isinstance(known[0].node, ast.Dict):
            return _UNKNOWN
        found = Items()
        for key, item in zip(known[0].node.keys, known[0].node.values, strict=True):
            if key is None:
                inner = self._of_dictionary(known[0].at(item), kind, depth + 1)
                found += inner if depth < _DEEPEST else _UNKNOWN
            elif kind == "values":
                found += Items((known[0].at(item),))
            else:
                pair = ast.Tuple([key, item], ast.Load())
                pair.lineno, pair.col_offset = key.lineno, key.col_offset
                pair.end_lineno, pair.end_col_offset = item.end_lineno, item.end_col_offset
                found += Items((known[0].at(pair),))
        return found

    # Names

    def _named(self, value: Value, node: ast.Name | ast.Attribute, depth: int) -> Items:
        symbol = self.project.resolve_expression(node, value.scope)
        if isinstance(symbol, Variable):
            return self._variable(value, symbol, node, depth)
        if symbol is not None:
            return _UNKNOWN
        known = values(self.project, node, value.scope, value.caller)
        if not known or any(found.node is node for found in known):
            return _UNKNOWN
        # Nobody knows who else puts something into the list of an object.
        return _either(self.read(found, depth + 1) for found in known) + _UNKNOWN

    def _variable(
        self, value: Value, symbol: Variable, node: ast.Name | ast.Attribute, depth: int
    ) -> Items:
        inside = isinstance(node, ast.Name) and symbol.scope is value.scope
        use = node if inside else None
        bound = visible(symbol.scope, symbol.bindings, use)
        found = _either(
            self._binding(value, symbol, binding, depth)
            for binding in bound
            if not (isinstance(binding, Assigned) and binding.value is None and len(bound) > 1)
        )
        since = min((binding.node for binding in bound), key=_line, default=None)
        for change in changes(self.project, symbol, since, use):
            found = self._changed(found, change, value, depth)
        return found

    def _binding(self, value: Value, symbol: Variable, binding: Binding, depth: int) -> Items:
        scope = symbol.scope
        caller = _caller_of(value.caller, scope)
        match binding:
            case Assigned(value=ast.expr() as assigned, node=statement):
                around = (*value.conditions, *conditions(scope, statement))
                return self.read(Value(assigned, scope, caller, around), depth + 1)
            case Parameter(node=parameter, default=default) if caller is not None:
                given = caller.argument(parameter.arg)
                if given is not None:
                    passed = Value(given, caller.scope, caller.outer, value.conditions)
                    return self.read(passed, depth + 1)
                if default is not None and not caller.is_unclear:
                    outside = Value(default, scope.parent or scope, None, value.conditions)
                    return self.read(outside, depth + 1)
                return _UNKNOWN
        added = augmentation(scope, binding)
        if added is None or not isinstance(added.op, ast.Add):
            return _UNKNOWN
        before = ast.copy_location(ast.Name(symbol.name, ast.Load()), added.target)
        around = (*value.conditions, *conditions(scope, added))
        behind = Value(added.value, scope, caller, around)
        known = self.read(Value(before, scope, caller, value.conditions), depth + 1)
        return known + self.read(behind, depth + 1)

    def _changed(self, before: Items, change: Change, value: Value, depth: int) -> Items:
        if change.manner == "unknown":
            return before + _UNKNOWN
        more = Items()
        if change.value is not None:
            caller = _caller_of(value.caller, change.scope)
            around = (*value.conditions, *conditions(change.scope, change.node))
            put = Value(change.value, change.scope, caller, around)
            more = self.read(put, depth + 1) if change.is_several else Items((put,))
        match change.manner:
            case "before":
                return more + before
            case "behind":
                return before + more
        return (before + more).shuffled


def _line(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _caller_of(caller: Caller | None, scope: Scope) -> Caller | None:
    """The call that gives the parameters of a scope their meaning, among those that lead here."""
    while caller is not None and caller.function is not scope:
        caller = caller.outer
    return caller


def _under(value: Value, *more: Condition) -> Value:
    return replace(value, conditions=(*value.conditions, *more))


def _inside(value: Value, function: FunctionScope, caller: Caller, node: ast.expr) -> Value:
    """An expression of a function, where it is reached by a call."""
    around = (*value.conditions, *conditions(function, node))
    return Value(node, function, caller, around)


def _either(alternatives: Iterable[Items]) -> Items:
    """The items of lists one of which it is: in order if no two of them can be meant at a time."""
    known = [*alternatives]
    found = sum(known, Items()) if known else _UNKNOWN
    exclusive = all(
        any(mine.contradicts(other) for mine in one.conditions for other in another.conditions)
        for these, those in combinations(known, 2)
        for one in these.values
        for another in those.values
    )
    return found if exclusive else found.shuffled
