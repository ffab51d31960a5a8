"""Of what class an expression surely is an instance, and what a call surely calls."""

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from handbook.semantics.annotations import annotated_type
from handbook.semantics.bound import InnerScope, Source, sources_in
from handbook.semantics.project import External, Project, Variable
from handbook.semantics.signatures import (
    ASYNC_CONTEXT_MANAGER,
    AWAITABLES,
    CONTEXT_MANAGER,
    COROUTINE,
    ITERABLES,
    MAPPINGS,
    NONE,
    Type,
    attribute,
    call_result,
    canonical,
    entered,
    merge,
)
from handbook.syntax.outline import (
    Assigned,
    Binding,
    ClassScope,
    FunctionScope,
    Opaque,
    Parameter,
    Scope,
    own_nodes,
)

_DEEPEST = 40
_PROPERTIES = frozenset(
    {
        *("builtins.property", "functools.cached_property", "abc.abstractproperty"),
        *("sqlalchemy.ext.hybrid.hybrid_property", "pydantic.computed_field"),
    }
)
_TRANSPARENT = frozenset(
    {
        *("builtins.staticmethod", "builtins.classmethod", "abc.abstractmethod"),
        *("functools.cache", "functools.lru_cache", "functools.wraps", "typing.override"),
        *("typing.final", "typing.overload", "typing.no_type_check", "warnings.deprecated"),
        *("tenacity.retry", "backoff.on_exception", "async_lru.alru_cache"),
        *("pydantic.validate_call", "contextlib.contextmanager", "contextlib.asynccontextmanager"),
    }
)
"""Decorators after which a call gives what the function gives."""
_MANAGERS = {
    "contextlib.contextmanager": CONTEXT_MANAGER,
    "contextlib.asynccontextmanager": ASYNC_CONTEXT_MANAGER,
}
_DEPENDS = frozenset({"fastapi.Depends", "fastapi.Security", "fastapi.param_functions.Depends"})
_COPIES = frozenset(
    f"builtins.{name}"
    for name in ("list", "sorted", "reversed", "set", "tuple", "iter", "frozenset")
)


@dataclass(slots=True, frozen=True)
class Called:
    """What a call calls.

    Attributes:
        symbol: the function or class; a library's under its canonical name, a method as
            `requests.Session.get`.
        receiver: for a method, what it is called on.
    """

    symbol: FunctionScope | ClassScope | External
    receiver: Type | None = None

    @property
    def name(self) -> str:
        """The qualified name of the function or class."""
        return self.symbol.qualified_name


def instance_of(project: Project, node: ast.expr, scope: Scope) -> ClassScope | External | None:
    """The class that an expression surely evaluates to an instance of, seen from a scope.

    Classes of libraries go by one canonical name (`sqlalchemy.orm.Session` however imported).
    What may be `None` is taken for what it is otherwise. Names bound several times, with values
    that are not all of one class, give `None`, and so does all that cannot be followed.
    """
    found = type_of(project, node, scope)
    return found.symbol if found is not None and found is not NONE else None


def type_of(project: Project, node: ast.expr, scope: Scope) -> Type | None:
    """Like `instance_of`, with type arguments: `list[User]`, `Coroutine[User]`."""
    return _engine(project).expression(node, scope)


def called_by(project: Project, call: ast.Call, scope: Scope) -> Called | None:
    """What a call surely calls: through names, files, `self`, and the types of objects."""
    return _engine(project).called(call.func, scope)


def attribute_values(
    project: Project, class_: ClassScope, name: str
) -> list[tuple[ast.expr, FunctionScope]]:
    """What the methods of a class, or of its nearest base class that does, assign to `self.name`.

    Each value comes with the method that it is written in.
    """
    for symbol in project.ancestry(class_):
        if isinstance(symbol, ClassScope):
            assigned = _engine(project).assigned_attributes(symbol).get(name)
            if assigned:
                return [(value, method) for value, _, method in assigned if value is not None]
    return []


def decorators_of(project: Project, function: FunctionScope) -> list[str | None]:
    """The qualified names of a function's decorators, `None` for each that is not known."""
    around = function.parent or function
    names: list[str | None] = []
    for decorator in function.node.decorator_list:
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        symbol = project.resolve_expression(node, around)
        names.append(canonical(symbol.qualified_name) if symbol is not None else None)
    return names


