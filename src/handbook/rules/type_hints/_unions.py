"""`Optional[…]` and `Union[…]` in the words of today: what stands in their place."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from handbook.python.project.project import External, dotted_parts
from handbook.python.project.references import TYPING_MODULES, Reference, quoted_text
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Draft, Finding
from handbook.rules.type_hints._legacy_typing import UNIONS, legacy_references
from handbook.syntax.names import Names
from handbook.syntax.outline import Assigned, ClassScope, FunctionScope
from handbook.violation import Applicability, Span

# Functions that are now and then named where a type is meant: they have no `|`.
_FUNCTIONS = frozenset(
    {
        *("builtins.any", "builtins.all", "builtins.callable", "threading.Lock"),
        *("threading.RLock", "numpy.array", "torch.tensor"),
        *Names.under(("tempfile",), "NamedTemporaryFile", "TemporaryFile"),
        *Names.under(
            ("multiprocessing",),
            *("Array", "Barrier", "BoundedSemaphore", "Condition", "Event", "JoinableQueue"),
            *("Lock", "Manager", "Pipe", "Pool", "Queue", "RLock", "RawArray", "RawValue"),
            *("Semaphore", "SimpleQueue", "Value"),
        ),
    }
)


@dataclass(slots=True)
class Union:
    """A union as it can be written with `|`.

    Attributes:
        members: the text of each, once, in the order they have.
        is_quoted: whether the whole must be a string, because one member was one.
        is_certain: whether it is sure to mean the same, where it is evaluated.
        is_safe: whether none of the members may be `None`, for want of the library it is from.
        undone: the names of `typing` that are no longer needed for it, once for each use.
        functions: those of the members that are functions, so that `|` fails on them.
        hidden: those of the members that an attribute of the class hides: `date: date | None = None`.
    """

    members: list[str] = field(default_factory=list)
    is_quoted: bool = False
    is_certain: bool = True
    is_safe: bool = True
    undone: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)

    def text(self) -> str | None:
        """The new text; `None` where no string can hold it."""
        text = " | ".join(self.members)
        if not self.is_quoted:
            return text
        quote = '"' if '"' not in text else "'"
        return f"{quote}{text}{quote}" if quote not in text and "\\" not in text else None

    def add(self, member: str) -> None:
        """Add a member that is not there yet."""
        if member not in self.members:
            self.members.append(member)


def modern_union(file: SourceFile, reference: Reference, name: str) -> Union:
    """How a reference to `Optional` or `Union` (which of them says `name`) can be written."""
    found = file.fact("unions", lambda: dict(_by_node(file)))
    union = Union()
    if reference.subscript is not None:
        _flatten(file, reference, name, reference.subscript, found, union)
    return union


def _by_node(file: SourceFile) -> Iterator[tuple[int, tuple[str, Reference]]]:
    for name, reference in legacy_references(file, UNIONS):
        yield id(reference.node), (name, reference)


def _flatten(
    file: SourceFile,
    reference: Reference,
    name: str,
    subscript: ast.Subscript,
    found: dict[int, tuple[str, Reference]],
    union: Union,
) -> None:
    union.undone.append(name)
    for member in members(subscript):
        inner = found.get(id(member.value)) if isinstance(member, ast.Subscript) else None
        if inner is not None and isinstance(member, ast.Subscript):
            _flatten(file, reference, inner[0], member, found, union)
        else:
            _add(file, reference, member, union)
    if name == "Optional":
        union.add("None")


def members(subscript: ast.Subscript) -> Iterable[ast.expr]:
    """The types that a union names, its one type included."""
    return subscript.slice.elts if isinstance(subscript.slice, ast.Tuple) else [subscript.slice]


def is_computed(file: SourceFile, reference: Reference) -> bool:
    """Whether a union has as many members as a value says: `Union[tuple(MODELS)]` has no `|`."""
    match reference.subscript and reference.subscript.slice:
        case ast.Tuple(elts=elements):
            return any(isinstance(element, ast.Starred) for element in elements)
        case ast.Name() | ast.Attribute() as only:
            symbol = file.project.resolve_name(dotted_parts(only) or [""], reference.scope)
            return not isinstance(symbol, ClassScope | External)
        case ast.Call():
            return True
    return False


def _add(file: SourceFile, reference: Reference, member: ast.expr, union: Union) -> None:
    match member:
        case ast.Constant(value=str(text)):
            inside = quoted_text(text)
            union.is_certain &= inside is not None and "\n" not in text
            union.is_quoted |= reference.quoted is None
            union.add(text.strip())
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            _add(file, reference, left, union)
            _add(file, reference, right, union)
        case ast.Constant(value=None) | ast.Subscript() | ast.Call():
            union.add(reference.code(file, member))
        case ast.Name() | ast.Attribute():
            if _is_function(file, reference, member):
                union.functions.append(reference.code(file, member))
            if isinstance(member, ast.Name) and _is_hidden(reference, member.id):
                union.hidden.append(member.id)
            union.is_safe &= not _may_be_none(reference, member)
            union.add(reference.code(file, member))
        case _:
            union.is_certain = False
            union.add(reference.code(file, member))


def _is_hidden(reference: Reference, name: str) -> bool:
    """Whether a class has an attribute with a value that is called like its own type.

    The value is there before the type is looked up: `Optional` takes the `None`, and `|` fails.
    """
    return isinstance(reference.scope, ClassScope) and any(
        isinstance(binding, Assigned)
        and binding.value is not None
        and binding.annotation is not None
        and re.search(rf"\b{name}\b", ast.unparse(binding.annotation))
        for binding in reference.scope.bindings.get(name, ())
    )


def _may_be_none(reference: Reference, member: ast.expr) -> bool:
    """Whether a name is also bound to `None`, as where an import may fail."""
    found = reference.scope.lookup((dotted_parts(member) or [""])[0])
    return found is not None and any(
        isinstance(binding, Assigned)
        and isinstance(binding.value, ast.Constant)
        and binding.value.value is None
        for binding in found[1]
    )


def _is_function(file: SourceFile, reference: Reference, member: ast.expr) -> bool:
    """Whether a member is no class, so that `|` fails on it where the union is evaluated."""
    if reference.quoted is not None:
        return False
    symbol = file.project.resolve_name(dotted_parts(member) or [""], reference.scope)
    if isinstance(symbol, External):
        return symbol.qualified_name in _FUNCTIONS
    return isinstance(symbol, FunctionScope)


_LONGEST = 70


def union_finding(file: SourceFile, reference: Reference, name: str) -> Finding:
    """What to say of a use of `Optional` or `Union` (which of them says `name`), and its fix."""
    written = reference.code(file)
    subscript = reference.subscript
    if subscript is None:
        what = "X | None" if name == "Optional" else "X | Y"
        message = f"`{written}` alone names no type: write `{what}`"
        return Finding(reference.span(file), message)
    union = modern_union(file, reference, name)
    text = union.text()
    place = reference.span(file, subscript)
    before = reference.code(file, subscript)
    is_value = union.is_quoted and not reference.is_type
    if is_value:
        # In quotes it would be a mere text, such as an alias by assignment cannot be.
        text = " | ".join(union.members)
    if text is None or len(before) > _LONGEST or len(text) > _LONGEST:
        before, after = f"{written}[…]", "… | None" if name == "Optional" else "… | …"
    else:
        after = text
    message = f"`{before}` is deprecated: write `{after}`{' in a `type` statement' * is_value}"
    if union.functions:
        message += f", with a type in place of the function `{union.functions[0]}`"
        return Finding(place, message)
    if union.hidden:
        hidden = union.hidden[0]
        message += f", and call the type otherwise: `{hidden}` is the attribute by then"
        return Finding(place, message)
    if (
        text is None
        or is_value
        or not union.is_certain
        or not _stands_alone(file, reference, place, union)
    ):
        return Finding(place, message)
    # Libraries such as SQLModel and typer read `Optional["X"]` themselves, and not `"X | None"`.
    is_safe = reference.is_type and union.is_safe and not union.is_quoted
    applicability = Applicability.SAFE if is_safe else Applicability.UNSAFE
    draft = Draft(file, f"Write `{after}`", applicability)
    draft.replace(*reference.replacement(file, place, text))
    draft.release(*(f"{module}.{name}" for name in union.undone for module in TYPING_MODULES))
    return Finding(place, message, [draft])


def _stands_alone(file: SourceFile, reference: Reference, place: Span, union: Union) -> bool:
    """Whether the union can be replaced with no parentheses around it."""
    if not reference.is_plain:
        return False
    before = file.lines[place.start.line - 1][: place.start.column].rstrip()
    after = file.lines[place.end.line - 1][place.end.column :].lstrip()
    if after.startswith((".", "(", "[")):
        return False
    # A string has no `|`, so a quoted member cannot be left among others.
    return not (union.is_quoted and (before.endswith("|") or after.startswith("|")))
