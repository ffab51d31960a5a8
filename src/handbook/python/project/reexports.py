"""What other modules of a project get from a module besides what it defines."""

import ast
import re
from collections.abc import Iterator

from handbook.python.project.project import Project
from handbook.syntax.outline import Outline

_KEPT = re.compile(r"#\s*noqa(?!:)|#\s*noqa:.*F401", re.IGNORECASE)


def is_kept(outline: Outline, node: ast.Import | ast.ImportFrom) -> bool:
    """Whether a comment says that an import is meant to be there, used or not."""
    lines = outline.lines[node.lineno - 1 : node.end_lineno]
    return any("noqa" in line.lower() and _KEPT.search(line) for line in lines)


def imported_elsewhere(project: Project, outline: Outline) -> set[str]:
    """The names that other modules import from a module, by name or with a star.

    A star brings everything: what counts is what its module then uses, or passes on by name.
    """
    found = list(project.facts_in(project.outlines, "imported names", _imported_names))
    starred: dict[str, list[Outline]] = {}
    for importer, path, name in found:
        if name == "*":
            starred.setdefault(path, []).append(importer)
    passing = {outline.path: outline}
    queue = [outline]
    for passed in queue:
        for importer in starred.get(passed.path, ()):
            if importer.path not in passing:
                passing[importer.path] = importer
                queue.append(importer)
    names = {name for importer, path, name in found if path in passing and importer is not outline}
    for importer in queue[1:]:
        names |= importer.words - importer.bindings.keys()
    return names & outline.bindings.keys()


def _imported_names(project: Project, outline: Outline) -> Iterator[tuple[Outline, str, str]]:
    """The names that a module imports from others of the project, and those modules' paths."""
    for imported in outline.imports:
        if imported.name is not None:
            start = project.start(imported.module, outline)
            path = project.locate(imported.module, start) if imported.module else None
            if path is not None:
                yield outline, path, imported.name
