"""HB173."""

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from handbook.knowledge.sqlalchemy.sessions import is_alembic
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.values.string_building import Hole, fixed, name_of, texts_of
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.rules.security._taint import Origin, origin_of
from handbook.syntax.control_flow import augmentation
from handbook.syntax.local_bindings import scoped_nodes
from handbook.syntax.names import Names
from handbook.syntax.outline import Assigned, Scope, own_nodes
from handbook.violation import Related, Severity

_TEXT = Names.under(
    (
        *("sqlalchemy", "sqlalchemy.sql", "sqlalchemy.sql.expression"),
        *("sqlalchemy.sql.elements", "sqlmodel"),
    ),
    *("text", "literal_column", "TextClause"),
)
_METHODS = frozenset(
    {
        *("execute", "executemany", "executescript", "exec_driver_sql", "exec", "scalar"),
        *("scalars", "stream", "fetch", "fetchrow", "fetchval", "fetch_all", "fetch_one"),
        *("fetch_val", "iterate", "read_sql", "read_sql_query"),
    }
)
_NAMES = frozenset({"statement", "query", "sql", "operation", "text"})
_QUERY = re.compile(
    r"\s*\(?\s*(select|insert\s+into|update|delete\s+from|with|merge|replace\s+into|explain)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\s*((create|drop|alter|truncate|grant|revoke|call|copy|pragma|attach|notify|listen)\b"
    r"|set\s+(local|session|global|transaction|role|names|\w+\s*=|\w+\s+to\b))",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"(?:=|<|>|\blike|\bilike|\bin\s*\(|\bvalues\s*\((?:[^()\0]*,)?|\bbetween)\s*$",
    re.IGNORECASE,
)


class _Sink(NamedTuple):
    """Where a text becomes a statement.

    Attributes:
        text: the argument.
        is_sql: whether it is SQL, whatever it looks like.
    """

    text: ast.expr
    is_sql: bool


