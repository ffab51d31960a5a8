"""`handbook check`."""

import sys
from pathlib import Path
from typing import Any

import click

from handbook.cli.arguments import Arguments
from handbook.cli.options import (
    Declare,
    SectionCommand,
    Selectors,
    Separated,
    option,
)

_FORMATS = (
    *("full", "concise", "json", "json-lines", "grouped", "github", "gitlab", "sarif"),
    *("junit", "pylint", "rdjson", "azure", "html"),
)
_rules: Declare = option("Rule selection")
_files: Declare = option("File selection")
_output: Declare = option("Output")
_fixes: Declare = option("Fixes")
_other: Declare = option("Miscellaneous")


@click.command("check", cls=SectionCommand, short_help="Check Python files.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@_rules(
    "--select",
    type=Selectors(),
    multiple=True,
    help="Run these rules: codes (HB121), prefixes of codes (HB12), slugs, levels "
    "(essential, recommended, strict), or ALL.",
)
@_rules("--ignore", type=Selectors(), multiple=True, help="Do not run these rules.")
@_rules("--extend-select", type=Selectors(), multiple=True, help="Run these rules, too.")
@_rules("--extend-ignore", type=Selectors(), multiple=True, help="Do not run these either.")
@_rules(
    "--per-file-ignores",
    metavar="GLOB:RULE",
    multiple=True,
    help="Do not run a rule in some files: `tests/**:HB03`.",
)
@_rules(
    "--preview/--no-preview",
    default=None,
    help="Run rules that have not been proven on real projects yet.",
)
@_files(
    "--exclude",
    type=Separated(),
    multiple=True,
    metavar="GLOBS",
    help="Exclude files and folders, instead of the default list.",
)
@_files(
    "--extend-exclude",
    type=Separated(),
    multiple=True,
    metavar="GLOBS",
    help="Exclude these, too.",
)
@_files(
    "--force-exclude/--no-force-exclude",
    default=None,
    help="Exclude them even if they are named on the command line.",
)
@_files(
    "--respect-gitignore/--no-respect-gitignore", default=None, help="Exclude what git ignores."
)
@_files(
    "--stdin-filename",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The name of what is read from standard input.",
)
@_files(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Report only what this baseline does not hold; `handbook baseline` writes one.",
)
@_files("--no-baseline", is_flag=True, help="Report what a baseline holds, too.")
@_files(
    "--diff-base",
    metavar="REV",
    help="Report only what lies in lines changed since a git revision, such as `origin/main`.",
)
@_fixes("--fix/--no-fix", default=None, help="Fix what can be fixed.")
@_fixes(
    "--unsafe-fixes/--no-unsafe-fixes",
    default=None,
    help="Apply fixes, too, that may change what the program does.",
)
@_fixes("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@_fixes("--fix-only", is_flag=True, help="Fix, and do not report what is left.")
@_fixes("--show-fixes/--no-show-fixes", default=None, help="List what was fixed.")
@_fixes("--exit-non-zero-on-fix", is_flag=True, help="Exit with 1 if anything was fixed, too.")
@_output(
    "--output-format",
    type=click.Choice(_FORMATS),
    envvar="HANDBOOK_OUTPUT_FORMAT",
    help="How violations are printed.  [default: full]",
)
@_output(
    "-o",
    "--output-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write them to a file.",
)
@_output(
    "--severity",
    type=click.Choice(("error", "warning", "info")),
    help="Report only violations of this severity or a higher one.",
)
@_output("--statistics", is_flag=True, help="Count the violations of each rule.")
@_output("--show-files", is_flag=True, help="List the files that would be checked, and stop.")
@_output("--show-settings", is_flag=True, help="Print the settings of the first file, and stop.")
@_output(
    "--color",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    help="Whether to use colours.  [default: auto]",
)
@_output("-q", "--quiet", is_flag=True, help="Print violations, and nothing else.")
@_output("-v", "--verbose", is_flag=True, help="Print details on standard error.")
@_other(
    "--config",
    multiple=True,
    metavar="FILE|KEY=VALUE",
    help="A configuration file, or one setting as TOML: `preview = true`.",
)
@_other("--isolated", is_flag=True, help="Read no configuration files.")
@_other(
    "--no-plugins",
    is_flag=True,
    help="Run none of the Python files that `plugins` names: their rules are left out.",
)
@_other(
    "--add-noqa", metavar="[=REASON]", help="Suppress every violation by a comment in its line."
)
@_other(
    "--update-baseline",
    is_flag=True,
    help="Remove from the baseline what is not found any more.",
)
@_other(
    "--fail-on",
    type=click.Choice(("error", "warning", "info")),
    help="Exit with 1 for violations of this severity or a higher one.  [default: warning]",
)
@_other("-e", "--exit-zero", is_flag=True, help="Exit with 0 even if there are violations.")
@_other("-w", "--watch", is_flag=True, help="Check again after each change of a file.")
@_other(
    "-n",
    "--no-cache",
    is_flag=True,
    envvar="HANDBOOK_NO_CACHE",
    help="Neither use nor keep the results of other runs.",
)
@_other(
    "--cache-dir",
    metavar="FOLDER",
    envvar="HANDBOOK_CACHE_DIR",
    help="Where results are kept.  [default: .handbook_cache in the project's folder]",
)
@_other(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many processes to use.  [default: one for each core]",
)
def command(**options: Any) -> None:
    """Check Python files against the standard.

    PATHS are files, folders, or `-` for standard input; by default the working directory.

    Exits with 0 if there are no violations, with 1 if there are, and with 2 if it was called
    wrongly or a rule crashed.
    """
    from handbook.cli.checking import main

    sys.exit(main(Arguments(**options)))
