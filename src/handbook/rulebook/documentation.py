"""The documentation of a rule, read from its docstring: what a person reads and the tests run."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import Literal

from handbook.rulebook.rule import Rule

type Verdict = Literal["Bad", "Good"]

_SECTION = re.compile(r"(Bad|Fixed|Good):\s*")
_FILE = re.compile(r"# file: (\S+)\s*")
_MARK = "# <-"
DEFAULT_FILE = "example.py"


@dataclass(slots=True)
class Example:
    """One code block: a small project in which the rule finds something, or nothing.

    Attributes:
        verdict: whether the rule reports the lines that end in `# <-`, or nothing.
        caption: the sentence before the block, if any.
        language: of the block, `python` or another.
        code: as it stands in the docstring.
        fixed: what the fix makes of it, for a bad example of a rule with fixes.
    """

    verdict: Verdict
    caption: str
    language: str
    code: str
    fixed: str | None = None

    @property
    def files(self) -> dict[str, str]:
        """The files of the example by path."""
        return files_of(self.code)

    @property
    def marked(self) -> set[tuple[str, int]]:
        """The lines that must be reported, as path and number."""
        return {
            (path, number)
            for path, text in self.files.items()
            for number, line in enumerate(text.split("\n"), 1)
            if _MARK in line
        }


@dataclass(slots=True)
class Documentation:
    """What a rule's docstring says."""

    summary: str
    explanation: str
    examples: list[Example] = field(default_factory=list)

    @property
    def is_fixable(self) -> bool:
        """Whether the rule can mend what it finds, or some of it."""
        return any(example.fixed is not None for example in self.examples)


def documentation(rule: type[Rule]) -> Documentation:
    """Read the docstring of a rule."""
    summary, _, rest = cleandoc(rule.__doc__ or "").partition("\n")
    start = _SECTION.search(rest)
    explanation = rest[: start.start()] if start else rest
    return Documentation(summary, explanation.strip(), examples_in(rest[len(explanation) :]))


def examples_in(text: str) -> list[Example]:
    """Read the examples under `Bad:`, `Fixed:` and `Good:` of a docstring or a Markdown file."""
    examples: list[Example] = []
    for section, caption, language, code in _code_blocks(text):
        match section:
            case "Fixed":
                examples[-1].fixed = code
            case "Bad" | "Good" as verdict:
                examples.append(Example(verdict, caption, language, code))
    return examples


def files_of(code: str) -> dict[str, str]:
    """Split a code block into files at its `# file: path` lines."""
    files: dict[str, list[str]] = {}
    lines = files[DEFAULT_FILE] = []
    for line in code.splitlines(keepends=True):
        header = _FILE.fullmatch(line.rstrip("\n"))
        if header:
            lines = files.setdefault(header[1], [])
        else:
            lines.append(line)
    texts = {path: "".join(lines) for path, lines in files.items()}
    if len(texts) > 1 and not texts[DEFAULT_FILE].strip():
        del texts[DEFAULT_FILE]
    return texts


def _code_blocks(text: str) -> Iterator[tuple[str, str, str, str]]:
    """Give each code block with its section, the prose before it and its language."""
    section = ""
    prose: list[str] = []
    code: list[str] | None = None
    language = ""
    for line in text.split("\n"):
        heading = _SECTION.fullmatch(line)
        if code is not None:
            if line == "```":
                yield section, " ".join(prose).strip(), language, "".join(code)
                code, prose = None, []
                # One block shows what the fix makes; the next one is another bad example.
                section = "Bad" if section == "Fixed" else section
            else:
                code.append(f"{line}\n")
        elif heading:
            section, prose = heading[1], []
        elif line.startswith("```"):
            code, language = [], line.removeprefix("```")
        else:
            prose.append(line.strip())
