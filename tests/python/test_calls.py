"""What runs when a function runs: which of its calls block, and which functions they lead to."""

from itertools import permutations
from pathlib import Path
from textwrap import dedent

import pytest

from handbook.knowledge.concurrency.blocking_calls import blocking_calls, blocking_path, runs_alone
from handbook.python.calls.calls import callees, calls_in
from handbook.python.project.project import Project
from handbook.rulebook.documentation import files_of
from handbook.syntax.outline import FunctionScope


def function_in(code: str, root: Path, name: str = "f") -> tuple[Project, FunctionScope]:
    """A function of `example.py`, in a project of files that exist only as overlays."""
    texts = {str(root / path): text for path, text in files_of(dedent(code)).items()}
    project = Project(root, overlays=texts)
    outline = project.read_outline(str(root / "example.py"))
    [function] = [found for found in outline.definitions if found.name == name]
    assert isinstance(function, FunctionScope)
    return project, function


def body(lines: str, head: str = "") -> str:
    """A module whose coroutine function `f` has some lines as its body."""
    indented = "\n".join(f"    {line}" for line in lines.splitlines())
    return f"{head}\nasync def f(x=None):\n{indented}\n"


BLOCKING: dict[str, tuple[str, list[str]]] = {
    "time.sleep": (body("time.sleep(1)", "import time"), ["time.sleep"]),
    "another name of the module": (body("t.sleep(1)", "import time as t"), ["time.sleep"]),
    "another name": (body("zz(1)", "from time import sleep as zz"), ["time.sleep"]),
    "assigned name": (body("nap(1)", "import time\nnap = time.sleep"), ["time.sleep"]),
    "imported inside": (body("from time import sleep as zz\nzz(1)"), ["time.sleep"]),
    "re-export": (
        body("pause(1)", "from clock import pause")
        + "# file: clock.py\nfrom time import sleep as pause",
        [],
    ),
    "re-export under its own name": (
        body("sleep(1)", "from clock import sleep") + "# file: clock.py\nfrom time import sleep",
        ["time.sleep"],
    ),
    "requests": (body("requests.get('x').json()", "import requests"), ["requests.get"]),
    "requests.request": (
        body("rq.request('GET', 'x')", "import requests as rq"),
        ["requests.request"],
    ),
    "httpx": (body("httpx.get('x')", "import httpx"), ["httpx.get"]),
    "client of the module": (
        body("client.post('x')", "import httpx\nclient = httpx.Client()"),
        ["httpx.Client.post"],
    ),
    "client in with": (
        body("with httpx.Client() as c:\n    c.get('x')", "import httpx"),
        ["httpx.Client.get"],
    ),
    "client by annotation": (
        "import httpx\nasync def f(client: httpx.Client):\n    client.get('x')",
        ["httpx.Client.get"],
    ),
    "session": (
        body("with requests.Session() as s:\n    s.get('x')", "import requests"),
        ["requests.Session.get"],
    ),
    "session made only": (body("return requests.Session()", "import requests"), []),
    "urlopen": (
        body("urlopen('x')", "from urllib.request import urlopen"),
        ["urllib.request.urlopen"],
    ),
    "urllib3": (
        body("urllib3.PoolManager().request('GET', 'x')", "import urllib3"),
        ["urllib3.PoolManager.request"],
    ),
    "open": (body("open('x')"), ["builtins.open"]),
    "builtins.open": (body("builtins.open('x')", "import builtins"), ["builtins.open"]),
    "io.open": (body("io.open('x')", "import io"), ["io.open"]),
    "open in with": (body("with open('x') as file:\n    file.read()"), ["builtins.open"]),
    "open in an argument": (body("return json.load(open('x'))", "import json"), ["builtins.open"]),
    "open within await": (body("await send(open('x').read())"), ["builtins.open"]),
    "path": (
        body("Path('x').read_text()", "from pathlib import Path"),
        ["pathlib.Path.read_text"],
    ),
    "path through the module": (
        body("pathlib.Path().open()", "import pathlib"),
        ["pathlib.Path.open"],
    ),
    "joined path": (
        body("(Path('x') / 'y').write_text('')", "from pathlib import Path"),
        ["pathlib.Path.write_text"],
    ),
    "chained path": (
        body("Path('x').with_suffix('.y').exists()", "from pathlib import Path"),
        ["pathlib.Path.exists"],
    ),
    "path by annotation": (
        "from pathlib import Path\nasync def f(p: Path):\n    p.read_text()",
        ["pathlib.Path.read_text"],
    ),
    "os": (
        body("os.listdir('x')\nos.path.exists('x')\nos.system('x')", "import os"),
        ["os.listdir", "os.path.exists", "os.system"],
    ),
    "shutil": (body("shutil.copy('x', 'y')", "import shutil"), ["shutil.copy"]),
    "subprocess": (body("subprocess.run(['x'])", "import subprocess"), ["subprocess.run"]),
    "socket": (
        body("socket.create_connection(('x', 1))\nsocket.gethostname()", "import socket"),
        ["socket.create_connection"],
    ),
    "input": (body("input()"), ["builtins.input"]),
    "sqlite3": (
        body("sqlite3.connect('x').execute('y')", "import sqlite3"),
        ["sqlite3.Connection.execute", "sqlite3.connect"],
    ),
    "sync session": (
        "from sqlalchemy.orm import Session\nasync def f(db: Session):\n"
        "    db.query(User).filter(x).all()\n    db.execute(y)\n    db.commit()\n    db.add(z)",
        [
            "sqlalchemy.orm.Query.all",
            "sqlalchemy.orm.Session.execute",
            "sqlalchemy.orm.Session.commit",
        ],
    ),
    "session maker": (
        body(
            "with make() as db:\n    db.commit()",
            "from sqlalchemy.orm import sessionmaker\nmake = sessionmaker()",
        ),
        ["sqlalchemy.orm.Session.commit"],
    ),
    "comprehension": (
        body("return [open(name) for name in names]"),
        ["builtins.open"],
    ),
    "method": (
        "import time\nclass A:\n    async def f(self):\n        time.sleep(1)",
        ["time.sleep"],
    ),
    "attribute": (
        "from pathlib import Path\nclass A:\n    def __init__(self, root: Path):\n        self.root = root\n"
        "    async def f(self):\n        (self.root / 'x').mkdir()",
        ["pathlib.Path.mkdir"],
    ),
}
SILENT: dict[str, str] = {
    "to_thread": body("await asyncio.to_thread(time.sleep, 1)", "import asyncio, time"),
    "lambda for run_sync": body(
        "await to_thread.run_sync(lambda: time.sleep(1))",
        "import time\nfrom anyio import to_thread",
    ),
    "lambda for run_in_executor": body(
        "await loop.run_in_executor(None, lambda: requests.get('x'))", "import requests"
    ),
    "nested function": body("def g():\n    open('x')\nawait run(g)"),
    "nested class": body("class A:\n    def g(self):\n        open('x')\nreturn A"),
    "uncalled": body("return requests.get", "import requests"),
    "parameter": "from time import sleep\nasync def f(sleep):\n    sleep(1)",
    "local name": body("requests = {}\nrequests.get('x')", "import requests"),
    "loop variable": body("for open in x:\n    open('y')"),
    "variable of a comprehension": body("return [open(y) for open in x]"),
    "walrus": body("if (sleep := x):\n    sleep(1)", "from time import sleep"),
    "asyncio.sleep": body("await sleep(1)", "from asyncio import sleep"),
    "anyio.Path": body("await Path('x').read_text()", "from anyio import Path"),
    "anyio.open_file": body(
        "async with await open_file('x') as y:\n    pass", "from anyio import open_file"
    ),
    "aiofiles.open": body(
        "async with aiofiles.open('x') as y:\n    await y.read()", "import aiofiles"
    ),
    "aiohttp": body(
        "async with s.get('x') as y:\n    pass", "import aiohttp\ns = aiohttp.ClientSession()"
    ),
    "redis.asyncio": body("await redis.Redis().get('x')", "import redis.asyncio as redis"),
    "AsyncSession": (
        "from sqlalchemy.ext.asyncio import AsyncSession\n"
        "async def f(db: AsyncSession):\n    await db.execute(x)\n    await db.get(y, 1)"
    ),
    "name of a path": body("return Path('x').name", "from pathlib import Path"),
    "path computed only": body(
        "return Path('x').with_suffix('.y') / 'z'", "from pathlib import Path"
    ),
    "open of something else": body("zip.open('x')\nImage.open('y')", "from PIL import Image"),
    "own function of that name": body("open('x')", "def open(name): ..."),
    "unknown object": body("x.read_text()\nx.commit()\nx.get('y')"),
    "rebound": body("p = Path('x')\np = x\np.read_text()", "from pathlib import Path"),
}


