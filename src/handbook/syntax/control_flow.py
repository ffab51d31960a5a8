"""The order of statements: which assignment a place can see, and under which conditions it runs."""

import ast
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from handbook.syntax.outline import Assigned, Binding, Opaque, Scope, own_nodes

type Suite = Sequence[ast.stmt]

_JUMPS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_ADDING = frozenset({"append", "add", "insert", "extend"})
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass(slots=True, frozen=True)
class Condition:
    """A test, and what came of it where something runs; `scope` is where the test is written."""

    test: ast.expr
    holds: bool = True
    scope: Scope | None = field(default=None, compare=False)

    @property
    def plain(self) -> "Condition":
        """The same without `not` around the test."""
        if isinstance(self.test, ast.UnaryOp) and isinstance(self.test.op, ast.Not):
            return Condition(self.test.operand, not self.holds, self.scope).plain
        return self

    def contradicts(self, other: "Condition") -> bool:
        """Whether both can surely not be the case."""
        mine, its = self.plain, other.plain
        return mine.holds != its.holds and ast.dump(mine.test) == ast.dump(its.test)

    def implies(self, other: "Condition") -> bool:
        """Whether both are the same."""
        return self.contradicts(Condition(other.test, not other.holds))


class _Step(NamedTuple):
    """One statement on the way down to a place, among its siblings.

    `owner` and `branch` say whose suite it is in, and which of those: `body`, `orelse` ….
    """

    suite: Suite
    place: int
    owner: ast.stmt | None
    branch: str

    @property
    def statement(self) -> ast.stmt:
        return self.suite[self.place]


def conditions(scope: Scope, node: ast.AST) -> tuple[Condition, ...]:
    """What must have come of the `if` statements of a scope for a node in it to run."""
    found: list[Condition] = []
    for step in _path(scope, node):
        if isinstance(step.owner, ast.If):
            found.append(Condition(step.owner.test, step.branch == "body", scope))
        for before in step.suite[: step.place]:
            if isinstance(before, ast.If):
                if _jumps(before.body):
                    found.append(Condition(before.test, False, scope))
                elif _jumps(before.orelse):
                    found.append(Condition(before.test, True, scope))
    return tuple(found)


def visible(scope: Scope, bindings: Sequence[Binding], use: ast.AST | None) -> list[Binding]:
    """Those of the bindings of a name whose value can still be there at a place.

    An assignment is out of sight where a later one surely replaces it, where it comes after the
    place, or in the other branch of an `if`. `use` is `None` for a place outside of the scope:
    there the state at the scope's end counts. What is bound in other ways is always given.
    """
    if len(bindings) < 2:
        return list(bindings)
    end = _path(scope, use) if use is not None else []
    places = _places(scope, bindings)
    return [
        binding
        for binding, path in zip(bindings, places.paths, strict=True)
        if not (path and ((end and _is_beyond(path, end)) or places.is_replaced(path, end)))
    ]


class _Places:
    """Where the bindings of one name stand in a scope."""

    def __init__(self, scope: Scope, bindings: Sequence[Binding]) -> None:
        self.bindings = bindings
        self.paths = [_path_of(scope, binding) for binding in bindings]
        self._top = scope.body
        self._replacing: dict[int, list[int]] = {}
        """For each suite, where in it there are statements that surely bind the name anew."""
        for binding, path in zip(bindings, self.paths, strict=True):
            if path and not (isinstance(binding, Assigned) and binding.value is None):
                self._replacing.setdefault(id(path[-1].suite), []).append(path[-1].place)
        for found in self._replacing.values():
            found.sort()

    def is_replaced(self, path: list[_Step], use: list[_Step]) -> bool:
        """Whether a binding surely runs after the one that `path` leads to, and before `use`."""
        ends = {id(step.suite): step.place for step in use}
        for step in path:
            suite = id(step.suite)
            found = self._replacing.get(suite)
            if not found or (step.suite is not self._top if not use else suite not in ends):
                continue
            later = bisect_right(found, step.place)
            if later < len(found) and (not use or found[later] < ends[suite]):
                return True
        return False


