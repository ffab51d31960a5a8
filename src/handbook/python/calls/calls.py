"""The call graph: what runs when a function runs, and which functions of the project that calls."""

import ast
from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple

from handbook.python.calls.memoization import keeps_what_it_makes, makes_what_is_missing
from handbook.python.project.project import Project
from handbook.python.types.inference import Called, called_by, decorators_of, is_generator
from handbook.syntax.local_bindings import InnerScope
from handbook.syntax.outline import (
    Assigned,
    ClassScope,
    FunctionScope,
    Imported,
    Scope,
    around_call,
    children,
    own_nodes,
)

_LEAVES = frozenset({ast.Name, ast.Constant, ast.Pass, ast.alias, ast.Lambda})
"""Nodes in which nothing is called. A lambda runs whenever it likes, and is left out too."""
_NESTING: tuple[type[ast.AST], ...] = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
    *(ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp),
)
_SIMPLE = frozenset({ast.Assign, ast.AnnAssign, ast.Expr, ast.Return, ast.Import, ast.ImportFrom})
"""The statements that are most of all, and hold no others."""
_LONGEST_ALIAS = 4
_FOLLOWED = frozenset(
    {
        *(
            "builtins.staticmethod",
            "builtins.classmethod",
            "abc.abstractmethod",
            "typing.override",
        ),
        *("typing.final", "typing.overload", "functools.wraps", "warnings.deprecated"),
        *("contextlib.contextmanager", "pydantic.validate_call", "tenacity.retry"),
        "backoff.on_exception",
    }
)
"""Decorators after which a call still runs the function, here and now."""


class CallSite(NamedTuple):
    """A call that runs when the function around it runs.

    Attributes:
        node: the call.
        parent: the node around it; for the manager of an `async with` that statement.
        scope: the scope that its names are seen from.
        is_first_time: whether it runs but once: to make what is then kept, as in
            `if self.client is None: self.client = connect()`.
    """

    node: ast.Call
    parent: ast.AST
    scope: Scope
    is_first_time: bool = False

    @property
    def is_awaited(self) -> bool:
        """Whether the result is awaited on the spot: by `await`, `async with` or `async for`."""
        match self.parent:
            case ast.Await() | ast.AsyncWith() | ast.comprehension(is_async=1):
                return True
            case ast.AsyncFor(iter=iterated):
                return iterated is self.node
        return False

    @property
    def is_consumed(self) -> bool:
        """Whether a generator that the call makes runs here: it is looped over or entered."""
        match self.parent:
            case ast.withitem():
                return True
            case ast.For(iter=iterated) | ast.comprehension(iter=iterated):
                return iterated is self.node
        return False

    def called(self, project: Project) -> Called | None:
        """What it surely calls."""
        return called_by(project, self.node, self.scope)

    def is_spelled(self, words: Container[str]) -> bool:
        """Whether it may call something whose name ends in one of the words.

        It is called by that name here, or by one that an import or an assignment gives it: a
        quick question that leaves few calls to be asked what they call.
        """
        match self.node.func:
            case ast.Attribute(attr=name):
                return name in words
            case ast.Name(id=name):
                return _stands_for(name, self.scope, words, 0)
        return False


def _stands_for(name: str, scope: Scope, words: Container[str], depth: int) -> bool:
    found = scope.lookup(name)
    if found is None or name in words or depth > _LONGEST_ALIAS:
        return name in words
    for binding in found[1]:
        match binding:
            case Imported(target=target):
                if target.rpartition(".")[2] in words:
                    return True
            case Assigned(value=ast.Attribute(attr=attribute)):
                if attribute in words:
                    return True
            case Assigned(value=ast.Name(id=other)):
                if _stands_for(other, found[0], words, depth + 1):
                    return True
    return False


def calls_in(project: Project, scope: Scope) -> Sequence[CallSite]:
    """The calls that run when a scope's body runs; those in nested functions do not."""

    def find() -> Sequence[CallSite]:
        # An edit of the file undoes the fact, but not what stands in other statements.
        if scope.calls is None:
            scope.calls = [*(_walk(scope) if _is_nested(scope) else _sites(scope))]
        return scope.calls

    return project.fact(("calls", scope), find)


