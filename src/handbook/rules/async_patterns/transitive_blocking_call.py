"""HB073."""

from collections.abc import Iterator

from handbook.knowledge.concurrency.blocking_calls import (
    UNHURRIED_ROLES,
    blocking_path,
    runs_alone,
)
from handbook.python.calls.callers import Caller
from handbook.python.calls.calls import callees
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.rules.async_patterns._optional_parameters import is_switched_off
from handbook.syntax.outline import FunctionScope
from handbook.violation import Severity


class TransitiveBlockingCall(FileRule):
    """A function that blocks the event loop is called inside `async def`.

    A helper that looks harmless at its call may read a file, ask another service or run a query
    three functions further down, in another module. The event loop stands still for as long as if
    the call stood here. The message shows the way to it: `load → read_rates → requests.get`. Make
    the helper a coroutine function that awaits, or hand it to a thread:
    `await anyio.to_thread.run_sync(load, path)`.

    Followed are functions, methods of `self`, of injected services and of the module's own objects,
    constructors, and generators that are looped over or entered. Not followed are coroutine
    functions, which are reported themselves; what decorators may have put into a thread; cached
    functions and those that keep what they made the first time; what runs only with an optional
    parameter that this call leaves out. Calls that block right here are
    reported by `blocking-call-in-async`, and what only asks the file system about one entry is not
    reported at all.

    Bad:

    The helper of another module reads a file.

    ```python
    # file: app/rates/storage.py
    import json
    from pathlib import Path

    RATES = Path("rates.json")

    def read_rates() -> dict[str, float]:
        return json.loads(RATES.read_text())

    def rate_of(currency: str) -> float:
        return read_rates()[currency]

    # file: app/rates/service.py
    from app.rates.storage import rate_of

    async def convert(amount: float, currency: str) -> float:
        return amount * rate_of(currency)  # <-
    ```

    The repository behind an injected service works with a sync session.

    ```python
    # file: app/users/service.py
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from app.users.models import User

    class Repository:
        def __init__(self, db: Session) -> None:
            self.db = db

        def get(self, user_id: int) -> User | None:
            return self.db.scalars(select(User).where(User.id == user_id)).first()

    class UserRepository(Repository):
        pass

    class UserService:
        def __init__(self, db: Session) -> None:
            self.users = UserRepository(db)

        def find(self, user_id: int) -> User | None:
            return self.users.get(user_id)

    # file: app/users/router.py
    from typing import Annotated

    from fastapi import APIRouter, Depends

    from app.users.service import UserService

    router = APIRouter()

    @router.get("/users/{user_id}")
    async def get_user(user_id: int, service: Annotated[UserService, Depends()]) -> str:
        user = service.find(user_id)  # <-
        return user.name if user else ""
    ```

    A nested function blocks where it is called, and so does a constructor.

    ```python
    import subprocess
    import time

    class Worker:
        def __init__(self) -> None:
            self.process = subprocess.Popen(["worker"])

    async def restart(delays: list[float]) -> Worker:
        def pause(delay: float) -> None:
            time.sleep(delay)

        for delay in delays:
            pause(delay)  # <-
        return Worker()  # <-
    ```

    What the call asks for by a parameter.

    ```python
    import threading

    import requests

    def report(event: str, blocking: bool = False) -> None:
        def send() -> None:
            requests.post("https://stats.example.com", json={"event": event})

        if blocking:
            send()
        else:
            threading.Thread(target=send).start()

    class Context:
        def __init__(self, tenant: str, flow: str | None = None) -> None:
            self.tenant = tenant
            if flow is not None and tenant:
                self.last = requests.get(f"https://flows.example.com/{flow}").json()

    async def stop(tenant: str, flow: str) -> None:
        report("stop", blocking=True)  # <-
        report("stop", True)  # <-
        Context(tenant, flow)  # <-
    ```

    Good:

    The function is handed to a thread, or has been by its decorator.

    ```python
    import functools
    import time
    from collections.abc import Awaitable, Callable

    import anyio

    def in_thread[**P, T](function: Callable[P, T]) -> Callable[P, Awaitable[T]]:
        @functools.wraps(function)
        async def run(*args: P.args, **kwargs: P.kwargs) -> T:
            return await anyio.to_thread.run_sync(functools.partial(function, *args, **kwargs))

        return run

    def pause(delay: float) -> None:
        time.sleep(delay)

    @in_thread
    def pause_in_thread(delay: float) -> None:
        time.sleep(delay)

    async def work() -> None:
        await anyio.to_thread.run_sync(pause, 1)
        await pause_in_thread(1)
    ```

    It blocks but once: what it reads is kept.

    ```python
    from functools import lru_cache
    from pathlib import Path

    _template: str | None = None

    @lru_cache
    def schema() -> str:
        return Path("schema.json").read_text()

    def template() -> str:
        global _template
        if _template is None:
            _template = Path("template.html").read_text()
        return _template

    class Prompts:
        def __init__(self) -> None:
            self.texts: dict[str, str] = {}

        def get(self, name: str) -> str:
            if name not in self.texts:
                self.texts[name] = Path(name).read_text()
            return self.texts[name]

    class Words:
        def __init__(self) -> None:
            self.known: dict[str, str] = {}
            self.loaded: set[str] = set()

        def load(self, language: str) -> None:
            if language in self.loaded:
                return
            self.known.update(line.split("=") for line in Path(language).open())
            self.loaded.add(language)

        def of(self, language: str) -> str:
            words = self.known.get(language)
            if words is None:
                words = self.known[language] = Path(language).read_text()
            return words

    async def render(prompts: Prompts, words: Words) -> str:
        words.load("de")
        return schema() + template() + prompts.get("greeting.txt") + words.of("fr")
    ```

    What blocks only runs with a parameter that is left out.

    ```python
    import threading

    import requests

    def report(event: str, *, blocking: bool = False) -> None:
        def send() -> None:
            requests.post("https://stats.example.com", json={"event": event})

        if blocking:
            send()
        else:
            threading.Thread(target=send).start()

    class Context:
        def __init__(self, tenant: str, flow: str | None = None) -> None:
            self.tenant = tenant
            if flow is not None and tenant:
                self.last = requests.get(f"https://flows.example.com/{flow}").json()

    async def start(tenant: str) -> Context:
        report("start")
        return Context(tenant=tenant)
    ```

    The generator runs in a thread, when the response is sent.

    ```python
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.responses import StreamingResponse

    def lines(path: Path) -> Iterator[str]:
        with path.open() as file:
            yield from file

    async def download(path: Path) -> StreamingResponse:
        return StreamingResponse(lines(path))
    ```

    A coroutine function that blocks is reported itself, and not once more for each of its callers.

    ```python
    async def read() -> str:
        return open("notes.txt").read()

    async def count() -> int:
        return len(await read())
    ```
    """

    code = "HB073"
    level = Level.ESSENTIAL
    severity = Severity.ERROR
    needs = frozenset({"async"})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each call of a function that blocks in each coroutine function."""
        if not UNHURRIED_ROLES.isdisjoint(file.roles):
            return
        project = file.project
        for function in file.outline.definitions:
            if not isinstance(function, FunctionScope) or not function.is_async:
                continue
            for site, called in callees(project, function):
                path = blocking_path(project, called)
                if path is None or runs_alone(project, function):
                    continue
                if not is_switched_off(Caller(called, site.node, site.scope), path.first.node):
                    yield Finding(
                        site.node,
                        f"`{path.names[0]}` blocks the event loop, {path}: "
                        "await it, or run it in `anyio.to_thread.run_sync`",
                    )
