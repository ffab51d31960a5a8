"""HB165."""

import ast
from collections.abc import Iterator

from handbook.knowledge.pydantic.schemas import is_settings
from handbook.knowledge.sqlalchemy.models import is_model
from handbook.python.project.project import Variable
from handbook.python.project.source import SourceFile
from handbook.python.types.inference import instance_of
from handbook.python.values.values import possible_values
from handbook.rulebook.rule import Draft, FileRule, Finding, Level
from handbook.syntax.names import words_of
from handbook.syntax.outline import (
    Assigned,
    ClassScope,
    FunctionScope,
    Parameter,
    Scope,
    own_nodes,
)
from handbook.violation import Applicability, Severity

_PASSWORDS = frozenset({"password", "passwd", "pwd", "passphrase"})
_TOKENS = frozenset({"token", "secret", "apikey"})
_KEYS = frozenset({"api", "secret", "access", "admin", "internal", "auth", "private"})
_OTHER_TOKENS = frozenset(
    {*("lock", "next", "page", "cursor", "sync", "pad", "eos", "push", "device", "hash", "hashed")}
)
"""Words of tokens that let nobody in, and of what has been hashed."""
_HASHING = frozenset({"hash", "hashed", "encrypt"})
_SALTED = (
    "two hashes of one password differ by their salts: verify the password against the stored hash"
)
_STORES = frozenset({"redis", "cache", "valkey", "memcache"})
_HINTS = ("passw", "passphrase", "pwd", "token", "secret", "key")
_ENVIRONMENT = ("os.getenv", "os.environ", "os.environ.get")


