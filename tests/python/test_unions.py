"""Tests of unions written with `|`: where that is not safe."""

from handbook.api import check_text
from handbook.violation import Applicability

MAYBE_MISSING = """\
from typing import Optional

try:
    from redis import Redis
except ImportError:
    Redis = None


def connect(redis: Optional[Redis] = None, name: Optional[str] = None) -> None: ...
"""


def test_a_type_that_may_be_none_makes_the_fix_unsafe() -> None:
    """`None | None` fails on import, which `Optional[None]` does not."""
    redis, name = check_text(MAYBE_MISSING, select=["HB032"], isolated=True)
    assert redis.fix is not None
    assert redis.fix.applicability is Applicability.UNSAFE
    assert name.fix is not None
    assert name.fix.applicability is Applicability.SAFE
