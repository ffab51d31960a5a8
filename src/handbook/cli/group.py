"""The command `handbook` itself: finds its commands, and words whatever goes wrong in one."""

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NoReturn

import click

from handbook.cli.exits import FAILED, INTERRUPTED
from handbook.cli.terminal import complain

_COMMANDS: Mapping[str, str] = {
    "check": "Check Python files against the standard.",
    "baseline": "Write down the known violations, so that only new ones are reported.",
    "routes": "List the routes of a project, and what authenticates each.",
    "rule": "Explain a rule.",
    "config": "Explain the configuration, or print the ruff settings that go with it.",
    "linter": "List the chapters of the standard and how many rules each has.",
    "clean": "Remove the results that earlier runs have kept.",
    "server": "Run the language server for editors.",
    "new": "Create a new service from the reference service.",
    "version": "Print the version.",
}
"""The commands and their first line of help: listing them must not import them."""


class Group(click.Group):
    """The group of all commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(context_settings={"help_option_names": ["-h", "--help"]}, **settings)
        self.params.append(
            click.Option(
                ["-V", "--version"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_version,
                help="Print the version.",
            )
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; without any, print the help."""
        if not args and not ctx.resilient_parsing:
            sys.stdout.write(f"{ctx.get_help()}\n")
            ctx.exit(FAILED)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in the order in which help lists them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"handbook.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name; its nearest name is told if there is none."""
        name = args[0]
        if not name.startswith("-") and name not in _COMMANDS:
            from handbook.config.errors import nearest

            ctx.fail(f"unknown command `{name}`{nearest(name, _COMMANDS)}")
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run a command and exit; whatever goes wrong is one line on stderr, never a traceback."""
        sys.exit(self._run(*args, **extra))

    def _run(self, *args: Any, **extra: Any) -> int:
        extra["standalone_mode"] = False
        try:
            code = super().main(*args, **extra)
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else "handbook"
            complain(f"{_words(error)} (see `{path} --help`)")
            return FAILED
        except (click.Abort, KeyboardInterrupt):
            return INTERRUPTED
        except Exception as error:
            return _failure(error)
        return code if isinstance(code, int) else 0

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; Ctrl-C is not said twice."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            return INTERRUPTED


def _failure(error: Exception) -> int:
    """Say what went wrong: in its own words if that was foreseen."""
    from handbook.checking.discovery import DiscoveryError
    from handbook.config import ConfigError

    if isinstance(error, BrokenPipeError):
        return 1
    if isinstance(error, ConfigError | DiscoveryError | click.ClickException):
        complain(str(error))
    elif isinstance(error, FileNotFoundError) and error.filename is None:
        complain("the working directory does not exist any more")
    elif isinstance(error, OSError) and error.strerror:
        place = f"`{error.filename}`: " if error.filename else ""
        complain(f"{place}{_sentence(error.strerror)}")
    else:
        complain(
            f"handbook itself failed: {type(error).__name__}: {error} "
            "(set HANDBOOK_TRACEBACK=1 to see where)"
        )
    if os.environ.get("HANDBOOK_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    return FAILED


def _words(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        from handbook.config.errors import nearest

        options = [
            name
            for param in (error.ctx.command.get_params(error.ctx) if error.ctx else ())
            for name in (*param.opts, *param.secondary_opts)
            if name.startswith("--")
        ]
        return f"no such option `{error.option_name}`{nearest(error.option_name, options)}"
    return _sentence(error.format_message())


def _sentence(text: str) -> str:
    """The first letter in lower case and no full stop, as it follows `error:`."""
    return text[:1].lower() + text[1:].rstrip(".")


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from handbook import __version__

        sys.stdout.write(f"handbook {__version__}\n")
        ctx.exit()
