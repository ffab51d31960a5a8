"""Pydantic's classes: which they are, and what fields they have, inherited ones included."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from handbook.knowledge.vocabulary import (
    BASE_SETTINGS,
    PYDANTIC_FIELD,
    SCHEMA_BASES,
    SQLMODEL,
)
from handbook.python.project.project import External, Project
from handbook.syntax.outline import Assigned, ClassScope


def is_schema(project: Project, class_: ClassScope) -> bool:
    """Whether a class surely reaches `pydantic.BaseModel` and is neither settings nor a table."""
    return (
        project.reaches(class_, SCHEMA_BASES)
        and not is_settings(project, class_)
        and not is_table(project, class_)
    )


def is_settings(project: Project, class_: ClassScope) -> bool:
    """Whether a class surely reaches `BaseSettings`."""
    return project.reaches(class_, BASE_SETTINGS)


def is_table(project: Project, class_: ClassScope) -> bool:
    """Whether a class is a SQLModel table: an ORM model although pydantic's too."""
    return project.reaches(class_, SQLMODEL) and any(
        keyword.arg == "table"
        and isinstance(keyword.value, ast.Constant)
        and keyword.value.value is True
        for keyword in class_.node.keywords
    )


def is_pydantic(project: Project, class_: ClassScope) -> bool:
    """Whether pydantic of version 2 makes the class: a schema, settings, or a table of SQLModel."""
    return project.reaches(class_, SCHEMA_BASES)


class Field(NamedTuple):
    """A field of a schema.

    Attributes:
        name: the attribute's name.
        owner: the class that declares it, which may be an ancestor.
        annotation: its type, as written in `owner`.
        default: the value assigned, `Field(…)` as it is; `None` without one.
        node: the statement that declares it.
    """

    name: str
    owner: ClassScope
    annotation: ast.expr
    default: ast.expr | None
    node: ast.AnnAssign

    def field_call(self, project: Project) -> ast.Call | None:
        """The `Field(…)` call that describes it, as its default or inside `Annotated[…]`."""
        candidates = [self.default]
        if isinstance(self.annotation, ast.Subscript) and isinstance(
            self.annotation.slice, ast.Tuple
        ):
            candidates += self.annotation.slice.elts[1:]
        for candidate in candidates:
            if isinstance(candidate, ast.Call):
                called = project.resolve_expression(candidate.func, self.owner)
                if called is not None and called.qualified_name in PYDANTIC_FIELD:
                    return candidate
        return None

    def is_required(self, project: Project) -> bool:
        """Whether a value must be given: no default, or `Field(...)`, or `Field()` with none."""
        call = self.field_call(project)
        if self.default is not None and self.default is not call:
            return isinstance(self.default, ast.Constant) and self.default.value is Ellipsis
        if call is None:
            return self.default is None
        if call.args:
            first = call.args[0]
            return isinstance(first, ast.Constant) and first.value is Ellipsis
        return not any(keyword.arg in ("default", "default_factory") for keyword in call.keywords)


def own_fields(class_: ClassScope) -> Iterator[Field]:
    """The fields that a class declares itself, in source order."""
    for name, bound in class_.bindings.items():
        last = bound[-1]
        if (
            isinstance(last, Assigned)
            and isinstance(last.node, ast.AnnAssign)
            and last.annotation is not None
            and not name.startswith("_")
            and name != "model_config"
            and not _is_class_variable(last.annotation)
        ):
            yield Field(name, class_, last.annotation, last.value, last.node)


def fields(project: Project, class_: ClassScope) -> dict[str, Field] | None:
    """All fields of a schema by name, the nearest declaration of each.

    Returns `None` where a base class is unknown, so that fields may be missing.
    """
    found: dict[str, Field] = {}
    for symbol in project.ancestry(class_):
        if symbol is None:
            return None
        if isinstance(symbol, ClassScope):
            for field in own_fields(symbol):
                found.setdefault(field.name, field)
        elif isinstance(symbol, External) and symbol.qualified_name not in SCHEMA_BASES:
            if not symbol.qualified_name.startswith(("typing.", "abc.", "enum.", "builtins.")):
                return None
    return found


def config_value(project: Project, class_: ClassScope, key: str) -> ast.expr | None:
    """What `model_config`, or a keyword of the class, sets `key` to, inherited ones included."""
    for symbol in project.ancestry(class_):
        if not isinstance(symbol, ClassScope):
            continue
        for keyword in symbol.node.keywords:
            if keyword.arg == key:
                return keyword.value
        for binding in symbol.bindings.get("model_config", ()):
            match binding:
                case Assigned(value=ast.Call(keywords=keywords)):
                    for keyword in keywords:
                        if keyword.arg == key:
                            return keyword.value
                case Assigned(value=ast.Dict(keys=keys, values=values)):
                    for name, value in zip(keys, values, strict=True):
                        if isinstance(name, ast.Constant) and name.value == key:
                            return value
    return None


def _is_class_variable(annotation: ast.expr) -> bool:
    head = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    match head:
        case ast.Name(id="ClassVar") | ast.Attribute(attr="ClassVar"):
            return True
    return False
