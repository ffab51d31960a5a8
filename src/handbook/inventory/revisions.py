"""The files of a git revision, laid out in a folder of their own."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from handbook.config import ConfigError

_WANTED = (".py", ".pyi", ".toml", ".txt", ".cfg", ".ini", ".env")


@contextmanager
def laid_out(revision: str, folder: Path) -> Iterator[Path]:
    """Give the files of a folder as they were in a revision; they are gone afterwards.

    Only what rules read is written: no hook, filter or submodule of the repository takes part.

    Raises:
        ConfigError: outside of a repository, or for a revision that git does not know.
    """
    if revision.startswith("-"):
        raise ConfigError(f"`{revision}` is not a revision")
    listed = _git(["ls-tree", "-r", "-z", f"{revision}^{{tree}}", "--", "."], folder)
    with TemporaryDirectory(prefix="handbook-") as name:
        top = Path(os.path.realpath(name))
        entries = [
            (meta.split()[2], os.fsdecode(path))
            for meta, _, path in (row.partition(b"\t") for row in listed.split(b"\0") if row)
            if meta.startswith(b"100") and os.fsdecode(path).endswith(_WANTED)
        ]
        contents = _git(["cat-file", "--batch"], folder, b"\n".join(blob for blob, _ in entries))
        at = 0
        for _, path in entries:
            head = contents.index(b"\n", at)
            size = int(contents[at:head].split()[2])
            target = top / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(contents[head + 1 : head + 1 + size])
            at = head + 1 + size + 1
        yield top


def _git(arguments: Sequence[str], folder: Path, standard_input: bytes = b"") -> bytes:
    command = ["git", "-c", "core.fsmonitor=false", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - git, with arguments of our own
            command, cwd=folder, input=standard_input, capture_output=True, check=False
        )
    except OSError:
        raise ConfigError("git is needed to compare with a revision, and cannot be run") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise ConfigError(f"git cannot read the revision: {said}")
    return done.stdout
