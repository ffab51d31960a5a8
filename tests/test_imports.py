"""Names imported, released and spelled."""

import ast
import re
import subprocess
import sys
import tokenize
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from handbook.fixes.draft import Draft
from handbook.fixes.edits import apply_edits
from handbook.fixes.imports import Imports
from handbook.fixes.spelling import spell
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.rules.type_hints._import_moves import Moves, move_imports
from handbook.syntax.outline import Imported, Scope
from handbook.violation import Edit, Import, Position, Span

ROOT = Path("/project")


def imports(text: str, path: str = "app/service.py") -> Imports:
    """The imports of a text that is a module of a project with a package `app`."""
    overlays = {
        str(ROOT / "app" / "__init__.py"): "",
        str(ROOT / "app" / "clock.py"): "from datetime import UTC\n",
    }
    project = Project(ROOT, overlays=overlays)
    return Imports(project.outline_of(str(ROOT / path), text), project)


def wanted(name: str) -> Import:
    """The import of a qualified name."""
    module, _, last = name.rpartition(".")
    return Import(module, last) if module else Import(last)


def with_names(text: str, *names: str) -> str:
    """A text with names imported."""
    edits = imports(text).edits([wanted(name) for name in names], (), ())
    assert edits is not None
    return apply_edits(text, edits)


def without_names(text: str, *names: str, path: str = "app/service.py") -> str:
    """A text with the imports of names gone, where nothing uses them."""
    edits = imports(text, path).edits((), names, ())
    assert edits is not None
    return apply_edits(text, edits)


