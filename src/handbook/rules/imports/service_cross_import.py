"""HB055."""

import os
from collections.abc import Iterator
from itertools import pairwise

from handbook.python.project.import_candidates import candidates
from handbook.python.project.import_cycles import components, shortest_way
from handbook.python.project.import_graph import Edge, Graph, import_graph
from handbook.python.project.project import Project, Variable
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.outline import ClassScope, FunctionScope, Imported, Outline
from handbook.violation import Related

_FOLDERS = frozenset({"service", "services", "use_cases", "usecases"})
_OTHER_ROLES = frozenset(
    {
        *("test", "script", "schemas", "models", "repository", "dependencies", "config"),
        *("exceptions", "constants"),
    }
)
_SHARED = frozenset({"base", "common", "utils", "helpers", "types", "registry"})
"""Names of modules in a folder of services that belong to no domain."""


class ServiceCrossImport(FileRule):
    """The services of two domains import each other.

    Each of the two can then only be understood, tested and changed together with the other, and the
    next import between them may be one that Python cannot carry out. An import within a function
    only hides that.

    Let one of the two do without the other: hand in what it needs as a parameter, move what both
    need into a service of its own, or let whoever calls them, a route or a task, put them together.

    Bad:

    ```python
    # file: app/users/service.py
    from app.orders.service import OrderService  # <-


    class UserService:
        def count_orders(self, user_id: int) -> int:
            return OrderService().count(user_id)
    # file: app/orders/service.py
    class OrderService:
        def count(self, user_id: int) -> int:
            from app.users.service import UserService  # <-

            return UserService().count_orders(user_id)
    ```

    One import, however many names it brings.

    ```python
    # file: app/users/service.py
    from app.orders.service import (
        count,  # <-
        place,
    )


    def order(name: str) -> int:
        place(name)
        return count()
    # file: app/orders/service.py
    from app.users.service import order  # <-

    NAMES: list[str] = []


    def place(name: str) -> None:
        NAMES.append(name)


    def count() -> int:
        return len(NAMES) or order("first")
    ```

    Through the service of a third domain; by the module, and by its full name.

    ```python
    # file: app/users/service.py
    from app.orders import service as orders  # <-


    def count(user_id: int) -> int:
        return orders.count(user_id)
    # file: app/orders/service.py
    import app.bills.service  # <-


    def count(user_id: int) -> int:
        return app.bills.service.count(user_id)
    # file: app/bills/service.py
    from app.users.service import count as count_all  # <-


    def count(user_id: int) -> int:
        return count_all(user_id)
    ```

    By the names that the packages of the domains hand on.

    ```python
    # file: app/users/__init__.py
    from app.users.service import count_users

    __all__ = ["count_users"]
    # file: app/users/service.py
    from app.orders import count_orders  # <-


    def count_users() -> int:
        return count_orders()
    # file: app/orders/__init__.py
    from app.orders.service import count_orders

    __all__ = ["count_orders"]
    # file: app/orders/service.py
    def count_orders() -> int:
        from app.users import count_users  # <-

        return count_users()
    ```

    Where all services lie in one folder, each is a domain of its own.

    ```python
    # file: app/__init__.py
    # file: app/services/__init__.py
    # file: app/services/users.py
    from app.services import orders  # <-


    def count() -> int:
        return orders.count()
    # file: app/services/orders/__init__.py
    from app.services.orders.counting import count

    __all__ = ["count"]
    # file: app/services/orders/counting.py
    def count() -> int:
        from app.services.users import count as count_all  # <-

        return count_all()
    ```

    Good:

    One way only.

    ```python
    # file: app/users/service.py
    from app.orders.service import OrderService


    class UserService:
        def count_orders(self, user_id: int) -> int:
            return OrderService().count(user_id)
    # file: app/orders/service.py
    from typing import TYPE_CHECKING

    if TYPE_CHECKING:
        from app.users.service import UserService


    class OrderService:
        def count(self, user_id: int, users: "UserService | None" = None) -> int:
            return user_id
    ```

    The modules of one domain may know each other, and so may a domain and its parts.

    ```python
    # file: app/__init__.py
    # file: app/users/__init__.py
    # file: app/users/service.py
    def create() -> int:
        from app.users.password_service import reset

        return reset()
    # file: app/users/password_service.py
    def reset() -> int:
        from app.users.roles.service import grant

        return grant()
    # file: app/users/roles/__init__.py
    # file: app/users/roles/service.py
    def grant() -> int:
        from app.users.service import create

        return create()
    ```

    Two folders of services have each a part of the same domain.

    ```python
    # file: app/services/orders/placing.py
    def place() -> int:
        return 1
    # file: app/api/services/orders/answers.py
    from app.services.orders.paying import pay


    def answer() -> int:
        return pay()
    # file: app/services/orders/paying.py
    def pay() -> int:
        from app.api.services.orders.answers import answer

        return answer()
    ```

    What all services inherit belongs to no domain.

    ```python
    # file: app/services/base.py
    class Service:
        def others(self) -> list[type["Service"]]:
            from app.services.users import UserService

            return [UserService]
    # file: app/services/users.py
    from app.services.base import Service


    class UserService(Service): ...
    ```

    Models that know each other, and what is no service, are for other rules.

    ```python
    # file: app/users/models.py
    def orders() -> list[str]:
        from app.orders.models import NAMES

        return NAMES
    # file: app/orders/models.py
    NAMES: list[str] = []


    def users() -> list[str]:
        from app.users.models import orders

        return orders()
    ```
    """

    code = "HB055"
    level = Level.STRICT
    needs = frozenset({"import"})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the imports by which a service leads to itself through that of another domain."""
        if not _is_service(file.project, file.outline):
            return
        among = candidates(file.project, file.outline.path, at_run_time=True)
        seen: set[int] = set()
        for edge, circle in _cross_imports(file.project, among).get(file.outline.path, ()):
            by_statement = {id(imported.node): imported for imported in reversed(edge.imported)}
            for imported in by_statement.values():
                if id(imported) not in seen:
                    seen.add(id(imported))
                    yield _finding(file, imported, circle, among)


def _finding(
    file: SourceFile, imported: Imported, circle: list[Outline], among: frozenset[str]
) -> Finding:
    names = " → ".join(f"`{outline.module}`" for outline in circle)
    message = f"services of two domains import each other, {names}: inject one into the other"
    graph = _services(file.project, among)
    related: list[Related] = []
    for source, target in pairwise(circle[1:]):
        node = graph[source.path][target.path].imported[0].node
        span = SourceFile(source.path, source, file.project).span(node)
        related.append(Related(source.path, span, f"`{source.module}` imports the next service"))
    return Finding(imported.alias, message, related=related)


def _cross_imports(
    project: Project, among: frozenset[str]
) -> dict[str, list[tuple[Edge, list[Outline]]]]:
    """The imports of other domains' services that lead back, with the circle, by module."""

    def find() -> dict[str, list[tuple[Edge, list[Outline]]]]:
        graph = _services(project, among)
        outlines = {path: outline for path in among if (outline := project.outline(path))}
        found: dict[str, list[tuple[Edge, list[Outline]]]] = {}
        for circle in components(graph, graph.keys()):
            neighbours = {path: [to for to in graph[path] if to in circle] for path in circle}
            for source, targets in neighbours.items():
                for target in targets:
                    if _are_apart(_domain_of(project, source), _domain_of(project, target)):
                        way = [source, *shortest_way(neighbours, target, source)]
                        found.setdefault(source, []).append(
                            (graph[source][target], [outlines[path] for path in way])
                        )
        return found

    return project.fact(("service cross imports", among), find) if among else {}


