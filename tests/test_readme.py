"""What README.md shows is what a reader gets."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_violation_shown_is_among_those_of_the_first_command() -> None:
    """Word for word, with its place and its frame."""
    shown = re.search(
        r"```text\n(HB093 .*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
    )
    assert shown is not None
    printed = subprocess.run(
        [sys.executable, "-m", "handbook", "check", "fixtures/broken_shop", "--color", "never"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert printed.returncode == 1
    assert shown[1] in printed.stdout
