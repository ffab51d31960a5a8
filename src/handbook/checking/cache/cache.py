"""The results of earlier runs: which of them hold still, and what is new."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from handbook.checking.cache import location
from handbook.checking.cache.fingerprints import fingerprint
from handbook.checking.cache.knowledge import Knowledge
from handbook.checking.cache.project_cache import Finding, ProjectCache
from handbook.checking.cache.recording import Recorded
from handbook.checking.cache.stamps import digest
from handbook.checking.cache.states import States
from handbook.checking.cache.store import Store, StoreError
from handbook.checking.discovery import SourcePath
from handbook.checking.engine import Result
from handbook.checking.workspace import Workspace
from handbook.python.project.facts import EVERYTHING, FOLDER, IMPORTS, OTHER, TEST, WORD
from handbook.python.project.modules import SOURCE_FILES, Answered
from handbook.python.project.project import Project


@dataclass(slots=True)
class _Opened:
    """One project of a run, and what was found out about it."""

    cache: ProjectCache
    project: Project
    findings: list[Finding] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)
    things: dict[int, list[str | None]] = field(default_factory=dict)


class Cache:
    """Keeps the results of a run for the next ones. Whatever is wrong with it, the run goes on.

    Attributes:
        folders: where it lies.
        problems: why it was not used, or not all of it.
        recalled: how many results were taken from it.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        noqa: bool = True,
        memory: dict[str, Store] | None = None,
    ) -> None:
        """Prepare to use the cache.

        Args:
            workspace: checks the files; it has to record.
            noqa: whether `# noqa` counts in it.
            memory: where results are kept in place of the disk.
        """
        self.folders: dict[str, None] = {}
        self.problems: dict[str, None] = {}
        self.recalled = 0
        self._workspace = workspace
        self._noqa = noqa
        self._memory = memory
        self._opened: dict[tuple[str, int], _Opened | None] = {}

    def recall(self, sources: Sequence[SourcePath]) -> dict[int, Result]:
        """The results that hold still, by the numbers of the files."""
        groups: dict[tuple[str, int], list[int]] = {}
        for number, source in enumerate(sources):
            if source.problem is None:
                key = (str(source.root), id(source.settings))
                groups.setdefault(key, []).append(number)
        found: dict[int, Result] = {}
        for numbers in groups.values():
            found.update(self._recall(sources, numbers))
        self.recalled += len(found)
        return found

    def _recall(
        self, sources: Sequence[SourcePath], numbers: Sequence[int]
    ) -> Iterator[tuple[int, Result]]:
        opened = self._open(sources[numbers[0]])
        if opened is None:
            return
        names = {os.path.abspath(sources[number].path): number for number in numbers}
        try:
            known = opened.cache.recall(
                {path: str(sources[number].path) for path, number in names.items()}
            )
        except StoreError as error:
            self._give_up(sources[numbers[0]], error)
            return
        for path, violations in known.items():
            yield names[path], Result(violations)

    def learn(self, source: SourcePath, recorded: Recorded) -> None:
        """Take a new result."""
        opened = self._opened.get((str(source.root), id(source.settings)))
        if opened is None:
            return
        things = opened.things.setdefault(recorded.process, [])
        things.extend(thing if _counts(thing) else None for thing in recorded.things)
        opened.answers += recorded.answers
        result = recorded.result
        if result.failures or source.problem is not None:
            return
        path = os.path.abspath(source.path)
        asked = {thing for number in recorded.asked if (thing := things[number]) is not None}
        opened.findings.append(Finding(path, asked | {path}, result.violations))

    def save(self) -> None:
        """Write down what is new."""
        for opened in self._opened.values():
            if opened is not None:
                try:
                    opened.cache.save(opened.findings, opened.answers)
                except StoreError as error:
                    self.problems[f"cannot be written: {error}"] = None
                    if error.is_damage:
                        opened.cache.discard()
                opened.findings, opened.answers = [], []

    def _open(self, source: SourcePath) -> _Opened | None:
        key = (str(source.root), id(source.settings))
        if key not in self._opened:
            try:
                self._opened[key] = self._opened_anew(source)
            except (StoreError, OSError) as error:
                self._opened[key] = None
                self.problems[f"cannot be used: {error}"] = None
        return self._opened[key]

    def _opened_anew(self, source: SourcePath) -> _Opened:
        project = self._workspace.project(source.path, source.settings)
        known = self._workspace.registry(source.settings)
        key = fingerprint(source.settings, known, noqa=self._noqa)
        if self._memory is None:
            store = Store(self._file_for(source, key))
        else:
            name = f"{source.root} {key}"
            store = self._memory.get(name) or self._memory.setdefault(name, Store(None))

        def make_states(knowledge: Knowledge) -> States:
            return States(knowledge, project)

        try:
            return _Opened(ProjectCache(store, make_states), project)
        except StoreError as error:
            if error.is_damage:
                store.discard()
            raise

    def _file_for(self, source: SourcePath, key: str) -> str:
        folder = location.folder_for(source.root, source.settings.cache_dir)
        self.folders[folder] = None
        own = os.path.join(folder, location.VERSION)
        try:
            own = location.prepare(folder)
        except OSError as error:
            if not os.path.isdir(own):
                raise
            self.problems[f"cannot be written: {error.strerror}"] = None
        name = digest(str(source.root).encode("utf-8", "surrogatepass"))[:8]
        path = os.path.join(own, f"{name}-{key}{location.SUFFIX}")
        if location.is_too_large(path):
            os.unlink(path)
        if not os.path.exists(path):
            location.prune(folder, path)
        return path

    def _give_up(self, source: SourcePath, why: StoreError) -> None:
        key = (str(source.root), id(source.settings))
        opened, self._opened[key] = self._opened[key], None
        if opened is not None and why.is_damage:
            opened.cache.discard()
        self.problems[f"cannot be read: {why}"] = None


def _counts(thing: str) -> bool:
    """Whether a thing that was asked about is one that has a state.

    Folders and the names of modules that were not found have none: where a name comes to mean
    another module, every result is found anew.
    """
    if thing in (EVERYTHING, IMPORTS) or thing.startswith((WORD, TEST, OTHER, FOLDER)):
        return True
    return thing.endswith(SOURCE_FILES) and os.path.isabs(thing)
