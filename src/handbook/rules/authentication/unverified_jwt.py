"""HB161."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.routing.routers import is_known_to_be
from handbook.knowledge.fastapi.routing.unpacked_arguments import argument_values
from handbook.knowledge.fastapi.security.tokens import (
    TokenCall,
    is_fetched,
    token_calls,
    token_calls_in,
)
from handbook.knowledge.vocabulary import JWT_DECODE, JWT_UNVERIFIED
from handbook.python.calls.callers import Caller
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.types.inference import instance_of
from handbook.python.values.dict_keys import contents_of
from handbook.python.values.values import elements, string, values
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.names import Names, words_of
from handbook.syntax.outline import Assigned, FunctionScope, Scope, own_nodes
from handbook.violation import Severity

_READERS = Names(JWT_DECODE | JWT_UNVERIFIED)
_TECHNICAL = frozenset({"alg", "aud", "exp", "iat", "iss", "kid", "nbf", "tid", "typ"})
_HONEST = frozenset({"unverified", "peek", "insecure", "unsafe", "expired"})
_VERIFYING = frozenset({"decode", "verify", "validate", "authenticate", "check"})
_HEADERS = frozenset({"get_unverified_header", "get_unverified_headers", "get_unverified_claims"})
_CHECKS = {
    "verify_exp": "tokens that have expired",
    "verify_aud": "tokens that were made for others",
}
_DEEPEST = 6
_ALGORITHMS, _OPTIONS = 2, 3
"""Where these stand among the positional arguments of `decode`."""


class UnverifiedJwt(FileRule):
    """A JSON Web Token is decoded without verification.

    A token is a claim written by whoever sends it; only the signature makes it yours. Read with
    `verify_signature: False`, by python-jose's `get_unverified_claims` or with the algorithm
    `none`, it says what the caller likes, an admin's id included. Without `algorithms` python-jose
    takes whichever the token itself names, so that a public key may serve as the secret of an
    HMAC, and PyJWT refuses to decode at all.

    Name the one algorithm that you sign with, and leave verification on. To learn which key or
    issuer a token is for you may look into it first, if the same function then verifies it. What
    says nothing about the caller may always be read: the header (`get_unverified_header`), and
    claims such as `iss` and `exp`, and so may a token that the program has itself fetched, to show it
    to another server. A function that is called `…unverified…` is taken at its word.

    Bad:

    ```python
    import jwt


    def read_claims(token: str, key: str) -> dict[str, str]:
        return jwt.decode(token, key, options={"verify_signature": False})  # <-


    def read_user(token: str, key: str) -> str:
        return jwt.decode(token, key)["sub"]  # <-
    ```

    python-jose under another name; `none` as one of the algorithms; a way in for whoever names it.

    ```python
    from jose import jwt as tokens
    from jose.jwt import get_unverified_claims

    ALGORITHMS = ["HS256", "none"]


    def read_claims(token: str, key: str) -> dict[str, str]:
        return tokens.decode(token, key, ALGORITHMS)  # <-


    def read_user(token: str) -> str:
        return get_unverified_claims(token)["sub"]  # <-
    ```

    Options from another module, a decoder object, the switch of PyJWT 1.

    ```python
    # file: app/config.py
    JWT_OPTIONS = {"verify_exp": True}
    JWT_OPTIONS["verify_signature"] = False
    # file: app/security.py
    from jwt import PyJWT, decode

    from app.config import JWT_OPTIONS

    decoder = PyJWT()


    def read_claims(token: str, key: str) -> dict[str, str]:
        return decoder.decode(token, key, algorithms=["HS256"], options=JWT_OPTIONS)  # <-


    def read_old_claims(token: str, key: str) -> dict[str, str]:
        return decode(token, key, verify=False, algorithms=["HS256"])  # <-
    ```

    A private function, called with what nobody has looked at.

    ```python
    from jose import jwt


    class Sessions:
        def read(self, token: str) -> list[str]:
            return self._methods_of(token)

        def _methods_of(self, token: str) -> list[str]:
            return jwt.get_unverified_claims(token).get("amr", [])  # <-

        def enter(self, token: str) -> bool:
            return self._validate(token)

        def _validate(self, token: str) -> bool:
            return jwt.get_unverified_claims(token)["sub"] == "admin"  # <-
    ```

    What is got from a request was sent by a caller, whatever gets it.

    ```python
    import jwt
    from fastapi import Depends, Request
    from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
    from tokens import get_token


    def read_user(request: Request) -> str:
        token = get_token(request)
        return jwt.decode(token, options={"verify_signature": False})["sub"]  # <-


    def read_role(credential: HTTPAuthorizationCredentials = Depends(HTTPBearer())) -> str:
        token = get_token(credential)
        return jwt.decode(token, options={"verify_signature": False})["role"]  # <-
    ```

    Good:

    ```python
    import jwt

    ALGORITHM = "HS256"


    def read_claims(token: str, key: str) -> dict[str, str]:
        return jwt.decode(token, key, algorithms=[ALGORITHM], options={"require": ["exp"]})


    def read_by_position(token: str, key: str) -> dict[str, str]:
        return jwt.decode(token, key, [ALGORITHM])
    ```

    A look inside, to know whose key to verify the same token with; a key that knows its
    algorithm; arguments that are not known here.

    ```python
    from typing import Any

    import jwt
    from jwt import PyJWKClient

    client = PyJWKClient("https://id.example.com/keys")
    KEYS = {"https://id.example.com": "key"}


    def read_claims(token: str) -> dict[str, Any]:
        unverified = jwt.decode(token, options={"verify_signature": False})
        if unverified["tenant"] == "guest":
            return {}
        return jwt.decode(token, KEYS[unverified["iss"]], algorithms=["RS256"])


    def read_by_key(token: str) -> dict[str, Any]:
        key = client.get_signing_key_from_jwt(token)
        return jwt.decode(token, key, audience="api")


    def read_with_options(token: str, key: str, **options: Any) -> dict[str, Any]:
        return jwt.decode(token, key, **options)
    ```

    A look that something else verifies, one at the expiry only, one that says what it is.

    ```python
    from datetime import UTC, datetime
    from typing import Any

    from jose import jwt


    def decode_for(tenant: str, token: str) -> dict[str, Any]:
        return jwt.decode(token, f"key of {tenant}", algorithms=["HS256"])


    def read_claims(token: str) -> dict[str, Any]:
        claims = jwt.get_unverified_claims(token)
        return decode_for(claims["tenant"], token)


    def is_expired(token: str) -> bool:
        claims = jwt.get_unverified_claims(token)
        return datetime.fromtimestamp(claims["exp"], UTC) < datetime.now(UTC)


    def is_fresh(token: str) -> bool:
        claims = jwt.get_unverified_claims(token)
        if not claims or "exp" not in claims:
            return False
        return datetime.fromtimestamp(claims["exp"], UTC) > datetime.now(UTC)


    def read_unverified(token: str) -> dict[str, Any]:
        return jwt.get_unverified_claims(token)
    ```

    What a private function looks into has been verified by the one that calls it.

    ```python
    from typing import Any

    from jose import jwt


    class Sessions:
        def verify(self, token: str) -> bool:
            return bool(jwt.decode(token, "key", algorithms=["HS256"]))

        def read(self, token: str) -> list[str]:
            if not self.verify(token):
                return []
            return self._methods_of(token)

        def _methods_of(self, token: str) -> list[str]:
            return jwt.get_unverified_claims(token).get("amr", [])
    ```

    A token that the program was given by another server, and shows to a third.

    ```python
    import jwt
    from azure.identity import DefaultAzureCredential
    from tokens import fetch_token


    def read_object_id(credential: DefaultAzureCredential) -> str:
        token = credential.get_token("https://management.example.com/.default").token
        return jwt.decode(token, options={"verify_signature": False})["oid"]


    def read_tenant() -> str:
        return jwt.decode(fetch_token(), options={"verify_signature": False})["tenant"]
    ```

    Not these libraries: a module of the project, bytes.

    ```python
    # file: app/jwt.py
    def decode(*, token: str, secret: str) -> dict[str, str]:
        return {token: secret}
    # file: app/users.py
    from app import jwt


    def read(token: str, raw: bytes) -> tuple[dict[str, str], str]:
        return jwt.decode(token=token, secret="s"), raw.decode("utf-8")
    ```
    """

    code = "HB161"
    level = Level.ESSENTIAL
    severity = Severity.ERROR
    needs = _READERS.words | {"jwt", "jose"}

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the calls that read a token and do not verify it."""
        if "test" in file.roles:
            return
        for read in token_calls(file.project, file.outline, _READERS):
            found = _fault(file.project, read)
            if found is not None and not (found[2] and _is_harmless(file.project, read)):
                yield Finding(found[0], found[1])


