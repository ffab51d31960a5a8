"""For Azure Pipelines: logging commands that become issues of a build."""

from collections.abc import Iterator

from handbook.output.report import Report
from handbook.output.text import printable
from handbook.violation import Severity, Violation


def render(report: Report) -> Iterator[str]:
    """Yield a logging command for each violation."""
    for violation in report.violations:
        yield _command(violation, report.relative(violation.path))


def _command(violation: Violation, path: str) -> str:
    start = violation.span.start
    # Azure knows no third kind.
    kind = "error" if violation.severity is Severity.ERROR else "warning"
    properties = {
        "type": kind,
        "sourcepath": path,
        "linenumber": start.line,
        "columnnumber": start.column + 1,
        "code": violation.code,
    }
    given = "".join(f"{key}={_property(str(value))};" for key, value in properties.items())
    return f"##vso[task.logissue {given}]{_data(violation.message)}\n"


def _data(text: str) -> str:
    # Azure's own spelling of a per cent sign: it takes %25 as it stands.
    return printable(text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace("]", "%5D").replace(";", "%3B")
