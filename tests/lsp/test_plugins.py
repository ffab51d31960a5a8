"""Plug-ins that a project's configuration names are code: the editor has to allow them."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.lsp.client import Client, Message

PLUGIN = '''"""A rule of a project."""

from collections.abc import Iterator
from pathlib import Path

import libcst as cst

from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Finding, NodeRule

Path(__file__).with_suffix(".ran").touch()


class NoPass(NodeRule[cst.Pass]):
    """Something is passed."""

    code = "ACME001"
    on = (cst.Pass,)

    def check(self, node: cst.Pass, file: SourceFile) -> Iterator[Finding]:
        """Report each."""
        yield Finding(node, "do something")
'''
CONFIGURATION = """
plugins = ["rules.py"]
select = ["ACME", "HB031"]
severity = { ACME001 = "error" }
rules.no-pass = {}
"""
TEXT = "from typing import List\n\nnames: List[str] = []\nif names:\n    pass  # noqa: ACME002\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a rule of its own."""
    (tmp_path / "handbook.toml").write_text(CONFIGURATION)
    (tmp_path / "rules.py").write_text(PLUGIN)
    (tmp_path / "x.py").write_text(TEXT)
    return tmp_path


def codes(found: list[Message]) -> list[str]:
    """The codes of diagnostics."""
    return sorted(each["code"] for each in found)


@pytest.mark.parametrize(
    "options", [None, {}, {"allowPlugins": False}, {"allowPlugins": "yes"}, {"allowPlugins": None}]
)
def test_plugins_are_not_run_unless_allowed(project: Path, options: Message | None) -> None:
    """Without them the other rules work, the names of theirs are no error, and a log tells it."""
    with Client(project, options=options) as client:
        assert codes(client.open("x.py")) == ["HB031"]
        told = client.wait(lambda message: message.get("method") == "window/logMessage")
        assert "plug-ins are not run" in told["params"]["message"]
        assert str(project / "rules.py") in told["params"]["message"]
    assert not (project / "rules.ran").exists()


@pytest.mark.parametrize("options", [{"allowPlugins": True}, {"handbook": {"allowPlugins": True}}])
def test_plugins_are_run_when_allowed(project: Path, options: Message) -> None:
    """An editor allows them in its initialization options."""
    with Client(project, options=options) as client:
        assert codes(client.open("x.py")) == ["ACME001", "HB031"]


def test_no_plugins_wins(project: Path) -> None:
    """What the command line forbids no editor allows."""
    options = {"allowPlugins": True}
    with Client(project, options=options, arguments=["--no-plugins"]) as client:
        assert codes(client.open("x.py")) == ["HB031"]
        client.wait(lambda message: message.get("method") == "window/logMessage")
        settings(client, {"handbook": {"allowPlugins": True}})
        assert client.is_silent()
    assert not (project / "rules.ran").exists()


def test_a_setting_can_change(project: Path) -> None:
    """What is allowed later, or no longer, counts at once; other settings change nothing."""
    with Client(project) as client:
        assert codes(client.open("x.py")) == ["HB031"]
        client.wait(lambda message: message.get("method") == "window/logMessage")
        settings(client, {"python": {}, "handbook": {"enable": True}})
        assert client.is_silent()
        settings(client, {"handbook": {"allowPlugins": True}})
        assert codes(client.diagnostics("x.py")) == ["ACME001", "HB031"]
        settings(client, {"handbook": {"allowPlugins": False}})
        assert codes(client.diagnostics("x.py")) == ["HB031"]


def settings(client: Client, values: Mapping[str, object]) -> None:
    """Send settings, as after a change."""
    client.notify("workspace/didChangeConfiguration", settings=values)
