"""Types as annotations and response models write them, in one form that can be compared."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from handbook.python.project.project import External, Project, Symbol, Variable
from handbook.python.types.signatures import canonical
from handbook.syntax.outline import Assigned, ClassScope, Opaque, Scope
from handbook.syntax.text import parse_expression

type Form = Named | Union | Literal
"""A type: the same one is always equal, however it was written."""
type _Filling = Mapping[str, Form]
"""What stands for the type variables of a generic class or alias."""


@dataclass(slots=True, frozen=True)
class Named:
    """A class, with its type arguments if it is given any."""

    symbol: ClassScope | External
    arguments: tuple["Form", ...] = ()
    size: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Count the classes in it."""
        object.__setattr__(self, "size", 1 + sum(map(_size, self.arguments)))

    @property
    def name(self) -> str:
        """The qualified name of the class."""
        return self.symbol.qualified_name


@dataclass(slots=True, frozen=True)
class Union:
    """One of several types, none of which is a union."""

    members: "frozenset[Named | Literal]"


@dataclass(slots=True, frozen=True)
class Literal:
    """One of several values, each with the name of its type."""

    values: frozenset[tuple[str, object]]


def _size(form: Form) -> int:
    """How many classes a type mentions."""
    if isinstance(form, Union):
        return sum(map(_size, form.members))
    return form.size if isinstance(form, Named) else 1


ANY = Named(External("typing.Any"))
NEVER = Named(External("typing.Never"))
NONE = Named(External("builtins.None"))
OBJECT = Named(External("builtins.object"))
ELLIPSIS = Named(External("builtins.Ellipsis"))
"""What stands behind the item of a tuple of any length."""
UNKNOWN = Named(External(""))
"""A type, or the part of one, that cannot be told."""

_LARGEST = 200
"""Of a type that mentions more classes than this, once its aliases are undone, nothing is said."""

_SPECIAL = {
    **{f"typing.{name}": ANY for name in ("Any", "JsonValue")},
    **{f"typing.{name}": NEVER for name in ("Never", "NoReturn")},
    "types.NoneType": NONE,
    "builtins.object": OBJECT,
    "pydantic.JsonValue": ANY,
    "pydantic.types.JsonValue": ANY,
}
_TRANSPARENT = frozenset(
    f"typing.{name}"
    for name in ("Annotated", "ClassVar", "Final", "Required", "NotRequired", "ReadOnly")
)
"""Forms that mean their first argument."""
_SAME = {
    **{f"collections.abc.{name}": "builtins.list" for name in ("Sequence", "MutableSequence")},
    **{f"collections.abc.{name}": "builtins.list" for name in ("Collection", "Iterable")},
    **{f"collections.abc.{name}": "builtins.dict" for name in ("Mapping", "MutableMapping")},
    **{f"collections.abc.{name}": "builtins.set" for name in ("Set", "MutableSet")},
    "builtins.frozenset": "builtins.set",
    "typing.Text": "builtins.str",
}
"""Classes that one JSON type and one idea stand behind, and the name that they go by here."""
_PYDANTIC = {
    **{name: "str" for name in ("EmailStr", "StrictStr", "ImportString")},
    **{name: "int" for name in ("StrictInt", "PositiveInt", "NegativeInt", "NonNegativeInt")},
    **{name: "float" for name in ("StrictFloat", "PositiveFloat", "NonNegativeFloat")},
    **{name: "bool" for name in ("StrictBool",)},
    **{name: "bytes" for name in ("StrictBytes",)},
}
_BARE = frozenset({"typing.Generic", "typing.Protocol", "typing.TypedDict", "typing.NamedTuple"})
"""The names of `typing` that stand for a class."""


def type_form(project: Project, node: ast.expr, scope: Scope) -> Form:
    """Read a type, seen from the scope it is written in.

    Quotes, aliases of any kind and in any file, the metadata of `Annotated` and the spellings of
    `typing` are seen through. Parts that are not certain, such as a parameter that holds a class,
    are `UNKNOWN`.
    """
    return _Reader(project).read(node, scope, {}, ())


def union_of(forms: Iterable[Form]) -> Form:
    """The union of some types; of a single one it is that type, of none it is `NEVER`."""
    members: set[Named | Literal] = set()
    for form in forms:
        members |= form.members if isinstance(form, Union) else {form}
    members.discard(NEVER)
    literals = {member for member in members if isinstance(member, Literal)}
    if len(literals) > 1:
        values = frozenset().union(*(literal.values for literal in literals))
        members = (members - literals) | {Literal(values)}
    if ANY in members:
        return ANY
    if len(members) == 1:
        return members.pop()
    return Union(frozenset(members)) if members else NEVER


