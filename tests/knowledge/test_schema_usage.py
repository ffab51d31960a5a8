"""Which schemas routes take and give."""

from pathlib import Path
from textwrap import dedent

import pytest

from handbook.knowledge.fastapi.requests.schema_usage import Uses, body_schemas, response_schemas
from handbook.python.project.project import Project
from handbook.rulebook.documentation import files_of

IMPORTS = """
from typing import Annotated, Any
from fastapi import Body, Depends, FastAPI, Form, Query, Response
from pydantic import BaseModel, Field
app = FastAPI()
class A(BaseModel): ...
class B(BaseModel):
    a: A
class C(BaseModel):
    hidden: A = Field(exclude=True)
class Page[T](BaseModel):
    items: list[T]
"""


def open_project(code: str, root: Path) -> Project:
    """A project of the files in `code`, which exist only as overlays."""
    texts = {str(root / path): IMPORTS + text for path, text in files_of(dedent(code)).items()}
    return Project(root, overlays=texts)


def shown(uses: Uses) -> dict[str, list[str]]:
    """For each schema the ways that lead to it."""
    return {
        schema.name: [".".join(use.way) for use in found]
        for schema, found in sorted(uses.items(), key=lambda item: item[0].name)
    }


RESPONSES: dict[str, tuple[str, dict[str, list[str]]]] = {
    "annotation": ("@app.get('/')\ndef f() -> A: ...", {"A": [""]}),
    "model": ("@app.get('/', response_model=A)\ndef f() -> Any: ...", {"A": [""]}),
    "model before annotation": ("@app.get('/', response_model=A)\ndef f() -> C: ...", {"A": [""]}),
    "no model": ("@app.get('/', response_model=None)\ndef f() -> A: ...", {"A": [""]}),
    "ready response": ("@app.get('/')\ndef f() -> Response: ...", {}),
    "union": ("@app.get('/')\ndef f() -> A | Response | None: ...", {"A": [""]}),
    "nested": ("@app.get('/')\ndef f() -> list[B]: ...", {"A": ["a"], "B": [""]}),
    "generic": ("@app.get('/')\ndef f() -> Page[A]: ...", {"A": [""], "Page": [""]}),
    "excluded": ("@app.get('/')\ndef f() -> C: ...", {"C": [""]}),
    "hidden arguments": ("@app.get('/', **options)\ndef f() -> A: ...", {}),
    "websocket": ("@app.websocket('/')\ndef f() -> A: ...", {}),
}


@pytest.mark.parametrize(("code", "expected"), RESPONSES.values(), ids=RESPONSES.keys())
def test_response_schemas(code: str, expected: dict[str, list[str]], tmp_path: Path) -> None:
    """The schemas in responses are found, however deep."""
    assert shown(response_schemas(open_project(code, tmp_path))) == expected


BODIES: dict[str, tuple[str, dict[str, list[str]]]] = {
    "parameter": ("@app.post('/')\ndef f(x: A): ...", {"A": [""]}),
    "list": ("@app.post('/')\ndef f(x: list[B]): ...", {"A": ["a"], "B": [""]}),
    "marked": ("@app.post('/')\ndef f(x: Annotated[A, Body()]): ...", {"A": [""]}),
    "default": ("@app.post('/')\ndef f(x: A = Body()): ...", {"A": [""]}),
    "form": ("@app.post('/')\ndef f(x: Annotated[A, Form()]): ...", {"A": [""]}),
    "alias": ("X = Annotated[A, Body()]\n@app.post('/')\ndef f(x: X): ...", {"A": [""]}),
    "query": ("@app.get('/')\ndef f(x: Annotated[A, Query()]): ...", {}),
    "dependency": ("@app.get('/')\ndef f(x: Annotated[A, Depends()]): ...", {}),
    "old dependency": ("@app.get('/')\ndef f(x: A = Depends()): ...", {}),
    "number": ("@app.post('/')\ndef f(x: int): ...", {}),
}


@pytest.mark.parametrize(("code", "expected"), BODIES.values(), ids=BODIES.keys())
def test_body_schemas(code: str, expected: dict[str, list[str]], tmp_path: Path) -> None:
    """The schemas that bodies and forms are read into are found, however deep."""
    assert shown(body_schemas(open_project(code, tmp_path))) == expected
