"""`--no-plugins`: what a configuration names as plug-ins is not run."""

from pathlib import Path

import pytest

from tests.cli.conftest import LEGACY, Run
from tests.lsp.test_plugins import CONFIGURATION, PLUGIN


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_plugins_are_left_out(project: Path, run: Run, jobs: str) -> None:
    """Their rules are left out, what names them is no error, and the other rules report."""
    (project / "handbook.toml").write_text(CONFIGURATION)
    (project / "rules.py").write_text(PLUGIN)
    for name in ("one.py", "two.py"):
        text = f"{LEGACY}if names:\n    pass  # handbook: ignore[no-pass] as agreed\n"
        (project / name).write_text(text)
    result = run("check", "--no-plugins", "-j", jobs, "--output-format", "concise")
    assert result.exit_code == 1, result.output
    lines = [line for line in result.output.splitlines() if line.startswith(("one", "two"))]
    assert [line.split()[1] for line in lines] == ["HB031", "HB031"]
    assert not (project / "rules.ran").exists()
    run("check")
    assert (project / "rules.ran").exists()
