"""An edited text is parsed only in part, and comes out as if it had been parsed whole."""

import ast
from pathlib import Path

import pytest

from handbook.syntax.outline import make_outline
from handbook.syntax.reparse import parse_again
from handbook.syntax.text import SourceError, parse, split_lines

SOURCES = Path(__file__).parents[1] / "src" / "handbook" / "syntax"
PIECES = (
    *("\n", "    \n", "else:\n", "    pass\n", "x = 1\n", "x = 1 \\\n", "+ 2\n", '"""\n', ")\n"),
    *("@later\n", "# text \\\n", "x = (\n", "if x:\n", "x = 1; y = 2\n", "except A, B:\n"),
    *("    else:\n", "case = 1\n", "\x0c\n", "x = 'ä'"),
)


def outcome(before: str, after: str, *, whole: bool) -> str:
    """Every node and place of the second text, or what is wrong with it."""
    try:
        if whole:
            tree = parse(after)
        else:
            lines = split_lines(before)
            tree = parse_again(make_outline(parse(before), lines), split_lines(after))
    except SourceError as error:
        return f"{error} at {error.position}"
    return ast.dump(tree, include_attributes=True)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("x = 1\ny = 2\nz = 3\n", "x = 1\ny = 4\nz = 3\n", id="one line"),
        pytest.param("x = 1\ny = 2\nz = 3\n", "x = 1\nz = 3\n", id="a line less"),
        pytest.param("x = 1\n\nz = 3\n", "x = 1\ny = 2\nz = 3\n", id="between statements"),
        pytest.param("if x:\n    y\n\nz\n", "if x:\n    y\nelse: y\nz\n", id="else"),
        pytest.param("if x:\n    y\n\nz\n", "if x:\n    y\n    y\nz\n", id="a longer body"),
        pytest.param("x = 1 \\\n\ny = 2\n", "x = 1 \\\n+ 2\ny = 2\n", id="continued above"),
        pytest.param("a\nb\nx = 1\ny = 2\n", "a\nb\nx = \\\ny = 2\n", id="continued below"),
        pytest.param("x = 1\n\ndef f(): ...\n", "x = 1\n@g\ndef f(): ...\n", id="decorator"),
        pytest.param("a\nx = 1\ny = 2\n", 'a\nx = """\ny = 2\n', id="open string"),
        pytest.param("", "x = 1\n", id="from nothing"),
        pytest.param("x = 1\n", "", id="to nothing"),
        pytest.param("# a\nx = 1\n", "# b\nx = 1\n", id="no change"),
    ],
)
def test_small_edits(before: str, after: str) -> None:
    """What is kept goes on being what it is, and nothing of it belongs to what is new."""
    assert outcome(before, after, whole=False) == outcome(before, after, whole=True)


@pytest.mark.parametrize("path", sorted(SOURCES.glob("*.py")), ids=lambda path: path.stem)
def test_senseless_edits(path: Path) -> None:
    """So do edits without sense, all over a real file."""
    before = path.read_text(encoding="utf-8")
    for number, piece in enumerate(PIECES):
        lines = split_lines(before)
        at = number * 61 % len(lines)
        lines[at : at + number % 3] = [piece]
        after = "".join(lines)
        assert outcome(before, after, whole=False) == outcome(before, after, whole=True), at


def test_other_statements_are_kept() -> None:
    """Only the edited statement and the one above it are parsed again."""
    before = "a = 1\nb = 2\nc = 3\nd = 4\n"
    outline = make_outline(parse(before), split_lines(before))
    after = parse_again(outline, split_lines(before.replace("3", "5")))
    kept = [new is old for new, old in zip(after.body, outline.tree.body, strict=True)]
    assert kept == [True, False, False, True]
