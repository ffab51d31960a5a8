"""Types as text that is written again at another place of the same file."""

import ast
from collections.abc import Iterator

from handbook.python.project.project import dotted_parts
from handbook.python.project.source import SourceFile
from handbook.python.types.signatures import canonical
from handbook.syntax.outline import ClassScope, FunctionScope, Imported, Scope
from handbook.syntax.text import parse_expression


def runnable_text(file: SourceFile, node: ast.expr, scope: Scope, line: int) -> str | None:
    """The text of a type as code that runs in `scope` at a line, without quotes.

    Returns `None` where it would not run there: a name that only a type checker imports, or that
    is bound further down.
    """
    plain = _Unquote(file, scope).visit(_copy(node))
    for name in ast.walk(plain):
        if isinstance(name, ast.Name) and not _is_bound_before(name.id, scope, line):
            return None
    if isinstance(node, ast.Constant) or any(
        isinstance(part, ast.Constant) and isinstance(part.value, str) for part in ast.walk(node)
    ):
        return ast.unparse(plain)
    return file.code(node)


def names_in_type(file: SourceFile, node: ast.expr, scope: Scope) -> Iterator[str]:
    """The qualified names of all that a type mentions, in quotes too."""
    for part in ast.walk(_Unquote(file, scope).visit(_copy(node))):
        parts = dotted_parts(part) if isinstance(part, ast.Name | ast.Attribute) else None
        symbol = file.project.resolve_name(parts, scope) if parts else None
        if symbol is not None:
            yield symbol.qualified_name


class _Unquote(ast.NodeTransformer):
    """Puts the types that are in quotes in their place; texts that are values stay."""

    def __init__(self, file: SourceFile, scope: Scope) -> None:
        self.file = file
        self.scope = scope

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, str):
            return node
        parsed = parse_expression(node.value)
        if parsed is None:
            return node
        visited: ast.expr = self.visit(parsed)
        return visited

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        symbol = self.file.project.resolve_expression(node.value, self.scope)
        name = canonical(symbol.qualified_name) if symbol is not None else ""
        if name == "typing.Literal":
            return node
        if name == "typing.Annotated" and isinstance(node.slice, ast.Tuple):
            node.slice.elts[:1] = [self.visit(part) for part in node.slice.elts[:1]]
            return node
        node.slice = self.visit(node.slice)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        return node


def _copy(node: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(node), mode="eval").body


def _is_bound_before(name: str, scope: Scope, line: int) -> bool:
    found = scope.lookup(name)
    if found is None:
        return True
    binder, bindings = found
    for binding in bindings:
        if isinstance(binding, Imported) and binding.is_type_checking:
            return False
        node = getattr(binding, "node", None)
        # What a function sees of the scopes around it is bound by the time that it runs.
        runs_here = binder.enclosing_function() is scope.enclosing_function()
        if runs_here and isinstance(node, ast.stmt):
            is_definition = isinstance(binding, ClassScope | FunctionScope)
            last = (node.end_lineno or node.lineno) if is_definition else node.lineno
            if last >= line:
                return False
    return True
