"""Many files through the workspace, by several processes, in an order that never changes."""

import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from handbook.checking.cache.cache import Cache
from handbook.checking.cache.recording import Check, Recorded, RecordingCheck
from handbook.checking.discovery import SourcePath
from handbook.checking.engine import Failure, GivenUp, Result, syntax_error
from handbook.checking.workspace import Workspace
from handbook.syntax.text import SourceError, decode
from handbook.violation import Violation

_WORTH_A_PROCESS = 150_000
"""How many bytes of source take longer to check than a process takes to start."""
_CHUNKS_EACH = 8
"""How many chunks there are for each process: the last ones even out who was given the most."""
_ONE_IN = 20
"""One in how many files is checked before there are several processes: what these files ask about
the whole project need not be found out, and kept, by each process for itself."""
_GARBAGE_THRESHOLD = 5_000_000
"""How many new objects make it worth while to look for dead ones: nearly all of them live on."""

_RECURSION_LIMIT = 20_000
"""Python's parser takes some thousand levels, and a walk takes a few calls for each."""


@dataclass(slots=True)
class Outcome:
    """What checking many files gave.

    Attributes:
        violations: in the order of every report: by path, place, code and message.
        failures: rules that crashed and processes that died, by path.
        given_up: rules that stopped at what takes too long, by path.
        files: how many files were looked at.
        processes: how many processes did it.
    """

    violations: list[Violation] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    given_up: list[GivenUp] = field(default_factory=list)
    files: int = 0
    processes: int = 1


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(
    sources: Sequence[SourcePath],
    workspace: Workspace,
    *,
    jobs: int | None = None,
    noqa: bool = True,
    advance: Callable[[], object] = lambda: None,
    cache: Cache | None = None,
) -> Outcome:
    """Check files.

    Args:
        sources: the files.
        workspace: checks each of them; other processes have one of their own like it.
        jobs: how many processes to use at most; by default one for each core.
        noqa: whether `# noqa` counts.
        advance: called after each file.
        cache: what is known of earlier runs; the workspace has to record then.

    Raises:
        ConfigError: for a broken configuration. A file that cannot be read raises nothing: it has
            a violation of HB000, and a rule that crashes on a file, or a process that dies, is a
            failure.
    """
    for source in sources:
        # Whatever is wrong with a configuration shows here, once, and not in another process.
        workspace.rules(source.settings, source.path)
    results: list[Result] = [Result()] * len(sources)
    known = cache.recall(sources) if cache is not None else {}
    for number, result in known.items():
        results[number] = result
        advance()
    rest = [number for number in range(len(sources)) if number not in known]
    spreading = Spreading([sources[number] for number in rest], workspace, jobs)
    check = partial(check_source, noqa=noqa)
    for index, found in _each(spreading, check, cache):
        number = rest[index]
        if isinstance(found, Recorded):
            if cache is not None:
                cache.learn(sources[number], found)
            found = found.result
        results[number] = Result(failures=[found]) if isinstance(found, Failure) else found
        advance()
    if cache is not None:
        cache.save()
    return _outcome(results, processes=spreading.processes)


def _each(
    spreading: "Spreading", check: Check, cache: Cache | None
) -> Iterator[tuple[int, Recorded | Result | Failure]]:
    """Check each file, and take note of what its result rests on if that is to be kept."""
    if cache is None:
        yield from spreading.each(check)
    else:
        yield from spreading.each(RecordingCheck(check))


def check_text_of(source: SourcePath, text: str, workspace: Workspace) -> Outcome:
    """Check a text in place of what a file holds.

    Raises:
        ConfigError: for a broken configuration.
    """
    workspace.rules(source.settings, source.path)
    return _outcome([check_source(workspace, source, text)])


def check_content(content: bytes, source: SourcePath, workspace: Workspace) -> tuple[Outcome, str]:
    """Check bytes in place of what a file holds; also returns them as text, `""` if they are none.

    Raises:
        ConfigError: for a broken configuration.
    """
    rules = workspace.rules(source.settings, source.path).rules
    try:
        text = decode(content)
    except SourceError as error:
        violation = syntax_error(str(source.path), error)
        return Outcome([violation] if violation.code in rules else [], files=1), ""
    return check_text_of(source, text, workspace), text


