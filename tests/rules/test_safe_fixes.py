"""A fix is safe only where it is so on all that the project admits."""

from pathlib import Path

import pytest

from handbook.checking.workspace import Workspace
from handbook.config import Configuration
from handbook.violation import Applicability


def grade(folder: Path, code: str, files: dict[str, str]) -> Applicability:
    """The applicability of the one fix for `app/main.py`."""
    for name, text in {"pyproject.toml": "", "app/__init__.py": "", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    workspace = Workspace(Configuration(overrides={"select": [code]}))
    found = workspace.check(folder / "app" / "main.py").violations
    (fix,) = {violation.fix for violation in found if violation.fix is not None}
    return fix.applicability


OPTIONAL = "from typing import Optional\n\nx: Optional[int] = None\n"
CONFIG = "from pydantic import BaseModel\n\n\nclass A(BaseModel):\n    class Config:\n        frozen = True\n"


@pytest.mark.parametrize(
    ("code", "text", "files", "expected"),
    [
        ("HB032", OPTIONAL, {}, Applicability.SAFE),
        (
            "HB032",
            OPTIONAL,
            {"pyproject.toml": '[project]\nrequires-python = ">=3.12"\n'},
            Applicability.SAFE,
        ),
        (
            "HB032",
            OPTIONAL,
            {"pyproject.toml": '[project]\nrequires-python = ">=3.9"\n'},
            Applicability.UNSAFE,
        ),
        (
            "HB032",
            OPTIONAL,
            {"setup.py": 'setup(python_requires=">=3.8")\n'},
            Applicability.UNSAFE,
        ),
        (
            "HB032",
            'from typing import Optional\n\nx: Optional["A"] = None\n\n\nclass A: ...\n',
            {},
            Applicability.UNSAFE,
        ),
        ("HB101", CONFIG, {"app/requirements.txt": "pydantic==2.7.1\n"}, Applicability.SAFE),
        ("HB101", CONFIG, {"app/requirements.txt": "pydantic==1.10.2\n"}, Applicability.UNSAFE),
        ("HB101", CONFIG, {"constraints.txt": "pydantic>=1.8,<3\n"}, Applicability.UNSAFE),
        (
            "HB101",
            CONFIG,
            {"uv.lock": '[[package]]\nname = "pydantic"\nversion = "1.10.4"\n'},
            Applicability.UNSAFE,
        ),
        ("HB101", CONFIG, {"requirements.txt": "pydantic-settings==1\n"}, Applicability.SAFE),
        (
            "HB101",
            CONFIG,
            {
                "app/other.py": "from app.main import A\n\n\nclass B(A):\n    class Config(A.Config): ...\n"
            },
            Applicability.UNSAFE,
        ),
    ],
)
def test_versions_and_other_files_decide(
    tmp_path: Path, code: str, text: str, files: dict[str, str], expected: Applicability
) -> None:
    """Pins beside the file, at the root, in locks; and what else relies on what is rewritten."""
    assert grade(tmp_path, code, {"app/main.py": text, **files}) is expected


def test_a_route_that_is_called_by_position(tmp_path: Path) -> None:
    """What a fix makes keyword-only must not be passed by position, tests included."""
    route = (
        "from fastapi import APIRouter, Depends, Query\n\nrouter = APIRouter()\n\n\n"
        "def get() -> int:\n    return 1\n\n\n"
        '@router.get("/")\ndef show(page: int = Query(1), db: int = Depends(get)) -> None: ...\n'
    )
    assert grade(tmp_path / "a", "HB111", {"app/main.py": route}) is Applicability.SAFE
    called = {
        "app/main.py": route,
        "tests/test_main.py": "from app.main import show\n\nshow(1, 2)\n",
    }
    assert grade(tmp_path / "b", "HB111", called) is Applicability.UNSAFE
