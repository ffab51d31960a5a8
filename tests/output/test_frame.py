"""The code frames of the `full` format."""

from textwrap import dedent

from hypothesis import given
from hypothesis import strategies as st

from handbook.output.frame import excerpt
from handbook.output.style import painter
from handbook.output.text import source_lines, width
from handbook.violation import Position, Span
from tests.output.reports import report, spans, texts


def frame(text: str, span: Span, context: int = 2) -> str:
    lines = source_lines(report(source=lambda path: text))("a.py")
    return "".join(excerpt("a.py:1:1", lines, span, painter(False), "red", context))


def code_and_marks(text: str, span: Span) -> tuple[str, str]:
    """Give the one line of a frame without context, and the line of its carets."""
    rows = [line.partition("|")[2].removeprefix(" ") for line in frame(text, span, 0).splitlines()]
    return rows[2], rows[3]


def test_blank_lines_at_the_rim_are_left_out() -> None:
    assert frame("a\n\n\nb\n\nc\n", Span.of(4, 0, 4, 1)) == dedent("""\
         --> a.py:1:1
          |
        4 | b
          | ^
        5 |
        6 | c
          |
        """)


def test_a_span_of_many_lines_shows_its_first_and_last() -> None:
    text = "".join(f"line{number}\n" for number in range(1, 13))
    assert frame(text, Span.of(2, 2, 11, 4), context=1) == dedent("""\
          --> a.py:1:1
           |
         1 |   line1
         2 |   line2
           |  ___^
           | | ...
        11 | | line11
           | |____^
        12 |   line12
           |
        """)


def test_a_short_span_of_several_lines_is_shown_whole() -> None:
    shown = frame("a(\n  b\n)\n", Span.of(1, 0, 3, 1))
    assert "| |   b\n" in shown
    assert "..." not in shown


def test_a_span_with_its_line_end_stays_on_its_line() -> None:
    assert code_and_marks("import os\nx\n", Span.of(1, 0, 2, 0)) == ("import os", "^" * 9)


def test_tabs_are_filled_to_the_next_stop() -> None:
    assert code_and_marks("\tx\ty = 1\n", Span.of(1, 3, 1, 4)) == (
        "    x   y = 1",
        "        ^",
    )


def test_wide_and_combining_characters_keep_the_carets_below_the_code() -> None:
    assert code_and_marks('"日本" + x', Span.of(1, 1, 1, 3))[1] == " ^^^^"
    assert code_and_marks('"日本" + x', Span.of(1, 7, 1, 8))[1] == " " * 9 + "^"
    assert code_and_marks("e\u0301t\u00e9 = x", Span.of(1, 7, 1, 8))[1] == " " * 6 + "^"


def test_lines_end_where_python_ends_them() -> None:
    text = "a\r\nb\x0cc\u2028d\re = 1"
    assert code_and_marks(text, Span.of(2, 2, 2, 3)) == ("b\u240cc<U+2028>d", "  ^")
    assert code_and_marks(text, Span.of(3, 0, 3, 1)) == ("e = 1", "^")


def test_control_characters_are_named() -> None:
    assert code_and_marks("x = '\x1b[31m\x9b'", Span.of(1, 6, 1, 10)) == (
        "x = '\u241b[31m<U+009B>'",
        "      ^^^^",
    )


def test_a_long_line_is_cut_around_the_span() -> None:
    line = "a" * 5000 + "BAD" + "c" * 5000
    code, marks = code_and_marks(line, Span.of(1, 5000, 1, 5003))
    assert code.startswith("…a")
    assert code.endswith("c…")
    assert len(code) < 200
    assert code[len(marks) - 3 : len(marks)] == "BAD"
    code, marks = code_and_marks(line, Span.of(1, 10, 1, 9000))
    assert len(marks) <= len(code) < 200


def test_ends_beyond_the_text_are_brought_inside() -> None:
    assert code_and_marks("ab\n", Span.of(1, 1, 1, 99)) == ("ab", " ^")
    assert code_and_marks("ab", Span.of(1, 2, 1, 2)) == ("ab", "  ^")
    assert code_and_marks("ab\n", Span.of(2, 0, 2, 0)) == ("", "^")
    assert code_and_marks("ab", Span.of(7, 3, 8, 1)) == ("ab", "  ^")


def test_an_empty_text_has_no_frame() -> None:
    assert frame("", Span.of(1, 0, 1, 0)) == " --> a.py:1:1\n"


@given(st.text(max_size=30), spans, st.integers(0, 3))
def test_any_span_of_any_text_can_be_shown(text: str, span: Span, context: int) -> None:
    shown = frame(text, span, context).splitlines()
    bars = {line.index("|") for line in shown[1:]}
    assert len(bars) <= 1
    assert len(shown) == 1 or any("^" in line for line in shown)


lines_of_code = st.text(st.characters(exclude_characters="\r\n"), min_size=1, max_size=100)


@given(lines_of_code, st.data())
def test_carets_are_as_wide_as_what_they_mark(line: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(line) - 1))
    end = data.draw(st.integers(start + 1, len(line)))
    span = Span(Position(1, start), Position(1, end))
    code, marks = code_and_marks(line, span)
    assert marks.strip(" ") == "^" * max(1, marks.count("^"))
    if line.isprintable() and line == line.rstrip():
        assert code == line
        assert len(marks) - marks.count("^") == width(line[:start])
        assert marks.count("^") == max(1, width(line[start:end]))


@given(texts)
def test_a_message_never_breaks_the_frame(text: str) -> None:
    assert len(frame(text, Span.of(1, 0, 1, 1), 0).splitlines()) in {1, 5}
