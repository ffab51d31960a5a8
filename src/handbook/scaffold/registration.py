"""Names a new domain where an app and its migrations must know of it."""

import ast
import re
from collections.abc import Iterator


class ScaffoldError(Exception):
    """A service or domain that cannot be made; its text is one sentence for the user."""


def add_router(text: str, package: str, domain: str, path: str) -> str:
    """Include the router of a domain in the app, after those that are included.

    Raises:
        ScaffoldError: if no router is included there.
    """
    included = [
        match for match in re.finditer(r"^( +)\w+\.include_router\(.*\)\n", text, re.MULTILINE)
    ]
    if not included:
        raise ScaffoldError(f"`{package}/main.py` includes no router; include the new one by hand")
    last = included[-1]
    app = last.group().strip().partition(".")[0]
    line = f'{app}.include_router({domain}_router, prefix="/api/v1/{path}", tags=["{path}"])\n'
    text = f"{text[: last.end()]}{last.group(1)}{line}{text[last.end() :]}"
    imported = f"from {package}.{domain}.router import router as {domain}_router"
    return _with_import(text, package, imported)


def add_model(text: str, package: str, domain: str, model: str) -> str:
    """Name a model among those that migrations are compared with.

    Without it `alembic check` does not see the table, and says that nothing is new.

    Raises:
        ScaffoldError: if `alembic/env.py` has no tuple `MODELS`.
    """
    models = next(_assigned(ast.parse(text), "MODELS"), None)
    if models is None:
        raise ScaffoldError("`alembic/env.py` has no tuple `MODELS`; import the models by hand")
    names = [ast.unparse(item) for item in models.elts]
    listed = "".join(f"    {name},\n" for name in (*names, model))
    lines = text.split("\n")
    first, last = models.lineno - 1, (models.end_lineno or models.lineno) - 1
    before, after = lines[first][: models.col_offset], lines[last][models.end_col_offset :]
    lines[first : last + 1] = f"{before}(\n{listed}){after}".split("\n")
    imported = f"from {package}.{domain}.models import {model}"
    return _with_import("\n".join(lines), package, imported)


def sort_imports(text: str, package: str) -> str:
    """Put the imports of the service's own modules into order.

    The order depends on the names of package and domain, which a template does not know.
    """
    own = _own_imports(text, package)
    lines = text.split("\n")
    blocks = [lines[node.lineno - 1 : node.end_lineno] for node in own]
    if not own or sum(map(len, blocks)) != (own[-1].end_lineno or 0) - own[0].lineno + 1:
        return text
    ordered = sorted(zip(own, blocks, strict=True), key=lambda pair: pair[0].module or "")
    lines[own[0].lineno - 1 : own[-1].end_lineno] = [
        line for _, block in ordered for line in block
    ]
    return "\n".join(lines)


def _with_import(text: str, package: str, statement: str) -> str:
    own = _own_imports(text, package)
    lines = text.split("\n")
    module = statement.split()[1]
    after = [node for node in own if (node.module or "") < module]
    place = (after[-1].end_lineno or 0) if after else own[0].lineno - 1 if own else 0
    lines.insert(place, statement)
    return "\n".join(lines)


def _own_imports(text: str, package: str) -> list[ast.ImportFrom]:
    return [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").split(".")[0] in (package, "tests")
    ]


def _assigned(module: ast.Module, name: str) -> Iterator[ast.Tuple]:
    for node in module.body:
        if isinstance(node, ast.AnnAssign | ast.Assign) and isinstance(node.value, ast.Tuple):
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                yield node.value
