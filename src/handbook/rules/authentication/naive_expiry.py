"""HB163."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.routing.routers import is_known_to_be, keyword_of
from handbook.python.project.project import External, Project
from handbook.python.project.source import SourceFile
from handbook.python.values.values import values
from handbook.rulebook.rule import Draft, FileRule, Finding, Level
from handbook.rules.authentication._naive_datetimes import Reading, Trail, naive_clock, readings_in
from handbook.syntax.outline import FunctionScope, Outline, Scope, own_nodes
from handbook.violation import Applicability, Severity

_CLAIMS = frozenset({"exp", "iat", "nbf"})
_COLUMNS = frozenset({"Column", "mapped_column", "Field"})
_DEFAULTS = ("default", "default_factory", "insert_default", "onupdate")
_TYPES = frozenset({"DateTime", "TIMESTAMP"})


class NaiveExpiry(FileRule):
    """A naive datetime is used in a token or in a column with a time zone.

    `datetime.now()` gives the local time and does not say so. In a token's `exp` it is read as
    UTC: east of Greenwich tokens live on for hours, west of it they are dead on arrival, and on
    the server, which runs in UTC, all tests are green. `datetime.utcnow()` gives the right digits
    for the wrong zone: the first `.timestamp()`, or a comparison with an aware time, goes wrong,
    drivers refuse it for `timestamp with time zone`, and Python 3.12 deprecates it.

    Write `datetime.now(UTC)`. The rule looks at the claims `exp`, `iat` and `nbf`, and at the
    defaults of columns with `DateTime(timezone=True)`, and follows names to where the clock is
    read. The fix is unsafe where such a name is used for something else besides, and where the time
    becomes a text: other code may compare what it holds or reads with naive times.

    Bad:

    ```python
    from datetime import datetime, timedelta

    import jwt


    def create_token(user_id: int, key: str) -> str:
        expires_at = datetime.utcnow() + timedelta(minutes=15)  # <-
        claims = {"sub": str(user_id), "exp": expires_at, "iat": datetime.now()}  # <-
        return jwt.encode(claims, key, algorithm="HS256")
    ```

    Fixed:

    ```python
    from datetime import UTC, datetime, timedelta

    import jwt


    def create_token(user_id: int, key: str) -> str:
        expires_at = datetime.now(UTC) + timedelta(minutes=15)
        claims = {"sub": str(user_id), "exp": expires_at, "iat": datetime.now(UTC)}
        return jwt.encode(claims, key, algorithm="HS256")
    ```

    Bad:

    The module under another name; one of two branches; seconds, which `timestamp` counts as if the
    time were local.

    ```python
    import datetime as dt

    from jose import jwt


    def create_token(data: dict[str, object], lifetime: dt.timedelta | None) -> str:
        to_encode = data.copy()
        if lifetime is not None:
            expire = dt.datetime.now(dt.UTC) + lifetime
        else:
            expire = dt.datetime.utcnow() + dt.timedelta(minutes=15)  # <-
        to_encode.update({"exp": expire, "nbf": int(dt.datetime.utcnow().timestamp())})  # <-
        return jwt.encode(to_encode, "key")
    ```

    Fixed:

    ```python
    import datetime as dt

    from jose import jwt


    def create_token(data: dict[str, object], lifetime: dt.timedelta | None) -> str:
        to_encode = data.copy()
        if lifetime is not None:
            expire = dt.datetime.now(dt.UTC) + lifetime
        else:
            expire = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=15)
        to_encode.update({"exp": expire, "nbf": int(dt.datetime.now(dt.UTC).timestamp())})
        return jwt.encode(to_encode, "key")
    ```

    Bad:

    The default of a column that has a zone: the function itself, called per row.

    ```python
    from datetime import datetime

    from sqlalchemy import DateTime
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class Session(Base):
        __tablename__ = "sessions"

        id: Mapped[int] = mapped_column(primary_key=True)
        seen_at: Mapped[datetime] = mapped_column(
            DateTime(timezone=True),
            default=datetime.utcnow,  # <-
            onupdate=lambda: datetime.now(),  # <-
        )
    ```

    Fixed:

    ```python
    from datetime import UTC, datetime

    from sqlalchemy import DateTime
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class Session(Base):
        __tablename__ = "sessions"

        id: Mapped[int] = mapped_column(primary_key=True)
        seen_at: Mapped[datetime] = mapped_column(
            DateTime(timezone=True),
            default=lambda: datetime.now(UTC),
            onupdate=lambda: datetime.now(UTC),
        )
    ```

    Bad:

    The same of SQLModel, where the field has the default and the column has the zone.

    ```python
    from datetime import datetime

    from sqlalchemy import Column, DateTime
    from sqlmodel import Field, SQLModel


    class Session(SQLModel, table=True):
        id: int = Field(primary_key=True)
        seen_at: datetime = Field(
            default_factory=datetime.utcnow,  # <-
            sa_column=Column(DateTime(True)),
        )
    ```

    Fixed:

    ```python
    from datetime import UTC, datetime

    from sqlalchemy import Column, DateTime
    from sqlmodel import Field, SQLModel


    class Session(SQLModel, table=True):
        id: int = Field(primary_key=True)
        seen_at: datetime = Field(
            default_factory=lambda: datetime.now(UTC),
            sa_column=Column(DateTime(True)),
        )
    ```

    Bad:

    A time that is used for something else too: the fix is for you to judge.

    ```python
    from datetime import datetime

    import jwt


    def create_token(user: "User", key: str) -> str:
        now = datetime.utcnow()  # <-
        user.seen_at = now
        return jwt.encode({"sub": user.name, "iat": now, "exp": now.timestamp() + 60}, key)


    class User:
        name: str
        seen_at: datetime
    ```

    Fixed:

    ```python
    from datetime import UTC, datetime

    import jwt


    def create_token(user: "User", key: str) -> str:
        now = datetime.now(UTC)
        user.seen_at = now
        return jwt.encode({"sub": user.name, "iat": now, "exp": now.timestamp() + 60}, key)


    class User:
        name: str
        seen_at: datetime
    ```

    Good:

    ```python
    from datetime import UTC, datetime, timedelta, timezone

    import jwt


    def create_token(user_id: int, key: str) -> str:
        now = datetime.now(timezone.utc)
        claims = {"sub": str(user_id), "iat": now, "exp": datetime.now(tz=UTC) + timedelta(hours=1)}
        return jwt.encode(claims, key, algorithm="HS256")
    ```

    The zone comes after; seconds of local time are counted right; other times may be naive.

    ```python
    from datetime import UTC, datetime, timedelta

    import jwt


    def create_token(user_id: int, key: str) -> str:
        expires_at = datetime.now().astimezone() + timedelta(hours=1)
        issued_at = datetime.utcnow().replace(tzinfo=UTC)
        claims = {"exp": expires_at, "iat": issued_at, "nbf": int(datetime.now().timestamp())}
        print("signed at", datetime.now(), "for", user_id)
        return jwt.encode(claims, key)
    ```

    A clock of the project, and a column that holds naive times.

    ```python
    # file: app/clock.py
    from datetime import UTC, datetime


    def utcnow() -> datetime:
        return datetime.now(UTC)
    # file: app/models.py
    from datetime import datetime

    import jwt
    from sqlalchemy import Column, DateTime, MetaData, Table

    from app import clock

    sessions = Table(
        "sessions",
        MetaData(),
        Column("seen_at", DateTime(timezone=True), default=clock.utcnow),
        Column("local_time", DateTime(), default=datetime.now),
    )


    def create_token(key: str) -> str:
        return jwt.encode({"exp": clock.utcnow()}, key)
    ```
    """

    code = "HB163"
    fix_needs = (("python", (3, 11)),)
    level = Level.ESSENTIAL
    severity = Severity.WARNING
    needs = frozenset({"now", "utcnow"})
    overlaps = ("DTZ003", "DTZ005")

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the naive times that end up in tokens and in columns with a zone."""
        if "test" in file.roles or not _reads_naively(file.project, file.outline):
            return
        uses: set[ast.expr] = set()
        found: dict[ast.expr, tuple[Reading, str, list[Trail]]] = {}
        for place, value, scope in _places(file.project, file.outline):
            trail = Trail(uses)
            for reading in _readings(file.project, value, scope, trail):
                known, _, trails = found.get(reading.node, (reading, place, []))
                worse = reading if reading.is_misread or not trails else known
                found[reading.node] = (worse, place, [*trails, trail])
        for reading, place, trails in found.values():
            is_safe = not any(trail.leads_elsewhere() for trail in trails)
            yield _finding(file, reading, place, is_safe)


