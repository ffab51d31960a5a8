"""Every example in every rule's documentation, run as a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from handbook.config import Configuration
from handbook.documentation import Example, documentation, files_of
from handbook.registry import registry
from handbook.rule import Rule
from handbook.violation import Violation
from handbook.workspace import Workspace

type Case = tuple[type[Rule], Example]


def cases() -> Iterator[Case]:
    """Every example of every rule."""
    for rule in registry().rules.values():
        for example in documentation(rule).examples:
            yield rule, example


def named(case: Case) -> str:
    """The test id of an example: rule, verdict and where it is among the examples."""
    rule, example = case
    index = documentation(rule).examples.index(example)
    return f"{rule.code}-{example.verdict}-{index}"


def write(files: dict[str, str], folder: Path) -> None:
    """Make a project of an example's files."""
    for path, text in {"pyproject.toml": "", **files}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")


def check(folder: Path, code: str, *, screens: bool = True) -> list[Violation]:
    """Run one rule on a project, through its `pyproject.toml` if it has one."""
    overrides = {"select": [code], "preview": True}
    workspace = Workspace(Configuration(overrides=overrides), screens=screens)
    violations: list[Violation] = []
    for path in sorted(folder.rglob("*.py")):
        result = workspace.check(path)
        assert result.failures == []
        violations += result.violations
    return violations


def places(violations: list[Violation], folder: Path) -> set[tuple[str, int]]:
    """The files and lines of violations."""
    return {
        (Path(violation.path).relative_to(folder).as_posix(), violation.span.start.line)
        for violation in violations
    }


@pytest.mark.parametrize("case", cases(), ids=named)
def test_example(case: Case, tmp_path: Path) -> None:
    """The marked lines are reported, and no other; screens make no difference."""
    rule, example = case
    write(example.files, tmp_path)
    violations = check(tmp_path, rule.code)
    assert places(violations, tmp_path) == example.marked
    assert bool(example.marked) == (example.verdict == "Bad")
    assert check(tmp_path, rule.code, screens=False) == violations
    if example.fixed is not None:
        write(files_of(example.fixed), tmp_path)
        assert check(tmp_path, rule.code) == []


@pytest.mark.parametrize(
    "case", (case for case in cases() if case[1].marked), ids=named
)
def test_suppression(case: Case, tmp_path: Path) -> None:
    """A suppression at the end of a marked line silences it."""
    rule, example = case
    if example.language != "python" or rule.code in ("HB000", "HB001", "HB002"):
        return
    silenced = {
        path: text.replace("# <-", f"# noqa: {rule.code}") for path, text in example.files.items()
    }
    write(silenced, tmp_path)
    assert check(tmp_path, rule.code) == []


@pytest.mark.parametrize("rule", registry().rules.values(), ids=lambda rule: rule.code)
def test_documentation(rule: type[Rule]) -> None:
    """A rule says what is wrong in one sentence, why it matters, and shows both sides."""
    document = documentation(rule)
    assert document.summary.endswith(".")
    assert document.explanation
    assert {example.verdict for example in document.examples} == {"Bad", "Good"}
