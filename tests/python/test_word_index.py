"""The index of words: exact, whichever way a word is looked for, and up to date after edits."""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from handbook.python.project import word_index
from handbook.python.project.project import Project
from handbook.python.project.users import users_of
from handbook.python.project.word_index import WordIndex
from handbook.syntax.outline import FunctionScope

_WORDS = ("mount", "amount", "get", "été", "_x", "x1")
_TEXTS = st.lists(st.sampled_from([*_WORDS, " ", ".", "(", "\n", '"', "#"]), max_size=12).map(
    "".join
)


def _holds(text: str, word: str) -> bool:
    return word in re.findall(r"\w+", text)


@given(st.dictionaries(st.sampled_from("abcd"), _TEXTS), st.data())
def test_which_files_hold_a_word(texts: dict[str, str], data: st.DataObject) -> None:
    """A word is found where it stands alone, searched for or looked up, also after an edit."""
    overlays = dict(texts)
    for searches in (64, 0):
        word_index._SEARCHES = searches
        index = WordIndex(texts, overlays)
        for word in _WORDS:
            expected = {path for path, text in texts.items() if _holds(text, word)}
            found = index.holding(word)
            # Beside letters that are not ASCII a word may be found that is part of a longer one.
            assert expected <= found
            assert all(not texts[path].isascii() for path in found - expected)
        if texts:
            path = data.draw(st.sampled_from(sorted(texts)))
            before, overlays[path] = overlays[path], data.draw(_TEXTS)
            changed, _ = index.update(path)
            for word in _WORDS:
                if _holds(before, word) != _holds(overlays[path], word):
                    assert word in changed
                    assert (path in index.holding(word)) or not _holds(overlays[path], word)
            overlays[path] = before
    word_index._SEARCHES = 64


def _function(project: Project, path: str, name: str) -> FunctionScope:
    outline = project.outline(path)
    assert outline is not None
    (function,) = (found for found in outline.definitions if found.name == name)
    assert isinstance(function, FunctionScope)
    return function


def test_where_a_function_may_be_used(tmp_path: Path) -> None:
    """Under the names that other modules give it, through packages, stars and dots; nowhere else."""
    files = {
        "pkg/__init__.py": "from pkg.setup import register as install\n",
        "pkg/setup.py": "def register(app): ...\n",
        "pkg/near.py": "from . import install\n\ninstall(1)\n",
        "main.py": "from pkg import install\n\ninstall(1)\n",
        "direct.py": "import pkg.setup as s\n\ns.register(1)\n",
        "stars.py": "from pkg.setup import *\n",
        "through.py": "from stars import register\n\nregister(1)\n",
        "other.py": "def register(app): ...\n\n\nregister(2)\n",
        "unrelated.py": "install = 3\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    paths = [str(tmp_path / name) for name in files]
    project = Project(tmp_path, list_files=lambda: paths, tracks=True)
    names, outlines = users_of(
        project, _function(project, str(tmp_path / "pkg/setup.py"), "register")
    )
    assert names == {"register", "install"}
    found = {str(Path(outline.path).relative_to(tmp_path)) for outline in outlines}
    assert found == {
        *("pkg/__init__.py", "pkg/setup.py", "pkg/near.py"),
        *("main.py", "direct.py", "through.py"),
    }


def test_answers_hang_on_words_and_not_on_all_files(tmp_path: Path) -> None:
    """An edit that brings no word in question leaves an answer alone; one that does undoes it."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.py").write_text("x = 1\n")
    paths = [str(tmp_path / f"{name}.py") for name in ("a", "b")]
    project = Project(tmp_path, list_files=lambda: paths, tracks=True)
    asked: list[int] = []

    def count() -> int:
        asked.append(1)
        return len([*project.mentioning("FastAPI")])

    assert project.fact("apps", count) == 0
    assert project.update(paths[0], "x = 2\n") is not None
    assert project.fact("apps", count) == 0
    assert len(asked) == 1
    assert "word:FastAPI" in (project.update(paths[0], "import FastAPI\n") or ())
    assert project.fact("apps", count) == 1
    assert len(asked) == 2
