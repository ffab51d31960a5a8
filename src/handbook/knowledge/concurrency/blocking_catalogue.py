"""The functions and methods that make the thread they run in wait, and what to write instead."""

from collections.abc import Iterable, Iterator
from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    """What is waited for."""

    OTHERS = auto()
    """Another machine, another process, a person, or the clock: there is no telling how long."""
    CONTENT = auto()
    """The content of files: the more there is, the longer."""
    ENTRY = auto()
    """One entry of the file system: short, unless the disk is busy or far away."""


class Wait(NamedTuple):
    """How a function waits.

    Attributes:
        kind: what for.
        instead: what to write in a coroutine function, in the imperative.
    """

    kind: Kind
    instead: str


_THREAD = "hand the work to `anyio.to_thread.run_sync`"
_HTTP = "await the method of an `httpx.AsyncClient`"
_PATH = "await the method of an `anyio.Path`"
_PROCESS = "await `anyio.run_process` or `asyncio.create_subprocess_exec`"
_SESSION = "await the method of an `AsyncSession`"
_ENGINE = "use an `AsyncEngine`"
_REDIS = "await the method of a `redis.asyncio.Redis`"

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_OTHERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("await `asyncio.sleep`", "time", ("sleep",)),
    (_THREAD, "builtins", ("input",)),
    (_THREAD, "getpass", ("getpass",)),
    # HTTP
    (_HTTP, "requests", _VERBS),
    (_HTTP, "requests.api", _VERBS),
    (_HTTP, "requests.Session", (*_VERBS, "send")),
    (_HTTP, "httpx", (*_VERBS, "stream")),
    (_HTTP, "httpx.Client", (*_VERBS, "send", "stream")),
    (_HTTP, "urllib.request", ("urlopen", "urlretrieve")),
    (_HTTP, "urllib3", ("request",)),
    (_HTTP, "urllib3.PoolManager", ("request", "request_encode_url", "urlopen")),
    (_HTTP, "http.client.HTTPConnection", ("connect", "request", "getresponse")),
    (_HTTP, "http.client.HTTPSConnection", ("connect", "request", "getresponse")),
    # Other services
    ("await `asyncio.open_connection`", "socket", ("create_connection",)),
    ("await `getaddrinfo` of the running loop", "socket", ("getaddrinfo", "gethostbyname")),
    ("await `getnameinfo` of the running loop", "socket", ("getnameinfo", "gethostbyaddr")),
    (_THREAD, "smtplib.SMTP", ("connect", "login", "sendmail", "send_message", "starttls")),
    (_THREAD, "smtplib.SMTP_SSL", ("connect", "login", "sendmail", "send_message")),
    (
        "use `aioboto3`, or hand the work to `anyio.to_thread.run_sync`",
        "boto3.Client",
        (
            *("get_object", "put_object", "copy_object", "delete_object", "delete_objects"),
            *("head_object", "list_objects", "list_objects_v2", "upload_file", "download_file"),
            *("upload_fileobj", "download_fileobj", "send_message", "receive_message"),
            *("publish", "invoke", "get_item", "put_item", "update_item", "query"),
            *("send_email", "get_secret_value", "start_execution", "assume_role"),
        ),
    ),
    (
        _REDIS,
        "redis.Redis",
        (
            *("get", "set", "setex", "setnx", "mget", "mset", "delete", "exists", "expire", "ttl"),
            *("incr", "incrby", "decr", "hget", "hset", "hgetall", "hdel", "hincrby", "keys"),
            *("scan", "lpush", "rpush", "lpop", "rpop", "blpop", "brpop", "lrange", "sadd"),
            *("srem", "smembers", "zadd", "zrange", "zrem", "publish", "ping", "eval", "xadd"),
            *("xread", "flushdb", "flushall", "execute_command"),
        ),
    ),
    # Processes
    (
        _PROCESS,
        "subprocess",
        ("run", "call", "check_call", "check_output", "getoutput", "getstatusoutput", "Popen"),
    ),
    (_PROCESS, "subprocess.Popen", ("wait", "communicate")),
    (_PROCESS, "os", ("system", "popen", "spawnl", "spawnv", "spawnlp", "spawnvp")),
    (_THREAD, "os", ("wait", "waitpid")),
    # Databases
    ("use `aiosqlite`", "sqlite3", ("connect",)),
    (
        "use `aiosqlite`",
        "sqlite3.Connection",
        ("execute", "executemany", "executescript", "commit", "rollback"),
    ),
    (
        "use `aiosqlite`",
        "sqlite3.Cursor",
        ("execute", "executemany", "executescript", "fetchone", "fetchmany", "fetchall"),
    ),
    ("use `asyncpg`", "psycopg2", ("connect",)),
    ("use `asyncpg`", "psycopg2.Connection", ("commit", "rollback")),
    (
        "use `asyncpg`",
        "psycopg2.Cursor",
        ("execute", "executemany", "fetchone", "fetchmany", "fetchall"),
    ),
    ("await `psycopg.AsyncConnection.connect`", "psycopg", ("connect",)),
    ("use `aiomysql`", "pymysql", ("connect",)),
    *(
        (
            _SESSION,
            session,
            (
                *("execute", "scalar", "scalars", "exec", "get", "get_one", "commit", "rollback"),
                *("flush", "refresh", "merge", "connection", "bulk_save_objects"),
                *("bulk_insert_mappings", "bulk_update_mappings"),
            ),
        )
        for session in (
            *("sqlalchemy.orm.Session", "sqlalchemy.orm.scoped_session", "sqlmodel.Session"),
        )
    ),
    (
        "await `execute` of an `AsyncSession`",
        "sqlalchemy.orm.Query",
        ("all", "first", "one", "one_or_none", "scalar", "count", "get", "delete", "update"),
    ),
    (_ENGINE, "sqlalchemy.Engine", ("connect", "begin", "raw_connection")),
    (
        _ENGINE,
        "sqlalchemy.Connection",
        ("execute", "scalar", "scalars", "commit", "rollback", "exec_driver_sql"),
    ),
)
_CONTENT: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("use `anyio.open_file`", "builtins", ("open",)),
    ("use `anyio.open_file`", "io", ("open",)),
    ("use `anyio.open_file`", "codecs", ("open",)),
    ("use `anyio.open_file`", "os", ("fdopen",)),
    (
        _PATH,
        "pathlib.Path",
        (
            *("open", "read_text", "read_bytes", "write_text", "write_bytes", "iterdir"),
            *("glob", "rglob", "walk"),
        ),
    ),
    (_THREAD, "os", ("listdir", "scandir", "walk", "fsync", "sync", "removedirs", "renames")),
    (_THREAD, "glob", ("glob",)),
    (
        _THREAD,
        "shutil",
        (
            *("copy", "copy2", "copyfile", "copyfileobj", "copytree", "move", "rmtree"),
            *("make_archive", "unpack_archive"),
        ),
    ),
    (_THREAD, "zipfile.ZipFile", ("extract", "extractall")),
    (_THREAD, "tarfile.TarFile", ("extract", "extractall")),
)
_ENTRIES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        _PATH,
        "pathlib.Path",
        (
            *("exists", "is_file", "is_dir", "is_symlink", "is_mount", "stat", "lstat", "chmod"),
            *("mkdir", "rmdir", "unlink", "touch", "rename", "replace", "symlink_to"),
            *("hardlink_to", "samefile", "owner", "group"),
        ),
    ),
    (
        _THREAD,
        "os",
        (
            *("access", "chmod", "chown", "link", "lstat", "makedirs", "mkdir", "readlink"),
            *("remove", "rename", "replace", "rmdir", "stat", "statvfs", "symlink", "truncate"),
            *("unlink", "utime"),
        ),
    ),
    (
        _THREAD,
        "os.path",
        (
            *("exists", "lexists", "isfile", "isdir", "islink", "ismount", "getsize"),
            *("getmtime", "getctime", "getatime", "samefile"),
        ),
    ),
    (_THREAD, "shutil", ("copymode", "copystat", "disk_usage")),
)


def _waits(
    kind: Kind, groups: Iterable[tuple[str, str, tuple[str, ...]]]
) -> Iterator[tuple[str, Wait]]:
    for instead, owner, names in groups:
        wait = Wait(kind, instead)
        for name in names:
            yield f"{owner}.{name}", wait


WAITS: dict[str, Wait] = {
    **dict(_waits(Kind.OTHERS, _OTHERS)),
    **dict(_waits(Kind.CONTENT, _CONTENT)),
    **dict(_waits(Kind.ENTRY, _ENTRIES)),
}
"""By qualified name, as `handbook.python.types.signatures.canonical` gives it."""

WORDS = frozenset(name.rpartition(".")[2] for name in WAITS)
"""The last parts of those names."""
