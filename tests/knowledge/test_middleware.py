"""Which middleware an app has, and what its CORS lets in."""

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from handbook.knowledge.fastapi.middleware.cors import admits_any, cors_in, credentials_of, star_of
from handbook.knowledge.fastapi.middleware.stack import all_layers, middleware_of
from handbook.knowledge.fastapi.routing.apps import apps_in
from handbook.python.project.project import Project
from handbook.rulebook.documentation import files_of

IMPORTS = """
import os
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
"""


def open_project(code: str, root: Path) -> Project:
    """A project of the files in `code`, which exist only as overlays."""
    texts = {str(root / path): IMPORTS + text for path, text in files_of(dedent(code)).items()}
    return Project(root, overlays=texts)


def middleware_names(code: str, root: Path) -> list[list[str | None]]:
    """The middleware of each app of `example.py`, by the last part of its name."""
    project = open_project(code, root)
    outline = project.read_outline(str(root / "example.py"))
    return [
        [
            found.symbol.qualified_name.rpartition(".")[2] if found.symbol is not None else None
            for found in middleware_of(project, app)
        ]
        for app in apps_in(project, outline)
    ]


APPS: dict[str, tuple[str, list[list[str | None]]]] = {
    "none": ("app = FastAPI()", [[]]),
    "added": ("app = FastAPI()\napp.add_middleware(GZipMiddleware)", [["GZipMiddleware"]]),
    "decorated": (
        "app = FastAPI()\n@app.middleware('http')\nasync def f(request, call_next): ...",
        [["f"]],
    ),
    "one of two apps": (
        "a = FastAPI()\nb = FastAPI()\nb.add_middleware(GZipMiddleware)",
        [[], ["GZipMiddleware"]],
    ),
    "handed to a function": (
        "def f(app: FastAPI): app.add_middleware(GZipMiddleware)\na = FastAPI()\nf(a)\nb = FastAPI()",
        [["GZipMiddleware"], []],
    ),
    "handed to a function of another file": (
        "from other import f\na = FastAPI()\nf(app=a)\n"
        "# file: other.py\ndef f(app: FastAPI): app.add_middleware(GZipMiddleware)\n",
        [["GZipMiddleware"]],
    ),
    "handed to a method": (
        "class S:\n    def f(self, app: FastAPI): app.add_middleware(GZipMiddleware)\n"
        "    def g(self):\n        self.app = FastAPI()\n        self.f(self.app)",
        [["GZipMiddleware"]],
    ),
    "handed to its lifespan": (
        "async def run(app: FastAPI): app.add_middleware(GZipMiddleware)\n"
        "a = FastAPI(lifespan=run)\nb = FastAPI()",
        [["GZipMiddleware"], []],
    ),
    "handed on by its lifespan": (
        "def set_up(app: FastAPI): app.add_middleware(GZipMiddleware)\n"
        "async def run(own: FastAPI): set_up(own)\n"
        "def make():\n    return FastAPI(lifespan=run)\nb = FastAPI()",
        [[], ["GZipMiddleware"]],
    ),
    "unknown receiver": (
        "def f(app): app.add_middleware(GZipMiddleware)\na = FastAPI()",
        [["GZipMiddleware"]],
    ),
    "unknown class": ("app = FastAPI()\napp.add_middleware(x)", [[None]]),
    "class of no certain value": ("X = f()\napp = FastAPI()\napp.add_middleware(X)", [[None]]),
    "objects of another framework": ("app = FastAPI()\nmcp.add_middleware(Limit())", [[]]),
}

