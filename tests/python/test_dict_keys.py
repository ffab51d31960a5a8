"""What dictionaries hold: each program hands one to `reveal`."""

import ast
from pathlib import Path

import pytest

from handbook.python.project.project import Project
from handbook.python.values.dict_keys import Contents, contents_of
from handbook.rulebook.documentation import files_of
from handbook.syntax.outline import own_nodes

CASES: dict[str, tuple[str, str]] = {
    "literal": ("reveal({'a': 1, 'b': 2})", "a b"),
    "constant key": ("KEY = 'a'\nreveal({KEY: 1})", "a"),
    "computed key": ("reveal({key(): 1, 'b': 2})", "b ?"),
    "unpacked": ("more = {'a': 1}\nreveal({**more, 'b': 2})", "a b"),
    "unpacked, unknown": ("reveal({**more, 'b': 2})", "b ?"),
    "sum": ("reveal({'a': 1} | {'b': 2})", "a b"),
    "call": ("reveal(dict({'a': 1}, b=2))", "a b"),
    "choice": ("reveal({'a': 1} if x else None)", "a"),
    "default": ("reveal({} or {'a': 1})", "a"),
    "name": ("d = {'a': 1}\nreveal(d)", "a"),
    "item put in": ("d = {'a': 1}\nd['b'] = 2\nreveal(d)", "a b"),
    "item put in by an unknown key": ("d = {'a': 1}\nd[x] = 2\nreveal(d)", "a ?"),
    "update": ("d = {}\nd.update({'a': 1}, b=2)\nreveal(d)", "a b"),
    "update with something unknown": ("d = {}\nd.update(x)\nreveal(d)", "?"),
    "setdefault": ("d = {}\nd.setdefault('a', 1)\nreveal(d)", "a"),
    "in-place sum": ("d = {'a': 1}\nd |= {'b': 2}\nreveal(d)", "a b"),
    "copy": ("d = {'a': 1}\ne = d.copy()\ne['b'] = 2\nreveal(e)", "a b"),
    "deep copy": ("from copy import deepcopy\nd = {'a': 1}\nreveal(deepcopy(d))", "a"),
    "parameter": ("def f(d):\n    d['a'] = 1\n    reveal(d)", "a ?"),
    "copy of a parameter": ("def f(d):\n    e = d.copy()\n    e['a'] = 1\n    reveal(e)", "a ?"),
    "two branches": ("if x:\n    d = {'a': 1}\nelse:\n    d = {'b': 2}\nreveal(d)", "a b"),
    "handed to a function": ("def f(d): ...\nd = {'a': 1}\nf(d)\nreveal(d)", "a ?"),
    "handed to a logger": ("d = {'a': 1}\nlogger.info(d)\nprint(d)\nreveal(d)", "a"),
    "handed to an unknown method": ("d = {'a': 1}\nself.sign(d)\nreveal(d)", "a ?"),
    "result": ("def f():\n    return {'a': 1}\nreveal(f())", "a"),
    "result of a decorated function": ("@x\ndef f():\n    return {'a': 1}\nreveal(f())", "?"),
    "loop": ("for d in x:\n    reveal(d)", "?"),
    "settings": (
        "import config\nreveal(config.OPTIONS)\n# file: config.py\nOPTIONS = {'a': 1}\n",
        "a",
    ),
}


def revealed(code: str, root: Path) -> Contents:
    """What the dictionary holds that is handed to `reveal`."""
    texts = {str(root / path): text for path, text in files_of(code).items()}
    project = Project(root, overlays=texts)
    outline = project.read_outline(str(root / "example.py"))
    for scope in (outline, *outline.definitions):
        for node in own_nodes(scope):
            match node:
                case ast.Call(func=ast.Name(id="reveal"), args=[argument]):
                    return contents_of(project, argument, scope)
    raise AssertionError("nothing revealed")


@pytest.mark.parametrize("name", CASES)
def test_contents(name: str, tmp_path: Path) -> None:
    """Each dictionary has the keys that are expected, and is complete unless `?` is."""
    code, expected = CASES[name]
    found = revealed(code, tmp_path)
    assert " ".join([*found.items, *([] if found.is_complete else ["?"])]) == expected


def test_values(tmp_path: Path) -> None:
    """The values of a key are all that it may have."""
    found = revealed("d = {'a': 1}\nd['a'] = 2\nd.update(a=3)\nreveal(d)", tmp_path)
    assert [ast.unparse(value.node) for value in found.items["a"]] == ["1", "2", "3"]
    assert found.surely_lacks("b")
    assert not found.surely_lacks("a")
