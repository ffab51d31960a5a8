"""The page of a rule for a terminal."""

import re
import textwrap
from collections.abc import Iterator, Sequence

from handbook.output.style import Paint, painter
from handbook.rulebook.pages import wording
from handbook.rulebook.pages.page import CodeFile, Page, Sample

_CODE = re.compile(r"`([^`]+)`")
_LIST_ITEM = re.compile(r"(?:[-*]|\d+\.) ")


def render(page: Page, *, color: bool = False, width: int = 80) -> str:
    """Print a page as text of a width; lines of code are never broken."""
    return _Printer(page, painter(color), color, width).text()


class _Printer:
    """Prints one page."""

    def __init__(self, page: Page, paint: Paint, color: bool, width: int) -> None:
        self._page = page
        self._paint = paint
        self._color = color
        self._width = max(width, 40)

    def text(self) -> str:
        """Print all of it; lines are stripped, and no two blank ones follow each other."""
        lines = "\n".join(self._sections()).split("\n")
        text = "\n".join(line.rstrip() for line in lines)
        return f"{text.rstrip()}\n"

    def _sections(self) -> Iterator[str]:
        page = self._page
        yield f"{self._bold(page.code)} {self._bold(page.name)}\n"
        yield self._prose(page.summary)
        yield from self._facts()
        if page.explanation:
            yield self._heading("Why")
            yield self._prose(page.explanation)
        if page.bad:
            yield self._heading("Bad", "reported are the lines with a > in front")
            yield from self._samples(page.bad)
        if page.good:
            yield self._heading("Good")
            yield from self._samples(page.good)
        if page.options:
            yield self._heading("Options")
            yield self._prose(f"In the table `[tool.handbook.rules.{page.name}]`:")
            for option in page.options:
                yield f"    {self._bold(option.name)} = {wording.default(option)}  ({option.type})"
                yield self._prose(option.about, indent=6)
        yield self._heading("How to suppress it")
        for caption, _, text in wording.suppressing(page):
            yield self._prose(caption).rstrip("\n")
            yield textwrap.indent(text, "    ") + "\n"

    def _facts(self) -> Iterator[str]:
        page = self._page
        facts = [
            ("Chapter", f"{page.chapter} ({page.code[:-1]})"),
            ("Severity", page.severity),
            ("Level", wording.level(page)),
            ("Fix", wording.fix(page)),
        ]
        facts += [("Ruff", remark) for remark in wording.ruff(page)]
        if page.preview:
            facts.append(("Preview", wording.preview(page)))
        for name, value in facts:
            label = f"  {name:<10}"
            filled = self._filled(value, label, " " * len(label))
            yield filled.replace(label, self._bold(label), 1)
        yield ""

    def _samples(self, samples: Sequence[Sample]) -> Iterator[str]:
        for sample in samples:
            if sample.caption:
                yield self._prose(sample.caption)
            yield from self._files(sample.files)
            if sample.fixed:
                yield self._prose("Fixed:")
                yield from self._files(sample.fixed)

    def _files(self, files: Sequence[CodeFile]) -> Iterator[str]:
        for file in files:
            if file.path:
                yield f"  {self._paint(file.path, fg='bright_blue', bold=True)}"
            if not file.text.strip():
                yield "      (empty)\n" if file.path else ""
                continue
            for number, line in enumerate(file.text.split("\n"), 1):
                if number in file.reported:
                    yield self._paint(f"    > {line}", fg="bright_red")
                else:
                    yield f"      {line}"
            yield ""

    def _heading(self, title: str, remark: str = "") -> str:
        return f"{self._bold(title)}{f' ({remark})' if remark else ''}\n"

    def _prose(self, markdown: str, indent: int = 2) -> str:
        """Wrap paragraphs and list items; blocks of code stay as they are."""
        blocks: list[str] = []
        margin = " " * indent
        for index, part in enumerate(markdown.split("```")):
            if index % 2:
                code = part.partition("\n")[2].rstrip("\n")
                blocks.append(textwrap.indent(code, margin + "    "))
                continue
            for paragraph in filter(str.strip, re.split(r"\n\s*\n", part)):
                items = re.split(r"\n(?=(?:[-*]|\d+\.) )", paragraph.strip())
                blocks.append("\n".join(self._wrapped(item, margin) for item in items))
        return "\n\n".join(blocks) + "\n"

    def _wrapped(self, paragraph: str, margin: str) -> str:
        marker = _LIST_ITEM.match(paragraph)
        hanging = margin + " " * (len(marker[0]) if marker else 0)
        return self._filled(paragraph, margin, hanging)

    def _filled(self, paragraph: str, first: str, others: str) -> str:
        # A command in backticks must not be torn apart.
        kept = _CODE.sub(lambda code: code[0].replace(" ", "\0"), " ".join(paragraph.split()))
        filled = textwrap.fill(
            kept,
            self._width,
            initial_indent=first,
            subsequent_indent=others,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return self._inline(filled.replace("\0", " "))

    def _inline(self, text: str) -> str:
        """Show code in colour where there is any, else in its backticks."""
        if not self._color:
            return text
        return _CODE.sub(lambda code: self._paint(code[1], fg="bright_cyan"), text)

    def _bold(self, text: str) -> str:
        return self._paint(text, bold=True)
