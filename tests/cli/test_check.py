"""`handbook check`: what it says and how it exits."""

import json
from pathlib import Path

import pytest

from handbook.rulebook.registry import registry
from tests.cli.conftest import CLEAN, LEGACY, Run
from tests.permissions import bound_by_permissions

VIOLATION = "names.py:3:8: HB031"


def test_clean_project(project: Path, run: Run) -> None:
    """Nothing wrong: one line, exit code 0."""
    (project / "names.py").write_text(CLEAN)
    result = run("check")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "All checks passed!\n", "")


def test_violations(project: Path, run: Run) -> None:
    """By default the whole working directory is checked, and code is shown; exit code 1."""
    (project / "names.py").write_text(LEGACY)
    result = run("check")
    assert result.exit_code == 1
    assert "--> names.py:3:8" in result.stdout
    assert "names: typing.List[str] = []" in result.stdout
    assert result.stdout.endswith("Found 1 violation.\n")


def test_paths_are_shown_as_they_were_named(project: Path, run: Run) -> None:
    """A path below the working directory is shown from there, another one as it was named."""
    (project / "app").mkdir()
    (project / "app" / "names.py").write_text(LEGACY)
    for named in ("app", "./app", str(project / "app"), "app/names.py"):
        result = run("check", named, "--output-format", "concise")
        assert result.stdout.startswith(f"app/{VIOLATION}"), named


def test_no_files(project: Path, run: Run) -> None:
    """A folder without Python files is worth a warning, and no failure."""
    result = run("check")
    assert result.exit_code == 0
    assert result.stderr == "warning: no Python files found under the given paths\n"
    assert run("check", "--quiet").stderr == ""


@pytest.mark.parametrize("kind", ["json", "json-lines", "sarif", "rdjson", "gitlab"])
def test_formats_for_programs(kind: str, project: Path, run: Run) -> None:
    """What programs read is nothing but JSON, with and without violations."""
    for text in (LEGACY, CLEAN):
        (project / "names.py").write_text(text)
        printed = run("check", "--output-format", kind).stdout
        documents = printed.splitlines() if kind == "json-lines" else [printed]
        assert all(json.loads(document) is not None for document in documents)


