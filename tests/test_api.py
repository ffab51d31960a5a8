"""The public API, and that it finds what the command line finds."""

import doctest
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import handbook
import handbook.api
from handbook import Severity, Span, Violation, check_paths, check_text, fix_text
from handbook.checking.discovery import DiscoveryError
from handbook.cli import cli
from handbook.config import ConfigError
from handbook.rulebook.registry import registry
from handbook.violation import Edit

LEGACY = "import typing\n\nnames: typing.List[str] = []\n"
FIXTURES = Path(__file__).parents[1] / "fixtures"
PROJECTS = sorted(path.name for path in FIXTURES.iterdir() if (path / "pyproject.toml").is_file())


def as_row(violation: Violation) -> dict[str, Any]:
    """A violation as `--output-format json` writes it, but for the addresses."""

    def place(line: int, column: int) -> dict[str, int]:
        return {"row": line, "column": column + 1}

    def edit(one: Edit) -> dict[str, Any]:
        return {"content": one.text, **places(one.span)}

    def places(span: Span) -> dict[str, Any]:
        return {
            "location": place(span.start.line, span.start.column),
            "end_location": place(span.end.line, span.end.column),
        }

    fix = violation.fix
    return {
        "code": violation.code,
        "name": violation.name,
        "severity": violation.severity.value,
        "message": violation.message,
        "filename": violation.path,
        **places(violation.span),
        "fix": fix
        and {
            "applicability": fix.applicability.value,
            "message": fix.message,
            "edits": [edit(one) for one in fix.edits],
        },
        "noqa_row": violation.noqa_line,
    }


@pytest.mark.parametrize("name", PROJECTS)
@pytest.mark.parametrize("jobs", [1, 4])
def test_same_as_the_command_line(name: str, jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line and the API report the same about every fixture, preview rules included."""
    monkeypatch.chdir(FIXTURES)
    printed = CliRunner().invoke(
        cli, ["check", name, "--preview", "--output-format", "json", "--jobs", str(jobs)]
    )
    rows = json.loads(printed.stdout)
    for row in rows:
        del row["url"]
    assert printed.exit_code == bool(rows)
    assert rows == [as_row(found) for found in check_paths([name], settings={"preview": True})]


@pytest.mark.parametrize("name", PROJECTS)
def test_texts_are_checked_like_files(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text with the path of a file gives what the file gives, other files included."""
    monkeypatch.chdir(FIXTURES / name)
    found = check_paths(["."], settings={"preview": True})
    for path in sorted({violation.path for violation in found}):
        text = Path(path).read_text(encoding="utf-8")
        alone = check_text(text, path, settings={"preview": True})
        assert alone == [violation for violation in found if violation.path == path]


def test_check_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths as text and as `Path`, files and folders; named as they were given."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "names.py").write_text(LEGACY)
    for path in ("app", Path("app"), "app/names.py"):
        found = check_paths([path], select=["HB031"])
        assert [(one.path, one.code, one.span) for one in found] == [
            ("app/names.py", "HB031", Span.of(3, 7, 3, 18))
        ]
    (absolute,) = check_paths([tmp_path], select=["HB03"])
    assert absolute.path == str(tmp_path / "app" / "names.py")


def test_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings win over files; `isolated` reads none, `config` reads one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "handbook.toml").write_text('select = ["HB031"]\nseverity = { HB031 = "error" }\n')
    (tmp_path / "other.toml").write_text('ignore = ["HB031"]\n')
    assert [one.severity for one in check_text(LEGACY)] == [Severity.ERROR]
    assert check_text(LEGACY, select=["HB000"]) == []
    assert check_text(LEGACY, settings={"ignore": ["HB031"]}) == []
    assert check_text(LEGACY, config="other.toml", settings={"select": ["HB000"]}) == []
    isolated = check_text(LEGACY, isolated=True, select=["HB031"])
    assert [one.severity for one in isolated] == [Severity.WARNING]


def test_fix_text() -> None:
    """Fixes are applied as far as they are wanted; what is no Python stays as it is."""
    text = "from typing import Optional\n\nname: Optional[str] = None\n"
    assert fix_text(text, select=["HB032"]) == "name: str | None = None\n"
    assert fix_text(text, select=["HB032"], settings={"unfixable": ["HB032"]}) == text
    assert fix_text(text, select=["HB000"]) == text
    assert fix_text("def f(:\n") == "def f(:\n"