def members_of(form: Form) -> frozenset[Named | Literal]:
    """The members of a union, or the type itself."""
    return form.members if isinstance(form, Union) else frozenset({form})


def parts_of(form: Form) -> Iterator[Named]:
    """Every class that a type mentions, in its type arguments too; the same order in every run."""
    named = [member for member in members_of(form) if isinstance(member, Named)]
    for member in sorted(named, key=_names_in) if len(named) > 1 else named:
        yield member
        for argument in member.arguments:
            yield from parts_of(argument)


def _names_in(form: Named) -> list[str]:
    inner = (part.name for argument in form.arguments for part in parts_of(argument))
    return [form.name, *inner]


def generic_bases(project: Project, form: Named) -> Iterator[Form]:
    """The bases of a class of the project, with the type arguments that they get from `form`."""
    if not isinstance(form.symbol, ClassScope):
        return
    class_ = form.symbol
    reader = _Reader(project)
    filling = reader.fill(reader.parameters(class_), form.arguments)
    for base in class_.node.bases:
        yield reader.read(base, class_.parent or class_, filling, ())


def member_form(project: Project, form: Named, owner: ClassScope, annotation: ast.expr) -> Form:
    """The type of a field of `form`, whose annotation stands in `owner`: the class or an ancestor.

    Its type variables are what `form` fills them with.
    """
    reader = _Reader(project)
    seen: set[Named] = set()
    queue = [form]
    for current in queue:
        if current in seen or not isinstance(current.symbol, ClassScope):
            continue
        seen.add(current)
        if current.symbol is owner:
            filling = reader.fill(reader.parameters(owner), current.arguments)
            return reader.read(annotation, owner, filling, ())
        bases = generic_bases(project, current)
        queue += [base for base in bases if isinstance(base, Named)]
    return UNKNOWN


