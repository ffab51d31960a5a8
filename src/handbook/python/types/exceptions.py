"""Which classes are exceptions."""

import builtins

from handbook.python.project.project import External, Project, Symbol
from handbook.syntax.names import Names
from handbook.syntax.outline import ClassScope

BUILTIN_EXCEPTIONS: Names = Names(
    f"builtins.{name}"
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)
_MODULES = (
    *("fastapi.exceptions", "starlette.exceptions", "sqlalchemy.exc", "jwt.exceptions"),
    *("fastapi", "httpx", "requests.exceptions", "pydantic"),
)
_ENDINGS = ("Error", "Exception")


def is_exception(project: Project, symbol: Symbol | None) -> bool:
    """Whether something surely is a class of exceptions: one of the project or a well-known one."""
    match symbol:
        case External(qualified_name=name):
            module, _, last = name.rpartition(".")
            known = module in _MODULES and last.endswith(_ENDINGS)
            return name in BUILTIN_EXCEPTIONS or known
        case ClassScope():
            return any(
                is_exception(project, base)
                for base in project.ancestry(symbol)
                if isinstance(base, External)
            )
    return False
