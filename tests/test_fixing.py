"""Fixes applied to whole files."""

import ast
import tokenize
import zlib
from collections import Counter
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handbook.checking.engine import Result
from handbook.checking.workspace import Workspace
from handbook.config import Configuration
from handbook.fixes.edits import apply_edits, clash
from handbook.fixes.imports import imports_of
from handbook.fixing.fixing import FixResult, fix_file
from handbook.violation import Applicability, Edit, Span

RULES = Path(__file__).with_name("fixing_rules.py")


class ShuffledWorkspace(Workspace):
    """Reports violations in another order each time."""

    turn = 0

    def check(self, path: Path, text: str | None = None, **options: bool) -> Result:  # type: ignore[override]
        """Check a file, and shuffle what is found."""
        result = super().check(path, text, **options)  # type: ignore[arg-type]
        self.turn += 1
        result.violations.sort(key=lambda found: zlib.crc32(f"{found}{self.turn}".encode()))
        return result


def workspace(
    overrides: Mapping[str, object] | None = None, kind: type[Workspace] = Workspace
) -> Workspace:
    """A workspace with the rules for tests, and no others unless they are selected."""
    chosen = {"select": ["HB9"], "plugins": [str(RULES)], **(overrides or {})}
    return kind(Configuration(overrides=chosen))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a package `app`."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").touch()
    return tmp_path / "app"


def fix(
    folder: Path,
    text: str,
    overrides: Mapping[str, object] | None = None,
    *,
    unsafe: bool = False,
) -> FixResult:
    """What fixing a text gives, as that of a file of the project."""
    return fix_file(workspace(overrides), folder / "service.py", text, unsafe=unsafe)


def refusals(result: FixResult) -> list[tuple[str, str]]:
    """The messages of what was not fixed, and why."""
    return sorted((refused.violation.message, refused.reason) for refused in result.refused)


def test_imports_of_several_fixes_become_one(project: Path) -> None:
    """They share a statement, and what nobody needs any more goes."""
    before = (
        "from datetime import datetime\n"
        "from typing import List\n\n\n"
        "def first(items: List[int]) -> List[List[str]]:\n"
        "    return [datetime.utcnow(), datetime.utcnow()]\n"
    )
    result = fix(project, before)
    assert result.text == (
        "from datetime import UTC, datetime\n\n\n"
        "def first(items: list[int]) -> list[list[str]]:\n"
        "    return [datetime.now(UTC), datetime.now(UTC)]\n"
    )
    assert result.applied == Counter(HB902=3, HB901=2)
    assert (result.violations, result.refused, result.failures) == ([], [], [])
    assert result.is_changed


def test_each_fix_is_complete_alone(project: Path) -> None:
    """An editor applies one at a time: the import comes with the first, and goes with the last."""
    text = "import datetime\nfrom typing import List\n\na: List = datetime.datetime.utcnow()\nb: List\n"
    found = workspace().check(project / "service.py", text).violations
    texts = [apply_edits(text, violation.fixes[0].edits) for violation in found]
    head = "import datetime\nfrom typing import List\n\n"
    assert texts == [
        f"{head}a: list = datetime.datetime.utcnow()\nb: List\n",
        f"{head}a: List = datetime.datetime.now(datetime.UTC)\nb: List\n",
        f"{head}a: List = datetime.datetime.utcnow()\nb: list\n",
    ]
    only = "from typing import List\n\na: List\n"
    [violation] = workspace().check(project / "service.py", only).violations
    assert apply_edits(only, violation.fixes[0].edits) == "a: list\n"


def test_overlapping_fixes_take_a_round_each(project: Path) -> None:
    """The outer one goes first; what it leaves is found again."""
    result = fix(project, "x = wrap(wrap(wrap(1)))\ny = wrap(2)\n")
    assert result.text == "x = 1\ny = 2\n"
    assert result.applied == Counter(HB906=4)


def test_as_many_rounds_as_it_takes(project: Path) -> None:
    """What is nested deeply is fixed to its bottom."""
    result = fix(project, f"x = {'wrap(' * 40}1{')' * 40}\n")
    assert result.text == "x = 1\n"
    assert result.refused == []


