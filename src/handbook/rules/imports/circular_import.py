"""HB054."""

import os
from collections.abc import Iterator

from handbook.python.project.import_candidates import candidates
from handbook.python.project.import_cycles import Cut, cuts
from handbook.python.project.import_graph import Edge, import_graph
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.outline import Outline
from handbook.violation import Related, Severity

_LAYERS = (
    "config",
    "models",
    "schemas",
    "repository",
    "service",
    "dependencies",
    "router",
    "main",
)


class CircularImport(FileRule):
    """Modules import each other in a cycle at import time.

    Whichever of them is imported first finds the other one half done: its names are not there yet,
    and `ImportError: cannot import name … from partially initialized module` comes up, or does not,
    depending on who imported what before. Every new import may tip the balance.

    The import that is reported is the one to cut: it points from a lower layer to a higher one
    (`config`, `models`, `schemas`, `repository`, `service`, `dependencies`, `router`, `main`), lies
    on more cycles than the others, or was put below definitions. Move what both sides need into a
    module of its own, or hand it in as a parameter. An import that only annotations need belongs
    under `if TYPE_CHECKING`.

    Bad:

    Of two modules, the one that has no business with the other.

    ```python
    # file: app/users/models.py
    from app.users.service import UserService  # <-


    class User:
        service = UserService
    # file: app/users/service.py
    from app.users.models import User


    class UserService:
        def create(self) -> User:
            return User()
    ```

    Through others, and through a package that hands on names.

    ```python
    # file: app/__init__.py
    # file: app/orders/__init__.py
    from .invoices import Invoice

    __all__ = ["Invoice"]
    # file: app/orders/invoices.py
    from app.orders.numbers import next_number


    class Invoice:
        number = next_number()
    # file: app/orders/numbers.py
    import app.customers  # <-


    def next_number() -> int:
        return len(app.customers.NAMES)
    # file: app/customers.py
    from app.orders import Invoice

    NAMES: list[Invoice] = []
    ```

    A name of the package itself, which is not there before its imports are done.

    ```python
    # file: app/__init__.py
    from app.server import serve

    VERSION = "1.0"
    # file: app/server.py
    from app import VERSION  # <-


    def serve() -> str:
        return VERSION
    ```

    An import that was moved down, until it worked.

    ```python
    # file: app/base.py
    class Base: ...


    from app.users import User  # <-

    ALL: list[type[Base]] = [User]
    # file: app/users.py
    from app.base import Base


    class User(Base): ...
    ```

    Good:

    What runs later, or never, closes no circle.

    ```python
    # file: app/users/models.py
    from typing import TYPE_CHECKING

    if TYPE_CHECKING:
        from app.users.service import UserService


    class User:
        service: "UserService"
    # file: app/users/service.py
    from app.users.models import User


    class UserService:
        def create(self) -> User:
            return User()

        def report(self) -> str:
            from app.users.reports import write

            return write()
    # file: app/users/reports.py
    from app.users.service import UserService


    def write() -> str:
        return UserService.__name__
    ```

    A package begins to run before its modules do: these may ask it for each other, and for names
    that are there by then.

    ```python
    # file: app/__init__.py
    VERSION = "1.0"

    from app.models import User
    from app.service import USERS

    __all__ = ["USERS", "VERSION", "User"]
    # file: app/models.py
    class User: ...
    # file: app/service.py
    import app.models
    from app import VERSION, User, models

    USERS = [User(), models.User(), app.models.User(), VERSION]
    ```

    A module may have the name of the package that its folder is in, which has no `__init__.py`.

    ```python
    # file: app/__init__.py
    # file: app/v1/app.py
    from app.v1.schemas.read import User

    USERS: list[User] = []
    # file: app/v1/schemas/__init__.py
    # file: app/v1/schemas/base.py
    class Base: ...
    # file: app/v1/schemas/read.py
    from app.v1.schemas.base import Base


    class User(Base): ...
    ```

    A script may import what imports it.

    ```python
    # file: app/tasks.py
    NAMES = ["clean"]

    if __name__ == "__main__":
        from app.worker import run

        run()
    # file: app/worker.py
    from app.tasks import NAMES


    def run() -> None:
        print(NAMES)
    ```
    """

    code = "HB054"
    level = Level.ESSENTIAL
    preview = True
    severity = Severity.ERROR
    needs = frozenset({"import"})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the imports of the file that close a cycle."""
        for cut in import_cuts(file.project, file.outline.path).get(file.outline.path, ()):
            imported = cut.edge.imported[0]
            names = " → ".join(_names(file.project, cut))
            message = f"circular import, {names}: remove this import"
            yield Finding(imported.alias, message, related=_related(file, cut))


def import_cuts(project: Project, path: str) -> dict[str, list[Cut]]:
    """The imports to cut so that no cycle is left through a module, by the path that has them."""
    among = candidates(project, path, at_run_time=False)
    return project.fact(("import cuts", among), lambda: _find(project, among)) if among else {}


def _find(project: Project, among: frozenset[str]) -> dict[str, list[Cut]]:
    graph = import_graph(project, among)
    layers = {path: _layer(project.roles_at(path)) for path in graph}

    def rank(edge: Edge) -> int:
        """How many layers an import climbs; less than none for a package's own modules."""
        if os.path.basename(edge.source).startswith("__init__.") and edge.target.startswith(
            os.path.dirname(edge.source) + os.sep
        ):
            return -1
        source, target = layers[edge.source], layers[edge.target]
        return max(target - source, 0) if source is not None and target is not None else 0

    found: dict[str, list[Cut]] = {}
    for cut in cuts(graph, rank):
        found.setdefault(cut.edge.source, []).append(cut)
    return found


def _layer(roles: frozenset[str]) -> int | None:
    return next((index for index, role in enumerate(_LAYERS) if role in roles), None)


def _names(project: Project, cut: Cut) -> Iterator[str]:
    for path in cut.cycle:
        outline = project.outline(path)
        if outline is not None:
            yield _name(project, outline)


def _name(project: Project, outline: Outline) -> str:
    """The dotted name of a module; where folders above it are packages again, from the topmost."""
    packages = {
        os.path.dirname(path)
        for path in project.paths
        if os.path.basename(path).startswith("__init__.")
    }
    top = folder = outline.root
    while folder.startswith(project.root):
        if folder in packages:
            top = os.path.dirname(folder)
        folder = os.path.dirname(folder)
    above = os.path.relpath(outline.root, top).replace(os.sep, ".")
    return outline.module if above == "." else f"{above}.{outline.module}"


def _related(file: SourceFile, cut: Cut) -> list[Related]:
    """Where the other imports of the cycle stand."""
    among = candidates(file.project, file.outline.path, at_run_time=False)
    graph = import_graph(file.project, among)
    found: list[Related] = []
    for source, target in zip(cut.cycle[1:], cut.cycle[2:], strict=False):
        outline = file.project.outline(source)
        edge = graph[source].get(target)
        if outline is not None and edge is not None:
            other = SourceFile(source, outline, file.project)
            span = other.span(edge.imported[0].node)
            found.append(Related(source, span, f"`{outline.module}` imports the next module"))
    return found
