"""For code scanning: the Static Analysis Results Interchange Format, version 2.1.0."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from handbook.output.encoding import array, dumps
from handbook.output.report import Report
from handbook.output.tool import DOCUMENTATION, NAME, rule_url, version
from handbook.violation import Fix, Severity, Span, Violation

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "%SRCROOT%"
_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(report: Report) -> Iterator[str]:
    """Yield one JSON object: a log of one run."""
    rules = {violation.code: violation.name for violation in report.violations}
    index = {code: number for number, code in enumerate(rules)}
    driver = {
        "name": NAME,
        "version": version(),
        "informationUri": DOCUMENTATION,
        "rules": [_rule(code, name, report) for code, name in rules.items()],
    }
    root = {_ROOT: {"uri": f"{Path(os.path.abspath(report.root)).as_uri().rstrip('/')}/"}}
    yield f'{{\n"$schema": "{_SCHEMA}",\n"version": "2.1.0",\n"runs": [{{\n'
    yield f'  "tool": {dumps({"driver": driver})},\n'
    yield f'  "originalUriBaseIds": {dumps(root)},\n  "columnKind": "unicodeCodePoints",\n'
    yield '  "results": '
    rows = (_result(violation, index[violation.code], report) for violation in report.violations)
    yield from array(rows, indent="  ")
    yield "\n}]\n}\n"


def _rule(code: str, name: str, report: Report) -> dict[str, Any]:
    url = rule_url(name)
    about = report.about(code)
    rule: dict[str, Any] = {
        "id": code,
        "name": name,
        "shortDescription": {"text": name.replace("-", " ").capitalize()},
        "helpUri": url,
        "help": {"text": url},
    }
    if about is not None:
        rule["shortDescription"] = {"text": about.summary}
        rule["fullDescription"] = {"text": about.summary}
        rule["help"] = {"text": about.page}
        rule["properties"] = {"tags": [about.chapter]}
    return rule


def _result(violation: Violation, rule_index: int, report: Report) -> dict[str, Any]:
    artifact = _artifact(violation.path, report)
    result: dict[str, Any] = {
        "ruleId": violation.code,
        "ruleIndex": rule_index,
        "level": _LEVEL[violation.severity],
        "message": {"text": violation.message},
        "locations": [_location(artifact, violation.span)],
    }
    if violation.related:
        result["relatedLocations"] = [
            _location(_artifact(other.path, report), other.span)
            | {"id": number, "message": {"text": other.message}}
            for number, other in enumerate(violation.related)
        ]
    if violation.fixes:
        # The format wants them unique.
        result["fixes"] = [_fix(fix, artifact) for fix in dict.fromkeys(violation.fixes)]
    return result


def _fix(fix: Fix, artifact: dict[str, Any]) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
        for edit in fix.edits
    ]
    return {
        "description": {"text": fix.message},
        "artifactChanges": [{"artifactLocation": artifact, "replacements": replacements}],
        "properties": {"applicability": fix.applicability.value},
    }


def _location(artifact: dict[str, Any], span: Span) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": artifact, "region": _region(span)}}


def _artifact(path: str, report: Report) -> dict[str, Any]:
    relative = report.relative(path)
    if os.path.isabs(relative) or relative.split(os.sep)[0] == os.pardir:
        return {"uri": Path(os.path.abspath(report.root / path)).as_uri()}
    return {"uri": quote(os.fsencode(relative.replace(os.sep, "/"))), "uriBaseId": _ROOT}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.start.line,
        "startColumn": span.start.column + 1,
        "endLine": span.end.line,
        "endColumn": span.end.column + 1,
    }
