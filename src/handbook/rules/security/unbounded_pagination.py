"""HB172."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from handbook.knowledge.fastapi.requests.parameters import (
    Asked,
    Reading,
    asked_by,
    path_parameters,
    reading_of,
    routes_reading,
)
from handbook.knowledge.pydantic.schemas import is_pydantic
from handbook.knowledge.vocabulary import ANNOTATED, PARAMETER_MARKERS, PYDANTIC_FIELD
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.types.normalized import NONE, Named, members_of
from handbook.python.values.reassigned_fields import is_validated
from handbook.python.values.values import values
from handbook.rulebook.rule import Draft, FileRule, Finding
from handbook.rules.security._enforced_bounds import clamped_by
from handbook.syntax.names import Names, words_of
from handbook.syntax.outline import ClassScope, FunctionScope
from handbook.violation import Applicability

_SIZES = frozenset({"limit", "page_size", "pageSize", "per_page", "perPage", "size"})
_PAGING = _SIZES | {"skip", "offset", "page"}
_LOWER = frozenset({"ge", "gt"})
_UPPER = frozenset({"le", "lt"})
_MEASURES = frozenset({"size", "offset"})
"""A size without anything else of pages is one of bytes or pixels, with an offset or without."""
_LARGEST = 100
_CONINT = Names.under(("pydantic", "pydantic.types"), "conint")


class _Gap(NamedTuple):
    """A parameter of pages that lacks bounds."""

    asked: Asked
    reading: Reading
    lacks_lower: bool
    lacks_upper: bool

    @property
    def lowest(self) -> int:
        return 0 if self.reading.name in ("skip", "offset") else 1

    def bounds(self, lowest: int, largest: int) -> str:
        """The arguments that close it."""
        lower = [f"ge={lowest}"] if self.lacks_lower else []
        upper = [f"le={largest}"] if self.lacks_upper else []
        return ", ".join(lower + upper)


class UnboundedPagination(FileRule):
    """A pagination parameter has no lower or upper bound.

    `limit=1000000000` reads a whole table into memory, and ten such requests at once are an outage
    that costs the sender nothing. A negative `skip` or `limit` is an error 500 from the database.
    With bounds both are a 422, and the documentation tells clients how far they may go.

    Give each a lower bound, and sizes an upper one as well:
    `limit: Annotated[int, Query(ge=1, le=100)] = 20`. Looked at are `skip`, `limit`, `offset`,
    `page`, `page_size`, `per_page` and `size` in handlers, in dependencies, be they functions or
    classes, and in models of query parameters. Bounds may come from an alias or a validator, and a
    function that puts the number right by itself, with `min` and `max` or by a comparison, is left
    alone.

    Bad:

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Query

    router = APIRouter()


    @router.get("/orders")
    async def list_orders(
        skip: int = 0,  # <-
        limit: Annotated[int, Query(ge=1, description="Of a page")] = 200,  # <-
    ) -> None: ...
    ```

    Fixed:

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Query

    router = APIRouter()


    @router.get("/orders")
    async def list_orders(
        skip: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, description="Of a page", le=200)] = 200,
    ) -> None: ...
    ```

    Bad:

    Dependencies in another file: a function, a dataclass, a model of query parameters.

    ```python
    # file: app/paging.py
    from dataclasses import dataclass

    from fastapi import Query
    from pydantic import BaseModel, Field


    def get_offset(offset: int | None = Query(None)) -> int | None:  # <-
        return offset


    @dataclass
    class Page:
        page: int = 1  # <-


    class Filters(BaseModel):
        size: int = Field(default=20, gt=0)  # <-
        per_page: int = 10  # <-
    # file: app/router.py
    from typing import Annotated

    from fastapi import APIRouter, Depends, Query

    from app.paging import Filters, Page, get_offset

    router = APIRouter()


    @router.get("/orders")
    def list_orders(
        offset: Annotated[int, Depends(get_offset)],
        page: Annotated[Page, Depends()],
        filters: Annotated[Filters, Query()],
    ) -> None: ...
    ```

    Fixed:

    ```python
    # file: app/paging.py
    from dataclasses import dataclass
    from typing import Annotated

    from fastapi import Query
    from pydantic import BaseModel, Field


    def get_offset(offset: int | None = Query(None, ge=0)) -> int | None:
        return offset


    @dataclass
    class Page:
        page: Annotated[int, Query(ge=1)] = 1


    class Filters(BaseModel):
        size: int = Field(default=20, gt=0, le=100)
        per_page: Annotated[int, Field(ge=1, le=100)] = 10
    # file: app/router.py
    from typing import Annotated

    from fastapi import APIRouter, Depends, Query

    from app.paging import Filters, Page, get_offset

    router = APIRouter()


    @router.get("/orders")
    def list_orders(
        offset: Annotated[int, Depends(get_offset)],
        page: Annotated[Page, Depends()],
        filters: Annotated[Filters, Query()],
    ) -> None: ...
    ```

    Bad:

    What is not mended: an alias or a called type that forgets a bound, a default that is not known or
    means all there is, a parameter without a type.

    ```python
    from typing import Annotated

    from fastapi import FastAPI, Query
    from pydantic import conint
    from settings import DEFAULT

    app = FastAPI()
    type Limit = Annotated[int, Query(le=100)]


    @app.get("/a")
    def list_a(
        limit: Limit = 20,  # <-
        pageSize: int = DEFAULT,  # <-
        size: int = -1,  # <-
        per_page: conint(gt=0) = 20,  # <-
        skip=0,  # <-
    ) -> None: ...
    ```

    Good:

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Query
    from pydantic import NonNegativeInt

    router = APIRouter()
    PaginationLimit = Annotated[int, Query(ge=1, le=100)]


    @router.get("/orders")
    async def list_orders(
        skip: NonNegativeInt = 0,
        limit: PaginationLimit = 20,
        page: int = Query(1, gt=0),
        size: Annotated[PaginationLimit | None, "of a page"] = None,
    ) -> None: ...
    ```

    A function that sees to it by itself, and a model that does.

    ```python
    from typing import Annotated

    from fastapi import APIRouter, HTTPException, Query
    from pydantic import BaseModel, field_validator

    router = APIRouter()


    class Filters(BaseModel):
        limit: int = 20

        @field_validator("limit")
        @classmethod
        def check_limit(cls, value: int) -> int:
            return min(max(value, 1), 100)


    @router.get("/orders")
    async def list_orders(
        filters: Annotated[Filters, Query()], skip: int = 0, size: int = 20
    ) -> None:
        if skip < 0:
            raise HTTPException(422)
        size = max(1, min(size, 100))
    ```

    A part of a file or log, told by where it begins and how many bytes it has; the size of a picture.

    ```python
    from fastapi import APIRouter

    router = APIRouter()


    @router.get("/jobs/{job_id}/log")
    def read_log(job_id: int, size: int = -1, offset: int = 0) -> None: ...


    @router.get("/covers/{book_id}")
    def read_cover(book_id: int, size: int = 200) -> None: ...
    ```

    Not a query parameter, although it may look like one; another type; a function that no route needs.

    ```python
    from enum import IntEnum
    from typing import Annotated, Literal

    from fastapi import APIRouter, Body, Depends

    router = APIRouter()


    class Size(IntEnum):
        SMALL = 1


    def get_page() -> int:
        return 1


    def Page() -> object:
        return Depends(get_page)


    @router.get("/last")
    def list_last(page: int = Page()) -> None: ...


    @router.post("/top/{limit}")
    def list_top(
        limit: int,
        size: Size,
        per_page: Literal[10, 20],
        page: Annotated[int, Depends(get_page)],
        offset: Annotated[int, Body()],
        skip: bool = False,
    ) -> None: ...


    def find(limit: int = 20) -> None: ...
    ```
    """

    code = "HB172"
    needs = _PAGING

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the parameters of pages that have no bounds."""
        if "test" in file.roles:
            return
        for scope in file.outline.definitions:
            for gap in _gaps(file, scope):
                if _is_query(file.project, scope, gap.reading):
                    known = _default(file.project, gap.asked, _call_of(file.project, gap.asked))
                    message = _message(gap, known or [])
                    yield Finding(gap.asked.node, message, fixes=_fixes(file, scope, gap))


def _gaps(file: SourceFile, scope: FunctionScope | ClassScope) -> Iterator[_Gap]:
    """The numbers that a function or class asks for without the bounds that their names want."""
    has_aliases = not file.outline.words.isdisjoint({"alias", "validation_alias"})
    names = {asked.name for asked in asked_by(scope)}
    if "size" in names and names & _PAGING <= _MEASURES and not any(map(_is_of_pages, names)):
        return
    for asked in asked_by(scope):
        if not (has_aliases or asked.name in _PAGING):
            continue
        reading = reading_of(file.project, asked)
        if reading.name not in _PAGING or reading.kind not in (None, "Query"):
            continue
        if not _is_number(file.project, asked, reading):
            continue
        known = reading.constraints
        if known is None:
            continue
        clamped = clamped_by(scope, asked.name)
        lacks_lower = not (known & _LOWER or "lower" in clamped)
        lacks_upper = reading.name in _SIZES and not (known & _UPPER or "upper" in clamped)
        if not (lacks_lower or lacks_upper):
            continue
        if isinstance(scope, FunctionScope) or not is_validated(file.project, scope, asked.name):
            yield _Gap(asked, reading, lacks_lower, lacks_upper)


def _is_of_pages(name: str) -> bool:
    return not {"page", "cursor"}.isdisjoint(words_of(name))


def _is_number(project: Project, asked: Asked, reading: Reading) -> bool:
    if asked.annotation is None:
        return isinstance(asked.default, ast.Constant) and type(asked.default.value) is int
    if isinstance(asked.annotation, ast.Call):
        called = project.resolve_expression(asked.annotation.func, asked.scope)
        return called is not None and called.qualified_name in _CONINT
    members = members_of(reading.form) - {NONE}
    return bool(members) and all(
        isinstance(member, Named) and member.name == "builtins.int" for member in members
    )


def _is_query(project: Project, scope: FunctionScope | ClassScope, reading: Reading) -> bool:
    """Whether a route reads the parameter from the query, and none from its path."""
    routes = routes_reading(project, scope)
    return bool(routes) and not any(
        reading.name in path_parameters(project, route) for route in routes
    )


def _message(gap: _Gap, default: list[int]) -> str:
    """What is missing, and what to write; the default stays allowed."""
    lowest = 0 if 0 in default else gap.lowest
    what = (
        "bounds"
        if gap.lacks_lower and gap.lacks_upper
        else ("lower bound" if gap.lacks_lower else "upper bound")
    )
    largest = max([_LARGEST, *default])
    return f"`{gap.reading.name}` has no {what}: give it `Query({gap.bounds(lowest, largest)})`"


def _fixes(file: SourceFile, scope: FunctionScope | ClassScope, gap: _Gap) -> tuple[Draft, ...]:
    annotation = gap.asked.annotation
    if annotation is None or isinstance(annotation, ast.Call):
        return ()
    call = _call_of(file.project, gap.asked)
    default = _default(file.project, gap.asked, call)
    if default is None:
        return ()
    lowest = min([gap.lowest, *default])
    if lowest < 0:
        return ()
    bounds = gap.bounds(lowest, max([_LARGEST, *default]))
    draft = Draft(file, f"Bound `{gap.asked.name}`", Applicability.UNSAFE)
    if call is not None:
        arguments = [*call.args, *(word.value for word in call.keywords)]
        ends = [file.span(argument).end for argument in arguments]
        if ends:
            draft.insert(max(ends), f", {bounds}")
        else:
            draft.replace(call, f"{file.code(call.func)}({bounds})")
        return (draft,)
    if gap.reading.marker is not None or _is_annotated(file.project, gap.asked):
        return ()
    is_model = isinstance(scope, ClassScope) and is_pydantic(file.project, scope)
    annotated = draft.use("typing.Annotated", annotation, also=("typing_extensions.Annotated",))
    marker = draft.use("pydantic.Field" if is_model else "fastapi.Query", annotation)
    draft.replace(annotation, f"{annotated}[{file.code(annotation)}, {marker}({bounds})]")
    return (draft,)


def _call_of(project: Project, asked: Asked) -> ast.Call | None:
    """The `Query(…)` or `Field(…)` that is written at the parameter itself."""
    candidates = [asked.default]
    if isinstance(asked.annotation, ast.Subscript) and _is_annotated(project, asked):
        inner = asked.annotation.slice
        candidates += inner.elts[1:] if isinstance(inner, ast.Tuple) else []
    for node in candidates:
        if isinstance(node, ast.Call):
            called = project.resolve_expression(node.func, asked.scope)
            if called is not None and called.qualified_name in PARAMETER_MARKERS | PYDANTIC_FIELD:
                return node
    return None


def _is_annotated(project: Project, asked: Asked) -> bool:
    if not isinstance(asked.annotation, ast.Subscript):
        return False
    head = project.resolve_expression(asked.annotation.value, asked.scope)
    return head is not None and head.qualified_name in ANNOTATED


def _default(project: Project, asked: Asked, call: ast.Call | None) -> list[int] | None:
    """The number that a parameter is without being given one, if it is any; `None` if not known."""
    node = asked.default
    if call is not None and node is call:
        given = [word.value for word in call.keywords if word.arg == "default"]
        node = next(iter([*given, *call.args[:1]]), None)
    if node is None:
        return []
    found = values(project, node, asked.scope)
    numbers: list[int] = []
    for value in found or ():
        match value.node:
            case ast.Constant(value=bool()):
                return None
            case ast.Constant(value=int(number)):
                numbers.append(number)
            case ast.Constant(value=None):
                pass
            case ast.Constant(value=other) if other is Ellipsis:
                pass
            case _:
                return None
    return numbers if found is not None else None
