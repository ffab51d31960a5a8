"""What is known of the types of libraries: their other names, and what their calls give."""

import ast
import builtins
from functools import cache

from handbook.python.project.symbols import External
from handbook.python.types.types import Type

COROUTINE = "collections.abc.Coroutine"
CONTEXT_MANAGER = "contextlib.AbstractContextManager"
ASYNC_CONTEXT_MANAGER = "contextlib.AbstractAsyncContextManager"
AWAITABLES = frozenset({COROUTINE, "collections.abc.Awaitable", "asyncio.Task", "asyncio.Future"})
ITERABLES = frozenset(
    {
        *(f"builtins.{name}" for name in ("list", "set", "frozenset", "tuple", "dict")),
        *(
            f"collections.abc.{name}"
            for name in (
                *("Iterable", "Iterator", "Generator", "Sequence", "MutableSequence"),
                *("Collection", "Set", "MutableSet", "Mapping", "MutableMapping"),
                *("AsyncIterable", "AsyncIterator", "AsyncGenerator"),
            )
        ),
    }
)
"""Classes whose first type argument is what iterating over them gives."""
MAPPINGS = frozenset(
    {"builtins.dict", "collections.abc.Mapping", "collections.abc.MutableMapping"}
)

_BUILTIN_GENERICS = ("List", "Dict", "Set", "FrozenSet", "Tuple", "Type")
_ABSTRACT = (
    *("Iterable", "Iterator", "Generator", "Sequence", "MutableSequence", "Collection"),
    *("Mapping", "MutableMapping", "MutableSet", "AsyncIterable", "AsyncIterator"),
    *("AsyncGenerator", "Awaitable", "Coroutine", "Callable", "Hashable"),
)
_CANONICAL = {
    **{f"typing.{name}": f"builtins.{name.lower()}" for name in _BUILTIN_GENERICS},
    **{f"typing.{name}": f"collections.abc.{name}" for name in _ABSTRACT},
    "typing.AbstractSet": "collections.abc.Set",
    "typing.ContextManager": CONTEXT_MANAGER,
    "typing.AsyncContextManager": ASYNC_CONTEXT_MANAGER,
    "typing.IO": "io.IOBase",
    "typing.TextIO": "io.IOBase",
    "typing.BinaryIO": "io.IOBase",
    "io.TextIOWrapper": "io.IOBase",
    "io.BufferedReader": "io.IOBase",
    "io.BufferedWriter": "io.IOBase",
    "io.FileIO": "io.IOBase",
    "pathlib.PosixPath": "pathlib.Path",
    **{
        f"asyncio.{name}": "asyncio.AbstractEventLoop"
        for name in (
            *("BaseEventLoop", "SelectorEventLoop", "ProactorEventLoop", "EventLoop"),
            "events.AbstractEventLoop",
        )
    },
    **{
        f"asyncio.events.{name}": f"asyncio.{name}"
        for name in ("get_event_loop", "new_event_loop")
    },
    "asyncio.runners.run": "asyncio.run",
    "uvloop.new_event_loop": "asyncio.new_event_loop",
    "uvloop.Loop": "asyncio.AbstractEventLoop",
    "requests.session": "requests.Session",
    "requests.sessions.Session": "requests.Session",
    "requests.sessions.session": "requests.Session",
    "httpx._client.Client": "httpx.Client",
    "httpx._client.AsyncClient": "httpx.AsyncClient",
    "redis.client.Redis": "redis.Redis",
    "redis.StrictRedis": "redis.Redis",
    "boto3.session.Session": "boto3.Session",
    "urllib3.poolmanager.PoolManager": "urllib3.PoolManager",
    **{
        f"sqlalchemy.orm.{module}.{name}": f"sqlalchemy.orm.{name}"
        for module, name in (
            *(("session", "Session"), ("session", "sessionmaker")),
            *(("scoping", "scoped_session"), ("query", "Query")),
        )
    },
    "sqlalchemy.orm.scoping.ScopedSession": "sqlalchemy.orm.scoped_session",
    "sqlmodel.orm.session.Session": "sqlmodel.Session",
    "sqlmodel.ext.asyncio.AsyncSession": "sqlmodel.ext.asyncio.session.AsyncSession",
    **{
        f"sqlalchemy.ext.asyncio.{module}.{name}": f"sqlalchemy.ext.asyncio.{name}"
        for module, name in (
            *(("session", "AsyncSession"), ("session", "async_sessionmaker")),
            *(("engine", "AsyncEngine"), ("engine", "AsyncConnection")),
            *(("engine", "create_async_engine"), ("scoping", "async_scoped_session")),
        )
    },
    **{
        f"sqlalchemy.{module}.{name}": f"sqlalchemy.{name}"
        for module in ("engine", "engine.base", "engine.create", "future", "future.engine")
        for name in ("Engine", "Connection", "create_engine")
    },
}


