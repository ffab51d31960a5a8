"""Which modules run which others, and which imports to cut so that no circle is left."""

import os
from pathlib import Path
from textwrap import dedent

import pytest

from handbook.python.project.import_cycles import components, cuts, shortest_way
from handbook.python.project.import_graph import Edge, Graph, import_graph, is_around
from handbook.python.project.project import Project
from handbook.rulebook.documentation import files_of

type Shown = dict[str, list[str]]


def open_project(code: str, root: Path) -> Project:
    """A project of the files in `code`, which exist only as overlays."""
    return Project(
        root, overlays={str(root / path): text for path, text in files_of(dedent(code)).items()}
    )


def whole_graph(project: Project) -> Graph:
    """The imports between all modules of a project."""
    return import_graph(project, frozenset(project.paths))


def shown(graph: Graph, root: Path) -> Shown:
    """For each module that imports others their paths."""
    return {
        os.path.relpath(source, root): sorted(os.path.relpath(target, root) for target in targets)
        for source, targets in graph.items()
        if targets
    }


GRAPHS: dict[str, tuple[str, Shown]] = {
    "a module": ("# file: a.py\nimport b\n# file: b.py\n", {"a.py": ["b.py"]}),
    "a name": ("# file: a.py\nfrom b import x\n# file: b.py\nx = 1\n", {"a.py": ["b.py"]}),
    "a star": ("# file: a.py\nfrom b import *\n# file: b.py\n", {"a.py": ["b.py"]}),
    "a library": ("# file: a.py\nimport os, fastapi\nfrom math import pi\n", {}),
    "a stub": ("# file: a.pyi\nimport b\n# file: b.pyi\nimport a\n", {}),
    "itself": ("# file: a.py\nimport a\n", {}),
    "for types": (
        "# file: a.py\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import b\n"
        "# file: b.py\n",
        {},
    ),
    "in a class and a branch": (
        "# file: a.py\nclass A:\n    import b\nif A:\n    import c\n# file: b.py\n# file: c.py\n",
        {"a.py": ["b.py", "c.py"]},
    ),
    "as a script": (
        "# file: a.py\nif __name__ == '__main__':\n    import b\n# file: b.py\n",
        {},
    ),
    "with the packages on the way": (
        """
        # file: a.py
        import p.q.m
        # file: p/__init__.py
        # file: p/q/__init__.py
        # file: p/q/m.py
        """,
        {"a.py": ["p/__init__.py", "p/q/__init__.py", "p/q/m.py"]},
    ),
    "a module by its name": (
        "# file: a.py\nfrom p import m\n# file: p/__init__.py\n# file: p/m.py\n",
        {"a.py": ["p/__init__.py", "p/m.py"]},
    ),
    "a name that hides a module": (
        "# file: a.py\nfrom p import m\n# file: p/__init__.py\nm = 1\n# file: p/m.py\n",
        {"a.py": ["p/__init__.py"]},
    ),
    "not the package around": (
        "# file: p/__init__.py\n# file: p/a.py\nfrom p.b import x\n# file: p/b.py\nx = 1\n",
        {"p/a.py": ["p/b.py"]},
    ),
    "by dots": (
        "# file: p/__init__.py\nfrom .a import x\n# file: p/a.py\nfrom . import b\nx = 1\n"
        "# file: p/b.py\n",
        {"p/__init__.py": ["p/a.py"], "p/a.py": ["p/b.py"]},
    ),
    "a name that the package has too late": (
        "# file: p/__init__.py\nfrom p.a import x\ny = 1\n# file: p/a.py\nfrom p import y\nx = y\n",
        {"p/__init__.py": ["p/a.py"], "p/a.py": ["p/__init__.py"]},
    ),
    "a name that the package has in time": (
        "# file: p/__init__.py\ny = 1\nfrom p.a import x\n# file: p/a.py\nfrom p import y\nx = y\n",
        {"p/__init__.py": ["p/a.py"]},
    ),
}


