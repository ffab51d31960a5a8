"""`handbook rule`."""

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from handbook.cli.options import Selectors
from handbook.cli.terminal import Color, wants_color, write

if TYPE_CHECKING:
    from handbook.rulebook.pages import Page

_WIDEST = 88
"""Lines longer than this are tiring to read, however wide the terminal is."""


class _Rule(Selectors):
    """One code or slug."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[str]:
        return [str(value)]


@click.command("rule", short_help="Explain a rule.")
@click.argument("name", required=False, type=_Rule(), metavar="CODE|SLUG")
@click.option("--all", "every", is_flag=True, help="Explain all rules.")
@click.option(
    "--output-format",
    type=click.Choice(("text", "markdown", "json")),
    default="text",
    help="How to print it.  [default: text]",
)
@click.option(
    "--color",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    help="Whether to use colours.  [default: auto]",
)
def command(name: list[str] | None, every: bool, output_format: str, color: Color) -> None:
    """Explain a rule, or all of them: what it reports and why, with examples."""
    from pathlib import Path

    from handbook.checking.workspace import Workspace
    from handbook.config import Configuration
    from handbook.rulebook.pages import page_of

    if bool(name) == every:
        raise click.UsageError("say either the code or slug of one rule, or `--all`")
    workspace = Workspace(Configuration())
    known = workspace.registry(workspace.configuration.for_folder(Path()))
    rules = [known.find(name[0])] if name else list(known.rules.values())
    write(_rendered([page_of(rule) for rule in rules], output_format, color, is_list=every))


def _rendered(
    pages: "Sequence[Page]", output_format: str, color: Color, *, is_list: bool
) -> Iterator[str]:
    if output_format == "json":
        rows = [page.as_dict() for page in pages]
        yield json.dumps(rows if is_list else rows[0], indent=2, ensure_ascii=False) + "\n"
        return
    from handbook.rulebook.pages import markdown, text

    colored = wants_color(color, sys.stdout)
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    for index, page in enumerate(pages):
        if output_format == "markdown":
            yield "\n" if index else ""
            yield markdown.render(page)
        else:
            yield f"\n{'-' * width}\n\n" if index else ""
            yield text.render(page, color=colored, width=width)
