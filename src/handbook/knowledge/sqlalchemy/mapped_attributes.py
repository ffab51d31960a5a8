"""The attributes that ORM models map: `x: Mapped[int] = mapped_column(…)`, and the older ways."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from handbook.knowledge.pydantic.schemas import is_pydantic
from handbook.knowledge.sqlalchemy.models import inherits_declarative_base
from handbook.knowledge.vocabulary import MAPPED, UNIONS
from handbook.python.project.project import External, Project, Variable
from handbook.python.project.users import users_of
from handbook.syntax.outline import Assigned, ClassScope


class Attribute(NamedTuple):
    """An attribute in the body of a mapped class.

    Attributes:
        name: of the attribute.
        annotation: its type as written, if it has one.
        value: what is assigned, if anything is.
        node: the statement.
        made_by: the qualified name of the function or class whose call is assigned.
    """

    name: str
    annotation: ast.expr | None
    value: ast.expr | None
    node: ast.Assign | ast.AnnAssign
    made_by: str | None


def attributes_of(project: Project, class_: ClassScope) -> Iterator[Attribute]:
    """What the body of a class assigns or declares, in source order; its parents' is left out."""
    for name, bound in class_.bindings.items():
        for binding in bound:
            match binding:
                case Assigned(node=ast.Assign() | ast.AnnAssign() as node):
                    made_by = _maker(project, binding.value, class_)
                    yield Attribute(name, binding.annotation, binding.value, node, made_by)


def is_mapped(project: Project, class_: ClassScope) -> bool:
    """Whether the attributes of a class become columns: of a model, a base, or a model's mixin."""
    return inherits_declarative_base(project, class_) or is_mixin(project, class_)


def is_mixin(project: Project, class_: ClassScope) -> bool:
    """Whether a class that has no declarative base above it has an heir that has one."""
    return project.fact(("mixin", class_), lambda: _has_mapped_heir(project, class_))


def _has_mapped_heir(project: Project, class_: ClassScope) -> bool:
    if is_pydantic(project, class_):
        return False
    seen = {id(class_)}
    queue = [class_]
    for above in queue:
        for outline in users_of(project, above)[1]:
            for heir in outline.definitions:
                if not isinstance(heir, ClassScope) or id(heir) in seen or not heir.node.bases:
                    continue
                if any(symbol is above for symbol in project.bases(heir)):
                    if inherits_declarative_base(project, heir):
                        return True
                    seen.add(id(heir))
                    queue.append(heir)
    return False


def mapped_type(project: Project, annotation: ast.expr, class_: ClassScope) -> ast.expr | None:
    """What stands in `Mapped[…]`, without `| None` and `Optional`; `None` for anything else."""
    match annotation:
        case ast.Subscript(value=head, slice=inner):
            symbol = project.resolve_expression(head, class_)
            if symbol is not None and symbol.qualified_name in MAPPED:
                return without_none(project, inner, class_)
    return None


def without_none(project: Project, node: ast.expr, class_: ClassScope) -> ast.expr:
    """The type in `X | None`, `None | X` or `Optional[X]`; any other as it is."""
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            return left
        case ast.BinOp(left=ast.Constant(value=None), op=ast.BitOr(), right=right):
            return right
        case ast.Subscript(value=head, slice=inner) if not isinstance(inner, ast.Tuple):
            symbol = project.resolve_expression(head, class_)
            if symbol is not None and symbol.qualified_name in UNIONS:
                return inner
    return node


def maps_type(project: Project, class_: ClassScope, type_name: str) -> bool:
    """Whether a `type_annotation_map` may say which column a type becomes.

    That is the one of the class's own base, or, for a mixin, any of the project. A map that
    cannot be read is taken to hold everything.
    """
    if inherits_declarative_base(project, class_):
        classes = [*project.ancestry(class_)]
    else:
        classes = [
            definition
            for outline in project.mentioning("type_annotation_map")
            for definition in outline.definitions
            if isinstance(definition, ClassScope)
        ]
    for symbol in classes:
        match symbol:
            case ClassScope():
                if "registry" in symbol.bindings:
                    return True
                for binding in symbol.bindings.get("type_annotation_map", ()):
                    if _may_hold(project, binding, symbol, type_name):
                        return True
            case Variable(bindings=[Assigned(value=ast.Call(keywords=keywords))]):
                if any(keyword.arg in (None, "type_annotation_map") for keyword in keywords):
                    return True
            case External() if not symbol.qualified_name.startswith(("sqlalchemy.", "builtins.")):
                # A base of another library may bring a map of its own.
                return True
            case None:
                return True
    return False


def _may_hold(project: Project, binding: object, scope: ClassScope, type_name: str) -> bool:
    match binding:
        case Assigned(value=ast.Dict(keys=keys)):
            names = [
                project.resolve_expression(key, scope) if key is not None else None for key in keys
            ]
            return any(name is None or name.qualified_name == type_name for name in names)
        case Assigned(value=None):
            return False
    return True


def _maker(project: Project, value: ast.expr | None, class_: ClassScope) -> str | None:
    if not isinstance(value, ast.Call):
        return None
    symbol = project.resolve_expression(value.func, class_)
    return symbol.qualified_name if symbol is not None else None
