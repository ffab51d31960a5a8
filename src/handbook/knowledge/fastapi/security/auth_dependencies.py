"""What looks at who is calling: told by names, and by what functions do with a request."""

import ast
from collections.abc import Iterable, Iterator

from handbook.knowledge.fastapi.responses.status import status_code
from handbook.python.project.project import Project
from handbook.syntax.names import words_of
from handbook.syntax.outline import ClassScope, FunctionScope, Scope

_DEEPEST = 3
_GUARDS = frozenset(
    {
        *("acl", "actor", "admin", "apikey", "auth", "authed", "authenticate", "authenticated"),
        *("authentication", "authenticator", "authn", "authorization", "authorize"),
        *("authorized", "authorizer", "authz", "bearer", "caller", "credential", "credentials"),
        *("guard", "guarded", "identity", "jwt", "login", "oauth", "oauth2", "oidc"),
        *("permission", "permissions", "permitted", "principal", "protect", "protected", "rbac"),
        *("role", "roles", "scopes", "secure", "secured", "security", "signature", "sso"),
        *("superuser", "token", "viewer"),
    }
)
"""Words that only what checks callers has in its name, unless it is a thing of `_PROVIDED`."""
_PROVIDED = frozenset(
    {
        *("service", "services", "repository", "repo", "manager", "client", "factory", "settings"),
        *("config", "store", "storage", "db", "database", "cache", "logger", "strategy", "form"),
        *("template", "templates", "session", "handler", "limiter", "limit", "params", "filter"),
    }
)
"""Last words of names that give something to work with, whatever it is about."""
_PEOPLE = frozenset({"user", "account", "customer", "member", "me", "owner", "uid"})
_KNOWING = frozenset({"current", "active", "verified", "logged", "signed", "my", "optional"})
_CHECKING = frozenset(
    {"assert", "can", "check", "enforce", "ensure", "has", "is", "need", "needs", "require"}
    | {"required", "requires", "validate", "verify", "allow", "allowed", "only"}
)
_CHECKED = frozenset(
    {"access", "apikey", "key", "owner", "ownership", "password", "policy", "scope", "secret"}
    | {"tenant", "user", "users", "webhook", "privilege", "privileges"}
)
_SURELY = frozenset(
    {
        *("authenticate", "authenticated", "authorize", "authorized", "unauthenticated"),
        *("unauthorized", "forbidden", "permission", "permissions", "permitted", "signature"),
        *("credentials",),
    }
)
_CREDENTIALS = frozenset(
    {"authorization", "credential", "credentials", "otp", "secret", "signature", "token"}
)
_REQUESTS = frozenset({"request", "req", "websocket", "ws", "connection", "conn"})
_IDENTITIES = frozenset({"auth", "cookies", "session", "user"})
_STRANGERS = frozenset({401})
_REFUSED = _STRANGERS | {403}
_FORBIDDING = frozenset(
    {"forbidden", "permission", "permissions", "permitted", "access", "allowed"}
)


def sounds_like_guard(name: str) -> bool:
    """Whether a function or class is called as what checks or finds out who is calling.

    `get_current_user`, `RequireRole` and `verify_api_key` are, `get_user_service` is not.
    """
    words = words_of(name)
    if not words or words[-1] in _PROVIDED:
        return False
    found = set(words)
    if found & _GUARDS or (found & _CHECKING and found & _CHECKED):
        return True
    return bool(found & _PEOPLE) and (
        bool(found & _KNOWING) or words[:1] == ("get",) == words[:-1]
    )


def is_credential(name: str) -> bool:
    """Whether a parameter of that name is something that only the right caller has."""
    words = words_of(name)
    return not _CREDENTIALS.isdisjoint(words) or ("api", "key") == words[-2:]


def is_one_time_secret(name: str) -> bool:
    """Whether a field of a body is something that was sent to the right caller alone."""
    return not {"token", "otp", "signature"}.isdisjoint(words_of(name))


def handles_credentials(
    project: Project, function: FunctionScope, *, depth: int = 0, forbids: bool = True
) -> bool:
    """Whether a function looks at who is calling, or refuses callers with 401 or 403.

    Args:
        project: the project.
        function: any function; those defined in it count as part of it.
        depth: how far away from it the functions that it calls may be.
        forbids: whether 403 is enough: it says that the caller may not, not who that is.
    """
    key = ("handles credentials", function, depth, forbids)
    return project.fact(key, lambda: _handles(project, function, depth, forbids))


