"""Dictionaries that tell of an error, told from those that tell of anything else."""

import ast
import re
from collections.abc import Mapping

from handbook.knowledge.fastapi.responses.status import status_code
from handbook.python.project.project import Project
from handbook.python.values.values import Value, possible
from handbook.syntax.outline import Opaque, Scope

_TEXTS = frozenset({"detail", "message", "msg"})
_OUTCOMES = frozenset({"status", "status_code", "code", "success", "ok"})
_PROTOCOLS = frozenset({"jsonrpc", "error_description", "error_uri"})
"""Keys of standards that say what an error looks like: JSON-RPC, OAuth."""
_FAILURES = frozenset({"error", "fail", "failed", "failure"})
_FAULT = re.compile(
    r"""\b(not\ found | no\ such | does(\ not|n't)\ exist | do(\ not|n't)\ exist
    | already\ (exists?|registered|taken|in\ use|used) | invalid | incorrect | wrong
    | unauthori[sz]ed | forbidden | denied | cannot | can't | could(\ not|n't) | unable\ to
    | not\ (allowed|permitted|authori[sz]ed|authenticated|available|supported|valid|enough)
    | failed | failure | error | missing | expired | too\ many)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_SUCCESS = re.compile(r"success|\bno errors?\b", re.IGNORECASE)

type Entries = Mapping[str, ast.expr]


def entries_of(node: ast.expr) -> Entries | None:
    """The entries of `{…}` or `dict(…)` by their keys, where every key is a text."""
    match node:
        case ast.Dict(keys=keys, values=values):
            found: dict[str, ast.expr] = {}
            for key, value in zip(keys, values, strict=True):
                if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                    return None
                found[key.value] = value
            return found
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            if all(keyword.arg for keyword in keywords):
                return {keyword.arg or "": keyword.value for keyword in keywords}
    return None


def follows_standard(node: ast.expr) -> bool:
    """Whether a dictionary looks as a standard for errors asks for."""
    given = entries_of(node)
    return given is not None and not _PROTOCOLS.isdisjoint(given)


def tells_error(project: Project, value: Value, status: int | None = None) -> bool:
    """Whether a dictionary surely tells of an error, and follows no standard in how it does.

    `status` is the status that the response is given, where one is.
    """
    given = entries_of(value.node)
    if not given or follows_standard(value.node):
        return False
    if status is not None and 400 <= status < 600:
        return not _TEXTS.isdisjoint(given) or "error" in given
    outcomes = {name for name in _OUTCOMES if _is_failure(project, given.get(name), value.scope)}
    if "error" in given:
        # Beside other things, the key may only be one of a table: colours, translations.
        is_alone = given.keys() <= {"error"} | _TEXTS | _OUTCOMES
        return _is_fault(project, value.at(given["error"]), is_expected=is_alone) or (
            # The status of a job may well be `failed`, and its error be part of the result.
            bool(outcomes - {"status"}) and not _is_nothing(given["error"])
        )
    texts = [name for name in given if name in _TEXTS]
    if not texts or any(name not in _TEXTS | _OUTCOMES for name in given):
        return False
    return bool(outcomes) or (
        len(given) == 1 and _is_fault(project, value.at(given[texts[0]]), is_expected=False)
    )


def dumps_error(project: Project, value: Value, status: int) -> bool:
    """Whether an expression surely is the JSON of a dictionary that tells of an error."""
    match value.node:
        case ast.Call(func=func, args=[dumped, *_]):
            called = project.resolve_expression(func, value.scope)
            if called is None or called.qualified_name != "json.dumps":
                return False
            given = possible(project, value.at(dumped))
            return bool(given) and all(tells_error(project, item, status) for item in given)
    return False


def _is_failure(project: Project, node: ast.expr | None, scope: Scope) -> bool:
    """Whether the value of `status`, `success` and the like says that something failed."""
    match node:
        case ast.Constant(value=False):
            return True
        case ast.Constant(value=str(text)):
            return text.lower() in _FAILURES
    code = status_code(project, node, scope) if node is not None else None
    return code is not None and 400 <= code < 600


def _is_nothing(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _is_fault(project: Project, value: Value, *, is_expected: bool) -> bool:
    """Whether an expression is a text about a fault, whatever it is: any text where one is expected.

    What is `None` at times is part of a result that may have gone well.
    """
    if _is_of_caught(value):
        return True
    found = possible(project, value)
    return bool(found) and all(_tells_fault(item, is_expected=is_expected) for item in found)


def _is_of_caught(value: Value) -> bool:
    """Whether an expression takes something from an exception that was caught: `error.detail`."""
    node = value.node
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and _is_caught(value.scope, node.id)


def _tells_fault(value: Value, *, is_expected: bool) -> bool:
    match value.node:
        case ast.Constant(value=str(text)):
            return bool(text) and (is_expected or _sounds_wrong(text))
        case ast.JoinedStr() | ast.BinOp(op=ast.Add()):
            texts = [
                part.value
                for part in ast.walk(value.node)
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            ]
            return is_expected or _sounds_wrong(" ".join(texts))
        case ast.Call(func=ast.Name(id="str" | "repr"), args=[ast.Name(id=name)]):
            return _is_caught(value.scope, name)
        case ast.Dict() if is_expected:
            given = entries_of(value.node)
            return given is not None and not _TEXTS.isdisjoint(given)
    return False


def _sounds_wrong(text: str) -> bool:
    return _FAULT.search(text) is not None and _SUCCESS.search(text) is None


def _is_caught(scope: Scope, name: str) -> bool:
    found = scope.lookup(name)
    return found is not None and any(
        isinstance(binding, Opaque) and isinstance(binding.node, ast.ExceptHandler)
        for binding in found[1]
    )
