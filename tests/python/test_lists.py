"""What lists hold, in order, however they are made."""

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from handbook.python.project.project import Project
from handbook.python.values.lists import Items, items_of
from handbook.rulebook.documentation import files_of
from handbook.syntax.outline import own_nodes


def read(code: str, root: Path) -> Items:
    """What the argument of the last `use(…)` in `example.py` holds."""
    texts = {str(root / path): text for path, text in files_of(dedent(code)).items()}
    project = Project(root, overlays=texts)
    outline = project.read_outline(str(root / "example.py"))
    uses = [
        (node.args[0], scope)
        for scope in (outline, *outline.definitions)
        for node in own_nodes(scope)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "use"
    ]
    node, scope = uses[-1]
    return items_of(project, node, scope)


KNOWN: dict[str, tuple[str, list[str]]] = {
    "list": ("use([1, 2])", ["1", "2"]),
    "sum": ("A = [1]\nuse(A + [2] + (3,))", ["1", "2", "3"]),
    "spread": ("A = [1]\nuse([*A, 2, *[3]])", ["1", "2", "3"]),
    "reversed": ("use(reversed([1, 2]))", ["2", "1"]),
    "from the end": ("A = [1, 2]\nuse(A[::-1])", ["2", "1"]),
    "copied": ("A = (1, 2)\nuse(list(A).copy())", ["1", "2"]),
    "chained": ("from itertools import chain\nuse(chain([1], [2]))", ["1", "2"]),
    "pairs": ("D = {a: 1, b: 2}\nuse(D.items())", ["(a, 1)", "(b, 2)"]),
    "values": ("use({a: 1, **{b: 2}}.values())", ["1", "2"]),
    "keys": ("use({a: 1, b: 2})", ["a", "b"]),
    "filtered": ("use([x for x in [1, None] if x])", ["1", "None"]),
    "conditional": ("use([1] if x else [2, 3])", ["1", "2", "3"]),
    "or": ("use((x and [1]) or [2])", ["1", "2"]),
    "none": ("use(None)", []),
    "appended": ("A = [1]\nA.append(2)\nA.extend([3, 4])\nuse(A)", ["1", "2", "3", "4"]),
    "put before": ("A = [1]\nA.insert(0, 2)\nuse(A)", ["2", "1"]),
    "added to": ("A = [1]\nA.append(2)\nA += [3]\nA.append(4)\nuse(A)", ["1", "2", "3", "4"]),
    "appended in a branch": ("A = [1]\nif x:\n    A.append(2)\nuse(A)", ["1", "2"]),
    "appended too late": ("A = [1]\nuse(A)\nA.append(2)", ["1"]),
    "replaced": ("A = [1]\nA.append(2)\nA = [3]\nuse(A)", ["3"]),
    "one of two": ("if x:\n    A = [1]\nelse:\n    A = [2]\nuse(A)", ["1", "2"]),
    "returned": ("def f():\n    a = [1]\n    a.append(2)\n    return a\nuse(f())", ["1", "2"]),
    "returned early": ("def f():\n    if x: return [1]\n    return [2]\nuse(f())", ["1", "2"]),
    "given": ("def f(a, b=None): return [*a, 2, *(b or ())]\nuse(f([1]))", ["1", "2"]),
    "yielded": ("def f():\n    yield 1\n    yield from [2, 3]\nuse(f())", ["1", "2", "3"]),
    "of a method": (
        "class A:\n    def f(self): return [1]\n    def g(self): use(self.f())",
        ["1"],
    ),
    "of a module": (
        "import other\nuse(other.A)\n# file: other.py\nA = [1]\nA.append(2)",
        ["1", "2"],
    ),
    "shown and logged": ("A = [1]\nprint(A)\nlen(A)\nuse(A)", ["1"]),
}


@pytest.mark.parametrize(("code", "expected"), KNOWN.values(), ids=KNOWN.keys())
def test_known_items(code: str, expected: list[str], tmp_path: Path) -> None:
    """All items are found, and stand where they stand at run time."""
    found = read(code, tmp_path)
    assert [ast.unparse(value.node) for value in found.values] == expected
    assert found.is_complete
    assert found.is_ordered


SHUFFLED: dict[str, tuple[str, list[str]]] = {
    "set": ("use({1, 2})", ["1", "2"]),
    "sorted": ("use(sorted([1, 2], key=f))", ["1", "2"]),
    "sorted in place": ("A = [1, 2]\nA.sort()\nuse(A)", ["1", "2"]),
    "put between": ("A = [1, 2]\nA.insert(n, 3)\nuse(A)", ["1", "2", "3"]),
    "one of two returned": (
        "def f():\n    match x:\n        case 1: return [1]\n        case _: return [2]\nuse(f())",
        ["1", "2"],
    ),
    "appended by a function": ("A = [1]\ndef f(): A.append(2)\nf()\nuse(A)", ["1", "2"]),
    "appended by another module": (
        "A = [1]\nuse(A)\n# file: other.py\nimport example\nexample.A.append(2)",
        ["1", "2"],
    ),
}


@pytest.mark.parametrize(("code", "expected"), SHUFFLED.values(), ids=SHUFFLED.keys())
def test_items_in_unknown_order(code: str, expected: list[str], tmp_path: Path) -> None:
    """All items are found, and that their order is not known."""
    found = read(code, tmp_path)
    assert [ast.unparse(value.node) for value in found.values] == expected
    assert found.is_complete
    assert not found.is_ordered


UNKNOWN: dict[str, tuple[str, list[str]]] = {
    "name": ("use(x)", []),
    "parameter": ("def f(a): use(a)", []),
    "parameter with a default": ("def f(a=[1]): use(a)", []),
    "spread": ("use([1, *x])", ["1"]),
    "part": ("use([1, 2][1:])", []),
    "sum": ("use([1] + x)", ["1"]),
    "sum in place": ("A = [1]\nA += x\nuse(A)", ["1"]),
    "extended": ("A = [1]\nA.extend(x)\nuse(A)", ["1"]),
    "one case": ("use([1] if x else y)", ["1"]),
    "library": ("from lib import f\nuse([1, *f()])", ["1"]),
    "handed over": ("A = [1]\nfill(A)\nuse(A)", ["1"]),
    "stored": ("A = [1]\nA[0] = 2\nuse(A)", ["1"]),
    "decorated": ("@wrap\ndef f(): return [1]\nuse(f())", []),
    "dictionary that grows": ("D = {a: 1}\nD[b] = 2\nuse(D.items())", []),
    "attribute": (
        "class A:\n    def __init__(self): self.a = [1]\n    def f(self): use(self.a)",
        ["1"],
    ),
    "calls itself": ("def f(): return [1, *f()]\nuse(f())", ["1"] * 5),
}


@pytest.mark.parametrize(("code", "expected"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_items_that_are_not_all(code: str, expected: list[str], tmp_path: Path) -> None:
    """Those that can be seen are found, and that there may be more."""
    found = read(code, tmp_path)
    shown = [ast.unparse(value.node) for value in found.values]
    assert shown[: len(expected)] == expected
    assert not found.is_complete


def test_conditions(tmp_path: Path) -> None:
    """Each item comes with what must be the case."""
    found = read("A = [1]\nif x:\n    A.append(2)\nuse(A if y else [3])", tmp_path)
    tests = [
        [(ast.unparse(condition.test), condition.holds) for condition in value.conditions]
        for value in found.values
    ]
    assert tests == [[("y", True)], [("y", True), ("x", True)], [("y", False)]]
