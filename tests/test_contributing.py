"""The rule that CONTRIBUTING.md shows is a rule."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from handbook import check_text
from handbook.rulebook.documentation import documentation
from handbook.rulebook.registry import registry

CONTRIBUTING = Path(__file__).parents[1] / "CONTRIBUTING.md"


def test_the_rule_shown_passes_its_own_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pasted as it stands, it loads, reports the lines it marks, and no others."""
    shown = re.search(r"````python\n(.*?)\n *````", CONTRIBUTING.read_text("utf-8"), re.DOTALL)
    assert shown is not None
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "rules.py"
    path.write_text(dedent(f"   {shown[1].lstrip()}"), encoding="utf-8")
    examples = documentation(registry((path,)).find("HB201")).examples
    assert {example.verdict for example in examples} == {"Bad", "Good"}
    settings = {"plugins": ["rules.py"]}
    for example in examples:
        found = check_text(example.code, select=["HB201"], settings=settings)
        lines = {(violation.path, violation.span.start.line) for violation in found}
        assert lines == example.marked
