import argparse
from collections.abc import Sequence
from pathlib import Path
from tokenize import COMMENT

import pytest
from flake8.defaults import NOQA_FILE  # type: ignore[import-untyped]
from flake8.processor import FileProcessor  # type: ignore[import-untyped]
from flake8.violation import Violation as Flake8Violation  # type: ignore[import-untyped]
from hypothesis import assume, event, given
from hypothesis import strategies as st

from handbook import check_text
from handbook.checking.engine import Result, RuleSet, suppress
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.rules.tool.invalid_suppression import InvalidSuppression
from handbook.rules.tool.unused_suppression import UnusedSuppression
from handbook.suppressions import Suppressions, nearest
from handbook.syntax.text import SourceError, split_lines
from handbook.syntax.tokens import tokens_of
from handbook.violation import Edit, Position, Severity, Span, Violation

KNOWN = {
    "HB001": "unused-suppression",
    "HB002": "invalid-suppression",
    "HB091": "route-without-status",
    "HB093": "missing-response-model",
    "HB121": "cors-wildcard-credentials",
    "HB122": "hardcoded-secret",
}


def violation(code: str, line: int, noqa_line: int | None = None) -> Violation:
    span = Span.of(line, 0, line, 1)
    return Violation(
        "app.py", code, KNOWN.get(code, "other"), "wrong", span, noqa_line=noqa_line or line
    )


def silenced(text: str, code: str = "HB121") -> list[int]:
    """The lines on which a code is silenced."""
    everywhere = [violation(code, number + 1) for number in range(len(split_lines(text)))]
    kept = {found.span.start.line for found in Suppressions(text).filter(everywhere)}
    return [found.span.start.line for found in everywhere if found.span.start.line not in kept]


def problems(
    text: str,
    found: Sequence[Violation] = (),
    ran: Sequence[str] = tuple(KNOWN),
    *,
    noqa: bool = True,
) -> list[Violation]:
    """What is wrong with the comments of a text in which violations were found."""
    project = Project(Path("/project"))
    try:
        outline = project.outline_of("/project/app.py", text)
    except SourceError:
        return []
    about_comments = (UnusedSuppression(), InvalidSuppression())
    rules = RuleSet({rule.code: rule for rule in about_comments if rule.code in ran})
    suppressions = Suppressions(text, known=KNOWN, ran=ran)
    result = Result(list(found))
    suppress(suppressions, SourceFile("app.py", outline, project), rules, result, noqa=noqa)
    assert result.failures == []
    return [problem for problem in result.violations if problem.code in ("HB001", "HB002")]


def offset(lines: Sequence[str], place: Position) -> int:
    return sum(len(line) for line in lines[: place.line - 1]) + place.column


def apply(text: str, edits: Sequence[Edit]) -> str:
    lines = split_lines(text)
    for edit in sorted(edits, reverse=True):
        start, end = offset(lines, edit.span.start), offset(lines, edit.span.end)
        text = text[:start] + edit.text + text[end:]
    return text


def mended(text: str, found: Sequence[Violation] = ()) -> str:
    """The text after the first fix of each run, until there is none."""
    for _ in range(10):
        fixes = [problem.fix for problem in problems(text, found) if problem.fix]
        if not fixes:
            return text
        text = apply(text, fixes[0].edits)
    raise AssertionError("the fixes do not come to an end")


# flake8 as the judge


def flake8_silences(text: str, code: str, line: int) -> bool:
    options = argparse.Namespace(
        hang_closing=False, indent_size=4, max_line_length=79, max_doc_length=None, verbose=0
    )
    lines = [row.rstrip("\r\n") + "\n" if row[-1:] in "\r\n" else row for row in split_lines(text)]
    if any(NOQA_FILE.match(row) for row in lines):
        return True
    row = FileProcessor("app.py", options, lines).noqa_line_for(line)
    found = Flake8Violation(code, "app.py", line, 1, "", row or "")
    return bool(found.is_inline_ignored(False))


