"""The last lines of a report, and the statistics."""

import json
from dataclasses import replace

import pytest

from handbook.output.statistics import render_statistics
from handbook.output.summary import summarise
from handbook.violation import Violation
from tests.output.reports import BLOCKING, BROKEN, SHADOWED, report


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], ["All checks passed!"]),
        ([BROKEN], ["Found 1 violation."]),
        (
            [BLOCKING, BROKEN],
            ["Found 2 violations.", "[*] 1 fixable with the `--fix` option."],
        ),
        (
            [SHADOWED],
            [
                "Found 1 violation.",
                "No fixes available (1 hidden fix can be enabled with `--unsafe-fixes`).",
            ],
        ),
        (
            [BLOCKING, SHADOWED, SHADOWED],
            [
                "Found 3 violations.",
                "[*] 1 fixable with the `--fix` option "
                "(2 hidden fixes can be enabled with `--unsafe-fixes`).",
            ],
        ),
    ],
)
def test_the_summary_counts_violations_and_fixes(found: list[Violation], said: list[str]) -> None:
    assert "".join(summarise(report(*found))).splitlines() == said


def test_statistics_count_each_code_most_first() -> None:
    unfixable = replace(BLOCKING, fixes=())
    found = report(BROKEN, BLOCKING, unfixable, SHADOWED, *[replace(BLOCKING, code="HB9")] * 10)
    assert "".join(render_statistics(found)).splitlines()[:4] == [
        "10\tHB9  \t[*] blocking-call",
        " 2\tHB072\t[-] blocking-call",
        " 1\tHB000\t[ ] unreadable-file",
        " 1\tHB038\t[ ] shadowed-route",
    ]


def test_statistics_as_json() -> None:
    assert json.loads("".join(render_statistics(report(BLOCKING, BLOCKING), json=True))) == [
        {
            "code": "HB072",
            "name": "blocking-call",
            "count": 2,
            "fixable": True,
            "fixable_count": 2,
        }
    ]


def test_statistics_of_a_clean_run() -> None:
    assert list(render_statistics(report())) == []
    assert "".join(render_statistics(report(), json=True)) == "[]\n"
