"""`check --watch`: checks again after each change, and ends with Ctrl-C."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.cli.conftest import CLEAN, LEGACY, Run


def test_without_watchfiles(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said in one sentence what is missing."""
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    result = run("check", "--watch")
    assert result.exit_code == 2
    assert "pip install handbook[watch]" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["-"], ["--stdin-filename", "a.py"], ["--add-noqa"]])
def test_contradictions(project: Path, run: Run, arguments: list[str]) -> None:
    """What cannot be watched is wrong use."""
    assert run("check", "--watch", *arguments).exit_code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent another way")
@pytest.mark.parametrize("more", [[], ["--no-cache"]])
def test_checks_again(project: Path, more: list[str]) -> None:
    """Changes of files and of the configuration are seen; an error in the latter ends nothing."""
    (project / "a.py").write_text(CLEAN)
    command = [sys.executable, "-m", "handbook", "check", "--watch", *more]
    process = subprocess.Popen(
        [*command, "--output-format", "concise"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: list[str] = []

    def collect() -> None:
        for line in process.stdout or ():
            lines.append(line)

    reader = threading.Thread(target=collect, daemon=True)
    reader.start()

    def wait_for(text: str) -> None:
        for _ in range(600):
            if any(text in line for line in lines):
                lines.clear()
                return
            time.sleep(0.05)
        raise AssertionError(f"{text} not in {lines}")

    try:
        wait_for("Watching for changes")
        time.sleep(0.5)
        (project / "a.py").write_text(LEGACY)
        wait_for("HB031")
        (project / "pyproject.toml").write_text("[tool.handbook]\nnothing = 1\n")
        wait_for("unknown key")
        (project / "pyproject.toml").write_text('[tool.handbook]\nselect = ["HB032"]\n')
        wait_for("All checks passed")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        reader.join(5)
        assert "Traceback" not in "".join(lines)
    finally:
        process.kill()
        process.wait()
