"""How the validators of Pydantic 1 are written in Pydantic 2."""

import ast
from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple, Self

from handbook.fixes.draft import Draft
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.rules.schemas._pydantic_v2 import is_builtin, is_comma_between, rename_decorator
from handbook.syntax.names import Names
from handbook.syntax.outline import ClassScope, FunctionScope
from handbook.syntax.text import newline_of
from handbook.violation import Span

_WITHOUT_EFFECT = frozenset({"allow_reuse", "skip_on_failure"})
"""Options that ask for nothing any more, whatever their value."""

_OFF_BY_DEFAULT = frozenset({"pre", "always", "each_item"})

_VALIDATORS = Names.of("pydantic.validator", "pydantic.class_validators.validator")


class _Old(NamedTuple):
    """A validator of a field in the way of Pydantic 1; `name` is that of the decorator."""

    function: FunctionScope
    decorator: ast.Call
    name: str

    @property
    def is_for_items(self) -> bool:
        """Whether it looks at each item of a field, or may do so."""
        return any(
            keyword.arg in (None, "each_item") and not _is_superfluous(keyword)
            for keyword in self.decorator.keywords
        )

    @property
    def fields(self) -> Set[object]:
        """The names of its fields; empty where it may be for any."""
        names = {getattr(argument, "value", "*") for argument in self.decorator.args}
        is_known = all(isinstance(argument, ast.Constant) for argument in self.decorator.args)
        return names if is_known and "*" not in names else frozenset()

    def shares_a_field_with(self, other: Self) -> bool:
        """Whether both may be for one and the same field."""
        if self.function is other.function:
            return False
        return not (self.fields and other.fields and self.fields.isdisjoint(other.fields))


def rewrite_validator(
    draft: Draft, function: FunctionScope, decorator: ast.expr, decorators: Sequence[str]
) -> None:
    """Make a validator of a field one of Pydantic 2, or give up where it cannot be the same.

    Args:
        draft: takes the changes.
        function: the validator.
        decorator: `@validator(…)`, as it stands there.
        decorators: the qualified names of it and of what replaces it.
    """
    _rewrite_alone(draft, function, decorator, decorators)
    if isinstance(function.parent, ClassScope):
        if function in _staying(draft.file, function.parent, decorators[1]):
            draft.give_up()


def rewrite_root_validator(
    draft: Draft, function: FunctionScope, decorator: ast.expr, decorators: Sequence[str]
) -> None:
    """Make a validator of what a model is made from one of Pydantic 2.

    One that runs afterwards gets a model in place of a dictionary: that is left to the author.
    """
    match decorator, _parameters(function):
        case ast.Call(args=[], keywords=keywords), [_, _] if any(map(_is_pre, keywords)):
            _rewrite(draft, function, decorator, decorators)
        case _:
            draft.give_up()


def _parameters(function: FunctionScope) -> Sequence[ast.arg]:
    """The parameters of a validator in a class; none where they are not just `cls` and values."""
    node, parameters = function.node, function.node.args
    is_method = isinstance(node, ast.FunctionDef) and isinstance(function.parent, ClassScope)
    match parameters:
        case ast.arguments(
            posonlyargs=[],
            args=[ast.arg(arg="cls"), *_],
            vararg=None,
            kwonlyargs=[],
            kwarg=None,
            defaults=[],
        ) if is_method:
            return parameters.args
    return []


def _rewrite_alone(
    draft: Draft, function: FunctionScope, decorator: ast.expr, decorators: Sequence[str]
) -> None:
    """Rewrite a validator without a look at the others."""
    match decorator, _parameters(function):
        case ast.Call(args=[_, *_]), [_, _]:
            pass
        case ast.Call(args=[_, *_]), [_, _, ast.arg(arg="values") as values]:
            _take_info(draft, function, values)
        case _:
            draft.give_up()
            return
    _rewrite(draft, function, decorator, decorators)


def _staying(file: SourceFile, owner: ClassScope, new: str) -> Set[FunctionScope]:
    """The validators of a class, inherited ones included, that have to stay what they are.

    Pydantic runs the new ones of a field before the old ones, so none may overtake another. And
    what is done to each item of a field goes with old ones only.
    """

    def find() -> set[FunctionScope]:
        project = file.project
        classes = [found for found in project.ancestry(owner) if isinstance(found, ClassScope)]
        validators = [
            old for class_ in reversed(classes) for old in _old_validators(project, class_)
        ]
        staying = [old for old in validators if old.is_for_items]
        for old in validators:
            trial = Draft(file, "")
            if old.function.outline is file.outline:
                _rewrite_alone(trial, old.function, old.decorator, (old.name, new))
            if trial.fix() is None or any(map(old.shares_a_field_with, staying)):
                staying.append(old)
        return {old.function for old in staying}

    return file.fact((_staying, owner), find)


