"""Violations as an editor shows them."""

from collections.abc import Mapping

from lsprotocol import types as lsp

from handbook.lsp.places import Places
from handbook.output.tool import rule_url
from handbook.rulebook.registry import Registry
from handbook.violation import Severity, Violation

SOURCE = "handbook"
_SEVERITIES: Mapping[Severity, lsp.DiagnosticSeverity] = {
    Severity.ERROR: lsp.DiagnosticSeverity.Error,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.INFO: lsp.DiagnosticSeverity.Information,
}


def diagnostic(violation: Violation, places: Places, known: Registry) -> lsp.Diagnostic:
    """Show a violation."""
    rule = known.rules.get(violation.code)
    return lsp.Diagnostic(
        range=places.range(violation.span),
        message=violation.message,
        severity=_SEVERITIES[violation.severity],
        code=violation.code,
        code_description=lsp.CodeDescription(href=rule_url(violation.name)),
        source=SOURCE,
        tags=[lsp.DiagnosticTag(rule.tag)] if rule is not None and rule.tag is not None else None,
        data={"slug": violation.name},
    )
