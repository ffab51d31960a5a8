"""What README.md shows is what a reader gets."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from handbook.lsp.actions import FIX_ALL

ROOT = Path(__file__).parents[1]


def test_the_violation_shown_is_among_those_of_the_first_command() -> None:
    """Word for word, with its place and its frame."""
    shown = re.search(
        r"```text\n(HB093 .*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
    )
    assert shown is not None
    printed = subprocess.run(
        [sys.executable, "-m", "handbook", "check", "fixtures/broken_shop", "--color", "never"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert printed.returncode == 1
    assert shown[1] in printed.stdout


def blocks(language: str) -> Iterator[str]:
    """The blocks of a language."""
    text = (ROOT / "README.md").read_text("utf-8")
    yield from re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def block(language: str, part: str) -> str:
    """The one block of a language that has a part."""
    (found,) = (block for block in blocks(language) if part in block)
    return found


def formatters() -> Iterator[list[str]]:
    """The commands that Helix and Zed are told to format with."""
    helix = tomllib.loads(block("toml", "[language-server.handbook]"))
    formatter = helix["language"][0]["formatter"]
    yield [formatter["command"], *formatter["args"]]
    zed = json.loads(block("json", "format_on_save"))
    (formatter,) = zed["languages"]["Python"]["formatter"]
    yield [formatter["external"]["command"], *formatter["external"]["arguments"]]


@pytest.mark.parametrize("command", [*formatters()], ids=["Helix", "Zed"])
def test_the_formatters_of_editors_fix(tmp_path: Path, command: list[str]) -> None:
    """Each reads the text from standard input and writes it, fixed, to standard output."""
    file = tmp_path / "shop.py"
    file.write_text("from typing import List\n\nnames: List[str] = []\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        [word.replace("{buffer_path}", str(file)) for word in command],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        input=file.read_text(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, "names: list[str] = []\n"), result.stderr


def test_the_settings_of_vs_code_name_the_action() -> None:
    """What runs on saving is what the server offers."""
    settings = json.loads(block("json", "editor.codeActionsOnSave"))
    assert settings["[python]"]["editor.codeActionsOnSave"] == {FIX_ALL: "explicit"}
