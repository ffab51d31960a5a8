"""What `from module import *` brings."""

from collections.abc import Iterator

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
