"""What `handbook check` does."""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from handbook.cli.check import Arguments
from handbook.cli.progress import Progress
from handbook.cli.terminal import complain, note, wants_color, write
from handbook.config import Configuration, Settings
from handbook.config.globs import excludes
from handbook.discovery import SourcePath, discover
from handbook.engine import Failure
from handbook.output import Format, Report, render
from handbook.output.statistics import render_statistics
from handbook.runner import Outcome, check_content, run
from handbook.workspace import Workspace

STDIN = Path("-")


def main(arguments: Arguments) -> int:
    """Run the command; returns its exit code.

    Raises:
        ConfigError: for a configuration that cannot be used.
        DiscoveryError: for a path that does not exist.
        UsageError: for options that contradict each other.
        OSError: where the report cannot be written.
    """
    start = time.perf_counter()
    configuration = arguments.configuration()
    workspace = Workspace(configuration)
    here = configuration.for_folder(Path())
    workspace.registry(here).select(here)  # A wrong selector is told even if there are no files.
    reads_stdin = STDIN in arguments.paths or arguments.stdin_filename is not None
    if reads_stdin:
        sources = _stdin(arguments, configuration)
    else:
        sources = discover(arguments.paths or [Path()], configuration)
    if arguments.show_files:
        write(f"{source.path}\n" for source in sources)
        return 0
    if arguments.show_settings:
        from handbook.cli.settings import show

        write(show(sources[0].path if sources else Path("example.py"), workspace))
        return 0
    if not sources and not reads_stdin and not arguments.quiet:
        complain("no Python files found under the given paths", kind="warning")
    if arguments.add_noqa is not None:
        return _add_noqa(arguments, sources, workspace)
    if reads_stdin:
        content = sys.stdin.buffer.read()
        outcome, texts = Outcome(), {}
        for source in sources:
            outcome, texts[str(source.path)] = check_content(content, source, workspace)
    else:
        outcome, texts = _run(arguments, sources, workspace), {}
    if arguments.verbose:
        seconds = time.perf_counter() - start
        _tell(outcome, sources, seconds)
    _report(arguments, outcome, workspace, here, texts)
    return exit_code(outcome, exit_zero=arguments.exit_zero)


def exit_code(outcome: Outcome, *, exit_zero: bool = False) -> int:
    """Say how a run went, after telling what failed on our side."""
    if outcome.failures:
        for line in _failures(outcome.failures):
            complain(line)
        return 2
    return int(bool(outcome.violations) and not exit_zero)


def _stdin(arguments: Arguments, configuration: Configuration) -> list[SourcePath]:
    """What stands for standard input: nothing if its file is excluded."""
    if arguments.paths not in ((STDIN,), ()):
        named = arguments.stdin_filename
        if named is None or arguments.paths != (named,):
            raise click.UsageError("`-` cannot be checked together with other paths")
    if arguments.add_noqa is not None:
        raise click.UsageError("`--add-noqa` cannot write to standard input")
    path = arguments.stdin_filename or STDIN
    settings = configuration.for_file(path)
    absolute = str(path.absolute())
    if settings.force_exclude and excludes(settings).match_upwards(absolute, str(settings.root)):
        return []
    return [SourcePath(path, settings, configuration.root_of(path.parent))]


def _run(arguments: Arguments, sources: Sequence[SourcePath], workspace: Workspace) -> Outcome:
    with Progress(len(sources), sys.stderr, hidden=arguments.quiet) as progress:
        return run(sources, workspace, jobs=arguments.jobs, advance=progress.advance)


def _report(
    arguments: Arguments,
    outcome: Outcome,
    workspace: Workspace,
    settings: Settings,
    texts: dict[str, str],
) -> None:
    color = (
        arguments.color if arguments.output_file is None or arguments.color != "auto" else "never"
    )
    report = Report(
        outcome.violations,
        lambda path: texts[path] if path in texts else workspace.text_of(path),
        Path.cwd(),
        outcome.files,
        color=wants_color(color, sys.stdout),
        summary=not arguments.quiet,
    )
    chosen = Format(arguments.output_format or settings.output_format or Format.FULL)
    if arguments.statistics:
        pieces = render_statistics(report, json=chosen is Format.JSON)
    else:
        pieces = render(report, chosen)
    if arguments.output_file is None:
        write(pieces)
    else:
        with arguments.output_file.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)


def _add_noqa(arguments: Arguments, sources: Sequence[SourcePath], workspace: Workspace) -> int:
    from handbook.cli.silencing import silence

    outcome = _run(arguments, sources, workspace)
    count, complete = silence(outcome.violations, workspace, arguments.add_noqa or "")
    if not arguments.quiet:
        note(f"Silenced {count} violation{'' if count == 1 else 's'}.")
    outcome.violations.clear()
    return exit_code(outcome) if complete else 2


def _failures(failures: Sequence[Failure]) -> Iterator[str]:
    """Word failures: the same one on many files is one line."""
    alike = Counter((failure.code, failure.error) for failure in failures)
    for (code, error), count in alike.items():
        first = next(f.path for f in failures if (f.code, f.error) == (code, error))
        others = f" and {count - 1} more" if count > 1 else ""
        what = f"{code} crashed on" if code else "could not check"
        yield f"{what} {first}{others}: {error.replace(chr(10), ' ')}"


def _tell(outcome: Outcome, sources: Sequence[SourcePath], seconds: float) -> None:
    for source in sorted({str(source.settings.source or "defaults") for source in sources}):
        note(f"Settings: {source}")
    files = f"{outcome.files} file{'s' if outcome.files != 1 else ''}"
    processes = f"{outcome.processes} process{'es' if outcome.processes != 1 else ''}"
    note(f"Checked {files} in {seconds:.2f} s with {processes}")