def test_names_that_two_fixes_want(project: Path) -> None:
    """The first one gets it, the other one is spelled otherwise."""
    result = fix(project, "x = root(1)\ny = other_root(2)\nz = root\n")
    assert result.text == (
        "from math import sqrt\n\nimport numpy\n\nx = sqrt(1)\ny = numpy.sqrt(2)\nz = sqrt\n"
    )


def test_imports_that_are_rewritten_meanwhile(project: Path) -> None:
    """Whoever rewrites a statement goes first, whoever puts a name into it follows."""
    (project / "datetime.py").touch()
    text = "from . import clock\nfrom datetime import datetime\n\nx = datetime.utcnow()\n"
    result = fix(project, text)
    assert result.text == (
        "from app import clock\nfrom datetime import UTC, datetime\n\nx = datetime.now(UTC)\n"
    )


def test_nothing_is_put_into_an_import_that_names_another_module(project: Path) -> None:
    """A name that the old module has, the new one has not."""
    before = (
        "from typing import Iterator\n\nfrom fastapi import Depends, FastAPI\n\napp = FastAPI()\n\n\n"
        "def users() -> Iterator[int]:\n    yield 1\n\n\n"
        '@app.get("/")\ndef show(user: int = Depends(users)) -> int:\n    return user\n'
    )
    after = before.replace("typing import Iterator\n", "collections.abc import Iterator\n")
    after = after.replace("\n\nfrom fastapi", "\nfrom typing import Annotated\n\nfrom fastapi")
    after = after.replace("int = Depends(users)", "Annotated[int, Depends(users)]")
    assert fix(project, before, {"select": ["HB034", "HB111"]}).text == after


def test_an_import_that_is_rewritten_uses_nothing(project: Path) -> None:
    """A name that is released meanwhile goes in the next round."""
    text = "from typing import Any, List\n\nx: List\ny: Any\n"
    rewritten = Edit(Span.of(1, 0, 1, 28), "from typing import List, Any")
    used = Edit(Span.of(3, 3, 3, 7), "list")
    path = project / "service.py"
    known = imports_of(workspace().open(path, text))
    # The statement is spoken for, which the one who chooses the fixes has to be told.
    found = known.edits((), ["typing.List"], (rewritten, used))
    assert found is not None
    assert any(clash(edit.span, rewritten.span) for edit in found)


def test_a_fix_that_does_harm_is_refused(project: Path) -> None:
    """It brings another violation, no Python, nothing, or makes a rule crash; others are applied."""
    names = ("loud", "broken", "useless", "same", "careful", "fine")
    before = "".join(f"{name}.x\n" for name in names)
    result = fix(project, before)
    assert result.text == before.replace("fine", "better")
    assert refusals(result) == [
        ("`broken`", "the result would not be Python: invalid syntax"),
        ("`careful`", "HB904 would crash on the result"),
        ("`loud`", "it would bring HB904: too quiet"),
        ("`same`", "it would change nothing"),
        ("`useless`", "it would not do away with the violation"),
    ]
    assert result.applied == Counter(HB903=1)
    assert len(result.violations) == 5


def test_harm_is_found_among_many(project: Path) -> None:
    """All but the one that does it are applied."""
    lines = [f"x{number}: List = fine\n" for number in range(40)]
    lines[23] = "loud.x\n"
    result = fix(project, "".join(["from typing import List\n\n", *lines]))
    assert result.text == "".join(lines).replace("List", "list").replace("fine", "better")
    assert refusals(result) == [("`loud`", "it would bring HB904: too quiet")]


def test_a_violation_that_moves_is_not_a_new_one(project: Path) -> None:
    """Lines above it come and go."""
    result = fix(project, "import datetime as dt\nquiet\nx = dt.datetime.utcnow(); quiet\nroot\n")
    assert result.text == (
        "import datetime as dt\nfrom math import sqrt\nquiet\n"
        "x = dt.datetime.now(dt.UTC); quiet\nsqrt\n"
    )
    assert result.refused == []


UNSAFE = "def f():\n    print(1)\n\n\nprint(2)\nx: 'wrap'\n"


def test_only_safe_fixes_are_applied_unasked(project: Path) -> None:
    """The others on request."""
    assert not fix(project, UNSAFE).is_changed
    assert fix(project, UNSAFE, unsafe=True).text == "def f():\n    pass\n\n\nx: 'wrap'\n"


