"""The command `handbook`, and `python -m handbook`."""


def main() -> None:
    """Run the command line; ends the process with its exit code."""
    from handbook.cli import cli

    cli(prog_name="handbook")


if __name__ == "__main__":
    main()
