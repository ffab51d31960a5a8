"""Routes at which strangers try their luck: login, registration, tokens, forgotten passwords."""

import ast
from collections.abc import Iterable, Iterator
from typing import Literal

from handbook.knowledge.fastapi.requests.dependencies import (
    Dependency,
    dependencies_of,
    dependencies_on_the_way,
)
from handbook.knowledge.fastapi.requests.dependency_targets import Target
from handbook.knowledge.fastapi.requests.parameters import asked_by
from handbook.knowledge.fastapi.requests.schema_usage import body_parameters
from handbook.knowledge.fastapi.routing.apps import Placement, paths_of
from handbook.knowledge.fastapi.routing.routes import Route
from handbook.knowledge.fastapi.security.auth_dependencies import sounds_like_guard
from handbook.knowledge.fastapi.security.security import is_scheme
from handbook.knowledge.pydantic.schemas import fields, is_schema
from handbook.python.project.project import External, Project
from handbook.python.types.normalized import parts_of
from handbook.syntax.names import words_of
from handbook.syntax.outline import ClassScope, FunctionScope

type Entrance = Literal["login", "registration", "token", "password reset", "password change"]

_METHODS = frozenset({"POST", "PUT", "PATCH"})
_FORMS = frozenset({"OAuth2PasswordRequestForm", "OAuth2PasswordRequestFormStrict"})
_ACCOUNTS = frozenset(
    {
        *("auth", "authentication", "oauth", "oauth2", "jwt", "login", "user", "users", "account"),
        *("accounts", "customer", "customers", "member", "members", "security", "session"),
    }
)
_LOGIN = ({"login"}, {"signin"}, {"log", "in"}, {"sign", "in"})
_REGISTRATION = ({"register"}, {"registration"}, {"signup"}, {"sign", "up"})
_TOKEN = ({"token"}, {"access", "tokens"}, {"refresh", "tokens"})
_BESIDE_TOKEN = frozenset(
    {
        *(
            "token",
            "tokens",
            "access",
            "refresh",
            "auth",
            "bearer",
            "jwt",
            "get",
            "create",
            "issue",
        ),
        *("obtain", "renew", "new", "user", "login", "oauth", "oauth2", "id"),
    }
)
"""The only words beside those: language models have tokens, too, and they are counted."""
_FORGOTTEN = frozenset({"reset", "forgot", "forget", "forgotten", "recover", "recovery", "lost"})
_OTHERWISE = frozenset(
    {
        *(
            "logout",
            "signout",
            "out",
            "revoke",
            "verify",
            "validate",
            "check",
            "test",
            "introspect",
        ),
        *("callback", "webhook", "device", "devices", "push", "fcm", "config", "settings", "csrf"),
        *("blacklist", "delete", "list", "info", "decode", "html", "history", "logs", "last"),
    }
)
"""Words of routes that are about logins and tokens, and give none away."""
_OLD = frozenset({"old", "current", "existing", "previous"})
_INVITED = frozenset({"invite", "invitation", "invited", "captcha"})
_WAYS_TO_SIGN_IN = frozenset(
    {"authenticate", "login", "signin", "form", "credentials", "token", "oauth2", "oauth"}
    | {"jwt", "strategy", "backend", "security", "manager"}
)


def entrance_of(project: Project, route: Route) -> Entrance | None:
    """What strangers may try at a route; `None` where that is not certain.

    That is told by the last words of its path, by the name of its handler, and by its asking for
    a password.
    """
    if route.is_websocket or not _METHODS & (route.methods or frozenset()):
        return None
    paths = paths_of(project, route) or [route.path or ""]
    segments = [words_of(part) for part in paths[0].split("/") if part and "{" not in part]
    last = set(segments[-1]) if segments else set[str]()
    before = {word for segment in segments[:-1] for word in segment}
    near = last | (set(segments[-2]) if len(segments) > 1 else set())
    name = set(words_of(route.handler.name)) if route.handler is not None else set[str]()
    if (last | name) & _OTHERWISE:
        return None
    if "password" in near and near & _FORGOTTEN:
        return "password reset"
    if last & {"forgot", "forgotten"} or ({"password"} <= name and name & _FORGOTTEN):
        return "password reset" if before & _ACCOUNTS or "password" in name else None
    if _has_any(last, _LOGIN):
        return "login"
    is_registration = _has_any(last, _REGISTRATION)
    is_token = (_has_any(last, _TOKEN) and last <= _BESIDE_TOKEN) or (
        last == {"refresh"} and not name.isdisjoint({"token", "tokens"})
    )
    if is_registration or is_token:
        is_sure = bool(before & _ACCOUNTS) or (is_token and len(segments) == 1)
        if not (is_sure or asks_for_password(project, route)):
            return None
        if is_registration:
            return None if _is_by_invitation(project, route) else "registration"
        return "token"
    named: Entrance | None = "login" if _has_any(name, _LOGIN) else None
    if named is None and _has_any(name, _REGISTRATION) and not _is_by_invitation(project, route):
        named = "registration"
    return named if named is not None and asks_for_password(project, route) else None