ADDED = {
    "empty": ("", "from datetime import UTC\n"),
    "code": ("x = 1\n", "from datetime import UTC\n\nx = 1\n"),
    "definition": ("def f(): ...\n", "from datetime import UTC\n\n\ndef f(): ...\n"),
    "no-end": ("x = 1", "from datetime import UTC\n\nx = 1"),
    "docstring": ('"""Doc."""\n', '"""Doc."""\n\nfrom datetime import UTC\n'),
    "docstring-no-end": ('"""Doc."""', '"""Doc."""\n\nfrom datetime import UTC'),
    "docstring-code": (
        '"""Doc."""\n\nx = 1\n',
        '"""Doc."""\n\nfrom datetime import UTC\n\nx = 1\n',
    ),
    "docstring-definition": (
        '"""Doc."""\n\n\ndef f(): ...\n',
        '"""Doc."""\n\nfrom datetime import UTC\n\n\ndef f(): ...\n',
    ),
    "docstring-comment": (
        '"""Doc."""\n\n# One.\nx = 1\n',
        '"""Doc."""\n\nfrom datetime import UTC\n\n# One.\nx = 1\n',
    ),
    "docstring-glued": ('"""Doc."""\nx = 1\n', '"""Doc."""\nfrom datetime import UTC\nx = 1\n'),
    "only-comment": ("# Nothing.\n", "# Nothing.\n\nfrom datetime import UTC\n"),
    "shebang": (
        "#!/usr/bin/env python\nx = 1\n",
        "#!/usr/bin/env python\nfrom datetime import UTC\n\nx = 1\n",
    ),
    "coding": (
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\n# One.\nx = 1\n",
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\nfrom datetime import UTC\n\n# One.\nx = 1\n",
    ),
    "licence": (
        "# Copyright 2024 The Authors\n\nimport os\n",
        "# Copyright 2024 The Authors\n\nimport os\nfrom datetime import UTC\n",
    ),
    "licence-glued": (
        "# SPDX-License-Identifier: MIT\n# The web.\nimport fastapi\n",
        "# SPDX-License-Identifier: MIT\nfrom datetime import UTC\n\n# The web.\nimport fastapi\n",
    ),
    "future": (
        "from __future__ import annotations\n\nimport fastapi\n",
        "from __future__ import annotations\n\nfrom datetime import UTC\n\nimport fastapi\n",
    ),
    "after-plain": (
        "import os\nimport sys\nfrom typing import Any\n",
        "import os\nimport sys\nfrom datetime import UTC\nfrom typing import Any\n",
    ),
    "first-of-section": (
        "# Ours.\nfrom typing import Any\n",
        "from datetime import UTC\n\n# Ours.\nfrom typing import Any\n",
    ),
    "merged-first": (
        "from datetime import date, timedelta\n",
        "from datetime import UTC, date, timedelta\n",
    ),
    "merged-vertically": (
        "from datetime import (  # time\n    MINYEAR,  # year 1\n    date,  # a day\n)\n",
        "from datetime import (  # time\n    MINYEAR,  # year 1\n    UTC,\n    date,  # a day\n)\n",
    ),
    "merged-own-comment": (
        "from datetime import (\n    # A day.\n    date,\n)\n",
        "from datetime import (\n    UTC,\n    # A day.\n    date,\n)\n",
    ),
    "merged-last": (
        "from datetime import (\n    MAXYEAR,\n    MINYEAR\n)\n",
        "from datetime import (\n    MAXYEAR,\n    MINYEAR,\n    UTC\n)\n",
    ),
    "merged-last-commented": (
        "from datetime import (\n    MAXYEAR,\n    MINYEAR  # 1\n)\n",
        "from datetime import (\n    MAXYEAR,\n    MINYEAR,  # 1\n    UTC\n)\n",
    ),
    "merged-bracket": (
        "from datetime import (\n\tMAXYEAR,\n\tMINYEAR)\n",
        "from datetime import (\n\tMAXYEAR,\n\tMINYEAR,\n\tUTC)\n",
    ),
    "merged-filled": (
        "from datetime import (\n    date, datetime,\n    timedelta,\n)\n",
        "from datetime import (\n    UTC, date, datetime,\n    timedelta,\n)\n",
    ),
    "merged-backslash": (
        "from datetime import MINYEAR, \\\n    date\n",
        "from datetime import MINYEAR, \\\n    UTC, date\n",
    ),
    "merged-unsorted": (
        "from datetime import timedelta, date\n",
        "from datetime import timedelta, date, UTC\n",
    ),
    "merged-alias": (
        "from datetime import date as d, time as t\n",
        "from datetime import UTC, date as d, time as t\n",
    ),
    "merged-crlf": (
        "from datetime import (\r\n    date,\r\n)\r\n",
        "from datetime import (\r\n    UTC,\r\n    date,\r\n)\r\n",
    ),
    "crlf": (
        "import os\r\n\r\nx = 1\r\n",
        "import os\r\nfrom datetime import UTC\r\n\r\nx = 1\r\n",
    ),
    "cr": ("import os\r\rx = 1\r", "import os\rfrom datetime import UTC\r\rx = 1\r"),
    "form-feed": (
        "import os\n\x0c\nimport fastapi\n",
        "import os\nfrom datetime import UTC\n\x0c\nimport fastapi\n",
    ),
    "one-name-a-line": (
        "from typing import Any\nfrom typing import cast\n",
        "from datetime import UTC\nfrom typing import Any\nfrom typing import cast\n",
    ),
    "one-name-a-line-same": (
        "from datetime import date\nfrom datetime import time\n",
        "from datetime import UTC\nfrom datetime import date\nfrom datetime import time\n",
    ),
    "type-checking": (
        "import os\n\nif TYPE_CHECKING:\n    from datetime import UTC\n",
        "import os\nfrom datetime import UTC\n\nif TYPE_CHECKING:\n    from datetime import UTC\n",
    ),
    "function": (
        "def f():\n    from datetime import UTC\n",
        "from datetime import UTC\n\n\ndef f():\n    from datetime import UTC\n",
    ),
    "later-block": (
        '"""Doc."""\n\n__version__ = "1"\n\nimport os\n\nx = 1\n',
        '"""Doc."""\n\n__version__ = "1"\n\nimport os\nfrom datetime import UTC\n\nx = 1\n',
    ),
    "semicolon": ("import os; import sys\n", "import os; import sys\nfrom datetime import UTC\n"),
    "there-already": ("from datetime import UTC\n", "from datetime import UTC\n"),
}


