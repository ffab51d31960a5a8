"""Projects of one shape and any size: chains, fans, doublings, circles, complete graphs."""

from collections.abc import Callable, Iterable

type Files = dict[str, str]
type Shape = Callable[[int], Files]

_APP = "from fastapi import APIRouter, Depends, FastAPI\nfrom pydantic import BaseModel\n\n"


def _lines(*parts: str | Iterable[str]) -> str:
    lines: list[str] = []
    for part in parts:
        lines += [part] if isinstance(part, str) else part
    return "\n".join(lines) + "\n"


def _one(text: str) -> Files:
    return {"pyproject.toml": "[project]\nname = 'shape'\n", "app/main.py": text}


def text_branches(size: int) -> Files:
    """A query that each of many conditions adds to."""
    return _one(
        _lines(
            "def find(cursor, **given):",
            "    query = 'select * from users where 1 = 1'",
            (
                line
                for i in range(size)
                for line in (f"    if given.get('k{i}'):", f"        query += ' and k{i} = 1'")
            ),
            "    cursor.execute(query)",
        )
    )


def text_branches_with_values(size: int) -> Files:
    """The same, with a value in each condition, and the session of SQLAlchemy."""
    return _one(
        _lines(
            "from sqlalchemy import text\nfrom sqlalchemy.ext.asyncio import AsyncSession\n\n",
            "async def find(session: AsyncSession, **given):",
            "    query = 'select * from users where 1 = 1'",
            (
                line
                for i in range(size)
                for line in (
                    f"    if given.get('k{i}'):",
                    f"        query = query + f' and k{i} = {{given}}'",
                )
            ),
            "    await session.execute(text(query))",
        )
    )


def text_doubling(size: int) -> Files:
    """A text that is twice the text before, many times; paths and keys made of it."""
    return _one(
        _lines(
            _APP,
            "import os",
            "a0 = '/a' if os.environ.get('A') else '/b'",
            (f"a{i} = a{i - 1} + a{i - 1}" for i in range(1, size + 1)),
            f"router = APIRouter(prefix=a{size})",
            f"app = FastAPI(title=a{size}, docs_url=a{size})",
            f"@router.get(a{size})",
            "def read() -> int:",
            f"    cursor.execute(a{size})",
            "    return 1",
            "app.include_router(router, prefix=a1)",
        )
    )


def text_doubling_in_place(size: int) -> Files:
    """`p += p` many times."""
    return _one(
        _lines(
            _APP,
            "p = '/a'",
            ("p += p" for _ in range(size)),
            "router = APIRouter(prefix=p)",
            "@router.get(p)",
            "def read() -> int:",
            "    cursor.execute(p)",
            "    return 1",
        )
    )


def own_prefix(size: int) -> Files:
    """Attributes that are made of themselves and of each other."""
    return _one(
        _lines(
            _APP,
            "class Api:",
            "    def __init__(self):",
            "        self.prefix = self.prefix + '/x'",
            "        self.key = self.secret + self.key",
            (
                f"        self.a{i} = self.a{(i + 1) % size} + self.a{(i + 2) % size}"
                for i in range(size)
            ),
            "        self.router = APIRouter(prefix=self.prefix, tags=[self.a0])",
            "        self.app = FastAPI(title=self.a0, docs_url=self.prefix)",
            "        self.app.include_router(self.router, prefix=self.a0)",
            "        cursor.execute(self.a0)",
            "        cursor.execute(self.prefix)",
            "        @self.router.get(self.prefix)",
            "        def read() -> int:",
            "            return 1",
        )
    )


def class_chain(size: int) -> Files:
    """Each class inherits from the one before."""
    return _one(
        _lines(
            _APP,
            "router = APIRouter()",
            "class C0(BaseModel):\n    a: int",
            (f"class C{i}(C{i - 1}):\n    f{i}: int" for i in range(1, size + 1)),
            f"@router.get('/', response_model=C{size})",
            f"def read(body: C{size}) -> C{size}:\n    return C{size}()",
        )
    )


def class_doubling(size: int) -> Files:
    """Each class inherits from two, which both inherit from the two before."""
    return _one(
        _lines(
            _APP,
            "router = APIRouter()",
            "class A0(BaseModel):\n    a: int",
            "class B0(BaseModel):\n    b: int",
            (
                f"class {name}{i}(A{i - 1}, B{i - 1}):\n    f{i}: int"
                for i in range(1, size + 1)
                for name in "AB"
            ),
            "@router.get('/')",
            f"def read(body: A{size}) -> A{size}:\n    return A{size}()",
        )
    )