def changes_password(project: Project, route: Route) -> bool:
    """Whether a route takes the old password, to set another one for who is signed in."""
    if route.is_websocket or not _METHODS & (route.methods or frozenset()):
        return False
    return any(
        _is_password(name) and not _OLD.isdisjoint(words_of(name))
        for name in _asked(project, route)
    )


def asks_for_password(project: Project, route: Route) -> bool:
    """Whether the body or form of a request to a route has a password in it."""
    key = ("asks for password", route.scope, route.call)
    return project.fact(key, lambda: any(map(_is_password, _asked(project, route))))


def _is_by_invitation(project: Project, route: Route) -> bool:
    """Whether an account is made only for who was sent something, or has proved to be human."""
    named = route.handler.name if route.handler is not None else ""
    return any(
        name == "token" or not _INVITED.isdisjoint(words_of(name))
        for name in (named, *_asked(project, route))
    )


def is_for_members(project: Project, route: Route, placement: Placement) -> bool:
    """Whether only those who are signed in already get to a route."""
    return any(
        _knows_caller(project, dependency)
        for dependency in (
            *dependencies_of(project, route),
            *dependencies_on_the_way(project, placement),
        )
    )


def _has_any(words: set[str], sets: Iterable[set[str]]) -> bool:
    return any(wanted <= words for wanted in sets)


def _is_password(name: str) -> bool:
    return not {"password", "passwd", "pwd"}.isdisjoint(words_of(name))


def _asked(project: Project, route: Route) -> Iterator[str]:
    """The names of what a route reads from bodies and forms, its dependencies included."""
    targets: list[Target] = [route.handler] if route.handler is not None else []
    for dependency in dependencies_of(project, route):
        targets += dependency.targets
    for target in targets:
        if isinstance(target, External):
            if target.qualified_name.rpartition(".")[2] in _FORMS:
                yield "password"
            continue
        if isinstance(target, ClassScope):
            if target.name in _FORMS or any(
                isinstance(symbol, External) and symbol.qualified_name.rpartition(".")[2] in _FORMS
                for symbol in project.ancestry(target)
            ):
                yield "password"
        yield from (asked.name for asked in asked_by(target))
        if isinstance(target, FunctionScope):
            for _, form in body_parameters(project, target):
                for part in parts_of(form):
                    if isinstance(part.symbol, ClassScope) and is_schema(project, part.symbol):
                        yield from fields(project, part.symbol) or ()


def _knows_caller(project: Project, dependency: Dependency) -> bool:
    if dependency.is_security:
        return True
    if not dependency.is_certain and any(map(_guards, _names_in(dependency.marker))):
        return True
    for target in dependency.targets:
        if is_scheme(project, target):
            if "HTTPBasic" not in target.qualified_name:
                return True
        elif isinstance(target, External):
            if _guards(target.qualified_name.rpartition(".")[2]):
                return True
        elif _guards(target.qualname.removesuffix(".__call__")):
            return True
    return False


def _guards(name: str) -> bool:
    """Whether something is called as what knows the caller, and not as what lets one in."""
    return sounds_like_guard(name) and _WAYS_TO_SIGN_IN.isdisjoint(words_of(name))


def _names_in(marker: ast.expr) -> Iterator[str]:
    for node in ast.walk(marker):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
