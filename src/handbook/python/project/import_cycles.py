"""The cycles of an import graph, and a small set of imports whose removal leaves none."""

import ast
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from handbook.python.project.graphs import components_of
from handbook.python.project.import_graph import Edge, Graph

type _Nodes = Collection[str]


class Cut(NamedTuple):
    """An import to do without, and the shortest cycle that it closes.

    `cycle` names the modules by their paths, from the source of the edge back to itself.
    """

    edge: Edge
    cycle: tuple[str, ...]


def cuts(graph: Graph, rank: Callable[[Edge], int]) -> list[Cut]:
    """Choose imports without which a graph has no cycle.

    Of the imports of a cycle the one with the highest rank is chosen, among those of the same
    rank the one that lies on most cycles.
    """
    found: list[Cut] = []
    for component in components(graph, graph.keys()):
        busy = _cycles_through(graph, component)
        removed: set[int] = set()
        pending = [component]
        while pending:
            nodes = pending.pop()
            edges = [
                edge
                for node in nodes
                for edge in graph[node].values()
                if edge.target in nodes and not _is_removed(edge, removed)
            ]
            edge = max(edges, key=lambda edge: _preference(edge, rank, busy))
            neighbours = _neighbours(edges)
            back = shortest_way(neighbours, edge.target, edge.source)
            found.append(Cut(edge, (edge.source, *back)))
            removed.update(map(id, edge.imported))
            for other in edges:
                if _is_removed(other, removed) and other.source == edge.source:
                    neighbours[edge.source].remove(other.target)
            pending += components_of(neighbours, nodes)
    return found


def _is_removed(edge: Edge, removed: Collection[int]) -> bool:
    """Whether all names that an import is made for are gone."""
    return all(id(imported) in removed for imported in edge.imported)


def _preference(
    edge: Edge, rank: Callable[[Edge], int], busy: Mapping[tuple[str, str], int]
) -> tuple[int, int, int, bool, str, str]:
    key = (edge.source, edge.target)
    # The last parts only see to it that the choice is always the same.
    return (rank(edge), busy[key], -len(edge.imported), _is_late(edge), *key)


def _is_late(edge: Edge) -> bool:
    """Whether an import stands below definitions: those were put first because of the cycle."""
    first = edge.imported[0]
    return any(
        isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Assign)
        for node in first.scope.outline.body
        if node.lineno < first.node.lineno
    )


def components(graph: Graph, nodes: _Nodes) -> list[set[str]]:
    """The sets of modules that all import each other, directly or through others."""
    return components_of({node: list(graph[node]) for node in nodes}, nodes)


def _neighbours(edges: Sequence[Edge]) -> dict[str, list[str]]:
    neighbours: dict[str, list[str]] = {}
    for edge in edges:
        neighbours.setdefault(edge.source, []).append(edge.target)
    return neighbours


def _cycles_through(graph: Graph, nodes: _Nodes) -> Counter[tuple[str, str]]:
    """For each import, how many of the shortest cycles within some modules it lies on.

    The shortest cycle is taken of each import, which stands in for all of them.
    """
    neighbours = {node: [other for other in graph[node] if other in nodes] for node in nodes}
    sources: dict[str, list[str]] = {}
    for node, others in neighbours.items():
        for other in others:
            sources.setdefault(other, []).append(node)
    count: Counter[tuple[str, str]] = Counter()
    for target in nodes:
        before = _tree(neighbours, target)
        for source in sources.get(target, ()):
            count[source, target] += 1
            node = source
            while node != target:
                count[before[node], node] += 1
                node = before[node]
    return count


def _tree(neighbours: Mapping[str, Sequence[str]], start: str) -> dict[str, str]:
    """For each node that can be reached from `start`, the one before it on a shortest way."""
    before: dict[str, str] = {start: start}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for other in neighbours.get(node, ()):
            if other not in before:
                before[other] = node
                queue.append(other)
    return before


def shortest_way(neighbours: Mapping[str, Sequence[str]], start: str, end: str) -> list[str]:
    """A shortest way from `start` to `end`, both included."""
    before = _tree(neighbours, start)
    way = [end]
    while way[-1] != start:
        way.append(before[way[-1]])
    return way[::-1]
