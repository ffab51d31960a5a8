"""HB053."""

import ast
from collections.abc import Iterator, Sequence

from handbook.fixes.import_text import member_key
from handbook.python.project.import_candidates import candidates
from handbook.python.project.import_cycles import components
from handbook.python.project.import_graph import import_graph
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Draft, FileRule, Finding, Level
from handbook.rules.imports._module_uses import ModuleUse, leads_elsewhere, uses_of
from handbook.syntax.outline import Imported, Outline, own_nodes
from handbook.violation import Applicability


class WholeModuleImport(FileRule):
    """A module of the project is imported whole although only some of its names are used.

    `import app.users.service` says neither what is needed from there nor that it is little, repeats
    the way to it at each use, and makes every module of the packages on the way reachable besides.

    Import what is used: `from app.users.service import create_user`; or the module by its name,
    `from app.users import service`, which is what the fix writes where there is a package. Libraries
    and the standard library are not meant: `import asyncio` is fine.

    A module that is used as a value, changed, or patched by its name in a test is left alone, and so
    is one that is only imported, that imports back, or whose import is used for other modules, too.

    Bad:

    ```python
    # file: app/__init__.py
    # file: app/users/__init__.py
    # file: app/users/service.py
    def create() -> int:
        return 1


    def find() -> int:
        return 1
    # file: app/users/router.py
    import app.users.service  # <-


    def post() -> int:
        return app.users.service.create() + app.users.service.find()
    ```

    Fixed:

    ```python
    # file: app/__init__.py
    # file: app/users/__init__.py
    # file: app/users/service.py
    def create() -> int:
        return 1


    def find() -> int:
        return 1
    # file: app/users/router.py
    from app.users import service


    def post() -> int:
        return service.create() + service.find()
    ```

    Bad:

    Under another name, in a function, and of a module that lies in no package.

    ```python
    # file: settings.py
    DEBUG = True
    # file: app/__init__.py
    # file: app/users.py
    class User: ...
    # file: app/main.py
    import app.users as people  # <-
    import settings  # <-


    def find() -> people.User:
        return people.User()


    def read() -> bool:
        import app.users  # <-

        return settings.DEBUG and bool(app.users.User())
    ```

    Fixed:

    ```python
    # file: settings.py
    DEBUG = True
    # file: app/__init__.py
    # file: app/users.py
    class User: ...
    # file: app/main.py
    from app import users as people
    from settings import DEBUG


    def find() -> people.User:
        return people.User()


    def read() -> bool:
        from app import users

        return DEBUG and bool(users.User())
    ```

    Bad:

    Two modules of a package; and a name that is taken, so that nothing can be written for it.

    ```python
    # file: app/__init__.py
    # file: app/orders.py
    def count() -> int:
        return 1
    # file: app/users.py
    def count() -> int:
        return 1
    # file: app/main.py
    import app.orders  # <-
    import app.users  # <-


    def total(users: list[str]) -> int:
        return app.orders.count() + app.users.count() + len(users)
    ```

    Fixed:

    ```python
    # file: app/__init__.py
    # file: app/orders.py
    def count() -> int:
        return 1
    # file: app/users.py
    def count() -> int:
        return 1
    # file: app/main.py
    from app import orders
    import app.users  # <-


    def total(users: list[str]) -> int:
        return orders.count() + app.users.count() + len(users)
    ```

    Good:

    ```python
    # file: app/__init__.py
    # file: app/users/__init__.py
    # file: app/users/service.py
    def create() -> int:
        return 1
    # file: app/users/router.py
    import asyncio
    import os.path

    from app.users import service
    from app.users.service import create


    async def post() -> int:
        await asyncio.sleep(len(os.path.sep))
        return service.create() + create()
    ```

    A module that is handed on, changed, or imported for what it does when it is.

    ```python
    # file: app/__init__.py
    # file: app/models.py
    class User: ...
    # file: app/state.py
    COUNT = 0
    # file: app/plugins.py
    NAME = "plugins"
    # file: app/main.py
    import app.models
    import app.plugins
    import app.state


    def load() -> list[str]:
        app.state.COUNT = app.state.COUNT + 1
        return [name for name in dir(app.plugins) if name != app.plugins.NAME]
    ```

    A test puts something else in its place.

    ```python
    # file: app/__init__.py
    # file: app/mail.py
    def send() -> None: ...
    # file: app/main.py
    import app.mail


    def post() -> None:
        app.mail.send()
    # file: tests/test_main.py
    from unittest.mock import patch

    from app.main import post


    def test_post() -> None:
        with patch("app.mail.send") as send:
            post()
        send.assert_called_once()
    ```

    The import also gives the name by which the module gets at what is imported elsewhere.

    ```python
    # file: app/__init__.py
    import app.orders

    LIMIT = 10
    # file: app/orders.py
    def count() -> int:
        return 1
    # file: app/users.py
    def count() -> int:
        return 1
    # file: app/items.py
    def count() -> int:
        return 1
    # file: app/main.py
    import app.items
    import app.users


    def total() -> int:
        return app.items.count() + app.orders.count() + app.users.count()
    # file: app/other.py
    import app.users


    def is_full() -> bool:
        return app.users.count() > app.LIMIT
    ```

    The package calls something else by the name of its module.

    ```python
    # file: shop/__init__.py
    from shop.app import app
    # file: shop/app.py
    from fastapi import FastAPI

    app = FastAPI()
    # file: main.py
    import shop.app

    title = shop.app.app.title
    ```

    Migrations are written by a tool.

    ```python
    # file: app/__init__.py
    # file: app/types.py
    class Money: ...
    # file: alembic/versions/0001_create_orders.py
    import app.types


    def upgrade() -> None:
        print(app.types.Money())
    ```

    Modules that import each other can have nothing else.

    ```python
    # file: app/__init__.py
    # file: app/orders.py
    import app.users


    def count() -> int:
        return len(app.users.NAMES)
    # file: app/users.py
    import app.orders

    NAMES: list[str] = []


    def total() -> int:
        return app.orders.count()
    ```
    """

    code = "HB053"
    level = Level.STRICT
    needs = frozenset({"import"})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report plain imports of the project's own modules."""
        if "migration" in file.roles:
            return
        for imported in file.outline.imports:
            if imported.name is not None:
                continue
            module = _own_module(file, imported)
            if module is None:
                continue
            uses = list(uses_of(imported, file.outline))
            names = sorted({use.read.attr for use in uses if use.read is not None})
            if not names or any(use.read is None for use in uses):
                continue
            if leads_elsewhere(imported, file.outline):
                continue
            # What the module does not bind itself may be a module of its own, or made at run time.
            if not module.bindings.keys() >= set(names):
                continue
            if not _is_replaceable(file.project, file.outline, module):
                continue
            better = _better(file, imported, names)
            listed = ", ".join(f"`{name}`" for name in names[:3]) + (" …" if names[3:] else "")
            message = f"`{imported.module}` is imported whole for {listed}: write `{better}`"
            yield Finding(imported.alias, message, fixes=_fixes(file, imported, uses, module))


