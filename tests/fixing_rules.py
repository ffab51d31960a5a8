"""Small rules whose fixes are right, wrong, useless or in each other's way."""

import ast
from collections.abc import Iterator
from typing import ClassVar

import libcst as cst

from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Draft, FileRule, Finding, NodeRule
from handbook.syntax.names import Names
from handbook.violation import Applicability

UTC_NOW = Names({"datetime.datetime.utcnow"})
LISTS = Names({"typing.List"})


class TrialUtcNow(NodeRule[cst.Call]):
    """`utcnow()`: an import is added."""

    code = "HB901"
    on = (cst.Call,)

    def check(self, node: cst.Call, file: SourceFile) -> Iterator[Finding]:
        """Report each call."""
        if isinstance(node.func, cst.Attribute) and file.refers_to(node.func, UTC_NOW):
            draft = Draft(file, "Write `now(UTC)`")
            utc = draft.use("datetime.UTC", node)
            now = node.func.with_changes(attr=cst.Name("now"))
            call = node.with_changes(func=now, args=[cst.Arg(cst.parse_expression(utc))])
            draft.replace(node, call)
            yield Finding(node, "naive", fixes=(draft,))


class TrialLegacyList(NodeRule[cst.Name | cst.Attribute]):
    """`typing.List`: an import is released."""

    code = "HB902"
    on = (cst.Name, cst.Attribute)

    def check(self, node: cst.Name | cst.Attribute, file: SourceFile) -> Iterator[Finding]:
        """Report each name."""
        if not isinstance(file.parent(node), cst.Attribute | cst.ImportAlias):
            if file.refers_to(node, LISTS):
                draft = Draft(file, "Write `list`").release("typing.List")
                draft.replace(node, draft.use("builtins.list", node))
                yield Finding(node, "legacy", fixes=(draft,))


class TrialRenamed(FileRule):
    """Names that one fix or another turns into something else."""

    code = "HB903"
    names: ClassVar = {
        # What brings another violation, is no Python, changes nothing, crashes a rule.
        "loud": "quiet",
        "broken": "(",
        "useless": "useless ",
        "same": "same",
        "careful": "crash",
        "fine": "better",
    }

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each name."""
        for node in ast.walk(file.outline.tree):
            if isinstance(node, ast.Name) and node.id in self.names:
                draft = Draft(file, "Rename it").replace(node, self.names[node.id])
                yield Finding(node, f"`{node.id}`", fixes=(draft,))


class TrialQuiet(NodeRule[cst.Name]):
    """`quiet`: cannot be fixed; and `crash` is more than it can bear."""

    code = "HB904"
    on = (cst.Name,)

    def check(self, node: cst.Name, file: SourceFile) -> Iterator[Finding]:
        """Report each name."""
        if node.value == "crash":
            raise RuntimeError(node.value)
        if node.value == "quiet":
            yield Finding(node, "too quiet")


class TrialDebugPrint(NodeRule[cst.SimpleStatementLine]):
    """`print(…)`: a statement is removed, unsafely."""

    code = "HB905"
    on = (cst.SimpleStatementLine,)

    def check(self, node: cst.SimpleStatementLine, file: SourceFile) -> Iterator[Finding]:
        """Report each statement."""
        match node.body[0]:
            case cst.Expr(value=cst.Call(func=cst.Name(value="print"))) if len(node.body) == 1:
                draft = Draft(file, "Remove it", Applicability.UNSAFE).remove_statement(node)
                yield Finding(node, "debugging", fixes=(draft,))


class TrialWrapped(NodeRule[cst.Call]):
    """`wrap(x)`: fixes lie in each other, and can lose a comment."""

    code = "HB906"
    on = (cst.Call,)

    def check(self, node: cst.Call, file: SourceFile) -> Iterator[Finding]:
        """Report each call."""
        match node:
            case cst.Call(func=cst.Name(value="wrap"), args=[cst.Arg(value=value)]):
                draft = Draft(file, "Unwrap it").replace(node, value)
                yield Finding(node, "wrapped", fixes=(draft,))


class TrialRoot(FileRule):
    """`root` and `other_root`: two imports want one name."""

    code = "HB907"
    names: ClassVar = {"root": "math.sqrt", "other_root": "numpy.sqrt"}

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each name."""
        for node in ast.walk(file.outline.tree):
            if isinstance(node, ast.Name) and node.id in self.names:
                draft = Draft(file, "Name the function")
                draft.replace(node, draft.use(self.names[node.id], node))
                yield Finding(node, f"`{node.id}`", fixes=(draft,))


class TrialRelativeImport(FileRule):
    """`from . import x`: an import statement is rewritten."""

    code = "HB908"

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each statement."""
        for imported in file.outline.imports:
            node = imported.node
            if isinstance(node, ast.ImportFrom) and node.level and len(node.names) == 1:
                text = f"from {imported.module} import {imported.name}"
                draft = Draft(file, "Name the package").replace(node, text)
                yield Finding(node, "relative", fixes=(draft,))
