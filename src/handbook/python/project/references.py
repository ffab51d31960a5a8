"""Where certain names stand in a file, and at which of these places a type is meant.

Rules about type hints ask here: one walk over the `ast`, past everything that lies on lines where
none of the words occurs, and into the strings that stand for types.
"""

import ast
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from handbook.python.project.project import External, dotted_parts
from handbook.python.project.source import SourceFile
from handbook.syntax.names import Names
from handbook.syntax.outline import ClassScope, Scope
from handbook.syntax.text import parse_expression
from handbook.violation import Position, Span

TYPING_MODULES = ("typing", "typing_extensions", "pydantic.types", "pydantic.typing")
"""The modules from which the names of `typing` are imported."""

_STRING = re.compile(r"""[rRuU]?('''|\"\"\"|'|")""")

_CAST = Names.under(TYPING_MODULES, "cast")
_ASSERT_TYPE = Names.under(TYPING_MODULES, "assert_type")
_NEW_TYPE = Names.under(TYPING_MODULES, "NewType")
_TYPE_VARIABLE = Names.under(TYPING_MODULES, "TypeVar")
_ADAPTER = Names(
    {"pydantic.TypeAdapter", "pydantic.type_adapter.TypeAdapter", "pydantic.parse_obj_as"}
)
_CLASS_TESTS = Names({"builtins.isinstance", "builtins.issubclass"})
_CALLS = Names(_CLASS_TESTS | _CAST | _ASSERT_TYPE | _NEW_TYPE | _TYPE_VARIABLE | _ADAPTER)
_LITERAL = Names.under(TYPING_MODULES, "Literal", "LiteralString")
_ANNOTATED = Names.under(TYPING_MODULES, "Annotated")
_ALIAS = Names.under(TYPING_MODULES, "TypeAlias")
_GENERIC_BUILTINS = frozenset(
    f"builtins.{name}" for name in ("dict", "frozenset", "list", "set", "tuple", "type")
)


@dataclass(slots=True, frozen=True, eq=False)
class Quoted:
    """A string that stands for a type, and where its text begins in the file, if that is plain."""

    node: ast.Constant
    start: Position | None


@dataclass(slots=True, frozen=True, eq=False)
class Reference:
    """A name or dotted name in a file.

    Attributes:
        node: the name.
        scope: where it is looked up.
        is_type: whether it stands where a type is meant.
        subscript: the subscript that it is the head of.
        quoted: the string that it is written in.
    """

    node: ast.Name | ast.Attribute
    scope: Scope
    is_type: bool = False
    subscript: ast.Subscript | None = None
    quoted: Quoted | None = None

    @property
    def means_type(self) -> bool:
        """Whether a type is meant: by its place, or because it is given type arguments."""
        return self.is_type or self.subscript is not None

    def span(self, file: SourceFile, node: ast.expr | None = None) -> Span:
        """Where the name, or another node of the same string or none, stands in the file."""
        node = node or self.node
        return file.span(node) if self.quoted is None else span_in_string(self.quoted, node, file)

    def code(self, file: SourceFile, node: ast.expr | None = None) -> str:
        """The text of the name, or of another node of the same string or none, on one line."""
        node = node or self.node
        if self.quoted is None:
            text = file.code(node)
        elif self.quoted.start is not None:
            text = file.text_of(self.span(file, node))
        else:
            text = ast.unparse(node)
        return ast.unparse(node) if "\n" in text or "\r" in text else text

    def replacement(self, file: SourceFile, place: Span, text: str) -> tuple[Span, str]:
        """What to put where so that `text` stands at `place`: the whole string if that is in one.

        A string that is edited inside would still count as a use of all its old names.
        """
        if self.quoted is None:
            return place, text
        whole = file.span(self.quoted.node)
        before = file.text_of(Span(whole.start, place.start))
        return whole, before + text + file.text_of(Span(place.end, whole.end))

    @property
    def is_plain(self) -> bool:
        """Whether its place is known exactly: not within a string that is spelled with escapes."""
        return self.quoted is None or self.quoted.start is not None


