"""What `from module import *` brings, and what others want of it."""

from collections.abc import Iterator, Mapping

from handbook.semantics.project import Project
from handbook.syntax.outline import Imported, Outline


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
