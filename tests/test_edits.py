"""A workspace that lives through edits finds what a fresh one does."""

import ast
from collections.abc import Iterator
from pathlib import Path

from handbook.checking.workspace import Workspace
from handbook.config import Configuration
from handbook.violation import Violation

APP = Path(__file__).parents[1] / "fixtures" / "reference" / "app"
PATHS: list[Path] = [path for path in sorted(APP.rglob("*.py")) if path.stat().st_size > 1_000]
ALL: dict[str, object] = {"select": ["ALL"], "preview": True}
CUTS = ("await ", "async ", ": str", ": UUID", "Depends(", "dependencies=", "\n\n", "from app.")


def edited(text: str) -> Iterator[str]:
    """The text without something that it holds, where that is still Python."""
    for cut in CUTS:
        for count in (1, -1):
            new = text.replace(cut, "", count)
            try:
                ast.parse(new)
            except SyntaxError:
                continue
            if new != text:
                yield new


def fresh(path: Path, texts: dict[str, str]) -> list[Violation]:
    """What a workspace finds that has seen nothing else."""
    workspace = Workspace(Configuration(overrides=ALL))
    workspace.overlays.update(texts)
    return workspace.check(path).violations


def test_edits() -> None:
    """Of the file itself, and of others: no answer is kept that an edit undoes."""
    found = 0
    workspace = Workspace(Configuration(overrides=ALL), interactive=True)
    texts: dict[str, str] = {}
    for index, path in enumerate(PATHS[::8]):
        other = PATHS[(index * 5) % len(PATHS)]
        workspace.check(other)
        for text in edited(path.read_text(encoding="utf-8")):
            texts[str(path)] = text
            workspace.update(path, text)
            for asked in (path, other):
                violations = workspace.check(asked).violations
                assert violations == fresh(asked, texts), (path, asked)
                found += len(violations)
    assert found
