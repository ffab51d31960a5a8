"""For CI servers that read test reports: a failed test for each violation."""

from collections.abc import Iterator
from itertools import groupby
from os.path import splitext
from xml.sax.saxutils import escape, quoteattr

from handbook.output.report import Report
from handbook.output.text import UNSAFE
from handbook.output.tool import NAME
from handbook.violation import Violation

_PACKAGE = f"org.{NAME}"


def render(report: Report) -> Iterator[str]:
    """Yield one XML document: a suite for each file, or one passed test for a clean run."""
    found = len(report.violations)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<testsuites name="{NAME}" tests="{found or 1}" failures="{found}" errors="0">\n'
    if not found:
        yield _suite_start(NAME, tests=1, failures=0)
        yield f'    <testcase name="No violations found" classname="{NAME}"/>\n  </testsuite>\n'
    for path, group in groupby(report.violations, key=lambda violation: violation.path):
        violations, shown = list(group), report.relative(path)
        yield _suite_start(shown, tests=len(violations), failures=len(violations))
        for violation in violations:
            yield _case(violation, splitext(shown)[0])
        yield "  </testsuite>\n"
    yield "</testsuites>\n"


def _suite_start(name: str, *, tests: int, failures: int) -> str:
    counts = f'tests="{tests}" failures="{failures}" errors="0" skipped="0"'
    return f'  <testsuite name={_attribute(name)} {counts} package="{_PACKAGE}">\n'


def _case(violation: Violation, classname: str) -> str:
    start = violation.span.start
    name = _attribute(f"{_PACKAGE}.{violation.code}")
    text = f"line {start.line}, col {start.column + 1}, {violation.message}"
    return (
        f"    <testcase name={name} classname={_attribute(classname)}>\n"
        f'      <failure type="{violation.severity.value}" '
        f"message={_attribute(violation.message)}>{_content(text)}</failure>\n"
        "    </testcase>\n"
    )


def _attribute(text: str) -> str:
    return quoteattr(_legal(text))


def _content(text: str) -> str:
    return escape(_legal(text), {"\t": "&#9;", "\r": "&#13;"})


def _legal(text: str) -> str:
    """Leave out what XML 1.0 forbids even as a character reference."""
    return UNSAFE.sub("", text)
