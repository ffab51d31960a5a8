"""HB114."""

import ast
from collections.abc import Iterator

from handbook.config.roles import OUTSIDE_ROLES
from handbook.knowledge.layers import class_around, is_fallback, is_route, is_service
from handbook.knowledge.pydantic.schemas import is_pydantic
from handbook.knowledge.sqlalchemy.models import inherits_declarative_base
from handbook.python.calls.calls import CallSite, calls_in
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.python.types.inference import decorators_of
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.syntax.outline import ClassScope, FunctionScope, own_nodes

_ENDING = "Service"
_NO_SERVICES = frozenset(
    {
        *("builtins.Exception", "enum.Enum", "enum.StrEnum", "enum.IntEnum"),
        *("typing.NamedTuple", "typing.TypedDict", "typing.Protocol"),
    }
)


class HandMadeService(FileRule):
    """A route or service instantiates a service instead of injecting it.

    Whoever makes the service has to know all that it needs, and so do the next ten routes. A
    dependency does it once: it can be overridden in a test, and a new parameter of the service
    changes one function. Write `service: Annotated[UserService, Depends(get_user_service)]`.

    Bad:

    ```python
    from fastapi import APIRouter

    router = APIRouter()


    class UserService:
        def list(self) -> list[str]:
            return []


    @router.get("/users")
    async def list_users() -> list[str]:
        return UserService().list()  # <-
    ```

    A class of another file, under another name:

    ```python
    # file: app/mail.py
    class MailService:
        def __init__(self, host: str) -> None:
            self.host = host
    # file: app/users/router.py
    import fastapi

    from app.mail import MailService as Mailer

    app = fastapi.FastAPI()


    @app.post("/users")
    async def create_user() -> None:
        mailer = Mailer("localhost")  # <-
        print(mailer)
    ```

    Services that make each other:

    ```python
    # file: app/mail/service.py
    class MailService:
        pass
    # file: app/users/service.py
    from app.mail.service import MailService


    class UserService:
        def __init__(self) -> None:
            self.mail = MailService()  # <-
    ```

    Good:

    ```python
    from typing import Annotated

    from fastapi import APIRouter, Depends

    router = APIRouter()


    class UserService:
        def list(self) -> list[str]:
            return []


    def get_user_service() -> UserService:
        return UserService()


    @router.get("/users")
    async def list_users(
        service: Annotated[UserService, Depends(get_user_service)],
    ) -> list[str]:
        return service.list()
    ```

    Factories, wherever they stand, and a service that makes another of its kind:

    ```python
    # file: app/users/service.py
    class UserService:
        def __init__(self, tenant: str = "") -> None:
            self.tenant = tenant

        def within(self, tenant: str) -> "UserService":
            copy = UserService(tenant)
            return copy


    def get_user_service() -> UserService:
        service = UserService()
        return service
    ```

    What is made of data that only the function has cannot be injected, and no request runs a task:

    ```python
    # file: app/recipes/service.py
    class FileService:
        def __init__(self, folder: str = "") -> None:
            self.folder = folder


    class RecipeService:
        def remove(self, recipe: str) -> FileService | None:
            files = FileService(f"recipes/{recipe}")
            return files if recipe else None

        @staticmethod
        def size_of(folder: str) -> int:
            return len(FileService(folder).folder)
    # file: app/services/tasks/clean.py
    from app.recipes.service import RecipeService


    def clean() -> None:
        RecipeService().remove("old")
    ```

    One that is only made where nobody has handed it in:

    ```python
    # file: app/mail/service.py
    class MailService:
        pass
    # file: app/users/service.py
    from app.mail.service import MailService


    class UserService:
        def __init__(self, mail: MailService | None = None) -> None:
            self.mail = mail or MailService()


    def invite(mail: MailService | None = None) -> None:
        if mail is None:
            mail = MailService()
        print(mail)
    ```

    What is called a service, and is a row, a document or an error:

    ```python
    from fastapi import FastAPI
    from pydantic import BaseModel
    from sqlalchemy.orm import DeclarativeBase

    app = FastAPI()


    class Base(DeclarativeBase):
        pass


    class BookedService(Base):
        __tablename__ = "services"


    class CreateService(BaseModel):
        name: str


    @app.post("/services")
    async def create_service() -> CreateService:
        row = BookedService()
        return CreateService(name=str(row))
    ```
    """

    code = "HB114"
    level = Level.STRICT

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each service that a route or another service makes."""
        if file.roles & OUTSIDE_ROLES:
            return
        for function in file.outline.definitions:
            if not isinstance(function, FunctionScope):
                continue
            is_handler = is_route(file.project, function)
            if not is_handler and not is_service(file.project, function):
                continue
            for site in calls_in(file.project, function):
                made = _made(file.project, site)
                if made is None or made is class_around(function):
                    continue
                if is_fallback(function, site) or _hangs_on_data(
                    file.project, function, site, is_handler=is_handler
                ):
                    continue
                if is_handler or not _is_handed_out(function, site):
                    yield Finding(
                        site.node,
                        f"`{made.name}` is instantiated here: "
                        + (
                            "inject it with `Depends`"
                            if is_handler
                            else "inject it as a parameter"
                        ),
                    )


def _made(project: Project, site: CallSite) -> ClassScope | None:
    """The service class that a call makes an instance of."""
    func = site.node.func
    if not isinstance(func, ast.Name | ast.Attribute):
        return None
    class_ = project.resolve_expression(func, site.scope)
    if not isinstance(class_, ClassScope) or not class_.name.endswith(_ENDING):
        return None
    is_other = (
        is_pydantic(project, class_)
        or inherits_declarative_base(project, class_)
        or project.reaches(class_, _NO_SERVICES)
    )
    return None if is_other else class_


def _hangs_on_data(
    project: Project, function: FunctionScope, site: CallSite, *, is_handler: bool
) -> bool:
    """Whether a service is made of what is only known inside the function: nobody can inject it."""
    given = [*site.node.args, *(keyword.value for keyword in site.node.keywords)]
    names = {node.id for value in given for node in ast.walk(value) if isinstance(node, ast.Name)}
    injected: set[str] = set()
    parameters = [parameter.node.arg for parameter in function.parameters]
    if is_handler or function.name == "__init__":
        injected.update(parameters)
    elif function.is_method and "builtins.staticmethod" not in decorators_of(project, function):
        injected.update(parameters[:1])
    bound = {*function.bindings, *site.scope.bindings}
    return bool((names & bound) - injected)


def _is_handed_out(function: FunctionScope, site: CallSite) -> bool:
    """Whether a function returns or yields what it makes: it is a factory."""
    names: set[str] = set()
    for node in own_nodes(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is site.node:
                names.add(name)
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is site.node:
                names.add(name)
            case ast.withitem(context_expr=value, optional_vars=ast.Name(id=name)) if (
                value is site.node
            ):
                names.add(name)
    for node in own_nodes(function):
        match node:
            case ast.Return(value=value) | ast.Yield(value=value):
                if value is site.node:
                    return True
                if isinstance(value, ast.Name) and value.id in names:
                    return True
    return False
