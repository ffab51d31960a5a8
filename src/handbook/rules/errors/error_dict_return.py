"""HB061."""

import ast
from collections.abc import Iterator

from handbook.config.roles import OUTSIDE_ROLES
from handbook.knowledge.fastapi.responses.built import answer_of, status_set_before
from handbook.knowledge.fastapi.responses.status import status_code
from handbook.knowledge.fastapi.routing.routes import all_routes, routes_of
from handbook.knowledge.layers import is_about_request, is_repository, is_route, is_service
from handbook.python.project.project import External, Project
from handbook.python.project.source import SourceFile
from handbook.python.values.values import possible, possible_values
from handbook.rulebook.rule import FileRule, Finding
from handbook.rules.errors._error_dicts import (
    dumps_error,
    entries_of,
    follows_standard,
    tells_error,
)
from handbook.syntax.names import Names, words_of
from handbook.syntax.outline import ClassScope, FunctionScope, own_nodes

_JSON = frozenset({"JSONResponse", "ORJSONResponse", "UJSONResponse"})
_PLAIN = Names.under(("fastapi", "fastapi.responses", "starlette.responses"), "Response")
_PROBES = frozenset({"health", "healthz", "healthcheck", "ready", "readyz", "readiness"})
_PROBES |= frozenset({"live", "livez", "liveness", "ping", "heartbeat"})


