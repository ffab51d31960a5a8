"""Calls that hold up the thread they run in, and with it an event loop: where they are."""

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from handbook.knowledge.concurrency.blocking_catalogue import WAITS, WORDS, Kind, Wait
from handbook.knowledge.vocabulary import FASTAPI
from handbook.python.calls.calls import CallSite, callees, calls_in
from handbook.python.project.project import Project
from handbook.python.project.users import users_of
from handbook.python.types.inference import decorators_of, instance_of
from handbook.syntax.outline import FunctionScope, Outline, own_nodes

UNHURRIED_ROLES = frozenset({"test", "migration", "script"})
"""Roles of modules in whose event loop nobody else waits."""

_APPS = FASTAPI | {"starlette.applications.Starlette"}
_RUNNERS = frozenset({"asyncio.run", "anyio.run", "uvloop.run", "asyncio.Runner.run"})


class BlockingCall(NamedTuple):
    """A call that blocks.

    Attributes:
        site: the call.
        name: the canonical name of what it calls.
    """

    site: CallSite
    name: str

    @property
    def shown(self) -> str:
        """The name as people say it: `time.sleep`, `open`, `Path.read_text`."""
        return shown(self.name)

    @property
    def wait(self) -> Wait:
        """What it waits for, and what to write instead."""
        return WAITS[self.name]


def shown(name: str) -> str:
    """A qualified name as people say it: without `builtins`, a method with only its class."""
    parts = name.removeprefix("builtins.").split(".")
    return ".".join(parts[-2:] if len(parts) > 2 and parts[-2][:1].isupper() else parts)


def blocking_calls(project: Project, function: FunctionScope) -> Sequence[BlockingCall]:
    """The calls in a function's body that surely block the thread that it runs in."""
    return project.fact(("blocking", function), lambda: [*_blocking_calls(project, function)])


def _blocking_calls(project: Project, function: FunctionScope) -> Iterator[BlockingCall]:
    for site in calls_in(project, function):
        if not site.is_awaited and site.is_spelled(WORDS):
            called = site.called(project)
            if called is not None and called.name in WAITS and not _is_in_memory(site.node):
                yield BlockingCall(site, called.name)


def _is_in_memory(call: ast.Call) -> bool:
    """Whether the path is one of `/proc` or `/sys`: the kernel makes up those files as they are read."""
    match call.args:
        case [ast.Constant(value=str(path)), *_]:
            return path.startswith(("/proc/", "/sys/"))
    return False


class BlockingPath(NamedTuple):
    """How calling a function comes to block.

    Attributes:
        functions: the function called, the one that it calls, and so on.
        call: what blocks, in the last of them.
        first: the call in the first of them that leads there.
    """

    functions: tuple[FunctionScope, ...]
    call: BlockingCall
    first: CallSite

    @property
    def names(self) -> list[str]:
        """What is called, one by the other: a class for its `__init__`."""
        functions = (function.qualname.removesuffix(".__init__") for function in self.functions)
        return [*functions, self.call.shown]

    def __str__(self) -> str:
        return " → ".join(self.names)


def blocking_path(project: Project, function: FunctionScope) -> BlockingPath | None:
    """The shortest way in which running a sync function blocks, through functions of the project.

    Looking at single entries of the file system (`Path.exists`, `mkdir`) does not count here.
    """
    return project.fact(("blocking path", function), lambda: _find_path(project, function))


def _find_path(project: Project, function: FunctionScope) -> BlockingPath | None:
    """Look at what is called here, then at what that calls: the nearest, and the first of those."""
    ways: dict[FunctionScope, tuple[FunctionScope, ...]] = {function: (function,)}
    firsts: dict[FunctionScope, CallSite] = {}
    queue = [function]
    with project.recording() as asked:
        for current in queue:
            call = _own_call(project, current)
            if call is not None:
                return BlockingPath(ways[current], call, firsts.get(current, call.site))
            for site, called in callees(project, current):
                # What is known to lead nowhere is not looked into again.
                if called not in ways and project.recall(("blocking path", called)) != (None,):
                    ways[called] = (*ways[current], called)
                    firsts[called] = firsts.get(current, site)
                    queue.append(called)
    for reached in queue:
        project.remember(("blocking path", reached), None, asked)
    return None


def _own_call(project: Project, function: FunctionScope) -> BlockingCall | None:
    """The first call in the function's own body that blocks."""
    for call in blocking_calls(project, function):
        if call.wait.kind is not Kind.ENTRY and not call.site.is_first_time:
            return call
    return None


def runs_alone(project: Project, function: FunctionScope) -> bool:
    """Whether nothing else runs in the event loop yet, or any more, while a coroutine function does.

    That is so for a lifespan, before and after it yields, for what the module itself hands to
    `asyncio.run`, a program's `main`, and for what only such functions await.
    """
    return project.fact(("alone", function), lambda: _runs_alone(project, function))


def _runs_alone(project: Project, function: FunctionScope) -> bool:
    """Look at who awaits it, at who awaits those, and so on: up to what begins alone."""
    queue = [function]
    for current in queue:
        if _begins_alone(project, current):
            continue
        is_awaited = False
        for found in _awaited_in(project, current):
            if found is None:
                return False
            is_awaited = True
            if found not in queue:
                queue.append(found)
        if not is_awaited:
            return False
    return any(_begins_alone(project, reached) for reached in queue)


def _begins_alone(project: Project, function: FunctionScope) -> bool:
    return _is_lifespan(project, function) or function in project.fact(
        ("run", function.outline.path), lambda: {*_run_by(project, function.outline)}
    )


def _awaited_in(project: Project, function: FunctionScope) -> Iterator[FunctionScope | None]:
    """The functions that await a function; `None` where something else may come of it."""
    if function.node.decorator_list or function.is_method:
        yield None
    names, outlines = users_of(project, function)
    for outline in outlines:
        if "test" in project.roles(outline):
            continue
        for scope in outline.scopes_with(names):
            around = scope.enclosing_function()
            for node in own_nodes(scope):
                match node:
                    case ast.Name(id=name) | ast.Attribute(attr=name) if name in names:
                        if project.resolve_expression(node, scope) is function:
                            yield around if _is_awaited(project, node, around) else None


def _is_awaited(project: Project, name: ast.expr, around: FunctionScope | None) -> bool:
    """Whether what a name stands for is called by a function and awaited on the spot."""
    return around is not None and any(
        site.node.func is name and site.is_awaited for site in calls_in(project, around)
    )


def _is_lifespan(project: Project, function: FunctionScope) -> bool:
    if "contextlib.asynccontextmanager" not in decorators_of(project, function):
        return False
    first = next(iter(function.parameters), None)
    given = instance_of(project, ast.Name(first.node.arg), function) if first else None
    return function.name == "lifespan" or (given is not None and given.qualified_name in _APPS)


def _run_by(project: Project, outline: Outline) -> Iterator[FunctionScope]:
    """The functions of a module that it starts an event loop for."""
    if outline.words.isdisjoint(("asyncio", "anyio", "uvloop")) or "run" not in outline.words:
        return
    for scope in (outline, *outline.definitions):
        if isinstance(scope, FunctionScope) and scope.is_async:
            continue
        for site in calls_in(project, scope):
            if isinstance(site.node.func, ast.Attribute | ast.Name) and site.node.args:
                called = site.called(project)
                if called is not None and called.name in _RUNNERS:
                    given = site.node.args[0]
                    main = given.func if isinstance(given, ast.Call) else given
                    symbol = project.resolve_expression(main, site.scope)
                    if isinstance(symbol, FunctionScope):
                        yield symbol
