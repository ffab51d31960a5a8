"""What calls call, and what calling things of libraries gives."""

import ast

from handbook.python.project.project import External, Variable
from handbook.python.types.annotations import annotated_type
from handbook.python.types.inference.questions import Called, Questions, is_bare
from handbook.python.types.signatures import CONTEXT_MANAGER, COROUTINE, call_result, canonical
from handbook.python.types.types import NEVER, NONE, Type
from handbook.syntax.outline import ClassScope, FunctionScope, Scope

_COPIES = frozenset(
    f"builtins.{name}"
    for name in ("list", "sorted", "reversed", "set", "tuple", "iter", "frozenset")
)

_MAKES_ITS_OWN = frozenset(
    f"{base}.{method}"
    for base in (
        *("pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic.RootModel"),
        *("pydantic_settings.BaseSettings", "sqlmodel.SQLModel"),
    )
    for method in (
        *("model_construct", "model_copy", "model_validate", "model_validate_json"),
        *("construct", "copy", "from_orm", "parse_obj", "parse_raw"),
    )
)
"""Methods that give an instance of the class they are called on."""
_GETS = frozenset(
    f"{session}.{method}"
    for session in (
        *("sqlalchemy.orm.Session", "sqlalchemy.orm.scoped_session", "sqlmodel.Session"),
        *("sqlalchemy.ext.asyncio.AsyncSession", "sqlalchemy.ext.asyncio.async_scoped_session"),
        "sqlmodel.ext.asyncio.session.AsyncSession",
    )
    for method in ("get", "get_one")
)
"""`session.get(User, 1)`: methods that give an instance of the class they are given."""