class SqlInterpolation(FileRule):
    """A value is interpolated into a SQL statement.

    Whoever chooses the value writes a part of the statement: `' OR 1=1 --` for a name reads every
    row, and it takes only one forgotten place. A value that is bound to a parameter never becomes
    SQL, is quoted right whatever is in it, and lets the database keep its plan.

    It is an error where a client's value is seen to flow in, through services and repositories too,
    and a warning where a function or an object takes the value from nobody knows whom.

    Write `:name` in the text, and give the value beside it:
    `session.execute(text("... WHERE name = :name"), {"name": name})`. Names of tables and columns
    cannot be bound; choose them from an enum or from constants, never take them from a request.
    Looked at are `text(...)` of SQLAlchemy and the texts that `execute` and its like are given,
    through f-strings, `+`, `%`, `.format`, `.join` and local variables. Constants, enums, settings,
    and what the function compares with a list or has checked are left alone, and so are migrations.

    Bad:

    ```python
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncSession


    async def find(session: AsyncSession, email: str, user_id: str) -> None:
        await session.execute(text(f"SELECT * FROM users WHERE email = '{email}'"))  # <-
        await session.execute(text("DELETE FROM users WHERE id = " + user_id))  # <-


    class Users:
        @staticmethod
        def get(session: AsyncSession, name):
            query = f"SELECT * FROM users WHERE name = '{name}'"
            return session.execute(text(query))  # <-
    ```

    Through local variables, in all the ways in which texts are put together.

    ```python
    import sqlite3

    import sqlalchemy as sa
    from pydantic import BaseModel

    USERS = "users"


    class Filters(BaseModel):
        name: str


    def list_users(db: sqlite3.Connection, filters: Filters, names: list[str]) -> None:
        query = "SELECT * FROM %s WHERE name = '%s'" % (USERS, filters.name)
        db.execute(query)  # <-
        query = "SELECT * FROM users"
        query += " WHERE name = '{}'".format(filters.name.strip())
        db.cursor().execute(query)  # <-
        listed = ", ".join(f"'{name}'" for name in names)
        statement = sa.text(f"SELECT * FROM users WHERE name IN ({listed})")  # <-
        parts = ["1 = 1"]
        if filters.name:
            parts.append(f"name = '{filters.name}'")
        db.execute(f"SELECT * FROM users WHERE {' AND '.join(parts)}")  # <-
    ```

    What comes from a request, even for a name, and through other functions.

    ```python
    from fastapi import APIRouter, Request
    from sqlalchemy import text
    from sqlalchemy.orm import Session

    router = APIRouter()


    @router.get("/users")
    def list_users(request: Request, session: Session, sort: str = "name") -> None:
        session.execute(text(f"SELECT * FROM users ORDER BY {sort}"))  # <-
        name = request.query_params["name"]
        session.execute(text(f"SELECT * FROM users WHERE name = '{name}'"))  # <-
        print_sorted(session, sort)
        session.execute(text(select_by("name", name)))  # <-


    def select_by(column: str, value: str) -> str:
        return f"SELECT * FROM users WHERE {column} = '{value}'"


    def print_sorted(session: Session, column: str) -> None:
        print(session.execute(text(f"SELECT * FROM users ORDER BY {column}")))  # <-
    ```

    Good:

    ```python
    from sqlalchemy import bindparam, text
    from sqlalchemy.orm import Session

    TABLE = "users"
    COLUMNS = ["id", "name"]


    def find(session: Session, name: str, names: list[str]) -> None:
        columns = ", ".join(COLUMNS)
        query = f"SELECT {columns} FROM {TABLE} "
        query += "WHERE name = :name"
        session.execute(text(query), {"name": name})
        marks = ", ".join(f":name_{index}" for index in range(len(names)))
        session.execute(text(f"SELECT * FROM {TABLE} WHERE name IN ({marks})"))
        listed = text("SELECT * FROM users WHERE name IN :names")
        session.execute(listed.bindparams(bindparam("names", names, expanding=True)))
    ```

    Names that the project chooses itself, or checks.

    ```python
    from enum import StrEnum
    from typing import Annotated, Literal

    from fastapi import APIRouter, Query
    from sqlalchemy import text
    from sqlalchemy.orm import Session

    router = APIRouter()


    class Order(StrEnum):
        UP = "asc"


    @router.get("/users")
    def list_users(
        session: Session,
        order: Order,
        column: Literal["id", "name"],
        sort: Annotated[str, Query(pattern="^[a-z]+$")],
        other: str,
    ) -> None:
        if other not in {"id", "name"}:
            raise ValueError(other)
        session.execute(text(f"SELECT * FROM users ORDER BY {column} {order.value}, {sort}, {other}"))


    def count(session: Session, table: type) -> None:
        session.execute(text(f'SELECT count(*) FROM "{table.__tablename__}"'))


    def clear(session: Session, kind: str) -> None:
        session.execute(text(f"DELETE FROM jobs WHERE kind = '{kind}'"))


    def clear_all(session: Session) -> None:
        clear(session, "mail")
        clear(session, kind="report")
    ```

    A name that the database itself was asked for.

    ```python
    from fastapi import APIRouter, HTTPException
    from sqlalchemy import text
    from sqlalchemy.orm import Session

    router = APIRouter()


    @router.get("/tables/{table}")
    def count(session: Session, table: str) -> None:
        found = session.execute(
            text("SELECT 1 FROM information_schema.tables WHERE table_name = :name"), {"name": table}
        )
        if found.first() is None:
            raise HTTPException(404)
        session.execute(text(f"SELECT count(*) FROM {table}"))
    ```

    Numbers of rows, and fragments that the project hands around.

    ```python
    from sqlalchemy import text
    from sqlalchemy.orm import Session

    SIZES = {"small": 10}


    def find(session: Session, where: str, size: str, limit: int, fragments: dict[str, str]) -> None:
        rows = SIZES[size] + 1
        session.execute(text(f"SELECT * FROM users WHERE {where} LIMIT {limit + 1} OFFSET {rows}"))
        session.execute(text(f"UPDATE users SET name = {fragments.get('name', ':name')}"))


    def find_named(session: Session, conditions: list[str]) -> None:
        conditions = ["name = :name"]
        find(session, f"id = :id AND {' AND '.join(conditions)}", "small", 10, {})
    ```

    What cannot be bound, is quoted by a library, or is no SQL.

    ```python
    import subprocess

    from psycopg import Connection, sql
    from sqlalchemy import text


    def use(connection: Connection, schema: str, seconds: int, dialect, executor, path: str) -> None:
        connection.execute(f"SET LOCAL lock_timeout = '{seconds}s'")
        connection.execute(f"DROP SCHEMA {dialect.identifier_preparer.quote(schema)}")
        connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema)))
        executor.execute(f"ls = {path}")
        draw = Figure()
        draw.text(f"SELECT = {path}")


    class Figure:
        def text(self, value: str) -> None: ...
    ```
    """

    code = "HB173"
    level = Level.ESSENTIAL
    severity = Severity.ERROR
    needs = _METHODS | _TEXT.words

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the texts of statements that values are written into."""
        if file.roles & {"test", "migration"} or is_alembic(file.outline):
            return
        for scope in file.outline.scopes_with(self.needs):
            executed = _executed(scope)
            for node, around in scoped_nodes(scope, ast.Call):
                sink = _sink(file.project, node, around)
                if sink is None:
                    continue
                found = _dangerous(file.project, sink, around)
                if found is not None:
                    hole, is_bindable, origin = found
                    place = executed.get(node, sink.text)
                    related = _definitions(file, sink.text, around)
                    if place is not sink.text:
                        related = [Related(file.path, file.span(node), "built here")]
                    severity = None if origin == "client" else Severity.WARNING
                    message = _message(hole, is_bindable)
                    yield Finding(place, message, related=related, severity=severity)


def _executed(scope: Scope) -> dict[ast.Call, ast.expr]:
    """Where the statement is executed that a call makes, if a name has it until then."""
    used: dict[str, ast.expr] = {}
    for call in own_nodes(scope, ast.Call):
        match call:
            case ast.Call(func=ast.Attribute(attr=method), args=[ast.Name(id=name) as given, *_]):
                if method in _METHODS:
                    used.setdefault(name, given)
    return {
        node.value: used[node.targets[0].id]
        for node in own_nodes(scope, ast.Assign)
        if isinstance(node.value, ast.Call)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in used
    }


def _sink(project: Project, call: ast.Call, scope: Scope) -> _Sink | None:
    given = [*call.args[:1], *(word.value for word in call.keywords if word.arg in _NAMES)]
    if not given or isinstance(given[0], ast.Constant):
        return None
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name in _METHODS:
        return _Sink(given[0], is_sql=False)
    called = project.resolve_expression(call.func, scope)
    if called is not None and called.qualified_name in _TEXT:
        return _Sink(given[0], is_sql=True)
    return None


def _message(hole: Hole, is_bindable: bool) -> str:
    what = f"`{ast.unparse(hole.node)}` becomes a part of the SQL"
    if is_bindable:
        return (
            f"{what}: write a placeholder such as `:name` in its place, and pass the value beside "
            "the text"
        )
    return f"{what}, as what cannot be bound: take it from an enum, or compare it with a list"


def _dangerous(project: Project, sink: _Sink, scope: Scope) -> tuple[Hole, bool, Origin] | None:
    """What in a statement should not be, a client's value first, and whether it could be bound."""
    found: list[tuple[Hole, bool, Origin]] = []
    for text in texts_of(project, sink.text, scope):
        whole = fixed(text)
        is_query = _QUERY.match(whole) is not None
        is_other = _OTHER.match(whole) is not None
        if not (is_query or is_other or sink.is_sql):
            continue
        is_whole = not whole.strip("\0 ")
        for index, piece in enumerate(text):
            if isinstance(piece, Hole):
                before = fixed(text[:index])
                # A name within a text, as of a file in `'@"stage"/part'`, is no text to bind.
                is_named = before.endswith('"')
                is_quoted = not is_other and before.count("'") % 2 == 1 and not is_named
                is_value = not is_other and _VALUE.search(before) is not None
                origin = origin_of(project, piece)
                if origin == "client" or (
                    origin is not None and not is_whole and (origin == "caller" or is_quoted)
                ):
                    found.append((piece, is_quoted or is_value, origin))
    return min(found, key=lambda each: each[2] != "client", default=None)


def _definitions(file: SourceFile, node: ast.expr, scope: Scope) -> list[Related]:
    """Where the text that a name holds is put together, in the same file."""
    variable = name_of(file.project, node, scope)
    if variable is None or variable.scope.outline is not file.outline:
        return []
    places: list[ast.AST] = []
    for binding in variable.bindings:
        match binding:
            case Assigned(value=ast.expr(), node=statement):
                places.append(statement)
            case _:
                added = augmentation(variable.scope, binding)
                places += [added] if added is not None else []
    return [Related(file.path, file.span(place), "built here") for place in places]
