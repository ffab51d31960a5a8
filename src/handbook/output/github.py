"""For GitHub Actions: workflow commands that become annotations of a pull request."""

from collections.abc import Iterator

from handbook.output.report import Report
from handbook.output.text import printable
from handbook.output.tool import NAME
from handbook.violation import Severity, Violation

_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: Report) -> Iterator[str]:
    """Yield a workflow command for each violation."""
    for violation in report.violations:
        yield _command(violation, report.relative(violation.path))


def _command(violation: Violation, path: str) -> str:
    start, end = violation.span.start, violation.span.end
    properties = {"title": f"{NAME} ({violation.code})", "file": path, "line": start.line}
    # GitHub refuses columns on an annotation of several lines.
    if start.line == end.line:
        properties |= {"col": start.column + 1}
    properties |= {"endLine": end.line}
    if start.line == end.line:
        properties |= {"endColumn": end.column + 1}
    given = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    place = f"{path}:{start.line}:{start.column + 1}"
    help_line = f"\n  help: {violation.fix.message}" if violation.fix else ""
    message = f"{place}: {violation.code} {violation.message}{help_line}"
    return f"::{_LEVEL[violation.severity]} {given}::{_data(message)}\n"


def _data(text: str) -> str:
    return printable(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
