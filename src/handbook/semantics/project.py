"""The files of a project and what names mean across them: asked for one by one, never swept."""

import ast
import builtins
import os
import sys
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from handbook.syntax.outline import (
    Assigned,
    Binding,
    ClassScope,
    FunctionScope,
    Imported,
    Outline,
    Scope,
)
from handbook.syntax.text import SourceError, decode, parse, split_lines

_BUILTINS = frozenset(dir(builtins))

EVERYTHING = "*"
"""What an answer depends on that comes from all files of a project."""


@dataclass(slots=True, frozen=True)
class External:
    """Something outside the project: of the standard library, a dependency, or a builtin."""

    qualified_name: str


@dataclass(slots=True, frozen=True)
class Variable:
    """A name bound to values that are neither a class nor a function of the project."""

    scope: Scope
    name: str
    bindings: Sequence[Binding]

    @property
    def qualified_name(self) -> str:
        """The dotted name with the scope's in front."""
        return f"{self.scope.qualified_name}.{self.name}".lstrip(".")

    @property
    def values(self) -> "list[Assigned] | None":
        """Every assignment to it, or `None` where it is bound in another way too."""
        assigned = [binding for binding in self.bindings if isinstance(binding, Assigned)]
        return assigned if len(assigned) == len(self.bindings) else None


type Symbol = Outline | ClassScope | FunctionScope | Variable | External


