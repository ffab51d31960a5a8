"""Of what class an expression is an instance: each program asks with `reveal(expression)`."""

import ast
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from handbook.python.project.project import Project
from handbook.python.types.inference import called_by, instance_of
from handbook.rulebook.documentation import files_of
from handbook.syntax.local_bindings import InnerScope
from handbook.syntax.outline import Scope, own_nodes


def open_project(code: str, root: Path) -> Project:
    """A project of the files in `code`, which exist only as overlays."""
    texts = {str(root / path): text for path, text in files_of(dedent(code)).items()}
    return Project(root, overlays=texts)


def reveals(project: Project, path: Path) -> Iterator[tuple[ast.expr, Scope]]:
    """What `reveal(…)` is given in a file, and the scope that it stands in."""
    outline = project.read_outline(str(path))
    for scope in (outline, *outline.definitions):
        for node in own_nodes(scope):
            match node:
                case ast.ListComp(elt=ast.Call(func=ast.Name(id="reveal"), args=[argument])):
                    yield argument, InnerScope(node, scope)
                case ast.Expr(value=ast.Call(func=ast.Name(id="reveal"), args=[argument])):
                    yield argument, scope


def revealed(code: str, root: Path) -> list[str | None]:
    """The class of each revealed expression of `example.py`."""
    project = open_project(code, root)
    found = [instance_of(project, *place) for place in reveals(project, root / "example.py")]
    return [symbol.qualified_name if symbol is not None else None for symbol in found]


