"""The baselines of a run: which file each project has, and what a run leaves after them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from handbook.adoption.baseline import DEFAULT_NAME, Baseline, Comparison
from handbook.checking.discovery import SourcePath
from handbook.violation import Violation


@dataclass(slots=True)
class Held:
    """What a run leaves after the baselines of its projects.

    Attributes:
        new: the violations that none of them holds.
        known: how many violations they hold.
        gone: how many of their entries were not found any more.
        shrunk: the baselines without these entries.
    """

    new: list[Violation] = field(default_factory=list)
    known: int = 0
    gone: int = 0
    shrunk: list[Baseline] = field(default_factory=list)


def baseline_of(source: SourcePath, chosen: Path | None = None) -> Path:
    """Where the baseline of a file's project is, or would be.

    It is the one that was chosen on the command line, else the configured one, else
    `.handbook-baseline.json` in the project's folder.
    """
    if chosen is not None:
        return chosen.absolute()
    settings = source.settings
    if settings.baseline is not None:
        folder = settings.source.parent if settings.source is not None else Path.cwd()
        return (folder / settings.baseline).absolute()
    return source.root / DEFAULT_NAME


def hold(
    violations: Sequence[Violation],
    sources: Sequence[SourcePath],
    text_of: Callable[[str], str],
    chosen: Path | None = None,
) -> Held:
    """Hold what a run found against the baselines of its projects.

    Raises:
        ConfigError: for a baseline that cannot be read, or a chosen or configured one that does
            not exist.
    """
    held = Held()
    for path, group in _by_baseline(sources, chosen):
        names = {str(source.path) for source in group}
        found = [violation for violation in violations if violation.path in names]
        if path.name == DEFAULT_NAME and chosen is None and not path.exists():
            held.new += found
            continue
        baseline = Baseline.read(path)
        comparison: Comparison = baseline.compare(found, text_of, names)
        held.new += comparison.new
        held.known += comparison.known.total()
        held.gone += comparison.gone
        if comparison.gone or comparison.known != baseline.entries:
            held.shrunk.append(baseline.without_gone(comparison, names))
    held.new.sort(key=lambda violation: violation.sort_key)
    return held


def write_baselines(
    violations: Sequence[Violation],
    sources: Sequence[SourcePath],
    text_of: Callable[[str], str],
    chosen: Path | None = None,
) -> Iterator[tuple[Path, int]]:
    """Write baselines that hold all violations; yields each file with the number of its entries.

    Raises:
        OSError: where one cannot be written.
    """
    for path, group in _by_baseline(sources, chosen):
        names = {str(source.path) for source in group}
        found = [violation for violation in violations if violation.path in names]
        Baseline.of(path, found, text_of).write()
        yield path, len(found)


def _by_baseline(
    sources: Sequence[SourcePath], chosen: Path | None
) -> Iterator[tuple[Path, list[SourcePath]]]:
    groups: dict[Path, list[SourcePath]] = {}
    for source in sources:
        groups.setdefault(baseline_of(source, chosen), []).append(source)
    yield from sorted(groups.items())
