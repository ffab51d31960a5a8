"""What the shapes of a project cost grows as they do, and nothing fails on any of them."""

from pathlib import Path

import pytest

from tests.fuzz.counting import measure
from tests.fuzz.shapes import DOUBLINGS, LONG, WIDE, Shape


def _grows(shape: Shape, folder: Path, small: int, large: int) -> float:
    """How many times the work grows from one size to another."""
    counts = []
    for size in (small, large):
        count, results = measure(shape(size), folder / str(size))
        for result in results.values():
            assert result.failures == []
            assert result.given_up == []
        counts.append(count)
    return counts[1] / counts[0]


@pytest.mark.parametrize("shape", DOUBLINGS, ids=lambda shape: shape.__name__)
def test_no_doubling(shape: Shape, tmp_path: Path) -> None:
    # The shapes in which all know all have four times as many arrows.
    assert _grows(shape, tmp_path, 20, 40) < 6


@pytest.mark.parametrize("shape", LONG, ids=lambda shape: shape.__name__)
def test_long_files(shape: Shape, tmp_path: Path) -> None:
    assert _grows(shape, tmp_path, 80, 160) < 3


@pytest.mark.parametrize("shape", WIDE, ids=lambda shape: shape.__name__)
def test_many_files(shape: Shape, tmp_path: Path) -> None:
    assert _grows(shape, tmp_path, 8, 16) < 6