def quoted_text(text: str) -> ast.expr | None:
    """The expression that a string stands for, all its columns shifted by one; or none."""
    return parse_expression(f"({text})")


def span_in_string(quoted: Quoted, node: ast.expr, file: SourceFile) -> Span:
    """Where a node that was parsed from a string stands: the whole string if that is not plain."""
    start, text = quoted.start, str(quoted.node.value)
    if start is None or node.end_col_offset is None:
        return file.span(quoted.node)
    # The text was parsed within parentheses, which shifts it by one column.
    columns = [
        len(text.encode()[: offset - 1].decode(errors="replace"))
        for offset in (node.col_offset, node.end_col_offset)
    ]
    return Span.of(start.line, start.column + columns[0], start.line, start.column + columns[1])


class _Place(NamedTuple):
    """What is known of the place of nodes to look at."""

    scope: Scope
    is_type: bool = False
    hidden: frozenset[str] = frozenset()
    subscript: ast.Subscript | None = None
    quoted: Quoted | None = None

    @property
    def plain(self) -> "_Place":
        """The place of parts of which it is not known that they are types."""
        if self.is_type or self.subscript is not None:
            return self._replace(is_type=False, subscript=None)
        return self


type _Visit = tuple[ast.AST, _Place]


def references(file: SourceFile, words: frozenset[str]) -> Iterator[Reference]:
    """Every name in a file that may stand for something called one of `words`, in source order.

    Aliases that the file itself gives are undone; names that a lambda, a comprehension or a type
    parameter binds are left out.
    """
    return _Walk(file, words).run()


def named_references(file: SourceFile, names: Names) -> list[tuple[str, Reference]]:
    """The references in a file that surely mean one of some qualified names, with that name."""
    found: list[tuple[str, Reference]] = []
    if not file.project.imports_any(file.outline, names):
        return found
    for reference in references(file, names.words):
        parts = dotted_parts(reference.node)
        symbol = file.project.resolve_name(parts, reference.scope) if parts else None
        if symbol is not None and symbol.qualified_name in names:
            found.append((symbol.qualified_name, reference))
    return found