def is_generator(function: FunctionScope) -> bool:
    """Whether a function yields."""
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(function))


def _engine(project: Project) -> "_Inference":
    return project.fact(_Inference, lambda: _Inference(project))


class _Inference:
    """Answers for one project, and remembers what it found about variables and functions."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._known: dict[object, Type | None] = {}
        self._pending: dict[object, tuple[int, Type | None]] = {}
        self._lowest = _DEEPEST
        self._sources: dict[Scope, dict[ast.AST, Source]] = {}
        self._attributes: dict[
            ClassScope, dict[str, list[tuple[ast.expr | None, ast.expr | None, FunctionScope]]]
        ] = {}

    # Memory

    def _once(self, key: object, compute: Callable[[], Type | None]) -> Type | None:
        """Compute something once; what depends on itself is answered by what is supposed so far.

        An answer that rests on a supposition about something further out is not remembered.
        """
        if key in self._known:
            return self._known[key]
        if key in self._pending:
            level, supposed = self._pending[key]
            self._lowest = min(self._lowest, level)
            return supposed
        level = len(self._pending)
        if level >= _DEEPEST:
            return None
        self._pending[key] = (level, None)
        try:
            found = compute()
        finally:
            del self._pending[key]
        if self._lowest >= level:
            self._lowest = _DEEPEST
            self._known[key] = found
        return found

    def _suppose(self, key: object, found: Type | None) -> None:
        if key in self._pending:
            self._pending[key] = (self._pending[key][0], found)

    # Expressions

    def expression(self, node: ast.expr, scope: Scope) -> Type | None:
        match node:
            case ast.Name():
                symbol = self.project.resolve_name([node.id], scope)
                return self._variable(symbol) if isinstance(symbol, Variable) else None
            case ast.Attribute():
                symbol = self.project.resolve_expression(node, scope)
                if isinstance(symbol, Variable):
                    return self._variable(symbol)
                base = self.expression(node.value, scope) if symbol is None else None
                return self.attribute(base, node.attr) if base is not None else None
            case ast.Call():
                return self._call(node, scope)
            case ast.Await(value=value):
                awaited = self.expression(value, scope)
                known = awaited is not None and awaited.name in AWAITABLES
                return awaited.arguments[-1] if known and awaited and awaited.arguments else None
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
                return self._subscript(self.expression(value, scope), index)
        return None

    def _joined_path(self, left: ast.expr, right: ast.expr, scope: Scope) -> Type | None:
        for part in (left, right):
            found = self.expression(part, scope)
            if found is not None and found.name in ("pathlib.Path", "anyio.Path"):
                return found
        return None

    def _subscript(self, base: Type | None, index: ast.expr) -> Type | None:
        if base is None or base.name not in ITERABLES:
            return None
        if isinstance(index, ast.Slice):
            return base
        if base.name in MAPPINGS:
            return base.argument(1)
        if base.name == "builtins.tuple":
            match index:
                case ast.Constant(value=int(position)):
                    return self._unpacked(base, position)
            return None
        return base.argument()

    def _call(self, node: ast.Call, scope: Scope) -> Type | None:
        called = self.called(node.func, scope)
        if called is None:
            return None
        match called.symbol:
            case ClassScope():
                return Type(called.symbol)
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
        return call_result(name)

    def _session_maker(self, name: str, node: ast.Call, scope: Scope) -> Type | None:
        for keyword in node.keywords:
            if keyword.arg == "class_":
                made = annotated_type(self.project, keyword.value, scope)
                return Type(External(name), (made,)) if made is not None else None
            if keyword.arg is None:
                return None
        return Type(External(name))

    # What is called

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
            base = self.expression(func.value, scope)
            return self.member(base, func.attr) if base is not None else None
        found = self._variable(symbol) if isinstance(symbol, Variable) else None
        if found is None and isinstance(func, ast.Call):
            found = self.expression(func, scope)
        if found is None:
            return None
        made = found.argument() if found.name == "builtins.type" else None
        return Called(made.symbol) if made is not None else self.member(found, "__call__")

    def member(self, base: Type, name: str) -> Called | None:
        """The method of that name of an instance."""
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
                    found = self._class_variable(symbol, name)
                    return self.member(found, "__call__") if found is not None else None
                case External():
                    libraries.append(symbol)
        found = self.attribute(receiver, name) if base is receiver else None
        if found is not None:
            return self.member(found, "__call__")
        libraries = [library for library in libraries if not _is_bare(library.qualified_name)]
        if len(libraries) == 1:
            return Called(
                External(canonical(f"{canonical(libraries[0].qualified_name)}.{name}")), receiver
            )
        return None

    # Attributes

    def attribute(self, base: Type, name: str) -> Type | None:
        """What an attribute of an instance is."""
        if isinstance(base.symbol, External):
            return attribute(f"{base.name}.{name}")
        return self._once((base.symbol, name), lambda: self._attribute(base, name))

    def _attribute(self, base: Type, name: str) -> Type | None:
        given: list[Type | None] = []
        for symbol in (
            self.project.ancestry(base.symbol) if isinstance(base.symbol, ClassScope) else ()
        ):
            match symbol:
                case None:
                    return None
                case ClassScope():
                    assigned = self.assigned_attributes(symbol).get(name, ())
                    bound = symbol.bindings.get(name)
                    if bound is not None:
                        if any(isinstance(binding, FunctionScope) for binding in bound):
                            return self._property(bound, base)
                        match bound[-1]:
                            case Assigned(annotation=ast.expr()) as declared:
                                return self._assigned(declared, symbol)
                        given.append(self._class_variable(symbol, name))
                    for value, annotation, method in assigned:
                        if annotation is not None:
                            return annotated_type(self.project, annotation, method)
                        given.append(self.expression(value, method) if value is not None else None)
                    if given:
                        return merge(given)
                case External() as library if not _is_bare(library.qualified_name):
                    found = attribute(f"{canonical(library.qualified_name)}.{name}")
                    if found is not None:
                        return found
        return None

    def _property(self, bound: Sequence[Binding], receiver: Type) -> Type | None:
        """What a property gives; its setter and deleter say nothing about that."""
        for binding in bound:
            if isinstance(binding, FunctionScope):
                names = {*decorators_of(self.project, binding)}
                if names & _PROPERTIES and None not in names:
                    return self._returned(binding, receiver)
        return None

    def assigned_attributes(
        self, class_: ClassScope
    ) -> dict[str, list[tuple[ast.expr | None, ast.expr | None, FunctionScope]]]:
        """What the methods of a class assign to the attributes of `self`: value, annotation."""
        found = self._attributes.get(class_)
        if found is None:
            found = self._attributes[class_] = {}
            for method in class_.methods:
                first = next(method.parameters, None)
                if first is not None:
                    for name, value, annotation in _assigned_to(first.node.arg, method.body):
                        found.setdefault(name, []).append((value, annotation, method))
        return found

    # Variables

    def _class_variable(self, class_: ClassScope, name: str) -> Type | None:
        return self._variable(Variable(class_, name, class_.bindings[name]))

    def _variable(self, variable: Variable) -> Type | None:
        key = (variable.scope, variable.name)
        return self._once(key, lambda: self._bound(key, variable))

    def _bound(self, key: object, variable: Variable) -> Type | None:
        scope, bindings = variable.scope, variable.bindings
        declared = [
            binding
            for binding in bindings
            if isinstance(binding, Assigned) and binding.annotation is not None
        ]
        if len(declared) == 1 and not any(isinstance(bound, Parameter) for bound in bindings):
            return self._assigned(declared[0], scope)
        found: list[Type | None] = []
        for binding in bindings:
            match binding:
                case Assigned():
                    found.append(self._assigned(binding, scope))
                case Parameter():
                    found.append(self._parameter(binding, scope))
                case Opaque(node=ast.Global()):
                    found.extend(self._global(variable))
                case Opaque(node=node) if not _changes(node, scope):
                    found.append(self._opaque(node, scope))
                case Opaque():
                    continue
                case _:
                    return None
            if found[-1:] == [None]:
                return None
            self._suppose(key, merge(found))
        return merge(found)

    def _assigned(self, binding: Assigned, scope: Scope) -> Type | None:
        if isinstance(binding.node, ast.TypeAlias):
            return None
        if binding.annotation is not None:
            found = annotated_type(self.project, binding.annotation, scope)
            bare = found is not None and found.name in ("typing.Final", "typing.ClassVar")
            if not bare or binding.value is None:
                return found
        return self.expression(binding.value, scope) if binding.value is not None else None

    def _parameter(self, binding: Parameter, scope: Scope) -> Type | None:
        if not isinstance(scope, FunctionScope):
            return None
        args = scope.node.args
        annotation = binding.node.annotation
        around = _around(scope)
        if annotation is None:
            first = next(scope.parameters)
            if binding.node is first.node and isinstance(scope.parent, ClassScope):
                names = {*decorators_of(self.project, scope)}
                if "builtins.staticmethod" in names:
                    return None
                own = Type(scope.parent)
                is_class = "builtins.classmethod" in names or scope.name in (
                    "__new__",
                    "__init_subclass__",
                )
                return Type(External("builtins.type"), (own,)) if is_class else own
            return self._injected(binding.default, around)
        found = annotated_type(self.project, annotation, around)
        if binding.node is args.vararg:
            return Type(External("collections.abc.Sequence"), (found,))
        if binding.node is args.kwarg:
            return Type(External("builtins.dict"), (Type(External("builtins.str")), found))
        return found

    def _injected(self, default: ast.expr | None, scope: Scope) -> Type | None:
        """What FastAPI passes for a parameter whose default is `Depends(f)`."""
        if not isinstance(default, ast.Call) or not default.args:
            return None
        marker = self.project.resolve_expression(default.func, scope)
        if marker is None or marker.qualified_name not in _DEPENDS:
            return None
        called = self.called(default.args[0], scope)
        match called.symbol if called is not None else None:
            case ClassScope() as class_:
                return Type(class_)
            case FunctionScope() as function:
                found = self.result(function, None)
                if found is not None and (found.name in AWAITABLES or is_generator(function)):
                    return found.argument(-1 if found.name in AWAITABLES else 0)
                return found
        return None

    def _global(self, variable: Variable) -> Iterator[Type | None]:
        """What a module's variable is given in its functions, or in its module's other parts."""
        outline = variable.scope.outline
        if variable.scope is not outline:
            bound = outline.bindings.get(variable.name, ())
            yield self._variable(Variable(outline, variable.name, bound))
            return
        for scope in outline.definitions:
            bindings = scope.bindings.get(variable.name, ())
            if any(
                isinstance(bound, Opaque) and isinstance(bound.node, ast.Global)
                for bound in bindings
            ):
                for binding in bindings:
                    if isinstance(binding, Assigned):
                        yield self._assigned(binding, scope)
                    elif not isinstance(binding, Opaque) or not isinstance(
                        binding.node, ast.Global
                    ):
                        yield None

    def _opaque(self, node: ast.AST, scope: Scope) -> Type | None:
        sources = self._sources.get(scope)
        if sources is None:
            sources = self._sources[scope] = sources_in(scope)
        source = sources.get(node)
        if source is None:
            return None
        # The first iterable of a comprehension runs outside of it; the names are other ones there.
        around = scope
        if isinstance(scope, InnerScope) and not isinstance(scope.node, ast.Lambda):
            outer = source.value is scope.node.generators[0].iter
            around = scope.parent if outer and scope.parent is not None else scope
        if source.manner == "caught":
            return annotated_type(self.project, source.value, around)
        found = self.expression(source.value, around)
        if source.manner == "item":
            found = self.item(found)
        elif source.manner == "entered":
            found = self.enter(found)
        for index in source.indices:
            found = self._unpacked(found, index)
        return found

    def _unpacked(self, whole: Type | None, index: int) -> Type | None:
        if whole is None or whole.name != "builtins.tuple":
            return self.item(whole)
        variadic = len(whole.arguments) == 2 and whole.arguments[1] is None
        return whole.argument(index) if not variadic or index == 0 else None

    def item(self, whole: Type | None) -> Type | None:
        """What iterating over an object gives."""
        if whole is None or whole.name not in ITERABLES:
            return None
        if whole.name == "builtins.tuple" and len(whole.arguments) > 1:
            return None
        return whole.argument()

    def enter(self, manager: Type | None) -> Type | None:
        """What `with manager as x` binds."""
        if manager is None:
            return None
        if isinstance(manager.symbol, External):
            return entered(manager)
        for name in ("__enter__", "__aenter__"):
            called = self.member(manager, name)
            if called is not None and isinstance(called.symbol, FunctionScope):
                found = self.result(called.symbol, manager)
                return (
                    found.argument(-1) if found is not None and found.name in AWAITABLES else found
                )
            if called is not None and isinstance(called.symbol, External):
                library = Type(External(called.name.rpartition(".")[0]))
                return manager if entered(library) == library else None
        return None

    # Functions

    def result(self, function: FunctionScope, receiver: Type | None) -> Type | None:
        """What calling a function gives: of an `async def` the coroutine."""
        key = (function, receiver)
        return self._once(key, lambda: self._result(function, receiver))

    def _result(self, function: FunctionScope, receiver: Type | None) -> Type | None:
        decorators = decorators_of(self.project, function)
        if not all(name in _TRANSPARENT for name in decorators):
            return None
        returned = self._returned(function, receiver)
        manager = next((_MANAGERS[name] for name in decorators if name in _MANAGERS), None)
        if manager is not None:
            return (
                Type(External(manager), (returned.argument(),)) if returned is not None else None
            )
        if function.is_async and not is_generator(function):
            return Type(External(COROUTINE), (returned,))
        return returned

    def _returned(self, function: FunctionScope, receiver: Type | None) -> Type | None:
        if function.node.returns is not None:
            around = _around(function)
            return annotated_type(self.project, function.node.returns, around, receiver)
        nodes = [*own_nodes(function)]
        yields = [node.value for node in nodes if isinstance(node, ast.Yield)]
        if yields:
            item = merge(self.expression(value, function) if value else NONE for value in yields)
            return (
                Type(External("collections.abc.Iterator"), (item,)) if item is not None else None
            )
        values = [node.value for node in nodes if isinstance(node, ast.Return)]
        return merge(self.expression(value, function) if value else NONE for value in values)


def _around(function: FunctionScope) -> Scope:
    """The scope that sees what the annotations of a function see."""
    return function if function.node.type_params or function.parent is None else function.parent


def _is_bare(name: str) -> bool:
    """Whether a base class has no members worth a thought."""
    return name in ("typing.Generic", "typing.Protocol", "abc.ABC", "builtins.object")


def _agree(class_: ClassScope, method: FunctionScope) -> bool:
    """Whether all definitions of a method, such as overloads, are coroutine functions or none."""
    bound = class_.bindings[method.name]
    return len(bound) == 1 or all(
        isinstance(other, FunctionScope) and other.is_async == method.is_async for other in bound
    )


def _changes(node: ast.AST, scope: Scope) -> bool:
    """Whether an opaque binding only changes or deletes what the name holds: `p /= "x"`."""
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del)


def _assigned_to(
    name: str, body: Sequence[ast.stmt]
) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    """The attributes of `name` that statements assign: attribute, value, annotation."""
    for statement in body:
        match statement:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _attributes_in(target, name, value)
            case ast.AnnAssign(target=target, value=value, annotation=annotation):
                for attribute_name, given, _ in _attributes_in(target, name, value):
                    yield attribute_name, given, annotation
            case ast.For(target=target) | ast.AsyncFor(target=target):
                yield from _attributes_in(target, name, None)
            case ast.With(items=items) | ast.AsyncWith(items=items):
                for item in items:
                    if item.optional_vars is not None:
                        yield from _attributes_in(item.optional_vars, name, None)
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(statement, part, ())
            if part in ("handlers", "cases"):
                for branch in inner:
                    yield from _assigned_to(name, branch.body)
            elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from _assigned_to(name, inner)


def _attributes_in(
    target: ast.expr, name: str, value: ast.expr | None
) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    match target:
        case ast.Attribute(value=ast.Name(id=owner), attr=attribute_name) if owner == name:
            yield attribute_name, value, None
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for element in elements:
                yield from _attributes_in(element, name, None)
