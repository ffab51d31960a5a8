"""HB098."""

import ast
from collections.abc import Iterator, Sequence

from handbook.fixes.calls import append_keyword
from handbook.knowledge.fastapi.responses.bodies import (
    annotated_form,
    promises_body,
    returned_by,
    returns_body,
    router_class_sets,
    sets_status,
)
from handbook.knowledge.fastapi.responses.returned import answers_json, without_responses
from handbook.knowledge.fastapi.responses.status import BODILESS, status_of, written_status
from handbook.knowledge.fastapi.routing.routes import WORDS, Route, routes_in
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.types.inference import is_generator
from handbook.python.types.normalized import NONE
from handbook.rulebook.rule import Draft, FileRule, Finding
from handbook.syntax.outline import FunctionScope
from handbook.violation import Applicability, Related


class NoContentBody(FileRule):
    """A response without content should have status 204, and a 204 response no body.

    204 means that there is no body. A handler that returns nothing and answers 200 sends the four
    letters `null`, which every client has to read and throw away. The other way round, FastAPI
    refuses to start where a 204 is promised a body, and drops one that it was not told of.

    Give a DELETE that returns `None` the status 204, and a route with the status 204 the annotation
    `-> None`. A ready `Response` may be annotated, and is left alone, and so is a DELETE with a
    `response_class` that is no JSON: an empty page takes the place of what was deleted.

    Bad:

    ```python
    from fastapi import APIRouter

    router = APIRouter()


    @router.delete("/users/{user_id}")  # <-
    async def delete_user(user_id: int) -> None:
        print(user_id)
    ```

    Fixed:

    ```python
    from fastapi import APIRouter

    router = APIRouter()


    @router.delete("/users/{user_id}", status_code=204)
    async def delete_user(user_id: int) -> None:
        print(user_id)
    ```

    Bad:

    A handler without annotation, a registration elsewhere.

    ```python
    # file: app/handlers.py
    async def delete_order(order_id: int) -> None:
        if not order_id:
            return None
        print(order_id)
    # file: app/router.py
    from fastapi import APIRouter, status

    from app.handlers import delete_order

    router = APIRouter()
    router.add_api_route("/orders/{order_id}", delete_order, methods=["DELETE"])  # <-


    @router.api_route("/users/{user_id}", methods=["delete"])  # <-
    async def delete_user(user_id: int):
        if not user_id:
            return
        print(user_id, status)
    ```

    Fixed:

    ```python
    # file: app/handlers.py
    async def delete_order(order_id: int) -> None:
        if not order_id:
            return None
        print(order_id)
    # file: app/router.py
    from fastapi import APIRouter, status

    from app.handlers import delete_order

    router = APIRouter()
    router.add_api_route("/orders/{order_id}", delete_order, methods=["DELETE"], status_code=status.HTTP_204_NO_CONTENT)


    @router.api_route("/users/{user_id}", methods=["delete"], status_code=status.HTTP_204_NO_CONTENT)
    async def delete_user(user_id: int):
        if not user_id:
            return
        print(user_id, status)
    ```

    Bad:

    A body, or the promise of one, behind a status that has none.

    ```python
    from http import HTTPStatus

    from fastapi import APIRouter, Response, status
    from pydantic import BaseModel

    router = APIRouter()


    class Deleted(BaseModel):
        id: int


    @router.delete("/users/{user_id}", status_code=status.HTTP_204_NO_CONTENT)  # <-
    async def delete_user(user_id: int) -> dict[str, bool]:
        return {"deleted": True}


    @router.put("/users/{user_id}", status_code=HTTPStatus.NO_CONTENT)  # <-
    async def replace_user(user_id: int):
        return {"id": user_id}


    @router.delete("/orders/{order_id}", status_code=204, response_model=Deleted)  # <-
    async def delete_order(order_id: int):
        return None


    @router.delete("/items/{item_id}", status_code=204)  # <-
    async def delete_item(item_id: int) -> Deleted | Response:
        return Response()
    ```

    Good:

    A status that is written out is meant.

    ```python
    from fastapi import APIRouter

    router = APIRouter()


    @router.delete("/users/{user_id}", status_code=200)
    async def delete_user(user_id: int) -> None: ...
    ```


    ```python
    from http import HTTPStatus

    from fastapi import APIRouter, Response, status
    from fastapi.responses import HTMLResponse, RedirectResponse

    router = APIRouter()


    class Emptied(Response):
        status_code = 204


    @router.delete("/users/{user_id}", status_code=status.HTTP_204_NO_CONTENT)
    async def delete_user(user_id: int) -> None:
        print(user_id)


    @router.delete("/orders/{order_id}", status_code=HTTPStatus.NO_CONTENT)
    async def delete_order(order_id: int) -> Response:
        return Response(status_code=204)


    @router.delete("/items/{item_id}", status_code=204, response_model=None)
    async def delete_item(item_id: int) -> Emptied | None:
        return Emptied()


    @router.delete("/sessions")
    async def log_out() -> RedirectResponse:
        return RedirectResponse("/")


    @router.delete("/rows/{row_id}", response_class=HTMLResponse)
    async def delete_row(row_id: int) -> None:
        print(row_id)
    ```

    A DELETE that answers, one that is still to happen, one that nobody knows about, one that is
    refused.

    ```python
    from fastapi import APIRouter, HTTPException, Response

    from somewhere import delete

    router = APIRouter()


    @router.delete("/users/{user_id}")
    async def delete_user(user_id: int) -> dict[str, int]:
        return {"id": user_id}


    @router.delete("/reports/{report_id}", status_code=202)
    async def delete_report(report_id: int) -> None:
        print(report_id)


    @router.delete("/carts/{cart_id}")
    async def delete_cart(cart_id: int):
        try:
            raise HTTPException(status_code=501, detail="Carts cannot be deleted yet")
        except HTTPException:
            print(cart_id)
            raise


    @router.delete("/orders/{order_id}")
    async def delete_order(order_id: int):
        return await delete(order_id)


    @router.delete("/items/{item_id}")
    async def delete_item(item_id: int, response: Response) -> None:
        response.status_code = 204


    @router.delete("/invoices/{invoice_id}")
    async def delete_invoice(invoice_id: int) -> None:
        raise HTTPException(status_code=405, detail="Invoices are kept for ten years")
    ```

    Other methods, other objects; a router class that knows what a DELETE answers.

    ```python
    from typing import Any

    import httpx
    from fastapi import APIRouter


    class RestRouter(APIRouter):
        def delete(self, path: str, **options: Any) -> Any:
            return super().delete(path, **{"status_code": 204, **options})


    router = APIRouter()
    rest = RestRouter()
    client = httpx.Client()


    @router.post("/jobs/{job_id}/stop")
    async def stop_job(job_id: int) -> None:
        print(job_id)


    @rest.delete("/users/{user_id}")
    async def delete_user(user_id: int) -> None:
        client.delete(f"/users/{user_id}")
    ```
    """

    code = "HB098"
    needs = WORDS

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the deletions that answer 200 with nothing, and the bodies behind a 204."""
        if "test" in file.roles:
            return
        project = file.project
        for route in routes_in(project, file.outline):
            handler = route.handler
            if handler is None or route.is_websocket:
                continue
            status = status_of(project, route)
            is_said = route.argument("status_code") is not None  # Clients may count on it.
            if status == 200 and not is_said and route.methods == frozenset({"DELETE"}):
                if _returns_nothing(project, route, handler):
                    yield _silent(file, route, handler)
            elif status in BODILESS:
                body = _body(project, route, handler)
                if body is not None:
                    message = f"a response with status {status} has no body, but {body}"
                    yield Finding(route.call, message, related=_related(file, handler))


def _returns_nothing(project: Project, route: Route, handler: FunctionScope) -> bool:
    """Whether a handler surely returns `None`, and nothing else makes a body or status of it."""
    form = annotated_form(project, handler)
    returns_none = form == NONE or (form is None and not any(returned_by(handler)))
    return (
        returns_none
        and not _always_raises(handler.body)
        and not is_generator(handler)
        and not _has_model(route)
        and not sets_status(handler)
        and answers_json(project, route) is not False
        and not router_class_sets(project, route, "status_code")
    )


def _always_raises(body: Sequence[ast.stmt]) -> bool:
    """Whether a suite ends by raising, as that of a handler does which refuses."""
    match body[-1]:
        case ast.Raise():
            return True
        case ast.Try(body=inner, handlers=handlers):
            return all(map(_always_raises, [inner, *(handler.body for handler in handlers)]))
    return False


def _silent(file: SourceFile, route: Route, handler: FunctionScope) -> Finding:
    status = written_status(file.project, 204, route.scope)
    # Clients receive something else then, and may mind.
    draft = Draft(file, f"Answer with `status_code={status}`", Applicability.UNSAFE)
    append_keyword(draft, route.call, f"status_code={status}")
    message = f"`{handler.name}` returns nothing with status 200: add `status_code={status}`"
    return Finding(route.call, message, [draft])


def _body(project: Project, route: Route, handler: FunctionScope) -> str | None:
    """What says that there is a body, if something surely does."""
    model = route.argument("response_model")
    if _has_model(route):
        return f"`{handler.name}` has the response model `{ast.unparse(model)}`" if model else None
    form = annotated_form(project, handler)
    if form is not None and promises_body(without_responses(project, form)):
        # With `response_model=None` beside it that is a contradiction, which HB093 reports.
        returns = ast.unparse(handler.node.returns) if handler.node.returns else ""
        return f"`{handler.name}` is annotated `-> {returns}`" if model is None else None
    if returns_body(project, handler) is True:
        return f"`{handler.name}` returns one: return nothing and annotate `-> None`"
    return None


def _has_model(route: Route) -> bool:
    model = route.argument("response_model")
    return model is not None and not (isinstance(model, ast.Constant) and model.value is None)


def _related(file: SourceFile, handler: FunctionScope) -> tuple[Related, ...]:
    returns = handler.node.returns
    if returns is None or handler.outline is not file.outline:
        return ()
    return (Related(file.path, file.span(returns), "the annotation"),)
