"""For people at a terminal: each violation with the code it is about."""

from collections.abc import Callable, Iterator, Sequence

from handbook.output.frame import excerpt
from handbook.output.report import Report
from handbook.output.style import SEVERITY_COLOR, Paint, painter
from handbook.output.summary import marker, summarise
from handbook.output.text import printable, source_lines
from handbook.violation import Applicability, Position, Violation


def render(report: Report) -> Iterator[str]:
    """Yield each violation with a code frame, its notes and its help, then the summary."""
    paint, lines = painter(report.color), source_lines(report)
    for violation in report.violations:
        yield "".join(_violation(violation, report, paint, lines))
    yield from summarise(report)


def _violation(
    violation: Violation, report: Report, paint: Paint, lines: Callable[[str], Sequence[str]]
) -> Iterator[str]:
    color = SEVERITY_COLOR[violation.severity]
    code = paint(printable(violation.code), fg=color, bold=True)
    message = paint(printable(violation.message), bold=True)
    yield f"{code} {marker(violation, report)}{message}\n"
    title = _title(report, violation.path, violation.span.start)
    yield from excerpt(title, lines(violation.path), violation.span, paint, color)
    for other in violation.related:
        yield f"{_label('note', 'bright_green', paint)} {printable(other.message)}\n"
        title = _title(report, other.path, other.span.start)
        yield from excerpt(title, lines(other.path), other.span, paint, "bright_green", context=0)
    if fix := violation.fix:
        yield f"{_label('help', 'bright_cyan', paint)} {printable(fix.message)}\n"
        if fix.applicability is Applicability.UNSAFE:
            note = _label("note", "yellow", paint)
            yield f"{note} This is an unsafe fix and may change runtime behavior\n"
    yield "\n"


def _title(report: Report, path: str, position: Position) -> str:
    return f"{printable(report.relative(path))}:{position.line}:{position.column + 1}"


def _label(word: str, fg: str, paint: Paint) -> str:
    return paint(f"{word}:", fg=fg, bold=True)
