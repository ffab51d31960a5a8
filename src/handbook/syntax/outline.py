"""What one module declares, from one pass over its `ast`: scopes, and what names are bound to.

An outline is all that other files ever see of a module. Its positions are `ast`'s: lines from 1,
columns in UTF-8 bytes; `SourceFile.span` turns them into places of the text.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, overload

type FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
type Definition = ClassScope | FunctionScope
type Binding = Imported | Assigned | Parameter | Opaque | ClassScope | FunctionScope

# Operators, contexts, names and marks: the fields in which no node lies that anyone asks for.
_PLAIN_FIELDS = frozenset(
    """
    arg asname attr conversion ctx id is_async kind kwd_attrs level module name op ops rest simple
    type_comment type_ignores
    """.split()
)
_WITHOUT_NODES = (ast.Constant, ast.MatchSingleton, ast.Global, ast.Nonlocal)
_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(slots=True, frozen=True)
class Imported:
    """A name bound by an import statement.

    Attributes:
        target: the absolute dotted name that the name stands for; empty if it has too many dots.
        module: the absolute name of the module imported from.
        name: what is taken from it: `*` for everything, `None` for a plain `import`.
        is_type_checking: whether it stands under `if TYPE_CHECKING`.
    """

    target: str
    module: str
    name: str | None
    alias: ast.alias
    node: ast.Import | ast.ImportFrom
    scope: "Scope"
    is_type_checking: bool


@dataclass(slots=True, frozen=True)
class Assigned:
    """A name bound by an assignment; `value` is `None` where there is only an annotation."""

    value: ast.expr | None
    annotation: ast.expr | None
    node: ast.Assign | ast.AnnAssign | ast.TypeAlias | ast.NamedExpr


@dataclass(slots=True, frozen=True)
class Parameter:
    """A name bound by a parameter of a function."""

    node: ast.arg
    default: ast.expr | None


@dataclass(slots=True, frozen=True)
class Opaque:
    """A name bound in a way that is not followed: a loop, `with … as`, unpacking, `del`, `+=`."""

    node: ast.AST


class Scope:
    """A region in which names are bound: a module, a class or a function.

    Attributes:
        name: the last part of the dotted name.
        parent: the scope around this one, `None` for a module.
        outline: the module around this scope.
        bindings: for each name bound here, every binding in source order.
        body: the statements directly in it.
    """

    __slots__ = (
        *("bindings", "body", "inner_scopes", "name", "nodes_by_kind", "outline", "own_nodes"),
        "parent",
    )
    outline: "Outline"

    def __init__(self, name: str, parent: "Scope | None", body: Sequence[ast.stmt]) -> None:
        self.name = name
        self.parent = parent
        self.body = body
        self.own_nodes: list[ast.AST] | None = None
        self.nodes_by_kind: dict[type[ast.AST], list[Any]] | None = None
        self.inner_scopes: Mapping[ast.AST, Scope] | None = None
        self.bindings: dict[str, list[Binding]] = {}
        if parent is not None:
            self.outline = parent.outline

    @property
    def qualname(self) -> str:
        """The dotted name within the module, `UserService.create`; empty for the module itself."""
        if self.parent is None:
            return ""
        around = self.parent.qualname
        return f"{around}.{self.name}" if around else self.name

    @property
    def qualified_name(self) -> str:
        """The dotted name with the module's in front."""
        return ".".join(filter(None, (self.outline.module, self.qualname)))

    def lookup(self, name: str) -> "tuple[Scope, Sequence[Binding]] | None":
        """Find what `name` is bound to, seen from this scope, as Python does.

        Returns the scope that binds it and all its bindings there, or `None` for a builtin or a
        name that only a star import can have brought.
        """
        scope: Scope | None = self
        while scope is not None:
            bound = scope.bindings.get(name)
            if bound is not None and (scope is self or not isinstance(scope, ClassScope)):
                return scope, bound
            scope = scope.parent
        return None

    def enclosing_function(self) -> "FunctionScope | None":
        """The innermost function that this scope is, or lies in."""
        scope: Scope | None = self
        while scope is not None and not isinstance(scope, FunctionScope):
            scope = scope.parent
        return scope


class ClassScope(Scope):
    """A class; `bindings` holds its fields, methods and inner classes."""

    __slots__ = ("index", "node")

    def __init__(self, node: ast.ClassDef, parent: Scope, index: int) -> None:
        super().__init__(node.name, parent, node.body)
        self.node = node
        self.index = index

    @property
    def methods(self) -> Iterator["FunctionScope"]:
        """The functions defined in the class body, in source order."""
        for bound in self.bindings.values():
            for binding in bound:
                if isinstance(binding, FunctionScope):
                    yield binding

    def method(self, name: str) -> "FunctionScope | None":
        """The method of that name, where the class body binds it to nothing else."""
        last = self.bindings.get(name, [None])[-1]
        return last if isinstance(last, FunctionScope) else None


