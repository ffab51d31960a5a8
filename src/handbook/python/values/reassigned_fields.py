"""Which fields of a class get another value after they were given one."""

import ast

from handbook.python.project.project import Project
from handbook.syntax.outline import Assigned, ClassScope, FunctionScope, Scope

_FIELD_VALIDATORS = frozenset(
    {
        "pydantic.field_validator",
        "pydantic.validator",
        "pydantic.functional_validators.field_validator",
    }
)
_MODEL_VALIDATORS = frozenset(
    {
        "pydantic.model_validator",
        "pydantic.root_validator",
        "pydantic.functional_validators.model_validator",
    }
)
_HOOKS = frozenset({"model_post_init", "__post_init__", "__init__"})


def is_validated(project: Project, class_: ClassScope, name: str) -> bool:
    """Whether something may change a field, or refuse its value: then its default says little.

    These are validators of the field, in the class or its type, and methods that see the whole
    object when it is made and mention the field.
    """
    for symbol in project.ancestry(class_):
        if not isinstance(symbol, ClassScope):
            continue
        if any(_is_validator(project, method, symbol, name) for method in symbol.methods):
            return True
        for binding in symbol.bindings.get(name, ()):
            if isinstance(binding, Assigned) and _has_validator(binding.annotation):
                return True
    return False


def _is_validator(project: Project, method: FunctionScope, class_: ClassScope, name: str) -> bool:
    if method.name in _HOOKS:
        return _mentions(method, name)
    for decorator in method.node.decorator_list:
        if not isinstance(decorator, ast.Call):
            continue
        called = project.resolve_expression(decorator.func, class_)
        if called is None:
            continue
        fields = [given.value for given in decorator.args if isinstance(given, ast.Constant)]
        if called.qualified_name in _FIELD_VALIDATORS:
            if name in fields or "*" in fields or len(fields) < len(decorator.args):
                return True
        elif called.qualified_name in _MODEL_VALIDATORS:
            if _mentions(method, name):
                return True
        elif not called.qualified_name.startswith("pydantic."):
            # Other packages have validators of their own: `@Size(field_name="path", max_length=9)`.
            keywords = (given.value for given in decorator.keywords)
            fields += [given.value for given in keywords if isinstance(given, ast.Constant)]
            if name in fields:
                return True
    return False


def _mentions(function: Scope, name: str) -> bool:
    nodes = (node for statement in function.body for node in ast.walk(statement))
    return any(
        (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.Constant) and node.value == name)
        for node in nodes
    )


def _has_validator(annotation: ast.expr | None) -> bool:
    """Whether a type carries a `BeforeValidator(…)` or one of its like."""
    return annotation is not None and any(
        isinstance(node, ast.Name | ast.Attribute)
        and (node.id if isinstance(node, ast.Name) else node.attr).endswith("Validator")
        for node in ast.walk(annotation)
    )
