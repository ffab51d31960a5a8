"""What limits how often clients ask."""

from pathlib import Path
from textwrap import dedent

import pytest

from handbook.knowledge.fastapi.routing.apps import placements
from handbook.knowledge.fastapi.routing.routes import all_routes
from handbook.knowledge.fastapi.security.rate_limiters import (
    app_limits,
    has_limiter_above,
    is_limited,
    sounds_like_limiter,
)
from handbook.python.project.project import Project
from handbook.rulebook.documentation import files_of

IMPORTS = """
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
app = FastAPI()
"""
LIBRARY = "from fastapi_limiter.depends import RateLimiter\n"


def open_project(code: str, root: Path) -> Project:
    """A project of the files in `code`, which exist only as overlays."""
    texts = {str(root / path): IMPORTS + text for path, text in files_of(dedent(code)).items()}
    return Project(root, overlays=texts, list_files=lambda: list(texts))


NAMES = {
    **dict.fromkeys(("limiter.limit", "RateLimiter", "check_rate_limit", "throttle"), True),
    **dict.fromkeys(("failed_login_attempts", "TooManyRequests", "UserLockedOut"), True),
    **dict.fromkeys(("page_limit", "limit", "rate", "max_attempts", "CapacityLimiter"), False),
}


@pytest.mark.parametrize(("name", "expected"), NAMES.items())
def test_names(name: str, expected: bool) -> None:
    """Limits of how often, not of how much, are told by their names."""
    assert sounds_like_limiter(name) is expected


ROUTES: dict[str, tuple[str, bool | None]] = {
    "bare": ("@app.post('/')\ndef f(): ...", False),
    "decorator": ("@app.post('/')\n@limiter.limit('1/s')\ndef f(): ...", True),
    "decorator above": ("@limiter.limit('1/s')\n@app.post('/')\ndef f(): ...", False),
    "decorator of what is added": (
        "@limiter.limit('1/s')\ndef f(): ...\napp.add_api_route('/', f)",
        True,
    ),
    "other decorator": ("@app.post('/')\n@trace\ndef f(): ...", False),
    "own decorator": (
        "def d(f):\n  def w():\n    raise Error(status_code=429)\n  return w\n"
        "@app.post('/')\n@d\ndef f(): ...",
        True,
    ),
    "dependency": ("@app.post('/')\ndef f(x=Depends(RateLimiter(times=1))): ...", True),
    "handed-in dependency": (
        "def g(given):\n  @app.post('/')\n  def f(x=Depends(given)): ...",
        None,
    ),
    "unknown dependency": ("@app.post('/')\ndef f(x=Depends(given)): ...", False),
    "list": ("@app.post('/', dependencies=[Depends(RateLimiter())])\ndef f(): ...", True),
    "own dependency": (
        "def g():\n  raise Error(429)\n@app.post('/')\ndef f(x=Depends(g)): ...",
        True,
    ),
    "other dependency": ("def g(): ...\n@app.post('/')\ndef f(x=Depends(g)): ...", False),
    "unknown list": ("@app.post('/', dependencies=load())\ndef f(): ...", None),
    "options": ("@app.post('/', **options)\ndef f(): ...", None),
    "called": (
        "def g():\n  h()\ndef h():\n  limiter.hit()\n@app.post('/')\ndef f():\n  g()",
        True,
    ),
    "handler": ("@app.post('/')\ndef f():\n  user.failed_login_attempts += 1", True),
    "inclusion": (
        "r = APIRouter()\n@r.post('/')\ndef f(): ...\n"
        "app.include_router(r, dependencies=[Depends(RateLimiter())])",
        True,
    ),
    "route class": (
        "class L(APIRoute):\n  def handle(self):\n    throttle()\n"
        "r = APIRouter(route_class=L)\n@r.post('/')\ndef f(): ...\napp.include_router(r)",
        True,
    ),
}


@pytest.mark.parametrize(("code", "expected"), ROUTES.values(), ids=ROUTES.keys())
def test_routes(code: str, expected: bool | None, tmp_path: Path) -> None:
    """Decorators, dependencies, routers and what the handler does are looked at."""
    project = open_project(LIBRARY + code, tmp_path)
    (route,) = all_routes(project)
    (way,) = placements(project, route.router)
    assert is_limited(project, route, way) is expected


def test_limiter_above(tmp_path: Path) -> None:
    """A limiter that stands above the route's decorator is told from one that is in force."""
    code = """
    @limiter.limit("1/s")
    @app.post("/a")
    def a(): ...
    @app.post("/b")
    @limiter.limit("1/s")
    def b(): ...
    """
    project = open_project(code, tmp_path)
    assert [has_limiter_above(project, route) for route in all_routes(project)] == [True, False]


APPS: dict[str, tuple[str, bool]] = {
    "none": ("", False),
    "own class": ("class RateLimitMiddleware: ...\napp.add_middleware(RateLimitMiddleware)", True),
    "by what it does": (
        "class M:\n  def __call__(self):\n    return Response(status_code=429)\n"
        "app.add_middleware(M)",
        True,
    ),
    "function": ("@app.middleware('http')\ndef m(r, n):\n  limiter.hit(r)", True),
    "other": ("class M: ...\napp.add_middleware(M)", False),
    "not known": ("for m in load():\n  app.add_middleware(m)", False),
    "perhaps": ("limiter = load()\nfor m in load():\n  app.add_middleware(m)", True),
    "wrapped": ("server = RateLimiter(app)", True),
    "slowapi": (
        "import slowapi\nslowapi.Limiter(default_limits=['1/s'])\n"
        "app.add_middleware(slowapi.middleware.SlowAPIMiddleware)",
        True,
    ),
    "slowapi without defaults": (
        "import slowapi\nslowapi.Limiter(key_func=key)\n"
        "app.add_middleware(slowapi.middleware.SlowAPIMiddleware)",
        False,
    ),
}


@pytest.mark.parametrize(("code", "expected"), APPS.values(), ids=APPS.keys())
def test_apps(code: str, expected: bool, tmp_path: Path) -> None:
    """Middleware that limits all routes is told by its name and by what it does."""
    assert app_limits(open_project(code, tmp_path)) is expected
