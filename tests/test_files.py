"""Files that are rewritten."""

import os
import stat
from pathlib import Path

import pytest

from handbook.fixing.files import RewriteError, rewrite


def test_encoding_stays(tmp_path: Path) -> None:
    """A file keeps its encoding, its BOM and its line ends."""
    path = tmp_path / "names.py"
    path.write_bytes("# coding: latin-1\r\nname = '\xe9'\r\n".encode("latin-1"))
    before = "# coding: latin-1\r\nname = '\xe9'\r\n"
    rewrite(path, before + "more = 1\r\n", before=before)
    assert path.read_bytes() == (before + "more = 1\r\n").encode("latin-1")
    path.write_bytes(b"\xef\xbb\xbfx = 1\n")
    rewrite(path, "x = 2\n", before="x = 1\n")
    assert path.read_bytes() == b"\xef\xbb\xbfx = 2\n"


def test_changed_meanwhile(tmp_path: Path) -> None:
    """Somebody else's work is not lost."""
    path = tmp_path / "names.py"
    path.write_text("x = 2\n")
    with pytest.raises(RewriteError, match="was changed while it was checked"):
        rewrite(path, "x = 3\n", before="x = 1\n")
    assert path.read_text() == "x = 2\n"


def test_character_that_the_encoding_lacks(tmp_path: Path) -> None:
    """A text that cannot be encoded is not written at all."""
    path = tmp_path / "names.py"
    path.write_bytes(b"# coding: ascii\n")
    with pytest.raises(RewriteError, match="ascii has no `\xe9`"):
        rewrite(path, "# coding: ascii\n# \xe9\n", before="# coding: ascii\n")
    assert path.read_bytes() == b"# coding: ascii\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="modes and links are those of POSIX")
def test_mode_and_links_stay(tmp_path: Path) -> None:
    """A script stays executable, and a link goes on pointing to what is rewritten."""
    script = tmp_path / "scripts" / "run.py"
    script.parent.mkdir()
    script.write_text("x = 1\n")
    script.chmod(0o751)
    link = tmp_path / "run.py"
    link.symlink_to("scripts/run.py")
    rewrite(link, "x = 2\n", before="x = 1\n")
    assert os.readlink(link) == "scripts/run.py"
    assert script.read_text() == "x = 2\n"
    assert stat.S_IMODE(script.stat().st_mode) == 0o751


def test_read_only(tmp_path: Path) -> None:
    """A file that may not be written is not replaced either."""
    path = tmp_path / "names.py"
    path.write_text("x = 1\n")
    path.chmod(0o444)
    with pytest.raises(PermissionError, match="Permission denied"):
        rewrite(path, "x = 2\n", before="x = 1\n")
    assert path.read_text() == "x = 1\n"


@pytest.mark.parametrize("step", ["fsync", "chmod", "replace"])
def test_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Whenever Ctrl-C comes, the file is as before and nothing is left beside it."""
    path = tmp_path / "names.py"
    path.write_text("x = 1\n")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, step, interrupt)
    with pytest.raises(KeyboardInterrupt):
        rewrite(path, "x = 2\n", before="x = 1\n")
    assert path.read_text() == "x = 1\n"
    assert list(tmp_path.iterdir()) == [path]