@pytest.mark.parametrize(
    ("overrides", "is_fixed"),
    [
        ({"extend-safe-fixes": ["HB905"]}, True),
        ({"extend-safe-fixes": ["HB9"], "extend-unsafe-fixes": ["trial-debug-print"]}, False),
        ({"extend-safe-fixes": ["HB905"], "extend-unsafe-fixes": ["ALL"]}, True),
        ({"extend-safe-fixes": ["HB905"], "unfixable": ["HB905"]}, False),
        ({"extend-safe-fixes": ["HB905"], "unfixable": ["HB9"], "fixable": ["HB905"]}, True),
        ({"extend-safe-fixes": ["HB905"], "fixable": ["HB901"]}, False),
    ],
)
def test_the_configuration_grades_fixes(
    project: Path, overrides: dict[str, object], is_fixed: bool
) -> None:
    """The closest name wins."""
    assert fix(project, UNSAFE, overrides).is_changed is is_fixed


def test_what_is_unfixable_has_no_fix(project: Path) -> None:
    """Not for an editor either; and an unsafe one is said to be unsafe."""
    overrides = {"unfixable": ["HB905"], "extend-unsafe-fixes": ["HB903"]}
    found = workspace(overrides).check(project / "service.py", "print(fine)\n").violations
    grades = {each.code: [fix.applicability for fix in each.fixes] for each in found}
    assert grades == {"HB905": [], "HB903": [Applicability.UNSAFE]}


def test_a_comment_keeps_a_fix_away(project: Path) -> None:
    """A draft that would lose it is left out."""
    text = "x = wrap(  # why\n    1,\n)\nprint(1)  # why\n"
    result = fix(project, text)
    assert result.text == text
    assert [violation.fixes for violation in result.violations if violation.code == "HB906"] == [
        ()
    ]
    assert fix(project, "x = wrap([\n    1,  # why\n])\n").text == "x = [\n    1,  # why\n]\n"


def test_suppressed_violations_are_not_fixed(project: Path) -> None:
    """Neither is what a comment says of the whole file."""
    text = "from typing import List\n\na: List  # noqa: HB902\nb: List\n"
    assert fix(project, text).text == text.replace("b: List", "b: list")


def test_what_other_modules_import_from_here_stays(project: Path) -> None:
    """A name that nothing in its own module uses can be used elsewhere."""
    text = "from typing import Any, List\n\nx: List\ny: Any\n"
    (project / "other.py").write_text("from app.service import List\n")
    assert fix(project, text).text == text.replace("x: List", "x: list")
    (project / "other.py").write_text("from app.service import *\n")
    gone = "from typing import Any\n\nx: list\ny: Any\n"
    assert fix(project, text).text == gone
    (project / "other.py").write_text("from app.service import *\n\nz: List\n")
    assert fix(project, text).text == text.replace("x: List", "x: list")
    (project / "other.py").write_text("from app.service import *\n")
    (project / "third.py").write_text("from app.other import List\n")
    assert fix(project, text).text == text.replace("x: List", "x: list")
    (project / "third.py").unlink()
    (project / "other.py").write_text("from app.services import List\n")
    assert fix(project, text).text == gone


def test_the_workspace_knows_the_same_afterwards(project: Path) -> None:
    """Nothing is written, and no unsaved text is left behind or lost."""
    path = project / "service.py"
    path.write_text("x: fine\n")
    one = workspace()
    known = one.project(path, one.configuration.for_file(path))
    assert fix_file(one, path).text == "x: better\n"
    assert (path.read_text(), known.overlays) == ("x: fine\n", {})
    assert known.read(str(path)) == "x: fine\n"
    known.update(str(path), "y: fine\n")
    assert fix_file(one, path).text == "y: better\n"
    assert fix_file(one, path, "z: fine\n").text == "z: better\n"
    assert known.read(str(path)) == "y: fine\n"


