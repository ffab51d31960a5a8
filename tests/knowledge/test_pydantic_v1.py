"""Which version of Pydantic a project runs on."""

from pathlib import Path

import pytest

from handbook.knowledge.pydantic.pydantic_v1 import applicability_of_renames
from handbook.python.project.project import Project
from handbook.violation import Applicability


@pytest.mark.parametrize(
    ("text", "is_old"),
    [
        ("from pydantic import BaseModel, BaseSettings\n", True),
        ("from pydantic_settings import BaseSettings\n", False),
        ("from pydantic.v1 import BaseSettings\n", False),
        ("from pydantic import BaseModel\n\n\nclass BaseSettings(BaseModel): ...\n", False),
        (
            "try:\n    from pydantic_settings import BaseSettings\n"
            "except ImportError:\n    from pydantic import BaseSettings\n",
            False,
        ),
    ],
)
def test_what_pydantic_2_refuses_to_give(text: str, is_old: bool) -> None:
    """A module that needs it in any case tells that Pydantic 1 runs, also of the other modules."""
    overlays = {
        "/project/settings.py": text,
        "/project/users.py": "from pydantic import BaseModel\n",
    }
    applicability = applicability_of_renames(Project(Path("/project"), overlays=overlays))
    assert applicability is (Applicability.UNSAFE if is_old else Applicability.SAFE)


@pytest.mark.parametrize(
    ("requirement", "is_old"),
    [
        ("pydantic==1.10.26", True),
        ("pydantic>=1.10", True),
        ("pydantic<2", True),
        ("pydantic>=2.10", False),
        ("pydantic<3", False),
        ("pydantic", False),
    ],
)
def test_what_the_dependencies_admit(tmp_path: Path, requirement: str, is_old: bool) -> None:
    """A project that says that it runs with Pydantic 1 is not given the names of Pydantic 2."""
    (tmp_path / "pyproject.toml").write_text(f'[project]\ndependencies = ["{requirement}"]\n')
    applicability = applicability_of_renames(Project(tmp_path, list_files=list))
    assert applicability is (Applicability.UNSAFE if is_old else Applicability.SAFE)
