"""Files that are rewritten."""

from pathlib import Path

import pytest

from handbook.files import RewriteError, rewrite


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
