"""`handbook linter`."""

import json
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from handbook.cli.terminal import write

if TYPE_CHECKING:
    from handbook.rulebook.rule import Rule


@click.command("linter", short_help="List the chapters of the standard.")
@click.option(
    "--output-format",
    type=click.Choice(("text", "json")),
    default="text",
    help="How to print it.  [default: text]",
)
def command(output_format: str) -> None:
    """List the chapters of the standard: what selects each, and how many rules it has."""
    from handbook.checking.workspace import Workspace
    from handbook.config import Configuration
    from handbook.rulebook.rule import Level

    workspace = Workspace(Configuration())
    known = workspace.registry(workspace.configuration.for_folder(Path()))
    chapters = [
        (prefix, list(rules)) for prefix, rules in groupby(known.rules.values(), key=_prefix)
    ]
    if output_format == "json":
        rows = [
            {
                "prefix": prefix,
                "name": rules[0].chapter(),
                "rules": len(rules),
                "preview": _previews(rules),
                "levels": {level.value: _at(rules, level) for level in Level},
            }
            for prefix, rules in chapters
        ]
        write([json.dumps(rows, indent=2), "\n"])
        return
    width = max((len(rules[0].chapter()) for _, rules in chapters), default=0)
    for prefix, rules in chapters:
        count = f"{len(rules):>2} rule{'s' if len(rules) != 1 else ''}"
        preview = f", {_previews(rules)} in preview" if _previews(rules) else ""
        levels = ", ".join(f"{_at(rules, level)} {level}" for level in Level if _at(rules, level))
        write([f"{prefix}  {rules[0].chapter():<{width}}  {count}: {levels}{preview}\n"])


def _prefix(rule: "type[Rule]") -> str:
    """What selects the chapter of a rule: its code without the last digit."""
    return rule.code[:-1]


def _at(rules: "list[type[Rule]]", level: str) -> int:
    """How many of the rules a level brings that the one below it does not."""
    return sum(rule.level == level for rule in rules)


def _previews(rules: "list[type[Rule]]") -> int:
    return sum(rule.preview for rule in rules)
