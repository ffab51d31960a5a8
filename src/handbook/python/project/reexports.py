"""What other modules of a project get from a module besides what it defines."""

import ast
import os
import re
from collections.abc import Iterator

from handbook.python.project.project import Project
from handbook.python.project.word_index import text_test
from handbook.syntax.outline import Outline

_DOTS = re.compile(rb"\bfrom[ \t\\]*\.[. \t\\]*import\b")
_KEPT = re.compile(r"#\s*noqa(?!:)|#\s*noqa:.*F401", re.IGNORECASE)


def is_kept(outline: Outline, node: ast.Import | ast.ImportFrom) -> bool:
    """Whether a comment says that an import is meant to be there, used or not."""
    lines = outline.lines[node.lineno - 1 : node.end_lineno]
    return any("noqa" in line.lower() and _KEPT.search(line) for line in lines)


def imported_elsewhere(project: Project, outline: Outline) -> set[str]:
    """The names that other modules import from a module, by name or with a star.

    A star brings everything: what counts is what its module then uses, or passes on by name.
    """
    passing = {outline.path: outline}
    queue = [outline]
    names: set[str] = set()
    for passed in queue:
        importers = project.facts_in(
            _importers(project, passed), "imported names", _imported_names
        )
        for importer, path, name in importers:
            if path != passed.path:
                continue
            if name == "*" and importer.path not in passing:
                passing[importer.path] = importer
                queue.append(importer)
            if importer is not outline:
                names.add(name)
    for importer in queue[1:]:
        names |= importer.words - importer.bindings.keys()
    return names & outline.bindings.keys()


def _importers(project: Project, module: Outline) -> Iterator[Outline]:
    """The modules that may import something from a module: they hold its name, or lie around it."""
    paths = {*project.paths_holding(module.name or module.module)}
    if module.is_package:
        folder = os.path.dirname(module.path)
        paths |= project.paths_holding(os.path.basename(folder))
        near = {path for path in project.paths if path.startswith(folder + os.sep)}
        paths |= {*project.paths_passing(imports_from_package, near)}
    for path in sorted(paths):
        outline = project.outline(path)
        if outline is not None:
            yield outline


@text_test
def imports_from_package(text: bytes) -> bool:
    """Whether a text imports something from a package around it, by dots alone."""
    return _DOTS.search(text) is not None


def _imported_names(project: Project, outline: Outline) -> Iterator[tuple[Outline, str, str]]:
    """The names that a module imports from others of the project, and those modules' paths."""
    for imported in outline.imports:
        if imported.name is not None:
            start = project.start(imported.module, outline)
            path = project.locate(imported.module, start) if imported.module else None
            if path is not None:
                yield outline, path, imported.name
