"""How texts are put together."""

import ast
from pathlib import Path

import pytest

from handbook.python.project.project import Project
from handbook.python.values.string_building import Hole, fixed, texts_of
from handbook.syntax.outline import own_nodes

BEFORE = """
from textwrap import dedent
TABLE = "users"
COLUMNS = ["a", "b"]
class Names:
    table = "rows"
def select(z): return f"a {z}"
def f(x, y, xs):
"""

TEXTS: dict[str, tuple[str, list[str]]] = {
    "constant": ("use('a')", ["a"]),
    "f-string": ("use(f'a {x} b')", ["a {x} b"]),
    "sum": ("use('a ' + x + f'{y}')", ["a {x}{y}"]),
    "percent": ("use('a %s' % x)", ["a {x}"]),
    "percent of several": ("use('%s and %r' % (x, y))", ["{x} and {y}"]),
    "percent of names": ("use('%(p)s %%' % {'p': x})", ["{x} %"]),
    "percent of numbers": ("use('%d' % x)", ["0"]),
    "percent of a tuple": ("use('%s %s' % xs)", ["{'%s %s' % xs}"]),
    "format": ("use('{} {1} {p}'.format(x, y, p=xs))", ["{x} {y} {xs}"]),
    "format of too little": ("use('{} {}'.format(x))", ["{'{} {}'.format(x)}"]),
    "join": ("use(', '.join(['a', x]))", ["a, {x}"]),
    "join of each": ("use(', '.join(f'[{e}]' for e in xs))", ["[{e}]"]),
    "join of a parameter": ("use(', '.join(xs))", ["{', '.join(xs)}"]),
    "join of a list that grows": (
        "p = ['a']\n    p.append(x)\n    use(' '.join(p))",
        ["a {x}"],
    ),
    "constants": ("use(f'{TABLE} {Names.table}')", ["users rows"]),
    "constant list": ("use(', '.join(COLUMNS))", ["a, b"]),
    "variable": ("q = f'a {x}'\n    use(q)", ["a {x}"]),
    "replaced variable": ("q = x\n    q = 'a'\n    use(q)", ["a"]),
    "choice": ("use(x if y else 'a')", ["{x}", "a"]),
    "branches": ("q = 'a'\n    if x:\n        q = x\n    use(q)", ["a", "{q}"]),
    "number": ("use(f'a {x + 1}')", ["a {x + 1}"]),
    "value in a variable": ("y = x\n    use(f'a {y}')", ["a {y}"]),
    "added": ("q = 'a'\n    q += x\n    use(q)", ["a{x}"]),
    "left as it is": ("use(dedent(' a ').strip())", [" a "]),
    "parameter": ("use(x)", ["{x}"]),
    "function": ("use(select(x))", ["a {z}"]),
    "numbers in a variable": ("s = ','.join(str(e) for e in xs)\n    use(f'a {s}')", ["a {e}"]),
    "call": ("use(make(x))", ["{make(x)}"]),
    "loop": ("for e in xs:\n        use(e)", ["{e}"]),
}


@pytest.mark.parametrize(("code", "expected"), TEXTS.values(), ids=TEXTS.keys())
def test_texts_of(code: str, expected: list[str], tmp_path: Path) -> None:
    """All ways are taken apart, and what cannot be followed is a hole."""
    path = str(tmp_path / "main.py")
    project = Project(tmp_path, overlays={path: f"{BEFORE}    {code}\n"})
    outline = project.outline(path)
    assert outline is not None
    function = outline.definitions[-1]
    (argument,) = next(
        node.args
        for node in own_nodes(function, ast.Call)
        if isinstance(node.func, ast.Name) and node.func.id == "use"
    )
    found = [
        "".join(
            f"{{{ast.unparse(piece.node)}}}" if isinstance(piece, Hole) else piece
            for piece in text
        )
        for text in texts_of(project, argument, function)
    ]
    assert found == expected


def test_fixed(tmp_path: Path) -> None:
    """The fixed parts are given with a gap for each hole."""
    scope = Project(tmp_path, overlays={str(tmp_path / "m.py"): ""}).outline(
        str(tmp_path / "m.py")
    )
    assert scope is not None
    assert fixed(("a", Hole(ast.Name("x"), scope), "b")) == "a\0b"
