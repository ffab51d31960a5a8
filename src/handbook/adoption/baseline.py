"""The baseline: violations that a project knows of and does not want to be told again.

It is a JSON array with one entry to a line, sorted, so that git merges it line by line; where two
branches changed the same place, keeping the lines of both is right. An entry names no line: it
survives edits elsewhere in its file, a reformatting, and a move of the file.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from handbook.adoption.fingerprints import Fingerprint, Fingerprints
from handbook.config import ConfigError
from handbook.violation import Violation

DEFAULT_NAME = ".handbook-baseline.json"
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_KEYS = ("path", "code", "scope", "statement")


class Entry(NamedTuple):
    """One known violation; `path` is relative to the folder of the baseline, with `/`."""

    path: str
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a run found, held against a baseline.

    Attributes:
        new: the violations that it does not hold, in their order.
        known: the entries that were found again, as they are named now.
        gone: how many entries of checked files were not found any more.
    """

    new: Sequence[Violation]
    known: Counter[Entry]
    gone: int


class Baseline:
    """The known violations of one project."""

    def __init__(self, path: Path, entries: Counter[Entry]) -> None:
        """Hold entries of the file at `path`, each as often as it is known."""
        self.path = path
        self.entries = entries
        self._fingerprints: dict[str, Fingerprints] = {}

    @classmethod
    def read(cls, path: Path) -> "Baseline":
        """Read a baseline.

        Raises:
            ConfigError: where it cannot be read or is not one.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            raise ConfigError(f"the baseline `{path}` cannot be read: {reason}") from None
        entries: Counter[Entry] = Counter()
        for number, line in enumerate(text.splitlines(), 1):
            content = line.strip().removesuffix(",")
            if content in ("", "[", "]", "[]"):
                continue
            entries[_entry(content, path, number)] += 1
        return cls(path, entries)

    @classmethod
    def of(
        cls, path: Path, violations: Iterable[Violation], text_of: Callable[[str], str]
    ) -> "Baseline":
        """The baseline at a path that holds just these violations."""
        baseline = cls(path, Counter())
        baseline.entries.update(baseline._entry_of(each, text_of) for each in violations)
        return baseline

    def write(self) -> None:
        """Write it in place of what is there, all or nothing.

        Raises:
            OSError: if it cannot be written.
        """
        rows = [_row(entry) for entry in sorted(self.entries.elements())]
        text = "[\n" + ",\n".join(rows) + "\n]\n" if rows else "[]\n"
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        try:
            beside.write_text(text, encoding="utf-8", newline="\n")
            beside.replace(self.path)
        finally:
            beside.unlink(missing_ok=True)

    def compare(
        self,
        violations: Iterable[Violation],
        text_of: Callable[[str], str],
        checked: Iterable[str],
    ) -> Comparison:
        """Hold what a run found against the baseline.

        Args:
            violations: of the files below the folder of the baseline.
            text_of: gives the text of a path.
            checked: the paths of all files that were checked.

        An entry is known again at the same place; else at another scope of its file (a function
        was renamed); else in another file, where its own is no longer there (it was moved).
        """
        found = [(violation, self._entry_of(violation, text_of)) for violation in violations]
        left = self.entries.copy()
        known: Counter[Entry] = Counter()
        matched: set[int] = set()
        for key in (_exactly, _in_file, _anywhere):
            places: dict[object, list[Entry]] = {}
            for entry in left.elements():
                if key is not _anywhere or not (self.path.parent / entry.path).exists():
                    places.setdefault(key(entry), []).append(entry)
            for number, (_, entry) in enumerate(found):
                waiting = places.get(key(entry))
                if number not in matched and waiting:
                    left[waiting.pop()] -= 1
                    matched.add(number)
                    known[entry] += 1
        names = {self._relative(path) for path in checked}
        return Comparison(
            [violation for number, (violation, _) in enumerate(found) if number not in matched],
            known,
            sum(count for entry, count in left.items() if self._is_gone(entry, names)),
        )

    def without_gone(self, comparison: Comparison, checked: Iterable[str]) -> "Baseline":
        """The baseline without the entries of checked files that were not found any more."""
        names = {self._relative(path) for path in checked}
        kept = {entry: n for entry, n in self.entries.items() if not self._is_gone(entry, names)}
        return Baseline(self.path, Counter(kept) + comparison.known)

    def _is_gone(self, entry: Entry, checked: set[str]) -> bool:
        """Whether an entry that was not found would have been, if it were still true."""
        return entry.path in checked or not (self.path.parent / entry.path).exists()

    def _entry_of(self, violation: Violation, text_of: Callable[[str], str]) -> Entry:
        fingerprints = self._fingerprints.get(violation.path)
        if fingerprints is None:
            fingerprints = Fingerprints(text_of(violation.path))
            self._fingerprints[violation.path] = fingerprints
        return Entry(self._relative(violation.path), fingerprints.of(violation))

    def _relative(self, path: str) -> str:
        return os.path.relpath(os.path.abspath(path), self.path.parent.absolute()).replace(
            os.sep, "/"
        )


def _exactly(entry: Entry) -> object:
    return entry


def _in_file(entry: Entry) -> object:
    return entry.path, entry.fingerprint.code, entry.fingerprint.statement


def _anywhere(entry: Entry) -> object:
    return entry.fingerprint.code, entry.fingerprint.statement


def _row(entry: Entry) -> str:
    values = (entry.path, *entry.fingerprint)
    return json.dumps(dict(zip(_KEYS, values, strict=True)), ensure_ascii=False)


def _entry(line: str, path: Path, number: int) -> Entry:
    try:
        row = json.loads(line)
        name, code, scope, statement = (row[key] for key in _KEYS)
    except (ValueError, KeyError, TypeError):
        hint = "resolve the merge conflict" if line[:7] in _CONFLICT else "write it again"
        raise ConfigError(
            f"{path}:{number}: this line is no entry of a baseline; {hint}"
        ) from None
    return Entry(name, Fingerprint(code, scope, statement))