class PlainPasswordCompare(FileRule):
    """A password or token is compared with `==`.

    A password that can be compared like that is kept in the clear, and whoever reads the table or
    the settings has it. And `==` stops at the first character that differs: the time it takes tells
    an attacker how much of a token is right, one character after the other.

    Keep a hash of a password and let its library verify it, as `pwdlib`'s
    `PasswordHash.recommended().verify(given, hashed)` does. Compare tokens by
    `secrets.compare_digest`, which takes the same time for all.

    Bad:

    ```python
    from fastapi import Header, HTTPException
    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        api_token: str


    settings = Settings()


    def check_token(x_token: str = Header()) -> None:
        if x_token != settings.api_token:  # <-
            raise HTTPException(status_code=403)
    ```

    Fixed:

    ```python
    from secrets import compare_digest

    from fastapi import Header, HTTPException
    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        api_token: str


    settings = Settings()


    def check_token(x_token: str = Header()) -> None:
        if not compare_digest(x_token, settings.api_token):
            raise HTTPException(status_code=403)
    ```

    Bad:

    A password in a table; that of an account in the settings, which is secret only in name.

    ```python
    # file: app/config.py
    from pydantic import SecretStr
    from pydantic_settings import BaseSettings as Base


    class Settings(Base):
        admin_password: SecretStr


    def get_settings() -> Settings:
        return Settings()
    # file: app/models.py
    from sqlalchemy.orm import DeclarativeBase, Mapped


    class Model(DeclarativeBase): ...


    class User(Model):
        password: Mapped[str]
    # file: app/service.py
    from app.config import get_settings
    from app.models import User


    def find() -> User: ...


    def sign_in(password: str) -> bool:
        user = find()
        if password == get_settings().admin_password.get_secret_value():  # <-
            return True
        return user.password == password  # <-
    ```

    From the environment, from a cache, and out of a header.

    ```python
    import os

    from fastapi import Request

    API_KEY = os.environ["API_KEY"]


    def check(request: Request) -> bool:
        given = request.headers.get("X-Key", "")
        return given == API_KEY  # <-


    async def refresh(redis, token: str) -> bool:
        stored_token = await redis.get("token")
        return bool(stored_token) and stored_token == token  # <-
    ```

    A header that may be missing: `compare_digest` takes no `None`, so there is no fix.

    ```python
    import os

    from fastapi import Header, HTTPException

    WEBHOOK_SECRET = os.getenv("WEBHOOK_SECRET", "")


    def check_webhook(x_secret: str | None = Header(None)) -> None:
        if x_secret != WEBHOOK_SECRET:  # <-
            raise HTTPException(status_code=403)


    def check_admin(token: str) -> bool:
        admin_token = os.getenv("ADMIN_TOKEN")
        return token == admin_token  # <-
    ```

    Good:

    ```python
    from secrets import compare_digest

    from pwdlib import PasswordHash
    from pydantic_settings import BaseSettings

    hasher = PasswordHash.recommended()


    class Settings(BaseSettings):
        api_token: str


    settings = Settings()


    def check(token: str, password: str, hashed_password: str) -> bool:
        return compare_digest(token, settings.api_token) and hasher.verify(password, hashed_password)
    ```

    An expression of SQL, and two values of the same client.

    ```python
    from pydantic import BaseModel
    from sqlalchemy import Select, select
    from sqlalchemy.orm import DeclarativeBase, Mapped


    class Model(DeclarativeBase): ...


    class Invitation(Model):
        token: Mapped[str]


    class Register(BaseModel):
        password: str
        repeated_password: str


    def find(token: str) -> Select[tuple[Invitation]]:
        return select(Invitation).where(Invitation.token == token)


    def register(data: Register) -> bool:
        return data.password == data.repeated_password
    ```

    What only sounds like a secret, or is asked for its kind.

    ```python
    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        token_prefix: str
        token_type: str
        secret: str | None = None


    settings = Settings()


    def check(token: str, token_prefix: str) -> bool:
        if settings.secret == "" or token == "anonymous":
            return False
        return token_prefix == settings.token_prefix or token == settings.token_type
    ```
    """

    code = "HB165"
    level = Level.ESSENTIAL
    preview = True
    severity = Severity.ERROR

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the comparisons of a file in which one side is stored and the other given."""
        if "test" in file.roles:
            return
        text = file.text.lower()
        if not any(hint in text for hint in _HINTS):
            return
        for scope in file.outline.definitions:
            if not isinstance(scope, FunctionScope):
                continue
            for node in own_nodes(scope, ast.Compare):
                match node:
                    case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
                        if _hashes(file, left, right, scope) or _hashes(file, right, left, scope):
                            yield Finding(node, _SALTED)
                            continue
                        for stored, given in ((left, right), (right, left)):
                            if _compares(file, stored, given, scope):
                                yield _finding(file, node, stored, scope)
                                break


def _hashes(file: SourceFile, node: ast.expr, other: ast.expr, scope: FunctionScope) -> bool:
    """Whether a side is a hash that is made of a password only now, with a salt of its own."""
    call = node.value if isinstance(node, ast.Await) else node
    match call:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[given]):
            words = set(words_of(name))
        case _:
            return False
    about = words | {*words_of(_name(given))}
    if not words & _HASHING or not about & _PASSWORDS or isinstance(other, ast.Constant):
        return False
    made = file.project.resolve_expression(call.func, scope)
    if not isinstance(made, FunctionScope):
        return not about & {"sha256", "sha1", "md5"} and made is not None
    # A hash without a salt is the same each time: another rule says what is wrong with that.
    return not any(
        isinstance(inner, ast.Name | ast.Attribute)
        and (inner.id if isinstance(inner, ast.Name) else inner.attr) in ("hashlib", "hmac")
        for inner in own_nodes(made)
    )


def _compares(file: SourceFile, stored: ast.expr, given: ast.expr, scope: FunctionScope) -> bool:
    """Whether a comparison is one of a stored secret with what somebody gives."""
    name = _name(stored)
    return (
        _is_secret(name)
        and not _OTHER_TOKENS & {*words_of(name), *words_of(_name(given))}
        and _is_given(given, scope)
        and _is_stored(file, stored, scope)
        and not _is_stored(file, given, scope)
    )


def _finding(file: SourceFile, node: ast.Compare, stored: ast.expr, scope: Scope) -> Finding:
    operator = "==" if isinstance(node.ops[0], ast.Eq) else "!="
    name = _name(stored)
    if not _PASSWORDS.isdisjoint(words_of(name)):
        message = f"`{operator}` compares a plain password: store a hash and verify it"
        return Finding(node, f"{message} instead of `{name}`")
    draft = Draft(file, "Compare in constant time", Applicability.UNSAFE)
    compare = draft.use("secrets.compare_digest", node)
    text = f"{compare}({file.code(node.left)}, {file.code(node.comparators[0])})"
    draft.replace(node, text if operator == "==" else f"not {text}")
    message = f"`{operator}` leaks by its timing how much of `{name}` is right"
    # It raises TypeError for `None`: a missing header would be answered 500.
    sides = (node.left, node.comparators[0])
    fixes = [] if any(_may_be_none(side, scope) for side in sides) else [draft]
    return Finding(node, f"{message}: use `secrets.compare_digest`", fixes=fixes)


def _may_be_none(node: ast.expr, scope: Scope) -> bool:
    """Whether a value is one that is there only at times, for all that its function says."""
    match node:
        case ast.Call(func=ast.Attribute(attr="get" | "getenv"), args=[_], keywords=[]):
            return True
        case ast.Name(id=name):
            found = scope.lookup(name)
            if found is None:
                return False
            return any(_may_bind_none(binding, found[0]) for binding in found[1])
    return False


def _may_bind_none(binding: object, scope: Scope) -> bool:
    match binding:
        case Assigned(value=ast.expr() as value):
            return not isinstance(value, ast.Name) and _may_be_none(value, scope)
        case Parameter(node=parameter, default=default):
            parts = (part for part in (parameter.annotation, default) if part is not None)
            return any(
                (isinstance(node, ast.Constant) and node.value is None)
                or (isinstance(node, ast.Name) and node.id == "Optional")
                for part in parts
                for node in ast.walk(part)
            )
    return False


def _is_secret(name: str) -> bool:
    """Whether something of that name lets in whoever has it."""
    words = words_of(name)
    if not words:
        return False
    if words[-1] == "key":
        return len(words) > 1 and words[-2] in _KEYS
    return words[-1] in _PASSWORDS or words[-1] in _TOKENS


def _plain(node: ast.expr) -> ast.expr:
    """What a value is made from: without `.get_secret_value()`, `str(…)` and the like."""
    match node:
        case ast.Call(func=ast.Attribute(value=inner, attr=attr), args=[]) if attr != "get":
            return _plain(inner)
        case ast.Call(func=ast.Name(id="str" | "bytes"), args=[inner]):
            return _plain(inner)
    return node


def _name(node: ast.expr) -> str:
    match _plain(node):
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _is_stored(file: SourceFile, node: ast.expr, scope: Scope) -> bool:
    """Whether a value surely is the service's own: of its settings, a table, its cache."""
    project = file.project
    match _plain(node):
        case ast.Attribute(value=owner):
            class_ = instance_of(project, owner, scope)
            if isinstance(class_, ClassScope):
                return is_settings(project, class_) or is_model(project, class_)
        case ast.Name() as name:
            symbol = project.resolve_expression(name, scope)
            if not isinstance(symbol, Variable):
                return False
            if isinstance(symbol.scope, FunctionScope):
                return all(
                    _is_from_cache(binding) or _is_read(file, binding, symbol.scope)
                    for binding in symbol.bindings
                )
            return any(_is_read(file, binding, symbol.scope) for binding in symbol.bindings)
    return False


