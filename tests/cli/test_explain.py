"""`handbook rule`, `config`, `linter`, `version` and the help."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest

from handbook import __version__
from handbook.config import KEYS
from handbook.rulebook.registry import registry
from tests.cli.conftest import Run


def test_rule(run: Run, project: Path) -> None:
    """A rule by code or slug, in any case."""
    page = run("rule", "HB031").stdout
    assert page.startswith("HB031 legacy-typing-collection\n")
    assert page == run("rule", "legacy-typing-collection").stdout
    assert page == run("rule", "hb031").stdout
    assert "# <-" not in page
    assert "# noqa: HB031" in page


def test_rule_as_markdown(run: Run, project: Path) -> None:
    """Markdown whose code blocks are closed, with the marked lines named."""
    page = run("rule", "HB031", "--output-format", "markdown").stdout
    assert page.startswith("# legacy-typing-collection (HB031)\n")
    assert page.count("```") % 2 == 0
    assert re.search(r"^names.*  # HB031$", page, re.MULTILINE) or "  # HB031\n" in page
    assert "# <-" not in page


def test_rule_as_json(run: Run, project: Path) -> None:
    """One object, or an array with all rules."""
    page = json.loads(run("rule", "HB031", "--output-format", "json").stdout)
    assert (page["code"], page["name"]) == ("HB031", "legacy-typing-collection")
    assert any(file["reported"] for sample in page["bad"] for file in sample["files"])
    assert not any(file["reported"] for sample in page["good"] for file in sample["files"])
    pages = json.loads(run("rule", "--all", "--output-format", "json").stdout)
    assert [one["code"] for one in pages] == list(registry().rules)
    assert page in pages


@pytest.mark.parametrize("kind", ["text", "markdown"])
def test_all_rules(kind: str, run: Run, project: Path) -> None:
    """Every rule has its page, in the order of the codes, each line without spaces at its end."""
    result = run("rule", "--all", "--output-format", kind)
    title = "\n{code} {slug}\n" if kind == "text" else "\n# {slug} ({code})\n"
    places = [
        f"\n{result.stdout}".index(title.format(code=code, slug=rule.slug()))
        for code, rule in registry().rules.items()
    ]
    assert result.exit_code == 0
    assert places == sorted(places)
    if kind == "text":
        assert all(line == line.rstrip() for line in result.stdout.splitlines())


def test_rule_in_colour(run: Run, project: Path) -> None:
    """Colours show what is marked; there the backticks go."""
    page = run("rule", "HB031", "--color", "always").stdout
    assert "\x1b[" in page
    assert "\x1b" not in run("rule", "HB031").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rule", "HB03l"], "unknown rule `HB03l`; did you mean `HB031`?"),
        (["rule", "HB31"], "unknown rule `HB31`; did you mean `HB031`?"),
        (["rule", "legacy-typing-colection"], "did you mean `legacy-typing-collection`?"),
        (["rule"], "say either the code or slug of one rule, or `--all`"),
        (["rule", "HB031", "--all"], "say either the code or slug of one rule, or `--all`"),
        (["config", "slect"], "unknown key `slect`; did you mean `select`?"),
        (["config", "rff"], "did you mean `ruff`?"),
        (["chekc"], "unknown command `chekc`; did you mean `check`?"),
        (["--verson"], "no such option `--verson`; did you mean `--version`?"),
    ],
)
def test_wrong_names(arguments: list[str], message: str, run: Run, project: Path) -> None:
    """One line with the nearest name, exit code 2."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_config(run: Run, project: Path) -> None:
    """All keys, and each one explained."""
    assert run("config").stdout.split() == list(KEYS)
    for key in KEYS:
        explained = run("config", key).stdout
        assert explained.startswith(f"# {key}\n")


