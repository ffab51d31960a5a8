"""Screens only save work: without them the rules find the same, whatever the program."""

import ast
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handbook.checking.workspace import Workspace
from handbook.config import Configuration
from handbook.rulebook.documentation import documentation
from handbook.rulebook.registry import registry
from handbook.violation import Violation

type Snippet = tuple[str, str]
"""A top-level statement of an example, and the imports of the file that it is from."""

_PATHS = ("app/main.py", "app/users/router.py", "app/users/service.py", "app/users/models.py")


def _snippets() -> Iterator[Snippet]:
    """Every top-level statement of every example, which mention what the rules look for."""
    for rule in registry().rules.values():
        for example in documentation(rule).examples:
            for text in example.files.values() if example.language == "python" else ():
                try:
                    body = ast.parse(text).body
                except SyntaxError:
                    continue
                imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
                header = "".join(_source(node, text) for node in imports)
                for node in body:
                    if node not in imports:
                        yield _source(node, text), header


def _source(node: ast.stmt, text: str) -> str:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return "".join(text.splitlines(keepends=True)[first - 1 : node.end_lineno])


SNIPPETS = sorted({*_snippets()})


def module(chance: Random) -> str:
    """A module of statements from anywhere, some of which lack their imports."""
    chosen = chance.sample(SNIPPETS, chance.randint(1, 16))
    headers = [header for _, header in chosen if chance.random() < 0.8]
    return "\n".join([*headers, *(text for text, _ in chosen)])


def check(folder: Path, *, screens: bool) -> list[Violation]:
    """What all rules find in a folder."""
    workspace = Workspace(Configuration(overrides={"preview": True}), screens=screens)
    found: list[Violation] = []
    for path in sorted(folder.rglob("*.py")):
        result = workspace.check(path)
        assert result.failures == []
        found += result.violations
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=True))
def test_screens_only_save_work(chance: Random) -> None:
    """Every rule sees every file and finds nothing more."""
    texts = [module(chance) for _ in range(chance.randint(1, len(_PATHS)))]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pyproject.toml").touch()
        for path, text in zip(_PATHS, texts, strict=False):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        assert check(folder, screens=False) == check(folder, screens=True)