def _reads_naively(project: Project, outline: Outline) -> bool:
    return any(
        isinstance(node, ast.Attribute) and naive_clock(project, node, scope) is not None
        for scope in (outline, *outline.definitions)
        for node in own_nodes(scope)
    )


def _places(project: Project, outline: Outline) -> Iterator[tuple[str, ast.expr, Scope]]:
    """The expressions that must have a zone, each with what it is for."""
    for scope in (outline, *outline.definitions):
        for node in own_nodes(scope):
            match node:
                case ast.Dict(keys=keys, values=items):
                    for key, item in zip(keys, items, strict=True):
                        if isinstance(key, ast.Constant) and key.value in _CLAIMS:
                            yield f"`{key.value}`", item, scope
                case ast.Assign(
                    targets=[ast.Subscript(slice=ast.Constant(value=str(claim)))], value=value
                ) if claim in _CLAIMS:
                    yield f"`{claim}`", value, scope
                case ast.Call(keywords=keywords):
                    for keyword in keywords:
                        if keyword.arg in _CLAIMS:
                            yield f"`{keyword.arg}`", keyword.value, scope
                    for value in _column_defaults(project, node, scope):
                        yield "a column with a time zone", value, scope


def _column_defaults(project: Project, call: ast.Call, scope: Scope) -> Iterator[ast.expr]:
    """The defaults of a column, where its type has a time zone."""
    given = [value for name in _DEFAULTS if (value := keyword_of(call, name)) is not None]
    if not given:
        return
    called = project.resolve_expression(call.func, scope)
    if not isinstance(called, External):
        return
    module, _, last = called.qualified_name.rpartition(".")
    if last in _COLUMNS and module.partition(".")[0] in ("sqlalchemy", "sqlmodel"):
        column = keyword_of(call, "sa_column")
        typed = column if isinstance(column, ast.Call) else call
        types = [*typed.args, *(keyword.value for keyword in typed.keywords)]
        if any(_has_zone(project, type_, scope) for type_ in types):
            yield from given


