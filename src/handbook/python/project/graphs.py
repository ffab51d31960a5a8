"""What is asked of any directed graph."""

from collections.abc import Collection, Iterator, Mapping, Sequence


def components_of(
    neighbours: Mapping[str, Sequence[str]], nodes: Collection[str]
) -> list[set[str]]:
    """Tarjan's strongly connected components of more than one node, without recursion."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    on_path: set[str] = set()
    found: list[set[str]] = []
    for start in sorted(nodes):
        if start in index:
            continue
        work: list[tuple[str, Iterator[str]]] = [(start, iter(neighbours.get(start, ())))]
        index[start] = lowest[start] = len(index)
        path.append(start)
        on_path.add(start)
        while work:
            node, following = work[-1]
            for other in following:
                if other not in index:
                    index[other] = lowest[other] = len(index)
                    path.append(other)
                    on_path.add(other)
                    work.append((other, iter(neighbours.get(other, ()))))
                    break
                if other in on_path:
                    lowest[node] = min(lowest[node], index[other])
            else:
                work.pop()
                if work:
                    above = work[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                if lowest[node] == index[node]:
                    cut = path.index(node)
                    component = set(path[cut:])
                    del path[cut:]
                    on_path -= component
                    if len(component) > 1:
                        found.append(component)
    return found
