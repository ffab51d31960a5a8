"""HB164."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.routing.routers import keyword_of
from handbook.python.project.project import External, Project, Variable
from handbook.python.project.source import SourceFile
from handbook.python.types.inference import called_by
from handbook.python.values.values import elements, string
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.names import words_of
from handbook.syntax.outline import Assigned, FunctionScope, Outline, Scope, own_nodes
from handbook.violation import Severity

_HASHLIB = frozenset(
    {
        *("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s", "new"),
        *("sha3_224", "sha3_256", "sha3_384", "sha3_512"),
    }
)
_WEAK_SCHEMES = frozenset(
    {
        *("plaintext", "ldap_plaintext", "hex_md4", "hex_md5", "hex_sha1", "hex_sha256"),
        *("hex_sha512", "ldap_md5", "ldap_sha1", "ldap_salted_md5", "ldap_salted_sha1"),
        *("md5_crypt", "apr_md5_crypt", "des_crypt", "bsdi_crypt", "bigcrypt", "crypt16"),
        *("lmhash", "nthash", "mysql323", "mysql41", "mssql2000", "mssql2005", "oracle10"),
        *("oracle11", "postgres_md5", "django_salted_md5", "django_salted_sha1", "phpass"),
    }
)
_WEAK_METHODS = frozenset({"plain", "md5", "sha1", "sha256", "sha512"})
_PASSWORDS = frozenset({"password", "passwd", "pwd", "pw", "passphrase"})
_SPELLINGS = frozenset(
    {
        *("bytes", "str", "string", "text", "value", "input", "encoded", "plain", "raw", "hash"),
        *("hashed", "salted", "salt", "utf8", "digest"),
    }
)
"""Words behind `password` in the names of what is still the password."""
_SLOW = frozenset(
    {
        *(
            "bcrypt",
            "argon2",
            "scrypt",
            "passlib",
            "pwdlib",
            "pbkdf2_hmac",
            "hashpw",
            "PBKDF2HMAC",
        ),
        *("Scrypt", "Argon2id", "pwned", "pwnedpasswords", "hibp"),
    }
)
"""Words of modules that hash once more, slowly, or look a digest up in a list of leaked ones."""
_CLIENTS = frozenset({"aiohttp", "httpx", "requests", "urllib3"})
_HASHING = frozenset({"hash", "hashed", "encrypt", "digest", "encode", "verify", "check", "set"})
_LOOKUPS = frozenset({"cache", "cached", "fingerprint", "checksum"})
_OTHERWISE = frozenset({"token", "reset", "code", "otp", "link"})
"""Words of functions about what is sent to somebody who has forgotten a password."""


class WeakPasswordHash(FileRule):
    """A password is hashed with a fast algorithm, or not hashed.

    MD5 and the SHA family are made to be fast: a graphics card tries billions a second, so the
    hashes of a stolen table are passwords again within hours, salt or no salt, keyed or not. And
    people use the same password elsewhere.

    Use a hash that is slow on purpose and salts by itself: Argon2 or bcrypt, through `pwdlib`,
    `argon2-cffi`, `bcrypt` or passlib's `CryptContext(schemes=["argon2"])`. Passlib's `sha256_crypt`
    and `sha512_crypt`, which iterate, pass, and so do old schemes that are kept only to verify
    hashes which the first one replaces. A module that also hashes slowly may digest beforehand,
    because bcrypt reads 72 bytes only. What a loop hashes again and again is not judged, nor what is
    sent to another server, whose protocol wants it so.

    Bad:

    ```python
    import hashlib


    def register(name: str, password: str) -> dict[str, str]:
        return {"name": name, "hash": hashlib.sha256(password.encode()).hexdigest()}  # <-
    ```

    With salt, step by step, with a key, and where only the function says what it hashes.

    ```python
    import hashlib as h
    import hmac
    from hashlib import new


    def store(password: str, salt: bytes, key: bytes) -> list[str]:
        salted = salt + password.encode()
        first = h.sha512(salted).hexdigest()  # <-
        state = h.blake2b(salt)
        state.update(password.encode())  # <-
        third = hmac.new(key, password.encode(), "sha256").hexdigest()  # <-
        return [first, state.hexdigest(), third]


    def hash_password(given: str) -> str:
        return new("md5", given.encode()).hexdigest()  # <-


    def verify_password(plain: str, hashed: str) -> bool:
        return hmac.compare_digest(new("md5", plain.encode()).hexdigest(), hashed)  # <-
    ```

    Passlib's fast and plain schemes, by the list, by the default, by themselves.

    ```python
    # file: app/config.py
    SCHEMES = ["hex_sha256", "bcrypt"]
    # file: app/security.py
    from passlib.context import CryptContext
    from passlib.hash import ldap_salted_sha1 as hasher
    from werkzeug.security import generate_password_hash

    from app.config import SCHEMES

    context = CryptContext(schemes=SCHEMES)  # <-
    legacy = CryptContext(schemes=["bcrypt", "plaintext"], default="plaintext")  # <-


    def hash_twice(password: str) -> tuple[str, str]:
        return hasher.hash(password), generate_password_hash(password, method="sha256")  # <-
    ```

    Good:

    ```python
    from pwdlib import PasswordHash

    hasher = PasswordHash.recommended()


    def hash_password(password: str) -> str:
        return hasher.hash(password)
    ```

    Old hashes are still verified, and replaced; passlib's iterated SHA.

    ```python
    from passlib.context import CryptContext
    from passlib.hash import sha512_crypt

    context = CryptContext(schemes=["argon2", "md5_crypt"], deprecated="auto")


    def hash_password(password: str) -> str:
        return sha512_crypt.hash(password)
    ```

    A digest of something else: a file, a token that is long and random, a cache key.

    ```python
    import hashlib


    def checksum(data: bytes) -> str:
        return hashlib.sha256(data).hexdigest()


    def index_of(api_token: str, password_reset_token: str) -> tuple[str, str]:
        first = hashlib.sha256(api_token.encode()).hexdigest()
        return first, hashlib.sha256(password_reset_token.encode()).hexdigest()


    def verify_password_reset(given: str, stored: str) -> bool:
        return hashlib.sha256(given.encode()).hexdigest() == stored


    def connection_cache_key(host: str, user: str, password: str) -> str:
        return hashlib.sha256(f"{host}|{user}|{password}".encode()).hexdigest()
    ```

    What another server asks for, and a hash that is made slow by hand.

    ```python
    import hashlib

    import httpx


    async def sign_in(client: httpx.AsyncClient, name: str, password: str) -> httpx.Response:
        digest = hashlib.md5(password.encode()).hexdigest()
        return await client.post("https://cam.example.com/login", json={"u": name, "p": digest})


    def stretch(password: str, salt: bytes) -> bytes:
        state = salt
        for _ in range(600_000):
            state = hashlib.sha256(state + password.encode()).digest()
        return state
    ```

    A key derived slowly, and a digest that is hashed slowly afterwards.

    ```python
    # file: app/keys.py
    import hashlib


    def derive(password: str, salt: bytes) -> bytes:
        return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 600_000)
    # file: app/security.py
    import base64
    import hashlib

    import bcrypt


    def hash_password(password: str) -> bytes:
        digest = hashlib.sha256(password.encode()).digest()
        return bcrypt.hashpw(base64.b64encode(digest), bcrypt.gensalt())
    ```
    """

    code = "HB164"
    level = Level.ESSENTIAL
    severity = Severity.ERROR
    needs = frozenset({"hashlib", "hmac", "passlib", "werkzeug"})
    overlaps = ("S324",)

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the passwords that are hashed fast, and the schemes that do so."""
        if "test" in file.roles:
            return
        project, outline = file.project, file.outline
        slow = _slow_names(outline)
        for scope in (outline, *outline.definitions):
            for node in own_nodes(scope):
                if not isinstance(node, ast.Call):
                    continue
                name = _name_of(project, node, scope)
                if name is None:
                    continue
                if (
                    not _hashes_slowly(scope, slow)
                    and _digests_password(project, node, name, scope)
                    and not _is_repeated(node, scope)
                    and not _makes_cache_key(scope)
                    and not _asks_a_server(project, scope)
                ):
                    message = f"`{name}` is too fast for a password: use Argon2 or bcrypt"
                    yield Finding(node, message)
                else:
                    yield from _weak_schemes(project, node, name, scope)


