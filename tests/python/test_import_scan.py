"""The imports that a light scan of a text finds are those that the parser finds."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.python.project.import_scan import ScannedImport, scan_imports
from handbook.syntax.outline import make_outline
from handbook.syntax.text import split_lines

SOURCES = sorted(Path(__file__).parents[2].glob("src/handbook/**/*.py"))


def parsed(text: str) -> Iterator[ScannedImport]:
    """The imports that the parser finds, without those for type checkers."""
    outline = make_outline(ast.parse(text), split_lines(text))
    for found in outline.imports:
        if found.is_type_checking:
            continue
        is_late = found.scope.enclosing_function() is not None
        if isinstance(found.node, ast.Import):
            yield ScannedImport(found.alias.name, 0, None, is_late)
        else:
            module = found.node.module or ""
            yield ScannedImport(module, found.node.level, found.alias.name, is_late)


def check(text: str) -> None:
    """Nothing is missed, and nothing that runs at once is taken for something that does not."""
    scanned = set(scan_imports(text.encode()))
    for found in parsed(text):
        at_once = found._replace(is_late=False)
        assert found in scanned or at_once in scanned, (found, scanned)


STATEMENTS = st.sampled_from(
    [
        *("import a", "import a.b as c, d", "from a import b", "from . import b as c"),
        *("from ..a.b import (c,\n  d as e,  # f)\n\n)", "from a import *", "import a; import b"),
        *("from a \\\n  import b, \\\n  c", "from .é import ö", "x = 1", "x = 1; from a import b"),
        *("'''from x import y'''", "x = '''\ndef f():\n  '''", 'x = """\nif TYPE_CHECKING:\n"""'),
        *("x = (\n1,\n  2)", "# import z", "if x: import a", "from a import(b)", "pass"),
        *("x = [\n  import_,\n]", "from.a import b", "from...import b", "import\\\n a"),
    ]
)
HEADERS = st.sampled_from(
    [
        *("if x:", "try:\n    pass\nfinally:", "def f():", "async def f(\n    x,\n):", "class A:"),
        *("if TYPE_CHECKING:", "if t.TYPE_CHECKING:  # only", "with x:", "for x in y:"),
        *("if TYPE_CHECKING:\n    pass\nelse:", "def f(\n    x: int,\n) -> None:", "while (\n1):"),
    ]
)


@st.composite
def programs(draw: st.DrawFn, depth: int = 0) -> str:
    """Statements, some of them in others."""
    parts: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        if depth < 3 and draw(st.booleans()):
            header = draw(HEADERS)
            body = draw(programs(depth + 1))
            width = draw(st.sampled_from(["  ", "    ", "\t"]))
            parts.append(header + "\n" + "\n".join(width + line for line in body.split("\n")))
        else:
            parts.append(draw(STATEMENTS))
    return "\n".join(parts)


@given(programs(), st.sampled_from(["\n", "\r\n", "\r"]))
def test_programs(text: str, end: str) -> None:
    """Whatever is around an import, and however it is written."""
    text = text.replace("\n", end)
    try:
        ast.parse(text)
    except SyntaxError:
        return
    check(text)


@pytest.mark.parametrize("path", SOURCES[::12], ids=lambda path: path.name)
def test_our_own_sources(path: Path) -> None:
    """Exactly the imports of real modules."""
    text = path.read_text(encoding="utf-8")
    check(text)


def test_what_surely_does_not_run_is_left_out() -> None:
    """Functions and conditions for type checkers are told by their headers."""
    text = (
        b"import a\nif TYPE_CHECKING:\n    import b\nelse:\n    import c\n"
        b"def f(\n    x,\n) -> None:\n    if x:\n        from . import d\n"
    )
    assert [(found.module or found.name, found.is_late) for found in scan_imports(text)] == [
        *(("a", False), ("c", False), ("d", True)),
    ]
