"""HB171."""

import ast
from collections.abc import Iterator

from handbook.knowledge.fastapi.requests.parameters import (
    Asked,
    Reading,
    asked_by,
    path_parameters,
    reading_of,
    routes_reading,
)
from handbook.knowledge.fastapi.routing.routes import all_routes, routes_of
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.types.normalized import NONE, Named, members_of
from handbook.rulebook.rule import FileRule, Finding
from handbook.syntax.names import words_of
from handbook.syntax.outline import ClassScope, FunctionScope, own_nodes

_BOUNDS = frozenset({"pattern", "regex", "max_length"})
"""What says something of an id: that it is not empty says nothing."""
_IDS = frozenset({"id", "uid", "uuid", "guid", "pk"})


class RawIdPathParam(FileRule):
    """An id in a path is a plain `str`.

    What is not a number or a UUID is no id, and yet it travels as far as the database, where it
    ends in an error 500, or in a query that somebody put together by hand. With a type the client
    gets a 422 that says what is wrong, and the documentation says what an id looks like.

    Type the parameter `int` or `UUID`, or say what its text may be:
    `Annotated[str, Path(pattern=...)]`. Looked at are `id` and what ends in `_id`, wherever they are
    declared: by handlers and by what these depend on. Slugs and other names are left alone, and so
    are parameters that a convertor such as `{id:path}` reads.

    Bad:

    ```python
    from fastapi import APIRouter

    router = APIRouter()


    @router.get("/orders/{order_id}")
    async def get_order(order_id: str) -> None: ...  # <-


    @router.delete("/orders/{order_id}/items/{id}")
    async def delete_item(order_id: int, id) -> None: ...  # <-
    ```

    A dependency in another file, an alias, and a `Path` that only describes.

    ```python
    # file: app/dependencies.py
    from typing import Annotated

    from fastapi import Path

    TeamId = Annotated[str, Path(description="Of the team")]


    def get_team(team_id: TeamId) -> str:  # <-
        return team_id
    # file: app/router.py
    from typing import Annotated

    from fastapi import APIRouter, Depends

    from app.dependencies import get_team

    router = APIRouter(prefix="/teams/{team_id}")


    @router.get("/members")
    def list_members(team: Annotated[str, Depends(get_team)]) -> None: ...
    ```

    The parameter of a prefix, where a router is included, and one with another name in Python.

    ```python
    # file: app/items.py
    from typing import Annotated

    from fastapi import APIRouter, Path

    router = APIRouter()


    @router.get("/items/{itemId}")
    def get_item(
        shop_id: str,  # <-
        item: Annotated[str, Path(alias="itemId")],  # <-
    ) -> None: ...
    # file: app/main.py
    from fastapi import FastAPI

    from app import items

    app = FastAPI()
    app.include_router(items.router, prefix="/shops/{shop_id}")
    ```

    Good:

    ```python
    from enum import StrEnum
    from typing import Annotated
    from uuid import UUID

    from fastapi import APIRouter, Path

    router = APIRouter()
    Code = Annotated[str, Path(pattern="^[a-z]{2}$")]


    class Shelf(StrEnum):
        UPPER = "upper"


    @router.get("/orders/{order_id}/{item_id}/{shelf_id}/{country_id}/{slug}")
    async def get_order(
        order_id: int, item_id: UUID, shelf_id: Shelf, country_id: Code, slug: str
    ) -> None: ...
    ```

    Not in the path: a query, a header, what a dependency gives; and an id that is a whole path.

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Depends, Header

    router = APIRouter()


    def get_user_id() -> str:
        return "1"


    @router.get("/files/{file_id:path}")
    def read_file(
        file_id: str,
        owner_id: str,
        trace_id: Annotated[str, Header()],
        user_id: Annotated[str, Depends(get_user_id)],
    ) -> None: ...


    def find(order_id: str) -> None: ...
    ```

    A dependency that makes of the text what the rest works with.

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Depends

    router = APIRouter()


    class OrderId:
        @classmethod
        def parse(cls, text: str) -> "OrderId": ...


    def get_order_id(order_id: str) -> OrderId:
        return OrderId.parse(order_id)


    @router.get("/orders/{order_id}")
    def get_order(order: Annotated[OrderId, Depends(get_order_id)]) -> None: ...
    ```

    A type that checks the text by itself, or may do so.

    ```python
    from typing import Annotated, Literal

    from fastapi import APIRouter
    from ids import Ulid
    from pydantic import AfterValidator, StringConstraints

    router = APIRouter()


    def check(value: str) -> str:
        return value


    @router.get("/{a_id}/{b_id}/{c_id}/{d_id}")
    def read(
        a_id: Ulid,
        b_id: Annotated[str, AfterValidator(check)],
        c_id: Literal["x", "y"],
        d_id: Annotated[str, StringConstraints(max_length=26)],
    ) -> None: ...
    ```
    """

    code = "HB171"

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the ids of paths that may be any text."""
        if "test" in file.roles:
            return
        has_aliases = not file.outline.words.isdisjoint({"alias", "validation_alias"})
        for scope in file.outline.definitions:
            if not (has_aliases or any(map(_is_id, scope.bindings))):
                continue
            for asked in asked_by(scope):
                if not (has_aliases or _is_id(asked.name)):
                    continue
                reading = reading_of(file.project, asked)
                if _is_raw_id(asked, reading) and _is_in_path(file.project, scope, reading):
                    message = (
                        f"`{reading.name}` is a plain `str`: use `int` or `UUID`, "
                        "or add `Path(pattern=...)`"
                    )
                    yield Finding(asked.node, message)


def _is_id(name: str) -> bool:
    return not _IDS.isdisjoint(words_of(name)[-1:])


def _is_raw_id(asked: Asked, reading: Reading) -> bool:
    """Whether a parameter is called as an id, and takes any text."""
    if not _is_id(reading.name) or reading.kind not in (None, "Path"):
        return False
    if reading.constraints is None or reading.constraints & _BOUNDS:
        return False
    if asked.annotation is None:
        return True
    members = members_of(reading.form) - {NONE}
    return bool(members) and all(
        isinstance(member, Named) and member.name == "builtins.str" for member in members
    )


def _is_in_path(project: Project, scope: FunctionScope | ClassScope, reading: Reading) -> bool:
    """Whether the path of a route that needs the function or class has the parameter."""
    is_handler = isinstance(scope, FunctionScope) and bool(routes_of(project, scope))
    if not is_handler and reading.name not in _text_parameters(project):
        return False
    routes = routes_reading(project, scope)
    if not any(route.handler is scope for route in routes):
        if _only_converts(project, scope, reading.name):
            return False
    return any(path_parameters(project, route).get(reading.name) == "str" for route in routes)


def _text_parameters(project: Project) -> set[str]:
    """The names of all parameters in paths of the project that take any text."""

    def find() -> set[str]:
        return {
            name
            for route in all_routes(project)
            for name, convertor in path_parameters(project, route).items()
            if convertor == "str"
        }

    return project.fact("text parameters", find)


def _only_converts(project: Project, scope: FunctionScope | ClassScope, name: str) -> bool:
    """Whether all that a dependency does with a text is to hand it to a class of the project."""
    nodes = [*own_nodes(scope)]
    uses = [node for node in nodes if isinstance(node, ast.Name) and node.id == name]
    handed = {
        argument
        for node in nodes
        if isinstance(node, ast.Call) and _is_of_class(project, node.func, scope)
        for argument in node.args
    }
    return bool(uses) and handed.issuperset(uses)


def _is_of_class(project: Project, func: ast.expr, scope: FunctionScope | ClassScope) -> bool:
    """Whether a call is of a class, or of one of its class methods."""
    called = project.resolve_expression(func, scope)
    if isinstance(called, FunctionScope):
        return called.is_method
    return isinstance(called, ClassScope) or (
        isinstance(func, ast.Attribute)
        and isinstance(project.resolve_expression(func.value, scope), ClassScope)
    )