def _slow_names(outline: Outline) -> frozenset[str]:
    """The names of a module that stand for slow hashes, or for objects made by these."""
    found = set(_SLOW)
    for imported in outline.imports:
        if not _SLOW.isdisjoint(imported.target.split(".")):
            found.add(imported.name or imported.target.partition(".")[0])
            found.update(name for name, bound in outline.bindings.items() if imported in bound)
    if found == _SLOW:
        return frozenset(found if not outline.words.isdisjoint(_SLOW) else ())
    for scope in (outline, *outline.definitions):
        for node in own_nodes(scope, ast.Assign):
            if not found.isdisjoint(_names_below(node.value)):
                found.update(word for target in node.targets for word in _names_below(target))
    return frozenset(found - {"self", "cls"})


def _names_below(node: ast.AST) -> set[str]:
    """The names and attributes within a node."""
    return {
        inner.id if isinstance(inner, ast.Name) else inner.attr
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name | ast.Attribute)
    }


def _hashes_slowly(scope: Scope, slow: frozenset[str]) -> bool:
    """Whether a function, or one of the module that calls it, uses a slow hash as well."""
    function = scope.enclosing_function()
    if not slow or function is None:
        return bool(slow)
    around = [function]
    around += [
        other
        for other in scope.outline.definitions
        if isinstance(other, FunctionScope) and function.name in _names_below(other.node)
    ]
    return any(not slow.isdisjoint(_names_below(each.node)) for each in around)