def class_complete(size: int) -> Files:
    """Each class inherits from all before it."""
    return _one(
        _lines(
            _APP,
            "router = APIRouter()",
            "class C0(Exception):\n    a: int",
            (
                f"class C{i}({', '.join(f'C{j}' for j in reversed(range(i)))}):\n    f{i}: int"
                for i in range(1, size + 1)
            ),
            "@router.get('/')",
            f"def read() -> C{size}:\n    raise C{size}()",
        )
    )


def class_circle(size: int) -> Files:
    """Classes that inherit from each other in a circle."""
    return _one(
        _lines(
            _APP,
            "router = APIRouter()",
            (
                f"class C{i}(C{(i + 1) % size}, C{(i + 2) % size}):\n    f: int"
                for i in range(size)
            ),
            "@router.get('/')",
            "def read(body: C0) -> C0:\n    return C0()",
        )
    )


def alias_doubling(size: int) -> Files:
    """Each alias names the one before twice."""
    return _one(
        _lines(
            _APP,
            "router = APIRouter()",
            "A0 = int",
            (f"A{i} = dict[A{i - 1}, A{i - 1}]" for i in range(1, size + 1)),
            "@router.get('/')",
            f"def read(body: A{size}) -> A{size}:\n    return make()",
            f"@router.get('/b', response_model=A{size})",
            f"def other() -> A{size}:\n    return make()",
        )
    )


def type_doubling(size: int) -> Files:
    """The same with `type` statements, unions and fields."""
    return _one(
        _lines(
            _APP,
            "router = APIRouter()",
            "type A0 = int | str",
            (
                f"type A{i} = tuple[A{i - 1}, A{i - 1}] | list[A{i - 1}]"
                for i in range(1, size + 1)
            ),
            f"class Body(BaseModel):\n    a: A{size}",
            "@router.get('/')",
            f"def read(body: Body) -> A{size}:\n    return make()",
        )
    )


def generic_doubling(size: int) -> Files:
    """Generic aliases that fill each other twice."""
    return _one(
        _lines(
            _APP,
            "router = APIRouter()",
            "type A0[T] = list[T]",
            (f"type A{i}[T] = dict[A{i - 1}[T], A{i - 1}[T]]" for i in range(1, size + 1)),
            "@router.get('/')",
            f"def read(body: A{size}[int]) -> A{size}[str]:\n    return make()",
        )
    )


def call_doubling(size: int) -> Files:
    """Each function calls the one before twice, in a branch of its own."""
    return _one(
        _lines(
            _APP,
            "import requests",
            "router = APIRouter()",
            "def f0(x):\n    return requests.get('http://x').text",
            (
                f"def f{i}(x):\n    if x:\n        return f{i - 1}(x)\n    return f{i - 1}(x + 1) or f{i - 1}(2)"
                for i in range(1, size + 1)
            ),
            "@router.get('/')",
            f"async def read():\n    cursor.execute(f{size}(1))\n    return f{size}(1)",
        )
    )


def call_complete(size: int) -> Files:
    """Each function calls all others."""
    return _one(
        _lines(
            _APP,
            "router = APIRouter()",
            (
                _lines(
                    f"async def f{i}(x: int):",
                    (f"    await f{j}(x)" for j in range(size)),
                    f"    return f{(i + 1) % size}(x) or f{(i + 2) % size}(x)",
                )
                for i in range(size)
            ),
            "@router.get('/')",
            "async def read():\n    return await f0(1)",
        )
    )


def value_doubling(size: int) -> Files:
    """Names that are one of two, each of which is one of two."""
    return _one(
        _lines(
            _APP,
            "import os",
            "v0 = ['*'] if os.environ.get('A') else ['http://a']",
            (
                f"v{i} = v{i - 1} if os.environ.get('B{i}') else (v{i - 1} or w)"
                for i in range(1, size + 1)
            ),
            "from fastapi.middleware.cors import CORSMiddleware",
            "app = FastAPI()",
            f"app.add_middleware(CORSMiddleware, allow_origins=v{size}, allow_credentials=v{size})",
            f"router = APIRouter(prefix=v{size}, dependencies=v{size})",
            "app.include_router(router)",
        )
    )


