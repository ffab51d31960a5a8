"""Which functions run for a request with nothing around them that catches what they raise."""

from pathlib import Path

import pytest

from handbook.python.project.project import Project
from handbook.rules.errors._uncaught_calls import reaches_clients
from handbook.syntax.outline import FunctionScope

IMPORTS = """
import asyncio
from contextlib import contextmanager, suppress
from fastapi import BackgroundTasks, Depends, FastAPI
app = FastAPI()
def target(): ...
async def target_later(): ...

@contextmanager
def catching():
    try:
        yield
    except Exception:
        print("caught")

@contextmanager
def logging():
    try:
        yield
    except Exception:
        print("caught")
        raise

class Passing:
    def __enter__(self): ...
    def __exit__(self, *error): print("done")

class Swallowing:
    def __enter__(self): ...
    def __exit__(self, *error): return True

def shielded(function):
    def call():
        try:
            return function()
        except Exception:
            return None
    return call

def middle():
    target()
"""
ROUTE = '@app.get("/")\n'

CASES: dict[str, tuple[str, bool]] = {
    "nothing calls it": ("", False),
    "called": (f"{ROUTE}def f():\n    target()", True),
    "by way of another function": (f"{ROUTE}def f():\n    return [middle()]", True),
    "by a function that no route calls": ("def f():\n    middle()", False),
    "by a websocket": ('@app.websocket("/")\nasync def f(socket):\n    target()', False),
    "below a dependency": (f"{ROUTE}def f(x=Depends(middle)): ...", True),
    "as a dependency of the app": (
        f"app = FastAPI(dependencies=[Depends(target)])\n{ROUTE}def f(): ...",
        False,  # bound twice, so that nobody knows which app it is
    ),
    "in a try for something": (
        f"{ROUTE}def f():\n    try: target()\n    except KeyError: ...",
        True,
    ),
    "in a try for everything": (
        f"{ROUTE}def f():\n    try: target()\n    except Exception: ...",
        False,
    ),
    "in a bare try": (f"{ROUTE}def f():\n    try: target()\n    except: ...", False),
    "in a try that raises again": (
        f"{ROUTE}def f():\n    try: target()\n    except Exception as e:\n        raise e",
        True,
    ),
    "behind a try": (
        f"{ROUTE}def f():\n    try: ...\n    except Exception: ...\n    target()",
        True,
    ),
    "in a with that catches": (f"{ROUTE}def f():\n    with catching(): target()", False),
    "in a with that logs": (f"{ROUTE}def f():\n    with logging(): target()", True),
    "in a with of a class": (f"{ROUTE}def f():\n    with Passing(): target()", True),
    "in a with that swallows": (f"{ROUTE}def f():\n    with Swallowing(): target()", False),
    "suppressed": (f"{ROUTE}def f():\n    with suppress(Exception): target()", False),
    "below a catching decorator": (f"{ROUTE}@shielded\ndef f():\n    target()", False),
    "handed to a task": (
        f"{ROUTE}def f(tasks: BackgroundTasks):\n    tasks.add_task(target)",
        False,
    ),
    "in a dependency that yields and catches": (
        f"def g():\n    try: yield\n    except Exception: ...\n"
        f"{ROUTE}def f(x=Depends(g)):\n    target()",
        False,
    ),
    "in a dependency that yields and raises again": (
        f"def g():\n    try: yield\n    except Exception: raise\n"
        f"{ROUTE}def f(x=Depends(g)):\n    target()",
        True,
    ),
    "behind a class of routes that catches": (
        "from fastapi.routing import APIRoute\nclass Route(APIRoute):\n"
        "    def get_route_handler(self):\n        try: ...\n        except Exception: ...\n"
        f"{ROUTE}def f():\n    target()",
        False,
    ),
}


@pytest.mark.parametrize(("code", "expected"), CASES.values(), ids=CASES)
def test_reaches_clients(code: str, expected: bool, tmp_path: Path) -> None:
    """Whether what `target` raises comes to FastAPI."""
    path = str(tmp_path / "example.py")
    project = Project(tmp_path, overlays={path: f"{IMPORTS}\n{code}\n"})
    functions = project.read_outline(path).definitions
    target = next(found for found in functions if found.name == "target")
    assert isinstance(target, FunctionScope)
    assert reaches_clients(project, target) is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    {
        "    await target_later()": True,
        "    asyncio.create_task(target_later())": False,
        "    await asyncio.gather(target_later(), target_later())": True,
        "    await asyncio.gather(*[target_later() for _ in range(3)])": False,
    }.items(),
)
def test_coroutines(body: str, expected: bool, tmp_path: Path) -> None:
    """Awaited, or left to others."""
    path = str(tmp_path / "example.py")
    text = f"{IMPORTS}\n{ROUTE}async def f():\n{body}\n"
    project = Project(tmp_path, overlays={path: text})
    functions = project.read_outline(path).definitions
    target = next(found for found in functions if found.name == "target_later")
    assert isinstance(target, FunctionScope)
    assert reaches_clients(project, target) is expected
