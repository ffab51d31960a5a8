"""The states of things: what they are now, as far as this run can tell, and what changed."""

import os
from collections.abc import Iterable, Sequence, Set
from functools import cached_property

from handbook.checking.cache.knowledge import MODULES, Knowledge
from handbook.checking.cache.stamps import (
    ABSENT,
    NO_STAMP,
    UNKNOWN,
    Stamp,
    digest,
    digest_of_file,
    now,
    stamp,
)
from handbook.checking.cache.texts import state_of_text, update_texts
from handbook.python.project.facts import EVERYTHING, FOLDER, IMPORTS, OTHER, TEST, WORD
from handbook.python.project.files import names_of_others
from handbook.python.project.modules import Answered
from handbook.python.project.project import Project

_OTHERS: tuple[str, ...] = (OTHER, FOLDER)


class States:
    """What things are like in this run, compared with what is written of them.

    Attributes:
        is_changed: whether there is anything to write down even without new results.
    """

    def __init__(self, knowledge: Knowledge, project: Project) -> None:
        """Take what is written of a project; nothing of that has been read yet."""
        self.is_changed = False
        self._knowledge = knowledge
        self._project = project
        self._modules = project.modules
        self._is_listed = False
        self._others: dict[str, str] = {}
        self._start = now()
        self._seen: dict[str, tuple[Stamp | None, str]] = {}
        self._states: dict[str, str] = {}
        self._sure: dict[str, bool] = {}
        self._answers: dict[tuple[str, ...], object] = {}
        self._folders: dict[str, Stamp] = {}
        self._moved = False
        self._look_at_others(project.root)

    def look_at(self, paths: Iterable[str]) -> None:
        """Take note of what files are like at first, and so of what a run will find in them."""
        folders: set[str] = set()
        for path in paths:
            self._state_of_file(path)
            folders.add(os.path.dirname(path))
        for folder in folders:
            found = stamp(folder)
            if found is not None and not found.is_settled(self._start):
                self._look_at_others(folder)

    def _look_at_others(self, folder: str) -> None:
        """Take note of what was changed in a folder so lately that its times will not tell."""
        self._state_of_other(f"{FOLDER}{folder}")
        for name in names_of_others(folder):
            path = os.path.join(folder, name)
            found = stamp(path)
            if found is not None and not found.is_settled(self._start):
                self._state_of_other(f"{OTHER}{path}")

    def refresh(self, bits: int) -> bool:
        """Find out what has changed among some things, by their bits.

        Returns whether modules are where they were: otherwise nothing holds any more.
        """
        generation = self._knowledge.generation + 1
        if not self._modules_hold:
            self._moved = self.is_changed = True
            return False
        if not self._is_listed:
            # First, since it compares the states of files with those that are written.
            self._is_listed = True
            self.is_changed |= self._texts(self._knowledge, generation)
        for thing in self._knowledge.among(bits):
            if thing == EVERYTHING or os.path.isabs(thing) or thing.startswith(_OTHERS):
                self.is_changed |= self._knowledge.note(thing, self._state(thing), generation)
        return True

    def _state(self, thing: str) -> str:
        if thing.startswith(_OTHERS):
            return self._state_of_other(thing)
        return self._everything if thing == EVERYTHING else self._state_of_file(thing)

    def _state_of_other(self, thing: str) -> str:
        known = self._others.get(thing)
        if known is None:
            known = self._others[thing] = _state_of_other(thing)
        return known

    def _texts(self, knowledge: Knowledge, generation: int, but: Set[str] = frozenset()) -> bool:
        return update_texts(knowledge, self._project, self._state_of_file, generation, but)

    def _state_of_file(self, path: str) -> str:
        known = self._seen.get(path)
        if known is None:
            found = stamp(path)
            if found is not None and self._knowledge.stamps.get(path) == found:
                known = found, self._knowledge.state(path) or ABSENT
            else:
                known = found, digest_of_file(path) if found is not None else ABSENT
                self.is_changed |= path in self._knowledge.things
            self._seen[path] = known
        return known[1]

    @cached_property
    def _everything(self) -> str:
        """The state of all files together."""
        lines = (f"{path} {self._state_of_file(path)}" for path in self._project.paths)
        return digest("\n".join(lines).encode("utf-8", "surrogatepass"))

    @cached_property
    def _modules_hold(self) -> bool:
        """Whether the modules of the project are where they were."""
        folders = self._knowledge.folders
        if folders and all(
            (stamp(folder) or NO_STAMP) == known for folder, known in folders.items()
        ):
            return True
        self.is_changed = True
        try:
            return all(
                self._modules.ask(question) == answer
                for question, answer in self._knowledge.answers.items()
            )
        except (ValueError, TypeError):
            return False

    # What is written down

    def settle(self, answers: Sequence[Answered]) -> bool:
        """Look at the disk again, after the run.

        Args:
            answers: what the run found out about modules.

        Returns whether the run saw all modules where they are now: otherwise it is not known what
        its results rest on.
        """
        modules, at = self._modules.reopened(), now()
        for question, answer in answers:
            self._answers[question] = modules.ask(question)
            if self._answers[question] != answer:
                return False
        for question in self._knowledge.answers:
            if question not in self._answers:
                self._answers[question] = modules.ask(question)
        for folder in modules.folders:
            self._folders[folder] = _stamp_of_folder(folder, at)
        return True

    def is_sure(self, thing: str) -> bool:
        """Whether a thing was the same all through the run, and is so now."""
        known = self._sure.get(thing)
        if known is None:
            known = self._sure[thing] = self._is_sure(thing)
        return known

    @cached_property
    def _unsure_files(self) -> Set[str]:
        """The files of the project that may have changed while the run was on."""
        for path in self._project.paths:
            self._state_of_file(path)
        return frozenset(path for path in self._project.paths if not self.is_sure(path))

    def _is_sure(self, thing: str) -> bool:
        if thing.startswith(_OTHERS):
            known_state = self._others.get(thing)
            if known_state is not None:
                return known_state == _state_of_other(thing)
            self._state_of_other(thing)
            place = stamp(thing.partition(":")[2])
            return place is None or place.is_settled(self._start)
        if thing in (EVERYTHING, IMPORTS) or thing.startswith((WORD, TEST)):
            return not self._unsure_files
        found = stamp(thing)
        known = self._seen.get(thing)
        if (
            known is not None
            and found == known[0]
            and (found is None or found.is_settled(self._start))
        ):
            self._states[thing] = known[1]
            return True
        if found is None:
            self._states[thing] = ABSENT
            above = stamp(os.path.dirname(thing))
            return known is None and (above is None or above.is_settled(self._start))
        state = self._states[thing] = digest_of_file(thing)
        if known is not None:
            return state == known[1]
        self._seen[thing] = found, state
        return found.is_settled(self._start)

    def write(self, knowledge: Knowledge, asked: Iterable[str]) -> list[str]:
        """Add all that is known now to what is written; returns the files that are gone."""
        generation = knowledge.generation + 1
        moved = self._moved or any(
            self._answers.get(question, answer) != answer
            for question, answer in knowledge.answers.items()
        )
        if moved or MODULES not in knowledge.things:
            knowledge.note(MODULES, f"{generation}", generation)
        knowledge.answers = {**knowledge.answers, **self._answers}
        for folder, found_there in self._folders.items():
            known = knowledge.folders.get(folder, found_there)
            same = knowledge is self._knowledge or known == found_there
            # What another run has answered meanwhile may rest on what was there at another time.
            knowledge.folders[folder] = found_there if same else UNKNOWN
        self._texts(knowledge, generation, self._unsure_files)
        for path, (found, state) in self._seen.items():
            if path in knowledge.things:
                self._note_file(knowledge, path, found, state, generation)
        for thing in asked:
            if thing == EVERYTHING:
                knowledge.note(thing, self._everything, generation)
            elif os.path.isabs(thing):
                found = self._seen.get(thing, (None, ""))[0]
                self._note_file(knowledge, thing, found, self._states[thing], generation)
            elif thing.startswith(_OTHERS):
                knowledge.note(thing, self._others[thing], generation)
            elif thing not in knowledge.things:
                knowledge.note(thing, state_of_text(knowledge, self._project, thing), generation)
        if EVERYTHING in knowledge.things and not self._unsure_files:
            knowledge.note(EVERYTHING, self._everything, generation)
        knowledge.generation = generation
        return [path for path, (found, _) in self._seen.items() if found is None]

    def _note_file(
        self, knowledge: Knowledge, path: str, found: Stamp | None, state: str, generation: int
    ) -> None:
        knowledge.note(path, state, generation)
        if found is not None and found.is_settled(self._start):
            knowledge.stamps[path] = found
        else:
            knowledge.stamps.pop(path, None)


def _state_of_other(thing: str) -> str:
    """The state of a file that is no Python, or of the names of such files in a folder."""
    path = thing.partition(":")[2]
    if thing.startswith(OTHER):
        return digest_of_file(path)
    return digest("\n".join(names_of_others(path)).encode("utf-8", "surrogatepass"))


def _stamp_of_folder(folder: str, at: int) -> Stamp:
    """What tells whether a folder holds what it held at a moment, some time ago."""
    found = stamp(folder)
    if found is not None:
        return found if found.is_settled(at) else UNKNOWN
    above = stamp(os.path.dirname(folder))
    return NO_STAMP if above is None or above.is_settled(at) else UNKNOWN
