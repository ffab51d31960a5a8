"""What names mean across files, whichever is asked about first."""

from itertools import permutations
from pathlib import Path
from textwrap import dedent

import pytest

from handbook.python.project.project import Project
from handbook.rulebook.documentation import files_of


def open_project(code: str, root: Path) -> Project:
    """A project of the files in `code`, which exist only as overlays."""
    texts = {str(root / path): text for path, text in files_of(dedent(code)).items()}
    return Project(root, overlays=texts)


def meanings(project: Project, names: tuple[str, ...]) -> dict[str, str | None]:
    """What some absolute names mean."""
    found = {name: project.resolve(name) for name in names}
    return {
        name: symbol.qualified_name if symbol is not None else None
        for name, symbol in found.items()
    }


CIRCLES: dict[str, tuple[str, dict[str, str | None]]] = {
    "two modules that import everything of each other": (
        """
        # file: a.py
        from b import *
        # file: b.py
        from a import *
        from c import *
        # file: c.py
        class X: ...
        """,
        {"a.X": "c.X", "b.X": "c.X", "a.Y": None, "b.Y": None},
    ),
    "a name on the way through a circle": (
        """
        # file: a.py
        from c import *
        from b import *
        # file: b.py
        from a import X
        # file: c.py
        class X: ...
        """,
        {"a.X": "c.X", "b.X": "c.X", "c.X": "c.X"},
    ),
    "two modules that import a name from each other": (
        """
        # file: a.py
        from b import X
        # file: b.py
        from a import X
        """,
        {"a.X": None, "b.X": None},
    ),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_circles(name: str, tmp_path: Path) -> None:
    """Modules that import each other are followed as far as it goes, in any order."""
    code, expected = CIRCLES[name]
    for order in permutations(expected):
        assert meanings(open_project(code, tmp_path), order) == expected
