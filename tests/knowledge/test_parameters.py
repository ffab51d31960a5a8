"""What FastAPI reads from requests, and what bounds it."""

from pathlib import Path
from textwrap import dedent

import pytest

from handbook.knowledge.fastapi.requests.parameters import (
    asked_by,
    path_parameters,
    readers,
    reading_of,
)
from handbook.knowledge.fastapi.routing.routes import all_routes
from handbook.python.project.project import Project
from handbook.rulebook.documentation import files_of

IMPORTS = """
from typing import Annotated, Optional
from dataclasses import field
from annotated_types import Ge, MaxLen, Predicate
from fastapi import APIRouter, Body, Depends, FastAPI, Header, Path, Query
from pydantic import AfterValidator, BaseModel, Field, PositiveInt, StringConstraints, conint
app = FastAPI()
def limit(): return Depends(f)
"""


def open_project(code: str, root: Path) -> Project:
    """A project of the files in `code`, which exist only as overlays."""
    texts = {str(root / path): IMPORTS + text for path, text in files_of(dedent(code)).items()}
    return Project(root, overlays=texts, list_files=lambda: list(texts))


READINGS: dict[str, tuple[str, tuple[str, str | None, set[str] | None]]] = {
    "plain": ("x: int", ("x", None, set())),
    "untyped": ("x", ("x", None, set())),
    "marked": ("x: Annotated[int, Query(ge=1)]", ("x", "Query", {"ge"})),
    "old style": ("x: int = Query(1, le=9)", ("x", "Query", {"le"})),
    "no bound": ("x: Annotated[int, Query(ge=None)]", ("x", "Query", set())),
    "alias": ("x: Annotated[str, Path(alias='y')]", ("y", "Path", {"alias"})),
    "alias of a field": ("x: int = Field(1, alias='y')", ("y", None, {"alias"})),
    "described": ("x: Annotated[int, 'a number']", ("x", None, set())),
    "several": ("x: Annotated[int, Ge(1), Field(le=9)]", ("x", None, {"ge", "le"})),
    "optional": ("x: Optional[Annotated[int, Field(gt=0)]]", ("x", None, {"gt"})),
    "quoted": ("x: 'Annotated[int, Query(lt=9)]'", ("x", "Query", {"lt"})),
    "named type": ("x: PositiveInt", ("x", None, {"gt"})),
    "called type": ("x: conint(ge=1)", ("x", None, {"ge"})),
    "text": ("x: Annotated[str, StringConstraints(pattern='a')]", ("x", None, {"pattern"})),
    "length": ("x: Annotated[str, MaxLen(26)]", ("x", None, {"max_length"})),
    "dataclass": ("x: int = field(default=1)", ("x", None, {"default"})),
    "other mark": ("x: Annotated[int, Predicate(f)]", ("x", None, None)),
    "validator": ("x: Annotated[int, AfterValidator(abs)]", ("x", None, None)),
    "options": ("x: Annotated[int, Query(**more)]", ("x", "Query", None)),
    "dependency": ("x: Annotated[int, Depends(f)]", ("x", "Depends", set())),
    "old dependency": ("x: int = Depends(f)", ("x", "Depends", set())),
    "made dependency": ("x: int = limit()", ("x", "Depends", set())),
    "unknown function": ("x: int = make()", ("x", "unknown", set())),
    "header": ("x: int = Header()", ("x", "Header", set())),
}


@pytest.mark.parametrize(("code", "expected"), READINGS.values(), ids=READINGS.keys())
def test_reading(
    code: str, expected: tuple[str, str | None, set[str] | None], tmp_path: Path
) -> None:
    """The name, the marker and the bounds of a parameter are read."""
    project = open_project(f"def f({code}): ...", tmp_path)
    function = project.outlines[0].definitions[-1]
    (asked,) = asked_by(function)
    reading = reading_of(project, asked)
    assert (reading.name, reading.kind, reading.constraints) == expected


def test_reading_follows_names(tmp_path: Path) -> None:
    """Markers and types with names of their own, here and elsewhere, are seen through."""
    code = """
    # file: types.py
    Limit = Annotated[int, Query(le=9)]
    # file: main.py
    from types import Limit
    type Page = Limit | None
    START = Query(0, ge=0)
    def f(a: Page, b: int = START): ...
    """
    project = open_project(code.replace("types", "kinds"), tmp_path)
    main = next(outline for outline in project.outlines if outline.module == "main")
    found = [reading_of(project, asked) for asked in asked_by(main.definitions[-1])]
    assert [set(reading.constraints or ()) for reading in found] == [{"le"}, {"ge"}]


def test_asked_by_method_and_class(tmp_path: Path) -> None:
    """`self`, `*args` and `**options` are asked of nobody; fields of a class are."""
    code = """
    class A:
        x: int
        y: str = "y"
        def __call__(self, z, *args, w=1, **options): ...
    """
    *_, class_, method = open_project(code, tmp_path).outlines[0].definitions
    assert [asked.name for asked in asked_by(class_)] == ["x", "y"]
    assert [asked.name for asked in asked_by(method)] == ["z", "w"]


def test_path_parameters(tmp_path: Path) -> None:
    """Prefixes of routers and of inclusions count; convertors are told."""
    code = """
    router = APIRouter(prefix="/b/{b}")
    @router.get("/c/{c:int}/{d:path}")
    def f(): ...
    app.include_router(router, prefix="/a/{a}")
    """
    project = open_project(code, tmp_path)
    (route,) = all_routes(project)
    expected = {"a": "str", "b": "str", "c": "int", "d": "path"}
    assert path_parameters(project, route) == expected


READERS: dict[str, tuple[str, list[str]]] = {
    "handler": ("@app.get('/')\ndef f(x): ...", ["f"]),
    "dependency": ("def g(x): ...\n@app.get('/')\ndef f(x=Depends(g)): ...", ["f", "g"]),
    "class": (
        "class A:\n  def __init__(self, x): ...\n@app.get('/')\ndef f(x: A = Depends()): ...",
        ["A.__init__", "f"],
    ),
    "fields": (
        "class A:\n  x: int\nclass B(A): ...\n@app.get('/')\ndef f(x: B = Depends()): ...",
        ["A", "B", "f"],
    ),
    "query model": (
        "class A(BaseModel): ...\n@app.get('/')\ndef f(x: Annotated[A, Query()]): ...",
        ["A", "f"],
    ),
    "body": ("class A(BaseModel): ...\n@app.post('/')\ndef f(x: A): ...", ["f"]),
    "app": (
        "def g(): ...\ndef f(): ...\nFastAPI(dependencies=[Depends(g)]).get('/')(f)",
        ["f", "g"],
    ),
    "nobody": ("def f(x): ...", []),
}


@pytest.mark.parametrize(("code", "expected"), READERS.values(), ids=READERS.keys())
def test_readers(code: str, expected: list[str], tmp_path: Path) -> None:
    """Handlers, dependencies and query models are found; what no route needs is not."""
    found = readers(open_project(code, tmp_path))
    assert sorted(scope.qualname for scope in found) == expected
