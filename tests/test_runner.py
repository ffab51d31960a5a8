"""Many files, many processes: the same result every time, and no file lost."""

import itertools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from handbook.checking.discovery import SourcePath, discover
from handbook.checking.engine import Failure
from handbook.checking.pool import DeathError, spread
from handbook.checking.runner import Outcome, check_content, run
from handbook.checking.workspace import Workspace
from handbook.config import Configuration
from handbook.rulebook.registry import registry

LEGACY = "import typing\n\nnames: typing.List[str] = []\n"
FILLER = "# filler\n" * 12_000


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of files that are large enough for several processes."""
    (tmp_path / "pyproject.toml").write_text('[tool.handbook]\nselect = ["HB031"]\n')
    for number in range(12):
        text = LEGACY * (number % 3) + FILLER * (number % 4 + 1)
        (tmp_path / f"names{number:02}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def opened(folder: Path = Path()) -> tuple[list[SourcePath], Workspace]:
    """The files of a folder, and a workspace to check them."""
    workspace = Workspace(Configuration())
    return discover([folder], workspace.configuration), workspace


def outcome(jobs: int) -> Outcome:
    """Check the working directory anew."""
    sources, workspace = opened()
    return run(sources, workspace, jobs=jobs)


def test_any_number_of_processes(project: Path) -> None:
    """The result does not depend on who did the work."""
    alone = outcome(1)
    assert alone.processes == 1
    assert alone.files == 12
    assert len(alone.violations) == 12
    assert alone.violations == sorted(alone.violations, key=lambda found: found.sort_key)
    for jobs in (2, 3, 8):
        together = outcome(jobs)
        assert together.processes == jobs
        assert together.violations == alone.violations


def test_small_projects_need_no_processes(project: Path) -> None:
    """Starting one takes longer than checking a few files."""
    for path in project.glob("*.py"):
        path.write_text(LEGACY)
    assert outcome(8).processes == 1


def test_threads_keep_from_forking(project: Path) -> None:
    """In a program with threads the processes are started in another way, and find the same."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        together = outcome(2)
    finally:
        done.set()
        thread.join()
    assert together.processes == 2
    assert together.violations == outcome(1).violations


def test_progress_is_told(project: Path) -> None:
    """Every file is counted once."""
    for jobs in (1, 3):
        count = itertools.count()
        sources, workspace = opened()
        run(sources, workspace, jobs=jobs, advance=count.__next__)
        assert next(count) == len(sources)


def test_the_process_is_left_as_it_was(project: Path) -> None:
    """What the run tunes for itself, it puts back."""
    import gc

    before = gc.get_threshold(), sys.getrecursionlimit(), gc.get_freeze_count()
    outcome(1)
    assert (gc.get_threshold(), sys.getrecursionlimit(), gc.get_freeze_count()) == before


DEADLY = '''
import itertools
import os
import signal

from handbook import FileRule


class Deadly(FileRule):
    """A rule ends its process."""

    code = "HB993"

    def check(self, file):
        if "deadly" in file.path:
            os.kill(os.getpid(), signal.SIGKILL)
        if "leaving" in file.path:
            os._exit(7)
        yield from ()
'''


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_process_that_dies(project: Path) -> None:
    """It costs the file that it was at, which is told, and no other."""
    (project / "rules.py").write_text(DEADLY)
    (project / "pyproject.toml").write_text(
        '[tool.handbook]\nselect = ["HB031", "HB993"]\nplugins = ["rules.py"]\n'
        'extend-exclude = ["rules.py"]\n'
    )
    registry.cache_clear()
    for name in ("deadly", "names00deadly", "names05leaving", "zdeadly"):
        (project / f"{name}.py").write_text(LEGACY)
    found = outcome(2)
    assert len(found.violations) == 13
    assert found.failures == [
        Failure("deadly.py", "", "the process was ended by SIGKILL"),
        Failure("names00deadly.py", "", "the process was ended by SIGKILL"),
        Failure("names05leaving.py", "HB993", "ExitError: it calls `os._exit(7)`"),
        Failure("zdeadly.py", "", "the process was ended by SIGKILL"),
    ]


def make_square() -> Callable[[int], int]:
    """Work for the pool: the square of a number; some numbers are deadly."""

    def square(number: int) -> int:
        if number % 10 == 9:
            os.kill(os.getpid(), signal.SIGKILL)
        return number * number

    return square


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_pool_loses_nothing() -> None:
    """Each piece has one result, however many processes die on the way."""
    chunks = [list(range(start, start + 7)) for start in range(0, 70, 7)]
    results = dict(spread(chunks, make_square, 3))
    assert results.keys() == set(range(70))
    for number, result in results.items():
        assert isinstance(result, DeathError) if number % 10 == 9 else result == number * number


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_pool_that_is_left_early() -> None:
    """Who stops to ask for results leaves no process behind."""

    def children() -> set[str]:
        return set(
            Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
        )

    before = children()
    results: Iterator[tuple[int, object]] = spread([[1, 2], [3, 4], [5, 6]], make_square, 2)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert children() <= before


def test_contents_in_place_of_a_file(project: Path) -> None:
    """Bytes are decoded as Python does; what cannot be decoded has its line."""
    sources, workspace = opened()
    found, text = check_content(b"\xef\xbb\xbf" + LEGACY.encode(), sources[0], workspace)
    assert [violation.code for violation in found.violations] == ["HB031"]
    assert text == LEGACY
    found, text = check_content(b"\n\n\xff", sources[0], workspace)
    assert [violation.code for violation in found.violations] == ["HB000"]
    assert text == ""


def test_crash_outside_of_rules(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours in one file does not end the run."""
    sources, workspace = opened()
    check = workspace.check

    def flawed(path: Path, *arguments: object, **settings: object) -> object:
        if path.name == "names01.py":
            raise LookupError("lost")
        return check(path, *arguments, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(workspace, "check", flawed)
    found = run(sources, workspace, jobs=1)
    assert found.failures == [Failure("names01.py", "", "LookupError: lost")]
    assert len(found.violations) == 11


def test_reading_ahead(project: Path) -> None:
    """A project with an app is read once, before there are several processes; others are not."""
    sources, workspace = opened()
    workspace.read_ahead(sources)
    whole = workspace.project(sources[0].path, sources[0].settings)
    (project / "names00.py").unlink()
    assert len(whole.outlines) == 11
    (project / "main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
    sources, workspace = opened()
    workspace.read_ahead(sources)
    whole = workspace.project(sources[0].path, sources[0].settings)
    (project / "main.py").unlink()
    assert len(whole.outlines) == 12