class ErrorDictReturn(FileRule):
    """A route, service or repository returns an error instead of raising it.

    An error dictionary is answered with status 200, in a shape that the response model does not
    know, and the session dependency commits as if all had gone well. A `JSONResponse` with an
    error status says its words at one place only: no handler gives it the shape of all others.

    Raise an exception, and let a handler make the response. Handlers, middleware and probes return
    such responses for good reason; messages of success are no errors.

    Bad:

    ```python
    from fastapi import FastAPI

    app = FastAPI()


    @app.get("/users/{user_id}")
    async def get_user(user_id: int) -> dict[str, str]:
        if user_id < 0:
            return {"error": "no such user"}  # <-
        if user_id == 0:
            return {"detail": f"User {user_id} not found"}  # <-
        return {"name": "Ann"}
    ```

    With a status: beside the dictionary, in it, in the response.

    ```python
    # file: app/router.py
    from fastapi import APIRouter, Response, status
    from fastapi import responses as answers

    router = APIRouter()


    @router.get("/a")
    async def get_a(response: Response) -> object:
        problem = {"message": "sorry"}
        response.status_code = status.HTTP_409_CONFLICT
        return problem  # <-


    @router.get("/b")
    async def get_b():
        return {"message": "sorry"}, 404  # <-


    @router.get("/c")
    async def get_c(name: str) -> object:
        return {"success": False, "message": "sorry"} if name == "Ann" else {"name": name}  # <-


    @router.get("/d")
    async def get_d() -> answers.JSONResponse:
        return answers.JSONResponse(status_code=404, content={"message": "sorry"})  # <-
    ```

    JSON made by hand.

    ```python
    import json

    from fastapi import APIRouter, Response

    router = APIRouter()


    @router.get("/agents/{name}")
    async def get_agent(name: str) -> Response:
        if name == "":
            return Response(json.dumps({"error": f"no agent {name}"}), 404)  # <-
        return Response(json.dumps({"name": name}), media_type="application/json")
    ```

    A service and a repository.

    ```python
    # file: app/router.py
    from fastapi import APIRouter

    router = APIRouter()


    @router.get("/users")
    async def list_users() -> list[str]:
        return []
    # file: app/users/service.py
    class UserService:
        def create(self, name: str) -> dict[str, object]:
            try:
                return {"name": name}
            except ValueError as error:
                return {"status": "error", "error": str(error)}  # <-
            except LookupError as error:
                return {"error": error.args[0]}  # <-
    # file: app/users/repository.py
    def find(name: str) -> dict[str, str]:
        if name:
            return dict(message="cannot find " + name)  # <-
        return dict(message="sorry", status="failed")  # <-
    ```

    Good:

    ```python
    from fastapi import FastAPI, HTTPException, Request
    from fastapi.responses import JSONResponse


    class NotFoundError(HTTPException):
        def __init__(self, what: str) -> None:
            super().__init__(404, f"no such {what}")


    app = FastAPI()


    @app.get("/users/{user_id}")
    async def get_user(user_id: int) -> dict[str, str]:
        if user_id < 0:
            raise NotFoundError("user")
        return {"name": "Ann"}


    @app.exception_handler(404)
    async def answer(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"error": "not found"}, status_code=404)
    ```

    Success, and results that have an error in them.

    ```python
    from fastapi import FastAPI
    from fastapi.responses import JSONResponse

    app = FastAPI()
    JOBS: list[tuple[str, str | None]] = []


    @app.delete("/users/{user_id}")
    async def delete_user(user_id: int) -> dict[str, str]:
        return {"message": f"User {user_id} deleted"}


    @app.post("/failed-jobs/retry")
    async def retry() -> dict[str, str]:
        return {"message": "Failed jobs were started successfully"}


    @app.get("/jobs")
    async def list_jobs() -> list[dict[str, str | None]]:
        return [{"id": id, "error": error} for id, error in JOBS]


    @app.get("/colours")
    async def list_colours() -> dict[str, str]:
        return {"error": "red", "info": "blue"}


    @app.get("/job")
    async def get_job() -> dict[str, str | None]:
        id, error = JOBS[0]
        if id:
            return {"id": id, "error": None}
        if error:
            return {"status": "failed", "error": error}
        return {"id": id, "error": error}


    @app.get("/state")
    async def get_state() -> dict[str, str | None]:
        error = None
        try:
            print("try")
        except OSError as caught:
            error = str(caught)
        return {"error": error}


    @app.post("/jobs")
    async def create_job() -> JSONResponse:
        return JSONResponse({"message": "accepted"}, status_code=202)
    ```

    A page, a text, an image: clients read no JSON there.

    ```python
    import json

    from fastapi import FastAPI, Response

    app = FastAPI()


    @app.get("/page")
    async def get_page(name: str) -> Response:
        if not name:
            return Response("<h1>Not found</h1>", status_code=404, media_type="text/html")
        if name == "rates":
            return Response(json.dumps({"EUR": 1}), status_code=409)
        return Response(status_code=404)
    ```

    Probes, what a service tells about the health of others, what a command tells a shell.

    ```python
    # file: app/router.py
    from fastapi import APIRouter
    from fastapi.responses import JSONResponse

    router = APIRouter()


    @router.get("/health")
    async def check() -> JSONResponse:
        return JSONResponse({"database": "down"}, status_code=503)
    # file: app/status/service.py
    class HealthService:
        async def check_database(self) -> dict[str, object]:
            try:
                return {"ok": True}
            except OSError as error:
                return {"ok": False, "error": str(error)}
    # file: cli/backup/service.py
    def back_up() -> dict[str, object]:
        try:
            return {"ok": True}
        except OSError as error:
            return {"ok": False, "error": str(error), "exit_code": 3}
    ```

    Answers in the shape of a standard.

    ```python
    from fastapi import FastAPI
    from fastapi.responses import JSONResponse

    app = FastAPI()


    @app.post("/oauth/token")
    async def get_token() -> JSONResponse:
        content = {"error": "invalid_grant", "error_description": "the code is used"}
        return JSONResponse(content, status_code=400)


    @app.post("/rpc")
    async def call() -> dict[str, object]:
        return {"jsonrpc": "2.0", "error": {"code": -32601, "message": "no such method"}}
    ```
    """

    code = "HB061"

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each error that is returned."""
        if file.roles & (OUTSIDE_ROLES | {"middleware"}):
            return
        for function in file.outline.definitions:
            if not isinstance(function, FunctionScope) or not _is_checked(file.project, function):
                continue
            for place, status in _errors(file.project, function):
                if status == 503 and _is_probe(file.project, function):
                    continue
                if all_routes(file.project):
                    yield Finding(
                        place,
                        "an error is returned as a result: raise an exception that a handler "
                        "turns into a response",
                    )


def _is_checked(project: Project, function: FunctionScope) -> bool:
    if is_route(project, function):
        return True
    is_layer = is_service(project, function) or is_repository(project, function)
    return is_layer and not (is_about_request(project, function) or _tells_health(function))


def _tells_health(function: FunctionScope) -> bool:
    """Whether it tells how something is, by its own name or one around it: an error is the answer."""
    return "health" in words_of(f"{function.outline.module}.{function.qualname}")


def _is_probe(project: Project, function: FunctionScope) -> bool:
    paths = [route.path or "" for route in routes_of(project, function)]
    words = {word for name in (function.name, *paths) for word in words_of(name)}
    return not _PROBES.isdisjoint(words)


def _errors(project: Project, function: FunctionScope) -> Iterator[tuple[ast.expr, int | None]]:
    """What a function returns that tells of an error, each with its status."""
    for node in own_nodes(function):
        if isinstance(node, ast.Return) and node.value is not None:
            match node.value:
                case ast.Tuple(elts=[body, code]):
                    status = status_code(project, code, function)
                    if status and 400 <= status < 600 and entries_of(body) is not None:
                        yield node.value, status
                case ast.Dict() | ast.Name() | ast.IfExp() | ast.Call():
                    yield from _returned(project, function, node, node.value)


def _returned(
    project: Project, function: FunctionScope, node: ast.Return, returned: ast.expr
) -> Iterator[tuple[ast.expr, int | None]]:
    for value in possible_values(project, returned, function):
        if value.scope is not function:
            continue
        place = returned if isinstance(returned, ast.Name) else value.node
        if entries_of(value.node) is not None:
            status = status_set_before(project, function, node)
            if tells_error(project, value, status):
                yield place, status
        elif isinstance(value.node, ast.Call):
            status = _json_status(project, value.node, function)
            if status is not None:
                yield place, status


def _json_status(project: Project, call: ast.Call, function: FunctionScope) -> int | None:
    """The status of a response in JSON that tells of an error, in no standard's shape."""
    answer = answer_of(project, call, function)
    if answer is None or answer.kind != "response" or answer.status is None:
        return None
    symbol = project.resolve_expression(call.func, function)
    names = (
        [base.qualified_name if base is not None else "" for base in project.ancestry(symbol)]
        if isinstance(symbol, ClassScope)
        else [symbol.qualified_name if isinstance(symbol, External) else ""]
    )
    bodies = possible(project, answer.body) if answer.body is not None else []
    if len(names) == 1 and names[0] in _PLAIN:
        is_error = any(dumps_error(project, body, answer.status) for body in bodies)
        return answer.status if is_error else None
    if not any(name.rpartition(".")[2] in _JSON for name in names):
        return None
    if any(follows_standard(body.node) for body in bodies):
        return None
    return answer.status if 400 <= answer.status < 600 else None
