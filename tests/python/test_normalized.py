"""Types in one form: each program binds `a` and `b` as annotations, which mean the same or do not."""

from pathlib import Path
from textwrap import dedent

import pytest

from handbook.python.project.project import Project
from handbook.python.types.normalized import UNKNOWN, Form, parts_of, type_form
from handbook.rulebook.documentation import files_of
from handbook.rules.routers._agreement import agrees
from handbook.syntax.outline import FunctionScope

PRELUDE = """
import collections, datetime, enum, typing, typing as t, uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Dict, Generic, List, Literal, NewType, Optional, TypeVar, Union
from typing import Never, NoReturn, TypedDict
from pydantic import BaseModel, EmailStr, Field, JsonValue, PositiveInt, UUID4
from library import Row, Thing
import shapes
from shapes import Box, Square as Quad, Squares

T = TypeVar("T")
U = TypeVar("U")

class A(BaseModel): ...
class B(A): ...
class C(BaseModel): ...
class Odd(Thing): ...
class Page(BaseModel, Generic[T]): ...
class Pages(Page[A]): ...
class Pair(Generic[U, T]): ...
class Swapped(Pair[T, U]): ...
class New[X](BaseModel): ...
class Newer[Y](New[list[Y]]): ...
class Color(enum.StrEnum):
    red = "red"
class Row_(TypedDict):
    id: int

type Maybe = A | None
type Many[X] = list[X]
type Recursive = dict[str, Recursive] | int
Alias = A
Quoted: t.TypeAlias = "A"
Listed = List[A]
Paged = Page[T]
Noted = Annotated[A, Field(title="a")]
Id = NewType("Id", int)
dynamic = make()
twice = A
twice = C
text = "A"
"""
SHAPES = """
from typing import Generic, TypeVar
T = TypeVar("T")
class Square: ...
class Box(Generic[T]): ...
type Squares = list[Square]
class Redbox(Box["Square"]): ...
"""

SAME = [
    ("A", "'A'"),
    ("A", "Alias"),
    ("A", "Quoted"),
    ("A", "Noted"),
    ("A", "Annotated[A, 1]"),
    ("A | None", "Optional[A]"),
    ("A | None", "Union[None, A]"),
    ("A | None", "Maybe"),
    ("A | None", "'None | A'"),
    ("A | C", "C | A"),
    ("A | C | None", "Optional[Union[C, A]]"),
    ("A | C", "Union[A, Union[A, C]]"),
    ("A", "Union[A]"),
    ("list[A]", "List[A]"),
    ("list[A]", "Listed"),
    ("list[A]", "Sequence[A]"),
    ("list[A]", "t.Sequence['A']"),
    ("list[A]", "Iterable[A]"),
    ("list[A]", "'list[A]'"),
    ("list[A]", "Many[A]"),
    ("dict[str, A]", "Dict[str, A]"),
    ("dict[str, A]", "Mapping[str, A]"),
    ("set[A]", "frozenset[A]"),
    ("Page[A]", "Paged[A]"),
    ("Page[A | None]", "Paged[Optional[A]]"),
    ("shapes.Square", "Quad"),
    ("list[shapes.Square]", "Squares"),
    ("Box[Quad]", "shapes.Box[shapes.Square]"),
    ("int", "Id"),
    ("str", "EmailStr"),
    ("int", "PositiveInt"),
    ("uuid.UUID", "UUID4"),
    ("Literal['a', 'b']", "Literal['b', 'a']"),
    ("Literal['a', None]", "Optional[Literal['a']]"),
    ("Literal['a'] | Literal['b']", "Literal['a', 'b']"),
    ("Row", "'Row'"),
    ("Thing[A]", "Thing[Alias]"),
    ("Any", "Union[A, Any]"),
    ("Never", "NoReturn"),
]

AGREE = [
    *SAME,
    ("B", "A"),
    ("list[B]", "list[A]"),
    ("Sequence[B]", "List[A]"),
    ("dict[str, list[B]]", "Mapping[str, Sequence[A]]"),
    ("A", "A | None"),
    ("None", "A | None"),
    ("list[A]", "list[A | None]"),
    ("B | None", "Optional[A]"),
    ("Any", "A"),
    ("list[Any]", "list[A]"),
    ("A", "Any"),
    ("A", "object"),
    ("list", "list[A]"),
    ("list[A]", "list"),
    ("dict", "dict[str, Any]"),
    ("Page", "Page[A]"),
    ("Pages", "Page[A]"),
    ("Pages", "Paged"),
    ("Newer[A]", "New[list[A]]"),
    ("Newer[B]", "New[Sequence[A]]"),
    ("Swapped[int, str]", "Pair[int, str]"),
    ("shapes.Redbox", "Box[Quad]"),
    ("Never", "A"),
    ("bool", "int"),
    ("int", "float"),
    ("Color", "str"),
    ("Row_", "dict[str, Any]"),
    ("Literal['a']", "str"),
    ("Literal['a']", "Literal['a', 'b']"),
    ("datetime.datetime", "datetime.date"),
    ("collections.OrderedDict[str, A]", "dict[str, A]"),
    ("tuple[A, B]", "tuple[A, ...]"),
    ("tuple[A, ...]", "tuple[A, ...]"),
    ("A", "JsonValue"),
]

