"""How findings of two builds are compared."""

from tests.ecosystem.comparison import Found, compare

KEPT = Found("HB001", "a.py", 1, "kept")


def test_what_differs_is_told_by_rule() -> None:
    """A finding at the same place with another message has changed."""
    before = [KEPT, Found("HB001", "a.py", 2, "gone"), Found("HB002", "a.py", 3, "old")]
    after = [KEPT, Found("HB002", "a.py", 3, "new"), Found("HB002", "b.py", 1, "more")]
    assert {
        code: [str(change) for change in found] for code, found in compare(before, after).items()
    } == {
        "HB001": ["- a.py:2 gone"],
        "HB002": ["~ a.py:3 new", "+ b.py:1 more"],
    }


def test_the_same_twice_is_nothing() -> None:
    """Nothing is said of what both builds find."""
    assert compare([KEPT], [KEPT]) == {}
