"""What `handbook check` leaves of what it found: new, changed and severe enough."""

from collections.abc import Callable, Sequence
from pathlib import Path

from handbook.checking.discovery import SourcePath
from handbook.checking.runner import Outcome
from handbook.cli.arguments import Arguments
from handbook.violation import Severity


def narrow(
    arguments: Arguments,
    outcome: Outcome,
    sources: Sequence[SourcePath],
    text_of: Callable[[str], str],
) -> list[str]:
    """Leave in an outcome only what is asked for; returns remarks for people.

    Raises:
        ConfigError: for a baseline that cannot be used, or a revision that git does not know.
        OSError: where the baseline is to be updated and cannot be written.
    """
    remarks: list[str] = []
    if not arguments.no_baseline and sources:
        remarks += _hold(arguments, outcome, sources, text_of)
    if arguments.diff_base is not None:
        from handbook.adoption.changed_lines import changes_since, only_changed

        folder = sources[0].path.absolute().parent if sources else Path.cwd()
        outcome.violations = only_changed(
            outcome.violations, changes_since(arguments.diff_base, folder)
        )
    if arguments.severity is not None:
        lowest = Severity(arguments.severity)
        outcome.violations = [
            violation for violation in outcome.violations if violation.severity.is_at_least(lowest)
        ]
    return remarks


def _hold(
    arguments: Arguments,
    outcome: Outcome,
    sources: Sequence[SourcePath],
    text_of: Callable[[str], str],
) -> list[str]:
    from handbook.adoption.known import hold

    held = hold(outcome.violations, sources, text_of, arguments.baseline)
    outcome.violations = held.new
    if arguments.update_baseline:
        for baseline in held.shrunk:
            baseline.write()
    if not held.known and not held.gone:
        return []
    remark = f"{held.known} known violation{'s' if held.known != 1 else ''} in the baseline"
    if not held.gone:
        return [f"{remark}."]
    done = "removed" if arguments.update_baseline else "gone: run with `--update-baseline`"
    return [f"{remark}, {held.gone} {done}."]
