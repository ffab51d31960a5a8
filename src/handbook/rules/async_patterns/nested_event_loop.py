"""HB075."""

from collections.abc import Iterator

from handbook.knowledge.fastapi.routing.routes import routes_in
from handbook.python.calls.calls import CallSite, calls_in
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.outline import FunctionScope
from handbook.violation import Severity

_RUNNERS = frozenset(
    {
        *("asyncio.run", "asyncio.Runner.run", "anyio.run", "trio.run", "uvloop.run"),
        "asyncio.AbstractEventLoop.run_until_complete",
    }
)
_METHODS = frozenset({"run", "run_until_complete"})


class NestedEventLoop(FileRule):
    """An event loop is started inside a running one, or for each request.

    A thread has room for one running event loop. Inside `async def` it runs already, so that
    `asyncio.run` and `run_until_complete` raise `RuntimeError`, as soon as the line is reached. The
    coroutine that they are given can simply be awaited.

    In a route that is a plain `def` they work, for it runs in a thread of its own, but every request
    starts and closes an event loop, and connections, locks and sessions made in another loop
    cannot be used in it. Make the route an `async def`; what blocks in it goes to a thread.

    Bad:

    ```python
    import asyncio

    async def fetch(url: str) -> str:
        return url

    async def collect(urls: list[str]) -> list[str]:
        return [asyncio.run(fetch(url)) for url in urls]  # <-
    ```

    The loop is at hand, but it cannot be run once more.

    ```python
    from asyncio import AbstractEventLoop, get_event_loop as loop_of_thread

    async def fetch(url: str) -> str:
        return url

    class Collector:
        def __init__(self, loop: AbstractEventLoop) -> None:
            self.loop = loop

        async def collect(self, url: str) -> str:
            first = self.loop.run_until_complete(fetch(url))  # <-
            return first + loop_of_thread().run_until_complete(fetch(url))  # <-
    ```

    A route that starts a loop for each request.

    ```python
    # file: app/users/router.py
    import asyncio

    from fastapi import APIRouter

    from app.users.service import load_user

    router = APIRouter()

    @router.get("/users/{user_id}")
    def get_user(user_id: int) -> dict[str, int]:
        return asyncio.run(load_user(user_id))  # <-

    # file: app/users/service.py
    async def load_user(user_id: int) -> dict[str, int]:
        return {"id": user_id}
    ```

    Good:

    A program starts its loop from a plain function.

    ```python
    import asyncio

    async def serve() -> None: ...

    def main() -> None:
        asyncio.run(serve())

    if __name__ == "__main__":
        main()
    ```

    The function that starts a loop runs in a thread of its own.

    ```python
    import asyncio

    async def fetch(url: str) -> str:
        return url

    async def collect(url: str) -> str:
        def in_thread() -> str:
            return asyncio.run(fetch(url))

        return await asyncio.to_thread(in_thread)
    ```

    Other things that are called `run`.

    ```python
    import subprocess

    import anyio

    class Job:
        def run(self) -> None: ...

    async def work(job: Job, asyncio: Job) -> None:
        job.run()
        asyncio.run()
        await anyio.to_thread.run_sync(subprocess.run, ["true"])
    ```
    """

    code = "HB075"
    level = Level.ESSENTIAL
    preview = True
    severity = Severity.ERROR
    needs = _METHODS

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report loops that are started in coroutine functions and in plain routes."""
        if "nest_asyncio" in file.outline.words:
            # It patches the loops so that they can be nested.
            return
        for function in file.outline.definitions:
            if isinstance(function, FunctionScope) and function.is_async:
                for site, name in _runs(file, function):
                    yield Finding(
                        site.node,
                        f"`{name}` raises RuntimeError where a loop runs already: "
                        "await the coroutine",
                    )
        handlers = {route.handler for route in routes_in(file.project, file.outline)}
        for handler in handlers:
            if handler is None or handler.is_async or handler.outline is not file.outline:
                continue
            for site, name in _runs(file, handler):
                yield Finding(
                    site.node,
                    f"`{name}` starts an event loop for each request: "
                    f"make `{handler.name}` an `async def` and await",
                    severity=Severity.WARNING,
                )


def _runs(file: SourceFile, function: FunctionScope) -> Iterator[tuple[CallSite, str]]:
    """The calls in a function's body that start an event loop, and what they are written as."""
    for site in calls_in(file.project, function):
        if site.is_spelled(_METHODS) and not site.is_awaited:
            called = site.called(file.project)
            if called is not None and called.name in _RUNNERS:
                yield site, file.code(site.node.func)
