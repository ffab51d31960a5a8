"""Which answers code makes: their status and what the client is told."""

import ast
from pathlib import Path

import pytest

from handbook.knowledge.fastapi.responses.built import answers_in
from handbook.python.project.project import Project

IMPORTS = """
from fastapi import HTTPException, Response, status
from fastapi.responses import JSONResponse

class AppError(HTTPException):
    status_code = 400
    def __init__(self, detail: str, code: int | None = None) -> None:
        super().__init__(status_code=self.status_code, detail=f"error: {detail}")

class Missing(AppError):
    status_code = status.HTTP_404_NOT_FOUND

class Failed(HTTPException):
    def __init__(self, what: str, code: int = 500) -> None:
        super().__init__(code, detail=what)

class Odd(HTTPException):
    def __init__(self) -> None:
        self.status_code = 500

class Problem(JSONResponse):
    media_type = "application/problem+json"
"""

CASES: dict[str, tuple[str, int | None, str | None]] = {
    "HTTPException(404, 'no')": ("exception", 404, "'no'"),
    "HTTPException(status_code=status.HTTP_409_CONFLICT)": ("exception", 409, None),
    "JSONResponse({'a': 1})": ("response", None, "{'a': 1}"),
    "JSONResponse(status_code=503, content='down')": ("response", 503, "'down'"),
    "Response('x', 500)": ("response", 500, "'x'"),
    "Problem({}, 422)": ("response", 422, "{}"),
    "AppError('no')": ("exception", 400, "f'error: {detail}'"),
    "Missing('no')": ("exception", 404, "f'error: {detail}'"),
    "Failed('no')": ("exception", 500, "what"),
    "Failed('no', code=502)": ("exception", 502, "what"),
    "Odd()": ("exception", None, None),
}


@pytest.mark.parametrize(("call", "expected"), CASES.items(), ids=CASES)
def test_answer(call: str, expected: tuple[str, int | None, str | None], tmp_path: Path) -> None:
    """The one answer of a function."""
    path = str(tmp_path / "example.py")
    project = Project(tmp_path, overlays={path: f"{IMPORTS}\ndef f():\n    return {call}\n"})
    function = project.read_outline(path).definitions[-1]
    [answer] = answers_in(project, function)
    body = ast.unparse(answer.body.node) if answer.body is not None else None
    assert (answer.kind, answer.status, body) == expected


def test_others_are_none(tmp_path: Path) -> None:
    """What makes no answer."""
    path = str(tmp_path / "example.py")
    text = (
        f"{IMPORTS}\ndef f(make):\n    make(500)\n    KeyError('x')\n    dict(status_code=500)\n"
    )
    project = Project(tmp_path, overlays={path: text})
    assert [*answers_in(project, project.read_outline(path).definitions[-1])] == []
