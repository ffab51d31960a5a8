"""What `handbook check` does."""

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from handbook.checking.cache.cache import Cache
from handbook.checking.cache.store import Store
from handbook.checking.discovery import SourcePath
from handbook.checking.runner import Outcome, check_content, run
from handbook.checking.workspace import Workspace
from handbook.cli.arguments import Arguments
from handbook.cli.exits import FAILED
from handbook.cli.narrowing import narrow
from handbook.cli.progress import Progress
from handbook.cli.reporting import deliver, exit_code, report, tell, tell_of_cache
from handbook.cli.terminal import complain, note, write, write_bytes
from handbook.config.globs import excludes
from handbook.fixing.files import encode
from handbook.output.text import printable
from handbook.syntax.text import SourceError
from handbook.violation import Severity

STDIN = Path("-")


def main(arguments: Arguments) -> int:
    """Run the command; returns its exit code.

    Raises:
        ConfigError: for a configuration that cannot be used.
        DiscoveryError: for a path that does not exist.
        UsageError: for options that contradict each other.
        OSError: where the report cannot be written.
    """
    if arguments.watch:
        from handbook.cli.watching import watch

        memory: dict[str, Store] | None = {} if arguments.no_cache else None
        return watch(arguments, lambda given: _Check(given, memory).main())
    return _Check(arguments).main()


def _refuse_contradictions(arguments: Arguments) -> None:
    """Raise for options of which one would have to be ignored."""
    silences = arguments.add_noqa is not None
    for one, other, both in (
        ("--add-noqa", "--diff", silences and arguments.diff),
        ("--add-noqa", "--fix", silences and arguments.fix),
        ("--add-noqa", "--fix-only", silences and arguments.fix_only),
        ("--fix-only", "--no-fix", arguments.fix_only and arguments.fix is False),
    ):
        if both:
            raise click.UsageError(f"`{one}` and `{other}` cannot be used together")