class FunctionScope(Scope):
    """A function or method; `bindings` holds its parameters and local names."""

    __slots__ = ("index", "node")

    def __init__(self, node: FunctionNode, parent: Scope, index: int) -> None:
        super().__init__(node.name, parent, node.body)
        self.node = node
        self.index = index

    @property
    def is_async(self) -> bool:
        """Whether it is an `async def`."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def is_method(self) -> bool:
        """Whether it stands directly in a class body."""
        return isinstance(self.parent, ClassScope)

    @property
    def parameters(self) -> Iterator[Parameter]:
        """Each parameter in order, `*args` and `**kwargs` included."""
        args = self.node.args
        positional = [*args.posonlyargs, *args.args]
        required = len(positional) - len(args.defaults)
        for index, arg in enumerate(positional):
            yield Parameter(arg, args.defaults[index - required] if index >= required else None)
        if args.vararg is not None:
            yield Parameter(args.vararg, None)
        for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            yield Parameter(arg, default)
        if args.kwarg is not None:
            yield Parameter(args.kwarg, None)


class Block:
    """One top-level statement of a module, or several that share a line.

    Attributes:
        first_line: of its first decorator, or of the statement.
        last_line: of its last character.
        lines: those lines with their ends.
        first_definition: how many classes and functions come before it in the module.
        words: every identifier in the text, comments and strings included, and for each name that
            is an import's, the parts of the dotted name that it stands for.
    """

    __slots__ = ("first_definition", "first_line", "last_line", "lines", "nodes", "words")

    def __init__(self, first_line: int, last_line: int, first_definition: int) -> None:
        self.first_line = first_line
        self.last_line = last_line
        self.first_definition = first_definition
        self.nodes: list[ast.stmt] = []
        self.lines: Sequence[str] = ()
        self.words: set[str] = set()

    @property
    def text(self) -> str:
        """Its lines, ends included."""
        return "".join(self.lines)


class Outline(Scope):
    """A module.

    Attributes:
        path: the file's, as the project knows it.
        module: its dotted name, `app.users.models`.
        is_package: whether it is an `__init__` file.
        root: the source root that `module` is relative to.
        tree: the whole `ast`.
        blocks: its top-level statements.
        definitions: every class and function, however deep, in source order.
        imports: every imported name, however deep, in source order.
        exports: the names in `__all__`; `None` where it is absent or computed.
        lines: its text, with line ends.
        words: those of all blocks.
        stands_for: for each name that only imports and aliases of dotted names bind, the parts of
            what it stands for.
    """

    def __init__(
        self,
        tree: ast.Module,
        lines: Sequence[str],
        *,
        path: str = "",
        module: str = "",
        is_package: bool = False,
        root: str = "",
    ) -> None:
        super().__init__(module.rpartition(".")[2], None, tree.body)
        self.outline = self
        self.path = path
        self.module = module
        self.is_package = is_package
        self.root = root
        self.tree = tree
        self.lines = lines
        self.stands_for: dict[str, set[str]] = {}
        self.blocks: list[Block] = []
        self.definitions: list[Definition] = []
        self.imports: list[Imported] = []
        builder = _Builder(self)
        for node in tree.body:
            self._block_of(node).nodes.append(node)
            builder.statement(node, self)
        self._read_words()
        for block in self.blocks:
            if any(":=" in line for line in block.lines):
                builder.walrus_targets(block)
        self.exports = _exports(self.bindings.get("__all__", ()))

    def scopes_with(self, words: Set[str]) -> Iterator[Scope]:
        """The module, and the classes and functions in the statements that hold one of the words.

        There are none if no statement does. An imported name may stand for a word, as in a block.
        """
        if not words.isdisjoint(self.words):
            yield self
        ends = [*(block.first_definition for block in self.blocks[1:]), len(self.definitions)]
        for block, end in zip(self.blocks, ends, strict=True):
            if block.first_definition < end and not words.isdisjoint(block.words):
                yield from self.definitions[block.first_definition : end]

    @property
    def package(self) -> str:
        """The dotted name of the package that its relative imports start from."""
        return self.module if self.is_package else self.module.rpartition(".")[0]

    @property
    def star_imports(self) -> list[str]:
        """The absolute names of the modules of which everything is imported at module level."""
        return [
            imported.module
            for imported in self.imports
            if imported.name == "*" and imported.scope is self
        ]

    def absolute(self, module: str | None, level: int) -> str:
        """Give the absolute name of the module in `from <level dots><module> import …`.

        Returns the empty string where the dots lead out of the package.
        """
        if not level:
            return module or ""
        parts = self.package.split(".") if self.package else []
        if level > len(parts):
            return ""
        return ".".join([*parts[: len(parts) - level + 1], *([module] if module else [])])

    def _block_of(self, node: ast.stmt) -> Block:
        first = node.lineno
        for decorator in getattr(node, "decorator_list", ()):
            first = min(first, decorator.lineno)
        last = node.end_lineno or first
        if self.blocks and first <= self.blocks[-1].last_line:
            self.blocks[-1].last_line = max(last, self.blocks[-1].last_line)
        else:
            self.blocks.append(Block(first, last, len(self.definitions)))
        return self.blocks[-1]

    def _read_words(self) -> None:
        for name, bound in self.bindings.items():
            words = self._parts_of(bound)
            if words:
                self.stands_for[name] = words
        for block in self.blocks:
            block.lines = self.lines[block.first_line - 1 : block.last_line]
            words = block.words
            words.update(_WORD.findall(block.text))
            for name in words & self.stands_for.keys():
                words |= self.stands_for[name]
        self.words: set[str] = set().union(*(block.words for block in self.blocks))

    def _parts_of(self, bound: Sequence[Binding]) -> set[str]:
        parts: set[str] = set()
        for binding in bound:
            match binding:
                case Imported(target=target):
                    parts.update(target.split("."))
                case Assigned(value=ast.Name(id=name)):
                    parts |= {name} | self.stands_for.get(name, set())
                case Assigned(value=ast.Attribute(value=ast.Name(id=name), attr=attribute)):
                    parts |= {name, attribute} | self.stands_for.get(name, set())
        return parts


class _Builder:
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
        module = self.outline.absolute(node.module, node.level)
        for alias in node.names:
            self.imported(node, scope, alias, module, alias.name)

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


_HANDLERS: Mapping[type[ast.stmt], Callable[[_Builder, Any, Scope], None]] = {
    ast.FunctionDef: _Builder.function,
    ast.AsyncFunctionDef: _Builder.function,
    ast.ClassDef: _Builder.class_,
    ast.Import: _Builder.import_,
    ast.ImportFrom: _Builder.import_from,
    ast.Assign: _Builder.assign,
    ast.AnnAssign: _Builder.annotated,
    ast.TypeAlias: _Builder.type_alias,
    ast.AugAssign: _Builder.augmented,
    ast.Delete: _Builder.delete,
    ast.For: _Builder.loop,
    ast.AsyncFor: _Builder.loop,
    ast.While: _Builder.branches,
    ast.If: _Builder.if_,
    ast.With: _Builder.with_,
    ast.AsyncWith: _Builder.with_,
    ast.Try: _Builder.try_,
    ast.TryStar: _Builder.try_,
    ast.Match: _Builder.match,
    ast.Global: _Builder.global_,
    ast.Nonlocal: _Builder.nonlocal_,
}


@overload
def own_nodes(scope: Scope) -> Sequence[ast.AST]: ...
@overload
def own_nodes[N: ast.AST](scope: Scope, *kinds: type[N]) -> Sequence[N]: ...
def own_nodes(scope: Scope, *kinds: type[ast.AST]) -> Sequence[Any]:
    """Every `ast` node that runs in this scope itself, in source order; found once.

    The bodies of nested functions and classes are left out; their decorators, defaults and bases
    run here and are given, and so are lambdas and comprehensions. Operators and contexts, which
    are only marks on other nodes, are left out too. With `kinds` only nodes of these are given:
    quicker than to look through all of them.
    """
    if scope.own_nodes is None:
        scope.own_nodes = nodes_below(scope.body)
    if not kinds:
        return scope.own_nodes
    if scope.nodes_by_kind is None:
        by_kind: defaultdict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        for node in scope.own_nodes:
            by_kind[type(node)].append(node)
        scope.nodes_by_kind = dict(by_kind)
    present = [kind for kind in kinds if kind in scope.nodes_by_kind]
    if len(present) > 1:
        return [node for node in scope.own_nodes if type(node) in present]
    return scope.nodes_by_kind[present[0]] if present else ()


def nodes_below(body: Sequence[ast.AST]) -> list[ast.AST]:
    """The nodes and all that are below them, as far as they run in the same scope."""
    found: list[ast.AST] = []
    stack: list[ast.AST] = list(reversed(body))
    while stack:
        node = stack.pop()
        found.append(node)
        stack += children(node)
    return found


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below a node that run in the same scope, last first."""
    found: list[ast.AST] = []
    for name in _NODE_FIELDS[type(node)]:
        value = getattr(node, name)
        if value.__class__ is list:
            found += [part for part in reversed(value) if part is not None]
        elif value is not None:
            found.append(value)
    return found


class _NodeFields(dict[type[ast.AST], tuple[str, ...]]):
    """The fields of each type of node that hold nodes which run in its scope, last first."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        if issubclass(kind, ast.FunctionDef | ast.AsyncFunctionDef):
            names: tuple[str, ...] = ("returns", "args", "type_params", "decorator_list")
        elif issubclass(kind, ast.ClassDef):
            names = ("keywords", "bases", "type_params", "decorator_list")
        elif issubclass(kind, _WITHOUT_NODES):
            names = ()
        else:
            names = tuple(name for name in reversed(kind._fields) if name not in _PLAIN_FIELDS)
        self[kind] = names
        return names


_NODE_FIELDS = _NodeFields()


def _is_type_checking(test: ast.expr) -> bool:
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
    return False


def _exports(bound: Sequence[Binding]) -> frozenset[str] | None:
    """The names in `__all__`, where it is one literal list or tuple of strings."""
    match bound:
        case [Assigned(value=ast.List(elts=elements) | ast.Tuple(elts=elements))]:
            names = [
                element.value
                for element in elements
                if isinstance(element, ast.Constant) and isinstance(element.value, str)
            ]
            return frozenset(names) if len(names) == len(elements) else None
    return None
