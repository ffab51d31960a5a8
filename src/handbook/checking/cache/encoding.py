"""Violations as JSON, which can hold no code: a cache may come with a repository."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from handbook.violation import (
    Applicability,
    Edit,
    Fix,
    Import,
    ImportChange,
    Position,
    Related,
    Severity,
    Span,
    Violation,
)

_OWN = ""
"""Stands for the path of the file itself, which another run may be given in another form."""
_SEVERITIES: Mapping[str, Severity] = {severity.value: severity for severity in Severity}
_APPLICABILITIES: Mapping[str, Applicability] = {grade.value: grade for grade in Applicability}


def encode(violations: Iterable[Violation]) -> str:
    """Write the violations of one file."""
    rows = [
        [
            *(found.code, found.name, found.message, _numbers(found.span), found.severity.value),
            found.noqa_line,
            [_fix(fix) for fix in found.fixes],
            [
                [
                    _OWN if place.path == found.path else place.path,
                    _numbers(place.span),
                    place.message,
                ]
                for place in found.related
            ],
        ]
        for found in violations
    ]
    return json.dumps(rows, separators=(",", ":")) if rows else ""


def decode(text: str, path: str) -> list[Violation]:
    """Read what `encode` wrote, for a file that is called `path` now.

    Raises:
        ValueError, TypeError, KeyError: where it was not written by `encode`.
    """
    if not text:
        return []
    return [
        Violation(
            path,
            code,
            name,
            message,
            Span.of(*span),
            _SEVERITIES[severity],
            tuple(_read_fix(*fix) for fix in fixes),
            tuple(Related(place or path, Span.of(*at), about) for place, at, about in related),
            noqa_line,
        )
        for code, name, message, span, severity, noqa_line, fixes, related in json.loads(text)
    ]


def _numbers(span: Span) -> list[int]:
    return [*span.start, *span.end]


def _edits(edits: Sequence[Edit]) -> list[list[object]]:
    return [[*edit.span.start, *edit.span.end, edit.text] for edit in edits]


def _fix(fix: Fix) -> list[object]:
    change = fix.imports
    return [
        fix.message,
        _edits(fix.edits),
        fix.applicability.value,
        [[*new] for new in change.added],
        [*change.released],
        _edits(change.edits),
    ]


def _read_edits(rows: Sequence[Sequence[Any]]) -> tuple[Edit, ...]:
    return tuple(
        Edit(Span(Position(line, column), Position(end_line, end_column)), text)
        for line, column, end_line, end_column, text in rows
    )


def _read_fix(
    message: str,
    edits: Sequence[Sequence[Any]],
    applicability: str,
    added: Sequence[Sequence[str]],
    released: Sequence[str],
    import_edits: Sequence[Sequence[Any]],
) -> Fix:
    imports = ImportChange(
        tuple(Import(*new) for new in added), tuple(released), _read_edits(import_edits)
    )
    return Fix(message, _read_edits(edits), _APPLICABILITIES[applicability], imports)