def _fault(project: Project, read: TokenCall) -> tuple[ast.expr, str, bool] | None:
    """What is wrong with a call: where, the message, whether it may be a look before the check."""
    if read.name in JWT_UNVERIFIED:
        message = "`get_unverified_claims` accepts any token: use `jwt.decode` with `algorithms`"
        return read.call, message, True
    options = argument_values(project, read.call, read.scope, "options")
    given = [(value.node, value.scope) for value in options or ()]
    if len(read.call.args) > _OPTIONS:
        given.append((read.call.args[_OPTIONS], read.scope))
    for node, scope in given:
        found = contents_of(project, node, scope)
        for value in found.items.get("verify_signature", ()):
            if is_known_to_be(project, value.node, value.scope, False):
                place = node if scope is read.scope else read.call
                return place, "`verify_signature: False` accepts any token: remove it", True
        written = _written(project, node, scope)
        for option, why in _CHECKS.items():
            for value in found.items.get(option, ()) if option in written else ():
                if is_known_to_be(project, value.node, value.scope, False):
                    place = node if scope is read.scope else read.call
                    return place, f"`{option}: False` takes {why}: leave it out", True
    switch = argument_values(project, read.call, read.scope, "verify")
    if any(is_known_to_be(project, value.node, value.scope, False) for value in switch or ()):
        return read.call, "`verify=False` accepts any token: remove it", True
    return _algorithms_fault(project, read)


