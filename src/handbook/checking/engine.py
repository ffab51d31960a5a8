"""One file through the rules: screen, parse, walk, findings, violations, suppressions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from handbook.knowledge.versions import admits_older
from handbook.python.project.source import SourceFile
from handbook.python.project.steps import OutOfStepsError
from handbook.rulebook.exits import without_exit
from handbook.rulebook.rule import CommentRule, FileRule, Finding, NodeRule, Rule, span_of
from handbook.suppressions import Suppressions
from handbook.syntax.outline import Block
from handbook.syntax.text import SourceError
from handbook.violation import Applicability, Fix, Position, Severity, Span, Violation

if TYPE_CHECKING:
    import libcst as cst

_MOST_STEPS = 500_000
"""How many steps a rule may take in one file: ten times the most that any took in a project of
2,000 files, where the first to ask pays for what all files tell."""
SYNTAX_ERROR = ("HB000", "syntax-error")


@dataclass(slots=True, frozen=True)
class Failure:
    """A rule that crashed on a file: our own fault, reported, and the run goes on."""

    path: str
    code: str
    error: str

    def __str__(self) -> str:
        return f"handbook: rule {self.code} failed on {self.path}: {self.error}"


@dataclass(slots=True, frozen=True)
class GivenUp:
    """A rule that stopped at what takes too long to find out in a file."""

    path: str
    code: str

    def __str__(self) -> str:
        return f"{self.code} gave up on {self.path}: what it asks takes too many steps"


@dataclass(slots=True)
class Result:
    """What checking one file gave.

    Attributes:
        violations: in order.
        failures: the rules that crashed.
        given_up: the rules that found no more than these violations in reasonable time.
    """

    violations: list[Violation] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    given_up: list[GivenUp] = field(default_factory=list)


class RuleSet:
    """Rules made ready to run: which of them a block is worth showing to.

    Attributes:
        rules: by code.
        severities: what the configuration says for a code in place of the rule's own.
        grades: what it says of the fixes for a code; `None` for "not to be fixed".
    """

    def __init__(
        self,
        rules: Mapping[str, Rule],
        *,
        severities: Mapping[str, Severity] | None = None,
        grades: Mapping[str, Applicability | None] | None = None,
        screens: bool = True,
    ) -> None:
        """Index rules. Without `screens` every rule sees every block: for tests of the screens."""
        self.rules = rules
        self.severities = severities or {}
        self.grades = grades or {}
        self._node_rules = _ByWord(
            [rule for rule in rules.values() if isinstance(rule, NodeRule)], screens=screens
        )
        self._file_rules = _ByWord(
            [rule for rule in rules.values() if isinstance(rule, FileRule)], screens=screens
        )
        # Those of the highest code first: what silences HB002 is of use, as HB001 must know.
        comment_rules = [rule for rule in rules.values() if isinstance(rule, CommentRule)]
        self.comment_rules = sorted(comment_rules, key=lambda rule: rule.code, reverse=True)

    @property
    def looks_at_blocks(self) -> bool:
        """Whether there are node rules at all."""
        return bool(self._node_rules)

    def for_block(self, words: set[str]) -> Sequence[NodeRule[cst.CSTNode]]:
        """The node rules that may find something in a block with these words."""
        return self._node_rules.wanting(words)

    def for_file(self, words: set[str]) -> Sequence[FileRule]:
        """The file rules that may find something in a file with these words."""
        return self._file_rules.wanting(words)


class _ByWord[R: NodeRule[cst.CSTNode] | FileRule]:
    """Rules of one kind, found by the words that they need."""

    def __init__(self, rules: Sequence[R], *, screens: bool) -> None:
        self._always = [rule for rule in rules if not (screens and rule.needs)]
        self._by_word: dict[str, list[R]] = {}
        for rule in rules:
            for word in rule.needs if screens else ():
                self._by_word.setdefault(word, []).append(rule)
        self._words = frozenset(self._by_word)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._always or self._words)

    def wanting(self, words: set[str]) -> Sequence[R]:
        """The rules that need none of their words, or one of these."""
        hits = self._words & words
        if not hits:
            return self._always
        rules = {rule.code: rule for word in hits for rule in self._by_word[word]}
        return [*self._always, *rules.values()]


def syntax_error(path: str, error: SourceError) -> Violation:
    """The violation that stands for a file that cannot be read as Python."""
    code, name = SYNTAX_ERROR
    span = Span(error.position, error.position)
    return Violation(
        path, code, name, str(error), span, Severity.ERROR, noqa_line=error.position.line
    )


def check(
    file: SourceFile, rules: RuleSet, *, known: Mapping[str, str] | None = None, noqa: bool = True
) -> Result:
    """Run rules on a file.

    Args:
        file: the file.
        rules: the rules.
        known: the slug of every code that a suppression may name; by default those of `rules`.
        noqa: whether `# noqa` counts; flake8 sees to it itself.

    Returns the violations that no comment silences, in order, and the rules that crashed.
    """
    result = Result()
    for block in file.outline.blocks if rules.looks_at_blocks else ():
        wanting = rules.for_block(block.words)
        if wanting:
            _check_block(file, block, wanting, rules, result)
    for rule in rules.for_file(file.outline.words):
        _collect(rule, partial(rule.check, file), file, rules, result)
    result.violations.sort(key=lambda violation: violation.sort_key)
    slugs = known or {code: rule.slug() for code, rule in rules.rules.items()}
    suppressions = Suppressions(file.text, known=slugs, ran=rules.rules)
    if suppressions:
        suppress(suppressions, file, rules, result, noqa=noqa)
    if rules.grades:
        result.violations = [_graded(violation, rules) for violation in result.violations]
    return result


def suppress(
    suppressions: Suppressions, file: SourceFile, rules: RuleSet, result: Result, *, noqa: bool
) -> None:
    """Leave out what comments silence, and add what is wrong with these comments."""
    kept = suppressions.filter(result.violations, noqa=noqa)
    for rule in rules.comment_rules:
        result.violations = []
        _collect(rule, partial(rule.check, suppressions, file), file, rules, result)
        kept += suppressions.filter(result.violations, noqa=noqa)
    result.violations = sorted(kept, key=lambda violation: violation.sort_key)


def _graded(violation: Violation, rules: RuleSet) -> Violation:
    """A violation with its fixes as the configuration wants them."""
    if not violation.fixes or violation.code not in rules.grades:
        return violation
    grade = rules.grades[violation.code]
    fixes = [replace(fix, applicability=grade) for fix in violation.fixes] if grade else []
    return replace(violation, fixes=tuple(fixes))


def _check_block(
    file: SourceFile,
    block: Block,
    wanting: Sequence[NodeRule[cst.CSTNode]],
    rules: RuleSet,
    result: Result,
) -> None:
    import libcst as cst

    try:
        nodes = file.tree(block).nodes
    except (cst.ParserSyntaxError, RecursionError) as error:
        message = f"LibCST cannot read this statement: {str(error).partition(chr(10))[0]}"
        position = Position(block.first_line, 0)
        result.violations.append(syntax_error(file.path, SourceError(message, position)))
        return
    for rule in wanting:
        for kind in rule.on:
            for node in nodes.get(kind, ()):
                _collect(rule, partial(rule.check, node, file), file, rules, result)


def _collect(
    rule: Rule,
    check: Callable[[], Iterable[Finding]],
    file: SourceFile,
    rules: RuleSet,
    result: Result,
) -> None:
    """Make violations of findings; a rule that crashes is reported once for the file."""
    try:
        is_own = type(rule).__module__.startswith("handbook.")
        with file.project.steps.limited(_MOST_STEPS), nullcontext() if is_own else without_exit():
            for finding in check():
                result.violations.append(_violation(rule, finding, file, rules))
    except (OutOfStepsError, RecursionError):
        if not any(given.code == rule.code for given in result.given_up):
            result.given_up.append(GivenUp(file.path, rule.code))
    except (Exception, SystemExit) as error:
        if not any(failure.code == rule.code for failure in result.failures):
            failure = Failure(file.path, rule.code, f"{type(error).__name__}: {error}")
            result.failures.append(failure)


def _on_all_versions(fix: Fix, rule: Rule, file: SourceFile) -> Fix:
    """A fix that is safe only if it is on every version of what it relies on."""
    if (
        rule.fix_needs
        and fix.applicability is Applicability.SAFE
        and admits_older(file.project, file.outline.path, dict(rule.fix_needs))
    ):
        return replace(fix, applicability=Applicability.UNSAFE)
    return fix


def _violation(rule: Rule, finding: Finding, file: SourceFile, rules: RuleSet) -> Violation:
    span = span_of(finding.place, file)
    return Violation(
        path=file.path,
        code=rule.code,
        name=rule.slug(),
        message=finding.message,
        span=span,
        severity=rules.severities.get(rule.code) or finding.severity or rule.severity,
        fixes=tuple(
            _on_all_versions(fix, rule, file)
            for draft in finding.fixes
            if (fix := draft.fix()) is not None
        ),
        related=tuple(finding.related),
        noqa_line=span.start.line,
    )