@pytest.mark.parametrize("case", ADDED.values(), ids=ADDED)
def test_a_name_is_imported_where_isort_would_have_it(case: tuple[str, str]) -> None:
    """The line ends, comments, brackets and style of the file stay as they are."""
    text, expected = case
    assert with_names(text, "datetime.UTC") == expected


SECTIONS = {
    "third-party": (
        "import os\n\nfrom app import clock\n",
        ("fastapi.Depends",),
        "import os\n\nfrom fastapi import Depends\n\nfrom app import clock\n",
    ),
    "above-a-comment": (
        "import os\n\n# Ours.\nfrom app import clock\n",
        ("fastapi.Depends",),
        "import os\n\nfrom fastapi import Depends\n\n# Ours.\nfrom app import clock\n",
    ),
    "not-set-apart": (
        "import os\nfrom app import clock\n",
        ("fastapi.Depends",),
        "import os\nfrom fastapi import Depends\nfrom app import clock\n",
    ),
    "last": (
        "import os\n\n\nclass A: ...\n",
        ("fastapi.Depends",),
        "import os\n\nfrom fastapi import Depends\n\n\nclass A: ...\n",
    ),
    "last-but-comments": (
        "import os\n# The end.\n",
        ("fastapi.Depends",),
        "import os\n\nfrom fastapi import Depends\n# The end.\n",
    ),
    "last-of-all": ("import os", ("fastapi.Depends",), "import os\n\nfrom fastapi import Depends"),
    "first-party": (
        "import os\n\nimport fastapi\n",
        ("app.clock.now",),
        "import os\n\nimport fastapi\n\nfrom app.clock import now\n",
    ),
    "relative-is-the-same-module": (
        "from .clock import now\n",
        ("app.clock.UTC",),
        "from .clock import UTC, now\n",
    ),
    "many": (
        "import os\n\nfrom app import clock\n",
        ("fastapi.Depends", "datetime.UTC", "typing.Any", "asyncio", "fastapi.Query"),
        "import asyncio\nimport os\nfrom datetime import UTC\nfrom typing import Any\n\n"
        "from fastapi import Depends, Query\n\nfrom app import clock\n",
    ),
    "many-at-the-top": (
        "x = 1\n",
        ("fastapi.Depends", "datetime.UTC", "app.clock.now"),
        "from datetime import UTC\n\nfrom fastapi import Depends\n\nfrom app.clock import now\n\nx = 1\n",
    ),
    "natural-order": (
        "from lib import a1, a2, a11\n",
        ("lib.a10",),
        "from lib import a1, a2, a10, a11\n",
    ),
}


@pytest.mark.parametrize("case", SECTIONS.values(), ids=SECTIONS)
def test_sections_are_isorts(case: tuple[str, tuple[str, ...], str]) -> None:
    """Future, standard library, third party, first party, relative; plain imports first."""
    text, names, expected = case
    assert with_names(text, *names) == expected


