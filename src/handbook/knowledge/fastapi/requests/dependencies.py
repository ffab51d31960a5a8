"""What a route depends on: every `Depends` and `Security` that FastAPI would follow."""

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from handbook.knowledge.fastapi.requests.dependency_targets import (
    UNKNOWN,
    Callables,
    Target,
    annotated_class,
    callables_of,
)
from handbook.knowledge.fastapi.requests.depends_markers import (
    Marker,
    marker_list,
    markers_in_annotation,
    markers_of,
)
from handbook.knowledge.fastapi.routing.apps import Placement
from handbook.knowledge.fastapi.routing.routers import Router, keyword_of
from handbook.knowledge.fastapi.routing.routes import Route
from handbook.knowledge.fastapi.routing.unpacked_arguments import argument_values
from handbook.knowledge.vocabulary import SECURITY
from handbook.python.project.project import External, Project
from handbook.syntax.outline import ClassScope, FunctionScope, Scope, own_nodes


class Dependency(NamedTuple):
    """One `Depends(…)` or `Security(…)`, or something that may hide one.

    Attributes:
        marker: the call; or an argument, a base class, a decorator that could not be followed.
        scope: the scope that it is written in.
        targets: all that may be called; more than one where a factory chooses.
        is_certain: whether `targets` is complete.
        is_security: whether it is `Security(…)`.
    """

    marker: ast.expr
    scope: Scope
    targets: tuple[Target, ...] = ()
    is_certain: bool = True
    is_security: bool = False

    @property
    def target(self) -> Target | None:
        """What is called, where it is one thing and surely that."""
        return self.targets[0] if len(self.targets) == 1 and self.is_certain else None

    def argument(self, name: str) -> ast.expr | None:
        """A keyword argument of the marker, such as `scope` or `use_cache`."""
        return keyword_of(self.marker, name) if isinstance(self.marker, ast.Call) else None


def dependencies_of(project: Project, route: Route) -> list[Dependency]:
    """What a route depends on by itself and by its router, transitively, each once."""
    return project.fact(
        ("dependencies of", route.scope, route.call), lambda: _of_route(project, route)
    )


def _of_route(project: Project, route: Route) -> list[Dependency]:
    direct = [*_listed(project, route.call, route.scope), *_of_router(project, route.router)]
    if route.handler is None:
        direct.append(Dependency(route.call, route.scope, is_certain=False))
    else:
        direct += parameter_dependencies(project, route.handler)
        direct += _decorator_dependencies(project, route.handler)
        if isinstance(route.handler.parent, ClassScope):
            direct += _class_dependencies(project, route.handler.parent)
    return closure(project, direct)


def dependencies_on_the_way(project: Project, placement: Placement) -> list[Dependency]:
    """What the app, the routers between and the inclusions add to a router's routes.

    What stands before a `mount` stays outside of it.
    """
    return project.fact(("dependencies to", placement), lambda: _to(project, placement))


def _to(project: Project, placement: Placement) -> list[Dependency]:
    direct = [*_of_router(project, placement.app)]
    for step in placement.steps:
        if step.is_mount:
            direct.clear()
        elif not step.is_handed:
            direct += _listed(project, step.call, step.scope)
        if step.child is not None:
            direct += _of_router(project, step.child)
    return closure(project, direct)


def parameter_dependencies(project: Project, function: FunctionScope) -> Iterator[Dependency]:
    """What the parameters of a function ask for, themselves only."""
    around = function if function.node.type_params else function.parent or function
    for parameter in function.parameters:
        annotation = parameter.node.annotation
        yield from _asked(project, annotation, parameter.default, around)


def needs_of(project: Project, target: Target) -> list[Dependency]:
    """What FastAPI resolves before it calls a dependency."""
    if isinstance(target, External):
        return []
    return project.fact(("needs of", target), lambda: [*_needs(project, target)])


def _needs(project: Project, target: Target) -> Iterator[Dependency]:
    if isinstance(target, FunctionScope):
        yield from parameter_dependencies(project, target)
    elif isinstance(target, ClassScope):
        owner = project.owner(target, "__init__")
        initializer = owner.method("__init__") if owner is not None else None
        if initializer is not None:
            yield from parameter_dependencies(project, initializer)
        else:
            # A dataclass or a schema: its fields are the parameters.
            yield from _fields(project, target)


