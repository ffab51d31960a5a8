"""A repository that nobody trusts: nothing of it runs unasked, hangs a run or commands a terminal."""

import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from handbook.checking.discovery import discover
from handbook.cli import cli
from handbook.config import ConfigError, Configuration
from handbook.config.globs import Globs
from handbook.rulebook.registry import registry

_PLUGIN = "from pathlib import Path\n\nPath({path!r}).write_text('ran')\n{more}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    registry.cache_clear()
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text("x = 1\n")
    monkeypatch.chdir(folder)
    return folder


def _plant(folder: Path, more: str = "") -> Path:
    """Put a configuration into a folder that names code; returns the file that tells it ran."""
    folder.mkdir(exist_ok=True)
    mark = folder / "ran.txt"
    (folder / "pyproject.toml").write_text("[tool.handbook]\nplugins = ['evil.py']\n")
    (folder / "evil.py").write_text(_PLUGIN.format(path=str(mark), more=more))
    (folder / "module.py").write_text("x = 1\n")
    return mark


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def test_plug_ins_of_the_own_root_run(project: Path) -> None:
    mark = _plant(project)
    _run("check", ".")
    assert mark.exists()


@pytest.mark.parametrize("place", [".", "vendor", "vendor/module.py"])
def test_no_plug_in_of_a_folder_below_runs(project: Path, place: str) -> None:
    mark = _plant(project / "vendor")
    assert _run("check", place).exit_code == 0
    assert not mark.exists()


def test_no_plug_in_of_a_folder_elsewhere_runs(project: Path, tmp_path: Path) -> None:
    mark = _plant(tmp_path / "elsewhere")
    assert _run("check", str(tmp_path / "elsewhere")).exit_code == 0
    assert not mark.exists()


@pytest.mark.parametrize("option", ["--show-files", "--show-settings"])
def test_what_only_shows_runs_nothing(project: Path, option: str) -> None:
    mark = _plant(project)
    assert _run("check", option).exit_code == 0
    assert not mark.exists()


@pytest.mark.parametrize("code", ["import os\nos._exit(0)", "raise SystemExit(0)"])
def test_no_plug_in_ends_a_run_with_success(project: Path, code: str) -> None:
    _plant(project, code)
    result = _run("check", ".")
    assert result.exit_code == 2
    assert "cannot be loaded" in result.stderr


@pytest.mark.parametrize("code", ["os._exit(0)", "raise SystemExit(0)"])
def test_no_rule_ends_a_run_with_success(project: Path, code: str) -> None:
    lines = (
        "import os",
        "from handbook import FileRule, Finding",
        "class Leaving(FileRule):",
        '    """Leaves."""',
        '    code = "HB993"',
        "    def check(self, file):",
        f"        {code}",
        "        yield",
    )
    _plant(project, "\n".join(lines))
    result = _run("check", ".", "--select", "HB993", "-j1")
    assert result.exit_code == 2
    assert "HB993 crashed" in result.stderr


def test_nothing_from_outside_commands_the_terminal(project: Path) -> None:
    for arguments in (
        ("check", "--select", "HB\x1b[31m\n::error::x"),
        ("check", "no\x1b[2J\n::error::such"),
        ("check", "--config", 'x\x1b = "\n"'),
        ("rule", "\x1b[31m\n::error::"),
    ):
        result = _run(*arguments)
        assert result.exit_code == 2
        assert "\x1b" not in result.output
        assert len(result.stderr.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs names with line ends")
def test_shown_files_are_a_line_each(project: Path) -> None:
    (project / "a\n::error::b\x1b.py").write_text("x = 1\n")
    shown = _run("check", "--show-files").output
    assert len(shown.splitlines()) == 2
    assert "\x1b" not in shown


def test_globs_are_matched_in_linear_time(project: Path) -> None:
    globs = Globs(["*a" * 30 + "*b", "{x,y*}/**/" * 3 + "z"], "/root")
    assert not globs.match("/root/" + "y/" * 500, "a" * 255)
    assert Globs(["*a" * 30 + "*b"], "/root").match("/root/x", "a" * 200 + "b")


def test_globs_that_stand_for_too_many(project: Path) -> None:
    with pytest.raises(ConfigError, match="stands for more than 256 globs"):
        Globs(["{a,b}" * 30], "/root")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_pipes_and_devices_are_not_read(project: Path) -> None:
    os.mkfifo(project / ".gitignore")
    (project / ".git" / "info").mkdir(parents=True)
    (project / ".git" / "info" / "exclude").symlink_to("/dev/zero")
    os.mkfifo(project / "pipe.py")
    assert [source.path.name for source in discover([project], Configuration())] == ["app.py"]
    (named,) = discover([project / "pipe.py"], Configuration())
    assert named.problem == "is no regular file"


def test_long_ignore_files(project: Path) -> None:
    (project / ".gitignore").write_text("*a*a*a*a*a*a*a*b\n" + "x" * 5_000_000 + "\napp.py\n")
    (project / ("a" * 200 + ".py")).write_text("x = 1\n")
    assert len(discover([project], Configuration())) == 2


@pytest.mark.parametrize(
    "options",
    [("--add-noqa", "x", "--diff"), ("--add-noqa", "x", "--fix"), ("--fix-only", "--no-fix")],
)
def test_options_that_contradict_each_other_write_nothing(
    project: Path, options: tuple[str, ...]
) -> None:
    before = (project / "app.py").read_text()
    result = _run("check", ".", *options)
    assert result.exit_code == 2
    assert "cannot be used together" in result.stderr
    assert (project / "app.py").read_text() == before
