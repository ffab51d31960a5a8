"""`handbook config`."""

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
def command(key: list[str] | None) -> None:
    """Explain a KEY of the configuration; without one, list all keys.

    `handbook config ruff` prints the settings of ruff that go with the rules selected here: what
    it must leave alone, and why.
    """
    from handbook.checking.workspace import Workspace
    from handbook.config import KEYS, ConfigError, Configuration, describe
    from handbook.config.errors import nearest

    name = key[0] if key else None
    if name is None:
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