def _has_zone(project: Project, node: ast.expr, scope: Scope) -> bool:
    """Whether a column's type is `DateTime(timezone=True)`."""
    if not isinstance(node, ast.Call | ast.Name | ast.Attribute):
        return False
    found = values(project, node, scope) or []
    return bool(found) and all(
        isinstance(value.node, ast.Call)
        and is_known_to_be(project, _timezone(value.node), value.scope, True)
        and (called := project.resolve_expression(value.node.func, value.scope)) is not None
        and called.qualified_name.rpartition(".")[2] in _TYPES
        for value in found
    )


def _timezone(type_: ast.Call) -> ast.expr | None:
    """What `DateTime(…)` is told about time zones."""
    return keyword_of(type_, "timezone") or next(iter(type_.args), None)


def _readings(project: Project, node: ast.expr, scope: Scope, trail: Trail) -> Iterator[Reading]:
    """The naive readings in a value, or in what a default calls for each row."""
    clock = naive_clock(project, node, scope)
    if clock is not None:
        yield Reading(node, scope, clock)
        return
    if isinstance(node, ast.Lambda):
        yield from readings_in(project, node.body, scope, trail)
        return
    function = project.resolve_expression(node, scope)
    if isinstance(function, FunctionScope) and function.outline is scope.outline:
        call = ast.copy_location(ast.Call(node, [], []), node)
        yield from readings_in(project, call, scope, trail)
        return
    yield from readings_in(project, node, scope, trail)


def _finding(file: SourceFile, reading: Reading, place: str, is_safe: bool) -> Finding:
    name = f"datetime.{reading.clock}()"
    if reading.clock == "now":
        why = f"`{name}` is local time without a zone, and {place} wants UTC"
    elif reading.is_misread:
        why = (
            f"`{name}.timestamp()` takes UTC for local time, and {place} is off by the difference"
        )
    else:
        why = f"`{name}` does not say that it is UTC, and {place} wants a time zone"
    is_wrong = reading.clock == "now" or reading.is_misread
    return Finding(
        reading.node,
        f"{why}: write `datetime.now(UTC)`",
        fixes=(_fix(file, reading, is_safe),),
        severity=Severity.ERROR if is_wrong else None,
    )


def _fix(file: SourceFile, reading: Reading, is_safe: bool) -> Draft:
    applicability = Applicability.SAFE if is_safe else Applicability.UNSAFE
    draft = Draft(file, "Write `datetime.now(UTC)`", applicability)
    node = reading.node
    func = node.func if isinstance(node, ast.Call) else node
    owner = file.code(func.value) if isinstance(func, ast.Attribute) else "datetime"
    utc = draft.use("datetime.UTC", node, scope=reading.scope)
    text = f"{owner}.now({utc})"
    return draft.replace(node, text if isinstance(node, ast.Call) else f"lambda: {text}")
