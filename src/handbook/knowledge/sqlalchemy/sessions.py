"""Sessions of SQLAlchemy: what is one, what makes one, and who ends its transaction."""

import ast
from collections.abc import Iterator

from handbook.knowledge.vocabulary import ASYNC_SESSION, SESSION, SYNC_SESSION
from handbook.python.calls.callers import Caller
from handbook.python.calls.calls import CallSite, calls_in
from handbook.python.project.project import External, Project
from handbook.python.types.annotations import annotated_type
from handbook.python.types.inference import (
    called_by,
    decorators_of,
    instance_of,
    is_generator,
    type_of,
)
from handbook.python.types.normalized import Named, members_of, type_form
from handbook.python.types.signatures import (
    ASYNC_CONTEXT_MANAGER,
    AWAITABLES,
    CONTEXT_MANAGER,
    ITERABLES,
)
from handbook.python.types.types import Class, Type
from handbook.syntax.names import Names
from handbook.syntax.outline import ClassScope, FunctionScope, Outline, Scope, own_nodes

_SERVING = frozenset({"fastapi", "fastapi.FastAPI", "fastapi.APIRouter", "uvicorn", "uvicorn.run"})
_MANAGERS = frozenset({CONTEXT_MANAGER, ASYNC_CONTEXT_MANAGER})
_MAKERS = frozenset(
    f"{maker}.{method}"
    for maker in (
        *("sqlalchemy.orm.sessionmaker", "sqlalchemy.ext.asyncio.async_sessionmaker"),
        *("sqlalchemy.orm.scoped_session", "sqlalchemy.ext.asyncio.async_scoped_session"),
    )
    for method in ("__call__", "begin")
)


def calls_of(project: Project, outline: Outline) -> Iterator[CallSite]:
    """Every call of a module, in whichever scope it stands."""
    for scope in (outline, *outline.definitions):
        yield from calls_in(project, scope)


def is_alembic(outline: Outline) -> bool:
    """Whether a module is a migration, or the `env.py` that runs them, wherever it lies."""
    if "down_revision" in outline.bindings:
        return True
    return any(imported.target == "alembic.context" for imported in outline.imports)


def is_script(project: Project, outline: Outline) -> bool:
    """Whether a module is there to be run by itself: it serves no app, and none imports it."""
    return _can_be_run(outline) and not any(
        outline.name in (imported.module.rpartition(".")[2], imported.target.rpartition(".")[2])
        for other in project.mentioning(outline.name)
        if not _can_be_run(other)
        for imported in other.imports
    )


def _can_be_run(outline: Outline) -> bool:
    """Whether a module does something when it is run, other than to serve an app."""
    if "__main__" not in outline.words:
        return False
    if any(imported.target in _SERVING for imported in outline.imports):
        return False
    return any(
        isinstance(node, ast.If) and "__main__" in ast.unparse(node.test) for node in outline.body
    )


def is_session_class(project: Project, class_: Class | None, names: Names = SESSION) -> bool:
    """Whether a class is a session of SQLAlchemy or SQLModel, or inherits from one."""
    if isinstance(class_, ClassScope):
        return project.reaches(class_, names)
    return class_ is not None and class_.qualified_name in names


def is_session(project: Project, node: ast.expr, scope: Scope) -> bool:
    """Whether an expression surely is a session, synchronous or not."""
    return is_session_class(project, instance_of(project, node, scope))


def is_sync_session(project: Project, class_: Class | None) -> bool:
    """Whether a class is a session whose calls block."""
    return is_session_class(project, class_, SYNC_SESSION)


def is_async_session(project: Project, class_: Class | None) -> bool:
    """Whether a class is a session whose calls are awaited."""
    return is_session_class(project, class_, ASYNC_SESSION)


def session_call(project: Project, site: CallSite, methods: frozenset[str]) -> str | None:
    """Which of some methods of a session a call calls, if it surely calls one."""
    match site.node.func:
        case ast.Attribute(value=value, attr=name) if name in methods:
            return name if is_session(project, value, site.scope) else None
    return None


def makes_session(project: Project, site: CallSite) -> bool:
    """Whether a call makes a session: of its class, a session factory, or a function's making."""
    called = called_by(project, site.node, site.scope)
    if called is None:
        return False
    match called.symbol:
        case FunctionScope() as function:
            made = type_of(project, site.node, site.scope)
            return _gives_session(project, made) and not _is_handed_session(
                project, site, function
            )
        case External():
            if called.name in _MAKERS:
                return True
    return is_session_class(project, called.symbol)


def _is_handed_session(project: Project, site: CallSite, function: FunctionScope) -> bool:
    """Whether a call passes a session, or perhaps one, to what gives one: it may be the same."""
    for parameter in function.parameters:
        annotation = parameter.node.annotation
        if annotation is None or not _may_be_session(project, annotation, function):
            continue
        if Caller(function, site.node, site.scope).argument(parameter.node.arg) is not None:
            return True
    return False


def _may_be_session(project: Project, annotation: ast.expr, function: FunctionScope) -> bool:
    """Whether a type is a session, or a union with one."""
    form = type_form(project, annotation, function.parent or function)
    return any(
        isinstance(member, Named) and is_session_class(project, member.symbol)
        for member in members_of(form)
    )


def _gives_session(project: Project, found: Type | None) -> bool:
    while found is not None and (found.name in AWAITABLES or found.name in _MANAGERS):
        found = found.argument(-1 if found.name in AWAITABLES else 0)
    return found is not None and is_session_class(project, found.symbol)


def session_yields(project: Project, function: FunctionScope) -> list[ast.Yield]:
    """The yields with which a dependency hands out a session; none where it is no dependency.

    A generator that a decorator makes something else of, such as a context manager, is none.
    """
    if not is_generator(function) or decorators_of(project, function):
        return []
    yields = own_nodes(function, ast.Yield)
    handed = [
        node
        for node in yields
        if node.value is not None
        and (is_session(project, node.value, function) or _is_declared(project, function))
    ]
    return handed if len(handed) == len(yields) else []


def commit_after_yield(project: Project, function: FunctionScope) -> ast.Call | None:
    """The commit of a session that a generator makes once what it yielded to is done."""
    lines = [node.lineno for node in own_nodes(function, ast.Yield)]
    if not lines:
        return None
    handed = {
        node.value.id
        for node in own_nodes(function, ast.Yield)
        if isinstance(node.value, ast.Name)
    }
    for site in calls_in(project, function):
        match site.node.func:
            case ast.Attribute(value=value, attr="commit") if site.node.lineno > lines[0]:
                if is_session(project, value, site.scope):
                    return site.node
                is_handed = isinstance(value, ast.Name) and value.id in handed
                if is_handed and _is_declared(project, function):
                    return site.node
    return None


def _is_declared(project: Project, function: FunctionScope) -> bool:
    """Whether the return annotation of a generator says that it yields sessions."""
    if function.node.returns is None:
        return False
    found = annotated_type(project, function.node.returns, function.parent or function)
    made = found.argument() if found is not None and found.name in ITERABLES else None
    return made is not None and is_session_class(project, made.symbol)
