"""Files that may not be read or written, for root as well."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_VERSION = 0x20080522
_PASSING_BY = 1 << 1 | 1 << 2
"""The rights to write, and to read, whatever the permissions of a file say."""
_SET_SECURE_BITS = 28
_ROOT_IS_A_USER = 1


@contextmanager
def bound_by_permissions() -> Iterator[None]:
    """Let permissions count for this process and those that it starts.

    Root is asked to forgo its rights for a while: the machines of CI often run tests as root.
    """
    if os.geteuid() != 0:
        yield
        return
    if sys.platform != "linux":
        pytest.skip("root may read and write everything")
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    # Effective, permitted and inheritable rights, and the higher bits of each.
    rights = (ctypes.c_uint32 * 6)()
    libc.capget(header, rights)
    if libc.prctl(_SET_SECURE_BITS, _ROOT_IS_A_USER, 0, 0, 0):
        pytest.skip("root may not forgo its rights here")
    kept = rights[0]
    try:
        rights[0] = kept & ~_PASSING_BY
        libc.capset(header, rights)
        yield
    finally:
        rights[0] = kept
        libc.capset(header, rights)
        libc.prctl(_SET_SECURE_BITS, 0, 0, 0, 0)
