"""Known violations, changed lines, severities: what a run leaves out, and what it never does."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from handbook.adoption.baseline import Baseline
from handbook.cli import cli
from handbook.config import ConfigError

_OLD = """from typing import List, Optional


class Users:
    def find(self, names: List[str]) -> Optional[str]:
        first: Optional[str] = None
        return first


def count(names: List[str]) -> int:
    return len(names)
"""
_MORE = "\n\ndef more(names: List[str]) -> None:\n    ...\n"


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project with a baseline of all that is wrong with it."""
    (tmp_path / "pyproject.toml").write_text("[tool.handbook]\n")
    (tmp_path / "users.py").write_text(_OLD)
    monkeypatch.chdir(tmp_path)
    assert check().exit_code == 1
    assert call("baseline").exit_code == 0
    return tmp_path


def call(*arguments: str) -> Result:
    """Call the command line in this process."""
    return CliRunner().invoke(cli, arguments, prog_name="handbook")


def check(*arguments: str) -> Result:
    """Check the working directory."""
    return call("check", "--output-format", "concise", *arguments)


def git(*arguments: str) -> Sequence[str]:
    """Run git in the working directory."""
    command = ["git", "-c", "user.name=T", "-c", "user.email=t@example.com", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def test_known_violations_are_not_reported(known: Path) -> None:
    """All that stood there is known, and said to be."""
    checked = check()
    assert checked.exit_code == 0
    assert "4 known violations in the baseline." in checked.stdout
    assert check("--no-baseline").exit_code == 1
    rows = (known / ".handbook-baseline.json").read_text().splitlines()
    assert (rows[0], rows[-1]) == ("[", "]")
    assert rows[1:-1] == sorted(rows[1:-1])
    assert json.loads("".join(rows))[0]["path"] == "users.py"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("from typing", "import os\n\nfrom typing"),
        ("class Users:", "LIMIT: int = 3\n\n\nclass Users:"),
        ("def count(names: List[str]) -> int:", "def count(\n    names: List[str],\n) -> int:"),
        ("def count(", "def number_of("),
        ("class Users:", "class People:"),
        ("return len(names)", "total = len(names)\n    return total"),
        ("first: Optional[str] = None", "first: Optional[str] = None  # nobody yet"),
    ],
)
def test_edits_elsewhere_change_nothing(known: Path, old: str, new: str) -> None:
    """Lines above, layout, comments and names of functions do not make a known one new."""
    assert old in _OLD
    (known / "users.py").write_text(_OLD.replace(old, new))
    assert check().exit_code == 0


def test_a_moved_file_keeps_its_entries(known: Path) -> None:
    """An entry follows its statement to another file once its own is gone."""
    (known / "users.py").rename(known / "people.py")
    assert check().exit_code == 0
    (known / "users.py").write_text(_OLD)
    assert check().exit_code == 1, "a copy beside the original is new"


def test_new_violations_are_reported(known: Path) -> None:
    """The same statement in another place is new."""
    (known / "users.py").write_text(_OLD + _MORE)
    checked = check()
    assert checked.exit_code == 1
    assert checked.stdout.count("HB031") == 1
    assert "users.py:14:17" in checked.stdout


def test_update_only_shrinks(known: Path) -> None:
    """What is gone is removed on request; what is new is added only by force."""
    (known / "users.py").write_text(
        _OLD.replace("first: Optional[str]", "first: str | None") + _MORE
    )
    assert "1 gone: run with `--update-baseline`" in check().stdout
    assert "1 removed" in check("--update-baseline").stdout
    assert "gone" not in check().stdout
    before = (known / ".handbook-baseline.json").read_text()
    assert "1 new violation was not added" in call("baseline").stderr
    assert (known / ".handbook-baseline.json").read_text() == before
    assert call("baseline", "--force").exit_code == 0
    assert check().exit_code == 0


def test_files_that_are_not_checked_keep_their_entries(known: Path) -> None:
    """A run over one file says nothing of the others."""
    (known / "other.py").write_text("")
    checked = check("--update-baseline", "other.py")
    assert checked.exit_code == 0 and "gone" not in checked.stdout
    assert "4 known" in check().stdout


def test_merges(known: Path) -> None:
    """The lines of both branches are read, whatever their commas; a conflict is told."""
    path = known / ".handbook-baseline.json"
    rows = path.read_text().splitlines()
    path.write_text("\n".join([rows[0], *(row.removesuffix(",") for row in rows[1:-1]), "]"]))
    assert check().exit_code == 0
    path.write_text("\n".join([rows[0], "<<<<<<< HEAD", *rows[1:]]))
    checked = check()
    assert checked.exit_code == 2
    assert ".json:2: this line is no entry of a baseline; resolve the merge" in checked.stderr


def test_what_cannot_be_read(tmp_path: Path) -> None:
    """A missing or odd baseline is one sentence."""
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        Baseline.read(tmp_path / "nothing.json")
    (tmp_path / "odd.json").write_text('{"path": 3}\n')
    with pytest.raises(ConfigError, match=r"odd\.json:1: this line is no entry"):
        Baseline.read(tmp_path / "odd.json")


def test_only_what_a_change_touches(known: Path) -> None:
    """`--diff-base` reports what lies in changed lines and in new files, and nothing else."""
    git("init", "-q")
    git("add", "--all")
    git("commit", "-qm", "Begin")
    base = git("rev-parse", "HEAD")[0]
    assert check("--no-baseline", "--diff-base", base).exit_code == 0
    (known / "users.py").write_text(_OLD + _MORE)
    (known / "new é.py").write_text("import os\n\nfrom typing import List\n\nx: List[int] = []\n")
    checked = check("--no-baseline", "--diff-base", base)
    rows = [row.partition(": HB031")[0] for row in checked.stdout.splitlines() if "HB031" in row]
    assert rows == ["new é.py:5:4", "users.py:14:17"]
    git("add", "--all")
    git("commit", "-qm", "Change")
    assert check("--no-baseline", "--diff-base", base).stdout == checked.stdout
    assert check("--no-baseline", "--diff-base", "HEAD").exit_code == 0
    unknown = check("--diff-base", "nowhere")
    assert unknown.exit_code == 2 and "nowhere" in unknown.stderr
    assert check("--diff-base=--output=x").exit_code == 2


def test_severity_and_fail_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less severe ones can be hidden, or shown without failing the run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text(
        "from typing import TypeAlias\n\nNames: TypeAlias = list[str]\n"
    )
    shown = check("--select", "HB038")
    assert (shown.exit_code, shown.stdout.count("HB038")) == (0, 1)
    assert check("--select", "HB038", "--fail-on", "info").exit_code == 1
    assert "HB038" not in check("--select", "HB038", "--severity", "warning").stdout
    (tmp_path / "b.py").write_text("from typing import List\n\nx: List[int] = []\n")
    assert check("--select", "HB031").exit_code == 1
    assert check("--select", "HB031", "--fail-on", "error").exit_code == 0
    assert check("--select", "HB031", "--config", 'fail-on = "error"').exit_code == 0
