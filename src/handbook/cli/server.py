"""`handbook server`."""

import gc

import click


@click.command("server", short_help="Run the language server for editors.")
@click.option(
    "--no-plugins",
    is_flag=True,
    help="Run none of the Python files that `plugins` names, even if the editor allows it.",
)
def command(*, no_plugins: bool) -> None:
    """Run the language server for editors, over standard input and output.

    The Python files that `plugins` of a configuration names are run only if the editor says
    `{"allowPlugins": true}` in its initialization options or in the settings of `handbook`.
    """
    try:
        from handbook.lsp.server import make_server
    except ModuleNotFoundError as error:
        if error.name not in ("pygls", "lsprotocol"):
            raise
        raise click.ClickException(
            "the language server needs pygls: install `handbook[lsp]`"
        ) from None
    server = make_server(forbids_plugins=no_plugins)
    # What is loaded now stays, and trees live long: looking through them would delay answers.
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)
    server.start_io()
