"""Which middleware an app has, and what its CORS lets in."""

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from handbook.documentation import files_of
from handbook.semantics.project import Project
from handbook.web.apps import apps_in
from handbook.web.cors import admits_any, cors_in, credentials_of, star_of
from handbook.web.middleware import middleware_of

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
    "unknown receiver": (
        "def f(app): app.add_middleware(GZipMiddleware)\na = FastAPI()",
        [["GZipMiddleware"]],
    ),
    "unknown class": ("app = FastAPI()\napp.add_middleware(x)", [[None]]),
    "objects of another framework": ("app = FastAPI()\nmcp.add_middleware(Limit())", [[]]),
}


@pytest.mark.parametrize(("code", "expected"), APPS.values(), ids=APPS.keys())
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