REMOVED = {
    "one-of-several": ("from typing import Any, List\n", "from typing import Any\n"),
    "first-of-several": ("from typing import List, Tuple\n", "from typing import Tuple\n"),
    "in-brackets": ("from typing import (Any, List)\n", "from typing import (Any)\n"),
    "vertical": (
        "from typing import (\n    Any,  # all\n    List,\n    cast,  # no\n)\n",
        "from typing import (\n    Any,  # all\n    cast,  # no\n)\n",
    ),
    "vertical-last": (
        "from typing import (\n    Any,\n    List\n)\n",
        "from typing import (\n    Any\n)\n",
    ),
    "vertical-with-bracket": (
        "from typing import (\n    Any,\n    List)\n",
        "from typing import (\n    Any)\n",
    ),
    "filled": (
        "from typing import (\n    Any, List,\n    cast,\n)\n",
        "from typing import (\n    Any,\n    cast,\n)\n",
    ),
    "backslash": ("from typing import Any, \\\n    List\n", "from typing import Any\n"),
    "alias": ("from typing import Any, List as L\n", "from typing import Any\n"),
    "both-spellings": ("from typing import List, List as L, Any\n", "from typing import Any\n"),
    "whole": ("import os\nfrom typing import List\nimport re\n", "import os\nimport re\n"),
    "the-only-one": ("from typing import List\n\n\nx = 1\n", "x = 1\n"),
    "all-there-is": ("from typing import List\n", ""),
    "no-end": ("import os\nfrom typing import List", "import os"),
    "docstring": (
        '"""Doc."""\n\nfrom typing import List\n\n\nclass A: ...\n',
        '"""Doc."""\n\n\nclass A: ...\n',
    ),
    "section": (
        "import os\n\nfrom typing import List\n\nimport app\n",
        "import os\n\nimport app\n",
    ),
    "last-section": (
        "import os\n\nfrom typing import List\n\n\nx = 1\n",
        "import os\n\n\nx = 1\n",
    ),
    "first-of-section": (
        "import os\n\nfrom typing import List\nimport app\n",
        "import os\n\nimport app\n",
    ),
    "crlf": (
        "from typing import (\r\n    Any,\r\n    List,\r\n)\r\n",
        "from typing import (\r\n    Any,\r\n)\r\n",
    ),
    "tabs": (
        "if x:\n\tpass\nfrom typing import\tList,\tAny\n",
        "if x:\n\tpass\nfrom typing import\tAny\n",
    ),
    "semicolon": ("import os; from typing import List\n", "import os\n"),
    "semicolon-first": ("from typing import List; import os\n", "import os\n"),
    "type-checking": (
        "if TYPE_CHECKING:\n    from typing import List\n    import os\n",
        "if TYPE_CHECKING:\n    import os\n",
    ),
    "type-checking-emptied": (
        "if TYPE_CHECKING:\n    from typing import List\n\nx = 1\n",
        "if TYPE_CHECKING:\n    pass\n\nx = 1\n",
    ),
    "type-checking-one-line": (
        "if TYPE_CHECKING: from typing import List\n",
        "if TYPE_CHECKING: pass\n",
    ),
    "function": (
        "def f() -> None:\n    from typing import List\n\n    print(1)\n",
        "def f() -> None:\n    print(1)\n",
    ),
    "function-emptied": (
        "def f() -> None:\n    from typing import List\n",
        "def f() -> None:\n    pass\n",
    ),
    "form-feed": ("import os\n\x0cfrom typing import List\n", "import os\n\x0c\n"),
    "comment-of-others": (
        "from typing import Any, List  # both\n",
        "from typing import Any  # both\n",
    ),
    "twice": (
        "from typing import List\nfrom typing import Any\nfrom typing import List\n",
        "from typing import Any\n",
    ),
}


@pytest.mark.parametrize("case", REMOVED.values(), ids=REMOVED)
def test_an_import_goes_with_its_last_use(case: tuple[str, str]) -> None:
    """Nothing but the name goes, and the blank lines that set its statement apart."""
    text, expected = case
    assert without_names(text, "typing.List") == expected