PARTS = "noqa|NoQA|:|: |  | |,|, |HB121|HB093|HB12|HB|hb121|E501|Hb1|HB121A|a reason|\u00e9"
ODD_PARTS = "\u017f1|\t|\f|-|flake8: |=|1|# |#|handbook:"
COMMENTS = st.tuples(
    st.sampled_from(["# noqa: HB121", "# noqa:", "# noqa", "# flake8: noqa", "#"]),
    st.lists(st.sampled_from(f"{PARTS}|{ODD_PARTS}".split("|")), max_size=6).map("".join),
).map("".join)
STATEMENTS = [
    "x = 1",
    "f(\n    1,\n    '''a\n    b''',\n)",
    "@a\n@b(\n    c\n)\nasync def f(\n    x,\n) -> None:\n    y = 1\n\n    return y",
    "class A:\n    '''Doc.\n\n    More.'''\n\n    x: int = 1",
    "if x: pass",
    "try:\n    pass\nexcept E:\n    pass",
    "# a comment\nx = f'''{\n1}\n'''",
    "x = 1 + \\\n    2",
    "\u00e9 = '\u00e9'; y = f'{x!r}'",
    "",
]


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Statements with comments on any of their lines, also where that breaks them."""
    rows = "\n".join(draw(st.lists(st.sampled_from(STATEMENTS), max_size=4))).split("\n")
    for _ in range(draw(st.integers(1, 3))):
        row = draw(st.integers(0, len(rows) - 1))
        rows[row] += draw(st.sampled_from(["  ", ""])) + draw(COMMENTS)
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    return end.join([*rows, *draw(st.sampled_from([[], [""]]))])


def comments_of(text: str) -> list[str] | None:
    """The comments of a text that is Python."""
    tokens = tokens_of(split_lines(text))
    return [token.string for token in tokens if token.type == COMMENT] if tokens else None


@given(texts())
def test_noqa_silences_what_flake8_silences(text: str) -> None:
    comments = comments_of(text)
    assume(comments is not None)
    # flake8 looks at the bare text, and so sees comments in strings too.
    assume(text.lower().count("noqa") == "".join(comments or ()).lower().count("noqa"))
    for code in ("HB121", "HB093"):
        expected = [
            number + 1
            for number in range(len(split_lines(text)))
            if flake8_silences(text, code, number + 1)
        ]
        event(f"{bool(expected)}")
        assert silenced(text, code) == expected


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# NOQA",
        "# noqa: HB121",
        "# noqa:HB121",
        "# noqa: E501,HB121",
        "# noqa: E501 HB121 because",
        "# noqa: HB12",
        "# noqa: HB121why",
        "# noqa : HB093",
        "# noqa:  HB093",
        "# noqa HB093",
        "# type: ignore  # noqa: HB121",
        "# noqa: HB121  # noqa: E501",
    ],
)
def test_noqa_silences(comment: str) -> None:
    assert flake8_silences(f"x = 1  {comment}\n", "HB121", 1)
    assert silenced(f"x = 1  {comment}\n") == [1]


@pytest.mark.parametrize(
    "comment",
    ["#noqa", "# noqa: HB093", "# noqa: hb121", "# noqa: E501  # noqa: HB121", "# nope", "# noqa: HB1211"],
)  # fmt: skip
def test_noqa_does_not_silence(comment: str) -> None:
    assert not flake8_silences(f"x = 1  {comment}\n", "HB121", 1)
    assert silenced(f"x = 1  {comment}\n") == []


def test_noqa_covers_strings_and_continuations_but_not_brackets() -> None:
    assert silenced('x = """\n# noqa\n"""  # noqa: HB121\ny = 1\n') == [1, 2, 3]
    assert silenced("x = \\\n    1  # noqa: HB121\n") == [1, 2]
    assert silenced("f(\n    1,\n)  # noqa: HB121\n") == [3]


def test_noqa_in_a_string_is_no_comment() -> None:
    assert silenced("x = '# noqa'\n") == []