def _better(file: SourceFile, imported: Imported, names: Sequence[str]) -> str:
    """The import to write instead: of the module by its name, where that is to be had."""
    package, _, last = imported.module.rpartition(".")
    alias = imported.alias.asname
    if not package or (not alias and _is_taken(file.outline, imported, last)):
        shown = names[0] if len(names) == 1 else f"{names[0]}, …"
        return f"from {imported.module} import {shown}"
    return f"from {package} import {_bound(imported)}"


def _bound(imported: Imported) -> str:
    """What an import of the module by its name brings, and under which name."""
    last, alias = imported.module.rpartition(".")[2], imported.alias.asname
    return f"{last} as {alias}" if alias and alias != last else last


def _own_module(file: SourceFile, imported: Imported) -> Outline | None:
    """The module of the project that an import surely brings, under a name that it alone has."""
    outline, project = file.outline, file.project
    if _is_hidden(project, imported, outline):
        return None
    path = project.locate(imported.module, outline.root)
    if path is None or not path.endswith(".py") or path == outline.path:
        return None
    name = imported.alias.asname or imported.module.partition(".")[0]
    bound = imported.scope.bindings.get(name, ())
    if not all(isinstance(other, Imported) and other.target == imported.target for other in bound):
        return None
    return project.outline(path)


def _is_hidden(project: Project, imported: Imported, outline: Outline) -> bool:
    """Whether the package has something else by the name of its module, which then is meant."""
    package, _, last = imported.module.rpartition(".")
    path = project.locate(package, outline.root) if package else None
    around = project.outline(path) if path is not None else None
    return around is not None and any(
        not (isinstance(binding, Imported) and binding.target == imported.module)
        for binding in around.bindings.get(last, ())
    )


def _is_replaceable(project: Project, outline: Outline, module: Outline) -> bool:
    """Whether no test patches the module by its name, and it does not lead back."""
    if project.fact(("is patched", module), lambda: _is_patched(project, module)):
        return False
    among = candidates(project, outline.path, at_run_time=True)
    if module.path not in among:
        return True
    graph = import_graph(project, among, at_run_time=True)
    circles = project.fact(("import circles", among), lambda: components(graph, graph.keys()))
    return not any(outline.path in circle and module.path in circle for circle in circles)


def _is_patched(project: Project, module: Outline) -> bool:
    texts = ("".join(other.lines) for other in project.mentioning(module.name))
    return any(f"{quote}{module.module}." in text for text in texts for quote in "\"'")


def _fixes(
    file: SourceFile, imported: Imported, uses: Sequence[ModuleUse], module: Outline
) -> list[Draft]:
    package, _, last = imported.module.rpartition(".")
    node, alias = imported.node, imported.alias
    if len(node.names) > 1 or _is_quoted(file, imported):
        return []
    draft = Draft(file, "Import what is used", Applicability.UNSAFE)
    if package and alias.asname:
        return [draft.replace(node, f"from {package} import {_bound(imported)}")]
    reads = [use.read for use in uses if use.read is not None]
    names = [last] if package else sorted({read.attr for read in reads}, key=member_key)
    is_rebound = not package and any(len(module.bindings[name]) > 1 for name in names)
    if is_rebound or any(_is_taken(file.outline, imported, name) for name in names):
        return []
    draft.replace(node, f"from {package or last} import {', '.join(names)}")
    for use, read in zip(uses, reads, strict=True):
        draft.replace(*((use.node, last) if package else (read, read.attr)))
    return [draft]


def _is_taken(outline: Outline, imported: Imported, name: str) -> bool:
    """Whether some scope of a module binds a name already."""
    return any(
        not (isinstance(binding, Imported) and binding.module == imported.module)
        for scope in (outline, *outline.definitions)
        for binding in scope.bindings.get(name, ())
    )


def _is_quoted(file: SourceFile, imported: Imported) -> bool:
    """Whether a string names the module as well."""
    written = imported.alias.asname or imported.module
    return any(
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and f"{written}." in node.value
        for scope in (file.outline, *file.outline.definitions)
        for node in own_nodes(scope)
    )
