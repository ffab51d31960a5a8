"""HB031."""

from collections.abc import Iterator

import libcst as cst

from handbook.names import Names
from handbook.rule import Finding, NodeRule
from handbook.source import SourceFile

MODERN = {
    "typing.List": "list",
    "typing.Dict": "dict",
}
NAMES = Names(MODERN)


class LegacyTypingCollection(NodeRule[cst.Name | cst.Attribute]):
    """A collection type is taken from `typing` where the builtin one is meant.

    Since Python 3.9.

    Bad:

    ```python
    from typing import List

    names: List[str] = []  # <-
    ```

    Good:

    ```python
    names: list[str] = []
    ```
    """

    code = "HB031"
    on = (cst.Name, cst.Attribute)
    needs = NAMES.words

    def check(self, node: cst.Name | cst.Attribute, file: SourceFile) -> Iterator[Finding]:
        """Report a use of a collection of `typing`."""
        parent = file.parent(node)
        if isinstance(parent, cst.Attribute) or isinstance(parent, cst.ImportAlias):
            return
        name = file.refers_to(node, NAMES)
        if name is not None:
            yield Finding(node, f"`{file.code(node)}`: write `{MODERN[name]}`")