@dataclass(slots=True)
class _Reader:
    project: Project

    def read(
        self, node: ast.expr, scope: Scope, filling: _Filling, within: tuple[Variable, ...]
    ) -> Form:
        """Read a type; `within` are the aliases that are being undone."""
        self.project.steps.take()
        match node:
            case ast.Constant(value=None):
                return NONE
            case ast.Constant(value=str(text)):
                quoted = parse_expression(text)
                return self.read(quoted, scope, filling, within) if quoted else UNKNOWN
            case ast.Constant(value=value) if value is Ellipsis:
                return ELLIPSIS
            case ast.BinOp(op=ast.BitOr(), left=left, right=right):
                return union_of(self.read(part, scope, filling, within) for part in (left, right))
            case ast.Subscript():
                return self.subscript(node, scope, filling, within)
            case ast.Name(id=name) if name in filling:
                return filling[name]
            case ast.Name() | ast.Attribute():
                symbol = self.project.resolve_expression(node, scope)
                return self.named(symbol, (), filling, within)
        return UNKNOWN

    def subscript(
        self,
        node: ast.Subscript,
        scope: Scope,
        filling: _Filling,
        within: tuple[Variable, ...],
    ) -> Form:
        symbol = self.project.resolve_expression(node.value, scope)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        name = canonical(symbol.qualified_name) if isinstance(symbol, External) else ""
        if name == "typing.Literal":
            return _literal(parts)
        if name in _TRANSPARENT:
            parts = parts[:1]
        arguments = tuple(self.read(part, scope, filling, within) for part in parts)
        if name in _TRANSPARENT:
            return union_of(arguments)
        if name == "typing.Optional":
            return union_of((*arguments, NONE))
        if name == "typing.Union":
            return union_of(arguments)
        return self.named(symbol, arguments, filling, within)

    def named(
        self,
        symbol: Symbol | None,
        arguments: tuple[Form, ...],
        filling: _Filling,
        within: tuple[Variable, ...],
    ) -> Form:
        match symbol:
            case External(qualified_name=name):
                return _external(canonical(name), arguments)
            case ClassScope():
                return Named(symbol, arguments)
            case Variable():
                if symbol.qualified_name in filling:
                    return filling[symbol.qualified_name]
                if any(
                    other.scope is symbol.scope and other.name == symbol.name for other in within
                ):
                    self.project.cut()
                    return UNKNOWN
                return self.alias(symbol, arguments, (*within, symbol))
        return UNKNOWN

    def alias(
        self, alias: Variable, arguments: tuple[Form, ...], within: tuple[Variable, ...]
    ) -> Form:
        key = ("type alias", alias.scope, alias.name, arguments)
        found = self.project.answer(key, lambda: self._alias(alias, arguments, within))
        return found if found is not None and _size(found) <= _LARGEST else UNKNOWN

    def _alias(
        self, alias: Variable, arguments: tuple[Form, ...], within: tuple[Variable, ...]
    ) -> Form:
        match alias.bindings:
            case [Assigned(value=ast.Call() as call)]:
                called = self.project.resolve_expression(call.func, alias.scope)
                name = canonical(called.qualified_name) if called is not None else ""
                if name == "typing.NewType" and len(call.args) == 2:
                    return self.read(call.args[1], alias.scope, {}, within)
            case [Assigned(value=ast.Constant(value=str()), node=ast.Assign())]:
                # A text: only an explicit alias may be in quotes.
                pass
            case [Assigned(value=ast.expr() as value)]:
                filling = self.fill(self.alias_parameters(alias), arguments)
                return self.read(value, alias.scope, filling, within)
        return UNKNOWN

    # Generics

    def fill(self, parameters: Sequence[str], arguments: Sequence[Form]) -> _Filling:
        """What stands for each type variable: `Any` for those that are given nothing."""
        if len(arguments) > len(parameters):
            return dict.fromkeys(parameters, UNKNOWN)
        return dict.fromkeys(parameters, ANY) | dict(zip(parameters, arguments, strict=False))

    def alias_parameters(self, alias: Variable) -> list[str]:
        """The type variables of an alias, as it takes them."""
        match alias.bindings:
            case [Assigned(node=ast.TypeAlias(type_params=[_, *_] as parameters))]:
                return [str(getattr(parameter, "name", "")) for parameter in parameters]
            case [Assigned(value=ast.expr() as value)]:
                return self.free_variables([value], alias.scope)
        return []

    def parameters(self, class_: ClassScope) -> list[str]:
        """The type variables of a class, as it takes them."""
        key = ("type parameters", class_)
        return self.project.fact(key, lambda: self._parameters(class_))

    def _parameters(self, class_: ClassScope) -> list[str]:
        if class_.node.type_params:
            return [str(getattr(given, "name", "")) for given in class_.node.type_params]
        around = class_.parent or class_
        for base in class_.node.bases:
            if isinstance(base, ast.Subscript):
                symbol = self.project.resolve_expression(base.value, around)
                name = canonical(symbol.qualified_name) if symbol is not None else ""
                if name in ("typing.Generic", "typing.Protocol"):
                    return self.free_variables([base.slice], around)
        return self.free_variables(class_.node.bases, around)

    def free_variables(self, nodes: Iterable[ast.expr], scope: Scope) -> list[str]:
        """The type variables that types mention, each once, in the order of the text."""
        found: dict[str, None] = {}
        for node in nodes:
            names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
            for name in sorted(names, key=lambda part: (part.lineno, part.col_offset)):
                symbol = self.project.resolve_expression(name, scope)
                if isinstance(symbol, Variable) and self.is_variable(symbol):
                    found[symbol.qualified_name] = None
        return list(found)

    def is_variable(self, symbol: Variable) -> bool:
        """Whether a name is that of a type variable."""
        match symbol.bindings:
            case [Opaque(node=ast.TypeVar())]:
                return True
            case [Assigned(value=ast.Call(func=func))]:
                called = self.project.resolve_expression(func, symbol.scope)
                return called is not None and canonical(called.qualified_name) == "typing.TypeVar"
        return False


def _external(name: str, arguments: tuple[Form, ...]) -> Form:
    if name in _SPECIAL:
        return _SPECIAL[name]
    module, _, last = name.rpartition(".")
    if module in ("pydantic", "pydantic.types", "pydantic.networks") and last in _PYDANTIC:
        name = f"builtins.{_PYDANTIC[last]}"
    if module.startswith("pydantic") and last.startswith("UUID"):
        name = "uuid.UUID"
    name = _SAME.get(name, name)
    if name.startswith("typing.") and name not in _BARE:
        return UNKNOWN
    return Named(External(name), arguments)


def _literal(parts: Iterable[ast.expr]) -> Form:
    forms: list[Form] = []
    for part in parts:
        match part:
            case ast.Constant(value=None):
                forms.append(NONE)
            case ast.Constant(value=value):
                forms.append(Literal(frozenset({(type(value).__name__, value)})))
            case _:
                return UNKNOWN
    return union_of(forms)
