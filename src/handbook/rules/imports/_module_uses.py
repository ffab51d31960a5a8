"""What a module reads from another one that it imports as a whole."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from handbook.python.project.project import dotted_parts
from handbook.syntax.outline import Imported, Outline, Scope, own_nodes


class ModuleUse(NamedTuple):
    """One place where a module is named.

    Attributes:
        node: the name of the module as it is written there, `app.users.service`.
        read: the attribute that is read from it; `None` where it is used as a value or changed.
    """

    node: ast.expr
    read: ast.Attribute | None


def uses_of(imported: Imported, outline: Outline) -> Iterator[ModuleUse]:
    """The uses of a module that a plain `import` brings, past those of its submodules.

    A name that stands for a package around it, by itself, may be any of its modules: it is given
    as a value of this one.
    """
    alias = imported.alias
    written = [alias.asname] if alias.asname else imported.module.split(".")
    others = [] if alias.asname else _modules_below(imported, outline)
    for chain in _chains(written[0], imported.scope, outline):
        parts = dotted_parts(chain[-1]) or []
        if len(parts) > len(written):
            if parts[: len(written)] != written:
                continue
            if any(parts[: len(other)] == other for other in others):
                continue
            match chain[len(written)]:
                case ast.Attribute(ctx=ast.Load()) as read:
                    yield ModuleUse(chain[len(written) - 1], read)
                case _:
                    yield ModuleUse(chain[len(written) - 1], None)
        elif parts == written[: len(parts)]:
            yield ModuleUse(chain[-1], None)


def leads_elsewhere(imported: Imported, outline: Outline) -> bool:
    """Whether the name that a plain `import` binds is used for what none of them brings.

    `import app.users` lets a module write `app.orders`, too, once some other module has run that.
    """
    alias = imported.alias
    if alias.asname:
        return False
    brought = [
        other.module.split(".")
        for other in outline.imports
        if other.name is None and other.alias.asname is None and other.scope is imported.scope
    ]
    for chain in _chains(imported.module.partition(".")[0], imported.scope, outline):
        parts = dotted_parts(chain[-1]) or []
        if not any(parts[: len(written)] == written for written in brought):
            return True
    return False


def _modules_below(imported: Imported, outline: Outline) -> list[list[str]]:
    """The modules within one that the same module imports in the same way."""
    inside = f"{imported.module}."
    return [
        other.module.split(".")
        for other in outline.imports
        if other.name is None and other.alias.asname is None and other.module.startswith(inside)
    ]


def _chains(name: str, scope: Scope, outline: Outline) -> Iterator[list[ast.expr]]:
    """Each use of a name of a scope with the attributes around it: `a`, `a.b`, `a.b.c`."""
    scopes: list[Scope] = [outline, *outline.definitions]
    for inner in scopes:
        found = inner.lookup(name)
        if found is None or found[0] is not scope:
            continue
        heads = [node for node in own_nodes(inner, ast.Name) if node.id == name]
        around = {node.value: node for node in own_nodes(inner, ast.Attribute)} if heads else {}
        for head in heads:
            chain: list[ast.expr] = [head]
            while chain[-1] in around:
                chain.append(around[chain[-1]])
            yield chain
