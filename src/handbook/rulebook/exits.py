"""Code of others, run so that it cannot end the program."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


class ExitError(Exception):
    """Code that is not ours tried to end the program."""


@contextmanager
def without_exit() -> Iterator[None]:
    """Make an error of an exit that nothing could catch.

    Raises:
        ExitError: where the code tried to.
    """
    before = vars(os)["_exit"]
    vars(os)["_exit"] = _refuse
    try:
        yield
    finally:
        vars(os)["_exit"] = before


def _refuse(status: int) -> NoReturn:
    raise ExitError(f"it calls `os._exit({status!r})`")
