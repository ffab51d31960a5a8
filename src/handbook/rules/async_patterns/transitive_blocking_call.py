"""HB073."""

from collections.abc import Iterator

from handbook.blocking import blocking_path, runs_alone
from handbook.calls import callees
from handbook.outline import FunctionScope
from handbook.rule import FileRule, Finding
from handbook.source import SourceFile
from handbook.violation import Severity

_EXEMPT = frozenset({"test", "migration", "script"})


class TransitiveBlockingCall(FileRule):
    """A function called inside `async def` blocks the event loop.

    Bad:

    ```python
    import time

    def g() -> None:
        time.sleep(1)

    async def f() -> None:
        g()  # <-
    ```

    Good:

    ```python
    async def f() -> None:
        pass
    ```
    """

    code = "HB073"
    severity = Severity.ERROR
    needs = frozenset({"async"})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each call of a function that blocks in each coroutine function."""
        if not _EXEMPT.isdisjoint(file.roles):
            return
        for function in file.outline.definitions:
            if not isinstance(function, FunctionScope) or not function.is_async:
                continue
            if not runs_alone(file.project, function):
                for site, called in callees(file.project, function):
                    path = blocking_path(file.project, called)
                    if path is not None:
                        yield Finding(
                            site.node,
                            f"`{file.code(site.node.func)}` blocks the event loop ({path}): "
                            "run it with `anyio.to_thread.run_sync`",
                        )
