"""What a rule is: one class that says what it looks for, and says what is wrong when it finds it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, cast, overload

from handbook.fixes.draft import Draft as Draft
from handbook.fixes.draft import Place as Place
from handbook.fixes.draft import at_line as at_line
from handbook.fixes.draft import span_of as span_of
from handbook.python.project.source import SourceFile
from handbook.suppressions import Suppressions
from handbook.violation import Related, Severity, Tag

if TYPE_CHECKING:
    import libcst as cst


class Level(StrEnum):
    """How much of the standard a project asks for: each level holds those before it."""

    ESSENTIAL = "essential"
    """Bugs and security holes, whatever the team's taste."""
    RECOMMENDED = "recommended"
    """What most reviewers would ask for."""
    STRICT = "strict"
    """Everything in the standard that a program can check."""

    def includes(self, other: Level) -> bool:
        """Whether a project that asks for this level asks for the rules of the other."""
        order = [*Level]
        return order.index(other) <= order.index(self)


class OptionError(Exception):
    """An option of a rule that does not exist or has the wrong type; `str()` is one sentence."""


class Option[T: (bool, int, str, tuple[str, ...])]:
    """A setting of a rule, an attribute of the rule class and a key of its configuration table.

    The key is the attribute's name in kebab case, below `[tool.handbook.rules.<slug>]`.
    """

    def __init__(self, default: T, about: str, *, choices: tuple[T, ...] = ()) -> None:
        """Declare an option with its default and a sentence for the documentation."""
        self.default: T = default
        self.about = about
        self.choices: tuple[T, ...] = choices
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name.replace("_", "-")

    @overload
    def __get__(self, rule: None, owner: type) -> Option[T]: ...
    @overload
    def __get__(self, rule: Rule, owner: type) -> T: ...
    def __get__(self, rule: Rule | None, owner: type) -> T | Option[T]:
        if rule is None:
            return self
        return cast(T, rule.options.get(self.name, self.default))

    def validate(self, value: object) -> T:
        """Turn a value from a configuration file into one of this option.

        Raises:
            OptionError: where the type does not fit, or the value is none of the choices.
        """
        if isinstance(self.default, tuple) and isinstance(value, list):
            value = tuple(value)
        if type(value) is not type(self.default):
            expected = (
                "a list of strings"
                if isinstance(self.default, tuple)
                else _type_name(self.default)
            )
            raise OptionError(f"`{self.name}` must be {expected}, not {_type_name(value)}")
        if isinstance(value, tuple) and not all(isinstance(item, str) for item in value):
            raise OptionError(f"`{self.name}` must be a list of strings")
        if self.choices and value not in self.choices:
            choices = " or ".join(f"`{choice}`" for choice in self.choices)
            raise OptionError(f"`{self.name}` must be {choices}, not `{value}`")
        return value


def _type_name(value: object) -> str:
    names = {
        bool: "true or false",
        int: "a number",
        str: "a string",
        list: "a list",
        dict: "a table",
    }
    return names.get(type(value), type(value).__name__)


@dataclass(slots=True)
class Finding:
    """What a rule found: where, what is wrong with it, and the ways to mend it, best first."""

    place: Place
    message: str
    fixes: Sequence[Draft] = ()
    related: Sequence[Related] = ()
    severity: Severity | None = None
    """In place of the rule's own, for a case that matters more or less."""


class Rule:
    """The base of all rules: see `NodeRule`, `FileRule` and `CommentRule`.

    The class name in kebab case is the rule's slug, its module's package the chapter, the first
    line of its docstring the summary; the rest of the docstring is its documentation, and every
    example in it is run as a test. A rule keeps no state between two calls.

    Attributes:
        code: `HB`, the chapter's two digits, one digit or letter.
        severity: of its violations, unless a finding or the configuration says another.
        tag: how an editor may draw them.
        level: the lowest level of the standard that asks for the rule.
        level_in_tests: the same for test modules, where it differs.
        preview: whether it runs only when preview rules are asked for.
        needs: words one of which a block must hold for the rule to find anything there: names
            as written, and the parts of what imported names stand for. Empty: any block. It only
            saves work, and must never change what is found.
        fix_needs: the lowest versions of libraries, and of `python`, on which a fix does no harm:
            where the project lets in older ones, its fixes are unsafe.
        overlaps: rules of ruff that report some of the same.
        conflicts: rules of ruff that ask for the opposite.
        options: what the configuration sets; read through `Option` attributes.
    """

    code: ClassVar[str]
    severity: ClassVar[Severity] = Severity.WARNING
    tag: ClassVar[Tag | None] = None
    level: ClassVar[Level] = Level.RECOMMENDED
    level_in_tests: ClassVar[Level | None] = None
    preview: ClassVar[bool] = False
    needs: ClassVar[frozenset[str]] = frozenset()
    fix_needs: ClassVar[tuple[tuple[str, tuple[int, int]], ...]] = ()
    overlaps: ClassVar[tuple[str, ...]] = ()
    conflicts: ClassVar[tuple[str, ...]] = ()

    def __init__(self, options: Mapping[str, object] | None = None) -> None:
        """Make the rule with its options, given by their kebab-case names.

        Raises:
            OptionError: for an unknown option or a value of the wrong type.
        """
        self.options: dict[str, object] = {}
        known = self.declared_options() if options else {}
        for name, value in (options or {}).items():
            if name not in known:
                names = ", ".join(f"`{known_name}`" for known_name in known) or "none"
                raise OptionError(f"unknown option `{name}`; the rule's options: {names}")
            self.options[name] = known[name].validate(value)

    @classmethod
    def declared_options(cls) -> dict[str, Option[bool] | Option[str]]:
        """The options of the rule, by their kebab-case names."""
        found = (value for base in cls.__mro__ for value in vars(base).values())
        return {option.name: option for option in found if isinstance(option, Option)}

    @classmethod
    def slug(cls) -> str:
        """The rule's name, `cors-wildcard-credentials` for `CorsWildcardCredentials`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def chapter(cls) -> str:
        """The chapter of the standard: the name of the folder that the rule lies in."""
        return cls.__module__.rpartition(".")[0].rpartition(".")[2].replace("_", " ")

    @classmethod
    def summary(cls) -> str:
        """One sentence that says the fault."""
        return (cls.__doc__ or "").strip().partition("\n")[0]


class NodeRule[N: cst.CSTNode](Rule):
    """A rule that looks at LibCST nodes of some types, one by one.

    Attributes:
        on: the types of nodes that `check` is given.
    """

    on: ClassVar[tuple[type[cst.CSTNode], ...]]

    def check(self, node: N, file: SourceFile) -> Iterator[Finding]:
        """Yield what is wrong with one node."""
        raise NotImplementedError


class FileRule(Rule):
    """A rule that looks at what a whole file declares: its outline, its routes, its imports.

    `needs` is then about the words of the whole file.
    """

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Yield what is wrong with one file."""
        raise NotImplementedError


class CommentRule(Rule):
    """A rule that looks at the comments that silence other rules, after these have run."""

    def check(self, suppressions: Suppressions, file: SourceFile) -> Iterator[Finding]:
        """Yield what is wrong with the suppressions of one file."""
        raise NotImplementedError
