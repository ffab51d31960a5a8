"""Where something that a module defines may be used: told by names, before any file is parsed.

A name reaches another module by an import, so that module holds the name, or one that a module on
the way gives it (`from a import name as other`), and the name of the module it comes from; or it
lies in the same package and imports it by dots alone.
"""

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from handbook.python.project.project import Project
from handbook.python.project.word_index import text_test
from handbook.syntax.outline import ClassScope, FunctionScope, Outline

_STAR = re.compile(rb"^[ \t]*from\b[^\n]*\bimport[ \t(]*\*", re.MULTILINE)

_BOUND = rb"^(\w+)[ \t]*(?::[^=\n]+)?=[ \t]*%b[ \t]*$"
_FROM = re.compile(rb"[ \t]*from\b[^\n]*\bimport[ \t]*$")


class Users(NamedTuple):
    """The modules that may use a definition.

    Attributes:
        names: what the definition may be called there.
        paths: of the modules, sorted.
    """

    names: frozenset[str]
    paths: tuple[str, ...]


def users_of(
    project: Project, definition: FunctionScope | ClassScope
) -> tuple[frozenset[str], Iterator[Outline]]:
    """The names that a definition may have, and the modules in which it may be used, by path.

    For a method these are all modules that hold its name: objects go anywhere.
    """
    if isinstance(definition.parent, ClassScope):
        return frozenset({definition.name}), project.mentioning(definition.name)
    path = definition.outline.path
    if definition.parent is not definition.outline:
        return frozenset({definition.name}), iter((definition.outline,))
    users = project.fact(
        ("users", definition.name, path), lambda: _find(project, definition.name, path)
    )
    outlines = (project.outline(user) for user in users.paths)
    return users.names, (
        outline
        for outline in outlines
        if outline is not None and not outline.words.isdisjoint(users.names)
    )


def _find(project: Project, name: str, path: str) -> Users:
    names, stems, reached, handing = {name}, {_stem(path)}, {path}, {path}
    stars = project.paths_passing(imports_everything)
    read: set[tuple[str, str]] = set()
    while True:
        before = len(names), len(stems), len(reached)
        near = {found for stem in stems for found in project.paths_holding(stem)}
        packages = tuple(
            os.path.dirname(found) + os.sep for found in handing if _is_package_file(found)
        )
        for known in [*names]:
            for found in project.paths_holding(known):
                if (found, known) in read or not (found in near or found.startswith(packages)):
                    continue
                read.add((found, known))
                reached.add(found)
                aliases, hands_on = _handing(known, project.text(found))
                names |= aliases
                if hands_on:
                    handing.add(found)
                    stems.add(_stem(found))
        for found in stars:
            if found in near or found.startswith(packages):
                handing.add(found)
                stems.add(_stem(found))
        if before == (len(names), len(stems), len(reached)):
            return Users(frozenset(names), tuple(sorted(reached)))


def _handing(name: str, text: bytes) -> tuple[set[str], bool]:
    """The other names that a text gives an imported name, and whether it imports that at all.

    What it imports others can get from there.
    """
    spelled = re.escape(name.encode(errors="replace"))
    aliases: set[str] = set()
    imports = False
    for found in re.finditer(rb"\b%b\b(?:[ \t]+as[ \t]+(\w+))?" % spelled, text):
        line = text[text.rfind(b"\n", 0, found.start()) + 1 : found.start()].lstrip()
        # Imported: in its line, or in the parentheses that a `from` has opened.
        opened = text.rfind(b"(", 0, found.start())
        if line.startswith(b"from ") or (
            opened > text.rfind(b")", 0, found.start())
            and _FROM.search(text, text.rfind(b"\n", 0, opened) + 1, opened) is not None
        ):
            imports = True
            aliases |= {found[1].decode()} if found[1] else set()
    if imports:
        again = re.compile(_BOUND % spelled, re.MULTILINE)
        aliases.update(found[1].decode() for found in again.finditer(text))
    return aliases, imports


@text_test
def imports_everything(text: bytes) -> bool:
    """Whether a text imports everything from some module."""
    return b"*" in text and _STAR.search(text) is not None


def _stem(path: str) -> str:
    """The last part of a module's name."""
    folder, name = os.path.split(path)
    return os.path.basename(folder) if _is_package_file(path) else name.partition(".")[0]


def _is_package_file(path: str) -> bool:
    return os.path.basename(path).startswith("__init__.")