class _Walk:
    """The walk behind `references`."""

    def __init__(self, file: SourceFile, words: frozenset[str]) -> None:
        self.file = file
        self.words = words
        self.spelled = words | _aliases(file, words)
        self.lines = self._lines_with_words()
        self.scopes = (
            {id(found.node): found for found in file.outline.definitions} if self.lines else {}
        )

    def run(self) -> Iterator[Reference]:
        outline = self.file.outline
        stack = _visits(_Place(outline), *reversed(outline.tree.body)) if self.lines else []
        while stack:
            node, place = stack.pop()
            if place.quoted is None and not self._touches(node):
                continue
            found = self._reference(node, place)
            if found is not None:
                yield found
                continue
            stack.extend(reversed(self._below(node, place)))

    def _lines_with_words(self) -> list[int]:
        outline = self.file.outline
        words = sorted(self.spelled & outline.words)
        pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b")
        return [
            number
            for block in (outline.blocks if words else ())
            if any(map(block.text.__contains__, words))
            for number, line in enumerate(block.lines, block.first_line)
            if pattern.search(line)
        ]

    def _touches(self, node: ast.AST) -> bool:
        first = getattr(node, "lineno", None)
        if first is None:
            return True
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([first, *(decorator.lineno for decorator in node.decorator_list)])
        index = bisect_left(self.lines, first)
        return index < len(self.lines) and self.lines[index] <= (node.end_lineno or first)  # type: ignore[attr-defined]

    def _reference(self, node: ast.AST, place: _Place) -> Reference | None:
        match node:
            case ast.Name(id=first) if first in self.spelled:
                pass
            case ast.Attribute(attr=last) if last in self.words:
                parts = dotted_parts(node)
                if parts is None:
                    return None
                first = parts[0]
            case _:
                return None
        if first in place.hidden:
            return None
        return Reference(node, place.scope, place.is_type, place.subscript, place.quoted)

    def _below(self, node: ast.AST, place: _Place) -> Sequence[_Visit]:
        """What to look at next, in source order."""
        # A place is that of a type only for the nodes that say so below.
        plain = place.plain
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return self._function(node, plain)
            case ast.ClassDef():
                return self._class(node, plain)
            case ast.AnnAssign():
                value_is_type = self._is(node.annotation, _ALIAS, place)
                return [
                    *_visits(plain, node.target),
                    *_types(plain, node.annotation),
                    *(_types if value_is_type else _visits)(plain, node.value),
                ]
            case ast.TypeAlias():
                inner = _hiding(plain, node.type_params)
                return [*_bounds(inner, node.type_params), *_types(inner, node.value)]
            case ast.Lambda():
                return _lambda(node, plain)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                targets = [name for loop in node.generators for name in _names(loop.target)]
                hidden = plain.hidden | frozenset(targets)
                return _visits(plain._replace(hidden=hidden), *ast.iter_child_nodes(node))
            case ast.Subscript():
                return self._subscript(node, place, plain)
            case ast.Call():
                return self._call(node, plain)
            case ast.Constant(value=str()) if place.is_type:
                return self._string(node, place)
            case ast.BinOp(op=ast.BitOr()) | ast.Tuple() | ast.List() | ast.Starred():
                # Parts of a type are types.
                return _visits(place._replace(subscript=None), *ast.iter_child_nodes(node))
        return _visits(plain, *ast.iter_child_nodes(node))

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, plain: _Place
    ) -> list[_Visit]:
        inner = _hiding(plain, node.type_params)
        args = node.args
        annotated = [*args.posonlyargs, *args.args, args.vararg, *args.kwonlyargs, args.kwarg]
        return [
            *_visits(plain, *node.decorator_list),
            *_bounds(inner, node.type_params),
            *_types(inner, *(arg.annotation for arg in annotated if arg is not None)),
            *_visits(plain, *args.defaults, *args.kw_defaults),
            *_types(inner, node.returns),
            *_visits(inner._replace(scope=self.scopes[id(node)]), *node.body),
        ]

    def _class(self, node: ast.ClassDef, plain: _Place) -> list[_Visit]:
        inner = _hiding(plain, node.type_params)
        return [
            *_visits(plain, *node.decorator_list),
            *_bounds(inner, node.type_params),
            *_types(inner, *node.bases),
            *_visits(plain, *node.keywords),
            *_visits(inner._replace(scope=self.scopes[id(node)]), *node.body),
        ]

    def _subscript(self, node: ast.Subscript, place: _Place, plain: _Place) -> list[_Visit]:
        head = (node.value, place._replace(subscript=node))
        if self._is(node.value, _LITERAL, place):
            return [head, *_visits(plain, node.slice)]
        if self._is(node.value, _ANNOTATED, place) and isinstance(node.slice, ast.Tuple):
            type_, *metadata = node.slice.elts
            return [head, *_types(plain, type_), *_visits(plain, *metadata)]
        is_type = place.is_type or self._is_generic(node.value, place)
        return [head, *(_types if is_type else _visits)(plain, node.slice)]

    def _call(self, node: ast.Call, plain: _Place) -> list[_Visit]:
        types: set[int] = set()
        name = self._is(node.func, _CALLS, plain)
        if name in _CAST or name in _ADAPTER:
            types.update(map(id, node.args[:1]))
        elif name in _ASSERT_TYPE or name in _NEW_TYPE or name in _CLASS_TESTS:
            types.update(map(id, node.args[1:2]))
        elif name in _TYPE_VARIABLE:
            types.update(map(id, node.args[1:]))
        for keyword in node.keywords:
            if keyword.arg == "response_model" or (
                name and keyword.arg in ("typ", "tp", "type", "type_", "bound", "default")
            ):
                types.add(id(keyword.value))
        parts = [node.func, *node.args, *(keyword.value for keyword in node.keywords)]
        as_type = plain._replace(is_type=True) if types else plain
        return [(part, as_type if id(part) in types else plain) for part in parts]

    def _string(self, node: ast.Constant, place: _Place) -> list[_Visit]:
        parsed = quoted_text(str(node.value))
        if parsed is None:
            return []
        quoted = place.quoted
        quoted = Quoted(node, self._start(node)) if quoted is None else Quoted(quoted.node, None)
        return [(parsed, place._replace(quoted=quoted))]

    def _start(self, node: ast.Constant) -> Position | None:
        """Where the text of a string begins, if it stands in the file as it is on one line."""
        span = self.file.span(node)
        text = self.file.text_of(span)
        opening = _STRING.match(text)
        if opening is None or span.start.line != span.end.line:
            return None
        if text[opening.end() : -len(opening[1])] != node.value:
            return None
        return Position(span.start.line, span.start.column + opening.end())

    def _is(self, node: ast.expr, names: Names, place: _Place) -> str | None:
        parts = dotted_parts(node)
        if parts is None or parts[0] in place.hidden:
            return None
        if parts[-1] not in names.words:
            known = self.file.outline.stands_for.get(parts[0]) if len(parts) == 1 else None
            if known is None or known.isdisjoint(names.words):
                return None
        symbol = self.file.project.resolve_name(parts, place.scope)
        return symbol.qualified_name if symbol and symbol.qualified_name in names else None

    def _is_generic(self, node: ast.expr, place: _Place) -> bool:
        """Whether what is subscripted surely takes types."""
        parts = dotted_parts(node)
        if parts is None or parts[0] in place.hidden:
            return False
        symbol = self.file.project.resolve_name(parts, place.scope)
        if isinstance(symbol, External):
            name = symbol.qualified_name
            module = name.rpartition(".")[0]
            return name in _GENERIC_BUILTINS or module in (*TYPING_MODULES, "collections.abc")
        return isinstance(symbol, ClassScope)


