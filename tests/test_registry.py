"""Where rules come from, and what it costs to look for them."""

import subprocess
import sys
from pathlib import Path

import pytest

from handbook.config import ConfigError
from handbook.rulebook.registry import registry

_RULES = """
from handbook import FileRule


class TeamRule(FileRule):
    \"\"\"A rule of a team.\"\"\"

    code = "TEAM001"
"""


def test_rules_of_installed_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that announces rules by an entry point is found wherever it is installed."""
    (tmp_path / "team_rules.py").write_text(_RULES)
    information = tmp_path / "team-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: team\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[handbook.rules]\nteam = team_rules\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert "TEAM001" in registry.__wrapped__().rules
    (information / "entry_points.txt").write_text("[console_scripts]\nteam = team_rules:main\n")
    assert "TEAM001" not in registry.__wrapped__().rules


def test_what_a_run_imports(tmp_path: Path) -> None:
    """What takes long to import is left alone until something needs it."""
    (tmp_path / "empty.py").touch()
    script = (
        "import sys\n"
        "from handbook.api import check_paths\n"
        "assert list(check_paths(['empty.py'])) == []\n"
        "print({'libcst', 'importlib.metadata', 'pathspec'} & sys.modules.keys())\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist"),
        ("def rule(:", "cannot be loaded: SyntaxError: invalid syntax"),
        ("raise RuntimeError('no')", "cannot be loaded: RuntimeError: no"),
        ("raise SystemExit(3)", "cannot be loaded: SystemExit: 3"),
    ],
)
def test_plug_ins_that_cannot_be_loaded(content: str | None, message: str, tmp_path: Path) -> None:
    """Whatever a plug-in does when it is loaded, it is one sentence that names it."""
    plugin = tmp_path / "rules.py"
    if content is not None:
        plugin.write_text(content)
    with pytest.raises(ConfigError) as caught:
        registry((plugin,))
    assert f"the plug-in {plugin} {message}" in str(caught.value)
