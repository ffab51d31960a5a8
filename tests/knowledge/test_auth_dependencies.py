"""What looks at who is calling."""

from pathlib import Path

import pytest

from handbook.knowledge.fastapi.security.auth_dependencies import (
    handles_credentials,
    is_credential,
    is_one_time_secret,
    sounds_like_guard,
)
from handbook.python.project.project import Project
from handbook.syntax.outline import FunctionScope

GUARDS = {
    **dict.fromkeys(("get_current_user", "RequireRole", "verify_api_key", "get_user"), True),
    **dict.fromkeys(("AuthBearer", "check_owner", "is_superuser", "login_required"), True),
    **dict.fromkeys(
        ("get_user_service", "get_db", "AuthSettings", "user_list", "check_page"), False
    ),
    **dict.fromkeys(("token_store", "", "get_user_page"), False),
}


@pytest.mark.parametrize(("name", "expected"), GUARDS.items())
def test_sounds_like_guard(name: str, expected: bool) -> None:
    """What checks callers is told by its name from what only gives something to work with."""
    assert sounds_like_guard(name) is expected


NAMES = {
    "access_token": (True, True),
    "otp": (True, True),
    "X-Signature": (True, True),
    "api_key": (True, False),
    "authorization": (True, False),
    "key": (False, False),
    "email": (False, False),
}


@pytest.mark.parametrize(("name", "expected"), NAMES.items())
def test_names_of_secrets(name: str, expected: tuple[bool, bool]) -> None:
    """Credentials, and those of them that are sent to one caller alone, are told by their names."""
    assert (is_credential(name), is_one_time_secret(name)) == expected


FUNCTIONS: dict[str, tuple[str, bool]] = {
    "nothing": ("def f(x): return x", False),
    "header": ("def f(r): return r.headers['Authorization']", True),
    "header by get": ("def f(r): return r.headers.get('X-API-Key')", True),
    "other header": ("def f(r): return r.headers['Accept']", False),
    "session": ("def f(request): return request.session", True),
    "user": ("def f(request): return request.state.user", True),
    "state": ("def f(request): return request.state.started", False),
    "parameter": ("def f(token): ...", True),
    "401": ("def f(x): raise Error(status_code=401)", True),
    "403 of FastAPI": ("def f(x): raise HTTPException(403)", True),
    "404": ("def f(x): raise HTTPException(404)", False),
    "exception": ("def f(x): raise NotAuthenticated()", True),
    "token read": ("def f(x): return jwt.decode(x)", True),
    "comparison": ("def f(x): return hmac.compare_digest(x, y)", True),
    "check": ("def f(x): check_permissions(x)", True),
    "called": ("def g(x): raise Error(status_code=401)\ndef f(x): g(x)", True),
    "far away": (
        "def h(x): raise Error(status_code=401)\ndef g(x): h(x)\ndef f(x): g(x)",
        False,
    ),
    "constructor": (
        "class A:\n  def __init__(self, token): ...\ndef f(x): A(x)",
        True,
    ),
}


@pytest.mark.parametrize(("code", "expected"), FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_handles_credentials(code: str, expected: bool, tmp_path: Path) -> None:
    """Functions that look at the caller are told by what they do, and by what they call."""
    path = str(tmp_path / "main.py")
    text = f"from fastapi import HTTPException\n{code}\n"
    outline = (project := Project(tmp_path, overlays={path: text})).outline(path)
    assert outline is not None
    function = outline.definitions[-1]
    assert isinstance(function, FunctionScope)
    assert handles_credentials(project, function, depth=1) is expected
