"""Colour, where the report asks for it."""

from typing import Protocol

from handbook.violation import Severity

SEVERITY_COLOR = {
    Severity.ERROR: "bright_red",
    Severity.WARNING: "bright_yellow",
    Severity.INFO: "bright_cyan",
}


class Paint(Protocol):
    """Colours a text: the part of `click.style` that the formats use."""

    def __call__(self, text: str, /, *, fg: str | None = None, bold: bool | None = None) -> str:
        """Give `text` in colour `fg`."""


def painter(color: bool) -> Paint:
    """Choose what paints: `click.style`, or a function that changes nothing."""
    if not color:
        return _plain
    import click

    return click.style


def _plain(text: str, /, *, fg: str | None = None, bold: bool | None = None) -> str:
    return text
