"""Modules of programs that are run from within their folder, which no setting names."""

from pathlib import Path
from textwrap import dedent

import pytest

from handbook.python.project.import_graph import import_graph
from handbook.python.project.project import Project
from handbook.python.project.reexports import imported_elsewhere
from handbook.rulebook.documentation import files_of

BESIDE = """
# file: server/db.py
class Base: ...
# file: server/main.py
from db import Base
"""
CASES: dict[str, tuple[str, str | None]] = {
    "beside the script": (BESIDE, "server.db.Base"),
    "in a package beside it": (
        """
        # file: server/main.py
        from routers import users as Base
        # file: server/routers/__init__.py
        # file: server/routers/users.py
        """,
        "routers.users",
    ),
    "in a folder beside it": (
        """
        # file: server/main.py
        from routers import users as Base
        # file: server/routers/users.py
        """,
        "server.routers.users",
    ),
    "passed on by a package beside it": (
        """
        # file: server/main.py
        from models import Base
        # file: server/models/__init__.py
        from .user import *
        # file: server/models/user.py
        from db import Base
        # file: server/db.py
        class Base: ...
        """,
        "server.db.Base",
    ),
    "with dots": (
        """
        # file: server/main.py
        from .db import Base
        # file: server/db.py
        from base import Base
        # file: server/base.py
        class Base: ...
        """,
        "server.base.Base",
    ),
    "with dots out of its package": (
        """
        # file: server/api/routers/__init__.py
        # file: server/api/routers/main.py
        from ...db.base import Base
        # file: server/db/base.py
        class Base: ...
        """,
        "server.db.base.Base",
    ),
    "above the package of the file": (
        """
        # file: server/routers/__init__.py
        # file: server/routers/main.py
        from db import Base
        # file: server/db.py
        class Base: ...
        """,
        "server.db.Base",
    ),
    "above the folder of the file": (
        """
        # file: server/routers/main.py
        from db import Base
        # file: server/db.py
        class Base: ...
        """,
        "server.db.Base",
    ),
    "an app in a subfolder": (
        """
        # file: backend/app/api/main.py
        from app.db import Base
        # file: backend/app/db.py
        class Base: ...
        """,
        "backend.app.db.Base",
    ),
    "the nearest of two": (
        """
        # file: services/users/main.py
        from db import Base
        # file: services/users/db.py
        class Base: ...
        # file: services/db.py
        class Base: ...
        """,
        "services.users.db.Base",
    ),
    "a source root comes first": (
        """
        # file: server/main.py
        from db import Base
        # file: server/db.py
        class Base: ...
        # file: db.py
        class Base: ...
        """,
        "db.Base",
    ),
    "not beside it": (
        """
        # file: server/main.py
        from db import Base
        # file: client/db.py
        class Base: ...
        """,
        "db.Base",
    ),
    "the standard library": (
        """
        # file: server/main.py
        from types import ModuleType as Base
        # file: server/types.py
        class ModuleType: ...
        """,
        "types.ModuleType",
    ),
    "a module named after the library that it uses": (
        """
        # file: server/main.py
        from celery import Celery as Base
        # file: server/celery.py
        from celery import Celery
        app = Celery()
        """,
        "celery.Celery",
    ),
    "that module itself": (
        """
        # file: server/main.py
        import redis
        Base = redis.Redis
        # file: server/redis.py
        import redis.asyncio
        """,
        "redis.Redis",
    ),
    "names start further up": (
        """
        # file: app/main.py
        from app.settings import Settings
        from redis import Redis as Base
        # file: app/settings.py
        class Settings: ...
        # file: app/redis/__init__.py
        class Redis: ...
        """,
        "redis.Redis",
    ),
    "a folder within a package": (
        """
        # file: library/__init__.py
        # file: library/models/torch.py
        class Tensor: ...
        # file: library/models/deep/main.py
        from models import Base
        # file: library/models/__init__.py
        class Base: ...
        """,
        "models.Base",
    ),
    "with dots, or else without": (
        """
        # file: server/main.py
        try:
            from .db import Base
        except ImportError:
            from db import Base
        # file: server/db.py
        class Base: ...
        """,
        "server.db.Base",
    ),
    "one thing or another": (
        """
        # file: server/main.py
        try:
            from db import Base
        except ImportError:
            from .other import Base
        # file: server/db.py
        class Base: ...
        # file: server/other.py
        class Base: ...
        """,
        None,
    ),
    "by the name of a folder": (
        """
        # file: server/main.py
        import routers.users
        Base = routers.users.Base
        # file: server/routers/users.py
        class Base: ...
        """,
        "server.routers.users.Base",
    ),
    "by the name of a folder in a source root": (
        """
        # file: app/main.py
        import app.users.models
        Base = app.users.models.Base
        # file: app/users/models.py
        class Base: ...
        """,
        "app.users.models.Base",
    ),
    "by the name of a folder that is a library's": (
        """
        # file: server/main.py
        import alembic.op
        Base = alembic.op.execute
        # file: server/alembic/env.py
        """,
        "alembic.op.execute",
    ),
    "dots that lead to a folder without __init__.py": (
        """
        # file: server/api/routers/__init__.py
        # file: server/api/routers/main.py
        from ...core.db import Base
        # file: server/core/db.py
        class Base: ...
        """,
        "server.core.db.Base",
    ),
    "dots that lead to the folder around a package": (
        """
        # file: server/routers/__init__.py
        # file: server/routers/main.py
        from ..db import Base
        # file: server/db.py
        class Base: ...
        """,
        "server.db.Base",
    ),
    "dots in front of the name of one of Python's own modules": (
        """
        # file: server/routers/__init__.py
        # file: server/routers/main.py
        from ..types import Base
        """,
        None,
    ),
    "a folder that only shares its name with a library": (
        """
        # file: server/main.py
        from alembic import context as Base
        # file: server/alembic/env.py
        """,
        "alembic.context",
    ),
}