def closure(project: Project, direct: Sequence[Dependency]) -> list[Dependency]:
    """Dependencies with all that they depend on in turn, each once."""
    seen: set[tuple[int, tuple[Target, ...]]] = set()
    queue = list(direct)
    found: list[Dependency] = []
    for dependency in queue:
        key = (id(dependency.marker), dependency.targets)
        if key in seen:
            continue
        seen.add(key)
        found.append(dependency)
        for target in dependency.targets:
            queue.extend(needs_of(project, target))
    return found


def _class_dependencies(project: Project, class_: ClassScope) -> Iterator[Dependency]:
    """What a class-based view depends on: its attributes and the parameters of `__init__`."""
    yield from _fields(project, class_)
    owner = project.owner(class_, "__init__")
    initializer = owner.method("__init__") if owner is not None else None
    if initializer is not None:
        yield from parameter_dependencies(project, initializer)


def _fields(project: Project, class_: ClassScope) -> Iterator[Dependency]:
    """What the attributes of a class ask for, inherited ones and unknown base classes included."""
    for symbol in project.ancestry(class_):
        if isinstance(symbol, ClassScope):
            for statement in symbol.body:
                match statement:
                    case ast.AnnAssign(annotation=annotation, value=value):
                        yield from _asked(project, annotation, value, symbol)
                    case ast.Assign(value=value):
                        yield from _asked(project, None, value, symbol)
        elif symbol is None:
            yield Dependency(class_.node.bases[0], class_, is_certain=False)


def _of_router(project: Project, router: Router) -> Iterator[Dependency]:
    """What an app or router puts before all its routes, by its call or by its class."""
    if router.call is not None:
        yield from _listed(project, router.call, router.scope)
    if router.class_ is None:
        return
    for symbol in project.ancestry(router.class_):
        for method in symbol.methods if isinstance(symbol, ClassScope) else ():
            for node in own_nodes(method, ast.Call):
                for marker in markers_of(project, node, method):
                    yield _dependency(project, marker, None, method)


def _decorator_dependencies(project: Project, function: FunctionScope) -> Iterator[Dependency]:
    """The markers that are handed to decorators, such as `@depends(Depends(get_user))`."""
    around = function.parent or function
    for decorator in function.node.decorator_list:
        match decorator:
            case ast.Call(args=args, keywords=keywords):
                for given in (*args, *(keyword.value for keyword in keywords)):
                    for marker in markers_of(project, given, around):
                        yield _dependency(project, marker, None, around)


def _listed(project: Project, call: ast.Call, scope: Scope) -> Iterator[Dependency]:
    """What the `dependencies=[…]` argument of a call lists."""
    given = argument_values(project, call, scope, "dependencies")
    if given is None:
        yield Dependency(call, scope, is_certain=False)
    for value in given or ():
        listed = marker_list(project, value.node, value.scope)
        for marker in listed.markers:
            yield _dependency(project, marker, None, marker.scope)
        for unread in listed.unread:
            yield Dependency(unread, scope, is_certain=False)


def _asked(
    project: Project, annotation: ast.expr | None, default: ast.expr | None, scope: Scope
) -> Iterator[Dependency]:
    """What a parameter or a field asks for, by its annotation or its default."""
    markers = markers_of(project, default, scope)
    if annotation is not None:
        markers += markers_in_annotation(project, annotation, scope)
    for marker in markers:
        yield _dependency(project, marker, annotation, scope)


def _dependency(
    project: Project, marker: Marker, annotation: ast.expr | None, around: Scope
) -> Dependency:
    called = project.resolve_expression(marker.call.func, marker.scope)
    is_security = called is not None and called.qualified_name in SECURITY
    node = keyword_of(marker.call, "dependency")
    if node is None and marker.call.args:
        node = marker.call.args[0]
    if node is not None:
        found = callables_of(project, node, marker.scope)
    elif isinstance(called, External) and annotation is not None:
        found = annotated_class(project, annotation, around)
    else:
        found = UNKNOWN
    return _made(marker, found, is_security)


def _made(marker: Marker, found: Callables, is_security: bool) -> Dependency:
    return Dependency(marker.call, marker.scope, found.targets, found.is_certain, is_security)