def test_ruff_settings(run: Run, project: Path) -> None:
    """What is printed is TOML that ruff takes, ignoring just what our rules contradict."""
    result = run("config", "ruff")
    (project / "pyproject.toml").write_text("[tool.handbook]\nselect = ['ALL']\npreview = true\n")
    every = run("config", "ruff").stdout
    for printed in (result.stdout, every):
        assert tomllib.loads(printed)["lint"]["external"] == ["HB"]
    conflicts = {code for rule in registry().rules.values() for code in rule.conflicts}
    assert set(tomllib.loads(every)["lint"].get("ignore", [])) == conflicts
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is not None:
        (project / "ruff.toml").write_text(every)
        (project / "names.py").write_text("x = 1  # noqa: HB031\n")
        checked = subprocess.run(
            [ruff, "check", "--config", "ruff.toml", "--select", "RUF102", "--preview", "."],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_ruff_settings_say_why(run: Run, project: Path) -> None:
    """A rule of ruff that contradicts one of ours is ignored, with the reason beside it."""
    (project / "rules.py").write_text(
        "from handbook import FileRule\n\n\n"
        "class Contrary(FileRule):\n"
        '    """A function is too short."""\n\n'
        '    code = "HB991"\n    conflicts = ("C901",)\n    overlaps = ("PLR0915", "C901")\n'
    )
    (project / "pyproject.toml").write_text(
        '[tool.handbook]\nselect = ["HB991"]\nplugins = ["rules.py"]\n'
    )
    printed = run("config", "ruff").stdout
    assert tomllib.loads(printed)["lint"]["ignore"] == ["C901"]
    assert "# C901 contradicts HB991 contrary: A function is too short." in printed
    assert '#   "PLR0915",  # HB991 contrary' in printed
    page = run("rule", "contrary").stdout
    assert "`C901` of ruff asks for the opposite" in page


def test_linter(run: Run, project: Path) -> None:
    """Each chapter with its prefix; the counts add up to all rules."""
    rows = json.loads(run("linter", "--output-format", "json").stdout)
    assert sum(row["rules"] for row in rows) == len(registry().rules)
    assert {"prefix": "HB00", "name": "tool"}.items() <= rows[0].items()
    lines = run("linter").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [row["prefix"] for row in rows]


def test_version(run: Run) -> None:
    """Three spellings of one answer."""
    answers = {run(word).stdout for word in ("version", "--version", "-V")}
    assert answers == {f"handbook {__version__}\n"}


def test_help(run: Run) -> None:
    """Without arguments, the help; every command has one, and all options say what they do."""
    assert run().stdout.startswith("Usage: handbook")
    assert "_HANDBOOK_COMPLETE" in run("--help").stdout
    for name in ("check", "rule", "config", "linter", "version"):
        assert name in run().stdout
        result = run(name, "-h")
        assert result.exit_code == 0
        assert result.stdout.startswith(f"Usage: handbook {name}")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("handbook ch", "plain,check"),
        ("handbook check --sel", "plain,--select"),
        ("handbook check --select HB000,legacy-typing-c", "plain,HB000,legacy-typing-collection"),
        ("handbook rule HB03", "plain,HB031"),
        ("handbook config prev", "plain,preview"),
    ],
)
def test_completion(words: str, expected: str, project: Path) -> None:
    """The shell completes commands, options, rules and keys."""
    environment = {
        **os.environ,
        "_HANDBOOK_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    result = subprocess.run(
        [sys.executable, "-m", "handbook"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert expected in result.stdout.splitlines()


def test_version_is_quick() -> None:
    """`handbook --version` imports none of what checking needs."""
    probe = (
        "import sys; sys.argv[1:] = ['--version']; from handbook.__main__ import main; main(); "
        "print({'click', 'libcst', 'handbook.rulebook.rule', 'importlib.metadata'} & sys.modules.keys())"
    )
    result = subprocess.run(
        [sys.executable, "-c", probe],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == f"handbook {__version__}\nset()\n"
    # Processor time: other work on the machine must not count.
    best = 9.0
    for _ in range(5):
        before = os.times()
        subprocess.run(
            [sys.executable, "-m", "handbook", "--version"],
            capture_output=True,
            check=True,
        )
        after = os.times()
        spent = after.children_user + after.children_system
        best = min(best, spent - before.children_user - before.children_system)
    assert best < 0.1


def test_config_as_json_schema(run: Run, project: Path) -> None:
    """The schema takes every example of `handbook config`, and refuses what the reader refuses."""
    schema = json.loads(run("config", "--output-format", "json-schema").stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    assert list(schema["properties"]) == list(KEYS)
    for key in KEYS:
        example = run("config", key).stdout.partition("```toml\n")[2].partition("```")[0]
        jsonschema.validate(tomllib.loads(example)["tool"]["handbook"], schema)
    wrongs: list[dict[str, object]] = [
        {"slect": []},
        {"select": "HB031"},
        {"severity": {"HB031": "bad"}},
        {"rules": {"response-model-mismatch": {"allow-any": "no"}}},
    ]
    for wrong in wrongs:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
    assert run("config", "select", "--output-format", "json-schema").exit_code == 2
