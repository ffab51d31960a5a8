"""What is on the page of a rule, gathered from its class and its docstring."""

import re
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from handbook.output.tool import rule_url
from handbook.rulebook.documentation import DEFAULT_FILE, Example, documentation, files_of
from handbook.rulebook.rule import Option, Rule

type FixAvailability = Literal["always", "sometimes", "never"]

_MARK = re.compile(r"\s*# <-.*")
_LANGUAGES = {
    **{".py": "python", ".pyi": "python", ".toml": "toml", ".yml": "yaml", ".yaml": "yaml"},
    **{".ini": "ini", ".cfg": "ini", ".json": "json", ".md": "markdown", ".mako": "mako"},
}
_TYPES = {bool: "true or false", int: "number", str: "string", tuple: "list of strings"}


@dataclass(frozen=True, slots=True)
class CodeFile:
    """A file of an example; `path` is empty where the example is about any file."""

    path: str
    language: str
    text: str
    reported: tuple[int, ...] = ()
    """The lines that the rule reports, from 1."""


@dataclass(frozen=True, slots=True)
class Sample:
    """An example: what it shows, its files, and what the fix makes of them."""

    caption: str
    files: tuple[CodeFile, ...]
    fixed: tuple[CodeFile, ...] = ()


@dataclass(frozen=True, slots=True)
class OptionEntry:
    """An option of a rule, a key of the table `[tool.handbook.rules.<slug>]`."""

    name: str
    type: str
    default: object
    about: str


@dataclass(frozen=True, slots=True)
class Page:
    """All that there is to say about a rule; texts are Markdown."""

    code: str
    name: str
    summary: str
    chapter: str
    severity: str
    level: str
    level_in_tests: str
    preview: bool
    fix: FixAvailability
    explanation: str
    bad: tuple[Sample, ...]
    good: tuple[Sample, ...]
    options: tuple[OptionEntry, ...]
    overlaps: tuple[str, ...]
    """Rules of ruff that report some of the same."""
    conflicts: tuple[str, ...]
    """Rules of ruff that ask for the opposite."""
    url: str

    def as_dict(self) -> dict[str, Any]:
        """The page as JSON takes it."""
        return asdict(self)

    @property
    def takes_comments(self) -> bool:
        """Whether a comment can silence the rule: in a file that cannot be read, none can."""
        return self.code != "HB000"


def page_of(rule: type[Rule]) -> Page:
    """Gather what there is to say about a rule."""
    document = documentation(rule)
    bad = [example for example in document.examples if example.verdict == "Bad"]
    good = [example for example in document.examples if example.verdict == "Good"]
    fixable = sum(example.fixed is not None for example in bad)
    return Page(
        code=rule.code,
        name=rule.slug(),
        summary=document.summary,
        chapter=rule.chapter(),
        severity=rule.severity.value,
        level=rule.level.value,
        level_in_tests=(rule.level_in_tests or rule.level).value,
        preview=rule.preview,
        fix="never" if not fixable else "always" if fixable == len(bad) else "sometimes",
        explanation=document.explanation,
        bad=tuple(map(_sample, bad)),
        good=tuple(map(_sample, good)),
        options=tuple(_option(option) for option in rule.declared_options().values()),
        overlaps=rule.overlaps,
        conflicts=rule.conflicts,
        url=rule_url(rule.slug()),
    )


def _sample(example: Example) -> Sample:
    fixed = _files(example.fixed, example.language) if example.fixed is not None else ()
    return Sample(example.caption, _files(example.code, example.language), fixed)


def _files(code: str, language: str) -> tuple[CodeFile, ...]:
    return tuple(
        _file("" if path == DEFAULT_FILE else path, text, language)
        for path, text in files_of(code).items()
    )


def _file(path: str, text: str, language: str) -> CodeFile:
    lines = text.strip("\n").split("\n")
    suffix = PurePosixPath(path).suffix
    name = PurePosixPath(path).name.lower()
    return CodeFile(
        path,
        "dockerfile" if name.startswith("dockerfile") else _LANGUAGES.get(suffix, language),
        "\n".join(_MARK.sub("", line) for line in lines),
        tuple(number for number, line in enumerate(lines, 1) if _MARK.search(line)),
    )


def _option(option: Option[bool] | Option[str]) -> OptionEntry:
    default: object = option.default
    choices = " or ".join(f'"{choice}"' for choice in option.choices)
    kind = choices or _TYPES.get(type(default), type(default).__name__)
    return OptionEntry(option.name, kind, default, option.about)