class Project:
    """The Python files below one root folder, read when first asked about.

    A question that cannot be answered with certainty is answered `None`.
    """

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
        self.root = str(root.absolute())
        self.overlays = dict(overlays or {})
        self.asked: set[str] | None = None
        self._facts: dict[Hashable, tuple[object, set[str]]] = {}
        self._src = [os.path.normpath(os.path.join(self.root, folder)) for folder in src]
        self._list_files = list_files
        self._roles = roles
        self._tracks = tracks
        self._outlines: dict[str, Outline | None] = {}
        self._all: list[Outline] | None = None
        self._folders: dict[str, dict[str, bool]] = {}
        self._modules: dict[tuple[str, str], str | None] = {}
        self._symbols: dict[tuple[str, str], Symbol | None] = {}
        self._resolving: set[tuple[int, str]] = set()

    # Files and modules

    def outline(self, path: str) -> Outline | None:
        """What the file at an absolute path declares; `None` if it cannot be read or parsed."""
        self._note(path)
        if path not in self._outlines:
            try:
                self.read_outline(path)
            except (OSError, SourceError):
                self._outlines[path] = None
        return self._outlines[path]

    def read_outline(self, path: str) -> Outline:
        """What the file at an absolute path declares.

        Raises:
            OSError: if it cannot be read.
            SourceError: if it is not Python.
        """
        return self._outlines.get(path) or self.outline_of(path, self.read(path))

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
        lines = split_lines(text)
        known = self._outlines.get(path)
        if known is not None:
            if known.lines == lines:
                return known
            # Something may have been computed from its other text already.
            self._forget(path)
        root, module = self.module_name(path)
        outline = Outline(
            tree or parse(text),
            lines,
            path=path,
            module=module,
            is_package=os.path.basename(path).startswith("__init__."),
            root=root,
        )
        self._outlines[path] = outline
        return outline

    @property
    def source_roots(self) -> Sequence[str]:
        """The folders that import names start from, as absolute paths."""
        return self._src

    def module_name(self, path: str) -> tuple[str, str]:
        """The source root of a file and its dotted name relative to it."""
        folder, name = os.path.split(path)
        root = folder
        while "__init__.py" in self._entries(root) and root != os.path.dirname(root):
            root = os.path.dirname(root)
        if root == folder:
            # Outside of any regular package: a script, or part of a namespace package.
            around = [source for source in self._src if _is_below(folder, source)]
            root = max(around, key=len, default=folder)
        relative = os.path.relpath(os.path.join(folder, name.partition(".")[0]), root)
        parts = [part for part in relative.split(os.sep) if part not in (".", "__init__")]
        return root, ".".join(parts)

    def locate(self, module: str, root: str) -> str | None:
        """The path of a module, seen from a file below the source root `root`.

        For a package it is that of its `__init__.py`, or the folder's where it has none.
        """
        key = (module, root)
        if key not in self._modules:
            self._modules[key] = self._locate(module, root)
        found = self._modules[key]
        self._note(found or module)
        return found

    def _locate(self, module: str, root: str) -> str | None:
        if module.partition(".")[0] in sys.stdlib_module_names:
            return None
        parts = module.split(".")
        for source in dict.fromkeys((root, *self._src)):
            folder = source
            for part in parts[:-1]:
                if not self._entries(folder).get(part, False):
                    break
                folder = os.path.join(folder, part)
            else:
                found = self._module_in(folder, parts[-1])
                if found is not None:
                    return found
        return None

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
            for path in self.overlays:
                if path.startswith(prefix):
                    name, separator, _ = path[len(prefix) :].partition(os.sep)
                    entries[name] = bool(separator)
            self._folders[folder] = entries
        return entries

    def roles(self, outline: Outline) -> frozenset[str]:
        """What kinds of module a module of the project is: `router`, `service`, `test` …."""
        relative = os.path.relpath(outline.path, self.root).replace(os.sep, "/")
        return self._roles(relative) if self._roles is not None else frozenset()

    # Everything

    @property
    def outlines(self) -> list[Outline]:
        """All modules of the project, by path: for questions that no single file can answer."""
        self._note(EVERYTHING)
        if self._all is None:
            paths = set(self._list_files() if self._list_files is not None else self.overlays)
            found = (self.outline(path) for path in sorted(paths))
            self._all = [outline for outline in found if outline is not None]
        return self._all

    def mentioning(self, *words: str) -> Iterator[Outline]:
        """All modules in which at least one of the words occurs."""
        for outline in self.outlines:
            if not outline.words.isdisjoint(words):
                yield outline

    def fact[T](self, key: Hashable, compute: Callable[[], T]) -> T:
        """Compute something about the project once, under a key of the caller's.

        A path or a scope in the key says that it is about that file.
        """
        known = self._facts.get(key)
        if known is None:
            with self.recording() as asked:
                known = (compute(), asked)
            if self._tracks:
                asked.update(_paths_in(key))
            self._facts[key] = known
        if self.asked is not None:
            self.asked |= known[1]
        return known[0]  # type: ignore[return-value]

    def facts_in[T](
        self,
        outlines: Iterable[Outline],
        name: str,
        find: "Callable[[Project, Outline], Iterable[T]]",
    ) -> Iterator[T]:
        """Find something in each of some modules, each a fact of its own under `name`.

        So an edit of one module only makes it be searched again.
        """
        for outline in outlines:

            def compute(outline: Outline = outline) -> list[T]:
                return list(find(self, outline))

            yield from self.fact((name, outline.path), compute)

    # What an edit changes

    def update(self, path: str, text: str | None) -> None:
        """Take note that a file has another text: an unsaved one, or `None` for what is on disk.

        Everything that was computed from the file is forgotten, and nothing else.
        """
        if text is None:
            self.overlays.pop(path, None)
        else:
            self.overlays[path] = text
        self._forget(path)

    def _forget(self, path: str) -> None:
        is_known = path in self._outlines
        self._outlines.pop(path, None)
        self._symbols.clear()
        self._all = None
        if is_known and self._tracks:
            touched = {path, EVERYTHING}
            self._facts = {
                key: fact for key, fact in self._facts.items() if touched.isdisjoint(fact[1])
            }
        else:
            # A new file can be what any name that was not found meant. And a project that does
            # not track cannot tell what was computed from the file.
            self._folders.clear()
            self._modules.clear()
            self._facts.clear()

    @contextmanager
    def recording(self) -> Iterator[set[str]]:
        """Collect the paths asked about, the modules not found, and `EVERYTHING` for all files.

        Only a project that tracks does; for others the set stays empty.
        """
        if not self._tracks:
            yield set()
            return
        before, self.asked = self.asked, set()
        try:
            yield self.asked
        finally:
            if before is not None:
                before |= self.asked
            self.asked = before

    def _note(self, name: str) -> None:
        if self.asked is not None:
            self.asked.add(name)

    # Names

    def resolve_name(self, parts: Sequence[str], scope: Scope) -> Symbol | None:
        """What a dotted name refers to, seen from a scope; `None` where that is not certain."""
        found = scope.lookup(parts[0])
        if found is None:
            symbol = self._outside(parts[0], scope.outline)
        else:
            symbol = self._bound(found[0], parts[0])
        return self._descend(symbol, parts[1:])

    def resolve_expression(self, node: ast.expr, scope: Scope) -> Symbol | None:
        """What a name, a dotted name or a quoted one refers to, seen from a scope."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = ast.parse(node.value.strip(), mode="eval").body
            except (SyntaxError, ValueError):
                return None
        parts = dotted_parts(node)
        return self.resolve_name(parts, scope) if parts else None

    def resolve(self, name: str, root: str = "") -> Symbol | None:
        """What an absolute dotted name refers to, seen from a file below the source root `root`.

        Returns `None` where the project has the module but not surely the name.
        """
        return self._remember((name, root), lambda: self._resolve(name.split("."), root))

    def _remember(self, key: tuple[str, str], find: Callable[[], Symbol | None]) -> Symbol | None:
        if self._tracks:
            return self.fact(key, find)
        if key not in self._symbols:
            self._symbols[key] = find()
        return self._symbols[key]

    def _resolve(self, parts: Sequence[str], root: str) -> Symbol | None:
        path = self.locate(parts[0], root) if parts[0] else None
        if path is None:
            return External(".".join(parts)) if parts[0] else None
        for index in range(1, len(parts) + 1):
            rest = parts[index:]
            submodule = self.locate(".".join(parts[: index + 1]), root) if rest else None
            if not path.endswith((".py", ".pyi")):
                # A folder that is no regular package may only share its name with a library.
                if submodule is None:
                    return External(".".join(parts))
            else:
                outline = self.outline(path)
                if outline is None:
                    return None
                if not rest:
                    return outline
                if submodule is None or self._binds(outline, rest[0]):
                    return self._descend(outline, rest)
            path = submodule
        return None

    def _imported(self, imported: Imported) -> Symbol | None:
        """What an import statement takes: its module part names modules, whatever they bind."""
        root = imported.scope.outline.root
        if imported.name is None:
            return self.resolve(imported.target, root)
        return self._remember(
            (f"{imported.module}:{imported.name}", root), lambda: self._taken(imported, root)
        )

    def _taken(self, imported: Imported, root: str) -> Symbol | None:
        path = self.locate(imported.module, root)
        if path is None or not path.endswith((".py", ".pyi")):
            return self.resolve(imported.target, root)
        outline = self.outline(path)
        return self._module_member(outline, imported.name or "") if outline else None

    def _binds(self, outline: Outline, name: str) -> bool:
        """Whether a package binds `name` to something else than its submodule of that name."""
        bound = outline.bindings.get(name, ())
        return any(
            not (isinstance(binding, Imported) and binding.target == f"{outline.module}.{name}")
            for binding in bound
        )

    def _outside(self, name: str, outline: Outline) -> Symbol | None:
        """A name that no scope of the module binds: from a star import, or a builtin."""
        starred = self._starred(outline, name)
        if starred is not None:
            return starred
        external = [
            star for star in outline.star_imports if self.locate(star, outline.root) is None
        ]
        if name in _BUILTINS:
            return External(f"builtins.{name}") if not external else None
        return External(f"{external[0]}.{name}") if len(external) == 1 else None

    def _starred(self, outline: Outline, name: str) -> Symbol | None:
        for star in reversed(outline.star_imports):
            module = self.resolve(star, outline.root)
            if not isinstance(module, Outline) or module is outline:
                continue
            exported = module.exports
            if name in exported if exported is not None else not name.startswith("_"):
                found = self._descend(module, [name])
                if found is not None:
                    return found
        return None

    def _bound(self, scope: Scope, name: str) -> Symbol | None:
        """What a name that a scope binds refers to."""
        key = (id(scope), name)
        if key in self._resolving:
            return None
        self._resolving.add(key)
        try:
            return self._follow(scope, name, scope.bindings[name])
        finally:
            self._resolving.discard(key)

    def _follow(self, scope: Scope, name: str, bound: Sequence[Binding]) -> Symbol | None:
        first, last = bound[0], bound[-1]
        if isinstance(first, Imported):
            targets = {found.target if isinstance(found, Imported) else "" for found in bound}
            if len(targets) == 1 and first.target:
                return self._imported(first)
            return None
        if len(bound) == 1 and isinstance(first, ClassScope):
            return first
        if isinstance(last, FunctionScope) and all(
            isinstance(found, FunctionScope) and (found is last or found.node.decorator_list)
            for found in bound
        ):
            return last
        variable = Variable(scope, name, bound)
        match bound:
            case [Assigned(value=ast.Name() | ast.Attribute() as value)]:
                return self.resolve_expression(value, scope) or variable
        return variable

    def _descend(self, symbol: Symbol | None, rest: Sequence[str]) -> Symbol | None:
        for part in rest:
            match symbol:
                case External():
                    symbol = External(f"{symbol.qualified_name}.{part}")
                case Outline():
                    symbol = self._module_member(symbol, part)
                case ClassScope():
                    owner = self.owner(symbol, part)
                    symbol = self._bound(owner, part) if owner is not None else None
                case _:
                    return None
        return symbol

    def _module_member(self, outline: Outline, name: str) -> Symbol | None:
        if name in outline.bindings and self._binds(outline, name):
            return self._bound(outline, name)
        if outline.is_package:
            path = self.locate(f"{outline.module}.{name}", outline.root)
            if path is not None:
                return self.outline(path)
        return self._starred(outline, name)

    # Inheritance

    def bases(self, class_: ClassScope) -> Iterator[Symbol | None]:
        """What a class names as its bases, without their type arguments."""
        for base in class_.node.bases:
            value = base.value if isinstance(base, ast.Subscript) else base
            yield self.resolve_expression(value, class_.parent or class_)

    def ancestry(self, class_: ClassScope) -> Iterator[Symbol | None]:
        """A class and all that it inherits from, nearest first, each once; `None` for unknown."""
        seen: set[int] = set()
        queue: list[Symbol | None] = [class_]
        for symbol in queue:
            if isinstance(symbol, ClassScope):
                if id(symbol) in seen:
                    continue
                seen.add(id(symbol))
                queue.extend(self.bases(symbol))
            yield symbol

    def reaches(self, class_: ClassScope, names: Container[str]) -> bool:
        """Whether a class surely inherits from, or is, one of the qualified names."""
        return any(
            symbol is not None and symbol.qualified_name in names
            for symbol in self.ancestry(class_)
        )

    def owner(self, class_: ClassScope, name: str) -> ClassScope | None:
        """The nearest class of the ancestry that binds a member of that name in its body."""
        for symbol in self.ancestry(class_):
            if isinstance(symbol, ClassScope) and name in symbol.bindings:
                return symbol
            if symbol is None:
                return None
        return None


def _paths_in(key: Hashable) -> Iterator[str]:
    """The files that the key of a fact names."""
    for part in key if isinstance(key, tuple) else (key,):
        if isinstance(part, str):
            yield part
        elif isinstance(part, Scope):
            yield part.outline.path


def dotted_parts(node: ast.expr) -> list[str] | None:
    """The parts of a dotted name, `["a", "b"]` for `a.b`; `None` for any other expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    parts.append(node.id)
    return parts[::-1]


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
