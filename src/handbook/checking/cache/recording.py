"""What a check asked about, in a form that is small to send from one process to another."""

import os
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import NamedTuple

from handbook.checking.discovery import SourcePath
from handbook.checking.engine import Result
from handbook.checking.workspace import Workspace
from handbook.python.project.modules import Answered
from handbook.python.project.project import Project

type Check = Callable[[Workspace, SourcePath], Result]


class Recorded(NamedTuple):
    """The result of a check, and what it rests on.

    Attributes:
        result: what was found.
        process: which process checked.
        things: what was asked about there for the first time; these are numbered on.
        asked: the numbers of all that this check asked about.
        answers: what was found out about modules there since the last check.
    """

    result: Result
    process: int
    things: Sequence[str]
    asked: "array[int]"
    answers: Sequence[Answered]


@dataclass(slots=True)
class _Numbers:
    """The numbers that a process has given to what was asked about in one project."""

    numbers: dict[str, int] = field(default_factory=dict)
    answered: int = 0

    def record(self, result: Result, asked: Iterable[str], project: Project) -> Recorded:
        numbers, before = self.numbers, len(self.numbers)
        found = array("L", [numbers.setdefault(thing, len(numbers)) for thing in asked])
        new = len(numbers) - before
        things = [*islice(reversed(numbers), new)][::-1]
        answers = project.modules.answers(self.answered)
        self.answered += len(answers)
        return Recorded(result, os.getpid(), things, found, answers)


class Recording:
    """Takes note of what results rest on."""

    def __init__(self) -> None:
        """Begin with no numbers."""
        self._process = 0
        self._numbers: dict[str, _Numbers] = {}

    def record(
        self, workspace: Workspace, source: SourcePath, check: Callable[[], Result]
    ) -> Recorded:
        """Check a file in a workspace that records."""
        project = workspace.project(source.path, source.settings)
        with project.recording() as asked:
            result = check()
        if self._process != os.getpid():
            # It was forked: who reads its numbers knows none that were given before.
            self._process, self._numbers = os.getpid(), {}
        numbers = self._numbers.setdefault(project.root, _Numbers())
        return numbers.record(result, asked, project)


class RecordingCheck:
    """A check of files that takes note, in whatever process it is called."""

    def __init__(self, check: Check) -> None:
        """Take what checks a file."""
        self._check = check
        self._recording = Recording()

    def __call__(self, workspace: Workspace, source: SourcePath) -> Recorded:
        """Check a file."""
        return self._recording.record(workspace, source, partial(self._check, workspace, source))
