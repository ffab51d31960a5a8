"""The Python files of a project, read when first asked about, and what edits change in them."""

import ast
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Self

from handbook.python.project.facts import EVERYTHING, FOLDER, IMPORTS, OTHER, TEST, WORD, Memory
from handbook.python.project.modules import SOURCE_FILES, Modules
from handbook.python.project.word_index import TextTest, WordIndex
from handbook.syntax.outline import Imported, Outline, make_outline
from handbook.syntax.reparse import parse_again
from handbook.syntax.text import SourceError, decode, parse, split_lines


class Files(Memory):
    """The Python files below one root folder, and the facts that were found in them."""

    def __init__(
        self,
        root: Path,
        *,
        src: Sequence[str] = (".", "src"),
        overlays: Mapping[str, str] | None = None,
        list_files: Callable[[], Iterable[str]] | None = None,
        roles: Callable[[str], frozenset[str]] | None = None,
        tracks: bool = False,
    ) -> None:
        """Open a project.

        Args:
            root: the folder of its `pyproject.toml`.
            src: folders that import names start from, relative to the root.
            overlays: by absolute path, texts that stand in for what is on disk.
            list_files: gives the absolute paths of all its Python files, for the questions that
                are about everything.
            roles: tells the roles of a file by its path below the root, with `/`.
            tracks: whether to keep note of what each answer was made from, so that an edit undoes
                no more than it must.
        """
        super().__init__(tracks=tracks)
        self.root = str(root.absolute())
        self.overlays = dict(overlays or {})
        folders = [os.path.normpath(os.path.join(self.root, folder)) for folder in src]
        self._modules = Modules(self.root, folders, self.overlays)
        self._list_files = list_files
        self._roles = roles
        self._roles_of: dict[str, frozenset[str]] = {}
        self._outlines: dict[str, Outline | None] = {}
        self._replaced: dict[str, Outline] = {}
        self._known: set[str] = set()
        self._given: set[str] = set()
        self._paths: list[str] | None = None
        self._all: list[Outline] | None = None
        self._index: WordIndex | None = None

    # Files

    def outline(self, path: str) -> Outline | None:
        """What the file at an absolute path declares; `None` if it cannot be read or parsed."""
        self._note(path)
        if path not in self._outlines:
            try:
                self.read_outline(path)
            except (OSError, SourceError):
                self._outlines[path] = None
                self._known.add(path)
        return self._outlines[path]

    def read_outline(self, path: str) -> Outline:
        """What the file at an absolute path declares.

        Raises:
            OSError: if it cannot be read.
            SourceError: if it is not Python.
        """
        return self._outlines.get(path) or self._outlined(path, self.read(path), None)

    def read(self, path: str) -> str:
        """The text of a file, an unsaved one first.

        Raises:
            OSError: if it cannot be read.
            SourceError: if it cannot be decoded.
        """
        overlay = self.overlays.get(path)
        if overlay is not None:
            return overlay
        with open(path, "rb") as file:
            return decode(file.read())

    def outline_of(self, path: str, text: str, tree: ast.Module | None = None) -> Outline:
        """Outline a text as the content of `path`, and answer other files' questions with it.

        `tree` is what the text parses to, if the caller has it.

        Raises:
            SourceError: where the text is not Python.
        """
        outline = self._outlined(path, text, tree)
        # The index of words reads what is on disk, and unsaved texts.
        self._given.add(path)
        return outline

    def _outlined(self, path: str, text: str, tree: ast.Module | None) -> Outline:
        lines = split_lines(text)
        known = self._outlines.get(path)
        if known is not None:
            if known.lines == lines:
                return known
            # Something may have been computed from its other text already.
            self._forget(path)
        root, module = self.module_name(path)
        replaced = self._replaced.get(path)
        if tree is None:
            tree = parse(text) if replaced is None else parse_again(replaced, lines)
        self._replaced.pop(path, None)
        outline = make_outline(
            tree,
            lines,
            path=path,
            module=module,
            is_package=os.path.basename(path).startswith("__init__."),
            root=root,
            before=replaced,
            other_names=self._other_names,
        )
        self._outlines[path] = outline
        self._known.add(path)
        return outline

    def _other_names(self, imported: Imported) -> Iterable[str]:
        """What other modules call the thing that an import takes from a module of the project."""
        if imported.name is None or not imported.module:
            return ()
        first, outline = imported.module.partition(".")[0], imported.scope.outline
        if self._modules.locate(first, outline.root) is None and not self._modules.nearby(
            first, outline.path
        ):
            return ()
        return self.index.renames.get(imported.name, ())

    # Modules

    @property
    def modules(self) -> Modules:
        """Where its modules lie."""
        return self._modules

    @property
    def source_roots(self) -> Sequence[str]:
        """The folders that import names start from, as absolute paths."""
        return self._modules.src

    def module_name(self, path: str) -> tuple[str, str]:
        """The source root of a file and its dotted name relative to it."""
        return self._modules.name_of(path)

    def locate(self, module: str, root: str) -> str | None:
        """The path of a module, seen from a file below the source root `root`.

        For a package it is that of its `__init__.py`, or the folder's where it has none.
        """
        found = self._modules.locate(module, root)
        self._note(found or module)
        return found

    def start(self, module: str, outline: Outline) -> str:
        """The folder that the name of a module starts from, where a file imports it absolutely.

        It is the source root of the file. Where that has nothing of the name, nor any other source
        root, it is the nearest folder around the file that has: a program's own modules lie beside
        it, whatever folder of the project it is in. The answer is the source root again where the
        name more likely means a library.
        """
        first = module.partition(".")[0]
        if self._modules.locate(first, outline.root) is not None:
            return outline.root
        if not self._modules.nearby(first, outline.path):
            return outline.root
        return self.fact(("start", first, outline.path), lambda: self._start(first, outline))

    def _start(self, name: str, outline: Outline) -> str:
        for folder, path in self._modules.nearby(name, outline.path):
            self._note(path)
            if not self._names_library(name, path):
                return folder if not self._starts_above(outline) else outline.root
        return outline.root

    def _names_library(self, name: str, path: str) -> bool:
        """Whether a module takes something from another of its own name: `celery.py` from `celery`."""
        outline = self.outline(path) if path.endswith(f"{name}.py") else None
        return outline is not None and any(
            imported.module.partition(".")[0] == name for imported in _absolute(outline)
        )

    def _starts_above(self, outline: Outline) -> bool:
        """Whether a file calls its own surroundings by a name that starts in a source root.

        `from app.core import …` in `app/main.py` tells that it is not run from within `app`.
        """
        for imported in _absolute(outline):
            found = self._modules.locate(imported.module.partition(".")[0], outline.root)
            if found is not None:
                folder = os.path.dirname(found) if found.endswith(SOURCE_FILES) else found
                is_package = not found.endswith(SOURCE_FILES) or "__init__." in found
                if is_package and outline.path.startswith(folder + os.sep):
                    return True
        return False

    def roles(self, outline: Outline) -> frozenset[str]:
        """What kinds of module a module of the project is: `router`, `service`, `test` …."""
        return self.roles_at(outline.path)

    def roles_at(self, path: str) -> frozenset[str]:
        """The roles of the module at an absolute path."""
        known = self._roles_of.get(path)
        if known is None:
            relative = os.path.relpath(path, self.root).replace(os.sep, "/")
            known = self._roles(relative) if self._roles is not None else frozenset()
            self._roles_of[path] = known
        return known

    # Everything

    @property
    def outlines(self) -> list[Outline]:
        """All modules of the project, by path: for questions that no single file can answer."""
        self._note(EVERYTHING)
        if self._all is None:
            found = (self.outline(path) for path in self.paths)
            self._all = [outline for outline in found if outline is not None]
        return self._all

    @property
    def paths(self) -> list[str]:
        """All files of the project, sorted."""
        if self._paths is None:
            listed = self._list_files() if self._list_files is not None else self.overlays
            self._paths = sorted(set(listed))
        return self._paths

    def read_all(self) -> None:
        """Read all modules now."""
        _ = self.outlines

    def mentioning(
        self, *words: str, may: TextTest | None = None, without: str = ""
    ) -> Iterator[Outline]:
        """All modules in which at least one of the words occurs, by path.

        Args:
            words: the words.
            may: a second test, of the text in UTF-8, for words that stand nearly everywhere.
            without: a role; the modules that have it are left out.

        Only the modules that pass are parsed. Later edits of others matter as far as they change
        which files hold the words and pass the test.
        """
        spelled = {word: None for name in words for word in (name, *self.index.aliases(name))}
        paths = {path for word in spelled for path in self.paths_holding(word)}
        if may is not None:
            paths = {*self.paths_passing(may, paths)}
        for path in sorted(paths | self._given):
            if without and without in self.roles_at(path):
                continue
            outline = self.outline(path)
            if outline is not None and not outline.words.isdisjoint(words):
                yield outline

    def paths_holding(self, word: str) -> Set[str]:
        """The files that may hold a word as an identifier."""
        self._note(f"{WORD}{word}")
        return self.index.holding(word)

    def paths_passing(self, test: TextTest, paths: Collection[str] | None = None) -> list[str]:
        """The files, of some or of all, whose texts pass a test.

        The test is known by its name: it must answer the same for the same text.
        """
        self._note(f"{TEST}{test.__qualname__}")
        return self.index.passing(self.paths if paths is None else paths, test)

    def text(self, path: str) -> bytes:
        """The text of a file in UTF-8; empty where it cannot be read."""
        self._note(path)
        return self.index.text(path)

    def read_other(self, path: str) -> str:
        """The text of a file that is no Python; empty where it cannot be read."""
        self._note(f"{OTHER}{path}")
        try:
            return self.read(path)
        except (OSError, SourceError):
            return ""

    def names_in(self, folder: str) -> list[str]:
        """The names of the files in a folder that are no Python."""
        self._note(f"{FOLDER}{folder}")
        return names_of_others(folder)

    @property
    def index(self) -> WordIndex:
        """The words of all files."""
        if self._index is None:
            self._index = WordIndex(self.paths, self.overlays)
        return self._index

    def facts_in[T](
        self,
        outlines: Iterable[Outline],
        name: str,
        find: Callable[[Self, Outline], Iterable[T]],
    ) -> Iterator[T]:
        """Find something in each of some modules, each a fact of its own under `name`.

        So an edit of one module only makes it be searched again.
        """
        for outline in outlines:

            def compute(outline: Outline = outline) -> list[T]:
                return list(find(self, outline))

            yield from self.fact((name, outline.path), compute)

    # What an edit changes

    def update(self, path: str, text: str | None) -> Set[str] | None:
        """Take note that a file has another text: an unsaved one, or `None` for what is on disk.

        Everything that was computed from the file is forgotten, and nothing else. Returns what
        changed, in the words of `facts`; `None` where that may be anything.
        """
        if text is None:
            self.overlays.pop(path, None)
        else:
            self.overlays[path] = text
        return self._forget(path)

    def _forget(self, path: str) -> Set[str] | None:
        outline = self._outlines.pop(path, None)
        if outline is not None and self._tracks:
            self._replaced[path] = outline
        self._all = None
        is_there = path in self.overlays or os.path.isfile(path)
        if is_there and (path in self._known or path in self._listed):
            changed = {path, EVERYTHING}
            if self._index is not None:
                renames = self._index.renames
                words, tests = self._index.update(path)
                if renames != self._index.renames:
                    # The words of any module may be others now.
                    self._replaced |= {path: each for path, each in self._outlines.items() if each}
                    self._outlines.clear()
                    self._forget_facts()
                    return None
                if self._index.update_imports(path):
                    changed.add(IMPORTS)
                changed |= {f"{WORD}{word}" for word in words}
                changed |= {f"{TEST}{test}" for test in tests}
            self._forget_facts(changed)
            return changed
        # A file that comes can be what any name that was not found meant, and one that goes what
        # any name did mean.
        self._known.discard(path)
        self._paths = None
        self._index = None
        self._modules.forget()
        self._forget_facts()
        return None

    @property
    def _listed(self) -> Set[str]:
        """The files of the project, as far as they were listed."""
        return frozenset(self._paths or ())


def names_of_others(folder: str) -> list[str]:
    """The names of the files in a folder that are neither Python nor hidden, sorted."""
    try:
        with os.scandir(folder) as entries:
            return sorted(
                entry.name
                for entry in entries
                if not entry.name.startswith(".")
                and not entry.name.endswith(SOURCE_FILES)
                and entry.is_file()
            )
    except OSError:
        return []


def _absolute(outline: Outline) -> Iterator[Imported]:
    """The imports of a module without dots."""
    for imported in outline.imports:
        if isinstance(imported.node, ast.Import) or not imported.node.level:
            yield imported
