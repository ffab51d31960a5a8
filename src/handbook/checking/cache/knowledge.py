"""The things that results rest on, the state of each, and when that changed last.

Every result has the number of the run that found it. It holds as long as nothing that it asked
about has changed in a later run; so one number for each thing tells of all results whether they
hold, and what a result asked about is a set of bits.
"""

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from handbook.checking.cache.stamps import Stamp

MODULES = "modules"
"""The thing that every result rests on: which files the names of modules mean."""
RENAMES = "renames"
"""Another one: what imports anywhere in the project call something by another name."""

type Question = tuple[str, ...]
"""One about where modules lie, as `Modules` asks the disk."""


@dataclass(slots=True)
class Knowledge:
    """What is known of things.

    Attributes:
        generation: the number of the last run that wrote.
        things: the number of each thing, which is that of its bit.
        states: by these numbers, what state each thing was in.
        changed: by these numbers, in which run it was found to have changed last.
        stamps: of the files among them that can be told by it to be as they were.
        folders: the stamps of the folders that were looked into for modules.
        answers: what `Modules` was asked, and answered.
        renames: by path, the names that a file's imports give another one.
        imports: by path, a digest of what a file imports.
        listed: the files of the project.
    """

    generation: int = 0
    things: dict[str, int] = field(default_factory=dict)
    states: list[str] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    stamps: dict[str, Stamp] = field(default_factory=dict)
    folders: dict[str, Stamp] = field(default_factory=dict)
    answers: dict[Question, object] = field(default_factory=dict)
    renames: dict[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    _masks: dict[int, int] = field(default_factory=dict)

    def state(self, thing: str) -> str | None:
        """The state of a thing; `None` if nothing is known of it."""
        number = self.things.get(thing)
        return None if number is None else self.states[number]

    def note(self, thing: str, state: str, generation: int) -> bool:
        """Take note of the state of a thing; whether it has changed."""
        number = self.things.get(thing)
        if number is None:
            self.things[thing] = len(self.states)
            self.states.append(state)
            self.changed.append(generation)
            return True
        if self.states[number] == state:
            return False
        self.states[number] = state
        self.changed[number] = generation
        self._masks.clear()
        return True

    def bits(self, things: Iterable[str]) -> int:
        """The bits of some things, all of them known."""
        numbers = [self.things[thing] for thing in things]
        bits = bytearray((max(numbers, default=0) >> 3) + 1)
        for number in numbers:
            bits[number >> 3] |= 1 << (number & 7)
        return int.from_bytes(bits, "little")

    def among(self, bits: int) -> list[str]:
        """The things that have some bits."""
        names = [*self.things]
        packed = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
        return [
            names[place << 3 | bit]
            for place, byte in enumerate(packed)
            if byte
            for bit in range(8)
            if byte >> bit & 1
        ]

    def changed_after(self, generation: int) -> int:
        """The bits of what has changed since a run."""
        mask = self._masks.get(generation)
        if mask is None:
            names = [*self.things]
            later = (names[number] for number, at in enumerate(self.changed) if at > generation)
            mask = self._masks[generation] = self.bits(later)
        return mask

    def encode(self) -> bytes:
        """Write it down."""
        content = [
            self.generation,
            [*self.things],
            self.states,
            self.changed,
            [[path, *stamp] for path, stamp in self.stamps.items()],
            [[path, *stamp] for path, stamp in self.folders.items()],
            [[[*question], answer] for question, answer in self.answers.items()],
            [[path, *pairs] for path, pairs in self.renames.items()],
            self.imports,
            sorted(self.things[path] for path in self.listed),
        ]
        return zlib.compress(json.dumps(content, separators=(",", ":")).encode("ascii"), 1)

    @classmethod
    def decode(cls, content: bytes) -> "Knowledge":
        """Read what `encode` wrote.

        Raises:
            ValueError, TypeError, LookupError, zlib.error: where it was not written by `encode`.
        """
        generation, things, states, changed, stamps, folders, answers, *texts = json.loads(
            zlib.decompress(content)
        )
        renames, imports, listed = texts
        return cls(
            generation,
            {thing: number for number, thing in enumerate(things)},
            states,
            changed,
            {path: Stamp(*numbers) for path, *numbers in stamps},
            {path: Stamp(*numbers) for path, *numbers in folders},
            {tuple(question): _frozen(answer) for question, answer in answers},
            {path: [(name, other) for name, other in pairs] for path, *pairs in renames},
            imports,
            {things[number] for number in listed},
        )


def _frozen(answer: object) -> object:
    """An answer as `Modules` gives it: JSON knows no tuples."""
    return tuple(map(_frozen, answer)) if isinstance(answer, list) else answer
