"""Files that are rewritten: all or nothing, and with nothing changed but the text."""

import contextlib
import errno
import os
import stat
import tempfile
from io import BytesIO
from pathlib import Path
from tokenize import detect_encoding

from handbook.text import decode


class RewriteError(Exception):
    """A file that cannot be rewritten; its text is one sentence for the user."""


def rewrite(path: Path, text: str, *, before: str) -> None:
    """Replace the text of a Python file in one step.

    Its encoding, BOM and mode stay as they are, and a link goes on pointing to it.

    Args:
        path: of the file.
        text: what it shall hold, with the line ends that it shall have.
        before: what it must hold still, or somebody else's work would be lost.

    Raises:
        RewriteError: if it was changed meanwhile, or its encoding has no such character.
        OSError: if it cannot be written.
        SourceError: if it cannot be decoded any more.
    """
    target = os.path.realpath(path)
    if not os.access(target, os.W_OK):
        # It could be replaced all the same, where its folder lets us; but it says no.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    with open(target, "rb") as file:
        content = file.read()
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    if decode(content) != before:
        raise RewriteError(f"`{path}` was changed while it was checked; it is left as it is")
    encoding, _ = detect_encoding(BytesIO(content).readline)
    try:
        encoded = text.encode(encoding)
    except UnicodeEncodeError as error:
        character = text[error.start]
        raise RewriteError(f"`{path}` is left as it is: {encoding} has no `{character}`") from None
    _replace(target, encoded, mode)


def _replace(target: str, content: bytes, mode: int) -> None:
    try:
        number, name = tempfile.mkstemp(prefix=".handbook-", dir=os.path.dirname(target))
    except PermissionError:
        # The file may be written, but nothing may be put beside it.
        with open(target, "wb") as file:
            file.write(content)
        return
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