def test_format_from_configuration_and_environment(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The option wins over the environment, and that over the configuration."""
    (project / "names.py").write_text(LEGACY)
    with (project / "pyproject.toml").open("a") as file:
        file.write('output-format = "grouped"\n')
    assert run("check").stdout.startswith("names.py:\n")
    monkeypatch.setenv("HANDBOOK_OUTPUT_FORMAT", "concise")
    assert run("check").stdout.startswith(VIOLATION)
    assert run("check", "--output-format", "json").stdout.startswith("[")


def test_output_file(project: Path, run: Run) -> None:
    """A report goes to a file, and the exit code stays."""
    (project / "names.py").write_text(LEGACY)
    result = run("check", "--output-file", "report.txt", "--output-format", "concise")
    assert (result.exit_code, result.stdout) == (1, "")
    assert (project / "report.txt").read_text().startswith(VIOLATION)
    result = run("check", "-o", "no/such/folder.txt")
    assert result.exit_code == 2
    assert result.stderr == "error: `no/such/folder.txt`: no such file or directory\n"


def test_statistics(project: Path, run: Run) -> None:
    """Counts, as text or as JSON."""
    (project / "names.py").write_text(LEGACY)
    assert run("check", "--statistics").stdout.startswith("1\tHB031\t")
    rows = json.loads(run("check", "--statistics", "--output-format", "json").stdout)
    assert [(row["code"], row["count"]) for row in rows] == [("HB031", 1)]


def test_exit_zero(project: Path, run: Run) -> None:
    """`--exit-zero` only changes the exit code."""
    (project / "names.py").write_text(LEGACY)
    result = run("check", "--exit-zero")
    assert result.exit_code == 0
    assert "Found 1 violation" in result.stdout


def test_quiet_and_verbose(project: Path, run: Run) -> None:
    """`--quiet` leaves the violations, `--verbose` tells more on standard error only."""
    (project / "names.py").write_text(LEGACY)
    quiet = run("check", "-q", "--output-format", "concise")
    assert quiet.stdout.count("\n") == 1
    verbose = run("check", "-v")
    assert verbose.stdout == run("check").stdout
    assert f"Settings: {project / 'pyproject.toml'}\n" in verbose.stderr
    assert "Checked 1 file in" in verbose.stderr


def test_color(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours for terminals and whoever asks for them."""
    (project / "names.py").write_text(LEGACY)
    assert "\x1b" not in run("check").stdout
    assert "\x1b[" in run("check", "--color", "always").stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run("check").stdout
    assert "\x1b" not in run("check", "--color", "never").stdout
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("check").stdout


def test_show_files(project: Path, run: Run) -> None:
    """The files that would be checked, sorted, one a line."""
    for name in ("b.py", "a.py", "notes.txt"):
        (project / name).touch()
    assert run("check", "--show-files").stdout == "a.py\nb.py\n"
    assert run("check", "--show-files", "b.py", "notes.txt").stdout == "b.py\nnotes.txt\n"


def test_show_settings(project: Path, run: Run) -> None:
    """The settings of a file are valid TOML that sets the same settings."""
    (project / "names.py").write_text(LEGACY)
    printed = run("check", "--show-settings", "--per-file-ignores", "tests/**:HB03").stdout
    assert f"# from {project / 'pyproject.toml'}" in printed
    assert "HB031 legacy-typing-collection" in printed
    (project / "pyproject.toml").write_text(printed)
    again = run("check", "--show-settings").stdout
    assert again == printed
    assert '"tests/**" = ["HB03"]' in printed


def test_rule_selection(project: Path, run: Run) -> None:
    """Rules by code, prefix, slug and `ALL`, separated by commas and repeated."""
    (project / "names.py").write_text(LEGACY)

    def found(*arguments: str) -> bool:
        return "HB031" in run("check", "--output-format", "concise", *arguments).stdout

    assert found("--select", "HB031")
    assert found("--select", "HB03")
    assert found("--select", "legacy-typing-collection")
    assert found("--select", "ALL", "--preview")
    assert found("--select", "HB000,HB031")
    assert found("--select", "HB000", "--select", "HB031")
    assert not found("--select", "HB000")
    assert found("--select", "HB000", "--extend-select", "HB03")
    assert not found("--ignore", "HB031")
    assert not found("--select", "HB03", "--ignore", "legacy-typing-collection")
    assert found("--select", "HB031", "--ignore", "HB03")
    assert not found("--extend-ignore", "HB031")
    assert not found("--per-file-ignores", "names.py:HB03")
    assert not found("--per-file-ignores", "other.py:ALL,n*.py:HB000,HB031")
    assert not found("--per-file-ignores", "{names,other}.py:HB031")
    assert found("--per-file-ignores", "other.py:HB031")


def test_config_options(project: Path, run: Run) -> None:
    """`--config` takes a file and settings; options of their own win over both."""
    (project / "names.py").write_text(LEGACY)
    (project / "strict.toml").write_text('ignore = ["HB031"]\n')

    def found(*arguments: str) -> bool:
        return "HB031" in run("check", "--output-format", "concise", *arguments).stdout

    assert found()
    assert not found("--config", "strict.toml")
    assert found("--config", "strict.toml", "--select", "HB031")
    assert not found("--config", 'ignore = ["HB031"]')
    assert not found("--config", "preview=true", "--config", 'select = ["HB000"]')
    assert found("--config", 'select = ["HB000"]', "--select", "HB031")
    (project / "pyproject.toml").write_text('[tool.handbook]\nignore = ["HB031"]\n')
    assert not found()
    assert found("--isolated")


def test_file_selection(project: Path, run: Run) -> None:
    """Files left out by globs and by git."""
    (project / ".git").mkdir()
    (project / ".gitignore").write_text("generated.py\n")
    for name in ("names.py", "generated.py", "old.py"):
        (project / name).write_text(LEGACY)

    def shown(*arguments: str) -> list[str]:
        return run("check", "--show-files", *arguments).stdout.split()

    assert shown() == ["names.py", "old.py"]
    assert shown("--no-respect-gitignore") == ["generated.py", "names.py", "old.py"]
    assert shown("--exclude", "old.py,names.py") == []
    assert shown("--extend-exclude", "old.py") == ["names.py"]
    assert shown("--extend-exclude", "old.py", "old.py") == ["old.py"]
    assert shown("--extend-exclude", "old.py", "--force-exclude", "old.py") == []


def test_standard_input(project: Path, run: Run) -> None:
    """A text from standard input, under a name or none; the code shown is that text."""
    (project / "names.py").write_text(CLEAN)
    result = run("check", "-", text=LEGACY)
    assert result.exit_code == 1
    assert "--> -:3:8" in result.stdout
    result = run("check", "-", "--stdin-filename", "names.py", text=LEGACY)
    assert "--> names.py:3:8" in result.stdout
    assert "names: typing.List[str] = []" in result.stdout
    assert run("check", "--stdin-filename", "names.py", text=CLEAN).exit_code == 0
    excluded = ("--extend-exclude", "names.py", "--force-exclude")
    result = run("check", "-", "--stdin-filename", "names.py", *excluded, text=LEGACY)
    assert (result.exit_code, result.stdout) == (0, "All checks passed!\n")
    result = run("check", "-", "--per-file-ignores", "n*.py:HB031", text=LEGACY)
    assert result.exit_code == 1
    latin = "# coding: latin-1\nname = '\xe9'\n".encode("latin-1")
    assert run("check", "-", text=latin).exit_code == 0
    result = run("check", "-", "--output-format", "concise", text=b"\n\nname = '\xe9'\n")
    assert result.stdout.startswith("-:3:1: HB000 not valid utf-8")


def test_standard_input_sees_the_project(project: Path, run: Run) -> None:
    """Other files are resolved from the place that `--stdin-filename` names."""
    (project / "compat.py").write_text("from typing import List\n")
    text = "from compat import List\n\nnames: List[str] = []\n"
    result = run("check", "-", "--stdin-filename", "app.py", text=text)
    assert "--> app.py:3:8" in result.stdout


def test_add_noqa(project: Path, run: Run) -> None:
    """Comments are added once; bytes that no comment needs stay as they are."""
    path = project / "names.py"
    path.write_bytes(
        b"\xef\xbb\xbf" + LEGACY.replace("\n", "\r\n").encode() + b"\x0c\r\n# \xc3\xa9"
    )
    path.chmod(0o640)
    result = run("check", "--add-noqa=until the next release")
    assert (result.exit_code, result.stderr) == (0, "Suppressed 1 violation.\n")
    expected = LEGACY.replace("[]\n", "[]  # noqa: HB031 until the next release\n")
    assert path.read_bytes() == (
        b"\xef\xbb\xbf" + expected.replace("\n", "\r\n").encode() + b"\x0c\r\n# \xc3\xa9"
    )
    assert path.stat().st_mode & 0o777 == 0o640
    assert [found.name for found in project.iterdir() if "handbook-" in found.name] == []
    assert run("check").exit_code == 0
    assert run("check", "--add-noqa").stderr == "Suppressed 0 violations.\n"


def test_add_noqa_takes_no_path_for_a_reason(project: Path, run: Run) -> None:
    """The reason is only what follows `=`."""
    (project / "names.py").write_text(LEGACY)
    (project / "other.py").write_text(LEGACY)
    assert run("check", "--add-noqa", "names.py").exit_code == 0
    assert (project / "names.py").read_text().endswith("[]  # noqa: HB031\n")
    assert (project / "other.py").read_text() == LEGACY


def test_add_noqa_through_a_link(project: Path, run: Run) -> None:
    """The file that a link points to is changed, and the link stays."""
    (project / "real.txt").write_text(LEGACY)
    link = project / "names.py"
    link.symlink_to("real.txt")
    assert run("check", "--add-noqa").exit_code == 0
    assert link.is_symlink()
    assert "# noqa" in (project / "real.txt").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--select", "HB999"], "unknown rule `HB999` in `select`"),
        (["--ignore", "legacy-typing-colection"], "did you mean `legacy-typing-collection`?"),
        (["--per-file-ignores", "names.py"], "`--per-file-ignores` expects GLOB:RULE"),
        (["--config", 'selct = ["HB031"]'], "unknown key `selct`; did you mean `select`?"),
        (["--config", "select = 1"], "`select` expects a list of strings, found the number 1"),
        (["--config", "preview"], "the configuration file `preview` does not exist"),
        (["--config", "a =", "-q"], "`a =` is not a TOML assignment"),
        (["--config", "x.toml", "--config", "y.toml"], "takes one file"),
        (["--config", "x.toml", "--isolated"], "`--isolated` reads no file"),
        (["nmes.py"], "`nmes.py` does not exist; did you mean `names.py`?"),
        (["--colour", "never"], "no such option `--colour`; did you mean `--color`?"),
        (["--jobs", "0"], "0 is not in the range"),
        (["--output-format", "jsn"], "'jsn' is not one of 'full', 'concise'"),
        (["-", "names.py"], "`-` cannot be checked together with other paths"),
        (["-", "--add-noqa"], "`--add-noqa` cannot write to standard input"),
        (["--extend-exclude", "{a"], "`{a` is not a glob"),
    ],
)
def test_wrong_use(arguments: list[str], message: str, project: Path, run: Run) -> None:
    """What is wrong is one line on standard error with the nearest name, and exit code 2."""
    (project / "names.py").write_text(CLEAN)
    result = run("check", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_wrong_configuration(project: Path, run: Run) -> None:
    """A file that cannot be used is told with its line."""
    (project / "names.py").write_text(CLEAN)
    (project / "pyproject.toml").write_text("[tool.handbook]\n\nselct = []\n")
    result = run("check")
    assert result.exit_code == 2
    assert result.stderr == (
        "error: pyproject.toml:3: unknown key `selct`; did you mean `select`?\n"
    )


CRASHING = '''
from handbook import FileRule


class Crashing(FileRule):
    """A rule crashes."""

    code = "HB990"

    def check(self, file):
        if "good" not in file.path:
            raise ValueError("on\\npurpose")
        yield from ()
'''


def test_a_broken_configuration_of_another_project(project: Path, run: Run) -> None:
    """A project within this one is of no interest to rules that ask about all of this one."""
    (project / "app.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
    (project / "inner").mkdir()
    (project / "inner" / "handbook.toml").write_text("select = 3\n")
    result = run("check", "app.py", "--select", "HB084")
    assert (result.exit_code, result.stderr) == (1, "")
    assert "inner/handbook.toml:1: `select` expects" in run("check").stderr


@pytest.fixture
def crashing(project: Path) -> Path:
    """A project with a plug-in whose rule crashes on most files."""
    (project / "rules.py").write_text(CRASHING)
    (project / "pyproject.toml").write_text(
        '[tool.handbook]\nselect = ["HB031", "HB990"]\nplugins = ["rules.py"]\n'
        'extend-exclude = ["rules.py"]\nunfixable = ["HB031"]\n'
    )
    registry.cache_clear()
    return project


def test_crashed_rule(crashing: Path, run: Run) -> None:
    """A crash is one line that names rule and file; all else is reported; exit code 2."""
    (crashing / "names.py").write_text(LEGACY)
    (crashing / "good.py").write_text(LEGACY)
    result = run("check", "--output-format", "concise")
    assert result.exit_code == 2
    assert result.stderr == "error: HB990 crashed on names.py: ValueError: on purpose\n"
    assert [line[:8] for line in result.stdout.splitlines()] == [
        "good.py:",
        "names.py",
        "Found 2 ",
    ]
    assert run("check", "--exit-zero").exit_code == 2


def test_rule_that_crashes_everywhere(crashing: Path, run: Run) -> None:
    """The same crash on many files is one line, too."""
    for number in range(3):
        (crashing / f"names{number}.py").write_text(CLEAN)
    result = run("check")
    assert (
        result.stderr == "error: HB990 crashed on names0.py and 2 more: ValueError: on purpose\n"
    )


def test_our_own_failure(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours is one line, too; a variable brings the traceback for who reports it."""
    (project / "names.py").write_text(CLEAN)

    def broken(*_: object, **__: object) -> None:
        raise LookupError("nothing here")

    monkeypatch.setattr("handbook.checking.workspace.discover", broken)
    result = run("check")
    assert result.exit_code == 2
    assert result.stderr == (
        "error: handbook itself failed: LookupError: nothing here "
        "(set HANDBOOK_TRACEBACK=1 to see where)\n"
    )
    monkeypatch.setenv("HANDBOOK_TRACEBACK", "1")
    assert "Traceback" in run("check").stderr


def test_add_noqa_leaves_what_it_may_not_write(project: Path, run: Run) -> None:
    """A read-only file stays as it is, which is a failure; the others are written."""
    for name in ("a.py", "b.py"):
        (project / name).write_text(LEGACY)
    (project / "a.py").chmod(0o444)
    with bound_by_permissions():
        result = run("check", "--add-noqa")
    assert result.exit_code == 2
    assert result.stderr == (
        "error: `a.py` cannot be written: Permission denied\nSuppressed 1 violation.\n"
    )
