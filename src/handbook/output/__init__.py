"""How a report is printed: one module for each format, loaded when it is asked for."""

from collections.abc import Iterator
from enum import StrEnum
from importlib import import_module

from handbook.output.report import Report, RuleText

__all__ = ["Format", "Report", "RuleText", "render"]


class Format(StrEnum):
    """The formats of `--output-format`, named as ruff names them where it has them."""

    FULL = "full"
    CONCISE = "concise"
    JSON = "json"
    JSON_LINES = "json-lines"
    GROUPED = "grouped"
    GITHUB = "github"
    GITLAB = "gitlab"
    SARIF = "sarif"
    JUNIT = "junit"
    PYLINT = "pylint"
    RDJSON = "rdjson"
    AZURE = "azure"
    HTML = "html"


def render(report: Report, format: Format) -> Iterator[str]:  # noqa: A002 - the option's own name
    """Print `report` in `format`: yields pieces of text that together end with a newline.

    A format without summary lines (`github`, `pylint`, …) yields nothing for a clean run.
    """
    module = import_module(f"{__name__}.{format.value.replace('-', '_')}")
    pieces: Iterator[str] = module.render(report)
    return pieces