def list_doubling(size: int) -> Files:
    """Lists and dictionaries that hold the one before twice."""
    return _one(
        _lines(
            _APP,
            "v0 = ['*', 'http://a']",
            "d0 = {'allow_origins': ['*']}",
            "deps0 = [Depends(print)]",
            (
                f"v{i} = v{i - 1} + [*v{i - 1}]\nd{i} = {{**d{i - 1}, **d{i - 1}}}\ndeps{i} = deps{i - 1} + deps{i - 1}"
                for i in range(1, size + 1)
            ),
            "from fastapi.middleware.cors import CORSMiddleware",
            f"app = FastAPI(**d{size}, dependencies=deps{size})",
            f"app.add_middleware(CORSMiddleware, allow_origins=v{size}, **d{size})",
            f"router = APIRouter(dependencies=deps{size}, **d{size})",
            f"app.include_router(router, **d{size})",
        )
    )


def tuple_doubling(size: int) -> Files:
    """Each value is a pair of the one before, and each function gives a pair."""
    return _one(
        _lines(
            _APP,
            "router = APIRouter()",
            "t0 = (1, 'a')",
            "def f0():\n    return [1]",
            (
                f"t{i} = (t{i - 1}, t{i - 1})\ndef f{i}():\n    return (f{i - 1}(), f{i - 1}())"
                for i in range(1, size + 1)
            ),
            f"@router.get('/')\ndef read():\n    t{size}.close()\n    f{size}().close()\n    return f{size}()",
        )
    )


def conditional_nest(size: int) -> Files:
    """One expression in which conditions are nested."""
    text = "'a'"
    for i in range(size):
        text = f"({text} if c{i} else 'b' + str({i}))"
    return _one(
        _lines(
            _APP,
            f"q = {text}",
            "router = APIRouter(prefix=q)",
            "cursor.execute(q)",
            "@router.get(q)",
            "def read() -> int:\n    return 1",
        )
    )


def long_sum(size: int) -> Files:
    """One expression that adds many texts, and names assigned from each other in a chain."""
    return _one(
        _lines(
            _APP,
            f"q = {' + '.join(repr(f't{i}') for i in range(size))}",
            "c0 = q",
            (f"c{i} = c{i - 1} + 'x'" for i in range(1, size)),
            f"cursor.execute(c{size - 1})",
            f"router = APIRouter(prefix=c{size - 1})",
            "@router.get(q)",
            f"def read() -> int:\n    return q{'.a' * min(size, 500)}",
        )
    )


def routes(size: int) -> Files:
    """Many routes in one file."""
    return _one(
        _lines(
            _APP,
            "router = APIRouter()",
            "class Item(BaseModel):\n    a: int",
            (
                f"@router.get('/a{i}/{{key}}')\nasync def read_{i}(key: int, q: str = '') -> Item:\n    return Item(a=key)"
                for i in range(size)
            ),
            "app = FastAPI()\napp.include_router(router)",
        )
    )


def routers(size: int) -> Files:
    """Many routers in one file, each included."""
    return _one(
        _lines(
            _APP,
            "app = FastAPI()",
            (
                f"r{i} = APIRouter(prefix='/r{i}')\n@r{i}.post('/x')\nasync def create_{i}(body: dict) -> dict:\n    return body\napp.include_router(r{i})"
                for i in range(size)
            ),
        )
    )


def nested_routers(size: int) -> Files:
    """Each router is included twice in the next."""
    return _one(
        _lines(
            _APP,
            "r0 = APIRouter()\n@r0.post('/x')\nasync def create(body: dict) -> dict:\n    return body",
            (
                f"r{i} = APIRouter()\nr{i}.include_router(r{i - 1}, prefix='/a')\nr{i}.include_router(r{i - 1}, prefix='/b')"
                for i in range(1, size + 1)
            ),
            f"app = FastAPI()\napp.include_router(r{size})",
        )
    )