@pytest.mark.parametrize("name", BLOCKING)
def test_blocking_calls(name: str, tmp_path: Path) -> None:
    """Each of these calls blocks, under its canonical name."""
    code, expected = BLOCKING[name]
    project, function = function_in(code, tmp_path)
    assert [call.name for call in blocking_calls(project, function)] == expected


@pytest.mark.parametrize("name", SILENT)
def test_other_calls(name: str, tmp_path: Path) -> None:
    """None of these calls surely blocks."""
    project, function = function_in(SILENT[name], tmp_path)
    assert blocking_calls(project, function) == []


PATHS: dict[str, tuple[str, str | None]] = {
    "direct": ("def f():\n    open('x')", "f → open"),
    "through two": (
        "import time\ndef h():\n    time.sleep(1)\ndef g():\n    h()\ndef f():\n    g()",
        "f → g → h → time.sleep",
    ),
    "the shortest": (
        "import time\ndef h():\n    time.sleep(1)\ndef g():\n    h()\ndef f():\n    g()\n    h()",
        "f → h → time.sleep",
    ),
    "the first of the shortest": (
        "import time\ndef i():\n    open('x')\ndef h():\n    time.sleep(1)\ndef g():\n    h()\ndef f():\n"
        "    g()\n    i()\n    h()",
        "f → i → open",
    ),
    "another file": (
        "from other import g\ndef f():\n    g()\n# file: other.py\nimport requests\ndef g():\n    requests.get('x')",
        "f → g → requests.get",
    ),
    "method of self": (
        "class A:\n    def g(self):\n        open('x')\n    def f(self):\n        self.g()",
        "A.f → A.g → open",
    ),
    "inherited": (
        "class B:\n    def g(self):\n        open('x')\nclass A(B):\n    def f(self):\n        self.g()",
        "A.f → B.g → open",
    ),
    "constructor": (
        "class A:\n    def __init__(self):\n        open('x')\ndef f():\n    A()",
        "f → A → open",
    ),
    "annotation": (
        "class A:\n    def g(self):\n        open('x')\ndef f(a: A):\n    a.g()",
        "f → A.g → open",
    ),
    "object of a module": (
        "from other import a\ndef f():\n    a.g()\n# file: other.py\nclass A:\n    def g(self):\n        open('x')\na = A()",
        "f → A.g → open",
    ),
    "context manager": (
        "from contextlib import contextmanager\n@contextmanager\ndef g():\n    yield open('x')\n"
        "def f():\n    with g() as y:\n        pass",
        "f → g → open",
    ),
    "generator that is looped over": (
        "def g():\n    yield open('x')\ndef f():\n    for y in g():\n        pass",
        "f → g → open",
    ),
    "generator that is passed on": (
        "def g():\n    yield open('x')\ndef f():\n    return g()",
        None,
    ),
    "recursion": ("def f():\n    g()\ndef g():\n    f()", None),
    "recursion that blocks": (
        "def f():\n    g()\ndef g():\n    f()\n    open('x')",
        "f → g → open",
    ),
    "one entry of the file system": ("import os\ndef f():\n    os.path.exists('x')", None),
    "unknown decorator": (
        "from library import threaded\n@threaded\ndef g():\n    open('x')\ndef f():\n    g()",
        None,
    ),
    "cached": (
        "from functools import cache\n@cache\ndef g():\n    open('x')\ndef f():\n    g()",
        None,
    ),
    "kept in a global": (
        "y = None\ndef g():\n    global y\n    y = open('x')\ndef f():\n    g()",
        None,
    ),
    "kept in an attribute": (
        "class A:\n    y = None\n    def f(self):\n        if self.y is None:\n            self.y = open('x')",
        None,
    ),
    "returned when there": (
        "class A:\n    y = {}\n    def g(self):\n        if 1 in self.y:\n            return self.y[1]\n        open('x')\n"
        "    def f(self):\n        self.g()",
        None,
    ),
    "looked up, then kept": (
        "y = {}\ndef g(key):\n    found = y.get(key)\n    if found is None:\n        found = open('x')\n"
        "        y[key] = found\n    return found\ndef f():\n    g(1)",
        None,
    ),
    "looked up, and kept elsewhere": (
        "y = {}\ndef g(key, z):\n    found = y.get(key)\n    if found is None:\n        found = open('x')\n"
        "        z[key] = found\n    return found\ndef f():\n    g(1, {})",
        "f → g → open",
    ),
    "looked up, and returned when there": (
        "y = {}\ndef g(key):\n    found = y.get(key)\n    if found:\n        return found\n"
        "    y[key] = open('x')\n    return y[key]\ndef f():\n    g(1)",
        None,
    ),
    "looked up, and never kept": (
        "y = {}\ndef g(key):\n    found = y.get(key)\n    if found:\n        return found\n"
        "    return open('x')\ndef f():\n    g(1)",
        "f → g → open",
    ),
    "done when done": (
        "class A:\n    y = set()\n    def g(self, key):\n        if key in self.y:\n            return\n"
        "        open('x')\n        self.y.add(key)\n    def f(self):\n        self.g(1)",
        None,
    ),
    "done with a row of its own": (
        "class Row:\n    done = False\ndef g(row: Row):\n    if row.done:\n        return\n"
        "    open('x')\n    row.done = True\ndef f():\n    g(Row())",
        "f → g → open",
    ),
    "nothing to do": (
        "class A:\n    y = set()\n    def g(self, key):\n        if key in self.y:\n            return\n"
        "        open('x')\n    def f(self):\n        self.g(1)",
        "A.f → A.g → open",
    ),
    "a file of the kernel's": ("def f():\n    open('/proc/self/status')", None),
    "coroutine function": ("async def g():\n    open('x')\ndef f():\n    g()", None),
    "handed on": ("def g():\n    open('x')\ndef f():\n    run(g)\n    return lambda: g()", None),
}


