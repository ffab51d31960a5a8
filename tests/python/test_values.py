"""What an expression may stand for: each program asks with `reveal(expression)`."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from handbook.python.calls.callers import callers
from handbook.python.project.project import Project
from handbook.python.values.strings import possible_items, possible_texts
from handbook.python.values.values import Value, elements, possible_values, string, strings, values
from handbook.rulebook.documentation import files_of
from handbook.syntax.outline import FunctionScope, Scope, own_nodes


def reveals(code: str, root: Path) -> Iterator[tuple[Project, ast.expr, Scope]]:
    """What `reveal(…)` is given in `example.py`, and the scope that it stands in."""
    texts = {str(root / path): text for path, text in files_of(dedent(code)).items()}
    project = Project(root, overlays=texts)
    outline = project.read_outline(str(root / "example.py"))
    for scope in (outline, *outline.definitions):
        for node in own_nodes(scope):
            match node:
                case ast.Call(func=ast.Name(id="reveal"), args=[argument]):
                    yield project, argument, scope


def revealed(code: str, root: Path) -> tuple[Project, ast.expr, Scope]:
    """The one revealed expression."""
    return next(reveals(code, root))


def shown(found: list[Value] | None) -> list[str] | None:
    """The source of each value."""
    return None if found is None else [ast.unparse(value.node) for value in found]


ALL: dict[str, tuple[str, list[str] | None]] = {
    "literal": ("reveal(1)", ["1"]),
    "name": ("x = 1\nreveal(x)", ["1"]),
    "alias of an alias": ("x = 1\ny = x\nreveal(y)", ["1"]),
    "unknown name": ("reveal(x)", None),
    "branches": ("x = 1 if a else 2\nreveal(x)", ["1", "2"]),
    "operands": ("x = a or 2\na = 1\nreveal(x)", ["1", "2"]),
    "assignments in branches": (
        "if a:\n    x = 1\nelse:\n    x = 2\nreveal(x)",
        ["1", "2"],
    ),
    "replaced": ("x = 1\nx = 2\nreveal(x)", ["2"]),
    "maybe replaced": ("x = 1\nif a:\n    x = 2\nreveal(x)", ["1", "2"]),
    "replaced later": ("x = 1\nreveal(x)\nx = 2", ["1"]),
    "seen from a function": ("x = 1\nx = 2\ndef f():\n    reveal(x)", ["2"]),
    "seen in its own branch": (
        "if a:\n    x = 1\n    reveal(x)\nelse:\n    x = 2",
        ["1"],
    ),
    "round a loop": ("x = 1\nfor i in y:\n    reveal(x)\n    x = 2", ["1", "2"]),
    "tried": ("try:\n    x = 1\nexcept E:\n    x = 2\nreveal(x)", ["1", "2"]),
    "declared first": ("x: int\nx = 1\nreveal(x)", ["1"]),
    "added to": ("x = [1]\nx += [2]\nreveal(x)", ["x + [2]"]),
    "counted": ("x = 1\nx -= 1\nreveal(x)", None),
    "loop variable": ("for x in [1]:\n    reveal(x)", None),
    "walrus": ("if (x := 1):\n    reveal(x)", ["1"]),
    "parameter": ("def f(x):\n    reveal(x)", None),
    "parameter with default": ("def f(x=1):\n    reveal(x)", None),
    "deleted": ("x = 1\ndel x\nreveal(x)", None),
    "other file": ("from other import x\nreveal(x)\n# file: other.py\nx = 1\n", ["1"]),
    "function": ("def f():\n    return 1\nreveal(f())", ["1"]),
    "function with argument": ("def f(x=2):\n    return x\nreveal(f(1))", ["1"]),
    "function with its default": ("def f(x=2):\n    return x\nreveal(f())", ["2"]),
    "function with hidden arguments": ("def f(x=2):\n    return x\nreveal(f(*a))", None),
    "function in a function": (
        "def f(x):\n    def g():\n        return x\n    return g()\nreveal(f(1))",
        ["1"],
    ),
    "cached function": (
        "from functools import lru_cache\n@lru_cache\ndef f():\n    return 1\nreveal(f())",
        ["1"],
    ),
    "decorated function": ("@d\ndef f():\n    return 1\nreveal(f())", ["f()"]),
    "generator": ("def f():\n    yield 1\n    return 2\nreveal(f())", ["f()"]),
    "function of itself": ("def f():\n    return f()\nreveal(f())", None),
    "library": ("import json\nreveal(json.loads)", ["json.loads"]),
    "class attribute": ("class A:\n    x = 1\nreveal(A.x)", ["1"]),
    "instance": ("class A:\n    x = 1\na = A()\nreveal(a.x)", ["1"]),
    "inherited": ("class A:\n    x = 1\nclass B(A): ...\nreveal(B().x)", ["1"]),
    "overridden": ("class A:\n    x = 1\nclass B(A):\n    x = 2\nreveal(B().x)", ["2"]),
    "property": (
        "class A:\n    y = 1\n    @property\n    def x(self):\n        return self.y\nreveal(A().x)",
        ["1"],
    ),
    "made with": (
        "from pydantic import BaseModel\nclass A(BaseModel):\n    x: int = 1\nreveal(A(x=2).x)",
        ["2"],
    ),
    "made without": (
        "from pydantic import BaseModel\nclass A(BaseModel):\n    x: int = 1\nreveal(A().x)",
        ["1"],
    ),
    "constructor": (
        "class A:\n    def __init__(self, x):\n        self.y = x\na = A(1)\nreveal(a.y)",
        ["1"],
    ),
    "of a parameter": (
        "class A:\n    x = 1\ndef f(a: A):\n    reveal(a.x)",
        ["1"],
    ),
    "from a function": (
        "class A:\n    x = 1\ndef get() -> A: ...\nreveal(get().x)",
        ["1"],
    ),
    "field": (
        "from pydantic import BaseModel, Field\nclass A(BaseModel):\n    x: int = Field(1, ge=0)\nreveal(A().x)",
        ["1"],
    ),
    "field with factory": (
        "from pydantic import BaseModel, Field\nclass A(BaseModel):\n"
        "    x: list = Field(default_factory=lambda: [1])\nreveal(A().x)",
        ["[1]"],
    ),
    "field with function as factory": (
        "from pydantic import BaseModel, Field\ndef f():\n    return [1]\nclass A(BaseModel):\n"
        "    x: list = Field(default_factory=f)\nreveal(A().x)",
        ["[1]"],
    ),
    "annotated field": (
        "from typing import Annotated\nfrom pydantic import BaseModel, Field\nclass A(BaseModel):\n"
        "    x: Annotated[int, Field(default=1)]\nreveal(A().x)",
        ["1"],
    ),
    "required field": (
        "from pydantic import BaseModel\nclass A(BaseModel):\n    x: int\nreveal(A().x)",
        None,
    ),
    "validated field": (
        "from pydantic import BaseModel, field_validator\nclass A(BaseModel):\n    x: int = 1\n"
        "    @field_validator('x')\n    @classmethod\n    def v(cls, v): ...\nreveal(A().x)",
        None,
    ),
    "field that the model's validator looks at": (
        "from pydantic import BaseModel, model_validator\nclass A(BaseModel):\n    x: int = 1\n"
        "    @model_validator(mode='after')\n    def v(self):\n        assert self.x\nreveal(A().x)",
        None,
    ),
    "field of a validated type": (
        "from typing import Annotated\nfrom pydantic import BaseModel, BeforeValidator\nclass A(BaseModel):\n"
        "    x: Annotated[int, BeforeValidator(f)] = 1\nreveal(A().x)",
        None,
    ),
}


@pytest.mark.parametrize(("code", "expected"), ALL.values(), ids=ALL.keys())
def test_values(code: str, expected: list[str] | None, tmp_path: Path) -> None:
    """All values are given, or none."""
    assert shown(values(*revealed(code, tmp_path))) == expected


SOME: dict[str, tuple[str, list[str]]] = {
    "environment": ("import os\nreveal(os.getenv('A', 'b'))", ["'b'"]),
    "environment with default by name": (
        "import os\nreveal(os.environ.get('A', default='b'))",
        ["'b'"],
    ),
    "environment without default": (
        "import os\nreveal(os.environ.get('A'))",
        ["os.environ.get('A')"],
    ),
    "starlette": (
        "from starlette.config import Config\nc = Config('.env')\nreveal(c('A', cast=str, default='b'))",
        ["'b'"],
    ),
    "environs": ("import environs\ne = environs.Env()\nreveal(e.list('A', ['b']))", ["['b']"]),
    "dictionary": ("d = {}\nreveal(d.get('A', 'b'))", ["d.get('A', 'b')"]),
    "default of a parameter": ("def f(x=1):\n    reveal(x)", ["1"]),
    "known in one branch": ("x = 1 if a else b\nreveal(x)", ["1"]),
}


@pytest.mark.parametrize(("code", "expected"), SOME.values(), ids=SOME.keys())
def test_possible_values(code: str, expected: list[str], tmp_path: Path) -> None:
    """What is known is given even where the rest is not."""
    assert shown(possible_values(*revealed(code, tmp_path))) == expected


def test_values_of_each_caller(tmp_path: Path) -> None:
    """A parameter is what a caller passes, and its default where it passes nothing."""
    code = """
    def f(a, x=1):
        reveal(x)

    def g(y):
        f(0, y)

    f(0)
    f(0, 2)
    f(0, x=3)
    f(*other)
    """
    project, node, scope = revealed(code, tmp_path)
    assert isinstance(scope, FunctionScope)
    found = [shown(values(project, node, scope, caller)) for caller in callers(project, scope)]
    assert sorted(found, key=repr) == [None, None, ["1"], ["2"], ["3"]]


CONDITIONS: dict[str, tuple[str, list[list[tuple[str, bool]]]]] = {
    "none": ("reveal(1)", [[]]),
    "expression": ("x = 1 if a else 2\nreveal(x)", [[("a", True)], [("a", False)]]),
    "operands": ("x = a or 2\na = 1\nreveal(x)", [[], [("a", False)]]),
    "statement": (
        "if a:\n    x = 1\nelif b:\n    x = 2\nreveal(x)",
        [[("a", True)], [("a", False), ("b", True)]],
    ),
    "early return": (
        "def f():\n    if a:\n        return 1\n    return 2\nreveal(f())",
        [[("a", True)], [("a", False)]],
    ),
}


@pytest.mark.parametrize(("code", "expected"), CONDITIONS.values(), ids=CONDITIONS.keys())
def test_conditions(code: str, expected: list[list[tuple[str, bool]]], tmp_path: Path) -> None:
    """Each value knows when it is the one."""
    found = values(*revealed(code, tmp_path))
    assert found is not None
    assert [
        [(ast.unparse(condition.test), condition.holds) for condition in value.conditions]
        for value in found
    ] == expected


TEXTS: dict[str, tuple[str, list[str]]] = {
    "literal": ("reveal('a')", ["a"]),
    "concatenation": ("x = 'a' if c else 'b'\nreveal(x + 'c')", ["ac", "bc"]),
    "template": ("x = 'a'\nreveal(f'{x}-{x}')", ["a-a"]),
    "trimmed": ("reveal(' a/ '.strip().rstrip('/'))", ["a"]),
    "number": ("reveal(1)", []),
    "unknown part": ("reveal('a' + b)", []),
    "environment": ("import os\nreveal(str(os.getenv('A', 'b')))", ["b"]),
}


@pytest.mark.parametrize(("code", "expected"), TEXTS.values(), ids=TEXTS.keys())
def test_possible_texts(code: str, expected: list[str], tmp_path: Path) -> None:
    """Texts are put together and trimmed."""
    project, node, scope = revealed(code, tmp_path)
    assert [text for text, _ in possible_texts(project, Value(node, scope))] == expected


ITEMS: dict[str, tuple[str, list[str]]] = {
    "list": ("x = 'b'\nreveal(['a', x])", ["'a'", "x"]),
    "tuple and set": ("reveal(('a',) + tuple({'b'}))", ["'a'", "'b'"]),
    "unpacked": ("x = ['a']\nreveal([*x, *y, 'b'])", ["'a'", "'b'"]),
    "added": ("x = ['a']\nx += ['b']\nreveal(x)", ["'a'", "'b'"]),
    "appended": ("x = []\nx.append('a')\nx.extend(['b'])\nreveal(x)", ["'a'", "'b'"]),
    "split": ("import os\nreveal(os.getenv('A', 'a,*').split(','))", ["'a'", "'*'"]),
    "split with a separator that is not known": ("reveal('a,b'.split(c))", []),
    "comprehension": ("reveal([x.strip() for x in 'a, b'.split(',') if x])", ["'a'", "'b'"]),
    "comprehension that filters": ("reveal([x for x in ['*', 'a'] if x != '*'])", []),
    "comprehension of something else": ("reveal([f(x) for x in ['a']])", []),
    "json": ("import json\nreveal(json.loads('[\"a\", 1]'))", ["'a'"]),
    "broken json": ("import json\nreveal(json.loads('[a'))", []),
    "comma-separated": (
        "from starlette.datastructures import CommaSeparatedStrings as C\nreveal(C('a, b'))",
        ["'a'", "'b'"],
    ),
    "text": ("reveal('ab')", []),
}


@pytest.mark.parametrize(("code", "expected"), ITEMS.values(), ids=ITEMS.keys())
def test_possible_items(code: str, expected: list[str], tmp_path: Path) -> None:
    """What is known of a collection's items is given."""
    project, node, scope = revealed(code, tmp_path)
    assert shown(list(possible_items(project, Value(node, scope)))) == expected


@pytest.mark.parametrize(
    ("ask", "code", "expected"),
    [
        (string, "x = 'a'\nreveal(x + 'b')", "ab"),
        (string, "reveal('a' if c else 'b')", None),
        (strings, "reveal('a' if c else 'b')", ["a", "b"]),
        (strings, "reveal(f'a{b}')", None),
    ],
)
def test_strings(
    ask: Callable[[Project, ast.expr, Scope], object], code: str, expected: object, tmp_path: Path
) -> None:
    """A text is certain or not there."""
    assert ask(*revealed(code, tmp_path)) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = ['a']\nreveal([*x, 'b'])", ["'a'", "'b'"]),
        ("x = ['a']\nreveal(x + ['b'])", ["'a'", "'b'"]),
        ("x = ['a']\nx.append('b')\nreveal(x)", None),
        ("reveal([*y])", None),
        ("reveal(f())", None),
    ],
)
def test_elements(code: str, expected: list[str] | None, tmp_path: Path) -> None:
    """The items of a collection are certain or not there."""
    assert shown(elements(*revealed(code, tmp_path))) == expected
