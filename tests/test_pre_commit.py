"""The pre-commit hook, installed for real from this repository."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CLEAN = "names: list[str] = []\n"
BROKEN = "from typing import List\n\nnames: List[str] = []\n"


def run(*command: str, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command and return what it printed."""
    return subprocess.run(command, cwd=cwd, check=check, text=True, capture_output=True)


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A git repository with this project's files as they are now, to take the hooks from."""
    folder = tmp_path_factory.mktemp("hooks")
    listed = run("git", "ls-files", "src", "pyproject.toml", "README.md", "LICENSE", cwd=ROOT)
    for name in [*listed.stdout.splitlines(), ".pre-commit-hooks.yaml"]:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            target.write_bytes((ROOT / name).read_bytes())
    commit_all(folder)
    yield folder


def commit_all(folder: Path) -> None:
    """Make a folder a git repository, everything in it committed."""
    run("git", "init", "--quiet", cwd=folder)
    run("git", "add", "--all", cwd=folder)
    author = ("-c", "user.name=Tester", "-c", "user.email=tester@example.com")
    run("git", *author, "commit", "--quiet", "--message", "Begin", cwd=folder)


@pytest.mark.parametrize(("text", "passes"), [(CLEAN, True), (BROKEN, False)])
def test_check_hook(hooks: Path, tmp_path: Path, text: str, passes: bool) -> None:
    """The hook passes on a clean repository, and names the rule and place in a broken one."""
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "app.py").write_text(text)
    commit_all(tmp_path)
    command = ("pre-commit", "try-repo", str(hooks), "handbook", "--all-files", "--verbose")
    result = run(*command, cwd=tmp_path, check=False)
    assert (result.returncode == 0) == passes, result.stdout + result.stderr
    assert ("app.py:3:8" in result.stdout and "HB031" in result.stdout) != passes


def test_fix_hook(hooks: Path, tmp_path: Path) -> None:
    """The fixing hook mends the file, and fails so that the change is looked at."""
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "app.py").write_text(BROKEN)
    commit_all(tmp_path)
    command = ("pre-commit", "try-repo", str(hooks), "handbook-fix", "--all-files", "--verbose")
    result = run(*command, cwd=tmp_path, check=False)
    assert result.returncode == 1, result.stdout + result.stderr
    assert (tmp_path / "app.py").read_text() == CLEAN
