"""Files that are rewritten: all or nothing, and with nothing changed but the text."""

import contextlib
import errno
import os
import stat
from io import BytesIO
from pathlib import Path
from tokenize import detect_encoding

from handbook.syntax.text import SourceError, decode

_BINARY: int = getattr(os, "O_BINARY", 0)
_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


class RewriteError(Exception):
    """A file that cannot be rewritten; its text is one sentence for the user."""


def rewrite(path: Path, text: str, *, before: str) -> None:
    """Replace the text of a Python file in one step.

    Its encoding, BOM and mode stay as they are, and its owner, where that is permitted; a link
    goes on pointing to it.

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
    with open(target, "rb") as file:
        content = file.read()
        status = os.fstat(file.fileno())
    if not status.st_mode & _WRITABLE or not os.access(target, os.W_OK):
        # It could be replaced all the same, where its folder lets us; but it says no.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    if decode(content) != before:
        raise RewriteError(f"`{path}` was changed while it was checked; it is left as it is")
    try:
        encoded = encode(text, before=content)
    except RewriteError as error:
        raise RewriteError(f"`{path}` is left as it is: {error}") from None
    _replace(target, encoded, status)


def encode(text: str, *, before: bytes) -> bytes:
    """Encode a text as another one is: in its encoding, with its BOM.

    Raises:
        RewriteError: if the encoding lacks a character.
    """
    encoding, _ = detect_encoding(BytesIO(before).readline)
    try:
        encoded = text.encode(encoding)
    except UnicodeEncodeError as error:
        raise RewriteError(f"{encoding} has no `{text[error.start]}`") from None
    # Some encodings write one thing and read another, such as `unicode_escape`.
    with contextlib.suppress(SourceError, ValueError):
        if decode(encoded) == text:
            return encoded
    raise RewriteError(f"written as {encoding} it would be read back as another text")


def _replace(target: str, content: bytes, before: os.stat_result) -> None:
    folder, name = os.path.split(target)
    # Named before it is made, so that it is known what to take away whenever we are interrupted.
    beside = os.path.join(folder, f".{name[:100]}.{os.urandom(8).hex()}.tmp")
    try:
        try:
            number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        except PermissionError:
            # The file may be written, but nothing may be put beside it.
            with open(target, "wb") as file:
                file.write(content)
            return
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _take_after(beside, before)
        os.replace(beside, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise


def _take_after(path: str, before: os.stat_result) -> None:
    """Give a new file the owner, where that is permitted, and the mode of another one."""
    if hasattr(os, "chown"):
        now = os.stat(path)
        if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
            with contextlib.suppress(PermissionError):
                os.chown(path, before.st_uid, before.st_gid)
    os.chmod(path, stat.S_IMODE(before.st_mode))