def _old_validators(project: Project, owner: ClassScope) -> Iterator[_Old]:
    for function in owner.methods:
        for decorator in function.node.decorator_list:
            if isinstance(decorator, ast.Call):
                symbol = project.resolve_expression(decorator.func, owner)
                if symbol is not None and symbol.qualified_name in _VALIDATORS:
                    yield _Old(function, decorator, symbol.qualified_name)


def _rewrite(
    draft: Draft, function: FunctionScope, decorator: ast.Call, decorators: Sequence[str]
) -> None:
    """Change a decorator and its arguments, and say that it is on a class method."""
    rename_decorator(draft, function, decorator, decorators)
    _rewrite_arguments(draft, decorator)
    match function.node.decorator_list:
        case [_, below] if is_builtin(below, "classmethod"):
            pass
        case [_]:
            start = draft.file.span(function.node).start
            indentation = draft.file.lines[start.line - 1][: start.column]
            newline = newline_of(draft.file.lines)
            draft.insert(start, f"@classmethod{newline}{indentation}")
        case _:
            draft.give_up()
    if _has_namesake(draft.file.project, function):
        draft.give_up()


def _rewrite_arguments(draft: Draft, call: ast.Call) -> None:
    """Say `mode` in place of `pre`, and leave out what has no meaning any more."""
    arguments = sorted((*call.args, *call.keywords), key=draft.file.span)
    spans = [draft.file.span(argument) for argument in arguments]
    has_kept = False
    for index, (argument, span) in enumerate(zip(arguments, spans, strict=True)):
        if not isinstance(argument, ast.keyword) or argument.arg == "check_fields":
            has_kept = True
        elif _is_pre(argument):
            draft.replace(span, 'mode="before"')
            has_kept = True
        elif not _is_superfluous(argument):
            draft.give_up()
        elif has_kept and is_comma_between(draft, spans[index - 1], span):
            draft.delete(Span(spans[index - 1].end, span.end))
        elif not has_kept and is_comma_between(draft, span, *spans[index + 1 : index + 2]):
            draft.delete(Span(span.start, spans[index + 1].start))
        else:
            draft.give_up()


def _is_pre(keyword: ast.keyword) -> bool:
    match keyword:
        case ast.keyword(arg="pre", value=ast.Constant(value=True)):
            return True
    return False


def _is_superfluous(keyword: ast.keyword) -> bool:
    match keyword:
        case ast.keyword(arg=str() as name, value=ast.Constant(value=value)):
            return name in _WITHOUT_EFFECT or (name in _OFF_BY_DEFAULT and value is False)
    return False


def _take_info(draft: Draft, function: FunctionScope, values: ast.arg) -> None:
    """Have `info` in place of `values`, and `info.data` wherever that is read."""
    is_taken = "info" in function.bindings
    for node in (found for statement in function.body for found in ast.walk(statement)):
        match node:
            case ast.Name(id="values", ctx=ast.Load()):
                draft.replace(node, "info.data")
            case ast.Name(id="values" | "info") | ast.arg(arg="values" | "info"):
                is_taken = True
    if is_taken:
        draft.give_up()
    for part in ast.walk(values.annotation) if values.annotation else ():
        if isinstance(part, ast.Name | ast.Attribute):
            symbol = draft.file.project.resolve_expression(part, function.parent or function)
            draft.release(*([symbol.qualified_name] if symbol else []))
    name = draft.use("pydantic.ValidationInfo", values, scope=function.parent)
    draft.replace(values, f"info: {name}")


def _has_namesake(project: Project, function: FunctionScope) -> bool:
    """Whether another validator has the same name, above or below in the inheritance.

    One replaces the other, which it only does as long as both are of one kind.
    """
    owner = function.parent
    if not isinstance(owner, ClassScope) or len(owner.bindings[function.name]) != 1:
        return True
    if any(
        symbol is not owner and isinstance(symbol, ClassScope) and function.name in symbol.bindings
        for symbol in project.ancestry(owner)
    ):
        return True
    return any(
        definition is not owner
        and isinstance(definition, ClassScope)
        and function.name in definition.bindings
        and any(symbol is owner for symbol in project.ancestry(definition))
        for outline in project.mentioning(function.name)
        for definition in outline.definitions
    )
