"""What a module imports, and how to have one name more or one less."""

from collections.abc import Iterable, Mapping, Sequence

from handbook.outline import Outline, Scope
from handbook.source import SourceFile
from handbook.violation import Edit, Import, Position, Span


def imports_of(file: SourceFile) -> "Imports":
    """The imports of a file."""
    return file.fact(Imports, lambda: Imports(file.outline))


class Imports:
    """The imports of one module."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline

    def spell(
        self,
        names: Sequence[str],
        scope: Scope,
        at: Position,
        *,
        shadowed: Iterable[str] = (),
        planned: Mapping[str, Import] | None = None,
        typing_only: bool = False,
    ) -> tuple[str, Import | None] | None:
        """How to write a name in a scope."""
        module, _, name = names[0].rpartition(".")
        return name, Import(module or name, name if module else "")

    def edits(
        self, added: Iterable[Import], released: Iterable[str], body: Sequence[Edit]
    ) -> tuple[Edit, ...] | None:
        """The edits that change the imports."""
        return ()

    def removal(self, span: Span) -> Edit | None:
        """The edit that takes away the statement at `span`."""
        return Edit(span, "pass")
