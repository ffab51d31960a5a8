"""Files that other tools trip over: each has its one line of HB000, or none, and the run goes on."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import LEGACY
from tests.permissions import bound_by_permissions

LEGACY_BYTES = LEGACY.encode()
LONG = "".join(f"value_{number} = {number}\n" for number in range(30_000)) + LEGACY


def check(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Check a folder, as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "handbook", "check", "--output-format", "concise", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one ordinary violation, which every run has to report."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.handbook]\nselect = ["HB031"]\nunfixable = ["HB031"]\n'
    )
    (tmp_path / "usual.py").write_text(LEGACY)
    return tmp_path


USUAL = "usual.py:3:8: HB031"

TRAPS: Mapping[str, tuple[bytes, str | None]] = {
    "syntax-error": (b"def f(:\n", ":1:7: HB000 invalid syntax"),
    "python-2": (b"print 'hello'\n", ":1:1: HB000 Missing parentheses"),
    "undecodable": (b"\n\n# caf\xe9\n", ":3:1: HB000 not valid utf-8: byte 0xe9"),
    "unknown-encoding": (b"# coding: klingon\n", ":1:1: HB000 unreadable encoding"),
    "binary": (bytes(range(256)) * 20, ":2:1: HB000 not valid utf-8"),
    "null-byte": (b"x = 1\0\n", ":1:1: HB000 source code string cannot contain null bytes"),
    "template": (b"{% if db %}\nimport {{ db }}\n{% endif %}\n", ":1:2: HB000 invalid syntax"),
    "unclosed": (b"x = (1,\n" * 40, ":40:5: HB000 '(' was never closed"),
    "unfinished-string": (b'x = """\n', ":1:5: HB000 unterminated triple-quoted string"),
    "nested-brackets": (b"x = " + b"(" * 5000 + b")" * 5000, ":1:205: HB000 too many nested"),
    "nested-blocks": (
        b"".join(b" " * depth + b"if x:\n" for depth in range(120)),
        ":101:1: HB000 too many levels of indentation",
    ),
    "nested-operators": (b"x = " + b"-" * 20_000 + b"1\n", ":1:1: HB000 too deeply nested"),
    "many-elifs": (b"if x:\n    pass\n" + b"elif x:\n    pass\n" * 900 + LEGACY_BYTES, None),
    "many-operators": (b"x = " + b" + ".join([b"1"] * 900) + b"\n" + LEGACY_BYTES, None),
    "empty": (b"", None),
    "only-a-bom": (b"\xef\xbb\xbf", None),
    "only-spaces": (b"  \n\t\n\x0c\n", None),
    "bom": (b"\xef\xbb\xbf" + LEGACY_BYTES, None),
    "crlf": (LEGACY_BYTES.replace(b"\n", b"\r\n"), None),
    "old-mac": (LEGACY_BYTES.replace(b"\n", b"\r"), None),
    "form-feeds": (b"\x0c" + LEGACY_BYTES.replace(b"\n\n", b"\n\x0c\n"), None),
    "line-separators": (b"# \xe2\x80\xa8 \xc2\x85 \x0b\n" + LEGACY_BYTES, None),
    "no-end-of-line": (LEGACY_BYTES.rstrip(b"\n"), None),
    "latin-1": (b"# coding: latin-1\n# \xe9\n" + LEGACY_BYTES, None),
    "utf-16-characters": ("# \U0001f600\n".encode() + LEGACY_BYTES, None),
    "long": (LONG.encode(), None),
}


@pytest.mark.parametrize("name", TRAPS)
def test_file(name: str, project: Path) -> None:
    """One bad file has its line; one that only looks bad is checked like any other."""
    content, problem = TRAPS[name]
    (project / "trap.py").write_bytes(content)
    result = check(project)
    assert (result.returncode, result.stderr) == (1, "")
    *lines, summary = result.stdout.splitlines()
    in_trap = [line for line in lines if line.startswith("trap.py")]
    assert [line[: len(USUAL)] for line in lines if line not in in_trap] == [USUAL]
    if problem is not None:
        assert len(in_trap) == 1
        assert in_trap[0].startswith(f"trap.py{problem}")
    else:
        assert not any("HB000" in line for line in in_trap)
        assert len(in_trap) == int(b"List" in content)
    assert summary == f"Found {len(lines)} violation{'s' if len(lines) > 1 else ''}."


