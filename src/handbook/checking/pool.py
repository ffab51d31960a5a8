"""Work spread over processes: handed out as they ask for it, and none of it lost when one dies."""

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import cast

type Chunk = Sequence[int]
"""Some of the work, by the numbers of its pieces; a process is given a chunk at a time."""
type Work[R] = Callable[[int], R]
"""Does the piece of work that has a number; its result is sent to the parent."""


class DeathError(Exception):
    """A process ended in the middle of a piece of work; the text says how."""


def spread[R](
    chunks: Sequence[Chunk], make: Callable[[], Work[R]], processes: int
) -> Iterator[tuple[int, R | DeathError]]:
    """Do all that is in `chunks`, the first ones first, by several processes.

    Args:
        chunks: the work.
        make: called in each process, gives what does the work there. Where processes are not
            forked it is pickled.
        processes: how many.

    Yields the number and result of each piece as it is done. A piece whose process dies has the
    result `DeathError`, and the rest of its chunk is done by another process.

    Raises:
        OSError: if no process can be started at all.
    """
    waiting: deque[Chunk] = deque(chunks)
    team = _Team(make)
    try:
        for _ in range(min(processes, len(chunks))):
            team.hire(waiting.popleft())
        while team.busy:
            for link in cast(list[Connection], connection.wait(list(team.busy))):
                todo = team.busy[link]
                try:
                    number, result = link.recv()
                except (EOFError, ConnectionResetError):
                    yield todo[0], DeathError(team.dismiss(link))
                    if todo[1:]:
                        waiting.appendleft(todo[1:])
                    if waiting:
                        team.hire(waiting.popleft())
                    continue
                team.busy[link] = todo = todo[1:]
                if not todo and waiting:
                    team.give(link, waiting.popleft())
                elif not todo:
                    team.dismiss(link)
                yield number, result
    finally:
        team.disband()


class _Team[R]:
    """The processes, each known by the link to it.

    Attributes:
        busy: what each process has not sent back yet, first the piece it is at.
    """

    def __init__(self, make: Callable[[], Work[R]]) -> None:
        self.busy: dict[Connection, Chunk] = {}
        self._make = make
        self._context = _context()
        self._processes: dict[Connection, BaseProcess] = {}

    def hire(self, chunk: Chunk) -> None:
        """Start a process on a chunk."""
        ours, theirs = self._context.Pipe()
        # A forked process inherits our ends of the links to the others: as long as it holds them,
        # those would wait for work for ever when we are killed.
        inherited = [ours, *self._processes] if self._forks else []
        process = cast(
            BaseProcess,
            self._context.Process(  # type: ignore[attr-defined]
                target=_serve, args=(theirs, self._make, inherited), daemon=True
            ),
        )
        with _interrupts_held():
            process.start()
        theirs.close()
        self._processes[ours] = process
        self.give(ours, chunk)

    @property
    def _forks(self) -> bool:
        return self._context.get_start_method() == "fork"

    def give(self, link: Connection, chunk: Chunk) -> None:
        """Hand a chunk to a process."""
        self.busy[link] = chunk
        try:
            link.send(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass  # It died: reading from it will tell.

    def dismiss(self, link: Connection) -> str:
        """Let a process go, and say how it ended."""
        del self.busy[link]
        process = self._processes.pop(link)
        link.close()
        process.join()
        code = process.exitcode or 0
        if code >= 0:
            return f"the process ended with exit code {code}"
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return f"the process was ended by {name}"

    def disband(self) -> None:
        """End all processes at once: what they are at is not wanted any more."""
        for process in self._processes.values():
            process.kill()
        for link, process in self._processes.items():
            process.join()
            link.close()


def shares_memory() -> bool:
    """Whether the processes know what their parent knows: they are forked, where that is safe."""
    return sys.platform == "linux" and threading.active_count() == 1


def _context() -> BaseContext:
    if shares_memory():
        return get_context("fork")
    if sys.platform == "win32":
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload(["handbook.checking.runner"])
    return context


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Keep a Ctrl-C waiting, so that it never reaches a new process before that ignores it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve[R](
    link: Connection, make: Callable[[], Work[R]], inherited: Sequence[Connection]
) -> None:
    """Do one chunk after the other until the parent is gone or has no more."""
    # Ctrl-C reaches the whole group; the parent sees to it that all end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    for other in inherited:
        other.close()
    try:
        work = make()
        while True:
            for number in link.recv():
                link.send((number, work(number)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        # Nothing is left to be told or cleaned up.
        os._exit(0)
