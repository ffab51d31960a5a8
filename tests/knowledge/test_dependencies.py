"""What routes depend on: each program is asked what its route `target` is given by FastAPI."""

from pathlib import Path
from textwrap import dedent

import pytest

from handbook.knowledge.fastapi.requests.dependencies import (
    Dependency,
    dependencies_of,
    dependencies_on_the_way,
)
from handbook.knowledge.fastapi.routing.apps import placements
from handbook.knowledge.fastapi.routing.routes import Route, all_routes
from handbook.python.project.project import Project
from handbook.rulebook.documentation import files_of

START = """
from typing import Annotated
from fastapi import APIRouter, Depends, FastAPI, Security
app = FastAPI()
def a(): ...
def b(): ...
"""

CASES: dict[str, tuple[str, list[str]]] = {
    "default": ("@app.get('/')\ndef target(x=Depends(a)): ...", ["a"]),
    "annotated": ("@app.get('/')\ndef target(x: Annotated[int, Depends(a)]): ...", ["a"]),
    "quoted": ("@app.get('/')\ndef target(x: 'Annotated[int, Depends(a)]'): ...", ["a"]),
    "optional": ("@app.get('/')\ndef target(x: Annotated[int, Depends(a)] | None): ...", ["a"]),
    "alias": ("A = Annotated[int, Depends(a)]\n@app.get('/')\ndef target(x: A): ...", ["a"]),
    "type alias": (
        "type A = Annotated[int, Depends(a)]\n@app.get('/')\ndef target(x: A): ...",
        ["a"],
    ),
    "generic alias": (
        "type A[T] = Annotated[T, Depends(a)]\n@app.get('/')\ndef target(x: A[int]): ...",
        ["a"],
    ),
    "type parameter": ("@app.get('/')\ndef target[T](x: Annotated[T, Depends(a)]): ...", ["a"]),
    "security": ("@app.get('/')\ndef target(x=Security(a, scopes=['x'])): ...", ["a"]),
    "transitive": (
        "def c(x=Depends(a)): ...\n@app.get('/')\ndef target(x=Depends(c), y=Depends(a)): ...",
        ["c", "a", "a"],
    ),
    "recursive": (
        "def c(x: 'C'): ...\nC = Annotated[int, Depends(c)]\n@app.get('/')\ndef target(x: C): ...",
        ["c"],
    ),
    "class": (
        "class C:\n    def __init__(self, x=Depends(a)): ...\n"
        "@app.get('/')\ndef target(x: Annotated[C, Depends()]): ...",
        ["C", "a"],
    ),
    "bare default": (
        "class C:\n    def __init__(self, x=Depends(a)): ...\n"
        "@app.get('/')\ndef target(x: C = Depends()): ...",
        ["C", "a"],
    ),
    "inherited initializer": (
        "class B:\n    def __init__(self, x=Depends(a)): ...\nclass C(B): ...\n"
        "@app.get('/')\ndef target(x: C = Depends()): ...",
        ["C", "a"],
    ),
    "dataclass": (
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    x: Annotated[int, Depends(a)]\n    y: int = Depends(b)\n"
        "@app.get('/')\ndef target(x: C = Depends()): ...",
        ["C", "a", "b"],
    ),
    "instance": (
        "class C:\n    def __call__(self, x=Depends(a)): ...\n@app.get('/')\ndef target(x=Depends(C())): ...",
        ["C.__call__", "a"],
    ),
    "instance by name": (
        "class C:\n    def __call__(self): ...\nc = C()\n@app.get('/')\ndef target(x=Depends(c)): ...",
        ["C.__call__"],
    ),
    "instance of a library": (
        "from fastapi.security import HTTPBearer as Bearer\nbearer = Bearer()\n"
        "@app.get('/')\ndef target(x=Depends(bearer)): ...",
        ["fastapi.security.HTTPBearer"],
    ),
    "instance of a library's heir": (
        "from fastapi.security import HTTPBearer\nclass Bearer(HTTPBearer): ...\n"
        "@app.get('/')\ndef target(x=Depends(Bearer())): ...",
        ["fastapi.security.HTTPBearer"],
    ),
    "method of an instance": (
        "class C:\n    def user(self, x=Depends(a)): ...\nc = C()\n@app.get('/')\ndef target(x=Depends(c.user)): ...",
        ["C.user", "a"],
    ),
    "class method": (
        "class C:\n    @classmethod\n    def make(cls, x=Depends(a)): ...\n"
        "@app.get('/')\ndef target(x=Depends(C.make)): ...",
        ["C.make", "a"],
    ),
    "method of a library's object": (
        "from fastapi_users import FastAPIUsers\nusers = FastAPIUsers[int, int](1, [2])\n"
        "current = users.current_user(active=True)\n@app.get('/')\ndef target(x=Depends(current)): ...",
        ["fastapi_users.FastAPIUsers.current_user"],
    ),
    "partial": (
        "from functools import partial\n@app.get('/')\ndef target(x=Depends(partial(a, y=1))): ...",
        ["a"],
    ),
    "lambda": ("@app.get('/')\ndef target(x=Depends(lambda: 1)): ...", []),
    "lambda that takes something": (
        "@app.get('/')\ndef target(x=Depends(lambda request: 1)): ...",
        ["?"],
    ),
    "factory": (
        "def make(role):\n    def check(x=Depends(a)): ...\n    return check\n"
        "@app.get('/')\ndef target(x=Depends(make('admin'))): ...",
        ["make.check", "a"],
    ),
    "factory that chooses": (
        "def make(required=True):\n    return a if required else b\n@app.get('/')\ndef target(x=Depends(make())): ...",
        ["a|b"],
    ),
    "factory with branches": (
        "def make(x):\n    if x:\n        return a\n    return b\n@app.get('/')\ndef target(x=Depends(make(1))): ...",
        ["a|b"],
    ),
    "factory that is not seen through": (
        "def make(x):\n    if x:\n        return a\n    return x\n@app.get('/')\ndef target(x=Depends(make(1))): ...",
        ["a|?"],
    ),
    "factory of markers": (
        "def Allow(role):\n    if role:\n        return Depends(a)\n    return Depends(b)\n"
        "@app.get('/')\ndef target(x: Annotated[int, Allow('admin')]): ...",
        ["a", "b"],
    ),
    "bound by branches": (
        "if a:\n    c = a\nelse:\n    c = b\n@app.get('/')\ndef target(x=Depends(c)): ...",
        ["a|b"],
    ),
    "own marker class": (
        "from fastapi.params import Depends as Base\nclass Allow(Base):\n    def __init__(self, role):\n        ...\n"
        "@app.get('/')\ndef target(x=Allow('admin')): ...",
        ["?"],
    ),
    "parameter": (
        "def routes(app: FastAPI, user):\n    @app.get('/')\n    def target(x=Depends(user)): ...",
        ["?"],
    ),
    "unknown": (
        "from lost import *\nfrom found import *\n@app.get('/')\ndef target(x=Depends(c)): ...",
        ["?"],
    ),
    "decorator": (
        "@app.get('/', dependencies=[Depends(a), Depends(b)])\ndef target(): ...",
        ["a", "b"],
    ),
    "decorator's list by name": (
        "GUARDED = [Depends(a)]\n@app.get('/', dependencies=[*GUARDED, Depends(b)])\ndef target(): ...",
        ["a", "b"],
    ),
    "sum of lists": (
        "GUARDED = [Depends(a)]\n@app.get('/', dependencies=GUARDED + [Depends(b)])\ndef target(): ...",
        ["a", "b"],
    ),
    "choice of lists": (
        "@app.get('/', dependencies=[Depends(a)] if app else None)\ndef target(): ...",
        ["a"],
    ),
    "list that a function makes": (
        "def guards():\n    return [Depends(a)]\n@app.get('/', dependencies=guards())\ndef target(): ...",
        ["a"],
    ),
    "list that grows": (
        "guards = []\nif app:\n    guards.append(Depends(a))\n@app.get('/', dependencies=guards)\ndef target(): ...",
        ["a"],
    ),
    "marker by name": (
        "A = Depends(a)\n@app.get('/', dependencies=[A])\ndef target(): ...",
        ["a"],
    ),
    "list that is not known": (
        "from lost import guards, guard\n@app.get('/', dependencies=[*guards, guard])\ndef target(): ...",
        ["?", "?"],
    ),
    "options": (
        "options = {'dependencies': [Depends(a)]}\n@app.get('/', **options)\ndef target(): ...",
        ["a"],
    ),
    "harmless options": (
        "options = {'tags': ['x']}\n@app.get('/', **options)\ndef target(): ...",
        [],
    ),
    "options that are not known": (
        "from lost import options\n@app.get('/', **options)\ndef target(): ...",
        ["?"],
    ),
    "handler that is not known": (
        "from lost import target\napp.add_api_route('/', target)",
        ["?"],
    ),
    "injecting decorator": (
        "from library import depends\n@app.get('/')\n@depends(Depends(a))\ndef target(): ...",
        ["a"],
    ),
    "container": (
        "from dependency_injector.wiring import Provide, inject\nfrom containers import Container\n"
        "@app.get('/')\n@inject\ndef target(x=Depends(Provide[Container.service])): ...",
        ["dependency_injector.wiring.Provide"],
    ),
    "class-based view": (
        """
        class Base:
            session: int = Depends(a)
        @cbv(app)
        class View(Base):
            user: Annotated[int, Depends(b)]
            @app.get("/")
            def target(self): ...
        """,
        ["b", "a"],
    ),
    "initializer of a class-based view": (
        """
        @cbv(app)
        class View:
            def __init__(self, user=Depends(a)): ...
            @app.get("/")
            def target(self): ...
        """,
        ["a"],
    ),
    "class-based view with an unknown base": (
        """
        from lost import *
        from found import *
        @cbv(app)
        class View(Base):
            @app.get("/")
            def target(self): ...
        """,
        ["?"],
    ),
    "another module": (
        """
        from deps import CurrentUser
        @app.get("/")
        def target(user: CurrentUser): ...
        # file: deps.py
        from typing import Annotated
        from fastapi import Depends
        import security
        CurrentUser = Annotated[str, Depends(security.current_user)]
        # file: security.py
        from fastapi import Depends
        from fastapi.security import OAuth2PasswordBearer
        scheme = OAuth2PasswordBearer(tokenUrl="token")
        def current_user(token: str = Depends(scheme)): ...
        """,
        ["security.current_user", "fastapi.security.OAuth2PasswordBearer"],
    ),
    "router": (
        "router = APIRouter(dependencies=[Depends(a)])\napp.include_router(router)\n@router.get('/')\ndef target(): ...",
        ["a"],
    ),
    "router class": (
        "class Guarded(APIRouter):\n    def __init__(self, **k):\n        super().__init__(dependencies=[Depends(a)], **k)\n"
        "router = Guarded()\napp.include_router(router)\n@router.get('/')\ndef target(): ...",
        ["a"],
    ),
    "inclusion": (
        "router = APIRouter()\napp.include_router(router, dependencies=[Depends(a)])\n@router.get('/')\ndef target(): ...",
        ["a"],
    ),
    "outer router": (
        "outer = APIRouter(dependencies=[Depends(a)])\nrouter = APIRouter()\nouter.include_router(router)\n"
        "app.include_router(outer)\n@router.get('/')\ndef target(): ...",
        ["a"],
    ),
    "app": (
        "guarded = FastAPI(dependencies=[Depends(a)])\n@guarded.get('/')\ndef target(): ...",
        ["a"],
    ),
    "app that a function makes": (
        """
        def create(**options):
            made = FastAPI(**options)
            made.include_router(router)
            return made
        router = APIRouter()
        @router.get("/")
        def target(): ...
        guarded = create(dependencies=[Depends(a)])
        """,
        ["a"],
    ),
    "mount": (
        "outer = FastAPI(dependencies=[Depends(a)])\ninner = FastAPI()\nouter.mount('/x', inner)\n"
        "@inner.get('/')\ndef target(): ...",
        [],
    ),
}