def _written(project: Project, node: ast.expr, scope: Scope) -> set[object]:
    """The keys that options have from the beginning, and not only on a condition."""
    return {
        key.value
        for value in values(project, node, scope) or ()
        if isinstance(value.node, ast.Dict)
        for key in value.node.keys
        if isinstance(key, ast.Constant)
    }


def _algorithms_fault(project: Project, read: TokenCall) -> tuple[ast.expr, str, bool] | None:
    given = argument_values(project, read.call, read.scope, "algorithms")
    if given is None or any(isinstance(argument, ast.Starred) for argument in read.call.args):
        return None
    nodes = [(value.node, value.scope) for value in given]
    if not nodes and len(read.call.args) > _ALGORITHMS:
        nodes.append((read.call.args[_ALGORITHMS], read.scope))
    if not nodes:
        if _has_typed_key(project, read):
            return None
        why = (
            "any algorithm that the token names is accepted"
            if read.is_jose
            else "PyJWT refuses it"
        )
        message = f"`{ast.unparse(read.call.func)}` without `algorithms`: {why}; name yours"
        return read.call, message, False
    for node, scope in nodes:
        items = [(item.node, item.scope) for item in elements(project, node, scope) or ()]
        for item, around in items or [(node, scope)]:
            text = string(project, item, around)
            if text is not None and text.lower() == "none":
                message = "the algorithm `none` accepts tokens without a signature: remove it"
                return node if scope is read.scope else read.call, message, False
            if _is_named_by_token(project, item, around, 0) and not _is_allowed(item, around):
                message = "the token itself names this algorithm: name the ones that you sign with"
                return node if scope is read.scope else read.call, message, False
    return None


def _is_named_by_token(project: Project, node: ast.expr, scope: Scope, depth: int) -> bool:
    """Whether an expression is what the header of a token, or a request, says."""
    if depth > _DEEPEST:
        return False
    match node:
        case ast.Attribute(attr="query_params" | "headers" | "cookies", value=ast.Name() as inner):
            found = instance_of(project, inner, scope)
            return found is not None and found.qualified_name.endswith((".Request", ".WebSocket"))
        case ast.Subscript(value=inner) | ast.Call(func=ast.Attribute(value=inner, attr="get")):
            return _is_named_by_token(project, inner, scope, depth + 1)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in _HEADERS
        case ast.Name(id=name):
            found_name = scope.lookup(name)
            return found_name is not None and any(
                isinstance(bound, Assigned)
                and bound.value is not None
                and _is_named_by_token(project, bound.value, found_name[0], depth + 1)
                for bound in found_name[1]
            )
    return False


