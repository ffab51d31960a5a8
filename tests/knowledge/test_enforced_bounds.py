"""Functions that bound a number by themselves."""

import ast

import pytest

from handbook.rules.security._enforced_bounds import clamped_by
from handbook.syntax.outline import FunctionScope, make_outline

CLAMPED: dict[str, tuple[str, set[str]]] = {
    "not": ("return find(x)", set()),
    "min": ("x = min(x, 100)", {"upper"}),
    "max": ("return find(max(0, x))", {"lower"}),
    "both": ("x = max(1, min(x, 100))", {"lower", "upper"}),
    "default": ("return min(x or 20, 100)", {"upper"}),
    "below": ("if x < 0: raise ValueError", {"lower"}),
    "above": ("if x > 100: raise ValueError", {"upper"}),
    "turned": ("if 100 < x: raise ValueError", {"upper"}),
    "chain": ("assert 1 <= x <= 50", {"lower", "upper"}),
    "constant": ("if x > settings.MAX_SIZE: raise ValueError", {"upper"}),
    "choice": ("if x not in (10, 20): raise ValueError", {"lower", "upper"}),
    "other number": ("return len(rows) > x", set()),
    "other name": ("y = min(y, 100)", set()),
}


@pytest.mark.parametrize(("code", "expected"), CLAMPED.values(), ids=CLAMPED.keys())
def test_clamped_by(code: str, expected: set[str]) -> None:
    """What `min`, `max` and comparisons bound is told, and nothing else."""
    text = f"def f(x):\n    {code}\n"
    (function,) = make_outline(ast.parse(text), text.splitlines(keepends=True)).definitions
    assert isinstance(function, FunctionScope)
    assert clamped_by(function, "x") == expected
