"""How statements bind names: what an outline is filled by."""

import ast
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from handbook.syntax.blocks import Block
from handbook.syntax.own_nodes import nodes_below, own_nodes
from handbook.syntax.scopes import (
    Assigned,
    Binding,
    ClassScope,
    FunctionNode,
    FunctionScope,
    Imported,
    Opaque,
    Outline,
    Scope,
)


class Builder:
    """Fills the scopes of an outline, statement by statement."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.checking_depth = 0

    def bind(self, scope: Scope, name: str, binding: Binding) -> None:
        scope.bindings.setdefault(name, []).append(binding)

    def statements(self, body: Iterable[ast.stmt], scope: Scope) -> None:
        for node in body:
            self.statement(node, scope)

    def statement(self, node: ast.stmt, scope: Scope) -> None:
        handler = _HANDLERS.get(type(node))
        if handler is not None:
            handler(self, node, scope)

    def function(self, node: FunctionNode, scope: Scope) -> None:
        function = FunctionScope(node, scope, len(self.outline.definitions))
        self.outline.definitions.append(function)
        self.bind(scope, node.name, function)
        for parameter in function.parameters:
            self.bind(function, parameter.node.arg, parameter)
        self.type_parameters(node, function)
        self.statements(node.body, function)

    def class_(self, node: ast.ClassDef, scope: Scope) -> None:
        class_ = ClassScope(node, scope, len(self.outline.definitions))
        self.outline.definitions.append(class_)
        self.bind(scope, node.name, class_)
        self.type_parameters(node, class_)
        self.statements(node.body, class_)

    def type_parameters(self, node: FunctionNode | ast.ClassDef, scope: Scope) -> None:
        for parameter in node.type_params:
            self.bind(scope, getattr(parameter, "name", ""), Opaque(parameter))

    def import_(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            self.imported(node, scope, alias, alias.name, None)

    def import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        module = self.outline.absolute(node.module, node.level) or self.above(node)
        for alias in node.names:
            self.imported(node, scope, alias, module, alias.name)

    def above(self, node: ast.ImportFrom) -> str:
        """What dots that lead out of the package name: a folder without `__init__.py` is one, too.

        Empty where such a name would mean a module of Python's own.
        """
        folder, module = self.outline.path, node.module or ""
        for _ in range(node.level):
            folder = os.path.dirname(folder)
        if folder == self.outline.root:
            return "" if module.partition(".")[0] in sys.stdlib_module_names else module
        return ".".join(filter(None, (os.path.basename(folder), module)))

    def imported(
        self,
        node: ast.Import | ast.ImportFrom,
        scope: Scope,
        alias: ast.alias,
        module: str,
        name: str | None,
    ) -> None:
        bound = alias.asname or alias.name
        target = f"{module}.{name}" if module and name else module
        if name is None and alias.asname is None:
            bound = target = module.partition(".")[0]
        imported = Imported(target, module, name, alias, node, scope, self.checking_depth > 0)
        self.outline.imports.append(imported)
        if name != "*":
            self.bind(scope, bound, imported)

    def assign(self, node: ast.Assign, scope: Scope) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.bind(scope, target.id, Assigned(node.value, None, node))
            else:
                self.target(target, scope)

    def annotated(self, node: ast.AnnAssign, scope: Scope) -> None:
        if isinstance(node.target, ast.Name):
            self.bind(scope, node.target.id, Assigned(node.value, node.annotation, node))

    def type_alias(self, node: ast.TypeAlias, scope: Scope) -> None:
        self.bind(scope, node.name.id, Assigned(node.value, None, node))

    def target(self, node: ast.expr, scope: Scope) -> None:
        """Bind the names of a target that is not followed to their values."""
        match node:
            case ast.Name():
                self.bind(scope, node.id, Opaque(node))
            case ast.Starred():
                self.target(node.value, scope)
            case ast.Tuple() | ast.List():
                for element in node.elts:
                    self.target(element, scope)

    def augmented(self, node: ast.AugAssign, scope: Scope) -> None:
        self.target(node.target, scope)

    def delete(self, node: ast.Delete, scope: Scope) -> None:
        for target in node.targets:
            self.target(target, scope)

    def loop(self, node: ast.For | ast.AsyncFor, scope: Scope) -> None:
        self.target(node.target, scope)
        self.branches(node, scope)

    def branches(self, node: ast.For | ast.AsyncFor | ast.While, scope: Scope) -> None:
        self.statements(node.body, scope)
        self.statements(node.orelse, scope)

    def if_(self, node: ast.If, scope: Scope) -> None:
        checking = _is_type_checking(node.test)
        self.checking_depth += checking
        self.statements(node.body, scope)
        self.checking_depth -= checking
        self.statements(node.orelse, scope)

    def with_(self, node: ast.With | ast.AsyncWith, scope: Scope) -> None:
        for item in node.items:
            if item.optional_vars is not None:
                self.target(item.optional_vars, scope)
        self.statements(node.body, scope)

    def try_(self, node: ast.Try | ast.TryStar, scope: Scope) -> None:
        self.statements(node.body, scope)
        for handler in node.handlers:
            if handler.name is not None:
                self.bind(scope, handler.name, Opaque(handler))
            self.statements(handler.body, scope)
        self.statements(node.orelse, scope)
        self.statements(node.finalbody, scope)

    def match(self, node: ast.Match, scope: Scope) -> None:
        for case in node.cases:
            for pattern in ast.walk(case.pattern):
                match pattern:
                    case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                        self.bind(scope, name, Opaque(pattern))
                    case ast.MatchMapping(rest=str(name)):
                        self.bind(scope, name, Opaque(pattern))
            self.statements(case.body, scope)

    def global_(self, node: ast.Global, scope: Scope) -> None:
        # The function may rebind the module's name at any time, and its own `name = …` does.
        for name in node.names:
            self.bind(self.outline, name, Opaque(node))
            self.bind(scope, name, Opaque(node))

    def nonlocal_(self, node: ast.Nonlocal, scope: Scope) -> None:
        for name in node.names:
            found = scope.parent.lookup(name) if scope.parent is not None else None
            if found is not None:
                self.bind(found[0], name, Opaque(node))
            self.bind(scope, name, Opaque(node))

    def walrus_targets(self, block: Block) -> None:
        """Bind the targets of `:=` in the scope around them, past comprehensions and lambdas."""
        self.walrus_targets_in(nodes_below(block.nodes), self.outline)
        for definition in self.outline.definitions[block.first_definition :]:
            if definition.node.lineno > block.last_line:
                break
            self.walrus_targets_in(own_nodes(definition), definition)

    def walrus_targets_in(self, nodes: Iterable[ast.AST], scope: Scope) -> None:
        for node in nodes:
            if isinstance(node, ast.NamedExpr):
                self.bind(scope, node.target.id, Assigned(node.value, None, node))


_HANDLERS: Mapping[type[ast.stmt], Callable[[Builder, Any, Scope], None]] = {
    ast.FunctionDef: Builder.function,
    ast.AsyncFunctionDef: Builder.function,
    ast.ClassDef: Builder.class_,
    ast.Import: Builder.import_,
    ast.ImportFrom: Builder.import_from,
    ast.Assign: Builder.assign,
    ast.AnnAssign: Builder.annotated,
    ast.TypeAlias: Builder.type_alias,
    ast.AugAssign: Builder.augmented,
    ast.Delete: Builder.delete,
    ast.For: Builder.loop,
    ast.AsyncFor: Builder.loop,
    ast.While: Builder.branches,
    ast.If: Builder.if_,
    ast.With: Builder.with_,
    ast.AsyncWith: Builder.with_,
    ast.Try: Builder.try_,
    ast.TryStar: Builder.try_,
    ast.Match: Builder.match,
    ast.Global: Builder.global_,
    ast.Nonlocal: Builder.nonlocal_,
}


def _is_type_checking(test: ast.expr) -> bool:
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
    return False