CASES: dict[str, tuple[str, str | None]] = {
    "constructor": ("class A: ...\nreveal(A())", "example.A"),
    "constructor of a library": (
        "import requests as rq\nsession = rq.Session()\nreveal(session)",
        "requests.Session",
    ),
    "other name of a library's class": (
        "from sqlalchemy.orm.session import Session\ns = Session()\nreveal(s)",
        "sqlalchemy.orm.Session",
    ),
    "function with annotation": (
        "class A: ...\ndef make() -> 'A': ...\nx = make()\nreveal(x)",
        "example.A",
    ),
    "the next of an asynchronous generator, through a variable": (
        """
        class A: ...
        async def make():
            a = A()
            yield a
        async def use():
            made = make()
            reveal(await anext(made))
        """,
        "example.A",
    ),
    "optional return": ("class A: ...\ndef make() -> A | None: ...\nreveal(make())", "example.A"),
    "a return that may be anything": (
        "from typing import Any\nclass A: ...\ndef make() -> Any:\n    return A()\nreveal(make())",
        "example.A",
    ),
    "a stub that may return anything": (
        "from typing import Any\nclass A:\n    def make(self) -> Any: ...\nreveal(A().make())",
        None,
    ),
    "union return": ("class A: ...\ndef make() -> A | int: ...\nreveal(make())", None),
    "function without annotation": (
        "class A: ...\ndef make(x):\n    if x:\n        return None\n    return A()\nreveal(make(1))",
        "example.A",
    ),
    "coroutine": (
        "class A: ...\nasync def make() -> A: ...\nreveal(make())",
        "collections.abc.Coroutine",
    ),
    "awaited": (
        "class A: ...\nasync def make() -> A: ...\nasync def f():\n    x = await make()\n    reveal(x)",
        "example.A",
    ),
    "decorated by something unknown": (
        "from library import wrap\nclass A: ...\n@wrap\ndef make() -> A: ...\nreveal(make())",
        None,
    ),
    "cached": (
        "import functools\nclass A: ...\n@functools.lru_cache(maxsize=1)\ndef make() -> A: ...\nreveal(make())",
        "example.A",
    ),
    "parameter": (
        "from pathlib import Path\ndef f(path: Path | None = None):\n    reveal(path)",
        "pathlib.Path",
    ),
    "parameter without annotation": ("def f(path):\n    reveal(path)", None),
    "rebound parameter": (
        "from pathlib import Path\ndef f(path: str):\n    path = Path(path)\n    reveal(path)",
        None,
    ),
    "rebound to the same class": (
        "from pathlib import Path\ndef f(path: Path):\n    path = path / 'x'\n    reveal(path)",
        "pathlib.Path",
    ),
    "rebound to another class": ("class A: ...\nclass B: ...\nx = A()\nx = B()\nreveal(x)", None),
    "rebound by a loop": ("class A: ...\nx = A()\nfor x in ():\n    pass\nreveal(x)", None),
    "None first": ("class A: ...\nx = None\nif 1:\n    x = A()\nreveal(x)", "example.A"),
    "variadic": ("class A: ...\ndef f(*args: A):\n    reveal(args[0])", "example.A"),
    "dependency as default": (
        "from fastapi import Depends\nfrom sqlalchemy.orm import Session\n"
        "def get_db():\n    with Session() as session:\n        yield session\n"
        "def f(db=Depends(get_db)):\n    reveal(db)",
        "sqlalchemy.orm.Session",
    ),
    "dependency in Annotated": (
        "from typing import Annotated\nfrom fastapi import Depends\nclass A: ...\n"
        "def f(a: Annotated[A, Depends()]):\n    reveal(a)",
        "example.A",
    ),
    "alias in another module": (
        """
        from deps import Db
        def f(db: Db):
            reveal(db)
        # file: deps.py
        from typing import Annotated
        from fastapi import Depends
        from sqlalchemy.orm import Session
        type Db = Annotated[Session, Depends(lambda: None)]
        """,
        "sqlalchemy.orm.Session",
    ),
    "type variable": (
        "class A: ...\ndef f[T: A](x: T):\n    reveal(x)",
        "example.A",
    ),
    "old type variable": (
        "from typing import TypeVar\nclass A: ...\nT = TypeVar('T', bound=A)\ndef f(x: T):\n    reveal(x)",
        "example.A",
    ),
    "with": (
        "import httpx\ndef f():\n    with httpx.Client() as client:\n        reveal(client)",
        "httpx.Client",
    ),
    "async with": (
        "import httpx\nasync def f():\n    async with httpx.AsyncClient() as client:\n        reveal(client)",
        "httpx.AsyncClient",
    ),
    "with open": ("def f():\n    with open('x') as file:\n        reveal(file)", "io.IOBase"),
    "with a class of the project": (
        "class A:\n    def __enter__(self):\n        return self\nwith A() as a:\n    reveal(a)",
        "example.A",
    ),
    "with Self": (
        "from typing import Self\nclass A:\n    async def __aenter__(self) -> Self: ...\nclass B(A): ...\n"
        "async def f():\n    async with B() as b:\n        reveal(b)",
        "example.B",
    ),
    "awaitable of nothing certain": (
        "from collections.abc import Coroutine\nasync def f(make: Coroutine):\n    a = await make\n    reveal(a)",
        None,
    ),
    "context manager of nothing certain": (
        "from collections.abc import Awaitable\nclass A:\n    def __aenter__(self) -> Awaitable: ...\n"
        "async def f():\n    async with A() as a:\n        reveal(a)",
        None,
    ),
    "context manager": (
        "from contextlib import asynccontextmanager\nfrom collections.abc import AsyncIterator\nclass A: ...\n"
        "@asynccontextmanager\nasync def make() -> AsyncIterator[A]:\n    yield A()\n"
        "async def f():\n    async with make() as a:\n        reveal(a)",
        "example.A",
    ),
    "session maker": (
        "from sqlalchemy.ext.asyncio import async_sessionmaker\nmake = async_sessionmaker(engine)\n"
        "async def f():\n    async with make() as session:\n        reveal(session)",
        "sqlalchemy.ext.asyncio.AsyncSession",
    ),
    "session maker of another class": (
        "from sqlalchemy.ext.asyncio import AsyncSession\nfrom sqlalchemy.orm import sessionmaker\n"
        "make = sessionmaker(engine, class_=AsyncSession)\nasync def f():\n    async with make.begin() as s, make() as session:\n"
        "        reveal(session)",
        "sqlalchemy.ext.asyncio.AsyncSession",
    ),
    "self": ("class A:\n    def f(self):\n        reveal(self)", "example.A"),
    "attribute set in __init__ from a parameter": (
        "class Repo: ...\nclass A:\n    def __init__(self, repo: Repo):\n        self.repo = repo\n"
        "    def f(self):\n        reveal(self.repo)",
        "example.Repo",
    ),
    "attribute set in an inherited __init__": (
        """
        from base import Base
        class A(Base):
            def f(self):
                reveal(self.repo)
        # file: base.py
        class Repo: ...
        class Base:
            def __init__(self):
                self.repo = Repo()
        """,
        "base.Repo",
    ),
    "attribute set twice": (
        "class R: ...\nclass A:\n    def __init__(self):\n        self.r = None\n    def g(self):\n        self.r = R()\n"
        "    def f(self):\n        reveal(self.r)",
        "example.R",
    ),
    "attribute of two classes": (
        "class R: ...\nclass S: ...\nclass A:\n    def __init__(self, x):\n        if x:\n            self.r = S()\n"
        "        else:\n            self.r = R()\n    def f(self):\n        reveal(self.r)",
        None,
    ),
    "attribute of unknown value": (
        "class R: ...\nclass A:\n    def __init__(self):\n        self.r = R()\n    def g(self, x):\n        self.r = x\n"
        "    def f(self):\n        reveal(self.r)",
        None,
    ),
    "annotated attribute": (
        "class R: ...\nclass A:\n    r: R\n    def f(self):\n        reveal(self.r)",
        "example.R",
    ),
    "dataclass field": (
        "from dataclasses import dataclass\nfrom pathlib import Path\n@dataclass\nclass A:\n    root: Path\n"
        "def f(a: A):\n    reveal(a.root / 'x')",
        "pathlib.Path",
    ),
    "settings": (
        """
        from config import settings
        reveal(settings.root)
        # file: config.py
        from pathlib import Path
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            root: Path = Path("x")
        def get_settings() -> Settings:
            return Settings()
        settings = get_settings()
        """,
        "pathlib.Path",
    ),
    "module attribute": (
        """
        import clients
        reveal(clients.client)
        # file: clients.py
        import httpx
        client = httpx.Client()
        """,
        "httpx.Client",
    ),
    "property": (
        "class R: ...\nclass A:\n    @property\n    def r(self) -> R: ...\n    @r.setter\n    def r(self, x: R) -> None: ...\n"
        "reveal(A().r)",
        "example.R",
    ),
    "method": ("class R: ...\nclass A:\n    def r(self) -> R: ...\nreveal(A().r())", "example.R"),
    "uncalled method": ("class R: ...\nclass A:\n    def r(self) -> R: ...\nreveal(A().r)", None),
    "class method": (
        "from typing import Self\nclass A:\n    @classmethod\n    def make(cls) -> Self: ...\nclass B(A): ...\nreveal(B.make())",
        "example.B",
    ),
    "cls()": (
        "class A:\n    @classmethod\n    def make(cls):\n        reveal(cls())",
        "example.A",
    ),
    "super": (
        "class R: ...\nclass A:\n    def r(self) -> R: ...\nclass B(A):\n    def r(self) -> int: ...\n"
        "    def f(self):\n        reveal(super().r())",
        "example.R",
    ),
    "path": (
        "from pathlib import Path\nreveal((Path('x') / 'y').with_suffix('.z').parent)",
        "pathlib.Path",
    ),
    "path constant": (
        "from pathlib import Path\nROOT = Path(__file__).resolve().parents[2] / 'x'\nreveal(ROOT)",
        "pathlib.Path",
    ),
    "path of a comprehension": (
        "from pathlib import Path\n[reveal(p) for p in Path('x').glob('*')]",
        "pathlib.Path",
    ),
    "name of a comprehension": ("class A: ...\np = A()\n[reveal(p) for p in unknown]", None),
    "path of a loop": (
        "from pathlib import Path\nfor p in sorted(Path('x').iterdir()):\n    reveal(p)",
        "pathlib.Path",
    ),
    "item": (
        "class A: ...\ndef f(xs: list[A]):\n    for x in xs:\n        reveal(x)",
        "example.A",
    ),
    "unpacked": (
        "class A: ...\ndef f() -> tuple[int, A]: ...\nn, a = f()\nreveal(a)",
        "example.A",
    ),
    "taken from a generator": (
        "class A: ...\ndef get():\n    yield A()\nx = next(get())\nreveal(x)",
        "example.A",
    ),
    "enumerated": (
        "class A: ...\nxs = [A()]\nfor i, x in enumerate(xs):\n    reveal(x)",
        "example.A",
    ),
    "exception": (
        "try:\n    pass\nexcept ValueError as error:\n    reveal(error)",
        "builtins.ValueError",
    ),
    "global": (
        "class A: ...\n_a = None\ndef get():\n    global _a\n    if _a is None:\n        _a = A()\n    return _a\nreveal(get())",
        "example.A",
    ),
    "conditional": ("class A: ...\nreveal(A() if x else None)", "example.A"),
    "cast": ("from typing import cast\nclass A: ...\nreveal(cast(A, x))", "example.A"),
    "unknown module": ("import nowhere\nreveal(nowhere.thing)", None),
    "recursion": ("def f():\n    return f()\nreveal(f())", None),
    "recursion that ends": (
        "class A: ...\ndef f(n):\n    if n:\n        return f(n - 1)\n    return A()\nreveal(f(1))",
        "example.A",
    ),
    "recursion by way of another function": (
        "class A: ...\ndef f(n):\n    return g(n) if n else A()\ndef g(n):\n    return f(n - 1)\nreveal(g(1))",
        "example.A",
    ),
    "coroutine that calls itself": (
        "class A: ...\nasync def f(n):\n    if n:\n        return await f(n - 1)\n    return A()\n"
        "async def g():\n    reveal(await f(1))",
        "example.A",
    ),
    "variables given to each other": (
        "class A: ...\ndef f():\n    x = A()\n    y = x\n    while 1:\n        x, y = y, x\n    reveal(y)",
        "example.A",
    ),
    "variables given to each other and something else": (
        "class A: ...\ndef f():\n    x = A()\n    y = x\n    while 1:\n        x = y\n        y = x or 1\n    reveal(x)",
        None,
    ),
    "awaited library call of no known result": (
        "import httpx\nasync def f(c: httpx.AsyncClient):\n    reveal(await c.get(''))",
        None,
    ),
    "attribute of a class body": (
        "class R: ...\nclass A:\n    r = R()\n    def f(self):\n        reveal(self.r)",
        "example.R",
    ),
    "attribute of a class body, in a subclass": (
        "class R: ...\nclass A:\n    r = R()\nclass B(A):\n    def f(self):\n        reveal(self.r)",
        "example.R",
    ),
    "attribute of a class": ("class R: ...\nclass A:\n    r = R()\nreveal(A.r)", "example.R"),
    "attribute of a class body that a method replaces": (
        "class R: ...\nclass A:\n    r = R()\n    def f(self):\n        self.r = 1\nreveal(A().r)",
        None,
    ),
    "attribute that is None at first": (
        "class R: ...\nclass A:\n    r = None\n    def f(self):\n        self.r = R()\nreveal(A().r)",
        "example.R",
    ),
    "attribute of a method that is not the constructor": (
        "class R: ...\nclass A:\n    def set_up(self):\n        if 1:\n            self.r = R()\nreveal(A().r)",
        "example.R",
    ),
    "attribute of several methods": (
        "class R: ...\nclass A:\n    def f(self):\n        self.r = R()\n    def g(self):\n        self.r = ''\nreveal(A().r)",
        None,
    ),
    "attributes unpacked": (
        "class R: ...\nclass A:\n    def __init__(self):\n        self.n, self.r = 1, R()\nreveal(A().r)",
        "example.R",
    ),
    "attribute of a function in a method": (
        "class R: ...\nclass A:\n    def f(self):\n        def g(self):\n            self.r = R()\nreveal(A().r)",
        None,
    ),
    "attribute cycle": (
        "class A:\n    def __init__(self):\n        self.x = self.x\nreveal(A().x)",
        None,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_instance_of(name: str, tmp_path: Path) -> None:
    """Each program's revealed expression is an instance of what is expected."""
    code, expected = CASES[name]
    assert revealed(code, tmp_path) == [expected]


CALLS: dict[str, tuple[str, str | None]] = {
    "function": ("def f(): ...\nreveal(f())", "example.f"),
    "library": ("from time import sleep as zz\nreveal(zz(1))", "time.sleep"),
    "method of a library's object": (
        "import requests\ndef f():\n    with requests.Session() as s:\n        reveal(s.get(''))",
        "requests.Session.get",
    ),
    "inherited from a library": (
        "import httpx\nclass Client(httpx.Client): ...\nreveal(Client().get(''))",
        "httpx.Client.get",
    ),
    "method of self": (
        "class A:\n    def g(self): ...\n    def f(self):\n        reveal(self.g())",
        "example.A.g",
    ),
    "overridden": (
        "class A:\n    def g(self): ...\nclass B(A):\n    def g(self): ...\nreveal(B().g())",
        "example.B.g",
    ),
    "callable object": (
        "class A:\n    def __call__(self): ...\na = A()\nreveal(a())",
        "example.A.__call__",
    ),
    "callable attribute": (
        "from sqlalchemy.orm import sessionmaker\nclass A:\n    def __init__(self):\n"
        "        self.make = sessionmaker()\n    def f(self):\n        reveal(self.make())",
        "sqlalchemy.orm.sessionmaker.__call__",
    ),
    "callable attribute of a class body": (
        "class R:\n    def __call__(self): ...\nclass A:\n    r = None\n    def __init__(self):\n"
        "        self.r = R()\n    def f(self):\n        reveal(self.r())",
        "example.R.__call__",
    ),
    "method of an attribute of a class body": (
        "class R:\n    def get(self): ...\nclass A:\n    r = R()\n    def f(self):\n        reveal(self.r.get())",
        "example.R.get",
    ),
    "class": ("class A: ...\nreveal(A())", "example.A"),
    "parameter of that name": (
        "from time import sleep\ndef f(sleep):\n    reveal(sleep(1))",
        None,
    ),
    "unknown base": ("class A(mystery): ...\nreveal(A().get(''))", None),
}


@pytest.mark.parametrize("name", CALLS)
def test_called_by(name: str, tmp_path: Path) -> None:
    """Each program's revealed call calls what is expected."""
    code, expected = CALLS[name]
    project = open_project(code, tmp_path)
    [(call, scope)] = reveals(project, tmp_path / "example.py")
    assert isinstance(call, ast.Call)
    called = called_by(project, call, scope)
    assert (called.name if called is not None else None) == expected