class Calls(Questions):
    """Calls of functions, classes, methods and callable objects."""

    def called(self, func: ast.expr, scope: Scope) -> Called | None:
        symbol = self.project.resolve_expression(func, scope)
        match symbol:
            case FunctionScope() if symbol.is_method and isinstance(func, ast.Attribute):
                # `Class.method(…)`: what `Self` is there is the class.
                class_ = self.project.resolve_expression(func.value, scope)
                return Called(symbol, Type(class_) if isinstance(class_, ClassScope) else None)
            case FunctionScope() | ClassScope():
                return Called(symbol)
            case External():
                return Called(External(canonical(symbol.qualified_name)))
        if isinstance(func, ast.Attribute) and symbol is None:
            class_ = self.project.resolve_expression(func.value, scope)
            base = (
                Type(External("builtins.type"), (Type(class_),))
                if isinstance(class_, ClassScope)
                else self.expression(func.value, scope)
            )
            return self.member(base, func.attr) if base is not None else None
        found = self.variable(symbol) if isinstance(symbol, Variable) else None
        if found is None and isinstance(func, ast.Call):
            found = self.expression(func, scope)
        if found is None:
            return None
        made = found.argument() if found.name == "builtins.type" else None
        return Called(made.symbol) if made is not None else self.member(found, "__call__")

    def member(self, base: Type, name: str) -> Called | None:
        """The method of that name of an instance."""
        if base == NEVER:
            return Called(External(NEVER.name), base)
        receiver = base
        if base.name in ("builtins.super", "builtins.type"):
            inner = base.argument()
            if inner is None:
                return None
            receiver = inner
        if isinstance(receiver.symbol, External):
            return Called(External(canonical(f"{receiver.name}.{name}")), receiver)
        libraries: list[External] = []
        for symbol in self.project.ancestry(receiver.symbol):
            match symbol:
                case None:
                    return None
                case ClassScope() if base.name == "builtins.super" and symbol is receiver.symbol:
                    continue
                case ClassScope() if name in symbol.bindings:
                    method = symbol.method(name)
                    if method is not None and _agree(symbol, method):
                        return Called(method, receiver)
                    return self._kept(receiver if base is receiver else Type(symbol), name)
                case External():
                    libraries.append(symbol)
        kept = self._kept(receiver, name) if base is receiver else None
        if kept is not None:
            return kept
        libraries = [library for library in libraries if not is_bare(library.qualified_name)]
        if len(libraries) == 1:
            return Called(
                External(canonical(f"{canonical(libraries[0].qualified_name)}.{name}")), receiver
            )
        return None

    def _kept(self, receiver: Type, name: str) -> Called | None:
        """What is called where an attribute holds something that can be called."""
        found = self.attribute(receiver, name)
        return self.member(found, "__call__") if found is not None and found != NONE else None

    def call(self, node: ast.Call, scope: Scope) -> Type | None:
        called = self.called(node.func, scope)
        if called is None:
            return None
        match called.symbol:
            case ClassScope():
                return Type(called.symbol)
            case External(qualified_name=NEVER.name):
                return NEVER
            case FunctionScope():
                return self.result(called.symbol, called.receiver)
        return self._library_call(called, node, scope)

    def _library_call(self, called: Called, node: ast.Call, scope: Scope) -> Type | None:
        """What a library's function gives, where that hangs on its arguments."""
        name = called.name
        if name in _COPIES and node.args:
            kind = "list" if name in ("builtins.sorted", "builtins.reversed") else name[9:]
            return Type(
                External(f"builtins.{kind}"), (self.item(self.expression(node.args[0], scope)),)
            )
        match name:
            case "builtins.super":
                method = scope.enclosing_function()
                owner = method.parent if method is not None else None
                return (
                    Type(External(name), (Type(owner),)) if isinstance(owner, ClassScope) else None
                )
            case "builtins.enumerate" if node.args:
                pair: tuple[Type | None, Type | None] = (
                    Type(External("builtins.int")),
                    self.item(self.expression(node.args[0], scope)),
                )
                return Type(
                    External("collections.abc.Iterator"), (Type(External("builtins.tuple"), pair),)
                )
            case "builtins.next" if len(node.args) == 1:
                return self.item(self.expression(node.args[0], scope))
            case "builtins.anext" if len(node.args) == 1:
                item = self.item(self.expression(node.args[0], scope))
                return Type(External(COROUTINE), (item,))
            case "contextlib.closing" | "contextlib.nullcontext" | "contextlib.aclosing" if (
                node.args
            ):
                return Type(External(CONTEXT_MANAGER), (self.expression(node.args[0], scope),))
            case "contextlib.ExitStack.enter_context" if node.args:
                return self.enter(self.expression(node.args[0], scope))
            case "contextlib.AsyncExitStack.enter_async_context" if node.args:
                return Type(
                    External(COROUTINE), (self.enter(self.expression(node.args[0], scope)),)
                )
            case "typing.cast" if node.args:
                return annotated_type(self.project, node.args[0], scope)
            case "sqlalchemy.orm.sessionmaker" | "sqlalchemy.ext.asyncio.async_sessionmaker":
                return self._session_maker(name, node, scope)
        made = called.receiver.argument() if called.receiver is not None else None
        if made is not None and name.endswith("sessionmaker.__call__"):
            return made
        if name in ("builtins.dict.items", "collections.abc.Mapping.items") and called.receiver:
            pair = (called.receiver.argument(), called.receiver.argument(1))
            return Type(External("builtins.list"), (Type(External("builtins.tuple"), pair),))
        if name in ("builtins.dict.values", "collections.abc.Mapping.values") and called.receiver:
            return Type(External("builtins.list"), (called.receiver.argument(1),))
        if name in _GETS and node.args:
            row = annotated_type(self.project, node.args[0], scope)
            return Type(External(COROUTINE), (row,)) if ".asyncio." in name else row
        if name in _MAKES_ITS_OWN and called.receiver is not None:
            return called.receiver
        return call_result(name)

    def _session_maker(self, name: str, node: ast.Call, scope: Scope) -> Type | None:
        for keyword in node.keywords:
            if keyword.arg == "class_":
                made = annotated_type(self.project, keyword.value, scope)
                return Type(External(name), (made,)) if made is not None else None
            if keyword.arg is None:
                return None
        return Type(External(name))


def _agree(class_: ClassScope, method: FunctionScope) -> bool:
    """Whether all definitions of a method, such as overloads, are coroutine functions or none."""
    bound = class_.bindings[method.name]
    return len(bound) == 1 or all(
        isinstance(other, FunctionScope) and other.is_async == method.is_async for other in bound
    )
