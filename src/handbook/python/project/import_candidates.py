"""Which modules may lie on a cycle of imports: told by a light scan of all texts.

The graph has every import that runs when its module is imported, and some that do not; so every
cycle lies within one of its components, and only modules in one of these need be parsed.
"""

import os
import sys
from collections.abc import Iterator, Mapping

from handbook.python.project.facts import IMPORTS
from handbook.python.project.graphs import components_of
from handbook.python.project.import_scan import ScannedImport
from handbook.python.project.modules import SOURCE_FILES
from handbook.python.project.project import Project


def candidates(project: Project, path: str, *, at_run_time: bool) -> frozenset[str]:
    """The modules that may lie on a cycle with a module; none where there surely is no cycle."""
    return _components(project, at_run_time=at_run_time).get(path, frozenset())


def _components(project: Project, *, at_run_time: bool) -> Mapping[str, frozenset[str]]:
    def find() -> Mapping[str, frozenset[str]]:
        graph = _graph(project, at_run_time=at_run_time)
        found = map(frozenset, components_of(graph, graph.keys()))
        return {path: component for component in found for path in component}

    return project.fact(("components of scanned imports", at_run_time), find)


def _graph(project: Project, *, at_run_time: bool) -> dict[str, list[str]]:
    project.note(IMPORTS)
    paths = {*project.paths}
    graph: dict[str, list[str]] = {}
    for path in project.paths:
        found: dict[str, None] = {}
        if not path.endswith(".pyi"):
            for scanned in project.index.imports(path):
                if at_run_time or not scanned.is_late:
                    found.update(dict.fromkeys(_targets(project, path, scanned)))
        graph[path] = [target for target in found if target in paths and target != path]
    return graph


def _targets(project: Project, path: str, scanned: ScannedImport) -> Iterator[str]:
    """The modules that an import may run."""
    root, own = project.module_name(path)
    module = _absolute(path, root, own, scanned)
    if not module:
        return
    parts = module.split(".")
    roots = [root, *(folder for folder, _ in project.modules.nearby(parts[0], path))]
    for start in dict.fromkeys(roots):
        for index in range(1, len(parts) + 1):
            found = project.modules.locate(".".join(parts[:index]), start)
            if found is None:
                break
            is_taken = index == len(parts) and scanned.name is not None
            if found.endswith(SOURCE_FILES) and not _is_around(found, path):
                yield found
            if is_taken:
                submodule = project.modules.locate(f"{module}.{scanned.name}", start)
                if submodule is not None and not _is_around(submodule, path):
                    yield submodule
                if _is_around(found, path) and (
                    submodule is None or _says(project, found, scanned.name or "")
                ):
                    yield found


def _absolute(path: str, root: str, own: str, scanned: ScannedImport) -> str:
    """The absolute name of the module that is imported from, as an outline gives it."""
    if not scanned.level:
        return scanned.module
    parts = own.split(".") if own else []
    if not os.path.basename(path).startswith("__init__."):
        parts = parts[:-1]
    if scanned.level <= len(parts):
        above = parts[: len(parts) - scanned.level + 1]
        return ".".join([*above, *filter(None, [scanned.module])])
    folder = path
    for _ in range(scanned.level):
        folder = os.path.dirname(folder)
    if folder == root:
        is_library = scanned.module.partition(".")[0] in sys.stdlib_module_names
        return "" if is_library else scanned.module
    return ".".join(filter(None, (os.path.basename(folder), scanned.module)))


def _is_around(package: str, path: str) -> bool:
    folder, name = os.path.split(package)
    return name.startswith("__init__.") and package != path and path.startswith(folder + os.sep)


def _says(project: Project, package: str, name: str) -> bool:
    """Whether a package may bind a name itself."""
    return name.encode(errors="replace") in project.text(package)
