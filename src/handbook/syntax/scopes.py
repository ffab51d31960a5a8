"""The scopes of a module, and what names are bound to in them."""

import ast
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import pairwise
from typing import Any, NamedTuple

from handbook.syntax.blocks import Block

type FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
type Definition = ClassScope | FunctionScope
type Binding = Imported | Assigned | Parameter | Opaque | ClassScope | FunctionScope


class Imported(NamedTuple):
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


class Assigned(NamedTuple):
    """A name bound by an assignment; `value` is `None` where there is only an annotation."""

    value: ast.expr | None
    annotation: ast.expr | None
    node: ast.Assign | ast.AnnAssign | ast.TypeAlias | ast.NamedExpr


class Parameter(NamedTuple):
    """A name bound by a parameter of a function."""

    node: ast.arg
    default: ast.expr | None


class Opaque(NamedTuple):
    """A name bound in a way that is not followed: a loop, `with … as`, unpacking, `del`, `+=`."""

    node: ast.AST


class OwnNodes(NamedTuple):
    """The nodes that run in a scope itself, found in one walk.

    Attributes:
        in_order: in source order.
        by_kind: those of each type, in source order.
        parents_of_calls: for each call among them the node directly around it.
    """

    in_order: list[ast.AST]
    by_kind: dict[type[ast.AST], list[Any]]
    parents_of_calls: dict[ast.AST, ast.AST]


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
        *("bindings", "body", "calls", "inner_scopes", "name", "outline", "places"),
        *("own_nodes", "parent"),
    )
    outline: "Outline"

    def __init__(self, name: str, parent: "Scope | None", body: Sequence[ast.stmt]) -> None:
        self.name = name
        self.parent = parent
        self.body = body
        self.own_nodes: OwnNodes | None = None
        self.places: dict[str, Any] = {}
        self.calls: list[Any] | None = None
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
    """A function or method; `bindings` holds its parameters and local names.

    Attributes:
        parameters: each in order, `*args` and `**kwargs` included.
    """

    __slots__ = ("index", "node", "parameters")

    def __init__(self, node: FunctionNode, parent: Scope, index: int) -> None:
        super().__init__(node.name, parent, node.body)
        self.node = node
        self.index = index
        self.parameters: Sequence[Parameter] = [*_parameters(node.args)]

    @property
    def is_async(self) -> bool:
        """Whether it is an `async def`."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def is_method(self) -> bool:
        """Whether it stands directly in a class body."""
        return isinstance(self.parent, ClassScope)


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
        star_imports: the absolute names of the modules of which it imports everything.
        exports: the names in `__all__`; `None` where it is absent or computed.
        lines: its text, with line ends.
        words: every identifier in the text, as for a block.
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
        """Begin with nothing declared: `outline.make_outline` fills it."""
        super().__init__(module.rpartition(".")[2], None, tree.body)
        self.outline = self
        self.path = path
        self.module = module
        self.is_package = is_package
        self.root = root
        self.tree = tree
        self.lines = lines
        self.words: set[str] = set()
        self.stands_for: dict[str, set[str]] = {}
        self.blocks: list[Block] = []
        self.definitions: list[Definition] = []
        self.imports: list[Imported] = []
        self.star_imports: list[str] = []
        self.exports: frozenset[str] | None = None

    def scopes_with(self, words: Set[str]) -> Iterator[Scope]:
        """The module, and the classes and functions in statements that may hold one of the words.

        There are none if no statement does. An imported name may stand for a word, as in a block.
        """
        spelled = self.words & words
        if not spelled:
            return
        yield self
        for name, parts in self.stands_for.items():
            if not parts.isdisjoint(spelled):
                spelled.add(name)
        firsts = [*(block.first_definition for block in self.blocks), len(self.definitions)]
        for block, (first, end) in zip(self.blocks, pairwise(firsts), strict=True):
            if first < end:
                text = block.text
                if any(word in text for word in spelled):
                    yield from self.definitions[first:end]

    @property
    def package(self) -> str:
        """The dotted name of the package that its relative imports start from."""
        return self.module if self.is_package else self.module.rpartition(".")[0]

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


def _parameters(args: ast.arguments) -> Iterator[Parameter]:
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
