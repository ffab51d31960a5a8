"""The cache as people meet it: where it lies, what switches it off, and what is wrong with it."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from handbook.checking.cache import location
from handbook.checking.cache.store import Store, StoreError
from handbook.cli import cli
from tests.cache.project_edits import python_files
from tests.cache.test_equality import FIXTURE
from tests.permissions import bound_by_permissions


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project with violations; it is the working directory."""
    folder = tmp_path / "shop"
    shutil.copytree(FIXTURE, folder, ignore=shutil.ignore_patterns(".handbook_cache"))
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    monkeypatch.chdir(folder)
    for name in ("HANDBOOK_CACHE_DIR", "HANDBOOK_NO_CACHE"):
        monkeypatch.delenv(name, raising=False)
    return folder


def run(*arguments: str) -> Result:
    """Call the command line in this process."""
    return CliRunner().invoke(cli, arguments, prog_name="handbook")


def cold() -> str:
    """What a run prints that knows nothing."""
    return run("check", "--no-cache").stdout


def test_prints_the_same() -> None:
    """In every format, the first time and the second time."""
    for style in ("full", "concise", "json", "sarif", "grouped"):
        expected = run("check", "--no-cache", "--output-format", style).stdout
        for _ in range(2):
            assert run("check", "--output-format", style).stdout == expected


def test_layout(shop: Path) -> None:
    """The folder says to backup programs and git that it may be left out."""
    run("check")
    cache = shop / ".handbook_cache"
    assert (
        (cache / "CACHEDIR.TAG")
        .read_text()
        .startswith("Signature: 8a477f597d28d172789f06886806bc55")
    )
    assert (cache / ".gitignore").read_text().splitlines()[-1] == "*"
    assert [path.suffix for path in (cache / location.VERSION).iterdir()] == [".db"]


def test_verbose(shop: Path) -> None:
    """It is said where results come from, and how many were used."""
    count = len(python_files(shop))
    assert "Results of earlier runs: 0" in run("check", "-v").stderr
    second = run("check", "-v").stderr
    assert f"Cache: {shop / '.handbook_cache'}" in second
    assert f"Results of earlier runs: {count}" in second
    assert "not used, for `--no-cache`" in run("check", "-v", "--no-cache").stderr


def test_show_settings(shop: Path) -> None:
    """So it is with the settings."""
    assert str(shop / ".handbook_cache") in run("check", "--show-settings").stdout
    assert str(shop / "kept") in run("check", "--show-settings", "--cache-dir", "kept").stdout
    assert "not used" in run("check", "--show-settings", "-n").stdout


