"""Which routes know who is calling."""

from pathlib import Path

import pytest

from handbook.knowledge.fastapi.routing.apps import apps
from handbook.knowledge.fastapi.routing.routes import all_routes
from handbook.knowledge.fastapi.security.security import (
    Protection,
    authenticates,
    is_way_in,
    protection_of,
)
from handbook.python.project.project import Project

IMPORTS = """
from fastapi import APIRouter, Depends, FastAPI, Security
from fastapi.security import HTTPBearer
from pydantic import BaseModel
app = FastAPI()
scheme = HTTPBearer()
def get_user(token=Depends(scheme)): ...
def get_db(): ...
"""


def open_project(code: str, root: Path) -> Project:
    """A project of one file, which exists only as an overlay."""
    texts = {str(root / "main.py"): IMPORTS + code}
    return Project(root, overlays=texts, list_files=lambda: list(texts))


PROTECTED: dict[str, tuple[str, str]] = {
    "bare": ("@app.get('/')\ndef f(): ...", "OPEN"),
    "scheme": ("@app.get('/')\ndef f(x=Depends(scheme)): ...", "GUARDED"),
    "transitive": ("@app.get('/')\ndef f(x=Depends(get_user)): ...", "GUARDED"),
    "security": ("@app.get('/')\ndef f(x=Security(get_db)): ...", "GUARDED"),
    "list": ("@app.get('/', dependencies=[Depends(get_user)])\ndef f(): ...", "GUARDED"),
    "other": ("@app.get('/')\ndef f(x=Depends(get_db)): ...", "OPEN"),
    "subclass": (
        "class B(HTTPBearer): ...\n@app.get('/')\ndef f(x=Depends(B())): ...",
        "GUARDED",
    ),
    "library": ("from shop import load\n@app.get('/')\ndef f(x=Depends(load)): ...", "UNKNOWN"),
    "library's guard": (
        "from shop import require_admin\n@app.get('/')\ndef f(x=Depends(require_admin)): ...",
        "GUARDED",
    ),
    "decorator": (
        "from shop import login_required\n@app.get('/')\n@login_required\ndef f(): ...",
        "GUARDED",
    ),
    "unknown decorator": ("from shop import d\n@app.get('/')\n@d\ndef f(): ...", "UNKNOWN"),
    "handler": ("@app.get('/')\ndef f(request):\n  return request.headers['X-Token']", "GUARDED"),
    "one-time secret": (
        "class A(BaseModel):\n  token: str\n@app.post('/')\ndef f(x: A): ...",
        "GUARDED",
    ),
    "router": (
        "r = APIRouter(dependencies=[Depends(get_user)])\n@r.get('/')\ndef f(): ...\n"
        "app.include_router(r)",
        "GUARDED",
    ),
    "inclusion": (
        "r = APIRouter()\n@r.get('/')\ndef f(): ...\n"
        "app.include_router(r, dependencies=[Depends(get_user)])",
        "GUARDED",
    ),
    "never included": ("r = APIRouter()\n@r.get('/')\ndef f(): ...", "UNKNOWN"),
    "middleware": (
        "@app.middleware('http')\nasync def m(r, n):\n  raise Unauthorized()\n"
        "@app.get('/')\ndef f(): ...",
        "UNKNOWN",
    ),
}


@pytest.mark.parametrize(("code", "expected"), PROTECTED.values(), ids=PROTECTED.keys())
def test_protection_of(code: str, expected: str, tmp_path: Path) -> None:
    """Dependencies, decorators, routers and middleware on the way to a route are looked at."""
    project = open_project(code, tmp_path)
    (route,) = all_routes(project)
    assert protection_of(project, route) is Protection[expected]


USERS: dict[str, tuple[str, bool]] = {
    "no route": ("", False),
    "open route": ("@app.get('/')\ndef f(): ...", False),
    "guarded route": ("@app.get('/')\ndef f(x=Depends(get_user)): ...", True),
    "guarded router": (
        "r = APIRouter()\n@r.get('/')\ndef f(x=Depends(get_user)): ...\napp.include_router(r)",
        True,
    ),
}


@pytest.mark.parametrize(("code", "expected"), USERS.values(), ids=USERS.keys())
def test_authenticates(code: str, expected: bool, tmp_path: Path) -> None:
    """An app knows users where one of its routes asks for them."""
    project = open_project(code, tmp_path)
    (app,) = apps(project)
    assert authenticates(project, app) is expected


WAYS: dict[str, tuple[str, bool]] = {
    "login": ("@app.post('/auth/login')\ndef f(): ...", True),
    "name": ("@app.post('/')\ndef sign_up_webhook(): ...", True),
    "reset": ("@app.put('/reset-password')\ndef f(): ...", True),
    "change of a password": ("@app.put('/me/password')\ndef f(): ...", False),
    "order": ("@app.post('/orders')\ndef create_order(): ...", False),
}


@pytest.mark.parametrize(("code", "expected"), WAYS.values(), ids=WAYS.keys())
def test_is_way_in(code: str, expected: bool, tmp_path: Path) -> None:
    """Routes for those who have yet to show who they are are told by their words."""
    project = open_project(code, tmp_path)
    (route,) = all_routes(project)
    assert is_way_in(project, route) is expected
