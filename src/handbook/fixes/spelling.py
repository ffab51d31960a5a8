"""How to spell a qualified name at a place of a module, with one more import if need be."""

import builtins
from collections.abc import Collection, Iterator, Mapping, Sequence

from handbook.fixes.imports import Imports, bound_name, is_same
from handbook.syntax.outline import Imported, Scope
from handbook.violation import Import, Position

_BUILTINS = frozenset(dir(builtins))


def spell(
    imports: Imports,
    names: Sequence[str],
    scope: Scope,
    at: Position,
    *,
    shadowed: Collection[str] = (),
    planned: Mapping[str, Import] | None = None,
    typing_only: bool = False,
) -> tuple[str, Import | None] | None:
    """How to write something at a place.

    Args:
        imports: those of the module.
        names: the qualified names of the thing; the first is the one to import, if need be.
        scope: where it is looked up.
        at: where it is written.
        shadowed: names bound around the place by what is no scope.
        planned: imports that are to be added anyway, by the name that they bind.
        typing_only: whether an import under `if TYPE_CHECKING` will do.

    Returns the spelling and the import that it needs, if that is not there yet; `None` where there
    is no sure way to write it.
    """
    planned = planned or {}
    for name in names:
        for spelling in _known(imports, name, scope, at, typing_only):
            first = spelling.partition(".")[0]
            if first not in shadowed and first not in planned:
                return spelling, None
    module, _, last = names[0].rpartition(".")
    options = [Import(module, last)] if module not in ("", "builtins") else []
    for wanted in (*options, Import(module or last)):
        if wanted.binds in shadowed or planned.get(wanted.binds, wanted) != wanted:
            continue
        if not _is_free(imports, wanted, scope):
            continue
        if imports.edits([wanted], (), (), before=at) is not None:
            return wanted.name or names[0], wanted
    return None


def _known(
    imports: Imports, name: str, scope: Scope, at: Position, typing_only: bool
) -> Iterator[str]:
    """The ways to write a name that are in force at a place, names of their own first."""
    module, _, last = name.rpartition(".")
    if _is_own(imports, name, scope):
        yield last
    dotted: list[str] = []
    for imported in imports.outline.imports:
        bound = bound_name(imported)
        if imported.name is None and imported.alias.asname is None:
            # `import a.b.c` binds `a`, and makes sure that `a.b` can be reached through it.
            if not f"{imported.module}.".startswith(f"{module or name}."):
                continue
            spelling = name
        elif bound != last and imported.target not in (name, module):
            continue
        elif _target(imports, imported) == name:
            spelling = bound
        elif imported.target == module:
            spelling = f"{bound}.{last}"
        else:
            continue
        if _is_in_force(imports, imported, scope, at, typing_only):
            if "." not in spelling:
                yield spelling
            dotted.append(spelling)
    yield from dotted


def _is_own(imports: Imports, name: str, scope: Scope) -> bool:
    """Whether a name is a builtin or the module's own, and written as its last part."""
    module, _, last = name.rpartition(".")
    found = scope.lookup(last)
    if found is None:
        is_near = module == "builtins"
    else:
        is_near = found[0] is imports.outline and module == imports.outline.module
    if not is_near or (found is not None and isinstance(found[1][0], Imported)):
        return False
    symbol = imports.project.resolve_name([last], scope)
    return symbol is not None and symbol.qualified_name == name


def _target(imports: Imports, imported: Imported) -> str:
    """The qualified name of what is imported, past modules of the project that pass it on."""
    root = imports.project.start(imported.module, imports.outline)
    symbol = imports.project.resolve(imported.target, root)
    return symbol.qualified_name if symbol is not None else ""


def _is_in_force(
    imports: Imports, imported: Imported, scope: Scope, at: Position, typing_only: bool
) -> bool:
    """Whether what an import binds is surely what its name means at a place."""
    found = scope.lookup(bound_name(imported))
    if found is None or found[0] is not imported.scope:
        return False
    if not all(is_same(other, imported) for other in found[1]):
        return False
    if imported.scope is not imports.outline and imported.scope is not scope:
        return False
    if imported.is_type_checking:
        if not typing_only:
            return False
    elif not imports.is_unconditional(imported):
        return False
    runs_later = scope.enclosing_function() is not None and imported.scope is not scope
    return runs_later or imports.start(imported.node) < at


def _is_free(imports: Imports, wanted: Import, scope: Scope) -> bool:
    """Whether the module may import something, and a scope sees it then."""
    outline, project = imports.outline, imports.project
    if wanted.binds in _BUILTINS or wanted.module == outline.module:
        return False
    if not imports.may_bind(wanted):
        return False
    found = scope.lookup(wanted.binds)
    if found is not None:
        return found[0] is outline
    stars = outline.star_imports
    return not stars or (
        all(project.locate(star, outline.root) is not None for star in stars)
        and project.resolve_name([wanted.binds], outline) is None
    )
