"""Where the modules of a project lie: their names by path, and their paths by name."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence

SOURCE_FILES = (".py", ".pyi")

type Question = tuple[str, ...]
"""What was asked of the disk: where a module lies, what a folder is called, what lies around it."""
type Answered = tuple[Question, object]


class Modules:
    """The modules below the root folder of a project, looked up in folders that are listed once."""

    def __init__(self, root: str, src: Sequence[str], overlays: Mapping[str, str]) -> None:
        """Look below `root`, where import names start from the folders `src`, absolute paths.

        `overlays` are unsaved files by path, which count as if they were on disk.
        """
        self.root = root
        self.src = src
        self._overlays = overlays
        self._folders: dict[str, dict[str, bool]] = {}
        self._located: dict[tuple[str, str], str | None] = {}
        self._named: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._nearby: dict[tuple[str, str], Sequence[tuple[str, str]]] = {}
        self._answers: list[Answered] = []

    def forget(self) -> None:
        """Look at the disk anew."""
        self._folders.clear()
        self._located.clear()
        self._named.clear()
        self._nearby.clear()
        self._answers.clear()

    def reopened(self) -> "Modules":
        """The same, with nothing looked up yet."""
        return Modules(self.root, self.src, self._overlays)

    @property
    def folders(self) -> Iterator[str]:
        """The folders that were listed."""
        return iter(self._folders)

    def answers(self, after: int = 0) -> Sequence[Answered]:
        """What was asked, and answered, after so many answers."""
        return self._answers[after:]

    def ask(self, question: Question) -> object:
        """Answer a question that was asked in another run, as `answers` gives it."""
        match question:
            case ("module", module, root):
                return self.locate(module, root)
            case ("name", folder):
                self.name_of(os.path.join(folder, "_.py"))
                return self._named[folder]
            case ("nearby", name, folder):
                return tuple(self.nearby(name, os.path.join(folder, "_.py")))
            case _:
                raise ValueError(question)

    def name_of(self, path: str) -> tuple[str, str]:
        """The source root of a file and its dotted name relative to it."""
        folder, name = os.path.split(path)
        if folder not in self._named:
            named = self._named[folder] = self._name_of_folder(folder)
            self._answers.append((("name", folder), named))
        root, parts = self._named[folder]
        stem = name.partition(".")[0]
        return root, ".".join(parts if stem in ("", "__init__") else (*parts, stem))

    def _name_of_folder(self, folder: str) -> tuple[str, tuple[str, ...]]:
        """The source root of the modules in a folder, and the packages from there to them."""
        root = self._above_packages(folder)
        if root == folder:
            # Outside of any regular package: a script, or part of a namespace package.
            around = [source for source in self.src if _is_below(folder, source)]
            root = max(around, key=len, default=folder)
        relative = os.path.relpath(folder, root)
        return root, tuple(part for part in relative.split(os.sep) if part != ".")

    def locate(self, module: str, root: str) -> str | None:
        """The path of a module, looked for in `root` and then in the source roots.

        For a package it is that of its `__init__.py`, or the folder's where it has none.
        """
        key = (module, root)
        if key not in self._located:
            found = self._located[key] = self._locate(module, root)
            self._answers.append((("module", module, root), found))
        return self._located[key]

    def _locate(self, module: str, root: str) -> str | None:
        if module.partition(".")[0] in sys.stdlib_module_names:
            return None
        for source in dict.fromkeys((root, *self.src)):
            found = self._below(source, module.split("."))
            if found is not None:
                return found
        return None

    def nearby(self, name: str, path: str) -> Sequence[tuple[str, str]]:
        """The folders around a file that hold a module of a name, nearest first, each with that.

        They begin with the folder that the file is run from as a script: its own, or the one above
        its outermost package. No name starts inside a package, and none outside of the project.
        """
        key = (name, path.rpartition(os.sep)[0])
        found = self._nearby.get(key)
        if found is None:
            found = self._nearby[key] = tuple(self._find_nearby(*key))
            self._answers.append((("nearby", *key), found))
        return found

    def _find_nearby(self, name: str, folder: str) -> Iterator[tuple[str, str]]:
        if name in sys.stdlib_module_names:
            return
        folder = self._above_packages(folder)
        while _is_below(folder, self.root):
            if "__init__.py" not in self._entries(folder):
                found = self._below(folder, [name])
                if found is not None:
                    yield folder, found
            folder = os.path.dirname(folder)

    def _above_packages(self, folder: str) -> str:
        """The nearest folder, from one upwards, that is no regular package."""
        while "__init__.py" in self._entries(folder) and folder != os.path.dirname(folder):
            folder = os.path.dirname(folder)
        return folder

    def _below(self, folder: str, parts: Sequence[str]) -> str | None:
        for part in parts[:-1]:
            if not self._entries(folder).get(part, False):
                return None
            folder = os.path.join(folder, part)
        return self._module_in(folder, parts[-1])

    def _module_in(self, folder: str, name: str) -> str | None:
        entries = self._entries(folder)
        if entries.get(name, False):
            package = os.path.join(folder, name)
            inside = self._entries(package)
            if "__init__.py" in inside:
                return os.path.join(package, "__init__.py")
            if f"{name}.py" not in entries:
                return package if inside else None
        if f"{name}.py" in entries:
            return os.path.join(folder, f"{name}.py")
        return os.path.join(folder, f"{name}.pyi") if f"{name}.pyi" in entries else None

    def _entries(self, folder: str) -> dict[str, bool]:
        """The names in a folder, and whether each is a folder; unsaved files included."""
        entries = self._folders.get(folder)
        if entries is None:
            try:
                with os.scandir(folder) as found:
                    entries = {entry.name: entry.is_dir() for entry in found}
            except OSError:
                entries = {}
            prefix = folder.rstrip(os.sep) + os.sep
            for path in self._overlays:
                if path.startswith(prefix):
                    name, separator, _ = path[len(prefix) :].partition(os.sep)
                    entries[name] = bool(separator)
            self._folders[folder] = entries
        return entries


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
