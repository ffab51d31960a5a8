"""The file that results are kept in, and whatever may befall it."""

import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from handbook.checking.cache.store import Store, StoreError


def filled(path: Path) -> Store:
    """A store with pieces in it."""
    store = Store(str(path))
    with store.writing():
        store.write((f"piece {number}", b"%d" % number * 500) for number in range(40))
    return store


def test_keeps_pieces(tmp_path: Path) -> None:
    """What was written is read, also by another one that is opened later."""
    filled(tmp_path / "a.db").close()
    store = Store(str(tmp_path / "a.db"))
    assert store.read("piece 7") == b"7" * 500
    assert store.read("piece 77") is None
    with store.writing():
        store.remove(["piece 7"])
        store.write([("piece 8", b"new")])
    assert store.read_some(["piece 7", "piece 8"]) == {"piece 8": b"new"}


def test_damage_is_told(tmp_path: Path) -> None:
    """Wherever some bytes change, a piece is what was written or there is none."""
    path = tmp_path / "a.db"
    filled(path).close()
    content = path.read_bytes()
    chance = random.Random(7)  # noqa: S311
    for _ in range(150):
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 60)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path.write_bytes(
            damaged[: chance.randint(0, len(damaged)) if chance.random() < 0.3 else None]
        )
        try:
            store = Store(str(path))
            for number in range(40):
                assert store.read(f"piece {number}") in (None, b"%d" % number * 500)
            store.close()
        except StoreError:
            continue


def test_all_or_nothing(tmp_path: Path) -> None:
    """What fails in the middle leaves all as it was."""
    store = filled(tmp_path / "a.db")
    with pytest.raises(RuntimeError, match="stop"), store.writing():
        store.write([("piece 1", b"half")])
        raise RuntimeError("stop")
    assert store.read("piece 1") == b"1" * 500


def test_another_program_holds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that stays locked is an error of its own kind, after a while."""
    monkeypatch.setattr("handbook.checking.cache.store._PATIENCE", 0.05)
    filled(tmp_path / "a.db").close()
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError):
        Store(str(tmp_path / "a.db"))
    other.close()


_WRITER = """
import sys
from handbook.checking.cache.store import Store
store = Store(sys.argv[1])
for number in range(60):
    with store.writing():
        count = int(store.read("count") or b"0")
        store.write([("count", b"%d" % (count + 1)), (f"{sys.argv[2]}-{number}", b"x" * 3000)])
"""


def test_two_writers(tmp_path: Path) -> None:
    """Neither undoes what the other has written."""
    path = str(tmp_path / "a.db")
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, path, name]) for name in ("one", "two")
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    store = Store(path)
    assert store.read("count") == b"120"
    assert store.read("one-59") == store.read("two-0") == b"x" * 3000