@pytest.mark.parametrize("comment", ["# flake8: noqa", "# flake8: noqa: HB093", "# FLAKE8=noqa"])
def test_flake8_noqa_silences_the_file(comment: str) -> None:
    assert silenced(f"x = 1\n  {comment}\n") == [1, 2]
    assert silenced(f"x = 1  {comment}\n") == []


def test_the_noqa_line_counts_too() -> None:
    text = "f(\n    1,\n)  # noqa: HB121\n"
    assert Suppressions(text).filter([violation("HB121", 1, noqa_line=3)]) == []


# Directives

HEADERS = [
    ("x = 1  # handbook: ignore[HB121]\ny = 2\n", [1]),
    ("f(\n    1,  # handbook: ignore[HB121] it is an example\n)\ny = 2\n", [1, 2, 3]),
    ("# handbook: ignore[HB121]\nf(\n    1,\n)\ny = 2\n", [1, 2, 3, 4]),
    ("@a\n@b(\n)  # handbook: ignore[HB121]\ndef f(\n) -> int:\n    x = 1\n", [1, 2, 3, 4, 5]),
    ("@a\ndef f(\n    b,\n) -> int:  # handbook: ignore[HB121]\n    x = 1\n", [1, 2, 3, 4]),
    ("@a\n# handbook: ignore[HB121]\n\n@b\ndef f(): x = 1\n", [1, 2, 3, 4, 5]),
    ("# handbook: ignore[HB121]\n# why\n@a\nclass F:\n    x = 1\n", [1, 2, 3, 4]),
    ("# handbook: ignore[HB093]\n# handbook: ignore[HB121]\nx = 1\n", [1, 2, 3]),
    ("# handbook: ignore[HB121]\n\nx = 1\n", [1]),
    ("def f():\n    # handbook: ignore[HB121]\n    x = 1\n    y = 2\n", [2, 3]),
    ("def f():\n    x = 1\n    # handbook: ignore[HB121]\ny = 1\n", [3]),
    ("def f():\n    x = 1\n# handbook: ignore[HB121]\n    y = 1\n", [3]),
    ("if a:\n    x = 1\n# handbook: ignore[HB121]\nelse:\n    y = 1\n", [3, 4]),
    ("class A:\n    # handbook: ignore[HB121]\n    def f(self): ...\n", [2, 3]),
    ("x = 1\n# handbook: ignore-file[HB121]\n", [1, 2]),
    ("x = 1\n# handbook: ignore-file\n", [1, 2]),
    ("x = 1\n    # handbook: ignore-file because it is made\n", [1, 2]),
    ("x = 1  # handbook: ignore-file[HB121]\n", []),
    ("# handbook: ignore-file HB121\nx = 1\n", []),
    ("x = '# handbook: ignore-file'\n", []),
    ("x = 1  # handbook: ignore[HB1]\n", [1]),
    ("x = 1  # handbook: ignore[ HB093,cors-wildcard-credentials ]\n", [1]),
    ("x = 1  #handbook:ignore[HB093 HB121]\n", [1]),
    ("x = 1  # handbook: ignore[cors-wildcard]\n", []),
    ("x = 1  # type: ignore  # handbook: ignore[HB121] see #12  # more\n", [1]),
    ("x = 1  # handbook: ignore[]\n", []),
    ("\f# handbook: ignore[HB121]\nx = '\x0c\u2028'; y = 1\nz = 1\n", [1]),
    ("é = 'é'; f(é,  # handbook: ignore[HB121]\n)\r\nz = 1\n", [1, 2]),
    ("x = (  # handbook: ignore[HB121]\n", []),
]


@pytest.mark.parametrize(("text", "lines"), HEADERS)
def test_directive_covers(text: str, lines: list[int]) -> None:
    assert silenced(text) == lines


