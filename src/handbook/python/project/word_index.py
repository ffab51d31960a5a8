"""Which files of a project hold a word: told by their bytes, without parsing any."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Set

from handbook.python.project.import_scan import ScannedImport, scan_imports
from handbook.syntax.text import SourceError, decode

type TextTest = Callable[[bytes], bool]
"""A question about the text of a file, in UTF-8."""

TESTS: dict[str, TextTest] = {}
"""The questions that can be asked again in another process, by their names."""

_COOKIE_LENGTH = 400
"""How many bytes the first two lines have at most in which a coding is looked for."""
_SEARCHES = 64
"""How many words are looked for one by one: more cost as much as to index all words at once."""
_RENAMED = re.compile(rb"\b(\w+) as (\w+)[ \t]*(?=[,)#\n\r\\]|$)")
"""What follows tells an import from `with x as y:` and `except E as e:`."""
_WORD = re.compile(r"\w+")
_WORD_BYTES = frozenset(bytes([code]) for code in range(128) if chr(code).isalnum() or code == 95)
_SPACED = bytes(
    code if chr(code).isalnum() or chr(code) == "_" else ord(" ") for code in range(128)
).ljust(256)


def text_test(test: TextTest) -> TextTest:
    """Declare a question about texts, which must answer the same for the same text."""
    TESTS[test.__qualname__] = test
    return test


class WordIndex:
    """The texts of a project's files, which of them hold certain words, and which pass a test."""

    def __init__(self, paths: Iterable[str], overlays: Mapping[str, str]) -> None:
        """Index files, by absolute path; `overlays` are texts that stand in for what is on disk."""
        self._texts: dict[str, bytes | None] = dict.fromkeys(paths)
        self._overlays = overlays
        self._found: dict[str, frozenset[str]] = {}
        self._by_word: dict[str, set[str]] | None = None
        self._renames: Mapping[str, frozenset[str]] | None = None
        self._aliases: dict[str, set[str]] | None = None
        self._passed: dict[str, tuple[TextTest, dict[str, bool]]] = {}
        self._imports: dict[str, tuple[ScannedImport, ...]] = {}

    def holding(self, word: str) -> Set[str]:
        """The paths of the files that may hold a word as an identifier.

        A few words are looked for one by one; more are looked up in an index of all words.
        """
        if self._by_word is not None:
            return self._by_word.get(word, frozenset())
        known = self._found.get(word)
        if known is None:
            if len(self._found) >= _SEARCHES:
                self._index_all()
                return self.holding(word)
            holds = _search(word)
            known = frozenset(path for path in self._texts if holds(self.text(path)))
            self._found[word] = known
        return known

    def passing(self, paths: Collection[str], test: TextTest) -> list[str]:
        """Those of some paths whose texts pass a test, which is known by its name from now on."""
        passed = self._passed.setdefault(test.__qualname__, (test, {}))[1]
        for path in paths:
            if path not in passed:
                passed[path] = test(self.text(path))
        return [path for path in paths if passed[path]]

    def imports(self, path: str) -> tuple[ScannedImport, ...]:
        """The imports of a file, as a light scan finds them."""
        known = self._imports.get(path)
        if known is None:
            known = self._imports[path] = tuple(scan_imports(self.text(path)))
        return known

    def update_imports(self, path: str) -> bool:
        """Scan a file again that has another text; returns whether its imports are others."""
        before = self._imports.pop(path, None)
        return before is not None and before != self.imports(path)

    @property
    def renames(self) -> Mapping[str, frozenset[str]]:
        """For each name that an import gives something anywhere, what that is called elsewhere.

        `from a import register as setup` makes `register` one of the names of `setup`; chains of
        such imports are followed.
        """
        if self._renames is None:
            direct: dict[str, set[str]] = {}
            for path in self._texts:
                for name, other in renames_in(self.text(path)):
                    direct.setdefault(other, set()).add(name)
            self._renames = {other: _closed(other, direct) for other in direct}
        return self._renames

    def aliases(self, name: str) -> Set[str]:
        """What imports anywhere call a name, as far as they give it another one."""
        if self._aliases is None:
            self._aliases = {}
            for other, names in self.renames.items():
                for each in names:
                    self._aliases.setdefault(each, set()).add(other)
        return self._aliases.get(name, frozenset())

    def text(self, path: str) -> bytes:
        """The text of a file in UTF-8; empty where it cannot be read."""
        text = self._texts.get(path)
        if text is None:
            text = self._texts[path] = self._read(path)
        return text

    def update(self, path: str) -> tuple[set[str], set[str]]:
        """Take note that a file has another text.

        Returns the words that came or went with it, and the names of the tests that it passes now
        and did not before, or the other way round.
        """
        before = self._texts.get(path) or b""
        self._texts[path] = None
        after = self.text(path)
        if before == after:
            return set(), set()
        if self._renames is not None and renames_in(before) != renames_in(after):
            self._renames = self._aliases = None
        words = words_in(before) ^ words_in(after)
        for word, paths in self._found.items():
            if _search(word)(after) != (path in paths):
                words.add(word)
                self._found[word] = paths ^ {path}
        if self._by_word is not None:
            for word in words:
                self._by_word.setdefault(word, set()).symmetric_difference_update({path})
        tests: set[str] = set()
        for name, (test, passed) in self._passed.items():
            passed.pop(path, None)
            if test(before) != test(after):
                tests.add(name)
        return words, tests

    def _index_all(self) -> None:
        self._by_word = {}
        for path in self._texts:
            for word in words_in(self.text(path)):
                self._by_word.setdefault(word, set()).add(path)
        self._found.clear()

    def _read(self, path: str) -> bytes:
        overlay = self._overlays.get(path)
        if overlay is not None:
            return overlay.encode(errors="surrogatepass")
        try:
            with open(path, "rb") as file:
                content = file.read()
            if b"coding" in content[:_COOKIE_LENGTH]:
                return decode(content).encode(errors="surrogatepass")
        except (OSError, SourceError):
            return b""
        return content


def renames_in(text: bytes) -> set[tuple[str, str]]:
    """What a text imports under another name: each name with the other one."""
    if b" as " not in text:
        return set()
    pairs = {(name.decode(), other.decode()) for name, other in _RENAMED.findall(text)}
    return {(name, other) for name, other in pairs if name != other}


def _closed(other: str, direct: Mapping[str, set[str]]) -> frozenset[str]:
    found = {other}
    queue = [other]
    for name in queue:
        for before in direct.get(name, ()):
            if before not in found:
                found.add(before)
                queue.append(before)
    return frozenset(found - {other})


def _search(word: str) -> TextTest:
    """A test whether a text holds a word, and not only as a part of a longer one."""
    spelled = word.encode(errors="surrogatepass")
    length = len(spelled)

    def holds(text: bytes) -> bool:
        # A regular expression that looks at what is before the word takes ten times as long.
        at = text.find(spelled)
        while at >= 0:
            before, after = text[at - 1 : at], text[at + length : at + length + 1]
            if before not in _WORD_BYTES and after not in _WORD_BYTES:
                return True
            at = text.find(spelled, at + 1)
        return False

    return holds


def words_in(text: bytes) -> set[str]:
    """Every identifier in a text, comments and strings included."""
    if text.isascii():
        # As the expression below does it, at half the cost.
        return set(text.translate(_SPACED).decode().split())
    return set(_WORD.findall(text.decode(errors="replace")))
