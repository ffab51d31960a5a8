"""Names bound by loops, `with`, unpacking and comprehensions: what each is taken from."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, overload

from handbook.syntax.outline import Opaque, Scope, nodes_below, own_nodes

type Manner = Literal["item", "entered", "value", "caught"]
type Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


class Source(NamedTuple):
    """Where the value of a name comes from.

    Attributes:
        manner: whether it is an item of `value`, what entering it as a context manager gives,
            the value itself, or an exception of that class.
        value: the expression.
        indices: for `a, (b, c) = …` the way to `c` is 1, 1.
    """

    manner: Manner
    value: ast.expr
    indices: tuple[int, ...] = ()


_INNER: tuple[type[ast.Lambda | Comprehension], ...] = (
    *(ast.Lambda, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp),
)


class InnerScope(Scope):
    """A lambda or a comprehension, which bind names of their own: no scope of the outline is one.

    Attributes:
        node: the lambda or comprehension.
        sources: where its names come from.
    """

    __slots__ = ("node", "sources")

    def __init__(self, node: ast.Lambda | Comprehension, parent: Scope) -> None:
        super().__init__(
            "<lambda>" if isinstance(node, ast.Lambda) else "<comprehension>", parent, ()
        )
        self.node = node
        self.sources: dict[ast.AST, Source] = {}
        if isinstance(node, ast.Lambda):
            for argument in ast.walk(node.args):
                if isinstance(argument, ast.arg):
                    self.bindings[argument.arg] = [Opaque(argument)]
        else:
            for loop in node.generators:
                for target, source in _targets(loop.target, "item", loop.iter, ()):
                    self.bindings.setdefault(target.id, []).append(Opaque(target))
                    self.sources[target] = source


@overload
def scoped_nodes(scope: Scope) -> Iterator[tuple[ast.AST, Scope]]: ...
@overload
def scoped_nodes[N: ast.AST](scope: Scope, *kinds: type[N]) -> Iterator[tuple[N, Scope]]: ...
def scoped_nodes(scope: Scope, *kinds: type[ast.AST]) -> Iterator[tuple[ast.AST, Scope]]:
    """Every node that `own_nodes` gives, each with the scope that its names are seen from.

    That is an `InnerScope` within lambdas and comprehensions.
    """
    nodes = own_nodes(scope, *kinds)
    inner_scopes = _inner_scopes(scope) if nodes else {}
    for node in nodes:
        yield node, inner_scopes.get(node, scope)


def _inner_scopes(scope: Scope) -> Mapping[ast.AST, Scope]:
    """The scopes of the nodes within lambdas and comprehensions; found once."""
    if scope.inner_scopes is None:
        found: dict[ast.AST, Scope] = {}
        # An outer one comes before those in it, which then take over what is theirs.
        for node in own_nodes(scope, *_INNER):
            inner = InnerScope(node, found.get(node, scope))
            found.update(dict.fromkeys(nodes_below(_parts_within(node)), inner))
        scope.inner_scopes = found
    return scope.inner_scopes


def _parts_within(node: ast.Lambda | Comprehension) -> list[ast.AST]:
    """What sees the names that a lambda or comprehension binds: the first iterable does not."""
    if isinstance(node, ast.Lambda):
        return [node.body]
    first = node.generators[0]
    results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    return [first.target, *first.ifs, *node.generators[1:], *results]


def sources_in(scope: Scope) -> dict[ast.AST, Source]:
    """For the node of each opaque binding of a scope that can be followed: where it comes from."""
    if isinstance(scope, InnerScope):
        return scope.sources
    return {target: source for target, source in _in_statements(scope.body)}


def _in_statements(body: Sequence[ast.stmt]) -> Iterator[tuple[ast.AST, Source]]:
    for node in body:
        match node:
            case ast.Assign():
                for target in node.targets:
                    if not isinstance(target, ast.Name):
                        yield from _targets(target, "value", node.value, ())
            case ast.For() | ast.AsyncFor():
                yield from _targets(node.target, "item", node.iter, ())
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    if item.optional_vars is not None:
                        yield from _targets(item.optional_vars, "entered", item.context_expr, ())
            case ast.Try() | ast.TryStar():
                for handler in node.handlers:
                    if handler.type is not None:
                        yield handler, Source("caught", handler.type)
                    yield from _in_statements(handler.body)
                yield from _in_statements(node.finalbody)
            case ast.Match():
                for case in node.cases:
                    yield from _in_statements(case.body)
                continue
            case ast.If() | ast.While():
                pass
            case _:
                continue
        yield from _in_statements(getattr(node, "body", ()))
        yield from _in_statements(getattr(node, "orelse", ()))


def _targets(
    target: ast.expr, manner: Manner, value: ast.expr, indices: tuple[int, ...]
) -> Iterator[tuple[ast.Name, Source]]:
    match target:
        case ast.Name():
            yield target, Source(manner, value, indices)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            if not any(isinstance(element, ast.Starred) for element in elements):
                for index, element in enumerate(elements):
                    yield from _targets(element, manner, value, (*indices, index))
