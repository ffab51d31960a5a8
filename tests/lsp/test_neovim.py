"""A real Neovim, with its own client of the language server protocol, set up as README.md says."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from handbook.checking.workspace import Workspace
from handbook.config import Configuration
from handbook.fixing.fixing import fix_file

SCRIPT = Path(__file__).with_name("neovim.lua")
ROOT = Path(__file__).parents[2]
SHOP = ROOT / "fixtures" / "broken_shop"


@pytest.mark.skipif(shutil.which("nvim") is None, reason="Neovim is not installed")
def test_neovim_shows_fixes_and_saves(tmp_path: Path) -> None:
    """Diagnostics show, a quick fix mends one, saving mends the rest, the file on disk is right."""
    shop = tmp_path / "shop"
    shutil.copytree(SHOP, shop)
    file = shop / "app" / "users" / "router.py"
    workspace = Workspace(Configuration())
    before = sorted(violation.code for violation in workspace.check(file).violations)
    text = file.read_text()
    shown = re.search(r"```lua\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert shown is not None
    snippet = tmp_path / "snippet.lua"
    snippet.write_text(shown[1])
    environment = {
        "FILE": str(file),
        "ROOT": str(shop),
        "SNIPPET": str(snippet),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    result = subprocess.run(
        ["nvim", "--headless", "-u", "NONE", "-i", "NONE", "-n", "-S", str(SCRIPT)],
        env={**os.environ, **environment},
        text=True,
        capture_output=True,
        timeout=180,
        check=False,
    )
    said = dict(line.split("=", 1) for line in result.stdout.splitlines() if "=" in line)
    assert set(said) == {"opened", "fixed", "after", "saved"}, result.stdout + result.stderr
    assert json.loads(said["opened"]) == before
    assert json.loads(said["after"]) != before
    left = fix_file(Workspace(Configuration()), file)
    assert json.loads(said["saved"]) == sorted(found.code for found in left.violations)
    assert not left.is_changed
    assert left.text != text