def _is_allowed(node: ast.expr, scope: Scope) -> bool:
    """Whether a function compares an algorithm with something before."""
    asked = {
        ast.dump(part)
        for compared in own_nodes(scope, ast.Compare)
        for part in (compared.left, *compared.comparators)
    }
    return ast.dump(node) in asked or (
        isinstance(node, ast.Name)
        and any(
            isinstance(bound, Assigned)
            and bound.value is not None
            and ast.dump(bound.value) in asked
            for bound in (scope.lookup(node.id) or (scope, ()))[1]
        )
    )


def _has_typed_key(project: Project, read: TokenCall) -> bool:
    """Whether the key may be a `PyJWK`, which says by itself what algorithm it is for."""
    key = read.argument("key", 1)
    if key is None or read.is_jose:
        return False
    class_ = instance_of(project, key, read.scope)
    if class_ is not None and class_.qualified_name.endswith("PyJWK"):
        return True
    for value in values(project, key, read.scope) or ():
        match value.node:
            case ast.Call(func=ast.Attribute(attr=name)) if name.startswith("get_signing_key"):
                return True
    return False


def _is_harmless(project: Project, read: TokenCall) -> bool:
    """Whether an unverified look is no more than that."""
    function = read.scope.enclosing_function()
    if function is not None and not _HONEST.isdisjoint(words_of(function.name)):
        return True
    return (
        (read.token is not None and _verifies(project, read.scope, read.token))
        or (function is not None and _is_verified_before(project, read, function))
        or _says_nothing(read)
        or is_fetched(project, read)
    )


def _verifies(project: Project, scope: Scope, read: ast.expr, looks: str = "") -> bool:
    """Whether a function verifies a token, or has it verified by other than what only looks."""
    token = ast.dump(read)
    faults = {
        id(other.call): _fault(project, other)
        for other in token_calls_in(project, scope, _READERS)
    }
    for node in own_nodes(scope):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name != looks:
                given = [*node.args, *(keyword.value for keyword in node.keywords)]
                if any(ast.dump(argument) == token for argument in given):
                    if id(node) not in faults and not _VERIFYING.isdisjoint(words_of(name)):
                        return True
                    if faults.get(id(node), ()) is None:
                        return True
    return False


def _is_verified_before(project: Project, read: TokenCall, function: FunctionScope) -> bool:
    """Whether the look is in a private function that is only called where the token is verified."""
    if not (isinstance(read.token, ast.Name) and function.name.startswith("_")):
        return False
    callers = [
        Caller(function, node, scope)
        for scope in function.outline.definitions
        for node in own_nodes(scope, ast.Call)
        if isinstance(node.func, ast.Name | ast.Attribute)
        and (node.func.id if isinstance(node.func, ast.Name) else node.func.attr) == function.name
    ]
    given = [caller.argument(read.token.id) for caller in callers]
    return bool(callers) and all(
        token is not None and _verifies(project, caller.scope, token, function.name)
        for caller, token in zip(callers, given, strict=True)
    )


def _says_nothing(read: TokenCall) -> bool:
    """Whether only such claims are read as say nothing about who is calling."""
    names = {
        target.id
        for node in own_nodes(read.scope)
        if isinstance(node, ast.Assign) and node.value is read.call
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    keys: list[ast.expr] = []
    asked = uses = 0
    for node in own_nodes(read.scope):
        match node:
            case ast.Name(id=name, ctx=ast.Load()) if name in names:
                uses += 1
            case (
                ast.Subscript(value=value, slice=key)
                | ast.Call(func=ast.Attribute(value=value, attr="get"), args=[key, *_])
                | ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[value])
            ) if value is read.call or (isinstance(value, ast.Name) and value.id in names):
                keys.append(key)
            case ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=name)) if name in names:
                asked += 1
    known = [key.value for key in keys if isinstance(key, ast.Constant)]
    return bool(keys) and len(known) == len(keys) >= uses - asked and _TECHNICAL.issuperset(known)
