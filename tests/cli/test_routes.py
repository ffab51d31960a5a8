"""`handbook routes`: what an app serves, and what changed since a revision."""

import csv
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from handbook.cli import cli

_MAIN = """from fastapi import Depends, FastAPI

from shop.orders import router
from shop.users import current_user, users

app = FastAPI()
app.include_router(router, prefix="/api/v1", tags=["shop"])
app.include_router(users, prefix="/api/v1", dependencies=[Depends(current_user)])


@app.get("/health")
def health() -> bool:
    return True
"""
_ORDERS = """from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, WebSocket

from shop.users import User, current_user

router = APIRouter(prefix="/orders", tags=["orders"])


@router.post("", status_code=201, response_model=int)
def create_order(user: Annotated[User, Depends(current_user)], key: Annotated[str, Header()]):
    return 1


@router.api_route("/{order_id}", methods=["GET", "DELETE"])
def order(order_id: int, page: Annotated[int, Query()] = 1) -> int:
    return order_id


@router.websocket("/feed")
async def feed(socket: WebSocket) -> None:
    await socket.accept()
"""
_USERS = """from fastapi import APIRouter, Depends
from fastapi.security import HTTPBearer

users = APIRouter(prefix="/users")
bearer = HTTPBearer()


class User: ...


def current_user(token: str = Depends(bearer)) -> User:
    return User()


@users.get("/me")
def me() -> str:
    return "me"
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with an app of two routers, committed."""
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "shop").mkdir()
    for name, text in (("main", _MAIN), ("orders", _ORDERS), ("users", _USERS), ("__init__", "")):
        (tmp_path / "shop" / f"{name}.py").write_text(text)
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_app.py").write_text(
        "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/t')\ndef t(): ...\n"
    )
    monkeypatch.chdir(tmp_path)
    for command in (["init", "-q"], ["add", "--all"], ["commit", "-qm", "Begin"]):
        git(*command)
    return tmp_path


def git(*arguments: str) -> None:
    """Run git in the working directory."""
    command = ["git", "-c", "user.name=T", "-c", "user.email=t@example.com", *arguments]
    subprocess.run(command, check=True, capture_output=True)


def routes(*arguments: str) -> Result:
    """Call the command in this process."""
    return CliRunner().invoke(cli, ("routes", *arguments), prog_name="handbook")


def as_json(*arguments: str) -> Any:
    """What the command prints as JSON."""
    return json.loads(routes("--output-format", "json", *arguments).stdout)


def test_what_an_app_serves(shop: Path) -> None:
    """Prefixes, tags and dependencies of the way to a route are its own; tests' apps do not count."""
    found = {(row["method"], row["path"]): row for row in as_json()}
    assert sorted(found) == [
        ("DELETE", "/api/v1/orders/{order_id}"),
        ("GET", "/api/v1/orders/{order_id}"),
        ("GET", "/api/v1/users/me"),
        ("GET", "/health"),
        ("POST", "/api/v1/orders"),
        ("WEBSOCKET", "/api/v1/orders/feed"),
    ]
    created = found["POST", "/api/v1/orders"]
    assert created["handler"] == "shop.orders.create_order"
    assert (created["response_model"], created["status"]) == ("int", "201")
    assert created["authentication"] == "current_user"
    assert created["tags"] == ["orders", "shop"]
    assert created["required"] == ["key"]
    assert (created["file"], created["line"]) == ("shop/orders.py", 10)
    assert found["GET", "/api/v1/users/me"]["authentication"] == "current_user"
    assert found["GET", "/health"]["authentication"] == "none"
    assert found["GET", "/api/v1/orders/{order_id}"]["required"] == []


def test_forms(shop: Path) -> None:
    """Every format holds every route."""
    rows: Sequence[Sequence[str]] = [
        *csv.reader(routes("--output-format", "csv").stdout.splitlines())
    ]
    assert [row[1] for row in rows[1:]].count("/api/v1/orders/{order_id}") == 2
    for form in ("text", "markdown", "html"):
        printed = routes("--output-format", form).stdout
        assert printed.count("/api/v1/orders/{order_id}") == 2, form
    assert "<script" not in routes("--output-format", "html").stdout


def test_what_changed_since_a_revision(shop: Path) -> None:
    """Routes that came, went, moved or lost their authentication; an open newcomer fails the run."""
    same = routes("--since", "HEAD")
    assert (same.exit_code, same.stdout) == (0, "")
    orders = shop / "shop" / "orders.py"
    text = orders.read_text().replace('"/{order_id}"', '"/by-id/{order_id}"')
    orders.write_text(text.replace("user: Annotated[User, Depends(current_user)], ", ""))
    main = shop / "shop" / "main.py"
    main.write_text(
        _MAIN.replace("/health", "/healthy").replace("def health", "def healthy")
        + "\n\n@app.delete('/all')\ndef drop() -> None: ...\n"
    )
    changed = routes("--since", "HEAD")
    assert changed.exit_code == 1
    lines = changed.stdout.splitlines()
    assert "+ DELETE /all  no authentication  shop/main.py:16" in lines
    assert any(line.startswith("- GET /health ") for line in lines)
    assert "    path: /api/v1/orders/{order_id} -> /api/v1/orders/by-id/{order_id}" in lines
    assert "    authentication: current_user -> none" in lines
    assert "no authentication: POST /api/v1/orders (shop/orders.py:10)" in changed.stderr
    assert routes("--since", "HEAD", "--fail-on", "never").exit_code == 0
    document = as_json("--since", "HEAD")
    assert {row["path"] for row in document["added"]} == {"/all", "/healthy"}


def test_what_cannot_be_compared(shop: Path, tmp_path: Path) -> None:
    """An unknown revision is one sentence, and no option of git can be slipped in."""
    for revision in ("nowhere", "--output=x"):
        result = routes(f"--since={revision}")
        assert result.exit_code == 2
        assert result.stderr.count("\n") == 1 and revision in result.stderr
    (shop / "other").mkdir()
    (shop / "other" / "pyproject.toml").write_text("")
    assert "no routes found" in routes("other").stderr
