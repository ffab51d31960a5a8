"""Whether what a function says it returns is what a response model promises."""

import sys
from collections.abc import Iterable

from handbook.knowledge.pydantic.schemas import is_schema
from handbook.knowledge.sqlalchemy.models import inherits_declarative_base
from handbook.python.project.project import External, Project
from handbook.python.types.normalized import (
    ANY,
    ELLIPSIS,
    NEVER,
    OBJECT,
    UNKNOWN,
    Form,
    Literal,
    Named,
    generic_bases,
    members_of,
)
from handbook.syntax.outline import ClassScope

_LIBRARIES = frozenset(
    {"fastapi", "pydantic", "pydantic_settings", "sqlalchemy", "sqlmodel", "starlette"}
)
"""Libraries whose classes are known well enough to tell one from another by its name."""
_BASES = {
    "builtins.bool": "builtins.int",
    "builtins.int": "builtins.float",
    "builtins.float": "builtins.complex",
    "collections.OrderedDict": "builtins.dict",
    "collections.defaultdict": "builtins.dict",
    "collections.Counter": "builtins.dict",
    "collections.deque": "builtins.list",
    "datetime.datetime": "datetime.date",
    "enum.IntEnum": "builtins.int",
    "enum.IntFlag": "builtins.int",
    "enum.StrEnum": "builtins.str",
    "typing.NamedTuple": "builtins.tuple",
    "typing.TypedDict": "builtins.dict",
}
"""Classes that are, or are taken for, a kind of another one."""
_DEEPEST = 30


def agrees(
    project: Project, given: Form, promised: Form, *, allow_any: bool = True
) -> bool | None:
    """Whether all that `given` allows is allowed by `promised` too; `None` where it is not certain.

    A subclass agrees with its base, and so do containers of them; `X` agrees with `X | None`. A
    generic without arguments agrees with any arguments. `Any` as `given` agrees with everything,
    unless `allow_any` is off.
    """
    if given == promised or promised in (ANY, OBJECT):
        return True
    if given == ANY:
        return allow_any
    return _all(
        _any(_fits(project, part, choice, allow_any, 0) for choice in members_of(promised))
        for part in members_of(given)
    )


def _all(answers: Iterable[bool | None]) -> bool | None:
    found = list(answers)
    return False if False in found else None if None in found else True


def _any(answers: Iterable[bool | None]) -> bool | None:
    found = list(answers)
    return True if True in found else None if None in found else False


def _fits(
    project: Project,
    given: Named | Literal,
    promised: Named | Literal,
    allow_any: bool,
    depth: int,
) -> bool | None:
    """Whether one class or literal agrees with another one."""
    if given == promised or given == NEVER or promised in (ANY, OBJECT):
        return True
    if UNKNOWN in (given, promised) or depth > _DEEPEST:
        return None
    if given == ANY:
        return allow_any
    if isinstance(given, Literal):
        if isinstance(promised, Literal):
            return given.values <= promised.values
        types = {Named(External(f"builtins.{name}")) for name, _ in given.values}
        return _all(_fits(project, type_, promised, allow_any, depth + 1) for type_ in types)
    if isinstance(promised, Literal):
        return None if isinstance(given.symbol, ClassScope) else False
    if _is_same(given, promised):
        return _arguments_fit(project, given, promised, allow_any)
    if isinstance(given.symbol, ClassScope):
        if _is_row_for_schema(project, given.symbol, promised):
            return False
        bases = [base for form in generic_bases(project, given) for base in members_of(form)]
        return _any(
            _fits(project, base, promised, allow_any, depth + 1)
            for base in (*bases, OBJECT)
            if not _is_foreign(base, promised)
        )
    base = _BASES.get(given.name)
    if base is not None:
        above = Named(External(base), given.arguments)
        return _fits(project, above, promised, allow_any, depth + 1)
    if given == OBJECT:
        return False
    return False if _is_told_apart(given) and _is_told_apart(promised) else None


def _is_row_for_schema(project: Project, class_: ClassScope, promised: Named) -> bool:
    """Whether a row of the database stands for a schema: also with a base that a call makes."""
    return (
        isinstance(promised.symbol, ClassScope)
        and is_schema(project, promised.symbol)
        and inherits_declarative_base(project, class_)
    )


def _is_foreign(base: Named | Literal, promised: Named | Literal) -> bool:
    """Whether a base is a library's, and so no kind of a class of the project."""
    return (
        isinstance(base, Named)
        and base != UNKNOWN
        and isinstance(base.symbol, External)
        and isinstance(promised, Named)
        and isinstance(promised.symbol, ClassScope)
    )


def _is_same(one: Named, other: Named) -> bool:
    return one.symbol is other.symbol or (
        isinstance(one.symbol, External) and one.symbol == other.symbol
    )


def _arguments_fit(
    project: Project, given: Named, promised: Named, allow_any: bool
) -> bool | None:
    ours, theirs = given.arguments, promised.arguments
    if not ours or not theirs:
        return True
    if given.name == "builtins.tuple" and theirs[-1] == ELLIPSIS:
        ours = ours[:-1] if ours[-1] == ELLIPSIS else ours
        theirs = theirs[:1] * len(ours)
    if len(ours) != len(theirs):
        return False if given.name == "builtins.tuple" else None
    return _all(
        agrees(project, one, other, allow_any=allow_any)
        for one, other in zip(ours, theirs, strict=True)
    )


def _is_told_apart(form: Named) -> bool:
    """Whether a class of another name surely is another class, and not a kind of it."""
    if isinstance(form.symbol, ClassScope):
        return True
    top = form.name.partition(".")[0]
    if form.name.startswith(("typing.", "collections.abc.", "numbers.")):
        return form.name in ("typing.Generic", "typing.Protocol")
    return top in sys.stdlib_module_names or top in _LIBRARIES