def open_project(code: str, root: Path) -> Project:
    """A project of the files in `code`, which exist only as overlays."""
    texts = {str(root / path): text for path, text in files_of(dedent(code)).items()}
    return Project(root, overlays=texts)


@pytest.mark.parametrize("name", CASES)
def test_what_a_script_imports(name: str, tmp_path: Path) -> None:
    """What `Base` is in the project's one `main.py`."""
    code, expected = CASES[name]
    project = open_project(code, tmp_path)
    path = next(path for path in project.overlays if path.endswith("main.py"))
    symbol = project.resolve_name(["Base"], project.read_outline(path))
    assert (symbol.qualified_name if symbol is not None else None) == expected


def test_nothing_outside_of_the_project(tmp_path: Path) -> None:
    """A project does not look into the folders around it."""
    texts = {
        str(tmp_path / "db.py"): "class Base: ...",
        str(tmp_path / "project/server/main.py"): "from db import Base",
    }
    project = Project(tmp_path / "project", overlays=texts)
    outline = project.read_outline(str(tmp_path / "project/server/main.py"))
    symbol = project.resolve_name(["Base"], outline)
    assert symbol is not None
    assert symbol.qualified_name == "db.Base"
    assert project.start("db", outline) == outline.root


@pytest.mark.parametrize("is_own_first", [True, False])
def test_an_edit_tells_that_the_name_is_a_libraries(tmp_path: Path, is_own_first: bool) -> None:
    """An answer about a module beside the file follows what that module says of itself."""
    main, beside = str(tmp_path / "server/main.py"), str(tmp_path / "server/celery.py")
    own, library = "class Celery: ...", "from celery import Celery"
    texts = {main: "import celery\nfrom celery import Celery", beside: own}
    if not is_own_first:
        texts[beside] = library
    project = Project(tmp_path, overlays=texts, tracks=True)

    def meaning() -> set[str | None]:
        found = [
            project.resolve_name(parts, project.read_outline(main))
            for parts in (["Celery"], ["celery", "Celery"])
        ]
        return {symbol.qualified_name if symbol is not None else None for symbol in found}

    before = meaning()
    project.update(beside, library if is_own_first else own)
    names = ("server.celery.Celery", "celery.Celery")
    assert (before, meaning()) == tuple(
        {name} for name in (names if is_own_first else names[::-1])
    )


def test_graph_of_imports(tmp_path: Path) -> None:
    """Modules beside a script are edges of the import graph, those of plain folders too."""
    project = open_project(
        """
        # file: server/main.py
        import db
        from routers import users
        # file: server/db.py
        # file: server/routers/users.py
        from db import Base
        """,
        tmp_path,
    )
    graph = import_graph(project, frozenset(project.paths))
    edges = {
        (Path(source).name, Path(target).name) for source in graph for target in graph[source]
    }
    assert edges == {("main.py", "db.py"), ("main.py", "users.py"), ("users.py", "db.py")}


def test_what_a_script_imports_is_imported_elsewhere(tmp_path: Path) -> None:
    """A name stays in a module that a script beside it takes it from."""
    project = open_project(BESIDE, tmp_path)
    outline = project.read_outline(str(tmp_path / "server/db.py"))
    assert imported_elsewhere(project, outline) == {"Base"}