def _name_of(project: Project, call: ast.Call, scope: Scope) -> str | None:
    """The qualified name of the hash function that a call calls, or puts more into."""
    called = project.resolve_expression(call.func, scope)
    if isinstance(called, External):
        return called.qualified_name
    match call.func:
        case ast.Attribute(value=ast.Name() as state, attr="update") if called is None:
            symbol = project.resolve_expression(state, scope)
            match symbol:
                case Variable(bindings=[Assigned(value=ast.Call() as made)], scope=made_in):
                    return _name_of(project, made, made_in)
    return None


def _digests_password(project: Project, call: ast.Call, name: str, scope: Scope) -> bool:
    module, _, last = name.rpartition(".")
    given: list[ast.expr] = [*call.args]
    given += [
        keyword.value for keyword in call.keywords if keyword.arg in ("data", "msg", "string")
    ]
    if module == "hmac" and last in ("new", "digest"):
        message = keyword_of(call, "msg") or (call.args[1] if len(call.args) > 1 else None)
        given = [message] if message is not None else []
    elif module != "hashlib" or last not in _HASHLIB:
        return False
    return any(_holds_password(project, node, scope, 0) for node in given)


def _is_repeated(call: ast.Call, scope: Scope) -> bool:
    """Whether a loop runs the call: it stretches one password, or tries many."""
    return any(
        isinstance(node, ast.For | ast.AsyncFor | ast.While)
        and node.lineno < call.lineno <= (node.end_lineno or 0)
        for node in own_nodes(scope)
    )


def _makes_cache_key(scope: Scope) -> bool:
    """Whether a function tells connections or results apart, and stores no password."""
    function = scope.enclosing_function()
    return function is not None and not _LOOKUPS.isdisjoint(words_of(function.name))


def _asks_a_server(project: Project, scope: Scope) -> bool:
    """Whether a function sends something over HTTP."""
    if scope.outline.words.isdisjoint(_CLIENTS):
        return False
    for node in own_nodes(scope):
        if isinstance(node, ast.Call):
            called = called_by(project, node, scope)
            if called is not None and called.name.partition(".")[0] in _CLIENTS:
                return True
    return False


def _holds_password(project: Project, node: ast.expr, scope: Scope, depth: int) -> bool:
    """Whether an expression is made of a password, told by names."""
    for inner in ast.walk(node):
        match inner:
            case ast.Name(id=name):
                if is_password(name) or _is_password_of(name, scope):
                    return True
                symbol = project.resolve_expression(inner, scope) if depth < 2 else None
                match symbol:
                    case Variable(bindings=[Assigned(value=ast.expr() as value)], scope=made_in):
                        if not isinstance(value, ast.Call) or _converts(value):
                            if _holds_password(project, value, made_in, depth + 1):
                                return True
            case ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
                if is_password(name):
                    return True
    return False


def is_password(name: str) -> bool:
    """Whether a name is that of a password, and not of a token or key that has to do with one."""
    words = [word for word in words_of(name) if word not in _SPELLINGS]
    return words[-1:] != [] and words[-1] in _PASSWORDS


def _is_password_of(name: str, scope: Scope) -> bool:
    """Whether a name is a parameter of a function that is called as one that hashes passwords."""
    function = scope.enclosing_function()
    if function is None or not isinstance(function, FunctionScope):
        return False
    words = set(words_of(function.name))
    return (
        bool(words & _PASSWORDS and words & _HASHING)
        and not words & _OTHERWISE
        and any(parameter.node.arg == name for parameter in function.parameters)
        and name not in ("self", "cls", "salt", "key", "pepper")
    )


def _converts(call: ast.Call) -> bool:
    """Whether a call only changes how a text is kept: `password.encode()`, `bytes(…)`."""
    match call.func:
        case ast.Attribute(attr="encode" | "strip" | "join" | "format"):
            return True
        case ast.Name(id="str" | "bytes"):
            return True
    return False


def _weak_schemes(project: Project, call: ast.Call, name: str, scope: Scope) -> Iterator[Finding]:
    """What passlib and Werkzeug are told to hash with, where that is fast or nothing."""
    module, _, last = name.rpartition(".")
    place: ast.expr = call
    scheme: str | None = None
    if name in ("passlib.context.CryptContext", "passlib.context.LazyCryptContext"):
        schemes = keyword_of(call, "schemes") or (call.args[0] if call.args else None)
        place = keyword_of(call, "default") or schemes or call
        if place is schemes and schemes is not None:
            items = elements(project, schemes, scope) or []
            scheme = string(project, items[0].node, items[0].scope) if items else None
        elif place is not call:
            scheme = string(project, place, scope)
    elif module.startswith("passlib.hash.") and last in ("hash", "encrypt"):
        scheme = module.removeprefix("passlib.hash.")
    elif name == "werkzeug.security.generate_password_hash":
        method = keyword_of(call, "method") or (call.args[1] if len(call.args) > 1 else None)
        scheme = string(project, method, scope)
        if scheme in _WEAK_METHODS:
            yield Finding(method or call, f"`{scheme}` is too fast for a password: use `scrypt`")
        return
    if scheme in _WEAK_SCHEMES:
        kept = "keeps passwords as they are" if "plain" in scheme else "is too fast for passwords"
        yield Finding(place, f"`{scheme}` {kept}: use `argon2` or `bcrypt`")
