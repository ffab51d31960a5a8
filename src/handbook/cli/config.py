"""`handbook config`."""

from collections.abc import Sequence
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from handbook.cli.options import Separated
from handbook.cli.terminal import write

RUFF = "ruff"


class _Key(Separated):
    name = "key"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[str]:
        return [str(value)]

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from handbook.config import KEYS

        return [CompletionItem(key) for key in (*KEYS, RUFF) if key.startswith(incomplete)]


@click.command("config", short_help="Explain the configuration.")
@click.argument("key", required=False, type=_Key())
@click.option(
    "--output-format",
    type=click.Choice(("text", "json-schema")),
    default="text",
    help="How to print it: `json-schema` is for editors that complete and check TOML.  "
    "[default: text]",
)
def command(key: list[str] | None, output_format: str) -> None:
    """Explain a KEY of the configuration; without one, list all keys.

    `handbook config ruff` prints the settings of ruff that go with the rules selected here: what
    it must leave alone, and why.
    """
    from handbook.checking.workspace import Workspace
    from handbook.config import KEYS, ConfigError, Configuration, describe
    from handbook.config.errors import nearest

    name = key[0] if key else None
    if output_format == "json-schema":
        if name is not None:
            raise click.UsageError("the JSON Schema is of all keys, so none can be named")
        write([_schema()])
    elif name is None:
        write(f"{known}\n" for known in KEYS)
    elif name == RUFF:
        from handbook.rulebook.ruff import settings_for

        workspace = Workspace(Configuration())
        write(
            settings_for(
                workspace.rules(
                    workspace.configuration.for_folder(Path()), Path("example.py")
                ).rules.values()
            )
        )
    elif name in KEYS:
        write([describe(name)])
    else:
        raise ConfigError(f"unknown key `{name}`{nearest(name, (*KEYS, RUFF))}")


def _schema() -> str:
    """The JSON Schema of the configuration, with the options of every rule."""
    import json

    from handbook.config.settings import schema
    from handbook.rulebook.registry import registry

    rules: dict[str, dict[str, object]] = {}
    for rule in registry().rules.values():
        options = {
            name: {"description": option.about, **_type_of(option.default, option.choices)}
            for name, option in rule.declared_options().items()
        }
        if options:
            rules[rule.slug()] = {
                "type": "object",
                "description": rule.summary(),
                "properties": options,
                "additionalProperties": False,
            }
    return json.dumps(schema(rules), indent=2) + "\n"


def _type_of(default: object, choices: Sequence[object]) -> dict[str, object]:
    if choices:
        return {"enum": [*choices], "default": default}
    if isinstance(default, tuple):
        return {"type": "array", "items": {"type": "string"}, "default": [*default]}
    names = {bool: "boolean", int: "integer", str: "string"}
    return {"type": names[type(default)], "default": default}
