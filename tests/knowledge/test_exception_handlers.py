"""For what an app has handlers, however those are registered."""

from pathlib import Path
from textwrap import dedent

import pytest

from handbook.knowledge.fastapi.responses.exception_handlers import handlers_of
from handbook.knowledge.fastapi.routing.apps import apps_in
from handbook.python.project.project import Project
from handbook.rulebook.documentation import files_of

IMPORTS = """
from fastapi import FastAPI, HTTPException
async def one(request, error): ...
async def other(request, error): ...
"""
UNCLEAR = "?"

CASES: dict[str, tuple[str, list[str]]] = {
    "decorated": (
        "app = FastAPI()\n@app.exception_handler(KeyError)\nasync def f(request, error): ...",
        ["KeyError by f"],
    ),
    "applied": ("app = FastAPI()\napp.exception_handler(KeyError)(one)", ["KeyError by one"]),
    "added": ("app = FastAPI()\napp.add_exception_handler(500, one)", ["500 by one"]),
    "set": ("app = FastAPI()\napp.exception_handlers[KeyError] = one", ["KeyError by one"]),
    "given by name": (
        "TABLE = {KeyError: one, 404: other}\napp = FastAPI(exception_handlers=TABLE)",
        ["KeyError by one", "404 by other"],
    ),
    "given as a sum": (
        "A = {KeyError: one}\nB = {404: other}\n"
        "app = FastAPI(exception_handlers={**A} | B | {OSError: one})",
        ["KeyError by one", "404 by other", "OSError by one"],
    ),
    "given nothing": ("app = FastAPI(exception_handlers=None)", []),
    "a table that grows": (
        "TABLE = {KeyError: one}\nTABLE[OSError] = one\napp = FastAPI(exception_handlers=TABLE)",
        [UNCLEAR],
    ),
    "a loop over a tuple": (
        "app = FastAPI()\nfor error in (KeyError, OSError):\n    app.add_exception_handler(error, one)",
        ["KeyError by one", "OSError by one"],
    ),
    "a loop over pairs": (
        "app = FastAPI()\nPAIRS = [(KeyError, one), (404, other)]\n"
        "for error, handler in PAIRS: app.add_exception_handler(error, handler)",
        ["KeyError by one", "404 by other"],
    ),
    "a loop over a dictionary of another file": (
        "from table import TABLE\napp = FastAPI()\n"
        "for error, handler in TABLE.items(): app.exception_handler(error)(handler)\n"
        "# file: table.py\nTABLE = {KeyError: one, HTTPException: other}",
        ["KeyError by one", "HTTPException by other"],
    ),
    "a loop over what is not known": (
        "from errors import ERRORS\napp = FastAPI()\n"
        "for error in ERRORS: app.add_exception_handler(error, one)",
        [UNCLEAR],
    ),
    "a function of another file": (
        "from setup import register\napp = FastAPI()\nregister(app)\n"
        "# file: setup.py\n"
        "def register(app: FastAPI):\n    app.add_exception_handler(KeyError, one)",
        ["KeyError by one"],
    ),
    "a loop over an annotated table, in a function of another file": (
        "from setup import register\napp = FastAPI()\nregister(app)\n"
        "# file: setup.py\nTABLE: dict[type[Exception], object] = {KeyError: one, 404: other}\n"
        "def register(app: FastAPI) -> None:\n"
        "    for error, handler in TABLE.items():\n"
        "        app.add_exception_handler(error, handler)",
        ["KeyError by one", "404 by other"],
    ),
    "a function that takes anything": (
        "def register(app): app.add_exception_handler(KeyError, one)\n"
        "app = FastAPI()\nregister(app)",
        ["KeyError by one"],
    ),
    "a method": (
        "class Service:\n    def __init__(self):\n        self.app = FastAPI()\n"
        "        self.app.add_exception_handler(KeyError, one)",
        ["KeyError by one"],
    ),
    "a loop over nothing": (
        "app = FastAPI()\nfor error in (): app.add_exception_handler(error, one)",
        [],
    ),
    "another app": ("app = FastAPI()\nb = FastAPI()\nb.add_exception_handler(KeyError, one)", []),
}


@pytest.mark.parametrize(("code", "expected"), CASES.values(), ids=CASES)
def test_handlers(code: str, expected: list[str], tmp_path: Path) -> None:
    """Each registration of the first app, in any manner."""
    texts = {str(tmp_path / path): IMPORTS + text for path, text in files_of(dedent(code)).items()}
    project = Project(tmp_path, overlays=texts)
    app = apps_in(project, project.read_outline(str(tmp_path / "example.py")))[0]
    found: list[str] = []
    for handler in handlers_of(project, app):
        symbol = handler.exception
        what = symbol.qualified_name.rpartition(".")[2] if symbol else str(handler.status)
        by = f" by {handler.function.name}" if handler.function else ""
        found.append(UNCLEAR if handler.is_unclear else what + by)
    assert found == expected
