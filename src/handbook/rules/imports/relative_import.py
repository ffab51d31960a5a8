"""HB051."""

import ast
import os
import re
from collections.abc import Iterator

from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Draft, FileRule, Finding
from handbook.rules.imports._run_names import other_name
from handbook.syntax.outline import Outline
from handbook.violation import Applicability, Span

_FROM = re.compile(
    r"from\s*(\.(?:\s*\.)*(?:\s*[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*)?)(?=\s*import\b)"
)


class RelativeImport(FileRule):
    """A relative import is used instead of an absolute one.

    `from ..core import db` says where a module lies as seen from here: it cannot be searched for,
    it breaks when the file moves, and it fails as soon as the file is run as a script. The full
    name is the same in every file.

    Write `from app.core import db`. Only the `__init__.py` of a package may import from its own
    modules with a single dot, to hand their names on. Two dots are reported there, too.

    Bad:

    ```python
    # file: app/__init__.py
    # file: app/core/__init__.py
    # file: app/core/database.py
    def get_session() -> str:
        return "session"
    # file: app/users/__init__.py
    # file: app/users/models.py
    class User: ...
    # file: app/users/service.py
    from ..core import database  # <-
    from ..core.database import get_session as open_session  # <-
    from .models import User  # <-


    def find() -> tuple[User, str]:
        return User(), database.get_session() + open_session()
    ```

    Fixed:

    ```python
    # file: app/__init__.py
    # file: app/core/__init__.py
    # file: app/core/database.py
    def get_session() -> str:
        return "session"
    # file: app/users/__init__.py
    # file: app/users/models.py
    class User: ...
    # file: app/users/service.py
    from app.core import database
    from app.core.database import get_session as open_session
    from app.users.models import User


    def find() -> tuple[User, str]:
        return User(), database.get_session() + open_session()
    ```

    Bad:

    A folder without an `__init__.py`: what others call the package within tells its full name.

    ```python
    # file: app/__init__.py
    # file: app/main.py
    from app.v1.schemas.users import User

    USERS: list[User] = []
    # file: app/v1/schemas/__init__.py
    # file: app/v1/schemas/base.py
    class Base: ...
    # file: app/v1/schemas/users.py
    from .base import Base  # <-


    class User(Base): ...
    ```

    Fixed:

    ```python
    # file: app/__init__.py
    # file: app/main.py
    from app.v1.schemas.users import User

    USERS: list[User] = []
    # file: app/v1/schemas/__init__.py
    # file: app/v1/schemas/base.py
    class Base: ...
    # file: app/v1/schemas/users.py
    from app.v1.schemas.base import Base


    class User(Base): ...
    ```

    Bad:

    Neither `TYPE_CHECKING` nor a function is an excuse, and a package reaches into itself only.

    ```python
    # file: app/__init__.py
    # file: app/settings.py
    DEBUG = False
    # file: app/users/__init__.py
    from ..settings import DEBUG  # <-
    from .models import User

    __all__ = ["DEBUG", "User"]
    # file: app/users/models.py
    from typing import TYPE_CHECKING

    if TYPE_CHECKING:
        from . import service  # <-


    class User:
        def save(self) -> "service.Saved":
            from .service import Saved  # <-

            return Saved()
    # file: app/users/service.py
    class Saved: ...
    ```

    A script, a folder that is no package, more dots than there are packages.

    ```python
    # file: tools/check.py
    from .helpers import run  # <-
    from ...outside import walk  # <-

    run(walk)
    ```

    Good:

    ```python
    # file: app/users/service.py
    import time

    from app.core.database import get_session
    from app.users.models import User


    def find() -> tuple[User, float, str]:
        return User(), time.time(), get_session()
    ```

    A package hands on the names of its own modules.

    ```python
    # file: app/users/__init__.py
    from . import models
    from .service import find_user

    __all__ = ["find_user", "models"]
    ```

    Dots that are no import statement.

    ```python
    # file: app/plugins.py
    import importlib

    TEMPLATE = '''
    from .models import User
    '''
    # from . import generated
    generated = importlib.import_module(".generated", package=__name__)
    ```
    """

    code = "HB051"
    overlaps = ("TID252",)

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report import statements with dots."""
        seen: set[int] = set()
        for imported in file.outline.imports:
            node = imported.node
            if not isinstance(node, ast.ImportFrom) or not node.level or id(node) in seen:
                continue
            seen.add(id(node))
            if node.level > 1 or not file.outline.is_package:
                place = _place(file, node)
                name = _full_name(file, node)
                yield Finding(place, _message(node, name), _fixes(file, node, name, place))


def _full_name(file: SourceFile, node: ast.ImportFrom) -> str:
    """The full name of the module that is imported; empty where it lies outside of all packages."""
    outline = file.outline
    name = outline.absolute(node.module, node.level)
    if not name or outline.root in file.project.source_roots:
        return name
    top, dot, below = name.partition(".")
    return _name_of_package(file.project, outline.root, top) + dot + below


def _name_of_package(project: Project, folder: str, name: str) -> str:
    """What imports call a package in a folder that is no source root.

    The folder may be part of a package that lies further up, with no `__init__.py` of its own.
    """
    package = os.path.join(folder, name, "__init__.py")

    def find() -> str:
        names = {
            found
            for outline in project.mentioning(name)
            for found in _names_in(project, outline, package, name)
        }
        return name if name in names else min(sorted(names), key=len, default=name)

    return project.fact(("name of package", package), find)


def _names_in(project: Project, outline: Outline, package: str, last: str) -> Iterator[str]:
    """What the imports of a module without dots call a package, its last name given."""
    for imported in outline.imports:
        parts = imported.target.split(".")
        is_relative = isinstance(imported.node, ast.ImportFrom) and imported.node.level
        if last in parts and not is_relative:
            name = ".".join(parts[: parts.index(last) + 1])
            if project.locate(name, project.start(name, outline)) == package:
                yield name


def _message(node: ast.ImportFrom, absolute: str) -> str:
    written = "." * node.level + (node.module or "")
    if not absolute:
        # Out of all packages that are known: perhaps to one without an `__init__.py`.
        return f"`{written}` is relative: write the full name of the module"
    return f"`{written}` is relative: write `from {absolute} import …`"


def _fixes(file: SourceFile, node: ast.ImportFrom, absolute: str, place: Span) -> list[Draft]:
    if not absolute or not _is_found(file, node, absolute) or place == file.span(node):
        return []
    is_root = file.outline.root in file.project.source_roots
    other = other_name(file.project, file.outline) if is_root else None
    is_safe = is_root and other is None
    applicability = Applicability.SAFE if is_safe else Applicability.UNSAFE
    line = file.lines[place.start.line - 1]
    # `from.x import y` and `from .import x` need no spaces; a full name does.
    before = "" if line[: place.start.column].endswith((" ", "\t", "\f")) else " "
    after = " " if line[place.end.column :].startswith("import") else ""
    known = f", though something calls the package `{other}`" if other is not None else ""
    draft = Draft(file, f"Import from `{absolute}`{known}", applicability)
    return [draft.replace(place, f"{before}{absolute}{after}")]


def _is_found(file: SourceFile, node: ast.ImportFrom, absolute: str) -> bool:
    """Whether the full name surely leads to the module that the dots lead to."""
    outline = file.outline
    top = file.project.locate(absolute.partition(".")[0], outline.root)
    if top is None or not top.endswith("__init__.py"):
        return False
    target = os.path.dirname(outline.path)
    for _ in range(node.level - 1):
        target = os.path.dirname(target)
    target = os.path.join(target, *(node.module or "").split("."))
    found = file.project.locate(absolute, outline.root) or ""
    return found in (f"{target}.py", os.path.join(target, "__init__.py"))


def _place(file: SourceFile, node: ast.ImportFrom) -> Span:
    """Where the dots and the name after them stand."""
    start = file.span(node).start
    found = _FROM.match(file.lines[start.line - 1], start.column)
    if found is None:  # a backslash on the way
        return file.span(node)
    return Span.of(start.line, found.start(1), start.line, found.end(1))