def _is_read(file: SourceFile, binding: object, scope: Scope) -> bool:
    """Whether a name is bound to what is read from the environment."""
    match binding:
        case Assigned(value=ast.expr() as value):
            # `getenv` with a fallback is followed to that: look at the call first.
            return _is_from_environment(file, value, scope) or any(
                _is_from_environment(file, known.node, known.scope)
                for known in possible_values(file.project, value, scope)
            )
    return False


def _is_from_environment(file: SourceFile, node: ast.expr, scope: Scope) -> bool:
    match node:
        case ast.Call(func=inner) | ast.Subscript(value=inner):
            symbol = file.project.resolve_expression(inner, scope)
            return symbol is not None and symbol.qualified_name in _ENVIRONMENT
    return False


def _is_from_cache(binding: object) -> bool:
    match binding:
        case Assigned(value=ast.Await(value=ast.Call() as call) | (ast.Call() as call)):
            match call.func:
                case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name), attr="get"):
                    return not _STORES.isdisjoint(words_of(name))
    return False


def _is_given(node: ast.expr, scope: FunctionScope) -> bool:
    """Whether a value is, or is read from, a parameter of the function."""
    root = _root(node)
    bound = scope.bindings.get(root, ())
    return bool(bound) and all(
        isinstance(binding, Parameter)
        or (
            isinstance(binding, Assigned)
            and binding.value is not None
            and _root(binding.value) != root
            and all(
                isinstance(origin, Parameter)
                for origin in scope.bindings.get(_root(binding.value), (None,))
            )
        )
        for binding in bound
    )


def _root(node: ast.expr) -> str:
    """The name that an expression begins with; empty for `self`, and where there is none."""
    while True:
        match node:
            case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Await(value=inner):
                node = inner
            case ast.Call(func=ast.Attribute(value=inner)):
                node = inner
            case ast.Name(id=name):
                return "" if name in ("self", "cls") else name
            case _:
                return ""
