"""What one module declares, from one pass over its `ast`: scopes, and what names are bound to.

An outline is all that other files ever see of a module. Its positions are `ast`'s: lines from 1,
columns in UTF-8 bytes; `SourceFile.span` turns them into places of the text.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import pairwise

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
    "nodes_below",
    "own_nodes",
]

_WORD = re.compile(r"[^\W\d]\w*")
_SPACED = bytes(
    code if chr(code).isalnum() or chr(code) == "_" else ord(" ") for code in range(128)
).ljust(256)


def _words_in(text: str, stands_for: Mapping[str, set[str]]) -> set[str]:
    """Every identifier in a text, and the parts of what these stand for."""
    if text.isascii():
        # As the expression below does it, at half the cost.
        found = text.encode().translate(_SPACED).decode().split()
    else:
        found = _WORD.findall(text)
    # The same words stand in many blocks and files.
    words = set(map(sys.intern, set(found)))
    for name in words & stands_for.keys():
        words |= stands_for[name]
    return words


class Block:
    """One top-level statement of a module, or several that share a line.

    Attributes:
        first_line: of its first decorator, or of the statement.
        last_line: of its last character.
        lines: those lines with their ends.
        first_definition: how many classes and functions come before it in the module.
    """

    __slots__ = (
        *("_stands_for", "_words", "first_definition", "first_line", "last_line"),
        *("lines", "nodes"),
    )

    def __init__(
        self,
        first_line: int,
        last_line: int,
        first_definition: int,
        stands_for: Mapping[str, set[str]],
    ) -> None:
        self.first_line = first_line
        self.last_line = last_line
        self.first_definition = first_definition
        self.nodes: list[ast.stmt] = []
        self.lines: Sequence[str] = ()
        self._stands_for = stands_for
        self._words: set[str] | None = None

    @property
    def text(self) -> str:
        """Its lines, ends included."""
        return "".join(self.lines)

    @property
    def words(self) -> set[str]:
        """Every identifier in the text, comments and strings included; found once.

        For each name that is an import's, the parts of the dotted name that it stands for are
        there too.
        """
        if self._words is None:
            self._words = _words_in(self.text, self._stands_for)
        return self._words

    def take_over(self, before: "Block") -> None:
        """Keep the words of an earlier block with the same text."""
        self._words = before._words


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
        words: every identifier in the text, as for a block.
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
        text = "".join(lines)
        self._read_words(text)
        if before is not None:
            self._take_over(before)
        if ":=" in text:
            for block in self.blocks:
                if ":=" in block.text:
                    builder.walrus_targets(block)
        self.star_imports = [
            imported.module
            for imported in self.imports
            if imported.name == "*" and imported.scope is self
        ]
        self.exports = _exports(self.bindings.get("__all__", ()))

    def scopes_with(self, words: Set[str]) -> Iterator[Scope]:
        """The module, and the classes and functions in statements that may hold one of the words.

        There are none if no statement does. An imported name may stand for a word, as in a block.
        """
        spelled = self.words & words
        if not spelled:
            return
        yield self
        for name, parts in self.stands_for.items():
            if not parts.isdisjoint(spelled):
                spelled.add(name)
        firsts = [*(block.first_definition for block in self.blocks), len(self.definitions)]
        for block, (first, end) in zip(self.blocks, pairwise(firsts), strict=True):
            if first < end:
                text = block.text
                if any(word in text for word in spelled):
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
            self.blocks.append(Block(first, last, len(self.definitions), self.stands_for))
        return self.blocks[-1]

    def _take_over(self, before: "Outline") -> None:
        """Keep what was found in nodes that are still the same."""
        if before.stands_for == self.stands_for:
            blocks = {block.nodes[0]: block for block in before.blocks}
            for block in self.blocks:
                if block.nodes[0] in blocks:
                    block.take_over(blocks[block.nodes[0]])
        known = {definition.node: definition for definition in before.definitions}
        for definition in self.definitions:
            same = known.get(definition.node)
            if same is not None:
                definition.own_nodes = same.own_nodes
                if same.calls is not None and all(site.scope is same for site in same.calls):
                    definition.calls = [site._replace(scope=definition) for site in same.calls]

    def _read_words(self, text: str) -> None:
        for name, bound in self.bindings.items():
            words = self._parts_of(bound)
            if words:
                self.stands_for[name] = words
        self.words = _words_in(text, self.stands_for)
        for block in self.blocks:
            block.lines = self.lines[block.first_line - 1 : block.last_line]

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
