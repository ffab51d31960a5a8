"""Options as `handbook check` declares them: in sections, with completion, read into settings."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

_SELECTOR = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_COMMA_OUTSIDE_BRACES = re.compile(r",(?![^{]*\})")


class SectionOption(click.Option):
    """An option that help lists in a section of its own."""

    def __init__(self, *args: Any, section: str = "Options", **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.section = section


class SectionCommand(click.Command):
    """A command whose help lists its options by section."""

    bare: Sequence[str] = ("--add-noqa",)
    """Options whose value may be left out: it is only what follows a `=`, never the next word."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments."""
        return super().parse_args(ctx, [f"{arg}=" if arg in self.bare else arg for arg in args])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, click.Option):
                name = param.section if isinstance(param, SectionOption) else "Miscellaneous"
                sections.setdefault(name, []).append(record)
        for name, records in sections.items():
            with formatter.section(name):
                formatter.write_dl(records)


type Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
type Declare = Callable[..., Decorator]
"""What is called like `click.option`."""


def option(section: str) -> Declare:
    """Give `click.option` for options of a section."""

    def declare(*names: str, **settings: Any) -> Decorator:
        return click.option(*names, cls=SectionOption, section=section, **settings)

    return declare


if TYPE_CHECKING:
    _ListType = click.ParamType[list[str]]
else:
    _ListType = click.ParamType  # Only click's newer versions make it generic.


class Separated(_ListType):
    """Values separated by commas; the option may be repeated, too."""

    name = "list"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[str]:
        """Split the value."""
        if isinstance(value, list):
            return value
        return [part.strip() for part in str(value).split(",") if part.strip()]


class Selectors(Separated):
    """Codes, prefixes and slugs of rules, or `ALL`."""

    name = "rules"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer the codes and slugs, after whatever is there already."""
        before, comma, last = incomplete.rpartition(",")
        return [
            CompletionItem(before + comma + name, help=summary)
            for name, summary in names_of_rules().items()
            if name.lower().startswith(last.lower())
        ]


def names_of_rules() -> dict[str, str]:
    """Each code and slug, with the rule's summary."""
    from handbook.rulebook.registry import registry

    rules = registry().rules
    codes = {code: rule.summary() for code, rule in rules.items()}
    return {**codes, **{rule.slug(): rule.summary() for rule in rules.values()}}


def flattened(values: Sequence[list[str]]) -> list[str]:
    """The values of an option that is repeated."""
    return [value for given in values for value in given]


def per_file_ignores(values: Sequence[str]) -> dict[str, list[str]]:
    """Read `GLOB:RULE,…`: each part without a colon is one more rule of the glob before it.

    Raises:
        UsageError: for a value of another form.
    """
    ignores: dict[str, list[str]] = {}
    for value in values:
        glob = ""
        for part in _COMMA_OUTSIDE_BRACES.split(value):
            head, colon, selector = part.strip().rpartition(":")
            glob = head.strip() if colon else glob
            if not glob or not _SELECTOR.fullmatch(selector.strip()):
                raise click.UsageError(
                    f"`--per-file-ignores` expects GLOB:RULE such as `tests/**:HB03`, "
                    f"found `{value}`"
                )
            ignores.setdefault(glob, []).append(selector.strip())
    return ignores


def split_config(values: Sequence[str]) -> tuple[Path | None, list[str]]:
    """Tell the configuration file from the `KEY=VALUE` settings among the values of `--config`.

    Raises:
        UsageError: for more than one file.
    """
    files: list[Path] = []
    assignments: list[str] = []
    for value in values:
        path = Path(value)
        if "=" in value and not path.is_file():
            assignments.append(value)
        else:
            files.append(path)
    if len(files) > 1:
        raise click.UsageError(f"`--config` takes one file, found `{files[0]}` and `{files[1]}`")
    return (files[0] if files else None), assignments