LISTS: dict[str, tuple[str, list[list[str | None]]]] = {
    "made ready": (
        "L = [Middleware(GZipMiddleware), Middleware(CORSMiddleware)]\napp = FastAPI()\n"
        "for m in L: pass\n"
        "for m in L:\n    app.add_middleware(m.cls, *m.args, **m.kwargs)",
        [["GZipMiddleware", "CORSMiddleware"]],
    ),
    "classes with options": (
        "app = FastAPI()\nfor cls, options in [(GZipMiddleware, {}), (CORSMiddleware, {})]:\n"
        "    app.add_middleware(cls, **options)",
        [["GZipMiddleware", "CORSMiddleware"]],
    ),
    "classes": (
        "app = FastAPI()\nfor c in reversed((GZipMiddleware, CORSMiddleware)):\n"
        "    app.add_middleware(c)",
        [["CORSMiddleware", "GZipMiddleware"]],
    ),
    "dictionary": (
        "app = FastAPI()\nD = {GZipMiddleware: {}, CORSMiddleware: {}}\n"
        "for cls, options in D.items():\n    app.add_middleware(cls, **options)",
        [["GZipMiddleware", "CORSMiddleware"]],
    ),
    "by index and key": (
        "app = FastAPI()\nfor x in [(GZipMiddleware, 1)]:\n    app.add_middleware(x[0])\n"
        "for x in [{'cls': CORSMiddleware}]:\n    app.add_middleware(x['cls'])",
        [["GZipMiddleware", "CORSMiddleware"]],
    ),
    "by a field": (
        "class Spec:\n    cls: type\n"
        "app = FastAPI()\nfor x in [Spec(cls=GZipMiddleware)]: pass\n"
        "for x in [Spec(cls=GZipMiddleware)]:\n    app.add_middleware(x.cls)",
        [["GZipMiddleware"]],
    ),
    "built by a function of another file": (
        "from other import build\ndef setup(app: FastAPI):\n"
        "    for m in reversed(build(1)):\n        app.add_middleware(m.cls, **m.kwargs)\n"
        "app = FastAPI()\nsetup(app)\n"
        "# file: other.py\ndef build(settings):\n"
        "    found = [Middleware(CORSMiddleware)]\n"
        "    if settings.zips:\n        found.append(Middleware(GZipMiddleware))\n"
        "    return found",
        [["GZipMiddleware", "CORSMiddleware"]],
    ),
    "listed": (
        "def build(): return [Middleware(GZipMiddleware)]\n"
        "app = FastAPI(middleware=build() + [Middleware(CORSMiddleware)])",
        [["GZipMiddleware", "CORSMiddleware"]],
    ),
    "listed under names": (
        "zips = Middleware(GZipMiddleware)\n"
        "app = FastAPI(middleware=[zips, Middleware(CORSMiddleware) if x else None])",
        [["GZipMiddleware", "CORSMiddleware"]],
    ),
    "each in its list": (
        "a = FastAPI(middleware=[Middleware(GZipMiddleware)])\n"
        "b = FastAPI(middleware=[Middleware(CORSMiddleware)])\nc = FastAPI()",
        [["GZipMiddleware"], ["CORSMiddleware"], []],
    ),
    "in no list that is known": (
        "m = f(Middleware(GZipMiddleware))\na = FastAPI()",
        [["GZipMiddleware"]],
    ),
    "nothing": ("app = FastAPI()\nfor m in []:\n    app.add_middleware(m)", [[]]),
    "unknown list": ("app = FastAPI(middleware=x)", [[None]]),
    "unknown part": (
        "app = FastAPI(middleware=[Middleware(GZipMiddleware), *x])",
        [["GZipMiddleware", None]],
    ),
    "unknown item": ("app = FastAPI(middleware=[x])", [[None]]),
    "unknown loop": (
        "app = FastAPI()\nfor m in x:\n    app.add_middleware(m.cls)",
        [[None]],
    ),
    "unknown class in a loop": (
        "app = FastAPI()\nfor m in [1, 2]:\n    cls = f(m)\n    app.add_middleware(cls)",
        [[None]],
    ),
    "parameter": (
        "def setup(app: FastAPI, found):\n"
        "    for m in found:\n        app.add_middleware(m)\napp = FastAPI()\nsetup(app, y)",
        [[None]],
    ),
    "list of another framework": ("f(middleware=x)\napp = FastAPI()", [[]]),
}


@pytest.mark.parametrize(
    ("code", "expected"),
    [*APPS.values(), *LISTS.values()],
    ids=[*APPS.keys(), *LISTS.keys()],
)
def test_middleware_of(code: str, expected: list[list[str | None]], tmp_path: Path) -> None:
    """Each app has what is added to it, and what may be."""
    assert middleware_names(code, tmp_path) == expected


CORS: dict[str, tuple[str, str | None, bool | None]] = {
    "star": ("['*'], allow_credentials=True", "*", True),
    "positional": ("['*'], ['GET'], [], True", "*", True),
    "without credentials": ("['*']", "*", False),
    "unknown credentials": ("['*'], allow_credentials=x", "*", None),
    "list": ("['https://a.example'], allow_credentials=True", None, True),
    "text": ("'https://*.a.example', allow_credentials=True", "https://*.a.example", True),
    "pattern": ("allow_origin_regex='.+', allow_credentials=True", ".+", True),
    "options": ("**{'allow_origins': ['*'], 'allow_credentials': True}", "*", True),
    "unknown options": ("**x", None, None),
    "computed": ("O, allow_credentials='*' not in O", "*", None),
    "same condition": ("['*'] if D else [], allow_credentials=not D", "*", False),
    "other condition": ("['*'] if D else [], allow_credentials=D", "*", True),
}


@pytest.mark.parametrize(("code", "text", "credentials"), CORS.values(), ids=CORS.keys())
def test_cors(code: str, text: str | None, credentials: bool | None, tmp_path: Path) -> None:
    """The star is found, and whether credentials go with it."""
    program = (
        f"D = os.getenv('D')\nO = os.getenv('O', '*').split(',')\nCORSMiddleware(app, {code})"
    )
    project = open_project(program, tmp_path)
    outline = project.read_outline(str(tmp_path / "example.py"))
    [middleware] = cors_in(project, outline)
    star = star_of(project, middleware)
    assert (star.text if star is not None else None) == text
    found = star.credentials if star is not None else credentials_of(project, middleware)
    assert found is credentials


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (".*", True),
        ("https?://.*", True),
        (r"http://[\w.-]+(:\d+)?", True),
        (r"https://.*\.example\.com", False),
        (r"http://localhost(:\d+)?", False),
        ("(", False),
    ],
)
def test_admits_any(pattern: str, expected: bool) -> None:
    """A pattern that admits strangers is told from one that does not."""
    assert admits_any(pattern) is expected


