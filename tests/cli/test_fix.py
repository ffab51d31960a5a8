"""`handbook check --fix` and what belongs to it."""

from pathlib import Path

import pytest

from handbook.rulebook.registry import registry
from tests.cli.conftest import Run

RULES = '''
import ast

from handbook import Draft, FileRule, Finding
from handbook.violation import Applicability


class Renamed(FileRule):
    """A name is `old`."""

    code = "HB996"
    word = "old"
    new = "new"
    applicability = Applicability.SAFE

    def check(self, file):
        for node in ast.walk(ast.parse(file.text)):
            if isinstance(node, ast.Name) and node.id == self.word:
                draft = Draft(file, f"Rename it to `{self.new}`", self.applicability)
                yield Finding(node, f"`{self.word}`", [draft.replace(node, self.new)])


class RenamedUnsafely(Renamed):
    """A name is `risky`."""

    code = "HB997"
    word = "risky"
    applicability = Applicability.UNSAFE


class RenamedBadly(Renamed):
    """A name is `bad`."""

    code = "HB998"
    word = "bad"
    new = "1 +"
'''
BEFORE = "old = 1\r\nrisky = 2\r\nbad = 3\r\n"
SAFE = "new = 1\r\nrisky = 2\r\nbad = 3\r\n"
UNSAFE = "new = 1\r\nnew = 2\r\nbad = 3\r\n"


@pytest.fixture
def names(project: Path) -> Path:
    """A file with violations whose fixes are safe, unsafe and wrong; what stands in it is bytes."""
    (project / "rules.py").write_text(RULES)
    (project / "pyproject.toml").write_text(
        '[tool.handbook]\nselect = ["HB996", "HB997", "HB998"]\nplugins = ["rules.py"]\n'
        'extend-exclude = ["rules.py"]\n'
    )
    registry.cache_clear()
    path = project / "names.py"
    path.write_bytes(b"\xef\xbb\xbf" + BEFORE.encode())
    return path


def text_of(path: Path) -> str:
    """The text of a file, its line ends as they are."""
    return path.read_bytes().decode("utf-8-sig")


REFUSED = "warning: names.py:3:1: HB998 not fixed: "


def test_fix(names: Path, run: Run) -> None:
    """Safe fixes are applied; what is left is reported, and what could not be applied is said."""
    result = run("check", "--fix", "--output-format", "concise")
    assert result.exit_code == 1
    assert text_of(names) == SAFE
    assert names.read_bytes().startswith(b"\xef\xbb\xbf")
    lines = result.stdout.splitlines()
    assert [line.split(":")[1] for line in lines[:2]] == ["2", "3"]
    assert lines[2] == "Found 3 violations (1 fixed, 2 remaining)."
    assert result.stderr.startswith(REFUSED)
    assert result.stderr.count("\n") == 1


def test_unsafe_fixes(names: Path, run: Run) -> None:
    """Unsafe fixes are applied on request, by option or configuration, and offered like the others."""
    offered = run("check", "--output-format", "concise").stdout
    assert "[*] 2 fixable with the `--fix` option (1 hidden fix can be enabled" in offered
    offered = run("check", "--unsafe-fixes", "--output-format", "concise").stdout
    assert "[*] 3 fixable with the `--fix` option.\n" in offered
    assert run("check", "--fix", "--unsafe-fixes").exit_code == 1
    assert text_of(names) == UNSAFE


def test_fix_from_configuration(names: Path, run: Run) -> None:
    """What the configuration asks for, an option can take back."""
    with (names.parent / "pyproject.toml").open("a") as file:
        file.write("fix = true\nunsafe-fixes = true\nshow-fixes = true\n")
    run("check", "--no-fix")
    assert text_of(names) == BEFORE
    shown = run("check", "--no-unsafe-fixes").stdout
    assert text_of(names) == SAFE
    assert "Fixed 1 violation:\n- names.py:\n    1 x HB996\n" in shown
    assert "Fixed" not in run("check", "--no-show-fixes").stdout
    assert text_of(names) == UNSAFE


def test_everything_fixed(names: Path, run: Run) -> None:
    """Where nothing is left, all is well; `--exit-non-zero-on-fix` says that there was something."""
    names.write_text("old = 1\n")
    result = run("check", "--fix")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "Found 1 violation (1 fixed, 0 remaining).\n"
    assert run("check", "--fix").stdout == "All checks passed!\n"
    names.write_text("old = 1\n")
    assert run("check", "--fix", "--exit-non-zero-on-fix").exit_code == 1
    assert run("check", "--fix", "--exit-non-zero-on-fix").exit_code == 0


def test_fix_only(names: Path, run: Run) -> None:
    """What is left is not told."""
    result = run("check", "--fix-only")
    assert result.exit_code == 0
    assert text_of(names) == SAFE
    assert result.stdout == "Found 1 violation (1 fixed, 0 remaining).\n"


DIFF = """\
--- names.py
+++ names.py
@@ -1,3 +1,3 @@
-old = 1\r
+new = 1\r
 risky = 2\r
 bad = 3\r
"""


def test_diff(names: Path, run: Run) -> None:
    """A difference is shown, and nothing changed; exit code 1 as long as there is one."""
    result = run("check", "--diff")
    assert result.exit_code == 1
    assert result.stdout_bytes.decode() == f"{DIFF}\n"
    assert result.stderr.endswith("Would fix 1 violation.\n")
    assert text_of(names) == BEFORE
    names.write_text("new = 1\n")
    result = run("check", "--diff")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_standard_input(names: Path, run: Run) -> None:
    """The mended text is the output, bytes and all; the report stands beside it."""
    content = names.read_bytes()
    result = run("check", "-", "--fix", "--output-format", "concise", text=content)
    assert result.exit_code == 1
    assert result.stdout_bytes == b"\xef\xbb\xbf" + SAFE.encode()
    assert "Found 3 violations (1 fixed, 2 remaining).\n" in result.stderr
    result = run("check", "--fix-only", "--stdin-filename", "names.py", text=content)
    assert (result.exit_code, result.stdout_bytes) == (0, b"\xef\xbb\xbf" + SAFE.encode())
    result = run("check", "-", "--stdin-filename", "names.py", "--diff", text=content)
    assert (result.exit_code, result.stdout_bytes.decode()) == (1, f"{DIFF}\n")
    assert text_of(names) == BEFORE


@pytest.mark.parametrize("content", [b"def f(:\n", b"\n\n\n\xff\n"])
def test_standard_input_that_is_no_python(content: bytes, names: Path, run: Run) -> None:
    """What cannot be read comes out as it went in, and is told."""
    result = run("check", "-", "--fix", text=content)
    assert (result.exit_code, result.stdout_bytes) == (1, content)
    assert "HB000" in result.stderr


def test_many_files(names: Path, run: Run) -> None:
    """Files are fixed by several processes as by one."""
    filler = "# filler\n" * 12_000
    for number in range(6):
        (names.parent / f"more{number}.py").write_text("old = 1\n" + filler)
    result = run("check", "--fix", "--jobs", "3", "--show-fixes")
    assert "(7 fixed, 2 remaining)" in result.stdout
    assert result.stdout.count("1 x HB996") == 7
    for number in range(6):
        assert (names.parent / f"more{number}.py").read_text() == "new = 1\n" + filler


def test_read_only(names: Path, run: Run) -> None:
    """A file that may not be written is told, and is a failure."""
    names.chmod(0o444)
    result = run("check", "--fix")
    assert result.exit_code == 2
    assert "error: `names.py` cannot be written: Permission denied\n" in result.stderr
    assert text_of(names) == BEFORE
