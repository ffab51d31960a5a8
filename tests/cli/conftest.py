"""A project to check, and the command line to check it with."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from handbook.cli import cli

type Run = Callable[..., Result]

LEGACY = "import typing\n\nnames: typing.List[str] = []\n"
CLEAN = "names: list[str] = []\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, which is the working directory; HB031, without its fix, is all that runs."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.handbook]\nselect = ["HB031"]\nunfixable = ["HB031"]\n'
    )
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "HANDBOOK_OUTPUT_FORMAT", "HANDBOOK_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def run() -> Run:
    """Call the command line in this process."""

    def call(*arguments: str, text: str | bytes | None = None) -> Result:
        return CliRunner().invoke(cli, arguments, input=text, prog_name="handbook")

    return call
