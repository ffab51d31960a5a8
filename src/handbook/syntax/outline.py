"""What one module declares, from one pass over its `ast`: scopes, and what names are bound to.

An outline is all that other files ever see of a module. Its positions are `ast`'s: lines from 1,
columns in UTF-8 bytes; `SourceFile.span` turns them into places of the text.
"""

import ast
from collections.abc import Callable, Iterable, Sequence

from handbook.syntax.blocks import Block, words_in
from handbook.syntax.builder import Builder
from handbook.syntax.own_nodes import around_call, children, nodes_below, own_nodes
from handbook.syntax.scopes import (
    Assigned,
    Binding,
    ClassScope,
    Definition,
    FunctionNode,
    FunctionScope,
    Imported,
    Opaque,
    Outline,
    Parameter,
    Scope,
)

__all__ = [
    "Assigned",
    "Binding",
    "Block",
    "ClassScope",
    "Definition",
    "FunctionNode",
    "FunctionScope",
    "Imported",
    "Opaque",
    "Outline",
    "Parameter",
    "Scope",
    "around_call",
    "children",
    "make_outline",
    "nodes_below",
    "own_nodes",
]


def make_outline(
    tree: ast.Module,
    lines: Sequence[str],
    *,
    path: str = "",
    module: str = "",
    is_package: bool = False,
    root: str = "",
    before: Outline | None = None,
    other_names: Callable[[Imported], Iterable[str]] | None = None,
) -> Outline:
    """Read what a module declares.

    Args:
        tree: of the module.
        lines: its text, with line ends.
        path: of the file, as the project knows it.
        module: its dotted name.
        is_package: whether it is an `__init__` file.
        root: the source root that `module` is relative to.
        before: the outline of an earlier text, some of whose nodes `tree` has.
        other_names: what other modules of the project call the thing that an import takes.
    """
    outline = Outline(tree, lines, path=path, module=module, is_package=is_package, root=root)
    builder = Builder(outline)
    for node in tree.body:
        _block_of(outline, node).nodes.append(node)
        builder.statement(node, outline)
    text = "".join(lines)
    _read_words(outline, text, other_names)
    if before is not None:
        _take_over(outline, before)
    if ":=" in text:
        for block in outline.blocks:
            if ":=" in block.text:
                builder.walrus_targets(block)
    outline.star_imports = [
        imported.module
        for imported in outline.imports
        if imported.name == "*" and imported.scope is outline
    ]
    outline.exports = _exports(outline.bindings.get("__all__", ()))
    return outline


def _block_of(outline: Outline, node: ast.stmt) -> Block:
    first = node.lineno
    for decorator in getattr(node, "decorator_list", ()):
        first = min(first, decorator.lineno)
    last = node.end_lineno or first
    if outline.blocks and first <= outline.blocks[-1].last_line:
        outline.blocks[-1].last_line = max(last, outline.blocks[-1].last_line)
    else:
        outline.blocks.append(Block(first, last, len(outline.definitions), outline.stands_for))
    return outline.blocks[-1]


def _take_over(outline: Outline, before: Outline) -> None:
    """Keep what was found in nodes that are still the same."""
    if before.stands_for == outline.stands_for:
        blocks = {block.nodes[0]: block for block in before.blocks}
        for block in outline.blocks:
            if block.nodes[0] in blocks:
                block.take_over(blocks[block.nodes[0]])
    known = {definition.node: definition for definition in before.definitions}
    for definition in outline.definitions:
        same = known.get(definition.node)
        if same is not None:
            definition.own_nodes = same.own_nodes
            if same.calls is not None and all(site.scope is same for site in same.calls):
                definition.calls = [site._replace(scope=definition) for site in same.calls]


def _read_words(
    outline: Outline, text: str, other_names: Callable[[Imported], Iterable[str]] | None
) -> None:
    for name, bound in outline.bindings.items():
        words = _parts_of(outline, bound)
        for binding in bound:
            if isinstance(binding, Imported) and other_names is not None:
                words.update(other_names(binding))
        if words:
            outline.stands_for[name] = words
    outline.words = words_in(text, outline.stands_for)
    for block in outline.blocks:
        block.lines = outline.lines[block.first_line - 1 : block.last_line]


def _parts_of(outline: Outline, bound: Sequence[Binding]) -> set[str]:
    parts: set[str] = set()
    for binding in bound:
        match binding:
            case Imported(target=target):
                parts.update(target.split("."))
            case Assigned(value=ast.Name(id=name)):
                parts |= {name} | outline.stands_for.get(name, set())
            case Assigned(value=ast.Attribute(value=ast.Name(id=name), attr=attribute)):
                parts |= {name, attribute} | outline.stands_for.get(name, set())
    return parts


def _exports(bound: Sequence[Binding]) -> frozenset[str] | None:
    """The names in `__all__`, where it is one literal list or tuple of strings."""
    match bound:
        case [Assigned(value=ast.List(elts=elements) | ast.Tuple(elts=elements))]:
            names = [
                element.value
                for element in elements
                if isinstance(element, ast.Constant) and isinstance(element.value, str)
            ]
            return frozenset(names) if len(names) == len(elements) else None
    return None
