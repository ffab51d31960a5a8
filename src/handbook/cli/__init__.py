"""The command line: one module for each command, loaded when it is called."""

from handbook.cli.group import Group

__all__ = ["cli"]

cli = Group(
    name="handbook",
    help="A written engineering standard for Python and FastAPI that enforces itself.",
    epilog='Shell completion: put `eval "$(_HANDBOOK_COMPLETE=bash_source handbook)"` into '
    "~/.bashrc, or the same with `zsh_source` into ~/.zshrc; for fish, save what "
    "`_HANDBOOK_COMPLETE=fish_source handbook` prints as "
    "~/.config/fish/completions/handbook.fish.",
)
