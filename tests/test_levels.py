"""Levels of the standard: which rules each asks for, and that tests are asked for less."""

from pathlib import Path

import pytest

from handbook import check_paths, check_text
from handbook.config import ConfigError, Configuration
from handbook.rulebook.registry import registry
from handbook.rulebook.rule import Level

_LEGACY = "from typing import List\n\nnames: List[str] = []\n"


@pytest.mark.parametrize("level", Level)
def test_each_level_holds_the_one_before(level: Level) -> None:
    """Selecting a level runs its own rules and those of the levels before it, and no others."""
    settings = Configuration(overrides={"select": [level.value], "preview": True})
    chosen = registry().select(settings.for_folder(Path()))
    expected = {code for code, rule in registry().rules.items() if level.includes(rule.level)} | {
        "HB000"
    }
    assert chosen.keys() == expected
    assert {"HB121", "HB161"} <= chosen.keys()
    assert ("HB031" in chosen) == (level is not Level.ESSENTIAL)
    assert ("HB100" in chosen) == (level is Level.STRICT)


def test_recommended_is_the_default(tmp_path: Path) -> None:
    """Without a selection the recommended rules run; a code selects a rule of any level."""
    untyped = "def double(number: int):\n    return 2 * number\n"
    assert [found.code for found in check_text(_LEGACY, isolated=True)] == ["HB031"]
    assert [found.code for found in check_text(untyped, isolated=True)] == []
    assert [found.code for found in check_text(untyped, select=["strict"])] == ["HB036"]
    assert [found.code for found in check_text(untyped, select=["HB036"])] == ["HB036"]


def test_tests_are_asked_for_less(tmp_path: Path) -> None:
    """The level of a rule can be another one in test modules; a code counts everywhere."""
    tests = tmp_path / "tests"
    tests.mkdir()
    for folder in (tmp_path, tests):
        (folder / "test_names.py" if folder is tests else folder / "names.py").write_text(_LEGACY)
    (tmp_path / "pyproject.toml").write_text("")
    found = [Path(violation.path).name for violation in check_paths([tmp_path])]
    assert found == ["names.py"]
    everywhere = check_paths([tmp_path], select=["HB031"])
    assert sorted(Path(violation.path).name for violation in everywhere) == [
        "names.py",
        "test_names.py",
    ]


def test_a_level_can_be_ignored_and_is_suggested() -> None:
    """Levels serve wherever codes do, and a misspelt one names the nearest."""
    assert list(check_text(_LEGACY, settings={"ignore": ["recommended"]})) == []
    with pytest.raises(ConfigError, match="recommended"):
        list(check_text(_LEGACY, select=["recomended"]))
