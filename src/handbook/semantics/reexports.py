"""What other modules of a project get from a module besides what it defines."""

from collections.abc import Iterable

from handbook.semantics.project import Project
from handbook.syntax.outline import Outline


def imported_elsewhere(project: Project, outline: Outline) -> set[str]:
    """The names that other modules import from a module, by name or with a star.

    A star brings everything: what counts is what its module then uses, or passes on by name.
    """
    found = list(project.facts_in(project.outlines, "imported names", _imported_names))
    starred: dict[str, list[Outline]] = {}
    for importer, module, name in found:
        if name == "*":
            starred.setdefault(module, []).append(importer)
    passing = {outline.module: outline}
    queue = [outline]
    for passed in queue:
        for importer in starred.get(passed.module, ()):
            if importer.module not in passing:
                passing[importer.module] = importer
                queue.append(importer)
    names = {
        name
        for importer, module, name in found
        if module in passing and importer.path != outline.path
    }
    for importer in queue[1:]:
        names |= importer.words - importer.bindings.keys()
    return names & outline.bindings.keys()


def _imported_names(_: Project, outline: Outline) -> Iterable[tuple[Outline, str, str]]:
    return [
        (outline, imported.module, imported.name)
        for imported in outline.imports
        if imported.name is not None
    ]
