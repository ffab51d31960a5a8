"""The command `handbook`, and `python -m handbook`."""

import gc
import os
import sys

INTERRUPTED = 130
GARBAGE_THRESHOLD = 5_000_000
"""How many new objects make it worth while to look for dead ones."""


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        # Scripts ask this often, and importing the rest takes longer than the answer.
        from handbook import __version__

        sys.stdout.write(f"handbook {__version__}\n")
        return
    # Trees live as long as the process: looking through them for garbage is in vain, also in what
    # is done with the findings in the end.
    gc.set_threshold(GARBAGE_THRESHOLD)
    code: int | str | None = 0
    try:
        from handbook.cli import cli

        cli(prog_name="handbook")
    except SystemExit as stop:
        code = stop.code
    except KeyboardInterrupt:
        code = INTERRUPTED
    _leave(code)


def _leave(code: int | str | None) -> None:
    """End at once: taking apart the trees of a large project would take seconds."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        code = code or 1
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    main()