def canonical(name: str) -> str:
    """The name that a class or function of a library is known by here.

    `typing.List` is `builtins.list`, `sqlalchemy.orm.session.Session` is `sqlalchemy.orm.Session`.
    """
    if name.startswith("typing_extensions."):
        name = f"typing{name.removeprefix('typing_extensions')}"
    return _CANONICAL.get(name, name)


_PATH = "pathlib.Path"
_FILE = "io.IOBase"
_SESSION = "sqlalchemy.orm.Session"
_ASYNC_SESSION = "sqlalchemy.ext.asyncio.AsyncSession"
_RESULTS = {
    **{
        f"{_PATH}.{name}": _PATH
        for name in (
            *("absolute", "cwd", "expanduser", "home", "joinpath", "readlink", "relative_to"),
            *("rename", "replace", "resolve", "with_name", "with_stem", "with_suffix"),
            *("with_segments", "from_uri"),
        )
    },
    **{
        f"{_PATH}.{name}": f"collections.abc.Iterator[{_PATH}]"
        for name in ("glob", "iterdir", "rglob")
    },
    f"{_PATH}.open": _FILE,
    "builtins.open": _FILE,
    "io.open": _FILE,
    "os.fdopen": _FILE,
    "tempfile.NamedTemporaryFile": _FILE,
    "tempfile.TemporaryFile": _FILE,
    "tempfile.SpooledTemporaryFile": _FILE,
    "tempfile.mkdtemp": "builtins.str",
    "tempfile.gettempdir": "builtins.str",
    "sqlite3.connect": "sqlite3.Connection",
    "sqlite3.Connection.cursor": "sqlite3.Cursor",
    "sqlite3.Connection.execute": "sqlite3.Cursor",
    "sqlite3.Connection.executemany": "sqlite3.Cursor",
    "sqlite3.Cursor.execute": "sqlite3.Cursor",
    "psycopg2.connect": "psycopg2.Connection",
    "psycopg2.Connection.cursor": "psycopg2.Cursor",
    "pymysql.connect": "pymysql.Connection",
    "pymysql.Connection.cursor": "pymysql.Cursor",
    "redis.from_url": "redis.Redis",
    "redis.Redis.from_url": "redis.Redis",
    "socket.create_connection": "socket.socket",
    **{
        f"asyncio.{name}": "asyncio.AbstractEventLoop"
        for name in ("get_event_loop", "new_event_loop", "get_running_loop")
    },
    "boto3.client": "boto3.Client",
    "boto3.Session.client": "boto3.Client",
    "tarfile.open": "tarfile.TarFile",
    "concurrent.futures.ThreadPoolExecutor.submit": "concurrent.futures.Future",
    "concurrent.futures.ProcessPoolExecutor.submit": "concurrent.futures.Future",
    "sqlalchemy.create_engine": "sqlalchemy.Engine",
    "sqlmodel.create_engine": "sqlalchemy.Engine",
    "sqlalchemy.Engine.connect": "sqlalchemy.Connection",
    "sqlalchemy.Engine.begin": f"{CONTEXT_MANAGER}[sqlalchemy.Connection]",
    "sqlalchemy.orm.sessionmaker.__call__": _SESSION,
    "sqlalchemy.orm.sessionmaker.begin": f"{CONTEXT_MANAGER}[{_SESSION}]",
    "sqlalchemy.orm.scoped_session": "sqlalchemy.orm.scoped_session",
    "sqlalchemy.orm.scoped_session.__call__": _SESSION,
    "sqlalchemy.ext.asyncio.create_async_engine": "sqlalchemy.ext.asyncio.AsyncEngine",
    "sqlalchemy.ext.asyncio.async_sessionmaker.__call__": _ASYNC_SESSION,
    "sqlalchemy.ext.asyncio.async_sessionmaker.begin": (
        f"{ASYNC_CONTEXT_MANAGER}[{_ASYNC_SESSION}]"
    ),
    "sqlalchemy.ext.asyncio.async_scoped_session": "sqlalchemy.ext.asyncio.async_scoped_session",
    "sqlalchemy.ext.asyncio.async_scoped_session.__call__": _ASYNC_SESSION,
    "sqlalchemy.ext.asyncio.AsyncEngine.connect": "sqlalchemy.ext.asyncio.AsyncConnection",
    "sqlalchemy.ext.asyncio.AsyncEngine.begin": (
        f"{ASYNC_CONTEXT_MANAGER}[sqlalchemy.ext.asyncio.AsyncConnection]"
    ),
}
_SESSION_CALLS = ("query", "execute", "scalars", "exec")
_RESULTS.update(
    {
        f"{session}.{name}": "sqlalchemy.orm.Query" if name == "query" else "sqlalchemy.Result"
        for session in (_SESSION, "sqlmodel.Session", "sqlalchemy.orm.scoped_session")
        for name in _SESSION_CALLS
    }
)
_RESULTS.update(
    {
        f"sqlalchemy.orm.Query.{name}": "sqlalchemy.orm.Query"
        for name in (
            *("filter", "filter_by", "where", "order_by", "group_by", "having", "join"),
            *("outerjoin", "options", "limit", "offset", "distinct", "select_from"),
            *("with_entities", "with_for_update", "execution_options", "populate_existing"),
            *("enable_eagerloads", "yield_per", "union", "union_all", "slice", "reset_joinpoint"),
        )
    }
)
_RESULTS.update(
    {
        f"{session}.{name}": COROUTINE
        for session in (
            *(_ASYNC_SESSION, "sqlmodel.ext.asyncio.session.AsyncSession"),
            "sqlalchemy.ext.asyncio.async_scoped_session",
        )
        for name in (
            *("execute", "exec", "scalar", "scalars", "get", "get_one", "merge", "delete"),
            *("commit", "rollback", "flush", "refresh", "close", "connection", "run_sync"),
            *("stream", "stream_scalars", "invalidate", "reset"),
        )
    }
)
_RESULTS.update(
    {
        f"httpx.AsyncClient.{name}": COROUTINE
        for name in (
            *("get", "post", "put", "patch", "delete", "head", "options", "request", "send"),
            "aclose",
        )
    }
)
_RESULTS["asyncio.sleep"] = COROUTINE
_RESULTS["sqlalchemy.ext.asyncio.AsyncEngine.dispose"] = COROUTINE
_RESULTS["anyio.create_task_group"] = "anyio.abc.TaskGroup"
_ATTRIBUTES = {
    f"{_PATH}.parent": _PATH,
    f"{_PATH}.parents": f"collections.abc.Sequence[{_PATH}]",
    f"{_PATH}.name": "builtins.str",
    f"{_PATH}.stem": "builtins.str",
    f"{_PATH}.suffix": "builtins.str",
}
_ENTERED = {
    "tempfile.TemporaryDirectory": "builtins.str",
    "anyio.TemporaryDirectory": None,
    "concurrent.futures.ThreadPoolExecutor": "concurrent.futures.ThreadPoolExecutor",
}
_ENTERS_ITSELF = frozenset(
    {
        *(_FILE, _SESSION, _ASYNC_SESSION, "sqlmodel.Session", "requests.Session"),
        *("sqlmodel.ext.asyncio.session.AsyncSession", "sqlalchemy.Connection"),
        *("sqlalchemy.ext.asyncio.AsyncConnection", "httpx.Client", "httpx.AsyncClient"),
        *("sqlite3.Connection", "psycopg2.Connection", "psycopg2.Cursor", "socket.socket"),
        *("subprocess.Popen", "urllib3.PoolManager", "zipfile.ZipFile", "tarfile.TarFile"),
        *("smtplib.SMTP", "smtplib.SMTP_SSL", "smtplib.LMTP", "ftplib.FTP", "ftplib.FTP_TLS"),
        *(
            "aiohttp.ClientSession",
            "asyncio.TaskGroup",
            "anyio.abc.TaskGroup",
            "redis.Redis",
            "redis.asyncio.Redis",
        ),
        *("concurrent.futures.ThreadPoolExecutor", "concurrent.futures.ProcessPoolExecutor"),
        *("pymysql.Connection", "pymysql.Cursor", "asyncio.Timeout"),
    }
)


