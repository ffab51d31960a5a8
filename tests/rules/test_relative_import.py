"""HB051: what its fix makes of every way to write a relative import."""

from pathlib import Path

import pytest

from handbook.checking.workspace import Workspace
from handbook.config import Configuration
from handbook.syntax.text import split_lines
from handbook.violation import Applicability


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


@pytest.mark.parametrize(
    ("files", "other"),
    [
        ({}, None),
        ({"tests/test_main.py": "from app.main import name\n"}, "app"),
        ({"run.py": 'import uvicorn\n\nuvicorn.run("app.main:app")\n'}, "app"),
        ({"Dockerfile": "FROM python\nCOPY src/app /code/app\n"}, "app"),
        ({"Dockerfile": 'FROM python\nCOPY . /code\nCMD ["uvicorn", "app.main:app"]\n'}, "app"),
        ({"compose.yaml": "services:\n  web:\n    command: python -m app.main\n"}, "app"),
        ({"alembic.ini": "[alembic]\nprepend_sys_path = src\n"}, "app"),
        ({"pytest.ini": "[pytest]\npythonpath = src\n"}, "app"),
        ({"Dockerfile": 'FROM python\nCMD ["uvicorn", "src.app.main:app"]\n'}, None),
        ({"tests/test_main.py": "from src.app.main import name\n"}, None),
    ],
)
def test_it_is_unsafe_where_the_package_runs_by_another_name(
    tmp_path: Path, files: dict[str, str], other: str | None
) -> None:
    """`src/app` may be started as `app`, where `src.app.config` does not exist."""
    given = {
        "pyproject.toml": "",
        "src/__init__.py": "",
        "src/app/__init__.py": "",
        "src/app/config.py": "name: str = ''\n",
        "src/app/main.py": "from .config import name\n",
        **files,
    }
    for name, text in given.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    workspace = Workspace(Configuration(overrides={"select": ["HB051"]}))
    (violation,) = workspace.check(tmp_path / "src" / "app" / "main.py").violations
    assert violation.fix is not None
    assert violation.fix.applicability is (
        Applicability.SAFE if other is None else Applicability.UNSAFE
    )
    assert (f"`{other}`" in violation.fix.message) == (other is not None)


def test_a_namespace_package_is_named_from_where_it_is_imported(tmp_path: Path) -> None:
    """`mynamespace/` has no `__init__.py`, and is a part of the name all the same."""
    inner = tmp_path / "mynamespace" / "mypackage"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").touch()
    for name, text in {
        "__init__": "",
        "bar": "x: int = 1\n",
        "foo": "from .bar import x\n",
    }.items():
        (inner / f"{name}.py").write_text(text)
    workspace = Workspace(Configuration(overrides={"select": ["HB051"]}))
    (violation,) = workspace.check(inner / "foo.py").violations
    assert violation.fix is None or violation.fix.applicability is Applicability.UNSAFE
