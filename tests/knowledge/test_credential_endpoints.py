"""Routes at which strangers try their luck."""

from pathlib import Path

import pytest

from handbook.knowledge.fastapi.routing.apps import placements
from handbook.knowledge.fastapi.routing.routes import all_routes
from handbook.python.project.project import Project
from handbook.rules.security._credential_endpoints import (
    asks_for_password,
    entrance_of,
    is_for_members,
)

IMPORTS = """
from typing import Annotated
from fastapi import Body, Depends, FastAPI, Form, Security
from fastapi.security import HTTPBasic, OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel
app = FastAPI()
scheme = OAuth2PasswordBearer(tokenUrl="token")
class Account(BaseModel):
    password: str
class Note(BaseModel):
    text: str
def get_current_user(token=Depends(scheme)): ...
def authenticate_user(form=Depends(OAuth2PasswordRequestForm)): ...
"""


def open_project(code: str, root: Path) -> Project:
    """A project of one file, which exists only as an overlay."""
    texts = {str(root / "main.py"): IMPORTS + code}
    return Project(root, overlays=texts, list_files=lambda: list(texts))


ENTRANCES: dict[str, tuple[str, str | None]] = {
    "login": ("@app.post('/login')\ndef f(): ...", "login"),
    "two words": ("@app.post('/auth/sign-in')\ndef f(): ...", "login"),
    "page": ("@app.get('/login')\ndef f(): ...", None),
    "logout": ("@app.post('/auth/logout')\ndef f(): ...", None),
    "register": ("@app.post('/auth/register')\ndef f(): ...", "registration"),
    "register with password": ("@app.post('/signup')\ndef f(x: Account): ...", "registration"),
    "register workers": ("@app.post('/workers/register')\ndef f(x: Note): ...", None),
    "register by invitation": ("@app.post('/users/register')\ndef f(token: str): ...", None),
    "register in person": ("@app.post('/signup')\ndef f(x: Account, captcha: str): ...", None),
    "name": ("@app.post('/users')\ndef register_user(x: Account): ...", "registration"),
    "name alone": ("@app.post('/plugins')\ndef register_plugin(x: Note): ...", None),
    "token": ("@app.post('/token')\ndef f(): ...", "token"),
    "access token": ("@app.post('/login/access-token')\ndef f(): ...", "token"),
    "refresh": ("@app.post('/auth/refresh')\ndef refresh_token(): ...", "token"),
    "refresh of a page": ("@app.post('/auth/refresh')\ndef f(): ...", None),
    "token of something": ("@app.post('/clusters/{id}/token')\ndef f(id): ...", None),
    "tokens of a text": ("@app.post('/count_token')\ndef f(): ...", None),
    "check": ("@app.post('/auth/verify-token')\ndef f(): ...", None),
    "reset": ("@app.post('/reset-password')\ndef f(): ...", "password reset"),
    "reset in two": ("@app.put('/password/reset')\ndef f(): ...", "password reset"),
    "forgotten": ("@app.post('/users/forgot')\ndef f(): ...", "password reset"),
    "counter": ("@app.post('/counter/reset')\ndef f(): ...", None),
}


@pytest.mark.parametrize(("code", "expected"), ENTRANCES.values(), ids=ENTRANCES.keys())
def test_entrance_of(code: str, expected: str | None, tmp_path: Path) -> None:
    """Entrances are told by path, method, name and body, and nothing else is one."""
    project = open_project(code, tmp_path)
    (route,) = all_routes(project)
    assert entrance_of(project, route) == expected


PASSWORDS: dict[str, tuple[str, bool]] = {
    "schema": ("x: Account", True),
    "list": ("x: list[Account]", True),
    "form": ("x: Annotated[OAuth2PasswordRequestForm, Depends()]", True),
    "dependency": ("x=Depends(authenticate_user)", True),
    "field": ("password: Annotated[str, Form()]", True),
    "other": ("x: Note", False),
}


@pytest.mark.parametrize(("parameter", "expected"), PASSWORDS.values(), ids=PASSWORDS.keys())
def test_asks_for_password(parameter: str, expected: bool, tmp_path: Path) -> None:
    """Bodies, forms and dependencies that read a password are found."""
    project = open_project(f"@app.post('/')\ndef f({parameter}): ...", tmp_path)
    (route,) = all_routes(project)
    assert asks_for_password(project, route) is expected


MEMBERS: dict[str, tuple[str, bool]] = {
    "scheme": ("x=Depends(scheme)", True),
    "user": ("x=Depends(get_current_user)", True),
    "security": ("x=Security(load)", True),
    "basic": ("x=Depends(HTTPBasic())", False),
    "login": ("x=Depends(authenticate_user)", False),
    "nothing": ("x: Account", False),
    "unknown guard": ("x=Depends(unknown.authenticator)", True),
    "unknown form": ("x=Depends(unknown.login_form)", False),
}


@pytest.mark.parametrize(("parameter", "expected"), MEMBERS.values(), ids=MEMBERS.keys())
def test_is_for_members(parameter: str, expected: bool, tmp_path: Path) -> None:
    """What knows the caller is told from what lets them in."""
    project = open_project(f"@app.post('/')\ndef f({parameter}): ...", tmp_path)
    (route,) = all_routes(project)
    (way,) = placements(project, route.router)
    assert is_for_members(project, route, way) is expected