def knows_callers(project: Project, class_: ClassScope) -> bool:
    """Whether a class looks at who is calling: when it is made, or in a method that is called then.

    A service that refuses whom its caller names, with 403, does not find out who that is.
    """
    return any(
        handles_credentials(project, method, forbids=method.name in ("__init__", "__call__"))
        for method in class_.methods
    )


def _handles(project: Project, function: FunctionScope, depth: int, forbids: bool) -> bool:
    parts: list[ast.AST] = [function.node.args, *function.node.body]
    nodes = [node for part in parts for node in ast.walk(part)]
    refused = _REFUSED if forbids else _STRANGERS
    if any(_is_telling(project, node, function, refused) for node in nodes):
        return True
    if depth <= 0:
        return False
    return any(
        handles_credentials(project, called, depth=depth - 1)
        for called in _called(project, nodes, function)
        if called is not function
    )


def _called(
    project: Project, nodes: Iterable[ast.AST], function: FunctionScope
) -> Iterator[FunctionScope]:
    for node in nodes:
        if isinstance(node, ast.Call):
            called = project.resolve_expression(node.func, function)
            if isinstance(called, ClassScope):
                called = called.method("__init__")
            if isinstance(called, FunctionScope):
                yield called


def _is_telling(project: Project, node: ast.AST, scope: Scope, refused: frozenset[int]) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name), attr=attr) if (
            name in _REQUESTS
        ):
            return attr in _IDENTITIES
        case ast.Attribute(value=ast.Attribute(attr="state"), attr=attr):
            return sounds_like_guard(f"current_{attr}") or sounds_like_guard(attr)
        case ast.Subscript(value=ast.Attribute(attr="headers" | "query_params"), slice=key):
            return _names_credential(key)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name) as func, args=args):
            return _is_check(project, func, name, args, scope, refused)
        case ast.keyword(arg="status_code", value=value):
            return status_code(project, value, scope) in refused
        case ast.Raise(exc=ast.expr() as raised):
            called = raised.func if isinstance(raised, ast.Call) else raised
            return isinstance(called, ast.Name | ast.Attribute) and _refuses(called, refused)
        case ast.arg(arg=name):
            return is_credential(name)
    return False


def _is_check(
    project: Project,
    func: ast.expr,
    name: str,
    args: list[ast.expr],
    scope: Scope,
    refused: frozenset[int],
) -> bool:
    """Whether a call checks a credential: by the name of what is called, or of a header read."""
    if name == "get" and args and isinstance(func, ast.Attribute):
        match func.value:
            case ast.Attribute(attr="headers" | "query_params" | "cookies"):
                return _names_credential(args[0])
    if name == "compare_digest":
        return True
    if name.endswith("HTTPException") and args:
        return status_code(project, args[0], scope) in refused
    if name == "decode" and isinstance(func, ast.Attribute):
        return isinstance(func.value, ast.Name) and "jwt" in func.value.id.lower()
    words = set(words_of(name))
    return _is_sure(words, refused) or bool(
        words & _CHECKING and words & (_CHECKED | _GUARDS | _PEOPLE)
    )


def _is_sure(words: set[str], refused: frozenset[int]) -> bool:
    """Whether words tell by themselves of callers who are known, or are refused as asked."""
    forbids = refused is _STRANGERS and words & _FORBIDDING
    return bool(words & _SURELY) and not forbids


def _names_credential(key: ast.expr) -> bool:
    return (
        isinstance(key, ast.Constant)
        and isinstance(key.value, str)
        and (is_credential(key.value) or "auth" in words_of(key.value))
    )


def _refuses(raised: ast.Name | ast.Attribute, refused: frozenset[int]) -> bool:
    """Whether an exception is called as what is raised at a caller who may not."""
    words = set(words_of(raised.id if isinstance(raised, ast.Name) else raised.attr))
    if refused is _STRANGERS and words & _FORBIDDING:
        return False
    return bool(words & _SURELY) or (
        bool(words & {"not", "denied", "invalid", "missing"})
        and bool(words & {"access", "allowed", "authenticated", "authorized", "token", "auth"})
    )
