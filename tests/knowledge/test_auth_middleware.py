"""Middleware that turns strangers away."""

from pathlib import Path
from textwrap import dedent

import pytest

from handbook.knowledge.fastapi.security.auth_middleware import has_gatekeeper
from handbook.python.project.project import Project
from handbook.rulebook.documentation import files_of

IMPORTS = """
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse
app = FastAPI()
class Keeper:
    async def __call__(self, scope, receive, send):
        raise Unauthorized()
"""

KEPT: dict[str, tuple[str, bool]] = {
    "none": ("", False),
    "not added": ("keeper = Keeper", False),
    "added": ("app.add_middleware(Keeper)", True),
    "listed": ("FastAPI(middleware=[Middleware(Keeper)])", True),
    "decorated": (
        "@app.middleware('http')\nasync def m(r, n):\n  return JSONResponse({}, status_code=401)",
        True,
    ),
    "applied": (
        "async def m(r, n):\n  return JSONResponse({}, 401)\napp.middleware('http')(m)",
        True,
    ),
    "other answer": (
        "@app.middleware('http')\nasync def m(r, n):\n  return JSONResponse({}, status_code=503)",
        False,
    ),
    "Starlette's other": ("app.add_middleware(GZipMiddleware)", False),
    "library": ("from shop import AuthMiddleware\napp.add_middleware(AuthMiddleware)", True),
    "other library": (
        "from shop import CartMiddleware\napp.add_middleware(CartMiddleware)",
        False,
    ),
    "backend that refuses": (
        "class B:\n  async def authenticate(self, conn):\n    raise Error\n"
        "app.add_middleware(AuthenticationMiddleware, backend=B())",
        True,
    ),
    "backend that lets pass": (
        "class B:\n  async def authenticate(self, conn):\n    return None\n"
        "app.add_middleware(AuthenticationMiddleware, backend=B())",
        False,
    ),
    "in tests": ("# file: tests/test_app.py\napp.add_middleware(Keeper)", False),
}


@pytest.mark.parametrize(("code", "expected"), KEPT.values(), ids=KEPT.keys())
def test_has_gatekeeper(code: str, expected: bool, tmp_path: Path) -> None:
    """Middleware that answers 401 keeps the gate, wherever and however it is added."""
    files = files_of(dedent(code)) or {"main.py": ""}
    texts = {str(tmp_path / path): IMPORTS + text for path, text in files.items()}
    project = Project(
        tmp_path,
        overlays=texts,
        list_files=lambda: list(texts),
        roles=lambda path: frozenset({"test"} if path.startswith("tests/") else ()),
    )
    assert has_gatekeeper(project) is expected
