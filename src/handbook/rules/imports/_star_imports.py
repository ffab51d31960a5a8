"""What `from module import *` brings, and what others want of it."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from handbook.python.project.project import Project
from handbook.syntax.outline import Imported, Outline, Scope, own_nodes
from handbook.syntax.text import parse_expression

_WORD = re.compile(r"[^\W\d]\w*")


def public_names(
    project: Project, outline: Outline, *, own_only: bool = False
) -> frozenset[str] | None:
    """The names that a star import of a module brings; `None` where that is not certain.

    Args:
        project: of the module.
        outline: the module.
        own_only: whether to leave out what a module without `__all__` only imports for itself.
    """
    names: set[str] = set()
    for passed in _passed_on(project, outline):
        if passed is None:
            return None
        if passed.exports is not None:
            names |= passed.exports
        elif "__all__" in passed.bindings:
            return None
        else:
            names |= {
                name
                for name, bound in passed.bindings.items()
                if not name.startswith("_")
                and not all(isinstance(one, Imported) and one.is_type_checking for one in bound)
                and not (own_only and _is_foreign(passed, name))
            }
    return frozenset(names)


def stars_of(project: Project, outline: Outline) -> Mapping[str, Imported]:
    """Which star of a module a name comes from: the last that brings it, or that of its owner.

    Above a star of a module that is not known nothing is certain.
    """

    def find() -> dict[str, Imported]:
        stars: dict[str, Imported] = {}
        for imported in outline.imports:
            if imported.name != "*":
                continue
            module = project.resolve(imported.module, outline.root)
            if not isinstance(module, Outline) or module is outline:
                stars.clear()
                continue
            names = public_names(project, module)
            if names is None:
                stars.clear()
                continue
            own = public_names(project, module, own_only=True) or frozenset()
            for name in names - outline.bindings.keys():
                known = stars.get(name)
                if known is None or name in own or not _is_same(project, name, known, imported):
                    stars[name] = imported
        return stars

    return project.fact(("stars", outline.path), find)


def needed_of(project: Project, star: Imported) -> set[str]:
    """The names that a star has to go on to bring; none where that is not certain."""
    outline = star.scope.outline
    names = {name for name, other in stars_of(project, outline).items() if other is star}
    module = project.resolve(star.module, outline.root)
    if not names or not isinstance(module, Outline):
        return set()
    own = public_names(project, module, own_only=True) or frozenset()
    modules: dict[str, Outline] = {}
    for name in names:
        symbol = project.resolve(f"{star.module}.{name}", outline.root)
        if isinstance(symbol, Outline):
            modules[name] = symbol
    named, at_hand = asked_for(project, outline)
    needed = named | (at_hand & own)
    is_open = outline.is_package and outline.exports is None
    if is_open or PurePath(outline.path).name == "conftest.py":
        needed |= own - modules.keys()
    # A package has its modules without listing them, and to import them early may close a circle.
    needed -= {
        name for name, found in modules.items() if found.module == f"{outline.module}.{name}"
    }
    needed |= _names_used(outline) | (outline.exports or set())
    return names & needed


def asked_for(project: Project, outline: Outline) -> tuple[set[str], set[str]]:
    """The names that other modules import from a module, and those that they may read from it."""
    named: set[str] = set()
    at_hand: set[str] = set()
    for other in project.mentioning(outline.name or outline.module):
        for imported in other.imports:
            if other is outline:
                continue
            if imported.module == outline.module and imported.name not in (None, "*"):
                named.add(imported.name or "")
            elif _is_at_hand(imported, outline):
                at_hand |= other.words
    return named, at_hand


def _is_at_hand(imported: Imported, outline: Outline) -> bool:
    """Whether an import makes all of a module available."""
    if imported.name == "*":
        return imported.module == outline.module
    if imported.name is None:
        return f"{imported.module}.".startswith(f"{outline.module}.")
    return imported.target == outline.module


def _is_same(project: Project, name: str, one: Imported, other: Imported) -> bool:
    """Whether two stars surely bring the same under a name."""
    root = one.scope.outline.root
    first = project.resolve(f"{one.module}.{name}", root)
    second = project.resolve(f"{other.module}.{name}", root)
    if first is None or second is None:
        return False
    return first.qualified_name == second.qualified_name


def _is_foreign(outline: Outline, name: str) -> bool:
    """Whether a module only imports a name; what a package has from its own modules is its own."""
    inside = f"{outline.module}."
    return any(
        isinstance(binding, Imported)
        and not (outline.is_package and f"{binding.module}.".startswith(inside))
        for binding in outline.bindings[name]
    )


def _passed_on(project: Project, outline: Outline) -> Iterator[Outline | None]:
    """A module and those that it has names from by stars of its own; `None` for unknown ones."""
    queue = [outline]
    for passed in queue:
        yield passed
        if passed.exports is not None:
            continue
        for star in passed.star_imports:
            found = project.resolve(star, passed.root)
            if not isinstance(found, Outline):
                yield None
            elif found not in queue:
                queue.append(found)


def _names_used(outline: Outline) -> set[str]:
    """The names that a module has no binding for, also in strings that can stand for types."""
    used: set[str] = set()
    scopes: list[Scope] = [outline, *outline.definitions]
    for scope in scopes:
        for node in own_nodes(scope):
            if isinstance(node, ast.Name) and scope.lookup(node.id) is None:
                used.add(node.id)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                if parse_expression(node.value) is not None:
                    used.update(_WORD.findall(node.value))
    return used