@given(
    st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=4),
    st.data(),
    st.sampled_from(["# handbook: ignore[HB121]", "# noqa: HB121", "# handbook: ignore[HB12] x"]),
    st.sampled_from(["\n", "\n\n"]),
)
def test_a_comment_changes_nothing_for_other_statements(
    statements: list[str], data: st.DataObject, comment: str, gap: str
) -> None:
    chosen = data.draw(st.integers(0, len(statements) - 1))
    rows = statements[chosen].split("\n")
    row = data.draw(st.integers(0, len(rows) - 1))
    rows[row] += f"  {comment}"
    before = gap.join(statements[:chosen]) + gap if chosen else ""
    text = before + gap.join(["\n".join(rows), *statements[chosen + 1 :]]) + "\n"
    first = before.count("\n") + 1
    assert set(silenced(text)) <= set(range(first, first + len(rows)))


@given(st.text() | texts())
def test_no_text_makes_it_fail(text: str) -> None:
    for tail in ("", "# noqa: HB12", "\n# handbook: ignore[HB121, HB9"):
        suppressions = Suppressions(text + tail)
        suppressions.filter([violation("HB121", 1)])
        for problem in problems(text + tail):
            assert problem.span.start < problem.span.end


# HB001

UNUSED: list[tuple[str, str]] = [
    ("x = 1  # noqa: HB121\n", "x = 1\n"),
    ("x = 1  # noqa: HB121, HB093, HB122\n", "x = 1  # noqa: HB093\n"),
    ("x = 1  # noqa: E501, HB121\n", "x = 1  # noqa: E501\n"),
    ("x = 1  # noqa: HB121 E501 long\n", "x = 1  # noqa: E501 long\n"),
    ("x = 1  # noqa: HB121  # type: ignore\n", "x = 1  # type: ignore\n"),
    ("x = 1  # type: ignore  # noqa: HB121\r\n", "x = 1  # type: ignore\r\n"),
    ("x = 1  # noqa: HB121 - a reason\n", "x = 1  # a reason\n"),
    ("x = 1  # see it # noqa: HB121\n", "x = 1  # see it\n"),
    ("x = 1  # noqa: HB121 noqa\n", "x = 1  # noqa: HB121 noqa\n"),
    ("x = 1  # noqa: HB121  # noqa: E501\n", "x = 1  # noqa: HB121  # noqa: E501\n"),
    ("x = 1\n    # noqa: HB121\ny = 1\n", "x = 1\ny = 1\n"),
    ("x = 1\n# noqa: HB121", "x = 1\n"),
    ("x = 1  # handbook: ignore[HB121] a reason\n", "x = 1\n"),
    ("x = 1  # handbook: ignore[HB121] see #12 # noqa: E501\n", "x = 1  # noqa: E501\n"),
    ("x = 1  # handbook: ignore[HB121, HB093] why\n", "x = 1  # handbook: ignore[HB093] why\n"),
    ("x = 1  # handbook: ignore[missing-response-model, hardcoded-secret]\n", "x = 1  # handbook: ignore[missing-response-model]\n"),
    ("# handbook: ignore[HB121]\n# handbook: ignore[HB093]\nx = 1\n", "# handbook: ignore[HB093]\nx = 1\n"),
    ("# handbook: ignore-file[HB121]\nx = 1\n", "x = 1\n"),
    ("x = 1  # noqa\n", "x = 1  # noqa\n"),
    ("x = 1  # noqa: E501, F401\n", "x = 1  # noqa: E501, F401\n"),
    ("# handbook: ignore-file\nx = 1\n", "# handbook: ignore-file\nx = 1\n"),
    ("é = 'é'  # noqa: HB093, HB121\n", "é = 'é'  # noqa: HB093\n"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), UNUSED)
def test_unused_suppression_is_removed(text: str, expected: str) -> None:
    found = [violation("HB093", line + 1) for line in range(len(split_lines(text)))]
    assert mended(text, found) == expected


def test_unused_suppression_points_at_the_code() -> None:
    problem = problems("x = 1  # noqa: E501, HB121\n")[0]
    assert (problem.code, problem.name) == ("HB001", "unused-suppression")
    assert problem.span == Span.of(1, 21, 1, 26)
    assert "HB121" in problem.message
    assert problem.noqa_line == 1