@pytest.mark.parametrize("name", PATHS)
def test_blocking_path(name: str, tmp_path: Path) -> None:
    """The way from `f` to what blocks is the one expected."""
    code, expected = PATHS[name]
    project, function = function_in(code, tmp_path)
    path = blocking_path(project, function)
    assert (str(path) if path is not None else None) == expected


def test_a_cycle_is_no_reason_to_forget(tmp_path: Path) -> None:
    """What was found on the way around a cycle holds for each function of it, in any order."""
    code = "def f():\n    g()\ndef g():\n    h()\n    open('x')\ndef h():\n    f()"
    for order in ("fgh", "hgf", "ghf"):
        for name in order:
            project, function = function_in(code, tmp_path, name)
            assert blocking_path(project, function) is not None
    project, _ = function_in(code, tmp_path)
    outline = project.read_outline(str(tmp_path / "example.py"))
    found = {
        function.name: str(blocking_path(project, function))
        for function in reversed(outline.definitions)
        if isinstance(function, FunctionScope)
    }
    assert found == {"h": "h → f → g → open", "g": "g → open", "f": "f → g → open"}


def test_the_path_does_not_hang_on_who_asks_first(tmp_path: Path) -> None:
    """The shortest path is shown, whatever longer ones are known by then."""
    code = (
        "import time\ndef i():\n    time.sleep(1)\ndef h():\n    open('x')\ndef g():\n    h()\n"
        "def f():\n    g()\n    i()"
    )
    for order in permutations("fghi"):
        project, _ = function_in(code, tmp_path)
        outline = project.read_outline(str(tmp_path / "example.py"))
        functions = {found.name: found for found in outline.definitions}
        found = {}
        for name in order:
            function = functions[name]
            assert isinstance(function, FunctionScope)
            found[name] = str(blocking_path(project, function))
        assert found == {
            "f": "f → i → time.sleep",
            "g": "g → h → open",
            "h": "h → open",
            "i": "i → time.sleep",
        }


