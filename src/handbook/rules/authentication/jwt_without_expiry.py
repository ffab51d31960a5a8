"""HB162."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.security.tokens import TokenCall, token_calls
from handbook.knowledge.vocabulary import JWT_ENCODE
from handbook.python.project.project import Variable
from handbook.python.project.source import SourceFile
from handbook.python.values.dict_keys import Contents, contents_of
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.names import words_of
from handbook.syntax.outline import Assigned, own_nodes
from handbook.violation import Related, Severity

_EXPIRY = frozenset({"expires", "expire", "expiry", "expiration", "expired", "until"})


class JwtWithoutExpiry(FileRule):
    """A JSON Web Token has no expiry.

    A signed token cannot be called back: without `exp` one that leaks, from a log, a browser or a
    lost phone, opens the API until the key is changed for everybody.

    Put `exp` into the payload, some minutes ahead for an access token, and issue a refresh token
    that can be revoked where people are to stay signed in. The rule reports payloads of which it
    can see every key: literals, what is put into them later, `**` of known dictionaries, copies,
    results of functions. One that comes from elsewhere, or is handed to other functions before it
    is signed, may have its `exp` from there.

    Bad:

    ```python
    import jwt


    def create_token(user_id: int, key: str) -> str:
        return jwt.encode({"sub": str(user_id)}, key, algorithm="HS256")  # <-
    ```

    Through a variable that gets more claims later, and under python-jose's name.

    ```python
    from datetime import UTC, datetime

    from jose import jwt as tokens


    def create_token(user_id: int, key: str, admin: bool) -> str:
        claims = {"sub": str(user_id), "iat": datetime.now(UTC)}
        if admin:
            claims["role"] = "admin"
        claims.update(aud="api")
        return tokens.encode(claims, key)  # <-
    ```

    The claims are made elsewhere.

    ```python
    # file: app/claims.py
    COMMON = {"iss": "shop", "aud": "api"}


    def claims_of(user_id: int) -> dict[str, str]:
        return {**COMMON, "sub": str(user_id)}
    # file: app/security.py
    from jwt import encode as sign

    from app.claims import claims_of


    def create_token(user_id: int, key: str) -> str:
        return sign(payload=claims_of(user_id) | {"kind": "access"}, key=key)  # <-
    ```

    A claim of one's own is checked by nobody but its author.

    ```python
    import time

    import jwt


    def create_token(user_id: int, key: str) -> str:
        payload = {"sub": str(user_id), "expires": time.time() + 900}
        return jwt.encode(payload, key, algorithm="HS256")  # <-
    ```

    Good:

    ```python
    from datetime import UTC, datetime, timedelta

    import jwt


    def create_token(user_id: int, key: str) -> str:
        expires_at = datetime.now(UTC) + timedelta(minutes=15)
        return jwt.encode({"sub": str(user_id), "exp": expires_at}, key, algorithm="HS256")
    ```

    It is put in later, in one branch, or by another function.

    ```python
    from datetime import UTC, datetime, timedelta
    from typing import Any

    from jose import jwt


    def create_token(data: dict[str, Any], key: str) -> str:
        to_encode = data.copy()
        to_encode.update({"exp": datetime.now(UTC) + timedelta(minutes=15)})
        return jwt.encode(to_encode, key)


    def create_link(email: str, key: str, once: bool) -> str:
        claims: dict[str, Any] = {"sub": email}
        if once:
            claims["exp"] = datetime.now(UTC) + timedelta(hours=1)
        return jwt.encode(claims, key)


    def add_times(claims: dict[str, Any]) -> None:
        claims["exp"] = datetime.now(UTC) + timedelta(minutes=15)


    def create_session(user_id: int, key: str) -> str:
        claims = {"sub": str(user_id)}
        add_times(claims)
        return jwt.encode(claims, key)
    ```

    Claims that an object keeps, for its other methods to add to.

    ```python
    import jwt


    class TokenBuilder:
        def __init__(self, user_id: int) -> None:
            self.claims: dict[str, object] = {"sub": str(user_id)}

        def expire_at(self, moment: int) -> "TokenBuilder":
            self.claims["exp"] = moment
            return self

        def sign(self, key: str) -> str:
            return jwt.encode(self.claims, key, algorithm="HS256")
    ```

    A token that nobody gets: it shows whether two keys belong together.

    ```python
    import jwt


    def check_keys(private_key: str, public_key: str) -> None:
        token = jwt.encode({"sub": "nobody"}, private_key, algorithm="RS256")
        jwt.decode(token, public_key, algorithms=["RS256"])
    ```

    Claims that are not known here, and another library's `encode`.

    ```python
    import json
    from typing import Any

    import jwt


    def sign(claims: dict[str, Any], key: str) -> str:
        return jwt.encode(claims, key)


    def pack(claims: dict[str, Any]) -> bytes:
        return json.JSONEncoder().encode({"sub": claims["sub"]}).encode()
    ```
    """

    code = "HB162"
    level = Level.ESSENTIAL
    severity = Severity.ERROR
    needs = JWT_ENCODE.words | {"jwt", "jose"}

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the payloads that surely have no `exp`."""
        if "test" in file.roles:
            return
        for signed in token_calls(file.project, file.outline, JWT_ENCODE):
            payload = signed.token
            if payload is None or _is_only_read_again(signed):
                continue
            found = contents_of(file.project, payload, signed.scope)
            if found.surely_lacks("exp"):
                yield Finding(payload, _message(found), related=[*_defined(file, signed, payload)])


def _is_only_read_again(signed: TokenCall) -> bool:
    """Whether the token stays where it is made: to see whether two keys belong together."""
    names = {
        target.id
        for node in own_nodes(signed.scope, ast.Assign)
        if node.value is signed.call
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    uses = [
        node
        for node in own_nodes(signed.scope, ast.Name)
        if node.id in names and isinstance(node.ctx, ast.Load)
    ]
    read = {
        id(argument)
        for node in own_nodes(signed.scope, ast.Call)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "decode"
        for argument in node.args
    }
    return bool(uses) and all(id(use) in read for use in uses)


def _message(payload: Contents) -> str:
    own = next((key for key in payload.items if not _EXPIRY.isdisjoint(words_of(key))), None)
    if own is None:
        return "this token never expires: add `exp` to its payload"
    return f"`{own}` is a claim that no library checks: use `exp`"


def _defined(file: SourceFile, signed: TokenCall, payload: ast.expr) -> Iterator[Related]:
    """Where the payload is made, if that is said by name."""
    symbol = file.project.resolve_expression(payload, signed.scope)
    if isinstance(symbol, Variable) and symbol.scope.outline is file.outline:
        for binding in symbol.bindings:
            if isinstance(binding, Assigned) and binding.value is not None:
                yield Related(file.path, file.span(binding.node), "the payload is built here")
