"""Each rule, shown by a small change to the reference service that breaks it and nothing else.

A mutation is a diff in `fixtures/mutations`, named after its rule. The lines of it that end in
`# <-` are those that must be reported.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from handbook.checking.discovery import discover
from handbook.checking.runner import run
from handbook.checking.workspace import Workspace
from handbook.config import Configuration
from handbook.rulebook.registry import registry

FIXTURES = Path(__file__).parents[1] / "fixtures"
REFERENCE = FIXTURES / "reference"
MUTATIONS = sorted((FIXTURES / "mutations").glob("*.diff"))
MARK = "# <-"


def test_every_rule_has_a_mutation() -> None:
    """No rule goes without one."""
    shown = {path.stem.partition("-")[0] for path in MUTATIONS}
    assert shown == set(registry().rules)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda path: path.stem)
def test_mutation(mutation: Path, tmp_path: Path) -> None:
    """The mutant breaks that rule at the marked lines, and no other rule anywhere."""
    service = tmp_path / "service"
    ignored = shutil.ignore_patterns(".venv", "*_cache", "__pycache__", "*.db", "uv.lock")
    shutil.copytree(REFERENCE, service, ignore=ignored)
    subprocess.run(["git", "apply", str(mutation)], cwd=service, check=True, capture_output=True)
    configuration = Configuration(overrides={"select": ["ALL"], "preview": True}, isolated=True)
    outcome = run(discover([service], configuration), Workspace(configuration), jobs=1)
    assert outcome.failures == []
    found = {
        (
            violation.code,
            Path(violation.path).relative_to(service).as_posix(),
            violation.span.start.line,
        )
        for violation in outcome.violations
    }
    code = mutation.stem.partition("-")[0]
    expected = {(code, path, line) for path, line in marked_lines(service)}
    assert expected
    assert found == expected


def marked_lines(folder: Path) -> list[tuple[str, int]]:
    """Every line of a folder's Python files that ends in a mark."""
    return [
        (path.relative_to(folder).as_posix(), number)
        for path in sorted(folder.rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1)
        if line.endswith(MARK)
    ]
