"""What CI services read from our lines: parsed back by the rules that they publish."""

import re
from dataclasses import replace

from hypothesis import given

from handbook.output import Format
from handbook.output.text import printable
from handbook.violation import Severity, Span, Violation
from tests.output.reports import BLOCKING, BROKEN, report, text_of, violations


def unescape(text: str, names: dict[str, str]) -> str:
    return re.sub("|".join(names), lambda match: names[match[0]], text)


def seen(text: str) -> str:
    """Name every character that a terminal would obey, but for the escaped line ends."""
    return "".join(c if c in "\r\n" else printable(c) for c in text)


@given(violations)
def test_github_reads_back_what_was_meant(violation: Violation) -> None:
    line = text_of(report(violation), Format.GITHUB).removesuffix("\n")
    assert "\n" not in line
    command, properties, data = re.fullmatch("::([a-z]+) ([^:]*?)::(.*)", line).groups()  # type: ignore[union-attr]
    common = {"%0A": "\n", "%0D": "\r", "%25": "%"}
    given = dict(part.split("=", 1) for part in properties.split(","))
    path = unescape(given["file"], common | {"%3A": ":", "%2C": ","})
    assert path == seen(report().relative(violation.path))
    assert seen(violation.message) in unescape(data, common)
    assert command in {"error", "warning", "notice"}


@given(violations)
def test_azure_reads_back_what_was_meant(violation: Violation) -> None:
    line = text_of(report(violation), Format.AZURE).removesuffix("\n")
    assert "\n" not in line
    properties, data = re.fullmatch(r"##vso\[task\.logissue ([^\]]*)\](.*)", line).groups()  # type: ignore[union-attr]
    common = {"%0A": "\n", "%0D": "\r", "%AZP25": "%"}
    given = dict(part.split("=", 1) for part in properties.rstrip(";").split(";"))
    path = unescape(given["sourcepath"], common | {"%3B": ";", "%5D": "]"})
    assert path == seen(report().relative(violation.path))
    assert unescape(data, common) == seen(violation.message)
    assert given["type"] in {"error", "warning"}


def test_github_gets_columns_only_for_one_line() -> None:
    one = text_of(report(BLOCKING), Format.GITHUB)
    assert "line=5,col=5,endLine=5,endColumn=18" in one
    many = text_of(report(replace(BLOCKING, span=Span.of(5, 4, 6, 1))), Format.GITHUB)
    assert "line=5,endLine=6::" in many


def test_severities_become_levels() -> None:
    assert text_of(report(BROKEN), Format.GITHUB).startswith("::notice ")
    assert "type=warning;" in text_of(report(BROKEN), Format.AZURE)
    warning = replace(BROKEN, severity=Severity.WARNING)
    assert text_of(report(warning), Format.GITHUB).startswith("::warning ")


def test_pylint_lines_stay_lines() -> None:
    found = report(replace(BROKEN, message="one\ntwo"))
    assert text_of(found, Format.PYLINT) == "/elsewhere/b.py:1: [HB000] one\u240atwo\n"
