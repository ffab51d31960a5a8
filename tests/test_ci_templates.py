"""The GitHub action and the GitLab template: parsed, and their scripts run in a shell."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
ACTION = ROOT / "action.yml"
TEMPLATE = ROOT / ".gitlab" / "ci" / "handbook.gitlab-ci.yml"
BROKEN = "from typing import List\n\nnames: List[str] = []\n"
SCRIPTS = Path(sys.executable).parent
NOTES = 'for word in "$@"; do printf "%s\\n" "$word"; done >> "$NOTED"\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one violation, in a file whose name has a space."""
    (tmp_path / "pyproject.toml").write_text('[tool.handbook]\nselect = ["HB031"]\n')
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "a file.py").write_text(BROKEN)
    (tmp_path / "clean.py").write_text("names: list[str] = []\n")
    return tmp_path


def action() -> dict[str, Any]:
    """The action as GitHub reads it."""
    read: dict[str, Any] = yaml.safe_load(ACTION.read_text("utf-8"))
    return read


def run(
    script: str, folder: Path, environment: Mapping[str, str], *, language: str = "bash"
) -> "subprocess.CompletedProcess[str]":
    """Run a script as the runner does: it stops at the first command that fails."""
    folders = f"{folder / 'stubs'}{os.pathsep}{SCRIPTS}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [language, "-e", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": folders, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def stub(folder: Path, name: str, script: str) -> None:
    """Put a program before all others."""
    file = folder / "stubs" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}")
    file.chmod(0o755)


def test_the_action_is_what_github_reads() -> None:
    """Its inputs have defaults, and no script holds an expression: what users give would be run."""
    read = action()
    assert read["runs"]["using"] == "composite"
    assert all({"description", "default"} <= set(each) for each in read["inputs"].values())
    used = set(re.findall(r"\$\{\{ inputs\.([a-z-]+) \}\}", ACTION.read_text("utf-8")))
    assert used == set(read["inputs"])
    for step in read["runs"]["steps"]:
        assert ("uses" in step) != ("run" in step)
        if "run" in step:
            assert step["shell"] == "bash"
            assert "${{" not in step["run"]


@pytest.mark.parametrize(
    ("paths", "args", "code", "said"),
    [
        (".", "", 1, "::warning"),
        ("app\nclean.py", "--select HB031", 1, "HB031"),
        ("clean.py", "", 0, ""),
        (".", "--exit-zero", 0, "::warning"),
        (".; touch ran", "$(touch ran) `touch ran`", 2, ""),
    ],
)
def test_the_action_checks(project: Path, paths: str, args: str, code: int, said: str) -> None:
    """It annotates the place, exits as the command line does, and runs nothing that is given."""
    script = action()["runs"]["steps"][2]["run"]
    result = run(script, project, {"HANDBOOK_PATHS": paths, "HANDBOOK_ARGS": args})
    assert result.returncode == code, result.stdout + result.stderr
    assert said in result.stdout
    assert not (project / "ran").exists()


@pytest.mark.parametrize(
    ("version", "wanted"), [("", "/the/action"), ("0.1.0", "handbook==0.1.0")]
)
def test_the_action_installs(project: Path, version: str, wanted: str) -> None:
    """Its own revision, or the version that is wanted, in an environment that comes first on PATH."""
    scripts = project / "temp" / "handbook" / "bin"
    stub(project, "python", f'mkdir -p "{scripts}"\ncp "$0" "{scripts}/python"\n{NOTES}')
    environment = {
        "RUNNER_TEMP": str(project / "temp"),
        "GITHUB_PATH": str(project / "path"),
        "HANDBOOK_VERSION": version,
        "HANDBOOK_SOURCE": "/the/action",
        "NOTED": str(project / "noted"),
    }
    result = run(action()["runs"]["steps"][1]["run"], project, environment)
    assert result.returncode == 0, result.stderr
    words = (project / "noted").read_text().splitlines()
    assert words[:3] == ["-m", "venv", str(scripts.parent)]
    assert words[3:6] == ["-m", "pip", "install"]
    assert words[-1] == wanted
    assert (project / "path").read_text() == f"{scripts}\n"


def job(**given: str) -> dict[str, Any]:
    """The job that a pipeline gets which includes the template with some inputs."""
    header, body = TEMPLATE.read_text("utf-8").split("---\n")
    inputs = yaml.safe_load(header)["spec"]["inputs"]
    assert set(re.findall(r"\$\[\[ inputs\.([a-z-]+) \]\]", body)) == set(inputs)
    for name, about in inputs.items():
        body = body.replace(f"$[[ inputs.{name} ]]", given.get(name, about["default"]))
    read: dict[str, Any] = yaml.safe_load(body)["handbook"]
    return read


@pytest.mark.parametrize(
    ("given", "code", "installed"),
    [
        ({}, 1, "handbook"),
        ({"paths": "clean.py", "version": "0.1.0"}, 0, "handbook==0.1.0"),
        ({"args": "--select HB031 --fail-on error"}, 0, "handbook"),
    ],
)
def test_the_template_checks(
    project: Path, given: Mapping[str, str], code: int, installed: str
) -> None:
    """The report is written, the log shows the violations, and the exit code is that of `check`."""
    read = job(**given)
    stub(project, "pip", NOTES)
    environment = {**read["variables"], "NOTED": str(project / "noted")}
    result = run("\n".join(read["script"]), project, environment, language="sh")
    assert result.returncode == code, result.stdout + result.stderr
    assert (project / "noted").read_text().splitlines()[-1] == installed
    report = json.loads((project / read["artifacts"]["reports"]["codequality"]).read_text())
    found = given.get("paths") != "clean.py"
    assert [each["location"]["path"] for each in report] == ["app/a file.py"] * found
    assert ("HB031" in result.stdout) == found