@pytest.mark.parametrize(("code", "expected"), GRAPHS.values(), ids=GRAPHS)
def test_import_graph(code: str, expected: Shown, tmp_path: Path) -> None:
    assert shown(whole_graph(open_project(code, tmp_path)), tmp_path) == expected


def test_imports_in_functions_count_on_request(tmp_path: Path) -> None:
    project = open_project("# file: a.py\ndef f():\n    import b\n# file: b.py\n", tmp_path)
    assert shown(whole_graph(project), tmp_path) == {}
    assert shown(import_graph(project, frozenset(project.paths), at_run_time=True), tmp_path) == {
        "a.py": ["b.py"]
    }


def test_an_edge_knows_every_name_it_is_made_for(tmp_path: Path) -> None:
    code = "# file: a.py\nfrom b import x, y\nimport b\n# file: b.py\nx = y = 1\n"
    graph = whole_graph(open_project(code, tmp_path))
    edge = graph[str(tmp_path / "a.py")][str(tmp_path / "b.py")]
    assert [imported.name for imported in edge.imported] == ["x", "y", None]


def test_only_packages_are_around_modules(tmp_path: Path) -> None:
    code = "# file: p/__init__.py\n# file: p/q/m.py\n# file: pq.py\n# file: p/a.py\n"
    package, a, m, pq = open_project(code, tmp_path).outlines
    assert is_around(package, m)
    assert is_around(package, a)
    assert not is_around(package, pq)
    assert not is_around(package, package)
    assert not is_around(a, m)


# Circles


def graph_of(edges: str, root: Path) -> Graph:
    """The graph of modules of one letter, `ab` for an import of `b` by `a`."""
    texts: dict[str, str] = {name: "" for name in sorted(set(edges) - {" "})}
    for edge in edges.split():
        texts[edge[0]] += f"import {edge[1]}\n"
    code = "".join(f"# file: {name}.py\n{text}" for name, text in texts.items())
    return whole_graph(open_project(code, root))


def letter(path: str) -> str:
    return Path(path).stem


CIRCLES: dict[str, list[str]] = {
    "ab bc": [],
    "ab ba": ["ab"],
    "ab bc ca cd": ["abc"],
    "ab ba cd dc bc": ["ab", "cd"],
    "ab ba bc cb": ["abc"],
    "ab bc cd db ea": ["bcd"],
}


@pytest.mark.parametrize(("edges", "expected"), CIRCLES.items(), ids=CIRCLES)
def test_components(edges: str, expected: list[str], tmp_path: Path) -> None:
    graph = graph_of(edges, tmp_path)
    found = ["".join(sorted(map(letter, each))) for each in components(graph, graph.keys())]
    assert sorted(found) == expected


@pytest.mark.parametrize("edges", CIRCLES)
def test_no_circle_is_left_after_the_cuts(edges: str, tmp_path: Path) -> None:
    graph = graph_of(edges, tmp_path)
    found = cuts(graph, lambda edge: 0)
    for cut in found:
        assert cut.cycle[0] == cut.cycle[-1] == cut.edge.source
        assert cut.cycle[1] == cut.edge.target
        del graph[cut.edge.source][cut.edge.target]
    assert components(graph, graph.keys()) == []
    assert bool(found) == bool(CIRCLES[edges])


def test_the_import_of_the_highest_rank_is_cut(tmp_path: Path) -> None:
    def rank(edge: Edge) -> int:
        return int(letter(edge.source) == "c")

    (cut,) = cuts(graph_of("ab bc ca", tmp_path), rank)
    assert "".join(map(letter, cut.cycle)) == "cabc"


def test_the_import_that_closes_most_circles_is_cut(tmp_path: Path) -> None:
    (cut,) = cuts(graph_of("ab bc bd ca da", tmp_path), lambda edge: 0)
    assert letter(cut.edge.source) + letter(cut.edge.target) == "ab"


def test_a_shortest_way_is_found() -> None:
    neighbours = {"a": ["b", "c"], "b": ["c"], "c": ["d"], "d": ["a"]}
    assert shortest_way(neighbours, "a", "d") == ["a", "c", "d"]
    assert shortest_way(neighbours, "a", "a") == ["a"]
