"""The command as a process: pipes, terminals, Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.conftest import LEGACY

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")

SLOW = '''
import os
import time

from handbook import FileRule


class Slow(FileRule):
    """A rule takes its time."""

    code = "HB992"

    def check(self, file):
        with open("started.txt", "a") as log:
            log.write(f"{os.getpid()}\\n")
        time.sleep(float(os.environ.get("SECONDS_EACH", "30")))
        yield from ()
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with many files and a rule that takes long for each of them."""
    (tmp_path / "rules.txt").write_text(SLOW)
    (tmp_path / "slow.py").write_text(SLOW)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.handbook]\nplugins = ["slow.py"]\nextend-exclude = ["slow.py"]\nselect = ["HB031"]\n'
    )
    (tmp_path / "app").mkdir()
    for number in range(8):
        text = LEGACY + "# filler\n" * 12_000
        (tmp_path / "app" / f"names{number}.py").write_text(text)
    return tmp_path


def start(project: Path, *arguments: str, **settings: str) -> "subprocess.Popen[str]":
    """Start the command in a group of its own, as a shell does."""
    return subprocess.Popen(
        [sys.executable, "-m", "handbook", "check", *arguments],
        cwd=project,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def started(project: Path, count: int) -> Sequence[int]:
    """Wait until so many processes are at work; returns their numbers."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        log = project / "started.txt"
        numbers = log.read_text().split() if log.exists() else []
        if len(set(numbers)) >= count:
            return [int(number) for number in numbers]
        time.sleep(0.02)
    raise TimeoutError("the processes never started")


def is_alive(number: int) -> bool:
    """Whether a process is there, and no zombie."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(numbers: Sequence[int]) -> bool:
    """Whether processes end within a moment."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and any(map(is_alive, numbers)):
        time.sleep(0.02)
    return not any(map(is_alive, numbers))


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("whole_group", [True, False])
def test_interrupt(jobs: int, whole_group: bool, project: Path) -> None:
    """Ctrl-C ends the run at once: exit code 130, nothing said, no process left behind."""
    process = start(project, "--select", "HB992", "--jobs", str(jobs))
    workers = started(project, jobs)
    before = time.monotonic()
    if whole_group:
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=10)
    assert time.monotonic() - before < 2
    assert (process.returncode, output, errors.strip()) == (130, "", "")
    assert gone(workers)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_orphans(number: signal.Signals, project: Path) -> None:
    """When the command is killed, its processes end as soon as their file is done."""
    process = start(project, "--select", "HB992", "--jobs", "2", SECONDS_EACH="0.5")
    workers = started(project, 2)
    process.send_signal(number)
    process.communicate(timeout=10)
    assert gone(workers)


def test_closed_pipe(project: Path) -> None:
    """Whoever reads the report may stop at any time."""
    process = start(project, "--output-format", "full")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.wait(timeout=30)
    process.stderr.close()
    assert (process.returncode, errors) == (1, "")


def test_full_disk(project: Path) -> None:
    """A report that cannot be written is a failure."""
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no full disk")
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "handbook", "check"],
            cwd=project,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (result.returncode, result.stderr) == (2, "error: no space left on device\n")


def test_terminal_without_unicode(project: Path) -> None:
    """What the terminal cannot show is escaped."""
    (project / "app" / "names0.py").write_text(LEGACY.replace("names", "n\xe4mes"))
    process = start(project, "app/names0.py", PYTHONIOENCODING="ascii", LC_ALL="C")
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (1, "")
    assert "n\\xe4mes" in output


def terminal_output(project: Path, *arguments: str, **settings: str) -> str:
    """Run with standard error on a terminal; returns what is written there."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "handbook", "check", *arguments],
        cwd=project,
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:
            break
        if not piece:
            break
        written += piece
    process.wait(timeout=30)
    os.close(ours)
    return written.decode()


def test_progress(project: Path) -> None:
    """A bar on a terminal, once a run takes longer than a second, and wiped away at its end."""
    slow = ("--select", "HB992", "--jobs", "2")
    written = terminal_output(project, *slow, SECONDS_EACH="0.6")
    assert "/8 files" in written
    assert written.endswith("\r")
    assert terminal_output(project, *slow, "--quiet", SECONDS_EACH="0.6") == ""
    assert terminal_output(project, *slow, SECONDS_EACH="0") == ""


def test_no_progress_in_a_pipe(project: Path) -> None:
    """Nothing is drawn where nobody looks."""
    process = start(project, "--select", "HB992", "--jobs", "2", SECONDS_EACH="0.4")
    assert process.communicate(timeout=30)[1] == ""
