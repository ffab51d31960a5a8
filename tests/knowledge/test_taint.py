"""Where values come from."""

import ast
from pathlib import Path

import pytest

from handbook.python.project.project import Project
from handbook.python.values.string_building import Hole
from handbook.rules.security._taint import origin_of
from handbook.syntax.local_bindings import scoped_nodes

BEFORE = """
from enum import StrEnum
from typing import Annotated, Literal
from fastapi import Depends, FastAPI, Query, Request
from pydantic import BaseModel
from pydantic_settings import BaseSettings
app = FastAPI()
def load(): ...
class Kind(StrEnum):
    A = "a"
class Data(BaseModel):
    name: str
    kind: Kind
class Settings(BaseSettings):
    name: str
"""

ORIGINS: dict[str, tuple[str, str | None]] = {
    "parameter": ("def f(x): use(x)", "caller"),
    "made of it": ("def f(x):\n  y = x.strip().lower()\n  use(str(y))", "caller"),
    "item of it": ("def f(x): use(x['a'].b)", "part"),
    "field of it": ("def f(x: Data): use(x.name)", "caller"),
    "sum": ("def f(x): use(x + 1)", None),
    "of a static method": ("class A:\n  @staticmethod\n  def f(x): use(x)", "caller"),
    "each of it": ("def f(x):\n  for e in x: use(e)", "caller"),
    "in a comprehension": ("def f(x): [use(e) for e in x]", "caller"),
    "call": ("def f(x): use(load(x))", None),
    "constant": ("X = 'a'\ndef f(): use(X)", None),
    "self": ("class A:\n  def f(self): use(self.x)", None),
    "enum": ("def f(x: Kind): use(x)", None),
    "field that is an enum": ("def f(x: Data): use(x.kind)", None),
    "literal": ("def f(x: Literal['a']): use(x)", None),
    "settings": ("def f(x: Settings): use(x.name)", None),
    "class": ("def f(x: type[Data]): use(x.__name__)", None),
    "compared": ("def f(x):\n  if x not in COLUMNS: raise E\n  use(x)", None),
    "checked": ("def f(x):\n  validate_name(x)\n  use(x)", None),
    "by itself": ("def f(x):\n  assert x.isidentifier()\n  use(x)", None),
    "looked up": (
        "def f(x):\n  run('SELECT 1 FROM information_schema.tables', {'name': x})\n  use(x)",
        None,
    ),
    "bound": (
        "def f(x):\n  run('SELECT 1 FROM users WHERE name = :name', {'name': x})\n  use(x)",
        "caller",
    ),
    "has table": ("def f(x):\n  if not inspector.has_table(x): raise E\n  use(x)", None),
    "always constant": ("def f(x): use(x)\nf('a')\nf(x='b')", None),
    "not always constant": ("def f(x): use(x)\nf('a')\nf(load())", None),
    "one of several": ("def f(x):\n  if x: y = load()\n  else: y = x\n  use(y)", None),
    "query": ("@app.get('/')\ndef f(x: str): use(x)", "client"),
    "number": ("@app.get('/')\ndef f(x: int): use(x)", None),
    "pattern": ("@app.get('/')\ndef f(x: Annotated[str, Query(pattern='a')]): use(x)", None),
    "body": ("@app.post('/')\ndef f(x: Data): use(x.name)", "client"),
    "dependency": ("@app.get('/')\ndef f(x: Data = Depends(load)): use(x.name)", "part"),
    "handed on": ("@app.get('/')\ndef f(x: str): g(x)\ndef g(y): use(y)", "client"),
    "request": ("def f(x: Request): use(x.query_params['a'])", "client"),
    "json": ("async def f(x: Request):\n  y = await x.json()\n  use(y['a'])", "client"),
}


@pytest.mark.parametrize(("code", "expected"), ORIGINS.values(), ids=ORIGINS.keys())
def test_origin_of(code: str, expected: str | None, tmp_path: Path) -> None:
    """The client's and the caller's values are told from the project's own."""
    path = str(tmp_path / "main.py")
    project = Project(tmp_path, overlays={path: BEFORE + code}, list_files=lambda: [path])
    outline = project.outline(path)
    assert outline is not None
    found = [
        origin_of(project, Hole(node.args[0], scope))
        for around in (outline, *outline.definitions)
        for node, scope in scoped_nodes(around)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "use"
    ]
    assert found == [expected]