def routers_in_files(size: int) -> Files:
    """Many routers, each in a file, all included in one."""
    files = {
        f"app/r{i}.py": f"from fastapi import APIRouter\n\nrouter = APIRouter(prefix='/r{i}')\n\n\n@router.post('/x')\nasync def create(body: dict) -> dict:\n    return body\n"
        for i in range(size)
    }
    main = _lines(
        "from fastapi import FastAPI",
        (f"from app import r{i}" for i in range(size)),
        "app = FastAPI()",
        (f"app.include_router(r{i}.router)" for i in range(size)),
    )
    return {**_one(main), "app/__init__.py": "", **files}


def dependency_doubling(size: int) -> Files:
    """Each dependency needs the one before twice."""
    return _one(
        _lines(
            _APP,
            "def d0() -> int:\n    return 1",
            (
                f"def d{i}(a: int = Depends(d{i - 1}), b: int = Depends(d{i - 1})) -> int:\n    return a"
                for i in range(1, size + 1)
            ),
            "router = APIRouter()",
            f"@router.post('/')\nasync def read(a: int = Depends(d{size})) -> int:\n    return a",
        )
    )


def models(size: int) -> Files:
    """Many tables that relate to each other, and schemas of them."""
    return _one(
        _lines(
            "from sqlalchemy import ForeignKey\nfrom sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship",
            "from pydantic import BaseModel",
            "class Base(DeclarativeBase):\n    pass",
            (
                _lines(
                    f"class M{i}(Base):",
                    f"    __tablename__ = 'm{i}'",
                    "    id: Mapped[int] = mapped_column(primary_key=True)",
                    f"    other_id: Mapped[int] = mapped_column(ForeignKey('m{(i + 1) % size}.id'))",
                    f"    other: Mapped['M{(i + 1) % size}'] = relationship()",
                    f"class S{i}(BaseModel):\n    id: int\n    other: 'S{(i + 1) % size}'",
                )
                for i in range(size)
            ),
        )
    )


def statements(size: int) -> Files:
    """Many plain statements and functions."""
    return _one(
        _lines(
            f"x{i} = {i}\n\n\ndef f{i}(a, b=[]):\n    for k in a:\n        b.append(k + x{i})\n    return b\n"
            for i in range(size)
        )
    )


def one_name(size: int) -> Files:
    """One name that is bound and read very often."""
    return _one(
        _lines(
            _APP,
            "def run(cursor, c):",
            "    q = 'a'",
            (f"    q = q + 'b{i}'\n    cursor.execute(q)" for i in range(size)),
            "    return q",
        )
    )


def import_chain(size: int) -> Files:
    """Each module takes a name from the next."""
    files = {
        f"app/m{i}.py": f"from app.m{i + 1} import thing\n\n\ndef f{i}() -> int:\n    return thing\n"
        for i in range(size)
    }
    return {
        **_one("from app.m0 import thing\n\nprint(thing)\n"),
        "app/__init__.py": "",
        **files,
        f"app/m{size}.py": "thing = 1\n",
    }


def import_complete(size: int) -> Files:
    """Each module imports all others."""
    files = {
        f"app/m{i}.py": _lines(
            (f"from app import m{j}" for j in range(size) if j != i), f"X = m{(i + 1) % size}.X"
        )
        for i in range(size)
    }
    return {**_one("from app.m0 import X\n"), "app/__init__.py": "", **files}


def star_circle(size: int) -> Files:
    """Each module imports everything from the next, in a circle."""
    files = {
        f"app/m{i}.py": f"from app.m{(i + 1) % size} import *\n\nprint(missing, List, Optional)\n"
        for i in range(size)
    }
    return {**_one("from app.m0 import *\n\nprint(missing)\n"), "app/__init__.py": "", **files}


DOUBLINGS: tuple[Shape, ...] = (
    text_branches,
    text_branches_with_values,
    text_doubling,
    text_doubling_in_place,
    own_prefix,
    class_doubling,
    class_complete,
    class_circle,
    alias_doubling,
    type_doubling,
    generic_doubling,
    call_doubling,
    call_complete,
    value_doubling,
    tuple_doubling,
    list_doubling,
    nested_routers,
    dependency_doubling,
)
"""Shapes whose work doubled with each step before it was remembered: sizes 12, 24, 48."""

LONG: tuple[Shape, ...] = (
    class_chain,
    conditional_nest,
    long_sum,
    routes,
    routers,
    models,
    statements,
    one_name,
)
"""Shapes of one long file."""

WIDE: tuple[Shape, ...] = (routers_in_files, import_chain, import_complete, star_circle)
"""Shapes of many files."""
