"""The page of a rule in Markdown, for documentation sites and editors."""

from collections.abc import Iterator, Sequence

from handbook.rulebook.pages import wording
from handbook.rulebook.pages.page import CodeFile, Page, Sample


def render(page: Page) -> str:
    """Print a page as Markdown."""
    return "\n\n".join(_blocks(page)) + "\n"


def _blocks(page: Page) -> Iterator[str]:
    yield f"# {page.name} ({page.code})"
    yield page.summary
    facts = [f"Chapter: {page.chapter}", f"Severity: {page.severity}"]
    yield " · ".join([*facts, f"Level: {wording.level(page)}", wording.fix(page)])
    if page.preview:
        yield wording.preview(page)
    if page.explanation:
        yield "## Why"
        yield page.explanation
    if page.bad:
        yield "## Bad"
        for sample in page.bad:
            yield from _sample(sample, page.code)
    if page.good:
        yield "## Good"
        for sample in page.good:
            yield from _sample(sample, page.code)
    if page.options:
        yield "## Options"
        yield f"In the table `[tool.handbook.rules.{page.name}]`:"
        yield "\n".join(
            f"- `{option.name}` ({option.type}, default `{wording.default(option)}`): {option.about}"
            for option in page.options
        )
    if remarks := list(wording.ruff(page)):
        yield "## With ruff"
        yield " ".join(remarks)
    yield "## How to suppress it"
    for caption, language, text in wording.suppressing(page):
        yield caption
        yield _fenced(language, text)


def _sample(sample: Sample, code: str) -> Iterator[str]:
    if sample.caption:
        yield sample.caption
    yield from _files(sample.files, code)
    if sample.fixed:
        yield "Fixed:"
        yield from _files(sample.fixed, code)


def _files(files: Sequence[CodeFile], code: str) -> Iterator[str]:
    for file in files:
        if file.path:
            yield f"`{file.path}`"
        if file.text.strip() or not file.path:
            yield _fenced(file.language, _marked(file, code))


def _marked(file: CodeFile, code: str) -> str:
    lines = file.text.split("\n")
    for number in file.reported:
        lines[number - 1] += f"  # {code}"
    return "\n".join(lines)


def _fenced(language: str, text: str) -> str:
    fence = "````" if "```" in text else "```"
    return f"{fence}{language}\n{text}\n{fence}"
