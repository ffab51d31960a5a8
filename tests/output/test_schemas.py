"""The reports of other people's formats fit the schemas of those formats."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from hypothesis import given
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator

from handbook.output import Format, Report
from tests.output.reports import report, reports, sample, text_of

SCHEMAS = Path(__file__).parent / "schemas"


@cache
def validator(name: str) -> Validator:
    schema = json.loads((SCHEMAS / name).read_text())
    kind = Draft7Validator if "draft-07" in schema["$schema"] else Draft202012Validator
    kind.check_schema(schema)
    return kind(schema, format_checker=FormatChecker())


@cache
def junit() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")


def check(found: Report) -> None:
    validator("sarif-2.1.0.json").validate(json.loads(text_of(found, Format.SARIF)))
    validator("gitlab-code-quality.json").validate(json.loads(text_of(found, Format.GITLAB)))
    validator("rdjson.json").validate(json.loads(text_of(found, Format.RDJSON)))
    junit().validate(text_of(found, Format.JUNIT))


def test_the_sample_and_a_clean_run_fit() -> None:
    check(sample())
    check(report())


@given(reports)
def test_any_report_fits(found: Report) -> None:
    check(found)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("sarif-2.1.0.json", {"version": "2.1.0", "runs": [{"tool": {}}]}),
        ("gitlab-code-quality.json", [{"description": "x"}]),
        ("rdjson.json", {"diagnostics": [{"message": "x"}]}),
    ],
)
def test_a_wrong_report_does_not_fit(name: str, wrong: Any) -> None:
    assert not validator(name).is_valid(wrong)
    with pytest.raises(xmlschema.XMLSchemaException):
        junit().validate("<testsuites><testsuite/></testsuites>")