KEPT = {
    "used": "from typing import List\nx: List\n",
    "used-in-a-function": "from typing import List\ndef f() -> List: ...\n",
    "used-in-a-string": 'from typing import List\nx: "List[int]"\n',
    "used-in-a-cast": 'from typing import List, cast\nx = cast("List[int]", 1)\n',
    "used-in-a-type-comment": "from typing import List\nx = []  # type: List[int]\n",
    "used-in-a-doctest": 'from typing import List\n"""\n>>> List\n"""\n',
    "exported": 'from typing import List\n__all__ = ["List"]\n',
    "exported-later": 'from typing import List\n__all__ = ["x"]\n__all__ += ["List"]\n',
    "exports-computed": "from typing import List\n__all__ = [n for n in globals()]\n",
    "re-exported": "from typing import List as List\n",
    "commented": "from typing import List  # for the others\n",
    "commented-within": "from typing import (\n    # Lists.\n    List,\n    Any,\n)\n",
    "commented-behind": "from typing import (\n    Any,\n    List,  # many\n)\n",
    "marked": "from typing import Any, List  # noqa: F401\n",
    "conditional": "try:\n    from typing import List\nexcept ImportError:\n    List = list\n",
    "only-in-some-versions": "if x:\n    from typing import List\n",
    "rebound": "from typing import List\nList = list\n",
    "another": "from typing_extensions import List\n",
    "star": "from typing import *\n",
    "for-its-effect": "import typing\n",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_an_import_stays_that_may_be_needed(text: str) -> None:
    """It is used, re-exported, conditional, or has a comment that would be lost."""
    assert without_names(text, "typing.List") == text


def test_a_docstring_uses_nothing() -> None:
    """Words for people keep no import."""
    text = 'from typing import List\n\n\ndef f() -> None:\n    """List all."""\n'
    assert without_names(text, "typing.List") == text.partition("\n\n\n")[2]


def test_a_package_keeps_what_it_imports() -> None:
    """An `__init__` imports for others."""
    text = "from typing import List\n"
    assert without_names(text, "typing.List", path="app/__init__.py") == text


def test_a_module_goes_with_the_last_use_of_what_is_in_it() -> None:
    """`import typing as t` is needed for `t.List` only."""
    text = "import typing as t\n\nx: t.List\n"
    use = Edit(Span.of(3, 3, 3, 9), "list")
    edits = imports(text).edits((), ["typing.List"], [use])
    assert edits is not None
    assert apply_edits(text, [*edits, use]) == "x: list\n"


def test_an_import_for_its_effect_stays_beside_one_that_goes() -> None:
    """Only what the old text was spelled by is released."""
    text = "import app.models\nfrom app.models import User\n\nx: User\n"
    use = Edit(Span.of(4, 3, 4, 7), "int")
    edits = imports(text).edits((), ["app.models.User"], [use])
    assert edits is not None
    assert apply_edits(text, [*edits, use]) == "import app.models\n\nx: int\n"


def test_names_come_and_go_in_one_statement() -> None:
    """What is added keeps a statement that nothing else is left of."""
    text = "import os\n\nfrom typing import List, Optional\n"
    both = imports(text).edits([wanted("typing.Any")], ["typing.List", "typing.Optional"], ())
    assert both is not None
    assert apply_edits(text, both) == "import os\n\nfrom typing import Any\n"


def test_a_statement_comes_where_another_one_goes() -> None:
    """The blank lines around the section stay."""
    text = "import os\n\nfrom fastapi import Depends\n\nfrom app import clock\n"
    edits = imports(text).edits([wanted("pydantic.Field")], ["fastapi.Depends"], ())
    assert edits is not None
    expected = "import os\n\nfrom pydantic import Field\n\nfrom app import clock\n"
    assert apply_edits(text, edits) == expected


def test_a_taken_name_is_not_imported() -> None:
    """The module binds it to something else."""
    assert imports("UTC = 0\n").edits([wanted("datetime.UTC")], (), ()) is None


SPELLED = {
    "imported": ("from datetime import UTC\nHERE\n", "UTC", False),
    "imported-as": ("from datetime import UTC as utc\nHERE\n", "utc", False),
    "module": ("import datetime\nHERE\n", "datetime.UTC", False),
    "module-as": ("import datetime as dt\nHERE\n", "dt.UTC", False),
    "name-before-module": (
        "import datetime as dt\nfrom datetime import UTC\nHERE\n",
        "UTC",
        False,
    ),
    "passed-on": ("from app.clock import UTC\nHERE\n", "UTC", False),
    "added": ("from datetime import datetime\nHERE\n", "UTC", True),
    "imported-later": ("HERE\nfrom datetime import UTC as utc\n", "UTC", True),
    "imported-before-it-runs": (
        "def f():\n    HERE\n\nfrom datetime import UTC as u\n",
        "u",
        False,
    ),
    "parameter": ("def f(UTC):\n    HERE\n", "datetime.UTC", True),
    "both-parameters": ("def f(UTC, datetime):\n    HERE\n", None, False),
    "taken": ("UTC = 1\nHERE\n", "datetime.UTC", True),
    "taken-and-module-taken": ("from datetime import datetime\nUTC = 1\nHERE\n", None, False),
    "taken-in-the-class": ("class A:\n    UTC = 1\n    HERE\n", "datetime.UTC", True),
    "not-seen-from-a-method": (
        "class A:\n    UTC = 1\n    def f(self):\n        HERE\n",
        "UTC",
        True,
    ),
    "taken-later": ("HERE\nfor UTC in x: ...\n", "datetime.UTC", True),
    "type-checking": ("if TYPE_CHECKING:\n    from datetime import UTC\nHERE\n", "UTC", True),
    "fallback": (
        "try:\n    from datetime import UTC\nexcept ImportError:\n    UTC = None\nHERE\n",
        "datetime.UTC",
        True,
    ),
    "own-import": ("def f():\n    from datetime import UTC\n    HERE\n", "UTC", False),
    "own-import-later": (
        "def f():\n    HERE\n    from datetime import UTC\n",
        "datetime.UTC",
        True,
    ),
    "import-of-another-function": (
        "def f():\n    from datetime import UTC as u\ndef g():\n    HERE\n",
        "UTC",
        True,
    ),
    "global": ("def f():\n    global UTC\ndef g():\n    HERE\n", "datetime.UTC", True),
    "star": ("from tkinter import *\nHERE\n", None, False),
    "known-star": ("from app.clock import *\nHERE\n", "datetime.UTC", True),
}


def spelled(
    text: str, name: str, *, typing_only: bool = False
) -> tuple[str, Import | None] | None:
    """How a name is spelled where `HERE` stands."""
    lines = text.split("\n")
    row, line = next((row, line) for row, line in enumerate(lines, 1) if "HERE" in line)
    known = imports(text)
    scope: Scope = known.outline
    for definition in known.outline.definitions:
        body = definition.node.body
        if body[0].lineno <= row <= (body[-1].end_lineno or 0):
            scope = definition
    at = Position(row, line.index("HERE"))
    return spell(known, [name], scope, at, typing_only=typing_only)


@pytest.mark.parametrize("case", SPELLED.values(), ids=SPELLED)
def test_a_name_is_spelled_by_what_is_in_force(case: tuple[str, str | None, bool]) -> None:
    """By what is imported, by one more import, by its module, or not at all."""
    text, expected, is_added = case
    found = spelled(text, "datetime.UTC")
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert (found[0], found[1] is not None) == (expected, is_added)


def test_for_types_only_an_import_for_types_is_enough() -> None:
    """Where the caller says so."""
    text = "if TYPE_CHECKING:\n    from datetime import UTC\nHERE\n"
    assert spelled(text, "datetime.UTC", typing_only=True) == ("UTC", None)


BUILTIN = {
    "plain": ("HERE\n", "list"),
    "function": ("def list(): ...\nHERE\n", "builtins.list"),
    "field": ("class A:\n    list: int\n    HERE\n", "builtins.list"),
    "method": ("class A:\n    def list(self): ...\n    HERE\n", "builtins.list"),
    "within-a-method": ("class A:\n    def list(self):\n        HERE\n", "list"),
    "imported-module": ("import builtins as b\ndef list(): ...\nHERE\n", "b.list"),
}


@pytest.mark.parametrize("case", BUILTIN.values(), ids=BUILTIN)
def test_a_builtin_is_spelled_with_its_module_where_it_is_shadowed(case: tuple[str, str]) -> None:
    """A class or module may call something of its own `list`."""
    found = spelled(case[0], "builtins.list")
    assert found is not None
    assert found[0] == case[1]


def test_modules_are_spelled_too() -> None:
    """A name without a dot is a module; `import a.b.c` reaches `a.b`."""
    assert spelled("import asyncio as aio\nHERE\n", "asyncio") == ("aio", None)
    assert spelled("HERE\n", "asyncio") == ("asyncio", Import("asyncio"))
    assert spelled("import a.b.c\nHERE\n", "a.b.X") == ("a.b.X", None)
    assert spelled("import a\nHERE\n", "a.b.X") == ("X", Import("a.b", "X"))


# What a block of imports can look like.

MODULES = ("os", "datetime", "typing", "fastapi", "pydantic", "app.clock", "app.users")
NAMES = ("A", "B2", "B10", "CONST", "make", "lower", "T", "_hidden", "A as B", "make as make_it")


@st.composite
def from_imports(draw: st.DrawFn) -> str:
    """A `from` import in one of many layouts."""
    module = draw(st.sampled_from(MODULES))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    layout = draw(st.sampled_from(("line", "brackets", "vertical", "filled", "backslash")))
    comment = draw(st.sampled_from(("", "  # why", "  # noqa: E501")))
    comma = draw(st.sampled_from(("", ",")))
    indentation = draw(st.sampled_from(("    ", "\t", "  ")))
    if layout == "brackets":
        return f"from {module} import ({', '.join(names)}{comma}){comment}"
    if layout == "vertical":
        comments = draw(st.lists(st.sampled_from(("", "  # it")), min_size=4, max_size=4))
        lines = [f"{indentation}{name}," for name in names]
        lines[-1] = lines[-1].removesuffix(",") + comma
        lines = [line + more for line, more in zip(lines, comments, strict=False)]
        if draw(st.booleans()):
            lines.insert(draw(st.integers(0, len(lines))), f"{indentation}# Others.")
        opening = f"from {module} import ({draw(st.sampled_from(('', '  # these')))}"
        return "\n".join([opening, *lines, f"){comment}"])
    if layout == "filled":
        middle = f",\n{indentation}".join([", ".join(names[:2]), *names[2:]])
        return f"from {module} import (\n{indentation}{middle}{comma}\n){comment}"
    if layout == "backslash":
        return f"from {module} import " + f", \\\n{indentation}".join(names) + comment
    return f"from {module} import {', '.join(names)}{comment}"


@st.composite
def modules(draw: st.DrawFn) -> str:
    """A module that begins with imports, or does not."""
    plain = st.sampled_from(("import os", "import fastapi as f", "import app.users", "import sys"))
    statements = draw(st.lists(st.one_of(from_imports(), from_imports(), plain), max_size=5))
    header = draw(
        st.sampled_from(
            (
                "",
                "#!/usr/bin/env python\n",
                "# Copyright 2024\n\n",
                '"""Doc."""\n\n',
                '# coding: utf-8\n"""Doc\n\nmore.\n"""\n\nfrom __future__ import annotations\n\n',
            )
        )
    )
    text = header
    for statement in statements:
        text += statement + "\n" * draw(st.integers(1, 2))
        text += draw(st.sampled_from(("", "", "", "# Some words.\n")))
    rest = draw(
        st.sampled_from(
            (
                "",
                "\n\nclass A:\n    pass\n",
                "\nx = 1\n",
                "\nif TYPE_CHECKING:\n    from app.clock import Z\n",
                "\n\ndef f():\n    import re\n",
                "x = 1",
            )
        )
    )
    if statements:
        text += rest
    else:
        text = f"{header.rstrip()}\n{rest}" if header else rest.lstrip("\n")
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return text


NEW = st.sampled_from(
    (
        "datetime.UTC",
        "typing.Any",
        "fastapi.Depends",
        "app.clock.now",
        "app.other.helper",
        "asyncio",
    )
)


def comments(text: str) -> list[str]:
    """The comments of a text."""
    tokens = tokenize.generate_tokens(StringIO(text, newline="").readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def bindings(text: str) -> dict[str, set[str]]:
    """What the imports of a text bind at module level."""
    found: dict[str, set[str]] = {}
    for name, bound in imports(text).outline.bindings.items():
        targets = {binding.target for binding in bound if isinstance(binding, Imported)}
        if targets:
            found[name] = targets
    return found


@settings(max_examples=300, deadline=None)
@given(modules(), NEW)
def test_what_is_added_is_there_and_nothing_else_changes(text: str, name: str) -> None:
    """The module binds the name, every other import and every comment is as before."""
    before = bindings(text)
    after = with_names(text, name)
    new = wanted(name)
    target = f"{new.module}.{new.name}" if new.name else new.module
    assert bindings(after) == {**before, new.binds: {target}}
    assert comments(after) == comments(text)
    assert with_names(after, name) == after
    assert ast.get_docstring(ast.parse(after)) == ast.get_docstring(ast.parse(text))
    if "\r\n" in text:
        assert after.count("\r\n") == after.count("\n")


@settings(max_examples=300, deadline=None)
@given(modules(), NEW)
def test_what_is_added_and_removed_leaves_no_trace(text: str, name: str) -> None:
    """The text is as before, to the byte."""
    assert without_names(with_names(text, name), name) == text


@settings(max_examples=300, deadline=None)
@given(modules(), st.data())
def test_what_is_removed_is_gone_and_nothing_else(text: str, data: st.DataObject) -> None:
    """Every other import and every comment stays; a name with a comment may stay, too."""
    before = bindings(text)
    names = sorted({name for targets in before.values() for name in targets if "__" not in name})
    assume(names)
    name = data.draw(st.sampled_from(names))
    after = without_names(text, name)
    ast.parse(after)
    assert comments(after) == comments(text)
    left = bindings(after)
    assert left.items() <= before.items()
    assert all(before[gone] == {name} for gone in before.keys() - left.keys())
    assert without_names(after, name) == after


RUFF = (
    *("check", "--isolated", "--no-cache", "--quiet", "--select", "I001", "--line-length", "320"),
    *("--config", 'lint.isort.known-first-party=["app"]', "--stdin-filename", "service.py"),
)


def ruff(text: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run ruff's import sorting on a text."""
    command = [sys.executable, "-m", "ruff", *RUFF, *options, "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def repeated(text: str) -> set[str]:
    """The modules from which more than one statement imports."""
    modules = re.findall(r"^from (\S+) import", text, re.MULTILINE)
    return {module for module in modules if modules.count(module) > 1}


@settings(max_examples=40, deadline=None)
@given(modules(), NEW, NEW)
def test_ruff_finds_sorted_imports_sorted_still(text: str, name: str, other: str) -> None:
    """Where ruff's isort has nothing to say before, it has nothing to say after."""
    ordered = ruff(text.replace("\r\n", "\n"), "--fix").stdout
    # A docstring with code glued to it keeps the code glued: see `docstring-glued`.
    assume(not re.match(r'"""[^\n]*"""\n(?!\n|import |from |$)', ordered))
    # Beside `from a import b as c` a name that comes first would move the whole statement.
    assume(not {name.rpartition(".")[0], other.rpartition(".")[0]} & repeated(ordered))
    after = with_names(ordered, name, other)
    problem = ruff(after)
    assert problem.returncode == 0, after


def moved(text: str, node: ast.ImportFrom, moves: Moves) -> str | None:
    """A text with names of one of its statements imported from elsewhere."""
    known = imports(text)
    same = next(each for each in known.outline.tree.body if each.lineno == node.lineno)
    assert isinstance(same, ast.ImportFrom)
    draft = Draft(SourceFile("app/service.py", known.outline, known.project), "Move")
    move_imports(draft, same, moves)
    fix = draft.fix()
    return apply_edits(text, fix.edits) if fix else None


@settings(max_examples=40, deadline=None)
@given(modules(), st.data())
def test_ruff_finds_sorted_imports_sorted_once_some_are_moved(
    text: str, data: st.DataObject
) -> None:
    """Names go to the statements, and the statements to the places, where a sorter has them."""
    ordered = ruff(text.replace("\r\n", "\n"), "--fix").stdout
    nodes = [node for node in ast.parse(ordered).body if isinstance(node, ast.ImportFrom)]
    nodes = [node for node in nodes if node.module != "__future__"]
    assume(nodes)
    node = data.draw(st.sampled_from(nodes))
    names = data.draw(
        st.lists(st.sampled_from([alias.name for alias in node.names]), min_size=1, unique=True)
    )
    is_standard = node.module in ("os", "datetime", "typing")
    others = st.sampled_from(
        ("collections.abc", "contextlib", "string")[: 3 if is_standard else 1]
    )
    moves = {name: (data.draw(others), name) for name in names}
    after = moved(ordered, node, moves)
    if after is None:
        assert comments(ordered)
        return
    assert comments(after) == comments(ordered)
    assert bindings(after).keys() == bindings(ordered).keys()
    if not comments(ordered):
        assert ruff(after).returncode == 0, after
