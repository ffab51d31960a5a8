"""HB082."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.routing.apps import apps_in
from handbook.knowledge.fastapi.routing.routers import Router
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.control_flow import conditions


class NoAppFactory(FileRule):
    """An app is created at import time instead of in a factory.

    Such an app exists once, with the settings that were there at the first import. A test cannot
    have another one with other settings, overrides of one test leak into the next, and whoever only
    wants a function of the module gets routers, database engines and logging along with it.

    Write a function, `create_app()`, that makes the app and puts it together, and call it where a
    server looks for the app: `app = create_app()`.

    Bad:

    ```python
    from fastapi import FastAPI

    app = FastAPI(title="Orders")  # <-
    ```

    A class of the project's own, and an app within a class.

    ```python
    # file: app/core/application.py
    from fastapi import FastAPI


    class Application(FastAPI):
        pass
    # file: app/main.py
    from app.core.application import Application

    app: Application = Application()  # <-
    # file: app/server.py
    import fastapi


    class Server:
        app = fastapi.FastAPI()  # <-
    ```

    In one branch or the other.

    ```python
    import os

    from fastapi import FastAPI

    if os.getenv("DOCS"):
        app = FastAPI()  # <-
    else:
        app = FastAPI(docs_url=None, redoc_url=None)  # <-
    ```

    Good:

    ```python
    from fastapi import FastAPI


    def create_app(title: str = "Orders") -> FastAPI:
        return FastAPI(title=title)


    app = create_app()
    ```

    Tests make apps as they need them, and a script only when it is run.

    ```python
    # file: tests/conftest.py
    from fastapi import FastAPI

    app = FastAPI()
    # file: app/demo.py
    from fastapi import FastAPI

    if __name__ == "__main__":
        app = FastAPI()
        print(app.routes)
    ```

    A lambda makes one for each server.

    ```python
    from dataclasses import dataclass, field

    from fastapi import FastAPI


    @dataclass
    class Server:
        app: FastAPI = field(default_factory=lambda: FastAPI(title="Orders"))
    ```

    A class of that name that is no web framework's.

    ```python
    class FastAPI:
        pass


    app = FastAPI()
    ```
    """

    code = "HB082"
    level = Level.STRICT

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each app that is made at import time."""
        if "test" in file.roles:
            return
        for app in apps_in(file.project, file.outline):
            if app.call is None or app.scope.enclosing_function() is not None:
                continue
            if not _is_run_only(app):
                message = (
                    "the app is created at import time: "
                    "create it in a factory such as `create_app()`"
                )
                yield Finding(app.call.func, message)


def _is_run_only(app: Router) -> bool:
    """Whether the app is made under `if __name__ == "__main__"`."""
    return app.call is not None and any(
        isinstance(node, ast.Name) and node.id == "__name__"
        for condition in conditions(app.scope, app.call)
        for node in ast.walk(condition.test)
    )