def open_project(code: str, root: Path) -> Project:
    """A project of the files in `code`, which exist only as overlays."""
    texts = {str(root / path): text for path, text in files_of(code).items()}
    return Project(root, overlays=texts)


def target_of(project: Project) -> Route:
    """The one route that is called `target`, or leads nowhere known."""
    routes = [
        route
        for route in all_routes(project)
        if route.handler is None or route.handler.name == "target"
    ]
    assert len(routes) == 1
    return routes[0]


def written(dependency: Dependency) -> str:
    """The names of what is called, with `?` where there may be more."""
    names = [target.qualified_name.removeprefix("example.") for target in dependency.targets]
    return "|".join([*names, *([] if dependency.is_certain else ["?"])])


@pytest.mark.parametrize("name", CASES)
def test_dependencies(name: str, tmp_path: Path) -> None:
    """Each program's route depends on what is expected, in the order in which it is found."""
    code, expected = CASES[name]
    project = open_project(START + dedent(code), tmp_path)
    route = target_of(project)
    found = list(dependencies_of(project, route))
    for placement in placements(project, route.router):
        way = dependencies_on_the_way(project, placement)
        found += [dependency for dependency in way if dependency not in found]
    assert [text for text in map(written, found) if text] == expected


def test_security_marker(tmp_path: Path) -> None:
    """`Security` is told from `Depends`, and keyword arguments are read."""
    code = "@app.get('/')\ndef target(x=Security(a, use_cache=False), y=Depends(b)): ..."
    first, second = dependencies_of(*_route(code, tmp_path))
    assert (first.is_security, second.is_security) == (True, False)
    assert first.argument("use_cache") is not None
    assert first.target is not None
    assert first.target.qualified_name == "example.a"


def _route(code: str, root: Path) -> tuple[Project, Route]:
    project = open_project(START + code, root)
    return project, target_of(project)
