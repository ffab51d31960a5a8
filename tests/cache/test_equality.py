"""A run that uses the results of others finds exactly what one finds that knows nothing."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handbook.checking import runner
from handbook.checking.cache.cache import Cache
from handbook.checking.runner import run
from handbook.checking.workspace import Workspace
from handbook.config import Configuration
from tests.cache.project_edits import CHANGES, python_files

FIXTURE = Path(__file__).parents[2] / "fixtures" / "broken_shop"


def found(paths: Sequence[Path], *, cached: bool, jobs: int = 1) -> tuple[list[str], int]:
    """All that is found, and how many results were those of earlier runs."""
    workspace = Workspace(Configuration(), records=cached)
    sources = workspace.discover(paths)
    cache = Cache(workspace) if cached else None
    outcome = run(sources, workspace, jobs=jobs, cache=cache)
    lines = [repr(violation) for violation in outcome.violations]
    lines += [repr(failure) for failure in outcome.failures]
    return lines, cache.recalled if cache is not None else 0


def check_both(folder: Path, jobs: int = 1) -> None:
    """Compare runs over one file, and over the whole project."""
    files = python_files(folder)
    some = [files[len(files) // 2]] if files else []
    for paths in (some, [folder], some):
        warm, _ = found(paths, cached=True, jobs=jobs)
        assert warm == found(paths, cached=False)[0]


changes = st.tuples(st.sampled_from(sorted(CHANGES)), st.integers(0, 10**6))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sequence=st.lists(changes, min_size=1, max_size=6))
def test_warm_equals_cold(
    sequence: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After any sequence of changes."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary, "shop")
        shutil.copytree(FIXTURE, folder, ignore=shutil.ignore_patterns(".handbook_cache"))
        monkeypatch.chdir(folder)
        try:
            check_both(folder)
            for name, number in sequence:
                CHANGES[name](folder, number)
                check_both(folder)
        finally:
            os.chdir(FIXTURE)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project with violations, left alone for long enough."""
    folder = tmp_path / "shop"
    shutil.copytree(FIXTURE, folder, ignore=shutil.ignore_patterns(".handbook_cache"))
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    monkeypatch.chdir(folder)
    return folder


def test_several_processes(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What each of them asked about is put together."""
    monkeypatch.setattr(runner, "_WORTH_A_PROCESS", 100)
    for name in ("add_comment", "rename_word", "delete_file", "copy_file", "rename_file"):
        check_both(shop, jobs=3)
        CHANGES[name](shop, 8)
    check_both(shop, jobs=3)


def test_nothing_is_checked_again(shop: Path) -> None:
    """Where nothing changed, every result is used again, also under another working directory."""
    files = len(python_files(shop))
    assert found([shop], cached=True)[1] == 0
    assert found([shop], cached=True)[1] == files
    os.chdir(shop.parent)
    warm, recalled = found([Path("shop")], cached=True)
    assert recalled == files
    assert warm == found([Path("shop")], cached=False)[0]
    assert any("'shop/app/" in line for line in warm)


def test_configuration_is_told_apart(shop: Path) -> None:
    """Runs under several configurations leave each other's results alone."""
    files = len(python_files(shop))
    before = (shop / "pyproject.toml").read_text()
    found([shop], cached=True)
    CHANGES["configure"](shop, 2)
    assert found([shop], cached=True)[1] == 0
    (shop / "pyproject.toml").write_text(before)
    assert found([shop], cached=True)[1] == files