def check_source(
    workspace: Workspace, source: SourcePath, text: str | None = None, *, noqa: bool = True
) -> Result:
    """Check one file, or a text in its place, whatever befalls.

    Only what ends the process gets out of here: what is wrong with the file is a violation, what
    is wrong with us a failure.
    """
    path = str(source.path)
    try:
        if source.problem is None:
            return workspace.check(source.path, text, noqa=noqa)
        problem = source.problem
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    except RecursionError:
        problem = "too deeply nested to be checked"
    except Exception as error:
        return Result(failures=[Failure(path, "", f"{type(error).__name__}: {error}")])
    rules = workspace.rules(source.settings, source.path).rules
    violation = syntax_error(path, SourceError(problem))
    return Result([violation] if violation.code in rules else [])


def _outcome(results: Sequence[Result], *, processes: int = 1) -> Outcome:
    outcome = Outcome(files=len(results), processes=processes)
    for result in results:
        outcome.violations += result.violations
        outcome.failures += result.failures
        outcome.given_up += result.given_up
    outcome.violations.sort(key=lambda violation: violation.sort_key)
    return outcome


class Spreading:
    """The same work on each of many files, spread over processes where that pays.

    Attributes:
        processes: how many processes do it.
    """

    def __init__(
        self, sources: Sequence[SourcePath], workspace: Workspace, jobs: int | None
    ) -> None:
        """Plan the work, for at most `jobs` processes: by default one for each core."""
        self._sources = list(sources)
        self._workspace = workspace
        self._chunks = _chunks(sources, jobs or available_cores())
        self.processes = max(min(jobs or available_cores(), len(self._chunks)), 1)

    def each[R](
        self, work: Callable[[Workspace, SourcePath], R]
    ) -> Iterator[tuple[int, R | Failure]]:
        """Yield the number of each file, in any order, with the result of the work on it.

        The result is a failure where the process died.
        """
        with _tuned():
            if self.processes == 1:
                for number, source in enumerate(self._sources):
                    yield number, work(self._workspace, source)
                return
            from handbook.checking.pool import DeathError, shares_memory, spread

            chunks = self._chunks
            if shares_memory():
                self._workspace.read_ahead(self._sources)
                first = self._first_ones()
                for number in first:
                    yield number, work(self._workspace, self._sources[number])
                chunks = [[number for number in chunk if number not in first] for chunk in chunks]
                gc.freeze()
            make = partial(_worker, self._sources, self._workspace, work)
            for number, result in spread([*filter(None, chunks)], make, self.processes):
                if isinstance(result, DeathError):
                    yield number, Failure(str(self._sources[number].path), "", str(result))
                else:
                    yield number, result

    def _first_ones(self) -> set[int]:
        """The numbers of some files from all over, on which only rules of ours run.

        The rules of others may end the process that they run in, which must not be this one.
        """
        return {
            number
            for number in range(0, len(self._sources), _ONE_IN)
            if not self._workspace.runs_foreign_rules(self._sources[number])
        }


def _worker[R](
    sources: Sequence[SourcePath],
    workspace: Workspace,
    work: Callable[[Workspace, SourcePath], R],
) -> Callable[[int], R]:
    """What a process of the pool does with the number of a file."""
    _tune()
    return lambda number: work(workspace, sources[number])


def _chunks(sources: Sequence[SourcePath], jobs: int) -> list[list[int]]:
    """Group neighbours, who know each other, into chunks of like size, the largest first."""
    sizes = [_size(source) for source in sources]
    share = max(sum(sizes) // (jobs * _CHUNKS_EACH), _WORTH_A_PROCESS // 2)
    chunks: list[list[int]] = []
    weights: list[int] = []
    for number, size in enumerate(sizes):
        if not chunks or weights[-1] + size > share:
            chunks.append([])
            weights.append(0)
        chunks[-1].append(number)
        weights[-1] += size
    order = sorted(range(len(chunks)), key=lambda index: -weights[index])
    return [chunks[index] for index in order]


def _size(source: SourcePath) -> int:
    try:
        return os.stat(source.path).st_size
    except OSError:
        return 0


@contextmanager
def _tuned() -> Iterator[None]:
    """Make this process fit for the work, and leave it as it was."""
    threshold, depth = gc.get_threshold(), sys.getrecursionlimit()
    _tune()
    gc.freeze()
    try:
        yield
    finally:
        # What was made meanwhile goes among the old objects at once: looking through all of it
        # for dead ones would take as long as half of the work.
        gc.freeze()
        gc.unfreeze()
        gc.set_threshold(*threshold)
        sys.setrecursionlimit(depth)


def _tune() -> None:
    gc.set_threshold(_GARBAGE_THRESHOLD)
    sys.setrecursionlimit(max(sys.getrecursionlimit(), _RECURSION_LIMIT))
