import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.checking.add_noqa import add_noqa
from handbook.suppressions import Suppressions
from handbook.syntax.text import split_lines
from handbook.violation import Span, Violation


def violation(code: str, line: int) -> Violation:
    return Violation(
        "app.py", code, "some-rule", "wrong", Span.of(line, 0, line, 1), noqa_line=line
    )


def silence(text: str, *found: tuple[str, int], reason: str = "") -> str:
    violations = [violation(code, line) for code, line in found]
    after = add_noqa(text, violations, reason)
    assert add_noqa(after, violations, reason) == after
    assert Suppressions(after).filter(violations) == []
    return after


CASES = [
    ("x = 1\n", "x = 1  # noqa: HB121\n"),
    ("x = 1", "x = 1  # noqa: HB121"),
    ("x = 1  \r\ny = 1\r\n", "x = 1  # noqa: HB121\r\ny = 1\r\n"),
    ("x = 1  # text\n", "x = 1  # text  # noqa: HB121\n"),
    ("x = 1  # noqa: HB093\n", "x = 1  # noqa: HB093, HB121\n"),
    ("x = 1  # noqa: HB122,E501 long\n", "x = 1  # noqa: E501, HB121, HB122 long\n"),
    ("x = 1  # noqa:E501  # type: ignore\n", "x = 1  # noqa:E501, HB121  # type: ignore\n"),
    ("x = 1  # noqa: E501why\n", "x = 1  # noqa: HB121, E501why\n"),
    ("x = 1  # noqa: hb121\n", "x = 1  # noqa: hb121, HB121\n"),
    ("x = 1  # noqa\n", "x = 1  # noqa\n"),
    ("x = 1  # noqa: HB12\n", "x = 1  # noqa: HB12\n"),
    ("# handbook: ignore[HB121]\nx = 1\n", "# handbook: ignore[HB121]\nx = 1\n"),
    ('x = """\na\n"""\ny = 1\n', 'x = """\na\n"""  # noqa: HB121\ny = 1\n'),
    ("x = \\\n    1\n", "x = \\\n    1  # noqa: HB121\n"),
    ("f(\n    1,\n)\n", "f(  # noqa: HB121\n    1,\n)\n"),
    ("", "# noqa: HB121"),
    ("\nx = 1\n", "# noqa: HB121\nx = 1\n"),
    ("#!/bin/x\nx = 1\n", "#!/bin/x\n# handbook: ignore-file[HB121]\nx = 1\n"),
    ("#!/bin/x\r\n# coding: utf-8\r\n", "#!/bin/x\r\n# coding: utf-8\r\n# handbook: ignore-file[HB121]\r\n"),
    ("#!/bin/x", "#!/bin/x\n# handbook: ignore-file[HB121]\n"),
    ('f"""{x\n}"""\n', 'f"""{x\n}"""  # handbook: ignore[HB121]\n'),
    ('f(f"""{x\n}""",\n1)\n', 'f(f"""{x\n}""",\n1)  # handbook: ignore[HB121]\n'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_the_first_line_is_silenced(text: str, expected: str) -> None:
    assert silence(text, ("HB121", 1)) == expected


REASONS = [
    ("x = 1\n", "x = 1  # noqa: HB093, HB121 kept as  it is\n"),
    ("x = 1  # noqa: HB093  # more\n", "x = 1  # noqa: HB093, HB121 kept as  it is  # more\n"),
    ("x = 1  # noqa: HB093 old\n", "x = 1  # noqa: HB093, HB121 old\n"),
]


@pytest.mark.parametrize(("text", "expected"), REASONS)
def test_the_reason_follows_the_codes(text: str, expected: str) -> None:
    after = silence(text, ("HB121", 1), ("HB093", 1), reason="kept as\n it is")
    assert after == expected.replace("as  it", "as it")


def test_a_reason_is_no_code() -> None:
    text = silence("x = 1\n", ("HB121", 1), reason="E501 too")
    assert text == "x = 1  # noqa: HB121 - E501 too\n"


def test_codes_of_one_line_are_joined_and_sorted() -> None:
    text = silence("x = 1\ny = 2\n", ("HB121", 1), ("HB093", 1), ("HB093", 1), ("HB122", 2))
    assert text == "x = 1  # noqa: HB093, HB121\ny = 2  # noqa: HB122\n"


def test_a_text_that_is_no_python_stays() -> None:
    assert add_noqa("x = (\n", [violation("HB000", 1)]) == "x = (\n"


def test_a_line_that_is_not_there_changes_nothing() -> None:
    assert add_noqa("x = 1\n", [violation("HB121", 9)]) == "x = 1\n"


ROWS = [
    "x = 1",
    "",
    "  ",
    "# a comment",
    "y = f(\n    1,  # one\n\n    '''a\n    b''', 2,\n)",
    "@a\n# handbook: ignore[HB093]\n@b\ndef g(\n    x,\n) -> None:\n    '''Doc.\n\n    More.'''\n\n    return x",
    "s = f'''{x\n  + 1}\n  {y:{\nz}}'''",
    "t = \\\n  'a' \\\n\n",
    "u = 'a\\\nb'  # noqa: E501 why",
    "w = '# noqa: HB12'  # noqa: HB093",
    "if x: pass  # noqa:HB12A,E501",
    "v = 'é\u2028\x0c'  # handbook: ignore[HB12",
]  # fmt: skip


@given(
    st.lists(st.sampled_from(ROWS), max_size=4),
    st.lists(st.tuples(st.sampled_from(["HB121", "HB093", "HB12A", "HB1"]), st.integers(1, 40))),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["", "a reason", "PY3 only", "#1, noqa"]),
    st.booleans(),
)
def test_everything_is_silenced_once(
    rows: list[str], found: list[tuple[str, int]], end: str, reason: str, ended: bool
) -> None:
    text = ("\n".join(rows) + "\n" * ended).replace("\n", end)
    lines = split_lines(text)
    here = [(code, line) for code, line in found if line <= max(len(lines), 1)]
    after = silence(text, *here, reason=reason)
    assert ast.dump(ast.parse(after)) == ast.dump(ast.parse(text))
    ends = {line[len(line.rstrip("\r\n")) :] for line in split_lines(after)}
    assert ends <= {end, ""}
