"""`handbook server`."""

import gc

import click


@click.command("server", short_help="Run the language server for editors.")
def command() -> None:
    """Run the language server for editors, over standard input and output."""
    try:
        from handbook.lsp.server import make_server
    except ModuleNotFoundError as error:
        if error.name not in ("pygls", "lsprotocol"):
            raise
        raise click.ClickException(
            "the language server needs pygls: install `handbook[lsp]`"
        ) from None
    server = make_server()
    # What is loaded now stays, and trees live long: looking through them would delay answers.
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)
    server.start_io()
