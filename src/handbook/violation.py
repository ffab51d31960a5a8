"""What the engine reports: plain, picklable values with no syntax nodes in them.

Places are tuples: there are many of them, and tuples are made and compared soonest.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """How much a violation matters."""

    ERROR = "error"
    """Security or correctness."""
    WARNING = "warning"
    """The standard says *must*."""
    INFO = "info"
    """The standard says *should*."""

    def is_at_least(self, other: "Severity") -> bool:
        """Whether it matters as much as the other, or more."""
        order = [*Severity]
        return order.index(self) <= order.index(other)


class Tag(IntEnum):
    """How an editor may draw a violation: the numbers are the language server protocol's."""

    UNNECESSARY = 1
    """Faded: it can be removed."""
    DEPRECATED = 2
    """Struck through: it has been replaced by something newer."""


class Applicability(StrEnum):
    """Whether a fix may be applied unseen."""

    SAFE = "safe"
    """Keeps the behaviour of the program."""
    UNSAFE = "unsafe"
    """May change behaviour or an interface; applied only on request."""


class Position(NamedTuple):
    """A place in a text: `line` counts from 1, `column` counts code points from 0.

    Lines are Python's: they end at `\\n`, `\\r\\n` or `\\r` and nowhere else.
    """

    line: int
    column: int


class Span(NamedTuple):
    """A stretch of text from `start` up to, but without, `end`."""

    start: Position
    end: Position

    @classmethod
    def of(cls, line: int, column: int, end_line: int, end_column: int) -> "Span":
        """Build a span from four numbers, as `Position` counts them."""
        return cls(Position(line, column), Position(end_line, end_column))


FILE_START = Span.of(1, 0, 1, 0)
"""Where a violation about a file as a whole is shown."""


class Edit(NamedTuple):
    """Replace what stands in `span` by `text`: the `TextEdit` of the language server protocol."""

    span: Span
    text: str


class Import(NamedTuple):
    """One name that an import brings: `from module import name`, or `import module` without one."""

    module: str
    name: str = ""

    @property
    def binds(self) -> str:
        """The name that it binds in the module."""
        return self.name or self.module.partition(".")[0]


@dataclass(frozen=True, slots=True)
class ImportChange:
    """What a fix asks of the file's imports, so that several fixes can share one statement.

    Attributes:
        added: the imports that its new text needs.
        released: qualified names that its old text used: their imports go once nothing uses them.
        edits: what that comes to where the fix is applied alone.
    """

    added: tuple[Import, ...] = ()
    released: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Fix:
    """One way to mend a violation: `message` says what it does, in the imperative.

    `edits` is all there is to do; those of `imports` are among them.
    """

    message: str
    edits: tuple[Edit, ...]
    applicability: Applicability = Applicability.SAFE
    imports: ImportChange = ImportChange()

    @property
    def body(self) -> tuple[Edit, ...]:
        """The edits that are not about imports."""
        return tuple(edit for edit in self.edits if edit not in self.imports.edits)


class Related(NamedTuple):
    """Another place that explains a violation, in this file or another one."""

    path: str
    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Violation:
    """One breach of one rule at one place of one file.

    `fixes` holds alternatives: a command line applies the first, an editor offers each.
    `noqa_line` is the line whose trailing `# noqa` silences the violation.
    """

    path: str
    code: str
    name: str
    message: str
    span: Span
    severity: Severity = Severity.WARNING
    fixes: tuple[Fix, ...] = ()
    related: tuple[Related, ...] = ()
    noqa_line: int = 1

    @property
    def fix(self) -> Fix | None:
        """The fix that `--fix` would apply, if the rule has one here."""
        return self.fixes[0] if self.fixes else None

    @property
    def sort_key(self) -> tuple[str, Span, str, str]:
        """The order of every report: by path, place, code and message."""
        return (self.path, self.span, self.code, self.message)
