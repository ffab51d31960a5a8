"""Responses that a handler makes itself: FastAPI passes them on, past any response model."""

import ast

from handbook.knowledge.fastapi.routing.apps import placements
from handbook.knowledge.fastapi.routing.routers import Router
from handbook.knowledge.fastapi.routing.routes import Route
from handbook.knowledge.sqlalchemy.models import inherits_declarative_base
from handbook.knowledge.vocabulary import RESPONSES
from handbook.python.project.project import External, Project, Symbol
from handbook.python.types.normalized import Form, Literal, Named, members_of, union_of
from handbook.syntax.outline import ClassScope, Scope

_MODULES = ("fastapi.responses", "fastapi.sse", "starlette.responses", "starlette.templating")

_JSON = frozenset({"JSONResponse", "ORJSONResponse", "UJSONResponse"})
_KINDS = frozenset(name.rpartition(".")[2] for name in RESPONSES) - {"Response"}
"""Names of responses that nobody gives to anything else."""


def is_response(project: Project, symbol: Symbol | None) -> bool | None:
    """Whether a class is Starlette's `Response` or a kind of it; `None` where that may be."""
    match symbol:
        case External(qualified_name=name):
            module, _, last = name.rpartition(".")
            if name in RESPONSES or last in _KINDS:
                return True
            if module in _MODULES and last.endswith("Response"):
                return True
            return None if last.endswith("Response") else False
        case ClassScope():
            # The ancestors that are classes of the project say no more than those beyond them.
            answers = [
                is_response(project, base)
                for base in project.ancestry(symbol)
                if not isinstance(base, ClassScope)
            ]
            if True in answers:
                return True
            is_certain = None not in answers or inherits_declarative_base(project, symbol)
            return False if is_certain else None
    return None


def without_responses(project: Project, form: Form) -> Form:
    """What is left of a type without the responses in it: `NEVER` for a response alone.

    What may be a response is left out too.
    """
    return union_of(part for part in members_of(form) if not _may_be_response(project, part))


def mentions_response(project: Project, form: Form) -> bool:
    """Whether a type is, or has as a member, something that is or may be a response."""
    return any(_may_be_response(project, part) for part in members_of(form))


def _may_be_response(project: Project, part: Named | Literal) -> bool:
    return isinstance(part, Named) and is_response(project, part.symbol) is not False


def answers_json(project: Project, route: Route) -> bool | None:
    """Whether a route answers with JSON, by its response class or the router's default one.

    The default of an app or router around the router counts where the router has none.
    """
    given = route.argument("response_class")
    scope = route.scope
    if given is None:
        default = _default_class(project, route.router)
        if default is None:
            return True
        given, scope = default
    symbol = project.resolve_expression(given, scope)
    if symbol is None:
        return None
    names = (
        [base.qualified_name if base is not None else "" for base in project.ancestry(symbol)]
        if isinstance(symbol, ClassScope)
        else [symbol.qualified_name]
    )
    if any(name.rpartition(".")[2] in _JSON for name in names):
        return True
    return False if is_response(project, symbol) else None


def _default_class(project: Project, router: Router) -> tuple[ast.expr, Scope] | None:
    """The class that a router's routes answer with, and where that is written."""

    def find() -> tuple[ast.expr, Scope] | None:
        around = [[router]]
        around += [[*placement.routers][::-1] for placement in placements(project, router)]
        for routers in around:
            for each in routers:
                given = each.argument("default_response_class")
                if given is not None:
                    return given, each.scope
        return None

    return project.fact(("default response class", *router.key), find)