def _places(scope: Scope, bindings: Sequence[Binding]) -> _Places:
    """Where some bindings of a name of a scope stand, found out once for each name."""
    name = str(id(bindings))
    places = scope.places.get(name)
    if not isinstance(places, _Places) or places.bindings is not bindings:
        places = scope.places[name] = _Places(scope, bindings)
    return places


def _path_of(scope: Scope, binding: Binding) -> list[_Step]:
    """The statements around a binding that a later one may replace; none for any other."""
    if _is_statement(binding) or augmentation(scope, binding) is not None:
        return _path(scope, binding.node)
    return []


def augmentation(scope: Scope, binding: Binding) -> ast.AugAssign | None:
    """The `name += value` that a binding of a scope comes from, if it does."""
    if not isinstance(binding, Opaque) or not isinstance(binding.node, ast.Name):
        return None
    path = _path(scope, binding.node)
    found = path[-1].statement if path else None
    match found:
        case ast.AugAssign(target=target) if target is binding.node:
            return found
    return None


def additions(scope: Scope, name: str) -> Iterator[ast.Call]:
    """The calls in a scope that put something into the list that a name holds."""
    if scope.outline.words.isdisjoint(_ADDING):
        return
    for node in own_nodes(scope):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=found), attr=method), args=[*_, _]):
                if found == name and method in _ADDING:
                    yield node


def _is_statement(binding: Binding) -> bool:
    return isinstance(binding, Assigned) and not isinstance(binding.node, ast.NamedExpr)


def _is_beyond(path: list[_Step], use: list[_Step]) -> bool:
    """Whether a statement cannot have run before the place that `use` leads to."""
    for mine, its in zip(path, use, strict=False):
        if mine.suite is not its.suite:
            return isinstance(mine.owner, ast.If) and not _in_loop(use, None)
        if mine.place != its.place:
            return mine.place > its.place and not _in_loop(use, mine)
    return not _in_loop(use, None)


def _in_loop(path: list[_Step], until: _Step | None) -> bool:
    """Whether a loop is around the part of a path that both places share."""
    for step in path:
        if isinstance(step.owner, _LOOPS):
            return True
        if until is not None and step.suite is until.suite:
            return False
    return False


def _path(scope: Scope, node: ast.AST) -> list[_Step]:
    """The statements of a scope around a node, outermost first; none if it is elsewhere."""
    line = getattr(node, "lineno", None)
    if line is None:
        return []
    start = (line, getattr(node, "col_offset", 0))
    steps: list[_Step] = []
    suites: list[tuple[Suite, ast.stmt | None, str]] = [(scope.body, None, "body")]
    while suites:
        suite, owner, branch = suites.pop()
        # Statements come in the order of the text.
        index = bisect_right(suite, start, key=_start) - 1
        if index >= 0 and start < _end(suite[index]):
            steps.append(_Step(suite, index, owner, branch))
            suites = [] if suite[index] is node else [*_suites(suite[index])]
    return steps


def _start(statement: ast.stmt) -> tuple[int, int]:
    first: ast.AST = statement
    for decorator in getattr(statement, "decorator_list", ()):
        first = decorator
        break
    return getattr(first, "lineno", 0), 0 if first is not statement else statement.col_offset


def _end(statement: ast.stmt) -> tuple[int, int]:
    return statement.end_lineno or statement.lineno, statement.end_col_offset or 0


def _suites(statement: ast.stmt) -> Iterator[tuple[Suite, ast.stmt, str]]:
    """The suites of a compound statement that run in the same scope."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    for name in ("body", "orelse", "finalbody"):
        suite = getattr(statement, name, None)
        if suite:
            yield suite, statement, name
    for number, part in enumerate(
        [*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())]
    ):
        yield part.body, statement, str(number)


def _jumps(suite: Suite) -> bool:
    return bool(suite) and isinstance(suite[-1], _JUMPS)