DIFFER = [
    ("A", "C"),
    ("A", "B"),
    ("A | None", "A"),
    ("None", "A"),
    ("A | C", "A"),
    ("list[A]", "A"),
    ("A", "list[A]"),
    ("list[A]", "list[C]"),
    ("Sequence[A]", "list[B]"),
    ("set[A]", "list[A]"),
    ("dict[str, A]", "dict[str, C]"),
    ("dict[str, Any]", "A"),
    ("dict", "A"),
    ("Row_", "A"),
    ("str", "int"),
    ("float", "int"),
    ("str", "Literal['a']"),
    ("Literal['c']", "Literal['a', 'b']"),
    ("Literal[1]", "str"),
    ("Page[A]", "Page[C]"),
    ("Pages", "Page[C]"),
    ("Newer[A]", "New[list[C]]"),
    ("New[A]", "Page[A]"),
    ("Swapped[int, str]", "Pair[str, int]"),
    ("shapes.Redbox", "Box[A]"),
    ("Quad", "Box"),
    ("tuple[A, C]", "tuple[A, ...]"),
    ("tuple[A, A]", "tuple[A]"),
    ("object", "A"),
    ("Color", "int"),
    ("bytes", "str"),
    ("datetime.date", "datetime.datetime"),
]

UNCERTAIN = [
    ("A", "dynamic"),
    ("A", "twice"),
    ("A", "text"),
    ("A", "missing"),
    ("A", "Row"),
    ("Row", "A"),
    ("Row", "str"),
    ("Odd", "Row"),
    ("list[Row]", "list[A]"),
    ("list[A]", "list[dynamic]"),
    ("A", "make()"),
    ("A", "A if dynamic else C"),
    ("A", "list[int] if dynamic else C"),
    ("A", "'not a type'"),
    ("Thing[A]", "Thing[Row]"),
    ("Color", "Literal['red']"),
    ("int", "Literal[Color.red]"),
    ("A | C", "A | dynamic"),
]


def read(first: str, second: str, root: Path) -> tuple[Project, Form, Form]:
    """The forms of two annotations of one program."""
    code = f"{PRELUDE}\ndef pair(a: {first}, b: {second}) -> None: ...\n"
    files = files_of(f"{dedent(code)}# file: shapes.py\n{dedent(SHAPES)}")
    texts = {str(root / path): text for path, text in files.items()}
    project = Project(root, overlays=texts)
    function = project.read_outline(str(root / "example.py")).definitions[-1]
    assert isinstance(function, FunctionScope) and function.parent is not None
    nodes = [parameter.node.annotation for parameter in function.parameters]
    one, other = (type_form(project, node, function.parent) for node in nodes if node)
    return project, one, other


@pytest.mark.parametrize(("first", "second"), SAME)
def test_same(first: str, second: str, tmp_path: Path) -> None:
    """Two spellings of a type have one form, and agree both ways."""
    project, one, other = read(first, second, tmp_path)
    assert one == other
    assert hash(one) == hash(other)
    assert UNKNOWN not in (one, other)
    assert agrees(project, one, other)
    assert agrees(project, other, one)


@pytest.mark.parametrize(("first", "second"), AGREE)
def test_agrees(first: str, second: str, tmp_path: Path) -> None:
    """What the first allows the second allows."""
    project, one, other = read(first, second, tmp_path)
    assert agrees(project, one, other) is True


@pytest.mark.parametrize(("first", "second"), DIFFER)
def test_differs(first: str, second: str, tmp_path: Path) -> None:
    """The first allows what the second does not."""
    project, one, other = read(first, second, tmp_path)
    assert agrees(project, one, other) is False


@pytest.mark.parametrize(("first", "second"), UNCERTAIN)
def test_uncertain(first: str, second: str, tmp_path: Path) -> None:
    """What cannot be told is not guessed."""
    project, one, other = read(first, second, tmp_path)
    assert agrees(project, one, other) is None


@pytest.mark.parametrize("given", ["Any", "list[Any]", "Page[Any]"])
def test_any_may_be_refused(given: str, tmp_path: Path) -> None:
    """`Any` agrees with nothing if it is not to."""
    promised = given.replace("Any", "A")
    project, one, other = read(given, promised, tmp_path)
    assert agrees(project, one, other) is True
    assert agrees(project, one, other, allow_any=False) is False


def test_recursion_ends(tmp_path: Path) -> None:
    """An alias that holds itself is not followed for ever."""
    project, one, other = read("Recursive", "int", tmp_path)
    assert agrees(project, one, other) is False


def test_parts_stand_in_order(tmp_path: Path) -> None:
    """The classes of a union come by name, whatever order a set has in this run."""
    _, one, other = read(
        "C | list[C] | A | list[A] | B", "B | list[A] | A | list[C] | C", tmp_path
    )
    names = [part.name.rpartition(".")[2] for part in parts_of(one)]
    assert names == ["list", "A", "list", "C", "A", "B", "C"]
    assert names == [part.name.rpartition(".")[2] for part in parts_of(other)]