def test_all_of_them_at_once(project: Path) -> None:
    """Together they are what they are alone, whatever the number of processes."""
    for name, (content, _) in TRAPS.items():
        (project / f"{name}.py").write_bytes(content)
    result = check(project, "--jobs", "1")
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.count("HB000") == sum(bool(problem) for _, problem in TRAPS.values())
    for jobs in ("2", "5"):
        assert check(project, "--jobs", jobs).stdout == result.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links(project: Path) -> None:
    """Links to folders above are not followed, a link to nothing is told, a file has one name."""
    (project / "app").mkdir()
    (project / "app" / "loop").symlink_to("..", target_is_directory=True)
    (project / "app" / "itself").symlink_to("itself")
    (project / "app" / "gone.py").symlink_to("nowhere.py")
    (project / "app" / "again.py").symlink_to("../usual.py")
    result = check(project)
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.splitlines() == [
        "app/gone.py:1:1: HB000 the link points to nothing",
        f"{USUAL} `typing.List` is deprecated: write `list`",
        "Found 2 violations.",
    ]


def test_unreadable(project: Path) -> None:
    """What may not be read is told, file or folder."""
    (project / "secret.py").write_text(LEGACY)
    (project / "secret.py").chmod(0)
    (project / "vault").mkdir()
    (project / "vault").chmod(0)
    try:
        with bound_by_permissions():
            result = check(project)
    finally:
        (project / "vault").chmod(0o700)
    assert (result.returncode, result.stderr) == (1, "")
    assert "secret.py:1:1: HB000 cannot be read: Permission denied" in result.stdout
    assert "vault:1:1: HB000 cannot be read: Permission denied" in result.stdout
    assert USUAL in result.stdout


def test_unreadable_as_anyone(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that turns out to be unreadable only when it is opened has its line, too."""
    from handbook.checking.discovery import discover
    from handbook.checking.runner import run
    from handbook.checking.workspace import Workspace
    from handbook.config import Configuration

    workspace = Workspace(Configuration())
    sources = discover([project], workspace.configuration)
    (project / "usual.py").unlink()
    outcome = run(sources, workspace, jobs=1)
    assert [(found.code, found.message) for found in outcome.violations] == [
        ("HB000", "cannot be read: No such file or directory")
    ]


def test_special_files(project: Path) -> None:
    """A pipe called `*.py` is not waited for, a folder called so is a folder."""
    if hasattr(os, "mkfifo"):
        os.mkfifo(project / "pipe.py")
    (project / "folder.py").mkdir()
    (project / "folder.py" / "inner.py").write_text(LEGACY)
    result = check(project)
    assert [line.partition(":")[0] for line in result.stdout.splitlines()] == [
        "folder.py/inner.py",
        "usual.py",
        "Found 2 violations.",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="only there names are any bytes")
def test_names_of_any_bytes(project: Path) -> None:
    """A file whose name is no UTF-8, or would command the terminal, is checked and named."""
    for name in (b"caf\xe9.py", b"new\nline.py", b"esc\x1b[31m.py"):
        with open(os.path.join(os.fsencode(project), name), "wb") as file:
            file.write(LEGACY_BYTES)
    result = check(project)
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.count("HB031") == 4
    assert "\x1b" not in result.stdout
    assert len(result.stdout.splitlines()) == 5


def test_syntax_errors_can_be_ignored(project: Path) -> None:
    """HB000 runs whatever is selected, unless it is ignored."""
    (project / "trap.py").write_text("def f(:\n")
    assert "HB000" in check(project, "--select", "HB031").stdout
    assert "HB000" not in check(project, "--ignore", "HB000").stdout
    assert "HB000" not in check(project, "--per-file-ignores", "trap.py:HB000").stdout


ODD_TEXTS = r"""
from typing import Optional

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

X = "\["
ODD: Optional["Pattern['\\d', 1if 2 else 3]"] = None

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origin_regex="[[a]--b", allow_credentials=True)
"""


def test_python_warns_of_nothing(project: Path) -> None:
    """Odd escapes, numbers, expressions and ignore files are no reason for Python to speak up."""
    (project / "odd.py").write_text(ODD_TEXTS)
    (project / ".gitignore").write_text("[[x]--y].txt\n")
    options = ["--exclude", "[+--a].md", "--extend-select", "HB032"]
    result = check(project, "--select", "ALL", "--ignore", "HB0", *options)
    assert result.stderr == ""
    assert "odd.py:8:6: HB032" in result.stdout


def test_a_working_directory_that_is_gone(project: Path) -> None:
    """It is deleted under the shell of the user."""
    command = f"mkdir gone && cd gone && rmdir ../gone && exec {sys.executable} -m handbook check"
    result = subprocess.run(
        ["/bin/sh", "-c", command], cwd=project, capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert result.stderr == "error: the working directory does not exist any more\n"
