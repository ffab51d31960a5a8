"""What one module declares, from one pass over its `ast`: scopes, and what names are bound to.

An outline is all that other files ever see of a module. Its positions are `ast`'s: lines from 1,
columns in UTF-8 bytes; `SourceFile.span` turns them into places of the text.
"""

import ast
import re
import sys
from collections.abc import Iterator, Sequence, Set
from itertools import pairwise

from handbook.syntax.builder import Builder
from handbook.syntax.own_nodes import children, nodes_below, own_nodes
from handbook.syntax.scopes import (
    Assigned,
    Binding,
    ClassScope,
    Definition,
    FunctionNode,
    FunctionScope,
    Imported,
    Opaque,
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
    "children",
    "nodes_below",
    "own_nodes",
]

_WORD = re.compile(r"[^\W\d]\w*")


class Block:
    """One top-level statement of a module, or several that share a line.

    Attributes:
        first_line: of its first decorator, or of the statement.
        last_line: of its last character.
        lines: those lines with their ends.
        first_definition: how many classes and functions come before it in the module.
        words: every identifier in the text, comments and strings included, and for each name that
            is an import's, the parts of the dotted name that it stands for.
    """

    __slots__ = ("first_definition", "first_line", "last_line", "lines", "nodes", "words")

    def __init__(self, first_line: int, last_line: int, first_definition: int) -> None:
        self.first_line = first_line
        self.last_line = last_line
        self.first_definition = first_definition
        self.nodes: list[ast.stmt] = []
        self.lines: Sequence[str] = ()
        self.words: set[str] = set()

    @property
    def text(self) -> str:
        """Its lines, ends included."""
        return "".join(self.lines)


class Outline(Scope):
    """A module.

    Attributes:
        path: the file's, as the project knows it.
        module: its dotted name, `app.users.models`.
        is_package: whether it is an `__init__` file.
        root: the source root that `module` is relative to.
        tree: the whole `ast`.
        blocks: its top-level statements.
        definitions: every class and function, however deep, in source order.
        imports: every imported name, however deep, in source order.
        star_imports: the absolute names of the modules of which it imports everything.
        exports: the names in `__all__`; `None` where it is absent or computed.
        lines: its text, with line ends.
        words: those of all blocks.
        stands_for: for each name that only imports and aliases of dotted names bind, the parts of
            what it stands for.
    """

    def __init__(
        self,
        tree: ast.Module,
        lines: Sequence[str],
        *,
        path: str = "",
        module: str = "",
        is_package: bool = False,
        root: str = "",
        before: "Outline | None" = None,
    ) -> None:
        """Read a tree; `before` is the outline of an earlier text, some of whose nodes it has."""
        super().__init__(module.rpartition(".")[2], None, tree.body)
        self.outline = self
        self.path = path
        self.module = module
        self.is_package = is_package
        self.root = root
        self.tree = tree
        self.lines = lines
        self.stands_for: dict[str, set[str]] = {}
        self.blocks: list[Block] = []
        self.definitions: list[Definition] = []
        self.imports: list[Imported] = []
        builder = Builder(self)
        for node in tree.body:
            self._block_of(node).nodes.append(node)
            builder.statement(node, self)
        if before is not None:
            self._take_over(before)
        self._read_words(before)
        for block in self.blocks:
            if any(":=" in line for line in block.lines):
                builder.walrus_targets(block)
        self.star_imports = [
            imported.module
            for imported in self.imports
            if imported.name == "*" and imported.scope is self
        ]
        self.exports = _exports(self.bindings.get("__all__", ()))

    def scopes_with(self, words: Set[str]) -> Iterator[Scope]:
        """The module, and the classes and functions in the statements that hold one of the words.

        There are none if no statement does. An imported name may stand for a word, as in a block.
        """
        if not words.isdisjoint(self.words):
            yield self
        firsts = [*(block.first_definition for block in self.blocks), len(self.definitions)]
        for block, (first, end) in zip(self.blocks, pairwise(firsts), strict=True):
            if first < end and not words.isdisjoint(block.words):
                yield from self.definitions[first:end]

    @property
    def package(self) -> str:
        """The dotted name of the package that its relative imports start from."""
        return self.module if self.is_package else self.module.rpartition(".")[0]

    def absolute(self, module: str | None, level: int) -> str:
        """Give the absolute name of the module in `from <level dots><module> import …`.

        Returns the empty string where the dots lead out of the package.
        """
        if not level:
            return module or ""
        parts = self.package.split(".") if self.package else []
        if level > len(parts):
            return ""
        return ".".join([*parts[: len(parts) - level + 1], *([module] if module else [])])

    def _block_of(self, node: ast.stmt) -> Block:
        first = node.lineno
        for decorator in getattr(node, "decorator_list", ()):
            first = min(first, decorator.lineno)
        last = node.end_lineno or first
        if self.blocks and first <= self.blocks[-1].last_line:
            self.blocks[-1].last_line = max(last, self.blocks[-1].last_line)
        else:
            self.blocks.append(Block(first, last, len(self.definitions)))
        return self.blocks[-1]

    def _take_over(self, before: "Outline") -> None:
        """Keep what was found in nodes that are still the same."""
        known = {definition.node: definition for definition in before.definitions}
        for definition in self.definitions:
            same = known.get(definition.node)
            if same is not None:
                definition.own_nodes = same.own_nodes
                definition.nodes_by_kind = same.nodes_by_kind
                if same.calls is not None and all(site.scope is same for site in same.calls):
                    definition.calls = [site._replace(scope=definition) for site in same.calls]

    def _read_words(self, before: "Outline | None") -> None:
        for name, bound in self.bindings.items():
            words = self._parts_of(bound)
            if words:
                self.stands_for[name] = words
        known: dict[ast.stmt, set[str]] = {}
        if before is not None and before.stands_for == self.stands_for:
            known = {block.nodes[0]: block.words for block in before.blocks}
        for block in self.blocks:
            block.lines = self.lines[block.first_line - 1 : block.last_line]
            words = block.words = known.get(block.nodes[0], set())
            if not words:
                # The same words stand in many blocks and files.
                words.update(map(sys.intern, _WORD.findall(block.text)))
                for name in words & self.stands_for.keys():
                    words |= self.stands_for[name]
        self.words: set[str] = set().union(*(block.words for block in self.blocks))

    def _parts_of(self, bound: Sequence[Binding]) -> set[str]:
        parts: set[str] = set()
        for binding in bound:
            match binding:
                case Imported(target=target):
                    parts.update(target.split("."))
                case Assigned(value=ast.Name(id=name)):
                    parts |= {name} | self.stands_for.get(name, set())
                case Assigned(value=ast.Attribute(value=ast.Name(id=name), attr=attribute)):
                    parts |= {name, attribute} | self.stands_for.get(name, set())
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
