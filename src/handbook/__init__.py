"""A written engineering standard for Python and FastAPI that enforces itself.

Check and fix:

- `check_paths` checks files and folders, `check_text` a text; both return `Violation`s. `fix_text`
  mends a text.

Write a rule of your own, in a file that `plugins` of the configuration names:

- `NodeRule` looks at LibCST nodes, `FileRule` at what a whole file declares; both are a `Rule`
  with `Option`s, and yield `Finding`s, whose `Draft`s become the `Fix`es of a `Violation`.

    >>> from handbook import check_text
    >>> text = "from typing import List\\n\\nnames: List[str] = []\\n"
    >>> for violation in check_text(text, select=["HB031"]):
    ...     print(violation.span.start.line, violation.code, violation.name)
    3 HB031 legacy-typing-collection
"""

TYPE_CHECKING = False  # Type checkers know better; importing `typing` would take a while.
if TYPE_CHECKING:
    from handbook.api import check_paths, check_text, fix_text
    from handbook.rulebook.rule import Draft, FileRule, Finding, NodeRule, Option, Rule
    from handbook.violation import Edit, Fix, Severity, Span, Violation

__version__ = "0.1.0"

__all__ = [
    "Draft",
    "Edit",
    "FileRule",
    "Finding",
    "Fix",
    "NodeRule",
    "Option",
    "Rule",
    "Severity",
    "Span",
    "Violation",
    "check_paths",
    "check_text",
    "fix_text",
]

_HOMES = {
    **dict.fromkeys(("check_paths", "check_text", "fix_text"), "handbook.api"),
    **dict.fromkeys(
        ("Draft", "FileRule", "Finding", "NodeRule", "Option", "Rule"), "handbook.rulebook.rule"
    ),
    **dict.fromkeys(("Edit", "Fix", "Severity", "Span", "Violation"), "handbook.violation"),
}


def __getattr__(name: str) -> object:
    """Import what is asked for: LibCST takes a while, and not every user of us needs it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