@pytest.mark.parametrize("way", ["option", "variable", "configuration"])
def test_other_folder(shop: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """It can lie elsewhere."""
    arguments = ["check"]
    if way == "option":
        arguments += ["--cache-dir", "kept/here"]
    elif way == "variable":
        monkeypatch.setenv("HANDBOOK_CACHE_DIR", str(shop / "kept/here"))
    else:
        (shop / "pyproject.toml").write_text('[tool.handbook]\ncache-dir = "kept/here"\n')
    run(*arguments)
    assert (shop / "kept/here/CACHEDIR.TAG").exists()
    assert not (shop / ".handbook_cache").exists()


def test_no_cache(shop: Path) -> None:
    """Nothing is written then."""
    run("check", "--no-cache")
    assert not (shop / ".handbook_cache").exists()


def test_clean(shop: Path) -> None:
    """`handbook clean` removes what is ours, and no folder of others that has our name."""
    run("check")
    foreign = shop / "app" / ".handbook_cache"
    foreign.mkdir()
    result = run("clean")
    assert result.exit_code == 0
    assert f"Removing cache at: {shop / '.handbook_cache'}" in result.stderr
    assert not (shop / ".handbook_cache").exists()
    assert foreign.exists()
    assert run("clean").exit_code == 0


def test_fixes_are_kept(shop: Path) -> None:
    """A run that fixes uses what one that only checks has found, and the other way round."""
    run("check")
    copy = shop.parent / "copy"
    shutil.copytree(shop, copy)
    run("check", "--fix", "--unsafe-fixes", "--select", "ALL")
    after = {path.name: path.read_text() for path in python_files(shop)}
    assert run("check").stdout == cold()
    os.chdir(copy)
    run("check", "--fix", "--unsafe-fixes", "--select", "ALL", "--no-cache")
    assert {path.name: path.read_text() for path in python_files(copy)} == after


def _database(shop: Path) -> Path:
    (found,) = (shop / ".handbook_cache" / location.VERSION).iterdir()
    return found


def test_damaged(shop: Path) -> None:
    """A damaged file is passed over, and the next run has a sound one."""
    expected = cold()
    for damage in (b"", b"nonsense" * 1000, None):
        run("check")
        path = _database(shop)
        content = bytearray(path.read_bytes())
        if damage is None:
            content[4096:] = bytes(reversed(content[4096:]))
        path.write_bytes(content if damage is None else damage)
        result = run("check")
        assert (result.stdout, result.stderr) == (expected, "")
        result = run("check", "-v")
        assert result.stdout == expected
        assert f"Results of earlier runs: {len(python_files(shop))}" in result.stderr


def test_older_version(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another version has kept is not looked at."""
    run("check")
    monkeypatch.setattr(location, "VERSION", "99.0")
    result = run("check", "-v")
    assert "Results of earlier runs: 0" in result.stderr
    assert result.stdout == cold()
    assert (shop / ".handbook_cache" / "99.0").is_dir()


def test_read_only(shop: Path) -> None:
    """A folder that cannot be written is used as it is, or not at all, and nothing is said."""
    expected = cold()
    with bound_by_permissions():
        shop.chmod(0o555)
        try:
            result = run("check")
            assert (result.stdout, result.stderr) == (expected, "")
            assert "cannot be used" in run("check", "-v").stderr
        finally:
            shop.chmod(0o755)
        run("check")
        folder = _database(shop).parent
        _database(shop).chmod(0o444)
        folder.chmod(0o555)
        try:
            result = run("check", "-v")
            assert result.stdout == expected
            assert f"Results of earlier runs: {len(python_files(shop))}" in result.stderr
            (shop / "app" / "main.py").touch()
            assert run("check").stdout == expected
        finally:
            folder.chmod(0o755)


def test_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be written is not kept, and nothing is said unless it is asked for."""
    expected = cold()

    def full(*_: object) -> None:
        raise StoreError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "write", full)
        result = run("check")
        assert (result.stdout, result.stderr) == (expected, "")
        assert "database or disk is full" in run("check", "-v").stderr

    def no_space(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "makedirs", no_space)
    result = run("check", "--cache-dir", "elsewhere")
    assert (result.stdout, result.stderr) == (expected, "")


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file that is always full")
def test_full_file(shop: Path) -> None:
    """The same with a device that takes nothing."""
    expected = cold()
    (shop / ".handbook_cache").symlink_to("/dev/full")
    result = run("check")
    assert (result.stdout, result.stderr) == (expected, "")


def test_plugins(shop: Path) -> None:
    """A rule of others is known by its own text, and by that of what it imports from beside it."""
    (shop / "words.py").write_text('MESSAGE = "one"\n')
    (shop / "own_rule.py").write_text(
        "import sys\n"
        "from pathlib import Path\n\n"
        "from handbook import FileRule, Finding\n"
        "from handbook.violation import FILE_START\n\n"
        "sys.path.insert(0, str(Path(__file__).parent))\n"
        "import words\n\n\n"
        "class OwnRule(FileRule):\n"
        '    """About each file."""\n\n'
        '    code = "XX001"\n\n'
        "    def check(self, file):\n"
        "        yield Finding(FILE_START, words.MESSAGE)\n"
    )
    arguments = [sys.executable, "-m", "handbook", "check", "--select", "XX001", "--config"]
    arguments += ['plugins = ["own_rule.py"]', "app", "--output-format", "concise"]

    def printed() -> str:
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    assert printed() == printed()
    assert " one" in printed()
    (shop / "words.py").write_text('MESSAGE = "other"\n')
    assert " other" in printed()
    text = (shop / "own_rule.py").read_text()
    (shop / "own_rule.py").write_text(text.replace("words.MESSAGE", '"third"'))
    assert " third" in printed()


def test_two_runs_at_once(shop: Path) -> None:
    """Both print the right thing, and so does the next one."""
    expected = cold()
    command = [sys.executable, "-m", "handbook", "check"]
    for _ in range(3):
        runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        assert [each.communicate(timeout=60)[0] for each in runs] == [expected, expected]
        (shop / "app" / "main.py").open("a").write("# more\n")
        expected = cold()
    assert run("check").stdout == expected


def test_bounded(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many configurations only the last ones are kept."""
    monkeypatch.setattr(location, "_KEPT", 3)
    for code in ("HB031", "HB032", "HB033", "HB034", "HB035"):
        run("check", "--select", code)
    assert len([*(shop / ".handbook_cache" / location.VERSION).iterdir()]) == 3
    monkeypatch.setattr(location, "_LARGEST", 10)
    run("check", "--select", "HB036")
    assert len([*(shop / ".handbook_cache" / location.VERSION).iterdir()]) == 1
