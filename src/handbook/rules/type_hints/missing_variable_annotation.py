"""HB037."""

import ast
import re
from collections.abc import Iterator, Sequence

from handbook.python.project.project import External
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.outline import (
    Assigned,
    Binding,
    ClassScope,
    FunctionScope,
    Opaque,
    Outline,
    Scope,
)

_COLLECTIONS = frozenset(
    f"builtins.{name}" for name in ("dict", "frozenset", "list", "set", "tuple")
)
_EMPTY_UNLESS_FILLED = frozenset(
    f"collections.{name}" for name in ("ChainMap", "Counter", "OrderedDict", "deque")
)
_ALWAYS_UNCLEAR = frozenset(
    {
        *("builtins.getattr", "builtins.next", "builtins.eval", "collections.defaultdict"),
        *("os.getenv", "os.environ.get", "importlib.import_module", "copy.copy", "copy.deepcopy"),
        *("json.load", "json.loads", "pickle.load", "pickle.loads", "tomllib.load"),
        *("tomllib.loads", "tomli.load", "tomli.loads", "yaml.load", "yaml.safe_load"),
    }
)
_FACTORY = re.compile(r"_*(?:create|make|build|new)_|.*[Ll]ogger|_*[A-Z]")
_GETENV = frozenset({"os.getenv", "os.environ.get"})
_CLASS_NAME = re.compile(r"_*[A-Z]\w*[a-z]")
_WELL_KNOWN = frozenset({"app", "application", "router"})
_READ_BY_TOOLS = frozenset(
    {
        *("model_config", "pytest_plugins", "collect_ignore", "collect_ignore_glob"),
        *("revision", "down_revision", "branch_labels", "depends_on", "target_metadata"),
    }
)
_SETTINGS_CLASSES = frozenset({"Config", "Meta"})
_NEUTRAL_BASES = frozenset(
    {
        *("abc.ABC", "typing.Generic", "typing.Protocol"),
        *("typing_extensions.Generic", "typing_extensions.Protocol"),
    }
)


class MissingVariableAnnotation(FileRule):
    """A class attribute or module variable whose type is not obvious has no annotation.

    `[]`, `{}` and `None` are beginnings: what the list will hold, or what the `None` will become,
    is known only to whoever wrote it. A call gives whatever the function returns. Module variables
    and class attributes are read from far away, so the type belongs where they are made.

    Write it between the name and the value. Where the value already shows the type, as numbers,
    strings and instances of a class do, nothing is asked for.

    Bad:

    ```python
    import os

    cache = {}  # <-
    _client = None  # <-
    ENGINE = None  # <-
    TOKEN = os.getenv("TOKEN")  # <-
    SQUARES = [number**2 for number in range(10)]  # <-


    def connect() -> None:
        global _client, ENGINE
        _client = ENGINE = object()
    ```

    Attributes of a class, with or without a base.

    ```python
    from abc import ABC


    class Registry(ABC):
        handlers = []  # <-
        parent = None  # <-
        names = set()  # <-


    class SubRegistry(Registry):
        handlers = []
        limit = None  # <-
    ```

    A function of the project, wherever it is defined, and collections that are born empty.

    ```python
    # file: app/core/loading.py
    from pathlib import Path


    def load_rates(path: Path) -> dict[str, float]:
        return {line: 1.0 for line in path.read_text().splitlines()}
    # file: app/rates.py
    from collections import Counter, defaultdict
    from pathlib import Path

    from app.core.loading import load_rates

    rates = load_rates(Path("rates.csv"))  # <-
    by_currency = defaultdict(list)  # <-
    hits = Counter()  # <-
    ```

    Good:

    ```python
    import os
    from collections import Counter

    cache: dict[str, bytes] = {}
    TOKEN: str | None = os.getenv("TOKEN")
    hits: Counter[str] = Counter()


    class Registry:
        parent: "Registry | None" = None
        limit = 100
        name = "main"
    ```

    Values that show their type, and the well-known makers of well-known things.

    ```python
    import logging
    import re

    from fastapi import APIRouter, FastAPI
    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        debug: bool = False


    def create_app() -> FastAPI:
        return FastAPI()


    app = create_app()
    settings = Settings()
    router = APIRouter()
    logger = logging.getLogger(__name__)
    WORD = re.compile(r"\\w+")
    WEEKDAYS = ("Monday", "Tuesday")
    PORTS = {"http": 80, "https": 443}
    NULL = None
    ```

    Names whose type somebody else gives: a library's base class, an enum, an annotation elsewhere.

    ```python
    import enum

    from sqladmin import ModelView
    from sqlalchemy.orm import DeclarativeBase, relationship

    try:
        import uvloop
    except ImportError:
        uvloop = None

    __all__ = []


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"
        orders = relationship("Order")


    class UserAdmin(ModelView):
        column_list = []


    class Missing(enum.Enum):
        NOTHING = None


    limit: int | None
    limit = None
    ```
    """

    code = "HB037"
    level = Level.STRICT

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report variables of the module and of its classes whose type is to be guessed."""
        outline = file.outline
        yield from _check_scope(file, outline, [*_statements(outline.body)])
        for definition in outline.definitions:
            if isinstance(definition, ClassScope):
                yield from _check_scope(file, definition, definition.body)


def _check_scope(
    file: SourceFile, scope: Scope, statements: Sequence[ast.stmt]
) -> Iterator[Finding]:
    seen: set[str] = set()
    may_report: bool | None = None
    for node in statements:
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if not isinstance(target, ast.Name) or target.id in seen:
                continue
            seen.add(target.id)
            if target.id in _WELL_KNOWN and isinstance(node.value, ast.Call):
                continue
            if not _may_be_unclear(node.value) or not _is_asked_of(scope, target.id):
                continue
            if isinstance(node.value, ast.Constant) and _stays_none(scope, target.id):
                continue
            if may_report is None:
                may_report = not isinstance(scope, ClassScope) or _is_own_master(file, scope)
            if (
                may_report
                and _is_unclear(file, scope, scope.bindings[target.id])
                and not _is_given_by_base(file, scope, target.id)
                and not _has_type_comment(file, node)
            ):
                yield Finding(target, _message(target.id, node.value))


def _message(name: str, value: ast.expr) -> str:
    match value:
        case ast.Constant(value=None):
            better = f"{name}: X | None = None"
        case ast.List() | ast.Dict() | ast.Tuple():
            better = f"{name}: … = {ast.unparse(value)}"
        case _:
            better = f"{name}: … = …"
    return f"the value of `{name}` does not show its type: write `{better}`"


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that give a module its names: those of loops and of scripts do not."""
    for node in body:
        match node:
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
                yield from _statements(node.orelse)
            case ast.If():
                yield from _statements([*node.body, *node.orelse])
            case ast.Try() | ast.TryStar():
                yield from _statements(node.body)
                for handler in node.handlers:
                    yield from _statements(handler.body)
                yield from _statements([*node.orelse, *node.finalbody])
            case ast.With():
                yield from _statements(node.body)
            case _:
                yield node