def _services(project: Project, among: frozenset[str]) -> Graph:
    """The imports between the service modules of a project."""

    def find() -> Graph:
        graph = import_graph(project, among, at_run_time=True)
        services = {
            path
            for path in graph
            if (outline := project.outline(path)) and _is_service(project, outline)
        }
        found: Graph = {path: {} for path in services}
        for path in services:
            for edge in graph[path].values():
                for imported in edge.imported:
                    is_service = edge.target in services
                    target = edge.target if is_service else _origin(project, edge, imported)
                    if target in services and target != path:
                        known = found[path].get(target, Edge(path, target, ()))
                        found[path][target] = known._replace(imported=(*known.imported, imported))
        return found

    return project.fact(("service imports", among), find)


def _origin(project: Project, edge: Edge, imported: Imported) -> str | None:
    """The module that a name is from which a package only hands on."""
    package, importer = project.outline(edge.target), imported.scope.outline
    if package is None or not package.is_package or imported.name is None:
        return None
    if project.locate(imported.module, project.start(imported.module, importer)) != edge.target:
        return None
    symbol = project.resolve_name([imported.alias.asname or imported.name], imported.scope)
    match symbol:
        case ClassScope() | FunctionScope():
            return symbol.outline.path
        case Variable():
            return symbol.scope.outline.path
    return None


def _is_service(project: Project, outline: Outline) -> bool:
    """Whether a module is the service of a domain; the folder of all services is none."""
    roles = project.roles(outline)
    if "service" not in roles or roles & _OTHER_ROLES or "cli" in outline.module.split("."):
        return False
    return outline.name not in _SHARED and not (outline.is_package and outline.name in _FOLDERS)


def _are_apart(one: str, other: str) -> bool:
    """Whether two domains are not the same, and neither is a part of the other.

    In two folders of services, those of one name serve one domain.
    """
    last = one.split("/")[-2:]
    if last == other.split("/")[-2:] and last[0] in _FOLDERS:
        return False
    return not f"{one}/".startswith(f"{other}/") and not f"{other}/".startswith(f"{one}/")


def _domain_of(project: Project, path: str) -> str:
    """The domain of a service: its folder, or in a folder of services the next part of its path."""
    parts = os.path.relpath(path, project.root).removesuffix(".py").split(os.sep)
    for index, part in enumerate(parts[:-1]):
        if part in _FOLDERS:
            return "/".join(parts[: index + 2])
    return "/".join(parts[:-1])