def test_calls_in_source_order(tmp_path: Path) -> None:
    """Decorators and defaults of a nested function run around it; its body does not."""
    code = "def f():\n    @a()\n    def g(x=b()):\n        c()\n    return [d(e()) for y in h()]"
    project, function = function_in(code, tmp_path)
    names = {
        ast_name for site in calls_in(project, function) if (ast_name := name_of(site.node.func))
    }
    assert names == {"a", "b", "d", "e", "h"}


def name_of(node: object) -> str:
    """The identifier of a name."""
    return str(getattr(node, "id", ""))


def test_callees(tmp_path: Path) -> None:
    """Awaited calls are not followed, and neither is what is only named."""
    code = "def g(): ...\ndef h(): ...\nasync def k(): ...\nasync def f():\n    g()\n    await k()\n    run(h)"
    project, function = function_in(code, tmp_path)
    assert [called.name for _, called in callees(project, function)] == ["g"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import asyncio\nasync def f(): ...\nasyncio.run(f())", True),
        ("import anyio\nasync def f(): ...\ndef main():\n    anyio.run(f)", True),
        (
            "import asyncio\nasync def f(): ...\nasync def g():\n    await f()\nasyncio.run(g())",
            True,
        ),
        (
            "import asyncio\nasync def f(): ...\nasync def g():\n    asyncio.create_task(f())\nasyncio.run(g())",
            False,
        ),
        (
            "import asyncio\nasync def f(): ...\nasync def g():\n    await f()\nasync def h():\n    await f()\nasyncio.run(g())",
            False,
        ),
        (
            "import asyncio\n@register\nasync def f(): ...\nasync def g():\n    await f()\nasyncio.run(g())",
            False,
        ),
        (
            "import asyncio\nasync def f(): ...\nasync def g():\n    await f()\n    await work(f)\nasyncio.run(g())",
            False,
        ),
        ("async def f():\n    await g()\nasync def g():\n    await f()", False),
        (
            "from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def lifespan(app):\n    yield",
            True,
        ),
        (
            "from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def session(app):\n    yield",
            False,
        ),
    ],
)
def test_runs_alone(code: str, expected: bool, tmp_path: Path) -> None:
    """A program's own `main`, a lifespan and what only they await hold up nobody."""
    name = next(name for name in ("lifespan", "session", "f") if f"def {name}(" in code)
    project, function = function_in(code, tmp_path, name)
    assert runs_alone(project, function) is expected
