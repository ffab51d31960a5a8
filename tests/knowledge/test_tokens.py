"""Calls that make and read JSON Web Tokens."""

import ast
from pathlib import Path

import pytest

from handbook.knowledge.fastapi.security.tokens import TokenCall, token_calls
from handbook.knowledge.vocabulary import JWT_DECODE, JWT_ENCODE
from handbook.python.project.project import Project
from handbook.syntax.names import Names

CALLS: dict[str, tuple[str, list[str]]] = {
    "PyJWT": ("import jwt\njwt.decode(t, k)", ["jwt.decode"]),
    "jose": ("from jose import jwt\njwt.decode(t, k)", ["jose.jwt.decode"]),
    "alias": ("from jwt import decode as read\nread(t)", ["jwt.decode"]),
    "module alias": ("import jwt as j\nj.encode(p, k)", ["jwt.encode"]),
    "instance": ("from jwt import PyJWT\nPyJWT().decode(t, k)", ["jwt.PyJWT.decode"]),
    "in a function": ("import jwt\ndef f(t):\n  return jwt.decode(t)", ["jwt.decode"]),
    "in order": ("import jwt\njwt.encode(p)\njwt.decode(t)", ["jwt.encode", "jwt.decode"]),
    "bytes": ("b'a'.decode('utf-8')", []),
    "own module": ("class jwt:\n  def decode(t): ...\njwt.decode(t)", []),
    "not called": ("import jwt\nread = jwt.decode", []),
}


def calls(code: str, root: Path) -> list[TokenCall]:
    """The calls in a module of one file, which exists only as an overlay."""
    path = str(root / "main.py")
    outline = (project := Project(root, overlays={path: code})).outline(path)
    assert outline is not None
    return [*token_calls(project, outline, Names(JWT_DECODE | JWT_ENCODE))]


@pytest.mark.parametrize(("code", "expected"), CALLS.values(), ids=CALLS.keys())
def test_calls(code: str, expected: list[str], tmp_path: Path) -> None:
    """The calls of both libraries are found under every name, and no others."""
    assert [call.name for call in calls(code, tmp_path)] == expected


TOKENS: dict[str, tuple[str, str | None]] = {
    "position": ("jwt.decode(a, b)", "a"),
    "keyword": ("jwt.decode(jwt=a)", "a"),
    "jose": ("jwt.decode(token=a)", "a"),
    "payload": ("jwt.encode(payload=a, key=b)", "a"),
    "claims": ("jwt.encode(claims=a)", "a"),
    "none": ("jwt.decode(**a)", None),
}


@pytest.mark.parametrize(("code", "expected"), TOKENS.values(), ids=TOKENS.keys())
def test_token(code: str, expected: str | None, tmp_path: Path) -> None:
    """The token that is read, or the payload of one that is made, is told."""
    (call,) = calls(f"import jwt\n{code}", tmp_path)
    assert (ast.unparse(call.token) if call.token is not None else None) == expected


def test_library(tmp_path: Path) -> None:
    """python-jose is told from PyJWT."""
    code = "import jwt\nfrom jose import jwt as other\njwt.decode(t)\nother.decode(t)"
    assert [call.is_jose for call in calls(code, tmp_path)] == [False, True]