class _Check:
    """One call of the command."""

    def __init__(self, arguments: Arguments, memory: dict[str, Store] | None = None) -> None:
        self.start = time.perf_counter()
        self.arguments = arguments
        _refuse_contradictions(arguments)
        configuration = arguments.configuration()
        self.here = configuration.for_folder(Path())
        self.wants_fixes = arguments.fix_only or arguments.diff or self.here.fix
        only_shows = arguments.show_files or arguments.show_settings
        # Fixing and watching check again and again.
        records = not arguments.no_cache or self.wants_fixes or arguments.watch
        self.workspace = Workspace(configuration, records=records, plugins=not only_shows)
        self.cache: Cache | None = None
        self.memory = {} if memory is None and arguments.no_cache else memory
        if not only_shows:
            # A wrong selector is told even if there are no files.
            self.workspace.registry(self.here).select(self.here)
        self.reads_stdin = STDIN in arguments.paths or arguments.stdin_filename is not None
        self.sources = self._stdin() if self.reads_stdin else self._files()

    def main(self) -> int:
        """Do what is asked for."""
        arguments = self.arguments
        if arguments.show_files:
            write(f"{printable(str(source.path))}\n" for source in self.sources)
            return 0
        if arguments.show_settings:
            from handbook.cli.settings import show

            first = self.sources[0].path if self.sources else Path("example.py")
            write(show(first, self.workspace, cached=not arguments.no_cache))
            return 0
        if self.reads_stdin:
            return self._check_stdin()
        if not self.sources and not arguments.quiet:
            complain("no Python files found under the given paths", kind="warning")
        outcome = self._run(self.workspace)
        if arguments.add_noqa is not None:
            return self._add_noqa(outcome)
        if arguments.diff:
            return self._show_diff(outcome)
        return self._fix(outcome) if self.wants_fixes else self._report(outcome)

    def _files(self) -> list[SourcePath]:
        return self.workspace.discover(self.arguments.paths or [Path()])

    def _stdin(self) -> list[SourcePath]:
        """What stands for standard input: nothing if its file is excluded."""
        arguments, configuration = self.arguments, self.workspace.configuration
        if arguments.paths not in ((STDIN,), (arguments.stdin_filename,), ()):
            raise click.UsageError("`-` cannot be checked together with other paths")
        if arguments.add_noqa is not None:
            raise click.UsageError("`--add-noqa` cannot write to standard input")
        path = arguments.stdin_filename or STDIN
        settings = configuration.for_file(path)
        globs, absolute = excludes(settings), str(path.absolute())
        if settings.force_exclude and globs.match_upwards(absolute, str(settings.root)):
            return []
        return [SourcePath(path, settings, configuration.root_of(path.parent))]

    def _run(self, workspace: Workspace) -> Outcome:
        arguments = self.arguments
        self.cache = Cache(workspace, memory=self.memory) if workspace.records else None
        with Progress(len(self.sources), sys.stderr, hidden=arguments.quiet) as progress:
            return run(
                self.sources,
                workspace,
                jobs=arguments.jobs,
                advance=progress.advance,
                cache=self.cache,
            )

    def _report(
        self,
        outcome: Outcome,
        *,
        texts: dict[str, str] | None = None,
        fixed: Mapping[str, Mapping[str, int]] | None = None,
        beside: bool = False,
    ) -> int:
        """Report, `beside` what is written to standard output, and say how to exit."""
        arguments = self.arguments
        if arguments.verbose:
            tell(outcome, self.sources, time.perf_counter() - self.start)
            tell_of_cache(None if arguments.no_cache else self.cache)
        remarks = narrow(arguments, outcome, self.sources, self._text_of(texts or {}))
        pieces = report(
            arguments,
            outcome,
            self.workspace,
            self.here,
            texts=texts or {},
            fixed=fixed or {},
            remarks=remarks,
        )
        deliver(pieces, arguments.output_file, beside=beside)
        fail_on = Severity(self.here.fail_on)
        return exit_code(outcome, exit_zero=arguments.exit_zero, fail_on=fail_on)

    def _text_of(self, texts: Mapping[str, str]) -> Callable[[str], str]:
        """What was checked of a path: a text that was given, or the file's."""
        return lambda path: texts[path] if path in texts else self.workspace.text_of(path)

    def _check_stdin(self) -> int:
        content = sys.stdin.buffer.read()
        outcome, text = Outcome(), ""
        for source in self.sources:
            outcome, text = check_content(content, source, self.workspace)
        if self.wants_fixes:
            return self._fix_stdin(outcome, content)
        return self._report(outcome, texts={str(source.path): text for source in self.sources})

    def _fix_stdin(self, outcome: Outcome, content: bytes) -> int:
        """Write the mended text, and the report where it is not in the way."""
        from handbook.cli.mending import diff, mend_text, tell_refusals

        arguments = self.arguments
        texts: dict[str, str] = {}
        fixed: dict[str, dict[str, int]] = {}
        for source in self.sources:
            try:
                result = mend_text(source, content, self.workspace)
            except SourceError:
                break  # The report says why.
            if arguments.diff:
                write(diff([result]))
                return exit_code(Outcome(failures=result.failures)) or int(result.is_changed)
            tell_refusals([result])
            content = encode(result.text, before=content)
            outcome = Outcome(result.violations, result.failures, files=1)
            texts[result.path], fixed[result.path] = result.text, dict(result.applied)
        write_bytes(content)
        if arguments.fix_only:
            return exit_code(Outcome(failures=outcome.failures))
        return self._report(outcome, texts=texts, fixed=fixed, beside=True)

    def _fix(self, outcome: Outcome) -> int:
        from handbook.cli.mending import mend

        arguments = self.arguments
        mended = mend(self.sources, outcome, self.workspace, self._run, arguments.jobs)
        self.workspace = self.workspace.anew()
        if arguments.fix_only:
            mended.outcome.violations.clear()
        code = self._report(mended.outcome, fixed=mended.fixed)
        if not mended.complete:
            return FAILED
        return code or int(arguments.exit_non_zero_on_fix and bool(mended.fixed))

    def _show_diff(self, outcome: Outcome) -> int:
        from handbook.cli.mending import diff, tell_refusals
        from handbook.fixing.fix_runner import fix_all, total

        results, failures = fix_all(
            self.sources, outcome.violations, self.workspace, jobs=self.arguments.jobs
        )
        write(diff(results))
        tell_refusals(results)
        count = total(results)
        if count and not self.arguments.quiet:
            note(f"Would fix {count} violation{'' if count == 1 else 's'}.")
        failed = exit_code(Outcome(failures=outcome.failures + failures))
        return failed or int(count > 0)

    def _add_noqa(self, outcome: Outcome) -> int:
        from handbook.cli.silencing import silence

        arguments = self.arguments
        count, complete = silence(outcome.violations, self.workspace, arguments.add_noqa or "")
        if not arguments.quiet:
            note(f"Suppressed {count} violation{'' if count == 1 else 's'}.")
        outcome.violations.clear()
        return exit_code(outcome) if complete else FAILED
