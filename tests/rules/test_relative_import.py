"""HB051: what its fix makes of every way to write a relative import."""

from pathlib import Path

import pytest

from handbook.checking.workspace import Workspace
from handbook.config import Configuration
from handbook.syntax.text import split_lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from . import x\n", "from app import x\n"),
        ("from .import x\n", "from app import x\n"),
        ("from.x import name\n", "from app.x import name\n"),
        ("from .  x import name\n", "from app.x import name\n"),
        ("from . import (\n    x,  # kept\n)\n", "from app import (\n    x,  # kept\n)\n"),
        ("from \\\n    . import x\n", None),
    ],
)
def test_the_edit_alone_makes_python(tmp_path: Path, text: str, expected: str | None) -> None:
    """An editor applies the edit as it is, without a look at what comes of it."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "app").mkdir()
    for name in ("__init__", "x"):
        (tmp_path / "app" / f"{name}.py").write_text("name: int = 1\n")
    path = tmp_path / "app" / "y.py"
    path.write_text(text)
    workspace = Workspace(Configuration(overrides={"select": ["HB051"]}))
    (violation,) = workspace.check(path).violations
    if expected is None:
        assert violation.fix is None
        return
    assert violation.fix is not None
    (edit,) = violation.fix.edits
    start, end = edit.span.start, edit.span.end
    lines = split_lines(text)
    line = lines[start.line - 1]
    lines[start.line - 1] = line[: start.column] + edit.text + line[end.column :]
    assert "".join(lines) == expected
