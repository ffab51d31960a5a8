"""What kinds of expressions evaluate to."""

import ast

from handbook.python.project.project import External, Variable
from handbook.python.types.inference.questions import Questions
from handbook.python.types.signatures import AWAITABLES
from handbook.python.types.types import NEVER, NONE, Type, merge
from handbook.syntax.local_bindings import InnerScope
from handbook.syntax.outline import Scope


class Expressions(Questions):
    """Names, attributes, literals, and expressions made of others."""

    def expression(self, node: ast.expr, scope: Scope) -> Type | None:
        match node:
            case ast.Name():
                symbol = self.project.resolve_name([node.id], scope)
                return self.variable(symbol) if isinstance(symbol, Variable) else None
            case ast.Attribute():
                symbol = self.project.resolve_expression(node, scope)
                if isinstance(symbol, Variable):
                    return self.variable(symbol)
                base = self.expression(node.value, scope) if symbol is None else None
                return self.attribute(base, node.attr) if base is not None else None
            case ast.Call():
                return self.call(node, scope)
            case ast.Await(value=value):
                return self._awaited(self.expression(value, scope))
            case ast.NamedExpr(value=value):
                return self.expression(value, scope)
            case ast.IfExp(body=body, orelse=orelse):
                return merge(self.expression(part, scope) for part in (body, orelse))
            case ast.BoolOp(values=operands):
                return merge(self.expression(part, scope) for part in operands)
            case ast.BinOp(op=ast.Div(), left=left, right=right):
                return self._joined_path(left, right, scope)
            case ast.Constant(value=value):
                return (
                    NONE if value is None else Type(External(f"builtins.{type(value).__name__}"))
                )
            case ast.JoinedStr():
                return Type(External("builtins.str"))
            case ast.List(elts=elements) | ast.Set(elts=elements):
                kind = "list" if isinstance(node, ast.List) else "set"
                inner = merge(self.expression(element, scope) for element in elements)
                return Type(External(f"builtins.{kind}"), (inner,))
            case ast.Tuple(elts=elements):
                parts = tuple(self.expression(element, scope) for element in elements)
                return Type(External("builtins.tuple"), parts)
            case ast.ListComp(elt=element) | ast.SetComp(elt=element):
                kind = "list" if isinstance(node, ast.ListComp) else "set"
                inner = self.expression(element, InnerScope(node, scope))
                return Type(External(f"builtins.{kind}"), (inner,))
            case ast.Dict() | ast.DictComp():
                return Type(External("builtins.dict"))
            case ast.Subscript(value=value, slice=index):
                return self.subscript(self.expression(value, scope), index)
        return None

    def _awaited(self, found: Type | None) -> Type | None:
        if found is None or found == NEVER:
            return found
        return found.argument(-1) if found.name in AWAITABLES else None

    def _joined_path(self, left: ast.expr, right: ast.expr, scope: Scope) -> Type | None:
        parts = [self.expression(part, scope) for part in (left, right)]
        for found in parts:
            if found is not None and found.name in ("pathlib.Path", "anyio.Path"):
                return found
        return NEVER if NEVER in parts else None
