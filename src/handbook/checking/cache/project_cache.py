"""The results of one project's files, from disk and to disk."""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from handbook.checking.cache.encoding import decode, encode
from handbook.checking.cache.knowledge import MODULES, RENAMES, Knowledge
from handbook.checking.cache.states import States
from handbook.checking.cache.store import Store
from handbook.python.project.modules import Answered
from handbook.violation import Violation

_KNOWLEDGE = "knowledge"
_NUMBER = 8


class Finding(NamedTuple):
    """What was found in a file, and all that it rests on: paths, and questions about many."""

    path: str
    asked: Iterable[str]
    violations: Sequence[Violation]


class _Row(NamedTuple):
    generation: int
    bits: int
    text: str


@dataclass(slots=True)
class _Loaded:
    """What stood in the store, and as what."""

    content: bytes | None
    knowledge: Knowledge


class ProjectCache:
    """The results for the files of one project, under one configuration."""

    def __init__(self, store: Store, make_states: Callable[[Knowledge], States]) -> None:
        """Take the store, and what makes the states of things known from what is written."""
        self._store = store
        content = store.read(_KNOWLEDGE)
        self._loaded = _Loaded(content, _knowledge(content))
        self._states = make_states(self._loaded.knowledge)

    def recall(self, names: Mapping[str, str]) -> dict[str, list[Violation]]:
        """The results that hold, by the path of the file.

        Args:
            names: what each file is called in reports, by its absolute path.

        Raises:
            StoreError: if the store is damaged.
        """
        self._states.look_at(names)
        rows: dict[str, _Row] = {}
        needed = 0
        for path, content in self._store.read_some(names).items():
            row = _row(content)
            if row is not None:
                rows[path] = row
                needed |= row.bits
        knowledge = self._loaded.knowledge
        if not rows or not self._states.refresh(needed):
            return {}
        found: dict[str, list[Violation]] = {}
        for path, row in rows.items():
            if not row.bits & knowledge.changed_after(row.generation):
                try:
                    found[path] = decode(row.text, names[path])
                except (ValueError, TypeError, KeyError):
                    continue
        return found

    def save(self, findings: Sequence[Finding], answers: Sequence[Answered]) -> None:
        """Write down what was found, as far as it surely rests on what is on disk now.

        Args:
            findings: of this run.
            answers: what was found out about modules on the way.

        Raises:
            StoreError: if it cannot be written.
        """
        states = self._states
        if not (findings or states.is_changed) or not states.settle(answers):
            return
        asked: dict[str, None] = {}
        for finding in findings:
            asked.update(dict.fromkeys(finding.asked))
        doubtful = {thing for thing in asked if not states.is_sure(thing)}
        sure = [found for found in findings if doubtful.isdisjoint(found.asked)]
        with self._store.writing():
            content = self._store.read(_KNOWLEDGE)
            knowledge = self._loaded.knowledge
            if content != self._loaded.content:
                # Another run has written meanwhile.
                knowledge = _knowledge(content)
            gone = states.write(knowledge, asked.keys() - doubtful)
            self._store.remove(gone)
            self._store.write((found.path, _encoded(knowledge, found)) for found in sure)
            encoded = knowledge.encode()
            self._store.write([(_KNOWLEDGE, encoded)])
        self._loaded = _Loaded(encoded, knowledge)

    def discard(self) -> None:
        """Remove the store: it is damaged."""
        self._store.discard()


def _knowledge(content: bytes | None) -> Knowledge:
    if content is None:
        return Knowledge()
    try:
        return Knowledge.decode(content)
    except (ValueError, TypeError, LookupError, zlib.error):
        return Knowledge()


def _encoded(knowledge: Knowledge, found: Finding) -> bytes:
    bits = knowledge.bits([MODULES, RENAMES, *found.asked])
    packed = zlib.compress(bits.to_bytes((bits.bit_length() + 7) // 8, "little"), 1)
    numbers = knowledge.generation.to_bytes(_NUMBER, "little") + len(packed).to_bytes(
        _NUMBER, "little"
    )
    text = encode(found.violations).encode("utf-8", "surrogatepass")
    return numbers + packed + text


def _row(content: bytes) -> _Row | None:
    try:
        generation = int.from_bytes(content[:_NUMBER], "little")
        start = 2 * _NUMBER
        end = start + int.from_bytes(content[_NUMBER:start], "little")
        bits = int.from_bytes(zlib.decompress(content[start:end]), "little")
        return _Row(generation, bits, content[end:].decode("utf-8", "surrogatepass"))
    except (ValueError, zlib.error):
        return None
