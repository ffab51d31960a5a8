"""HB072."""

import ast
from collections.abc import Iterator

from handbook.fixes.draft import Draft
from handbook.knowledge.concurrency.blocking_calls import (
    UNHURRIED_ROLES,
    BlockingCall,
    blocking_calls,
    runs_alone,
)
from handbook.knowledge.concurrency.blocking_catalogue import WORDS, Kind
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.outline import FunctionScope
from handbook.violation import Applicability, Severity


class BlockingCallInAsync(FileRule):
    """A call inside `async def` blocks the event loop.

    All requests of a process share one event loop. While a coroutine function waits in a call that
    is not awaited, the loop stands still, and with it every other request: one `time.sleep(5)` or
    one slow answer to `requests.get` delays them all. Await something that is made for it instead
    (`asyncio.sleep`, `httpx.AsyncClient`, `AsyncSession`, `anyio.Path`), or hand the call to a
    thread: `await anyio.to_thread.run_sync(parse, data)`.

    Reported are calls that wait for the clock, the network, a process, a database or a person
    (`time.sleep`, `requests`, `urllib`, sync `httpx`, `subprocess`, `sqlite3`, a sync `Session` …) and
    those that read, write or copy files. Asking the file system about one entry (`Path.exists`,
    `os.mkdir`) is mostly short, and a warning rather than an error. An object counts by its class,
    wherever it comes from: a variable, an attribute, a parameter's annotation, another module.

    A call in a plain `def` is none of this: FastAPI runs such routes in a thread. Tests, migrations
    and scripts serve nobody else meanwhile and are left alone, and so are a lifespan, the `main` that
    a module hands to `asyncio.run`, and the functions that only these await.

    Bad:

    The route sleeps, and all others with it.

    ```python
    # file: app/jobs/router.py
    import time

    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/jobs/{job_id}")
    async def wait_for_job(job_id: int) -> dict[str, int]:
        time.sleep(0.5)  # <-
        return {"job": job_id}
    ```

    Fixed:

    ```python
    # file: app/jobs/router.py
    import asyncio

    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/jobs/{job_id}")
    async def wait_for_job(job_id: int) -> dict[str, int]:
        await asyncio.sleep(0.5)
        return {"job": job_id}
    ```

    Bad:

    The session of `requests` was made in another module, under another name.

    ```python
    # file: app/core/http.py
    import requests as rq

    session = rq.Session()

    # file: app/weather/service.py
    from app.core import http

    class WeatherService:
        def __init__(self) -> None:
            self.session = http.session

        async def get_forecast(self, city: str) -> str:
            return self.session.get(f"https://weather.example/{city}").text  # <-
    ```

    Files are read by the builtin, or by anything that is a `Path`.

    ```python
    # file: app/reports/service.py
    import json
    from dataclasses import dataclass
    from pathlib import Path

    REPORTS = Path("/var/reports")

    @dataclass
    class Report:
        path: Path

    async def load_report(report: Report, name: str) -> str:
        texts = [path.read_text() for path in REPORTS.glob("*.txt")]  # <-
        schema = json.load(open("schema.json"))  # <-
        if (REPORTS / name).with_suffix(".md").exists():  # <-
            return report.path.read_text()  # <-
        return "".join([*texts, schema["title"]])
    ```

    A session that is not an `AsyncSession` waits for the database.

    ```python
    # file: app/dependencies.py
    from collections.abc import Iterator
    from typing import Annotated

    from fastapi import Depends
    from sqlalchemy.orm import Session

    def get_db() -> Iterator[Session]:
        with Session() as session:
            yield session

    type DbSession = Annotated[Session, Depends(get_db)]

    # file: app/users/router.py
    from fastapi import APIRouter

    from app.dependencies import DbSession
    from app.users.models import User

    router = APIRouter()

    @router.get("/users")
    async def list_users(db: DbSession) -> list[str]:
        users = db.query(User).filter(User.is_active).all()  # <-
        return [user.name for user in users]
    ```

    Taken from the generator that is a dependency elsewhere.

    ```python
    # file: app/database.py
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    def get_db() -> Iterator[Session]:
        with Session() as session:
            yield session

    # file: app/monitoring.py
    from app.database import get_db
    from app.models import Token

    async def count_tokens() -> int:
        db = next(get_db())
        return db.query(Token).count()  # <-
    ```

    Imported inside the function, or used as a context manager.

    ```python
    import httpx

    async def deploy(version: str) -> str:
        from subprocess import run

        run(["deploy", version], check=True)  # <-
        with httpx.Client() as client:
            return client.get("https://status.example").text  # <-
    ```

    Good:

    The work is handed to a thread: nothing here is called by the coroutine itself.

    ```python
    import asyncio
    import time

    import anyio
    import requests

    async def collect(url: str) -> bytes:
        def download() -> bytes:
            return requests.get(url).content

        await asyncio.to_thread(time.sleep, 1)
        await anyio.to_thread.run_sync(lambda: time.sleep(1))
        return await asyncio.get_running_loop().run_in_executor(None, download)
    ```

    What is awaited does not block, though it is called `get`, `open`, `redis` or `sleep`.

    ```python
    from asyncio import sleep

    import anyio
    import httpx
    import redis.asyncio as redis
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.users.models import User

    async def load(db: AsyncSession, client: httpx.AsyncClient) -> str:
        await sleep(1)
        user = await db.get(User, 1)
        cache = redis.Redis()
        await cache.set("user", user.name)
        async with await anyio.open_file("notes.txt") as file:
            notes = await file.read()
        response = await client.get("https://example.com")
        return notes + response.text + await anyio.Path("more.txt").read_text()
    ```

    The names are other things here.

    ```python
    import time
    from collections.abc import Callable
    from pathlib import Path

    async def replay(sleep: Callable[[float], None], requests: dict[str, str]) -> list[str]:
        sleep(1)
        delays = {"short": time.sleep}
        return [*requests.keys(), *delays, Path("notes.txt").name]
    ```

    FastAPI runs a route that is a plain function in a thread.

    ```python
    # file: app/jobs/router.py
    import time

    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/jobs/{job_id}")
    def wait_for_job(job_id: int) -> dict[str, int]:
        time.sleep(0.5)
        return {"job": job_id}
    ```

    Nothing else runs yet while a lifespan starts, nor in what it alone awaits.

    ```python
    # file: app/keys.py
    from pathlib import Path

    async def make_keys() -> None:
        if not Path("key.pem").exists():
            Path("key.pem").write_text("secret")

    # file: app/main.py
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager
    from pathlib import Path

    from fastapi import FastAPI

    from app.keys import make_keys

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.model = Path("model.json").read_text()
        await make_keys()
        yield
    ```

    The kernel makes up what stands in its own files, and no disk is read.

    ```python
    async def read_load() -> str:
        with open("/proc/loadavg") as file:
            return file.read()
    ```
    """

    code = "HB072"
    level = Level.ESSENTIAL
    severity = Severity.ERROR
    needs = WORDS
    overlaps = (
        *("ASYNC210", "ASYNC212", "ASYNC220", "ASYNC221", "ASYNC222", "ASYNC230", "ASYNC240"),
        *("ASYNC250", "ASYNC251"),
    )

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each blocking call in each coroutine function."""
        if not UNHURRIED_ROLES.isdisjoint(file.roles):
            return
        for function in file.outline.scopes_with(self.needs):
            if isinstance(function, FunctionScope) and function.is_async:
                for call in blocking_calls(file.project, function):
                    kind = call.wait.kind
                    if runs_alone(file.project, function):
                        continue
                    yield Finding(
                        call.site.node,
                        f"`{call.shown}` blocks the event loop: {call.wait.instead}",
                        fixes=[*_fixes(call, file)],
                        severity=Severity.WARNING if kind is Kind.ENTRY else None,
                    )


def _fixes(call: BlockingCall, file: SourceFile) -> Iterator[Draft]:
    """`time.sleep(1)` as a statement becomes `await asyncio.sleep(1)`: others get to run meanwhile."""
    if call.name == "time.sleep" and isinstance(call.site.parent, ast.Expr):
        draft = Draft(file, "Await `asyncio.sleep`", Applicability.UNSAFE)
        module = draft.use("asyncio", call.site.node)
        yield draft.replace(call.site.node.func, f"await {module}.sleep").release("time.sleep")
