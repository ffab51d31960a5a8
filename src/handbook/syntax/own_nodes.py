"""The nodes that run in a scope itself."""

import ast
from collections.abc import Sequence
from typing import Any, overload

from handbook.syntax.scopes import OwnNodes, Scope

# Operators, contexts, names and marks: the fields in which no node lies that anyone asks for.
_PLAIN_FIELDS = frozenset(
    """
    arg asname attr conversion ctx id is_async kind kwd_attrs level module name op ops rest simple
    type_comment type_ignores
    """.split()
)
_WITHOUT_NODES = (ast.Constant, ast.MatchSingleton, ast.Global, ast.Nonlocal)


@overload
def own_nodes(scope: Scope) -> Sequence[ast.AST]: ...
@overload
def own_nodes[N: ast.AST](scope: Scope, *kinds: type[N]) -> Sequence[N]: ...
def own_nodes(scope: Scope, *kinds: type[ast.AST]) -> Sequence[Any]:
    """Every `ast` node that runs in this scope itself, in source order; found once.

    The bodies of nested functions and classes are left out; their decorators, defaults and bases
    run here and are given, and so are lambdas and comprehensions. Operators and contexts, which
    are only marks on other nodes, are left out too. With `kinds` only nodes of these are given:
    quicker than to look through all of them.
    """
    own = _own(scope)
    if not kinds:
        return own.in_order
    present = [kind for kind in kinds if kind in own.by_kind]
    if len(present) > 1:
        return [node for node in own.in_order if type(node) in present]
    return own.by_kind[present[0]] if present else ()


def around_call(scope: Scope, call: ast.Call) -> ast.AST:
    """The node directly around a call that `own_nodes` gives."""
    return _own(scope).parents_of_calls[call]


def _own(scope: Scope) -> OwnNodes:
    if scope.own_nodes is None:
        scope.own_nodes = _find(scope.body)
    return scope.own_nodes


def _find(body: Sequence[ast.AST]) -> OwnNodes:
    found = OwnNodes([], {}, {})
    in_order, by_kind, parents = found
    stack = [*reversed(body)]
    while stack:
        node = stack.pop()
        kind = node.__class__
        in_order.append(node)
        if kind in by_kind:
            by_kind[kind].append(node)
        else:
            by_kind[kind] = [node]
        # As `children` does, without a call and a list for each of very many nodes.
        for name in _NODE_FIELDS[kind]:
            value = getattr(node, name)
            if value.__class__ is list:
                for part in reversed(value):
                    if part is not None:
                        stack.append(part)
                        if part.__class__ is ast.Call:
                            parents[part] = node
            elif value is not None:
                stack.append(value)
                if value.__class__ is ast.Call:
                    parents[value] = node
    return found


def nodes_below(body: Sequence[ast.AST]) -> list[ast.AST]:
    """The nodes and all that are below them, as far as they run in the same scope."""
    return _find(body).in_order


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below a node that run in the same scope, last first."""
    found: list[ast.AST] = []
    for name in _NODE_FIELDS[type(node)]:
        value = getattr(node, name)
        if value.__class__ is list:
            found += [part for part in reversed(value) if part is not None]
        elif value is not None:
            found.append(value)
    return found


class _NodeFields(dict[type[ast.AST], tuple[str, ...]]):
    """The fields of each type of node that hold nodes which run in its scope, last first."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        if issubclass(kind, ast.FunctionDef | ast.AsyncFunctionDef):
            names: tuple[str, ...] = ("returns", "args", "type_params", "decorator_list")
        elif issubclass(kind, ast.ClassDef):
            names = ("keywords", "bases", "type_params", "decorator_list")
        elif issubclass(kind, _WITHOUT_NODES):
            names = ()
        else:
            names = tuple(name for name in reversed(kind._fields) if name not in _PLAIN_FIELDS)
        self[kind] = names
        return names


_NODE_FIELDS = _NodeFields()
