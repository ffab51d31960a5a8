"""The names of `typing` that newer Python has better words for, and where a file uses them."""

import ast
import re
from collections.abc import Container, Iterator

from handbook.python.project.reexports import imported_elsewhere, is_kept
from handbook.python.project.references import TYPING_MODULES, Reference, named_references
from handbook.python.project.source import SourceFile
from handbook.syntax.names import Names
from handbook.syntax.outline import Imported

COLLECTIONS = {
    "List": "list",
    "Dict": "dict",
    "Set": "set",
    "FrozenSet": "frozenset",
    "Tuple": "tuple",
    "Type": "type",
    "Deque": "collections.deque",
    "DefaultDict": "collections.defaultdict",
    "OrderedDict": "collections.OrderedDict",
    "Counter": "collections.Counter",
    "ChainMap": "collections.ChainMap",
}
"""The generic aliases of concrete collections, and what they are aliases of."""

_SAME_NAME = """
    AsyncGenerator AsyncIterable AsyncIterator Awaitable Callable Collection Container Coroutine
    Generator Hashable ItemsView Iterable Iterator KeysView Mapping MappingView MutableMapping
    MutableSequence MutableSet Reversible Sequence Sized ValuesView
""".split()
ABSTRACT = {
    **{name: f"collections.abc.{name}" for name in _SAME_NAME},
    "AbstractSet": "collections.abc.Set",
    "ContextManager": "contextlib.AbstractContextManager",
    "AsyncContextManager": "contextlib.AbstractAsyncContextManager",
}
"""The aliases of abstract classes, and where those are defined."""

UNIONS = frozenset({"Optional", "Union"})

_LEGACY = Names.under(TYPING_MODULES, *UNIONS, *COLLECTIONS, *ABSTRACT)


def legacy_references(file: SourceFile, names: Container[str]) -> Iterator[tuple[str, Reference]]:
    """The references in a file to some legacy names of `typing`, in source order.

    Values are given, too: ask `means_type` of them.
    """
    found = file.fact("legacy typing", lambda: named_references(file, _LEGACY))
    for qualified_name, reference in found:
        name = qualified_name.rpartition(".")[2]
        if name in names:
            yield name, reference


def imports_from_typing(file: SourceFile, names: Container[str]) -> Iterator[Imported]:
    """The imports of some names of `typing`, by name and from there itself."""
    for imported in file.outline.imports:
        if imported.name in names and imported.module in TYPING_MODULES:
            yield imported


def unused_imports(file: SourceFile, names: Container[str]) -> Iterator[Imported]:
    """The imports of some names of `typing` that nothing in the file uses or hands on.

    A word in a comment or a string counts as a use, and so does a `# noqa: F401`.
    """
    if file.outline.is_package:
        return
    for imported in imports_from_typing(file, names):
        alias = imported.alias
        bound = alias.asname or alias.name
        if (
            alias.asname != alias.name
            and not is_kept(file.outline, imported.node)
            and not _occurs(bound, imported.node, file)
            and bound not in imported_elsewhere(file.project, file.outline)
        ):
            yield imported


def _occurs(name: str, but_in: ast.stmt, file: SourceFile) -> bool:
    """Whether a word occurs in a file outside one statement."""
    within = range(but_in.lineno, (but_in.end_lineno or but_in.lineno) + 1)
    pattern = re.compile(rf"\b{re.escape(name)}\b")
    return any(
        pattern.search(line)
        for block in file.outline.blocks
        if name in block.text
        for number, line in enumerate(block.lines, block.first_line)
        if number not in within
    )