def test_what_is_no_python_is_left(project: Path) -> None:
    """It has a violation that says so."""
    result = fix(project, "x = (\n")
    assert (result.text, [each.code for each in result.violations]) == ("x = (\n", ["HB000"])


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_ends_stay(project: Path, end: str) -> None:
    """Also where lines are added, between form feeds and tabs."""
    lines = [
        '"""Doc."""',
        "\x0c",
        "def f():",
        "\tx = root  # \u2028 \U0001f40d",
        "\treturn root",
        "",
    ]
    expected = ['"""Doc."""', "from math import sqrt", *lines[1:]]
    result = fix(project, end.join(lines))
    assert result.text == end.join(expected).replace("root", "sqrt")


def comments(text: str) -> Counter[str]:
    """The comments of a text."""
    tokens = tokenize.generate_tokens(StringIO(text, newline="").readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


EXPRESSIONS = st.recursive(
    st.sampled_from(
        ("1", "fine", "loud", "broken", "root", "other_root", "now.utcnow()", "datetime.utcnow()")
    ),
    lambda inner: st.one_of(
        inner.map("wrap({})".format),
        inner.map("wrap(\n    {},  # it\n)".format),
        inner.map("wrap(  # so\n    {})".format),
        st.tuples(inner, inner).map(lambda pair: f"[{pair[0]}, {pair[1]}]"),
    ),
    max_leaves=5,
)
TYPES = st.recursive(
    st.sampled_from(("int", "List", "t.List", "'List'")),
    lambda inner: inner.map("List[{}]".format),
    max_leaves=3,
)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Modules in which the rules find much to do."""
    imports = draw(
        st.lists(
            st.sampled_from(
                (
                    "from typing import List",
                    "from typing import Any, List  # types",
                    "from typing import (\n    Any,\n    List,\n)",
                    "import typing as t",
                    "from datetime import datetime",
                    "from datetime import datetime as now, UTC as utc",
                    "from . import service",
                    "import math",
                )
            ),
            max_size=4,
        )
    )
    blocks = list(imports)
    for _ in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(("assignment", "function", "class", "print")))
        value, type_ = draw(EXPRESSIONS), draw(TYPES)
        indented = value.replace("\n", "\n    ")
        if kind == "assignment":
            blocks.append(f"x: {type_} = {value}  # value")
        elif kind == "function":
            blocks.append(
                f"def f(list: {type_}) -> {type_}:\n    # Comment.\n    return {indented}"
            )
        elif kind == "class":
            blocks.append(f"class A:\n    def list(self): ...\n    y: {type_} = {indented}")
        else:
            blocks.append(f"print({value})")
    end = draw(st.sampled_from(("\n", "\n\n", "\n# More.\n")))
    text = end.join([*blocks, ""])
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


FIXED = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FIXED
@given(programs(), st.booleans())
def test_properties(project: Path, text: str, unsafe: bool) -> None:
    """Fixing ends, twice is once, no order matters, no comment is lost, all that can be is done."""
    path = project / "module.py"
    result = fix_file(workspace(), path, text, unsafe=unsafe)
    ast.parse(result.text)
    assert result.failures == []
    again = fix_file(workspace(), path, result.text, unsafe=unsafe)
    assert again.text == result.text
    assert not again.applied
    shuffled = fix_file(workspace(kind=ShuffledWorkspace), path, text, unsafe=unsafe)
    assert shuffled.text == result.text
    assert refusals(shuffled) == refusals(result)
    assert comments(result.text) == comments(text)
    left = sorted(
        (violation.message, violation.span.start)
        for violation in result.violations
        if violation.fix and (unsafe or violation.fix.applicability is Applicability.SAFE)
    )
    assert left == sorted(
        (each.violation.message, each.violation.span.start) for each in result.refused
    )
    if "\r\n" in text:
        assert result.text.count("\r\n") == result.text.count("\n")


class Unwrapped(ast.NodeTransformer):
    """What the rule about `wrap` is to make of a tree, by other means; comments are left out."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Put the argument in place of the call."""
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Name(id="wrap"), args=[value]):
                return value
        return node


@FIXED
@given(programs())
def test_nothing_changes_but_what_the_fix_says(project: Path, text: str) -> None:
    """The tree is as before, but for the calls that are unwrapped."""
    text = text.replace("  # it", "").replace("  # so", "")
    result = fix_file(workspace({"select": ["HB906"]}), project / "module.py", text)
    assert ast.dump(ast.parse(result.text)) == ast.dump(Unwrapped().visit(ast.parse(text)))
