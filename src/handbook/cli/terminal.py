"""What is written where, and in which colours."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, TextIO

from handbook.output.text import printable

type Color = Literal["auto", "always", "never"]


def wants_color(choice: Color, stream: TextIO) -> bool:
    """Whether to write colours to a stream: FORCE_COLOR and NO_COLOR decide for a choice `auto`."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("FORCE_COLOR"):
        return os.environ["FORCE_COLOR"] != "0"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return is_terminal(stream)


def is_terminal(stream: TextIO) -> bool:
    """Whether a person reads along."""
    try:
        return stream.isatty()
    except ValueError:  # It is closed.
        return False


def write(pieces: Iterable[str], stream: TextIO | None = None) -> None:
    """Write to standard output or another stream; who reads it may have enough at any time.

    Raises:
        OSError: where it cannot be written, as on a full disk.
    """
    stream = stream or sys.stdout
    if hasattr(stream, "reconfigure"):
        # Rather an escape than no report, where the terminal has no such character.
        stream.reconfigure(errors="backslashreplace")
    with _patient_with_readers(stream):
        stream.writelines(pieces)
        stream.flush()


def write_bytes(content: bytes) -> None:
    """Write bytes to standard output as they are.

    Raises:
        OSError: where they cannot be written.
    """
    with _patient_with_readers(sys.stdout):
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


@contextmanager
def _patient_with_readers(stream: TextIO) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        # What is left in the buffer would be tried again, and complained about, at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def complain(message: str, *, kind: Literal["error", "warning"] = "error") -> None:
    """Say on standard error, in one line, what is wrong."""
    import click

    color = {"error": "bright_red", "warning": "bright_yellow"}[kind]
    label = f"{kind}:"
    if wants_color("auto", sys.stderr):
        label = click.style(label, fg=color, bold=True)
    _say(f"{label} {printable(message)}")


def note(message: str) -> None:
    """Say something on standard error: in one line, with nothing in it that moves the cursor."""
    _say(printable(message))


def _say(message: str) -> None:
    try:
        sys.stderr.write(f"{message}\n")
    except BrokenPipeError:
        pass
    except UnicodeEncodeError:
        sys.stderr.write(f"{message.encode('ascii', 'backslashreplace').decode()}\n")
