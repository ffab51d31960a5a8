"""Which modules of a project run which others when they are imported."""

import ast
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from handbook.python.project.project import Project
from handbook.syntax.outline import Imported, Outline


class Edge(NamedTuple):
    """An import of one module of the project by another.

    Attributes:
        source: the path of the module that imports.
        target: the path of the module that is imported.
        imported: the names in `source` that the import is made for; one statement or more.
    """

    source: str
    target: str
    imported: tuple[Imported, ...]


type Graph = dict[str, dict[str, Edge]]
"""For each path the imports of other modules, by the path of the target."""


def import_graph(project: Project, among: frozenset[str], *, at_run_time: bool = False) -> Graph:
    """The imports between some modules of a project, type checking apart.

    Args:
        project: the project.
        among: the paths of the modules, all those of a component: see `import_candidates`.
        at_run_time: whether imports within functions count, which run when those are called.
    """
    key = ("import graph", among, at_run_time)
    return project.fact(key, lambda: _build(project, among, at_run_time))


def _build(project: Project, among: frozenset[str], at_run_time: bool) -> Graph:
    outlines = [found for path in sorted(among) if (found := project.outline(path)) is not None]
    graph: Graph = {outline.path: {} for outline in outlines}
    inward: list[tuple[Outline, Outline, Imported]] = []
    for outline, module, imported in _all_imports(project, outlines):
        if not at_run_time and imported.scope.enclosing_function() is not None:
            continue
        if is_around(module, outline):
            inward.append((outline, module, imported))
        else:
            _add(graph, outline, module, imported)
    late = [found for found in inward if not _is_in_time(graph, *found)]
    for outline, package, imported in late:
        _add(graph, outline, package, imported)
    return graph


def _all_imports(
    project: Project, outlines: Sequence[Outline]
) -> Iterator[tuple[Outline, Outline, Imported]]:
    """The imports of some modules by each other, both with the module that is imported."""
    paths = {outline.path for outline in outlines}
    chains: dict[tuple[str, str | None, str], Sequence[_Run]] = {}
    for outline in outlines:
        for imported in _imports(outline):
            key = (imported.module, imported.name, project.start(imported.module, outline))
            chain = chains.get(key)
            if chain is None:
                chain = chains[key] = [*_modules_run_by(project, imported, key[2])]
            for module, begins_it in chain:
                if module is outline or module.path not in paths:
                    continue
                if not (begins_it and is_around(module, outline)):
                    yield outline, module, imported


def _add(graph: Graph, source: Outline, target: Outline, imported: Imported) -> None:
    known = graph[source.path].get(target.path)
    before = known.imported if known is not None else ()
    if imported not in before:
        graph[source.path][target.path] = Edge(source.path, target.path, (*before, imported))


def _is_in_time(graph: Graph, module: Outline, package: Outline, imported: Imported) -> bool:
    """Whether a module finds a name in a package around it, since that binds it early enough.

    The package always runs first. Its module runs at the latest where the package imports it,
    directly or through others, and the name must be there by then.
    """
    bound = package.bindings.get(imported.name or "", ())
    line = min((getattr(binding.node, "lineno", 0) for binding in bound), default=0)
    for edge in graph[package.path].values():
        if min(found.node.lineno for found in edge.imported) <= line and _leads_to(
            graph, edge.target, module.path, package.path
        ):
            return False
    return True


def _leads_to(graph: Graph, start: str, end: str, avoiding: str) -> bool:
    seen = {start, avoiding}
    pending = [start]
    while pending:
        node = pending.pop()
        if node == end:
            return True
        for other in graph[node]:
            if other not in seen:
                seen.add(other)
                pending.append(other)
    return False


def _imports(outline: Outline) -> Iterator[Imported]:
    """The imports of a module that run, with it or later. Those of a stub never do."""
    if outline.path.endswith(".pyi"):
        return
    script = [
        range(node.lineno, (node.body[-1].end_lineno or node.lineno) + 1)
        for node in outline.body
        if isinstance(node, ast.If) and _is_script_guard(node.test)
    ]
    for imported in outline.imports:
        is_script = script and any(imported.node.lineno in lines for lines in script)
        if not (imported.is_type_checking or is_script):
            yield imported


def _is_script_guard(test: ast.expr) -> bool:
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()]):
            return True
    return False


class _Run(NamedTuple):
    """A module that an import makes sure to have run.

    Attributes:
        module: the module.
        begins_it: whether nothing is taken from the module itself: if it is a package around the
            module that imports, it has begun to run before, and that is all that is wanted.
    """

    module: Outline
    begins_it: bool


def _modules_run_by(project: Project, imported: Imported, root: str) -> Iterator[_Run]:
    """The modules that an import runs whose name starts from the folder `root`, outermost first."""
    parts = imported.module.split(".") if imported.module else []
    if not parts or project.locate(parts[0], root) is None:
        return
    for index in range(1, len(parts)):
        found = _module(project, ".".join(parts[:index]), root)
        # A module that is no package only has the name of one: `app/v1/app.py` has for `app.v1`.
        if found is not None and found.is_package:
            yield _Run(found, begins_it=True)
    found = _module(project, imported.module, root)
    if imported.name is None:
        if found is not None:
            yield _Run(found, begins_it=True)
    elif found is None:
        # Of a folder that is no regular package, only its modules can be imported.
        found = _module(project, imported.target, root)
        if found is not None:
            yield _Run(found, begins_it=False)
    else:
        submodule = _submodule(project, found, imported.name)
        yield _Run(found, begins_it=submodule is not None)
        if submodule is not None:
            yield _Run(submodule, begins_it=True)


def _module(project: Project, name: str, root: str) -> Outline | None:
    path = project.locate(name, root)
    return project.outline(path) if path is not None and path.endswith((".py", ".pyi")) else None


def _submodule(project: Project, package: Outline, name: str) -> Outline | None:
    """The module that `from package import name` means, where it means one."""
    if not package.is_package or name == "*":
        return None
    target = f"{package.module}.{name}"
    bound = package.bindings.get(name, ())
    if any(not (isinstance(found, Imported) and found.target == target) for found in bound):
        return None
    return _module(project, target, package.root)


def is_around(package: Outline, outline: Outline) -> bool:
    """Whether a module is a package that another one lies in, however deep."""
    if not package.is_package or package is outline:
        return False
    return outline.path.startswith(package.path.rpartition(os.sep)[0] + os.sep)