def test_only_rules_that_ran_are_unused() -> None:
    text = "x = 1  # noqa: HB121\ny = 1  # handbook: ignore[HB12]\n"
    assert problems(text, ran=["HB001", "HB122"]) == []
    assert problems(text, ran=["HB121", "HB122"]) == []
    lines = [
        problem.span.start.line for problem in problems(text, ran=["HB001", "HB121", "HB122"])
    ]
    assert lines == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "x = 1  # noqa: HB121, HB001\n",
        "x = 1  # noqa: HB001\n",
        "x = 1  # noqa: HB00, HB122\n",
        "x = 1  # handbook: ignore[unused-suppression, HB121]\n",
        "# handbook: ignore-file[HB001]\nx = 1  # noqa: HB121\n",
        "# handbook: ignore-file[HB]\nx = 1  # noqa: HB121\n",
        "# handbook: ignore[HB001]\n# handbook: ignore[HB121]\nx = 1\n",
        "x = 1  # noqa  # handbook: ignore[HB121]\n",
        "# flake8: noqa\nx = 1  # handbook: ignore[HB121]\n",
    ],
)
def test_reports_of_unused_suppressions_can_be_silenced(text: str) -> None:
    assert problems(text) == []


def test_what_silences_an_invalid_suppression_is_used() -> None:
    assert problems("x = 1  # noqa: HB999, HB002\n") == []
    assert [problem.code for problem in problems("x = 1  # noqa: HB002\n")] == ["HB001"]


def test_flake8_silences_its_own_comments() -> None:
    text = "x = 1  # noqa: HB121\ny = 1  # noqa: HB093, HB001\nz = 1  # handbook: ignore[HB121]\n"
    found = [violation("HB121", 1), violation("HB121", 3)]
    assert Suppressions(text).filter(found, noqa=False) == found[:1]
    left = problems(text, found, noqa=False)
    # What the first line silences is used; flake8 silences the report about the second.
    assert [problem.span.start.line for problem in left] == [2]


# HB002

INVALID: list[tuple[str, str, str]] = [
    ("x = 1  # noqa: hb121\n", "`HB121`", "x = 1  # noqa: HB121\n"),
    ("x = 1  # noqa: HB1211, E501\n", "`HB121`", "x = 1  # noqa: HB121, E501\n"),
    ("x = 1  # noqa: HB999\n", "`HB999`", ""),
    ("x = 1  # handbook: ignore[cors_wildcard_credential]\n", "`cors-wildcard-credentials`", "x = 1  # handbook: ignore[cors-wildcard-credentials]\n"),
    ("x = 1  # handbook: ignore[CorsWildcardCredentials]\n", "`cors-wildcard-credentials`", "x = 1  # handbook: ignore[cors-wildcard-credentials]\n"),
    ("x = 1  # handbook: ignore[E501]\n", "`E501`", ""),
    ("x = 1  # handbook: ignore\n", "brackets", ""),
    ("x = 1  # handbook: ignore because\n", "brackets", ""),
    ("x = 1  # handbook: ignore HB121 why\n", "brackets", "x = 1  # handbook: ignore[HB121] why\n"),
    ("x = 1  # handbook: ignore: HB121, HB093\n", "brackets", "x = 1  # handbook: ignore[HB121, HB093]\n"),
    ("x = 1  # handbook: ignor[HB121]\n", "`ignore`", "x = 1  # handbook: ignore[HB121]\n"),
    ("# handbook: ignore_file[HB121]\nx = 1\n", "`ignore-file`", "# handbook: ignore-file[HB121]\nx = 1\n"),
    ("x = 1  # handbook: disable[HB121]\n", "`ignore-file`", ""),
    ("x = 1  # handbook: ignore[HB121\n", "`]`", "x = 1  # handbook: ignore[HB121]\n"),
    ("x = 1  # handbook: ignore[HB121 # noqa: E501\n", "`]`", "x = 1  # handbook: ignore[HB121] # noqa: E501\n"),
    ("x = 1  # handbook: ignore[HB121 a reason\n", "`]`", ""),
    ("x = 1  # handbook: ignore[ ]\n", "no rule", ""),
    ("x = 1  # handbook: ignore-file[HB121]\n", "own", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "expected"), INVALID)
