"""JSON Web Tokens: the calls of PyJWT and python-jose that make and read them."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from handbook.knowledge.fastapi.routing.routers import keyword_of
from handbook.python.project.project import Project
from handbook.python.types.inference import called_by, instance_of
from handbook.syntax.names import Names, words_of
from handbook.syntax.outline import Assigned, Outline, Parameter, Scope, own_nodes

_FETCHING = frozenset({"acquire", "fetch", "get", "obtain"})
_HANDED_IN = frozenset(
    {"authorization", "bearer", "context", "cookie", "cookies", "current", "header", "headers"}
    | {"request", "websocket"}
)
"""Words for what a caller has sent, or may have."""
_OWN = frozenset({"self", "cls", "credential"})


class TokenCall(NamedTuple):
    """A call that makes or reads a token.

    Attributes:
        call: the call.
        scope: the scope that it is written in.
        name: what is called, `jwt.decode`.
    """

    call: ast.Call
    scope: Scope
    name: str

    def argument(self, name: str, index: int) -> ast.expr | None:
        """An argument by its keyword or its position."""
        given = keyword_of(self.call, name)
        if given is None and len(self.call.args) > index:
            given = self.call.args[index]
        return given

    @property
    def token(self) -> ast.expr | None:
        """The token that is read, or the payload that one is made of."""
        first = "payload" if self.name.endswith("encode") else "jwt"
        return self.argument(first, 0) or self.argument("token", 0) or self.argument("claims", 0)

    @property
    def is_jose(self) -> bool:
        """Whether it is python-jose's."""
        return self.name.startswith("jose.")


def token_calls(project: Project, outline: Outline, names: Names) -> Iterator[TokenCall]:
    """The calls in a module of some of the functions that make or read tokens, in its order."""
    for scope in outline.scopes_with(names.words):
        yield from token_calls_in(project, scope, names)


def token_calls_in(project: Project, scope: Scope, names: Names) -> Iterator[TokenCall]:
    """The same for what runs in one scope itself."""
    for node in own_nodes(scope):
        match node:
            case ast.Call(func=ast.Name() | ast.Attribute()) as call:
                if _may_be(call, scope.outline, names):
                    called = called_by(project, call, scope)
                    if called is not None and called.name in names:
                        yield TokenCall(call, scope, called.name)


def _may_be(call: ast.Call, outline: Outline, names: Names) -> bool:
    """Whether a call is spelled like one of them, before or after aliases are undone."""
    match call.func:
        case ast.Attribute(attr=name):
            return name in names.words
        case ast.Name(id=name):
            return name in names.words or not names.words.isdisjoint(
                outline.stands_for.get(name, ())
            )
    return False


def is_fetched(project: Project, read: TokenCall) -> bool:
    """Whether the program has fetched the token for itself, to show it to another server.

    That is what `credential.get_token(scope).token` does; nobody who calls this program wrote it.
    """
    match read.token:
        case ast.Name(id=name):
            found = read.scope.lookup(name)
            return found is not None and all(
                isinstance(binding, Assigned)
                and binding.value is not None
                and _fetches(project, binding.value, found[0])
                for binding in found[1]
            )
        case ast.expr() as node:
            return _fetches(project, node, read.scope)
    return False


def _fetches(project: Project, node: ast.expr, scope: Scope) -> bool:
    match node:
        case ast.Attribute(value=inner, attr="token") | ast.Await(value=inner):
            return _fetches(project, inner, scope)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            words = words_of(name)
            if "token" not in words or _FETCHING.isdisjoint(words):
                return False
            return not any(_is_handed_in(project, inner, scope) for inner in ast.walk(node))
    return False


def _is_handed_in(project: Project, node: ast.AST, scope: Scope) -> bool:
    """Whether a caller has sent what an expression is, or may have."""
    match node:
        case ast.Name(id=name):
            found = scope.lookup(name)
            if found is not None and any(isinstance(bound, Parameter) for bound in found[1]):
                class_ = instance_of(project, node, scope)
                if name not in _OWN or (
                    class_ is not None and class_.qualified_name.startswith("fastapi.")
                ):
                    return True
            return not _HANDED_IN.isdisjoint(words_of(name))
        case ast.Attribute(attr=name):
            return not _HANDED_IN.isdisjoint(words_of(name))
    return False
