"""Routes as text, Markdown, JSON, CSV and HTML."""

import csv
import html
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from handbook.inventory.comparison import RouteChanges
from handbook.inventory.routes import RouteEntry
from handbook.output.text import printable, width

COLUMNS: Mapping[str, Callable[[RouteEntry], str]] = {
    "method": lambda route: route.method,
    "path": lambda route: route.path,
    "handler": lambda route: route.handler,
    "response model": lambda route: route.response_model,
    "status": lambda route: route.status,
    "authentication": lambda route: route.authentication,
    "rate limit": lambda route: route.rate_limited,
    "tags": lambda route: ", ".join(route.tags),
    "place": lambda route: f"{route.file}:{route.line}",
}


def render(routes: Sequence[RouteEntry], form: str) -> str:
    """Print routes in one of `text`, `markdown`, `json`, `csv` and `html`."""
    rows = [[printable(cell(route)) for cell in COLUMNS.values()] for route in routes]
    match form:
        case "json":
            return json.dumps([route.as_dict() for route in routes], indent=2) + "\n"
        case "csv":
            written = io.StringIO()
            csv.writer(written, lineterminator="\n").writerows([[*COLUMNS], *map(_inert, rows)])
            return written.getvalue()
        case "markdown":
            lines = [[*COLUMNS], ["---"] * len(COLUMNS), *[[*map(_cell, row)] for row in rows]]
            return "".join(f"| {' | '.join(line)} |\n" for line in lines)
        case "html":
            return _html(rows)
    return _aligned([[*COLUMNS], *rows])


def render_changes(changes: RouteChanges, form: str) -> str:
    """Print what changed, as `json` or as text."""
    if form == "json":
        document = {
            "added": [route.as_dict() for route in changes.added],
            "removed": [route.as_dict() for route in changes.removed],
            "changed": [
                {
                    **change.after.as_dict(),
                    "differences": [
                        {"what": what, "before": before, "after": after}
                        for what, before, after in change.differences
                    ],
                }
                for change in changes.changed
            ],
        }
        return json.dumps(document, indent=2) + "\n"
    lines = [*(f"+ {_name(route)}" for route in changes.added)]
    lines += [f"- {_name(route)}" for route in changes.removed]
    for change in changes.changed:
        lines.append(f"~ {_name(change.after)}")
        lines += [f"    {what}: {old} -> {new}" for what, old, new in change.differences]
    return "".join(f"{printable(line)}\n" for line in lines)


def _name(route: RouteEntry) -> str:
    guard = route.authentication
    who = "no authentication" if guard == "none" else f"authentication: {guard}"
    return f"{route.method} {route.path}  {who}  {route.file}:{route.line}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            cell + " " * (size - width(cell)) for cell, size in zip(row, widths, strict=True)
        )
        for row in rows
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _inert(row: Iterable[str]) -> list[str]:
    """Cells that no spreadsheet takes for a formula."""
    return [f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell for cell in row]


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ") or " "


def _html(rows: Sequence[Sequence[str]]) -> str:
    def line(cells: Iterable[str], tag: str) -> str:
        return (
            "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>\n"
        )

    body = "".join(line(row, "td") for row in rows)
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Routes</title>\n'
        "<style>body{font:14px system-ui;margin:2rem}table{border-collapse:collapse}"
        "td,th{padding:.3rem .6rem;border-bottom:1px solid #8886;text-align:left}</style>\n"
        f"<h1>Routes</h1>\n<table>\n<thead>{line(COLUMNS, 'th')}</thead>\n<tbody>{body}</tbody>\n"
        "</table>\n</html>\n"
    )
