"""HB072."""

from collections.abc import Iterator

from handbook.blocking import blocking_calls, runs_alone
from handbook.outline import FunctionScope
from handbook.rule import FileRule, Finding
from handbook.source import SourceFile
from handbook.violation import Severity
from handbook.waits import WORDS, Kind

_EXEMPT = frozenset({"test", "migration", "script"})


class BlockingCallInAsync(FileRule):
    """A call inside `async def` blocks the event loop.

    Bad:

    ```python
    import time

    async def f() -> None:
        time.sleep(1)  # <-
    ```

    Good:

    ```python
    async def f() -> None:
        pass
    ```
    """

    code = "HB072"
    severity = Severity.ERROR
    needs = WORDS

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each blocking call in each coroutine function."""
        if not _EXEMPT.isdisjoint(file.roles):
            return
        for function in file.outline.definitions:
            if isinstance(function, FunctionScope) and function.is_async:
                for call in blocking_calls(file.project, function):
                    kind = call.wait.kind
                    if kind is not Kind.OTHERS and runs_alone(file.project, function):
                        continue
                    yield Finding(
                        call.site.node,
                        f"`{call.shown}` blocks the event loop: {call.wait.instead}",
                        severity=Severity.WARNING if kind is Kind.ENTRY else None,
                    )
