"""Which functions are there for what no request waits for."""

from pathlib import Path

import pytest

from handbook.knowledge.concurrency.background import runs_apart
from handbook.python.project.project import Project
from handbook.syntax.outline import FunctionScope

START = """
import asyncio
from threading import Thread
from fastapi import BackgroundTasks, FastAPI, WebSocket
app = FastAPI()
def target(): ...
def middle():
    target()
"""
ROUTE = '@app.get("/")\n'

CASES: dict[str, tuple[str, bool]] = {
    "nothing calls it": ("", False),
    "a route": (f"{ROUTE}def f():\n    target()", False),
    "a route, by way of another function": (f"{ROUTE}def f():\n    middle()", False),
    "a route and a start": (
        f"{ROUTE}def f():\n    middle()\n\ndef lifespan():\n    target()",
        False,
    ),
    "a route that is called main": (f"{ROUTE}def main():\n    middle()", False),
    "a start": ("def lifespan():\n    middle()", True),
    "a websocket": ('@app.websocket("/")\nasync def f(socket: WebSocket):\n    middle()', True),
    "the module": ("middle()", True),
    "a task": (f"{ROUTE}def f(tasks: BackgroundTasks):\n    tasks.add_task(target)", True),
    "a task of what calls it": (f"{ROUTE}def f():\n    Thread(target=middle).start()", True),
    "a task that is made by a call": (f"{ROUTE}def f():\n    asyncio.create_task(target())", True),
    "a listener": ("bus.subscribe('saved', target)", True),
    "itself alone": ("def f():\n    g()\n\ndef g():\n    f()\n    middle()", False),
    "a function of the same name": (f"{ROUTE}def f(service):\n    service.middle()", False),
}


@pytest.mark.parametrize(("code", "expected"), CASES.values(), ids=CASES)
def test_runs_apart(code: str, expected: bool, tmp_path: Path) -> None:
    """Whether the callers of `target` tell that no request runs it."""
    path = str(tmp_path / "example.py")
    project = Project(tmp_path, overlays={path: f"{START}\n{code}\n"})
    functions = project.read_outline(path).definitions
    target = next(found for found in functions if found.name == "target")
    assert isinstance(target, FunctionScope)
    assert runs_apart(project, target) is expected
