"""What is written where, and in which colours."""

import os
import sys
from collections.abc import Iterable
from typing import Literal, TextIO

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


def write(pieces: Iterable[str]) -> None:
    """Write to standard output; who reads it may have enough of it at any time.

    Raises:
        OSError: where it cannot be written, as on a full disk.
    """
    stream = sys.stdout
    if hasattr(stream, "reconfigure"):
        # Rather an escape than no report, where the terminal has no such character.
        stream.reconfigure(errors="backslashreplace")
    try:
        stream.writelines(pieces)
        stream.flush()
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
    note(f"{label} {message}")


def note(message: str) -> None:
    """Say something on standard error."""
    try:
        sys.stderr.write(f"{message}\n")
    except BrokenPipeError:
        pass
    except UnicodeEncodeError:
        sys.stderr.write(f"{message.encode('ascii', 'backslashreplace').decode()}\n")