def test_star_belongs_to_one_caller(tmp_path: Path) -> None:
    """The star of one call and the credentials of another do not meet."""
    code = """
    def protect(app, origins, credentials):
        return CORSMiddleware(app, allow_origins=origins, allow_credentials=credentials)

    protect(1, ["*"], False)
    protect(2, ["https://a.example"], True)
    """
    project = open_project(code, tmp_path)
    [middleware] = cors_in(project, project.read_outline(str(tmp_path / "example.py")))
    star = star_of(project, middleware)
    assert star is not None
    assert star.credentials is False
    assert isinstance(star.origin.node, ast.Constant)


def layers(code: str, root: Path) -> list[str]:
    """The middleware of the one app of `example.py`, outermost first."""
    found = [layer for layer in all_layers(open_project(code, root)) if layer.order]
    inside = {
        sum(layer.surrounds(other) for other in found): layer.middleware.symbol for layer in found
    }
    assert len(inside) == len(found)
    return [
        symbol.qualified_name.rpartition(".")[2][0]
        for _, symbol in sorted(inside.items(), reverse=True)
        if symbol is not None
    ]


ORDERS: dict[str, tuple[str, str]] = {
    "one by one": (
        "app = FastAPI()\napp.add_middleware(GZipMiddleware)\napp.add_middleware(CORSMiddleware)",
        "CG",
    ),
    "listed": (
        "app = FastAPI(middleware=[Middleware(GZipMiddleware), Middleware(CORSMiddleware)])",
        "GC",
    ),
    "listed and added": (
        "app = FastAPI(middleware=[Middleware(GZipMiddleware)])\napp.add_middleware(CORSMiddleware)",
        "CG",
    ),
    "in a loop": (
        "app = FastAPI()\nfor m in [GZipMiddleware, CORSMiddleware]:\n    app.add_middleware(m)",
        "CG",
    ),
    "in a loop from the end": (
        "app = FastAPI()\n"
        "for m in reversed([GZipMiddleware, CORSMiddleware]):\n    app.add_middleware(m)",
        "GC",
    ),
    "under a condition about the item": (
        "app = FastAPI()\nfor m, o in [(GZipMiddleware, {}), (CORSMiddleware, None)]:\n"
        "    if o:\n        app.add_middleware(m)",
        "CG",
    ),
    "after a loop": (
        "app = FastAPI()\nfor m in [CORSMiddleware]:\n    app.add_middleware(m)\n"
        "app.add_middleware(GZipMiddleware)",
        "GC",
    ),
}


@pytest.mark.parametrize(("code", "expected"), ORDERS.values(), ids=ORDERS.keys())
def test_order(code: str, expected: str, tmp_path: Path) -> None:
    """What is added last, and what is listed first, stands outermost."""
    assert layers(code, tmp_path) == list(expected)


INCOMPARABLE: dict[str, str] = {
    "two apps": (
        "a = FastAPI()\na.add_middleware(GZipMiddleware)\n"
        "b = FastAPI()\nb.add_middleware(CORSMiddleware)"
    ),
    "either or": (
        "app = FastAPI()\nif x:\n    app.add_middleware(GZipMiddleware)\n"
        "else:\n    app.add_middleware(CORSMiddleware)"
    ),
    "a set": (
        "app = FastAPI()\nfor m in {GZipMiddleware, CORSMiddleware}:\n    app.add_middleware(m)"
    ),
    "either or in a list": (
        "app = FastAPI(middleware=[Middleware(GZipMiddleware)] if x else [Middleware(CORSMiddleware)])"
    ),
    "two functions": (
        "app = FastAPI()\ndef f(): app.add_middleware(GZipMiddleware)\n"
        "def g(): app.add_middleware(CORSMiddleware)"
    ),
}


@pytest.mark.parametrize("code", INCOMPARABLE.values(), ids=INCOMPARABLE.keys())
def test_no_order(code: str, tmp_path: Path) -> None:
    """Neither surely stands around the other."""
    one, other = all_layers(open_project(code, tmp_path))
    assert not one.surrounds(other)
    assert not other.surrounds(one)


def test_options_in_a_loop(tmp_path: Path) -> None:
    """The arguments of an item are found in the module that lists it."""
    code = """
    from other import LIST
    app = FastAPI()
    for cls, options in LIST:
        app.add_middleware(cls, allow_credentials=True, **options)
    # file: other.py
    LIST = [(CORSMiddleware, {"allow_origins": ["*"]})]
    """
    project = open_project(code, tmp_path)
    assert [*cors_in(project, project.read_outline(str(tmp_path / "example.py")))] == []
    [middleware] = cors_in(project, project.read_outline(str(tmp_path / "other.py")))
    star = star_of(project, middleware)
    assert star is not None
    assert star.credentials is None
    assert middleware.has_hidden_arguments