def _aliases(file: SourceFile, words: frozenset[str]) -> set[str]:
    """The other names under which the file may know something called one of `words`."""
    outline = file.outline
    aliases = {name for name, parts in outline.stands_for.items() if not parts.isdisjoint(words)}
    for imported in outline.imports:
        if imported.alias.asname is not None and imported.name in words:
            aliases.add(imported.alias.asname)
    return aliases


def _visits(place: _Place, *nodes: ast.AST | None) -> list[_Visit]:
    return [(node, place) for node in nodes if node is not None]


def _types(place: _Place, *nodes: ast.AST | None) -> list[_Visit]:
    return _visits(place._replace(is_type=True), *nodes) if any(nodes) else []


def _hiding(place: _Place, parameters: Sequence[ast.type_param]) -> _Place:
    names = frozenset(str(getattr(parameter, "name", "")) for parameter in parameters)
    return place._replace(hidden=place.hidden | names) if names else place


def _bounds(place: _Place, parameters: Sequence[ast.type_param]) -> list[_Visit]:
    return _types(place, *(getattr(parameter, "bound", None) for parameter in parameters))


def _lambda(node: ast.Lambda, plain: _Place) -> list[_Visit]:
    args = node.args
    bound = [*args.posonlyargs, *args.args, args.vararg, *args.kwonlyargs, args.kwarg]
    hidden = plain.hidden | {arg.arg for arg in bound if arg is not None}
    return [
        *_visits(plain, *args.defaults, *args.kw_defaults),
        *_visits(plain._replace(hidden=hidden), node.body),
    ]


def _names(target: ast.expr) -> Iterator[str]:
    return (node.id for node in ast.walk(target) if isinstance(node, ast.Name))