def _may_be_unclear(value: ast.expr) -> bool:
    """Whether a value is of a kind that can hide its type."""
    match value:
        case ast.Constant(value=None):
            return True
        case ast.List(elts=[]) | ast.Tuple(elts=[]) | ast.Dict(keys=[]):
            return True
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return True
        case ast.Call(func=ast.Name() | ast.Attribute()):
            return True
    return False


def _is_asked_of(scope: Scope, name: str) -> bool:
    """Whether a name is one that needs a type at all."""
    if name.startswith("__") or name in _READ_BY_TOOLS or name == "_":
        return False
    for binding in scope.bindings.get(name, ()):
        match binding:
            case Assigned(node=ast.Assign()):
                pass
            case Opaque(node=ast.Global() | ast.Name()):
                pass
            case _:
                return False
    return not _CLASS_NAME.match(name)


def _is_unclear(file: SourceFile, scope: Scope, bindings: Sequence[Binding]) -> bool:
    """Whether no assignment shows the type."""
    return all(
        _hides_type(file, scope, binding.value)
        for binding in bindings
        if isinstance(binding, Assigned) and binding.value is not None
    )


def _stays_none(scope: Scope, name: str) -> bool:
    """Whether it is a constant of a module, whose `None` becomes nothing else."""
    return isinstance(scope, Outline) and name.isupper() and len(scope.bindings[name]) == 1


def _hides_type(file: SourceFile, scope: Scope, value: ast.expr) -> bool:
    if not isinstance(value, ast.Call):
        return _may_be_unclear(value)
    symbol = file.project.resolve_expression(value.func, scope)
    if isinstance(symbol, FunctionScope):
        is_plain = isinstance(symbol.parent, Outline) and not _FACTORY.match(symbol.name)
        return is_plain and not _wraps(file, scope, value)
    if not isinstance(symbol, External):
        return False
    name = symbol.qualified_name
    if name in _COLLECTIONS:
        return not value.args and not value.keywords
    if name in _EMPTY_UNLESS_FILLED:
        return not value.args
    if name in _GETENV and len(value.args) > 1:
        return isinstance(value.args[1], ast.Constant) and value.args[1].value is None
    return name in _ALWAYS_UNCLEAR


def _wraps(file: SourceFile, scope: Scope, call: ast.Call) -> bool:
    """Whether a call is handed a function or class, as a decorator is."""
    symbols = (file.project.resolve_expression(argument, scope) for argument in call.args)
    return any(isinstance(symbol, FunctionScope | ClassScope) for symbol in symbols)


def _is_own_master(file: SourceFile, class_: ClassScope) -> bool:
    """Whether nothing but the project's own classes can say what the attributes of a class are."""
    if class_.name in _SETTINGS_CLASSES and isinstance(class_.parent, ClassScope):
        return False
    if any(
        keyword.arg != "metaclass" or not _is_abc_meta(keyword.value)
        for keyword in class_.node.keywords
    ):
        return False
    for symbol in file.project.ancestry(class_):
        if isinstance(symbol, External):
            name = symbol.qualified_name
            if name not in _NEUTRAL_BASES and not name.startswith("builtins."):
                return False
        elif not isinstance(symbol, ClassScope):
            return False
    return True


def _is_abc_meta(node: ast.expr) -> bool:
    match node:
        case ast.Name(id="ABCMeta") | ast.Attribute(attr="ABCMeta"):
            return True
    return False


def _is_given_by_base(file: SourceFile, scope: Scope, name: str) -> bool:
    """Whether a class that this one inherits from has an attribute of the name."""
    if not isinstance(scope, ClassScope):
        return False
    return any(
        isinstance(symbol, ClassScope) and symbol is not scope and name in symbol.bindings
        for symbol in file.project.ancestry(scope)
    )


def _has_type_comment(file: SourceFile, node: ast.stmt) -> bool:
    line = file.lines[(node.end_lineno or node.lineno) - 1]
    _, found, comment = line.partition("# type:")
    return bool(found) and not comment.strip().startswith("ignore")
