"""Which routes are never reached, by where they are registered."""

from pathlib import Path
from textwrap import dedent

import pytest

from handbook.python.project.project import Project
from handbook.rulebook.documentation import files_of
from handbook.rules.routers._route_order import shadows

PRELUDE = """
from contextlib import suppress
from fastapi import APIRouter, FastAPI
app = FastAPI()
router = APIRouter()
"""

CASES: dict[str, tuple[str, list[str]]] = {
    "same router": (
        """
        @app.get("/{id}")
        def one(): ...
        @app.get("/me")
        def me(): ...
        """,
        ["GET /me"],
    ),
    "the lower decorator comes first": (
        """
        @app.get("/me")
        @app.get("/{id}")
        def one(): ...
        """,
        ["GET /me"],
    ),
    "the upper decorator comes last": (
        """
        @app.get("/{id}")
        @app.get("/me")
        def one(): ...
        """,
        [],
    ),
    "some of the methods": (
        """
        @app.api_route("/{id}", methods=["GET", "PUT"])
        def one(): ...
        @app.api_route("/me", methods=["GET", "POST"])
        def me(): ...
        """,
        ["GET /me"],
    ),
    "an included router comes where it is included": (
        """
        @router.get("/me")
        def me(): ...
        @app.get("/{id}")
        def one(): ...
        app.include_router(router)
        """,
        ["GET /me"],
    ),
    "routes that a router gets after it is included": (
        """
        app.include_router(router)
        @app.get("/me")
        def me(): ...
        @router.get("/{id}")
        def one(): ...
        """,
        [],
    ),
    "included under a condition": (
        """
        @router.get("/{id}")
        def one(): ...
        if flag:
            app.include_router(router)
        @app.get("/me")
        def me(): ...
        """,
        [],
    ),
    "under the same condition": (
        """
        if flag:
            @app.get("/{id}")
            def one(): ...
            @app.get("/me")
            def me(): ...
        """,
        ["GET /me"],
    ),
    "one or the other": (
        """
        if flag:
            @app.get("/{id}")
            def one(): ...
        else:
            @app.get("/me")
            def me(): ...
        """,
        [],
    ),
    "what fails and is let go on": (
        """
        with suppress(Exception):
            @app.get("/{id}")
            def one(): ...
        @app.get("/me")
        def me(): ...
        """,
        [],
    ),
    "a factory": (
        """
        def make():
            made = APIRouter(prefix="/users")
            @made.get("/{id}")
            def one(): ...
            return made
        app.include_router(make())
        @app.get("/users/me")
        def me(): ...
        """,
        ["GET /users/me"],
    ),
    "a factory that may return early": (
        """
        def make(small):
            made = APIRouter(prefix="/users")
            if small:
                return made
            @made.get("/{id}")
            def one(): ...
            return made
        app.include_router(make(True))
        @app.get("/users/me")
        def me(): ...
        """,
        [],
    ),
    "a function that the app is handed to": (
        """
        def add(to: FastAPI):
            @to.get("/{id}")
            def one(): ...
        add(app)
        @app.get("/me")
        def me(): ...
        """,
        ["GET /me"],
    ),
    "methods of a class that add routes": (
        """
        class Api:
            def __init__(self):
                self.router = APIRouter()
            def add(self):
                self.router.add_api_route("/{id}", one)
                self.router.add_api_route("/me", one)
            def more(self):
                self.router.add_api_route("/you", one)
        def one(): ...
        """,
        ["GET /me"],
    ),
    "a prefix that is not known": (
        """
        @router.get("/{id}")
        def one(): ...
        app.include_router(router, prefix=prefix())
        @app.get("/users/me")
        def me(): ...
        """,
        [],
    ),
    "the same router below two prefixes": (
        """
        @router.get("/{id}")
        def one(): ...
        app.include_router(router, prefix="/a")
        app.include_router(router, prefix="/b")
        """,
        [],
    ),
    "websockets and requests": (
        """
        @app.websocket("/{id}")
        async def one(socket): ...
        @app.get("/me")
        def me(): ...
        @app.websocket("/me")
        async def follow(socket): ...
        """,
        [" /me"],
    ),
    "a mount below the root": (
        """
        app.mount("/", other)
        @app.get("/me")
        def me(): ...
        """,
        ["GET /me"],
    ),
    "another module adds routes to the app": (
        """
        @app.get("/{id}")
        def one(): ...
        # file: more.py
        from example import app
        @app.get("/me")
        def me(): ...
        """,
        [],
    ),
    "a router from another module": (
        """
        import more
        app.include_router(more.router, prefix="/users")
        @app.get("/users/me")
        def me(): ...
        # file: more.py
        from fastapi import APIRouter
        router = APIRouter()
        @router.get("/{id}")
        def one(): ...
        """,
        ["GET /users/me"],
    ),
    "a router that no app holds, around one that an app does": (
        """
        from more import around, more
        app.include_router(more, prefix="/more")
        # file: more.py
        from fastapi import APIRouter
        from example import router
        around, more = APIRouter(), APIRouter()
        @router.get("/{id}")
        def one(): ...
        @more.get("/me")
        def me(): ...
        around.include_router(router)
        around.include_router(more)
        """,
        [],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_shadows(name: str, tmp_path: Path) -> None:
    """The routes are hidden that come too late, and no other."""
    code, hidden = CASES[name]
    files = files_of(PRELUDE + dedent(code))
    project = Project(
        tmp_path, overlays={str(tmp_path / path): text for path, text in files.items()}
    )
    found = [f"{'/'.join(shadow.methods)} {shadow.text}" for shadow in shadows(project)]
    assert found == hidden
