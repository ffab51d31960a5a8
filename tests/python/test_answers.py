"""Answers that hang on each other are the same in whatever order they are asked for."""

import random
from itertools import permutations
from pathlib import Path

import pytest

from handbook.python.project.facts import Memory
from handbook.python.project.project import External
from handbook.python.types.inference.answers import Answers
from handbook.python.types.types import NEVER, Type, merge

A, B = Type(External("a.A")), Type(External("b.B"))


class Graph:
    """Questions each of which merges some types with the answers to other questions."""

    def __init__(self, given: dict[str, list[Type | str | None]]) -> None:
        self.given = given
        self.answers = Answers(Memory(tracks=False))
        self.computed = 0

    def ask(self, name: str) -> Type | None:
        """The answer to one of the questions."""

        def compute() -> Type | None:
            self.computed += 1
            return merge(
                self.ask(part) if isinstance(part, str) else part for part in self.given[name]
            )

        return self.answers.once(name, compute)


CIRCLES: dict[str, tuple[dict[str, list[Type | str | None]], dict[str, Type | None]]] = {
    "alone": ({"x": ["x"]}, {"x": None}),
    "itself and something": ({"x": ["x", A]}, {"x": A}),
    "two": ({"x": ["y"], "y": ["x", A]}, {"x": A, "y": A}),
    "two that disagree": ({"x": ["y", B], "y": ["x", A]}, {"x": None, "y": None}),
    "something unknown": ({"x": ["y", A], "y": ["x", None]}, {"x": None, "y": None}),
    "an eight": (
        {"x": ["y", "z"], "y": ["x", A], "z": ["x"], "w": ["z"]},
        {"x": A, "y": A, "z": A, "w": A},
    ),
    "one circle hangs on another": (
        {"x": ["y", A], "y": ["x", "z"], "z": ["w"], "w": ["z", B]},
        {"x": None, "y": None, "z": B, "w": B},
    ),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_circles(name: str) -> None:
    """What is on a circle gets what all others on it are given."""
    given, expected = CIRCLES[name]
    for order in permutations(expected):
        graph = Graph(given)
        assert {question: graph.ask(question) for question in order} == expected


@pytest.mark.parametrize("seed", range(60))
def test_any_order(seed: int) -> None:
    """In any web of questions, the answers are what goes round until nothing is new."""
    chance = random.Random(seed)  # noqa: S311
    names = [f"q{number}" for number in range(chance.choice((4, 8, 30)))]
    given: dict[str, list[Type | str | None]] = {
        name: [
            *chance.sample(names, chance.choice((1, 1, 2, 3))),
            *chance.choices(([], [A], [B], [None]), (20, 5, 1, 1))[0],
        ]
        for name in names
    }
    expected: dict[str, Type | None] = dict.fromkeys(names, NEVER)
    for _ in range(3 * len(names)):
        for name in names:
            parts = given[name]
            expected[name] = merge(
                expected[part] if isinstance(part, str) else part for part in parts
            )
    for _ in range(3):
        chance.shuffle(names)
        graph = Graph(given)
        found = {name: graph.ask(name) for name in names}
        assert found == {
            name: None if answer == NEVER else answer for name, answer in expected.items()
        }


def test_long_way() -> None:
    """However far a question leads, it is answered, and each on the way once or little more."""
    length = 3000
    given: dict[str, list[Type | str | None]] = {f"q{n}": [f"q{n + 1}"] for n in range(length)}
    given[f"q{length}"] = [A]
    graph = Graph(given)
    assert graph.ask("q0") == A
    assert graph.computed < 3 * length


def test_long_circle() -> None:
    """On a circle too long to go round nothing is found, and nothing is remembered as found."""
    length = 200
    given: dict[str, list[Type | str | None]] = {
        f"q{n}": [f"q{(n + 1) % length}"] for n in range(length)
    }
    graph = Graph(given)
    assert graph.ask("q7") is None
    given["q9"] = [A]
    assert graph.ask("q7") == A


def test_close_web() -> None:
    """Where all hang on all, the work does not explode."""
    names = [f"q{number}" for number in range(30)]
    given: dict[str, list[Type | str | None]] = {name: [*names, A] for name in names}
    graph = Graph(given)
    assert [graph.ask(name) for name in names] == [A] * len(names)
    assert graph.computed < 10 * len(names)


def test_an_edit_undoes_what_it_must(tmp_path: Path) -> None:
    """An answer that was made from a file is found anew when the file has another text."""
    from handbook.python.project.project import Project
    from handbook.python.types.inference import instance_of

    texts = {"a.py": "from b import make\nx = make()", "b.py": "def make():\n    return 1"}
    project = Project(
        tmp_path,
        overlays={str(tmp_path / name): text for name, text in texts.items()},
        tracks=True,
    )

    def kind() -> str | None:
        outline = project.read_outline(str(tmp_path / "a.py"))
        statement = outline.body[1]
        found = instance_of(project, statement.targets[0], outline)  # type: ignore[attr-defined]
        return found.qualified_name if found is not None else None

    assert kind() == "builtins.int"
    project.update(str(tmp_path / "b.py"), "def make():\n    return ''")
    assert kind() == "builtins.str"