def statements_in(scope: Scope) -> Iterator[ast.stmt]:
    """Every statement that runs in a scope itself, in source order."""
    stack = [*reversed(scope.body)]
    while stack:
        node = stack.pop()
        yield node
        if type(node) in _SIMPLE:
            continue
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                continue
            case ast.If() | ast.For() | ast.AsyncFor() | ast.While():
                stack.extend(reversed([*node.body, *node.orelse]))
            case ast.With() | ast.AsyncWith():
                stack.extend(reversed(node.body))
            case ast.Try() | ast.TryStar():
                caught = [inner for handler in node.handlers for inner in handler.body]
                stack.extend(reversed([*node.body, *caught, *node.orelse, *node.finalbody]))
            case ast.Match():
                stack.extend(reversed([inner for case in node.cases for inner in case.body]))


def _is_nested(scope: Scope) -> bool:
    """Whether some of what stands in a scope runs in another one, or only the first time."""
    return bool(own_nodes(scope, *_NESTING)) or any(
        makes_what_is_missing(node, scope) for node in own_nodes(scope, ast.If)
    )


def _sites(scope: Scope) -> Iterator[CallSite]:
    """What `_walk` finds in a scope where all runs in order, without another walk."""
    within = {
        item.context_expr: node for node in own_nodes(scope, ast.AsyncWith) for item in node.items
    }
    for call in own_nodes(scope, ast.Call):
        yield CallSite(call, within.get(call) or around_call(scope, call), scope)


def _walk(body: Scope) -> Iterator[CallSite]:
    stack: list[tuple[ast.AST, ast.AST, Scope, bool]] = [
        (node, node, body, False) for node in reversed(body.body)
    ]
    while stack:
        node, parent, scope, is_first = stack.pop()
        below: list[ast.AST]  # What is to be looked at next comes last, as in the stack.
        match node:
            case ast.Call():
                yield CallSite(node, parent, scope, is_first)
                below = children(node)
            case ast.Attribute() | ast.keyword() | ast.Expr() | ast.Assign() | ast.Await():
                below = children(node)  # As all others: these are many, and told first.
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                # Its decorators and defaults run here, its body does not.
                defaults = [default for default in node.args.kw_defaults if default is not None]
                below = [*defaults[::-1], *node.args.defaults[::-1], *node.decorator_list[::-1]]
            case ast.ClassDef():
                below = [*node.keywords[::-1], *node.bases[::-1], *node.decorator_list[::-1]]
            case ast.AsyncWith():
                below = [*node.body[::-1], *(item.context_expr for item in node.items[::-1])]
            case ast.If() if makes_what_is_missing(node, body):
                stack.extend((child, node, scope, is_first) for child in reversed(node.orelse))
                stack.append((node.test, node, scope, is_first))
                below, is_first = [*node.body[::-1]], True
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                first = node.generators[0]
                stack.append((first.iter, first, scope, is_first))
                scope = InnerScope(node, scope)
                below = [*first.ifs, *(child for child in children(node) if child is not first)]
            case _:
                below = children(node)
        stack += [(child, node, scope, is_first) for child in below if type(child) not in _LEAVES]


def callees(project: Project, function: FunctionScope) -> Sequence[tuple[CallSite, FunctionScope]]:
    """The functions of the project whose bodies run, here and now, when a function's body runs.

    A constructor stands for the `__init__` that it runs. Left out are functions that run but
    once (cached ones, and those that set a global variable), those behind a decorator that may do anything with them (run them in a
    thread), coroutines, and generators that are not consumed on the spot. What is only passed on,
    such as the argument of `asyncio.to_thread`, is not called.
    """
    return project.fact(("callees", function), lambda: [*_callees(project, function)])


def _callees(
    project: Project, function: FunctionScope
) -> Iterator[tuple[CallSite, FunctionScope]]:
    for site in calls_in(project, function):
        if not site.is_awaited:
            called = callee(project, site)
            if called is not None:
                yield site, called


def callee(project: Project, site: CallSite) -> FunctionScope | None:
    """The function of the project whose body a call runs on the spot, if it surely does."""
    called = site.called(project)
    match called.symbol if called is not None else None:
        case FunctionScope() as function:
            pass
        case ClassScope() as class_:
            owner = project.owner(class_, "__init__")
            initializer = owner.method("__init__") if owner is not None else None
            if initializer is None:
                return None
            function = initializer
        case _:
            return None
    if function.is_async or site.is_first_time or keeps_what_it_makes(function):
        return None
    if not all(name in _FOLLOWED for name in decorators_of(project, function)):
        return None
    return function if not is_generator(function) or site.is_consumed else None