def test_errors(tmp_path: Path) -> None:
    """What cannot be used is told by an exception, what is wrong in a file is a violation."""
    with pytest.raises(ConfigError, match="unknown rule `HB39`"):
        check_text(LEGACY, select=["HB39"])
    with pytest.raises(ConfigError, match="unknown key `slect`"):
        check_paths([tmp_path], settings={"slect": []})
    with pytest.raises(DiscoveryError, match="does not exist"):
        check_paths([tmp_path / "nowhere"])
    assert [one.code for one in check_text("def f(:\n")] == ["HB000"]


def test_crashes_are_warnings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that crashes is told; what others found is returned."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.py").write_text(
        "from handbook import FileRule\n\n\nclass Crashing(FileRule):\n"
        '    """A rule crashes."""\n\n    code = "HB990"\n\n'
        "    def check(self, file):\n        raise ValueError('on purpose')\n"
    )
    settings = {"plugins": ["rules.py"]}
    registry.cache_clear()
    with pytest.warns(RuntimeWarning, match="HB990 crashed on example.py: ValueError: on purpose"):
        found = check_text(LEGACY, select=["HB031", "HB990"], settings=settings)
    assert [one.code for one in found] == ["HB031"]


def test_rule_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that a rule with options and a fix needs comes from `handbook`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.py").write_text(
        "from collections.abc import Iterator\n\n"
        "import libcst as cst\n\n"
        "from handbook import Draft, Finding, NodeRule, Option, Severity\n\n\n"
        "class ShortName(NodeRule[cst.Name]):\n"
        '    """A name is too short."""\n\n'
        '    code = "HB994"\n    severity = Severity.INFO\n    on = (cst.Name,)\n'
        '    minimum = Option(2, "How long a name must be.")\n\n'
        "    def check(self, node: cst.Name, file: object) -> Iterator[Finding]:\n"
        "        if len(node.value) < self.minimum:\n"
        "            yield Finding(node, f'`{node.value}` is too short')\n"
    )
    settings: dict[str, object] = {
        "plugins": ["rules.py"],
        "rules": {"short-name": {"minimum": 3}},
    }
    registry.cache_clear()
    found = check_text("ab = 1\n", select=["short-name"], settings=settings)
    assert [(one.message, one.severity) for one in found] == [("`ab` is too short", Severity.INFO)]
    with pytest.raises(ConfigError, match="minimum"):
        settings["rules"] = {"short-name": {"minimum": "3"}}
        check_text("ab = 1\n", settings=settings)


def test_names() -> None:
    """Every public name is there, is listed, and is no secret."""
    for name in handbook.__all__:
        assert getattr(handbook, name) is not None
        assert name in dir(handbook)
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        handbook.Nothing  # noqa: B018 - the access is the test


def test_import_is_cheap() -> None:
    """Importing the package imports nothing else; a name brings only what it needs."""
    probe = (
        "import sys; before = set(sys.modules); import handbook; "
        "print(sorted(set(sys.modules) - before - {'typing', 'importlib', 'handbook'})); "
        "from handbook import Violation; print('libcst' in sys.modules)"
    )
    printed = subprocess.run(
        [sys.executable, "-S", "-c", probe],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(Path(handbook.__file__).parents[1])},
    ).stdout.splitlines()
    assert not any("handbook." in line or "click" in line for line in printed[:1])
    assert printed[1] == "False"


@pytest.mark.parametrize("module", [handbook, handbook.api], ids=lambda module: module.__name__)
def test_examples_in_docstrings(module: Any) -> None:
    """What the documentation shows is what happens."""
    results = doctest.testmod(module)
    assert results.attempted
    assert not results.failed


def test_a_text_in_place_of_a_file_counts_for_the_whole_project(tmp_path: Path) -> None:
    """What stands only in the text that is checked is seen by questions about all files."""
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "main.py").write_text(
        "from fastapi import FastAPI\n\nfrom items import router\n\n"
        "app = FastAPI()\napp.include_router(router)\n"
    )
    file = tmp_path / "items.py"
    file.write_text("")
    route = '@router.get("/items")\ndef {}() -> int:\n    return 1\n\n\n'
    text = "from fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n"
    text += route.format("first") + route.format("second")
    found = check_text(text, file, select=["HB099"])
    assert [violation.span.start.line for violation in found] == [11]
