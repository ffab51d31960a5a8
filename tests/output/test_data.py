"""What programs read from the JSON and XML formats."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from handbook.output import Format, Report
from handbook.output.text import UNSAFE
from handbook.output.tool import rule_url
from handbook.violation import Edit, Fix, Span, Violation
from tests.output.reports import (
    BLOCKING,
    BROKEN,
    SHADOWED,
    report,
    reports,
    sample,
    text_of,
    violations,
)

HALF = r"[\ud800-\udfff]"


def read(found: Report, kind: Format) -> Any:
    return json.loads(text_of(found, kind))


def test_json_rows_have_exactly_the_promised_keys() -> None:
    row = read(report(BLOCKING), Format.JSON)[0]
    keys = "code name severity message filename location end_location fix noqa_row url"
    assert list(row) == keys.split()
    assert row["location"] == {"row": 5, "column": 5}
    assert row["url"] == rule_url("blocking-call")
    assert row["fix"] == {
        "applicability": "safe",
        "message": "Await `asyncio.sleep` instead",
        "edits": [
            {
                "content": "await asyncio.sleep",
                "location": {"row": 5, "column": 5},
                "end_location": {"row": 5, "column": 15},
            }
        ],
    }
    assert read(report(BROKEN), Format.JSON)[0]["fix"] is None


@given(reports)
def test_json_and_json_lines_say_the_same_and_lose_nothing(found: Report) -> None:
    rows = read(found, Format.JSON)
    assert rows == [json.loads(line) for line in text_of(found, Format.JSON_LINES).splitlines()]
    messages = [violation.message for violation in found.violations]
    assert [row["message"] for row in rows] == [re.sub(HALF, "\ufffd", text) for text in messages]


def fingerprints(*found: Violation) -> list[str]:
    return [row["fingerprint"] for row in read(report(*found), Format.GITLAB)]


@given(st.lists(violations, max_size=5))
def test_gitlab_fingerprints_differ_within_a_report(found: Sequence[Violation]) -> None:
    assert len(set(fingerprints(*found, *found))) == 2 * len(found)


def test_gitlab_fingerprints_survive_moved_lines() -> None:
    moved = replace(BLOCKING, span=Span.of(50, 4, 50, 17))
    assert fingerprints(BROKEN, BLOCKING) == fingerprints(BROKEN, moved)
    assert fingerprints(BLOCKING)[0] != fingerprints(replace(BLOCKING, path="b.py"))[0]


def test_sarif_names_rules_once_and_results_point_at_them() -> None:
    run = read(report(BROKEN, BLOCKING, BLOCKING), Format.SARIF)["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["HB000", "HB072"]
    assert rules[1]["helpUri"] == rule_url("blocking-call")
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert [result["level"] for result in run["results"]] == ["note", "error", "error"]
    assert run["columnKind"] == "unicodeCodePoints"


def test_sarif_addresses_files_from_the_root_or_absolutely() -> None:
    def artifact(path: str) -> Any:
        run = read(report(replace(BROKEN, path=path)), Format.SARIF)["runs"][0]
        return run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]

    assert artifact("/project/a b/ä:#.py") == {
        "uri": "a%20b/%C3%A4%3A%23.py",
        "uriBaseId": "%SRCROOT%",
    }
    assert artifact("/elsewhere/b.py") == {"uri": "file:///elsewhere/b.py"}
    assert artifact("../b.py") == {"uri": "file:///b.py"}
    assert unquote(artifact("/project/\udcff.py")["uri"], errors="surrogateescape") == "\udcff.py"
    root = read(report(), Format.SARIF)["runs"][0]["originalUriBaseIds"]
    assert root == {"%SRCROOT%": {"uri": "file:///project/"}}


def test_sarif_offers_every_fix_and_related_place() -> None:
    result = read(report(SHADOWED), Format.SARIF)["runs"][0]["results"][0]
    assert [fix["description"]["text"] for fix in result["fixes"]] == ["Move it up", "Delete it"]
    related = result["relatedLocations"][0]
    assert related["message"]["text"] == "this route takes its requests"
    assert related["physicalLocation"]["region"]["startLine"] == 2


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1), st.data())
def test_rdjson_counts_columns_in_bytes(line: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    span = Span.of(2, start, 2, end)
    violation = replace(BLOCKING, span=span, fixes=(Fix("", (Edit(span, "x"),)),))
    found = report(violation, source=lambda path: f"\n{line}\n")
    diagnostic = read(found, Format.RDJSON)["diagnostics"][0]
    place = diagnostic["location"]["range"]
    assert diagnostic["suggestions"] == [{"range": place, "text": "x"}]
    cut = line.encode()[place["start"]["column"] - 1 : place["end"]["column"] - 1]
    assert cut.decode() == line[start:end]


def test_junit_counts_a_suite_for_each_file() -> None:
    root = ElementTree.fromstring(text_of(sample(), Format.JUNIT))  # noqa: S314 - our own text
    assert [(suite.get("name"), suite.get("failures")) for suite in root] == [
        ("/elsewhere/b.py", "1"),
        ("app/users.py", "2"),
    ]
    assert root.get("failures") == "3"


@given(violations)
def test_junit_keeps_every_legal_character_of_a_message(violation: Violation) -> None:
    root = ElementTree.fromstring(text_of(report(violation), Format.JUNIT))  # noqa: S314
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("message") == UNSAFE.sub("", violation.message)
    assert (failure.text or "").endswith(UNSAFE.sub("", violation.message))
