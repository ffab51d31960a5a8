"""Sessions: which calls make one, what is handed out by a dependency, when it commits."""

from pathlib import Path
from textwrap import dedent

import pytest

from handbook.knowledge.sqlalchemy.mapped_attributes import is_mapped, maps_type
from handbook.knowledge.sqlalchemy.models import is_model
from handbook.knowledge.sqlalchemy.sessions import (
    commit_after_yield,
    is_alembic,
    is_script,
    makes_session,
    session_call,
    session_yields,
)
from handbook.python.calls.calls import calls_in
from handbook.python.project.project import Project
from handbook.syntax.outline import ClassScope, FunctionScope, Outline

START = """
import requests
from contextlib import asynccontextmanager, contextmanager
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_sessionmaker
from sqlalchemy.orm import Session, scoped_session, sessionmaker
factory = async_sessionmaker()
old = sessionmaker(class_=AsyncSession)
sync = sessionmaker()
"""


def outline_of(text: str, folder: Path) -> tuple[Project, Outline]:
    """A project of one module, and that module."""
    (folder / "app.py").write_text(dedent(text), encoding="utf-8")
    project = Project(folder, list_files=lambda: [str(folder / "app.py")])
    return project, project.read_outline(str(folder / "app.py"))


def function_in(outline: Outline, name: str) -> FunctionScope:
    """The function of that name."""
    found = [scope for scope in outline.definitions if scope.name == name]
    assert isinstance(found[0], FunctionScope)
    return found[0]


@pytest.mark.parametrize(
    ("call", "makes"),
    [
        ("factory()", True),
        ("factory.begin()", True),
        ("old()", True),
        ("sync()", True),
        ("Session()", True),
        ("scoped_session(sync)()", True),
        ("sync.configure()", False),
        ("requests.Session()", False),
        ("async_sessionmaker()", False),
        ("unknown()", False),
    ],
)
def test_makes_session(call: str, makes: bool, tmp_path: Path) -> None:
    """Factories and classes of sessions make them; factories are none themselves."""
    project, outline = outline_of(f"{START}\ndef target():\n    {call}\n", tmp_path)
    sites = calls_in(project, function_in(outline, "target"))
    assert makes_session(project, sites[0]) is makes


def test_function_that_opens_a_session(tmp_path: Path) -> None:
    """A context manager of the project's that yields a session makes one."""
    text = """
    @asynccontextmanager
    async def open_session():
        async with factory() as session:
            yield session
    async def target():
        async with open_session() as session:
            await session.commit()
    """
    project, outline = outline_of(START + dedent(text), tmp_path)
    opened, commit = calls_in(project, function_in(outline, "target"))
    assert makes_session(project, opened)
    assert session_call(project, commit, frozenset({"commit"})) == "commit"
    assert session_yields(project, function_in(outline, "open_session")) == []


@pytest.mark.parametrize(
    ("body", "yields", "commits"),
    [
        ("with sync() as s:\n        yield s\n        s.commit()", 1, True),
        ("with sync() as s:\n        s.commit()\n        yield s", 1, False),
        ("with sync() as s:\n        yield 1\n        s.commit()", 0, True),
        ("with sync.begin() as s:\n        yield s", 1, False),
        ("s = requests.Session()\n    yield s\n    s.commit()", 0, False),
        ("return sync()", 0, False),
    ],
)
def test_dependency(body: str, yields: int, commits: bool, tmp_path: Path) -> None:
    """What a generator hands out, and whether it commits afterwards."""
    project, outline = outline_of(f"{START}\ndef target():\n    {body}\n", tmp_path)
    function = function_in(outline, "target")
    assert len(session_yields(project, function)) == yields
    assert (commit_after_yield(project, function) is not None) is commits


@pytest.mark.parametrize(
    ("text", "alembic", "script"),
    [
        ("revision = '1'\ndown_revision = None", True, False),
        ("from alembic import context", True, False),
        ("from alembic import op", False, False),
        ("if __name__ == '__main__':\n    print()", False, True),
        ("# FastAPI\nif __name__ == '__main__':\n    print()", False, True),
        ("import uvicorn\nif __name__ == '__main__':\n    uvicorn.run('app:app')", False, False),
    ],
)
def test_kinds_of_modules(text: str, alembic: bool, script: bool, tmp_path: Path) -> None:
    """Migrations and scripts are told by what they hold."""
    project, outline = outline_of(text, tmp_path)
    assert (is_alembic(outline), is_script(project, outline)) == (alembic, script)


def test_imported_script(tmp_path: Path) -> None:
    """What another module imports is not only there to be run."""
    script, other = str(tmp_path / "load.py"), str(tmp_path / "main.py")
    texts = {script: "if __name__ == '__main__':\n    print()", other: "from load import load"}
    project = Project(tmp_path, overlays=texts, list_files=lambda: [script, other])
    outline = project.outline(script)
    assert outline is not None
    assert not is_script(project, outline)


def test_mapped_classes(tmp_path: Path) -> None:
    """Models, bases and their mixins map attributes; a map of types is that of the base."""
    text = """
    from datetime import date, datetime
    from sqlalchemy import DateTime
    from sqlalchemy.ext.declarative import as_declarative
    from sqlalchemy.orm import DeclarativeBase, declarative_base

    class Mixin: ...
    class Inner(Mixin): ...
    class Alone: ...
    class Base(DeclarativeBase):
        type_annotation_map = {datetime: DateTime(timezone=True)}
    class User(Inner, Base): ...
    Old = declarative_base()
    class Order(Old): ...
    @as_declarative()
    class Decorated: ...
    class Item(Decorated): ...
    """
    project, outline = outline_of(text, tmp_path)
    classes = [scope for scope in outline.definitions if isinstance(scope, ClassScope)]
    mapped = {class_.name for class_ in classes if is_mapped(project, class_)}
    assert mapped == {"Mixin", "Inner", "Base", "User", "Order", "Decorated", "Item"}
    models = {class_.name for class_ in classes if is_model(project, class_)}
    assert models == {"User", "Order", "Item"}
    told = {class_.name for class_ in classes if maps_type(project, class_, "datetime.datetime")}
    assert {"Mixin", "Inner", "Base", "User"} <= told
    assert "Order" not in told
    user = next(class_ for class_ in classes if class_.name == "User")
    assert not maps_type(project, user, "datetime.date")