def call_result(name: str) -> Type | None:
    """What calling a function, method or class of a library gives, by its canonical name.

    A name in PascalCase is taken for a class: calling it makes an instance.
    """
    known = _RESULTS.get(name)
    if known is not None:
        return parse_type(known)
    last = name.rpartition(".")[2].lstrip("_")
    if name.startswith("builtins."):
        is_class = isinstance(getattr(builtins, last, None), type)
    else:
        is_class = last[:1].isupper() or name in _ENTERS_ITSELF
    return Type(External(name)) if is_class else None


def attribute(name: str) -> Type | None:
    """What an attribute of an instance of a library's class is: `pathlib.Path.parent`."""
    known = _ATTRIBUTES.get(name)
    return parse_type(known) if known is not None else None


def entered(manager: Type) -> Type | None:
    """What `with manager as x` binds `x` to, for a manager of a library."""
    if manager.name in (CONTEXT_MANAGER, ASYNC_CONTEXT_MANAGER):
        return manager.argument()
    if manager.name in _ENTERS_ITSELF:
        return manager
    known = _ENTERED.get(manager.name)
    return parse_type(known) if known is not None else None


@cache
def parse_type(text: str) -> Type:
    """Read a type such as `collections.abc.Iterator[pathlib.Path]`."""
    node = ast.parse(text, mode="eval").body
    if isinstance(node, ast.Subscript):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        arguments = tuple(parse_type(ast.unparse(part)) for part in inner)
        return Type(External(ast.unparse(node.value)), arguments)
    return Type(External(text))
