"""Every example in every rule's documentation, run as a test."""

import ast
import re
import tokenize
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest

from handbook.checking.workspace import Workspace
from handbook.config import Configuration
from handbook.fixing.fixing import FixResult, fix_file
from handbook.rulebook.documentation import Example, documentation, examples_in, files_of
from handbook.rulebook.registry import registry
from handbook.rulebook.rule import CommentRule, Rule
from handbook.violation import Violation

type Case = tuple[type[Rule], Example]

CORNERS = Path(__file__).parent
"""Where `<chapter>/<slug>.md` has the examples that would make the page of a rule too long."""


def examples_of(rule: type[Rule]) -> list[Example]:
    """The examples of a rule, those on its page first."""
    corners = CORNERS / rule.chapter().replace(" ", "_") / f"{rule.slug()}.md"
    more = examples_in(corners.read_text(encoding="utf-8")) if corners.is_file() else []
    return [*documentation(rule).examples, *more]


def cases() -> list[Case]:
    """Every example of every rule."""
    return [(rule, example) for rule in registry().rules.values() for example in examples_of(rule)]


def named(case: Case) -> str:
    """The test id of an example: rule, verdict and where it is among the examples."""
    rule, example = case
    index = examples_of(rule).index(example)
    return f"{rule.code}-{example.verdict}-{index}"


def write(files: dict[str, str], folder: Path) -> None:
    """Make a project of an example's files."""
    for path, text in {"pyproject.toml": "", **files}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")


def check(folder: Path, code: str, *, screens: bool = True) -> list[Violation]:
    """Run one rule on a project, through its `pyproject.toml` if it has one."""
    overrides = {"select": ["ALL" if judges_comments(code) else code], "preview": True}
    workspace = Workspace(Configuration(overrides=overrides), screens=screens)
    violations: list[Violation] = []
    for path in sorted(folder.rglob("*.py")):
        result = workspace.check(path)
        assert result.failures == []
        violations += [found for found in result.violations if found.code == code]
    return violations


def judges_comments(code: str) -> bool:
    """Whether a rule is about comments that silence others, which must run for it to judge them."""
    return issubclass(registry().find(code), CommentRule)


def places(violations: list[Violation], folder: Path) -> set[tuple[str, int]]:
    """The files and lines of violations."""
    return {
        (Path(violation.path).relative_to(folder).as_posix(), violation.span.start.line)
        for violation in violations
    }


@pytest.mark.parametrize("case", cases(), ids=named)
def test_example(case: Case, tmp_path: Path) -> None:
    """The marked lines are reported, and no other, nothing twice; screens make no difference."""
    rule, example = case
    write(example.files, tmp_path)
    violations = check(tmp_path, rule.code)
    assert places(violations, tmp_path) == example.marked
    said = [(found.path, found.span, found.message) for found in violations]
    assert len(said) == len(set(said))
    assert bool(example.marked) == (example.verdict == "Bad")
    assert check(tmp_path, rule.code, screens=False) == violations


def fix(folder: Path, code: str, *, beside_all: bool = False) -> dict[str, FixResult]:
    """What the fixes of one rule make of each file, the unsafe ones included."""
    overrides: dict[str, object] = {"select": [code], "preview": True, "extend-safe-fixes": [code]}
    if beside_all or judges_comments(code):
        overrides |= {"select": ["ALL"], "fixable": [code]}
    workspace = Workspace(Configuration(overrides=overrides))
    return {
        path.relative_to(folder).as_posix(): fix_file(workspace, path)
        for path in sorted(folder.rglob("*.py"))
    }


def texts(results: dict[str, FixResult]) -> dict[str, str]:
    """The texts that fixes made."""
    return {path: result.text for path, result in results.items()}


def unmarked(files: dict[str, str]) -> dict[str, str]:
    """Files without the marks of what is to be reported."""
    return {path: re.sub(r"[ \t]*# <-.*", "", text) for path, text in files.items()}


def comments(text: str) -> Counter[str]:
    """The comments of a file."""
    tokens = tokenize.generate_tokens(StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


@pytest.mark.parametrize(
    "case", [case for case in cases() if case[1].fixed is not None], ids=named
)
def test_fix(case: Case, tmp_path: Path) -> None:
    """The fix makes Fixed of Bad, whole and at once, and brings nothing that any rule reports."""
    rule, example = case
    fixed = files_of(example.fixed or "")
    before = unmarked(example.files)
    write(before, tmp_path)
    after = texts(fix(tmp_path, rule.code))
    unchanged = {path: text for path, text in before.items() if path.endswith(".py")}
    assert after == {**unchanged, **unmarked(fixed)}
    beside_all = fix(tmp_path, rule.code, beside_all=True)
    assert [found for result in beside_all.values() for found in result.refused] == []
    assert texts(beside_all) == after
    write(after, tmp_path)
    for text in after.values():
        ast.parse(text)
    assert texts(fix(tmp_path, rule.code)) == after
    marked = {
        (path, number)
        for path, text in fixed.items()
        for number, line in enumerate(text.split("\n"), 1)
        if "# <-" in line
    }
    assert places(check(tmp_path, rule.code), tmp_path) == marked


@pytest.mark.parametrize("case", [case for case in cases() if case[1].marked], ids=named)
def test_fix_keeps_comments(case: Case, tmp_path: Path) -> None:
    """The marks are comments like any others: they stay, or the fix does not come about."""
    rule, example = case
    write(example.files, tmp_path)
    if any(violation.fixes for violation in check(tmp_path, rule.code)):
        assert documentation(rule).is_fixable
    if rule.chapter() == "tool":
        return
    for path, text in texts(fix(tmp_path, rule.code)).items():
        ast.parse(text)
        assert comments(text) == comments((tmp_path / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", [case for case in cases() if case[1].marked], ids=named)
def test_suppression(case: Case, tmp_path: Path) -> None:
    """A suppression at the end of a marked line silences it."""
    rule, example = case
    if example.language != "python" or rule.chapter() == "tool":
        return
    silenced = {
        path: text.replace("# <-", f"# noqa: {rule.code}") for path, text in example.files.items()
    }
    write(silenced, tmp_path)
    assert check(tmp_path, rule.code) == []


def test_corner_cases_are_of_rules() -> None:
    """Each file of examples belongs to a rule, under its chapter and name."""
    found = {path.relative_to(CORNERS).with_suffix("") for path in CORNERS.rglob("*.md")}
    rules = {
        Path(rule.chapter().replace(" ", "_"), rule.slug()) for rule in registry().rules.values()
    }
    assert found and found <= rules


@pytest.mark.parametrize("rule", [*registry().rules.values()], ids=lambda rule: rule.code)
def test_documentation(rule: type[Rule]) -> None:
    """A rule says what is wrong in one sentence, why it matters, and shows both sides."""
    document = documentation(rule)
    assert document.summary.endswith(".")
    assert document.explanation
    assert {example.verdict for example in document.examples} == {"Bad", "Good"}