def test_invalid_suppression(text: str, message: str, expected: str) -> None:
    found = [violation("HB121", 1), violation("HB093", 1), violation("HB121", 2)]
    reports = problems(text, found)
    assert [report.code for report in reports] == ["HB002"]
    assert message in reports[0].message
    assert mended(text, found) == (expected or text)
    assert problems(text, found, ran=["HB001"]) == []


@pytest.mark.parametrize(
    "comment",
    [
        "# handbook: see chapter 5",
        "# the handbook: ignore it",
        "# handbook: ignored rules are listed below",
        "# noqa: E501, HBX1",
        "# handbook ignore",
    ],
)
def test_prose_is_no_directive(comment: str) -> None:
    assert problems(f"x = 1  {comment}\n") == []


def test_no_comment_is_falsy() -> None:
    assert not Suppressions("")
    assert not Suppressions("x = 1  # a comment\nnoqa = handbook\n")
    for comment in ("# noqa", "# flake8: noqa", "# handbook: ignore[HB121]", "# handbook: ignore"):
        assert Suppressions(f"{comment}\n")


def test_ambiguous_name_has_no_fix() -> None:
    report = problems("x = 1  # handbook: ignore[HB12x]\n")[0]
    assert report.fix is None


@given(texts(), st.lists(st.sampled_from(["HB093", "HB121", "HB122"]), max_size=3))
def test_removing_what_is_unused_changes_nothing_else(text: str, codes: list[str]) -> None:
    comments = comments_of(text)
    assume(comments is not None)
    found = [violation(code, line) for line, code in enumerate(codes, 1)]
    kept = Suppressions(text).filter(found)
    for problem in problems(text, found):
        if problem.code == "HB001" and problem.fix is not None:
            event("fixed")
            edit = problem.fix.edits[0]
            line = edit.span.start.line
            gone = edit.span.end.line - line
            after = apply(text, [edit])
            assert comments_of(after) is not None

            left = Suppressions(after).filter(
                [
                    violation(one.code, one.span.start.line - gone * (one.span.start.line > line))
                    for one in found
                    if not (gone and one.span.start.line == line)
                ]
            )
            # What is wrong with a line that goes would be another line's afterwards.
            expected = [one.code for one in kept if not (gone and one.span.start.line == line)]
            assert [one.code for one in left] == expected


# As rules among the others

MIXED = "def f(x: list[int]) -> None:  # noqa: HB031\n    return None  # noqa: HB999\n"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ["HB001", "HB002"]),
        ({"ignore": ["HB001"]}, ["HB002"]),
        ({"ignore": ["invalid-suppression"]}, ["HB001"]),
        ({"select": ["HB031"]}, []),
        ({"select": ["HB002"]}, ["HB002"]),
        # What did not run cannot have found anything.
        ({"select": ["HB001"]}, []),
        ({"select": ["HB001", "HB03"]}, ["HB001"]),
        ({"ignore": ["HB031"]}, ["HB002"]),
        ({"per-file-ignores": {"*.py": ["HB001"]}}, ["HB002"]),
    ],
)
def test_the_rules_can_be_chosen(settings: dict[str, object], expected: list[str]) -> None:
    assert [found.code for found in check_text(MIXED, settings=settings)] == expected


def test_their_severity_and_fixes_can_be_set() -> None:
    settings = {"severity": {"HB001": "error"}, "unfixable": ["HB001"], "ignore": ["HB002"]}
    (found,) = check_text(MIXED, settings=settings)
    assert (found.severity, found.fixes) == (Severity.ERROR, ())


def test_of_equally_near_codes_the_one_with_a_zero_is_meant() -> None:
    """`HB31` lacks the zero of a chapter, as codes are often said."""
    assert nearest("HB31", ["HB031", "HB131"]) == ("HB031", False)
    assert nearest("HB31", ["HB131", "HB031"]) == ("HB031", False)
