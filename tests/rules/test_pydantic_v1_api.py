"""HB103: what its fix makes of validators, and which it leaves to their authors."""

from itertools import pairwise
from pathlib import Path
from textwrap import indent

import pytest

from handbook.checking.workspace import Workspace
from handbook.config import Configuration
from handbook.fixing.fixing import fix_file

IMPORTS = "from pydantic import BaseModel, {}\n\n\n"


def fixed(tmp_path: Path, text: str) -> str:
    """What the rule's fixes make of a module."""
    (tmp_path / "pyproject.toml").touch()
    path = tmp_path / "schemas.py"
    path.write_text(text, encoding="utf-8", newline="")
    overrides: dict[str, object] = {"select": ["HB103"], "extend-safe-fixes": ["HB103"]}
    return fix_file(Workspace(Configuration(overrides=overrides)), path).text


def schema(body: str, *names: str) -> str:
    """A module with a schema of these members."""
    return IMPORTS.format(", ".join(names)) + "class User(BaseModel):\n" + indent(body, "    ")


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [
        ('@validator("a")', '@field_validator("a")'),
        ('@validator("a", pre=False, always=False)', '@field_validator("a")'),
        ('@validator("a", pre=True)', '@field_validator("a", mode="before")'),
        ("@validator(*FIELDS, allow_reuse=True)", "@field_validator(*FIELDS)"),
        (
            '@validator("*", allow_reuse=True, check_fields=False)',
            '@field_validator("*", check_fields=False)',
        ),
        (
            '@validator(\n    "a",  # the first\n    pre=True,\n    allow_reuse=True,\n)',
            '@field_validator(\n    "a",  # the first\n    mode="before",\n)',
        ),
    ],
)
def test_arguments(tmp_path: Path, decorator: str, expected: str) -> None:
    """Only what still means something is kept."""
    method = "def check(cls, value: str) -> str:\n    return value\n"
    before = schema(f"{decorator}\n{method}", "validator")
    after = schema(f"{expected}\n@classmethod\n{method}", "field_validator")
    assert fixed(tmp_path, before) == after


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [
        ("pre=True", 'mode="before"'),
        ("skip_on_failure=True, allow_reuse=True, pre=True", 'mode="before"'),
        ("allow_reuse=True, pre=True, skip_on_failure=True", 'mode="before"'),
        ("pre=False", None),
        ("skip_on_failure=True", None),
        ("pre=EARLY", None),
        ("pre=True, **OPTIONS", None),
    ],
)
def test_root_validators(tmp_path: Path, decorator: str, expected: str | None) -> None:
    """Only those that come before everything else get the same as before."""
    method = "def check(cls, values: dict) -> dict:\n    return values\n"
    before = schema(f"@root_validator({decorator})\n{method}", "root_validator")
    body = f"@model_validator({expected})\n@classmethod\n{method}"
    after = schema(body, "model_validator") if expected else before
    assert fixed(tmp_path, before) == after


@pytest.mark.parametrize(
    "body",
    [
        '@validator("a", allow_reuse=REUSED)\ndef check(cls, value): return value\n',
        '@validator("a", whole=True)\ndef check(cls, value): return value\n',
        '@validator("a", **OPTIONS)\ndef check(cls, value): return value\n',
        '@validator("a",  # why\n    allow_reuse=True)\ndef check(cls, value): return value\n',
        '@validator(("a"), allow_reuse=True)\ndef check(cls, value): return value\n',
        '@validator("a")\ndef check(self, value): return value\n',
        '@validator("a")\ndef check(value): return value\n',
        '@validator("a")\n@staticmethod\ndef check(value): return value\n',
        '@validator("a")\n@traced\ndef check(cls, value): return value\n',
        '@validator("a")\nasync def check(cls, value): return value\n',
        '@validator("a")\ndef check(cls, value, config): return value\n',
        '@validator("a")\ndef check(cls, value, values, field): return value\n',
        '@validator("a")\ndef check(cls, value, values=None): return value\n',
        '@validator("a")\ndef check(cls, value, *, values): return value\n',
        '@validator("a")\ndef check(cls, value, values):\n    values = {}\n    return value\n',
        '@validator("a")\ndef check(cls, value, values): return info(values)\n',
        '@validator("a")\ndef check(cls, info, values): return values[info]\n',
        '@validator("a")\ndef check(cls, value, values): return lambda values: values\n',
        '@validator("a")\ndef check(cls, value): return value\ncheck = None\n',
    ],
)
def test_not_surely_the_same(tmp_path: Path, body: str) -> None:
    """What cannot be said in the words of Pydantic 2 stays."""
    before = schema(body, "validator")
    assert fixed(tmp_path, before) == before


def validator(name: str, fields: str, options: str = "") -> str:
    """A validator that can be rewritten, if not for its options."""
    return f"    @validator({fields}{options})\n    def {name}(cls, value): return value\n"


@pytest.mark.parametrize(
    ("body", "rewritten"),
    [
        # An old one would run after a new one.
        (validator("b", "'a'", ", always=True") + validator("c", "'a'"), ""),
        (validator("b", "'a'", ", always=True") + validator("c", "'x'"), "c"),
        (validator("b", "'*'", ", always=True") + validator("c", "'x'"), ""),
        (validator("b", "*ALL", ", always=True") + validator("c", "'x'"), ""),
        (validator("b", "'a'") + validator("c", "'a'", ", always=True"), "b"),
        (
            validator("b", "'a'", ", always=True")
            + validator("c", "'a', 'x'")
            + validator("d", "'x'"),
            "",
        ),
        # Pydantic refuses what is for each item of a field that has a new one, too.
        (validator("b", "'a'") + validator("c", "'a'", ", each_item=True"), ""),
        (validator("b", "'a'") + validator("c", "'a'", ", each_item=False"), "bc"),
        # Inherited ones run first.
        (validator("b", "'a'", ", always=True") + "class E(D):\n" + validator("c", "'a'"), ""),
        (validator("b", "'a'") + "class E(D):\n" + validator("c", "'a'", ", always=True"), "b"),
        (validator("b", "'a'") + "class E(D):\n" + validator("c", "'a'"), "bc"),
        # One takes the place of another as long as both are of one kind.
        (validator("b", "'a'") + "class E(D):\n" + validator("b", "'a'", ", always=True"), ""),
    ],
)
def test_others(tmp_path: Path, body: str, rewritten: str) -> None:
    """No validator gets in the way of another one, nor overtakes it."""
    text = fixed(tmp_path, IMPORTS.format("validator") + "class D(BaseModel):\n" + body)
    lines = text.splitlines()
    new = [
        line.removeprefix("    def ")[0]
        for above, line in pairwise(lines)
        if above.strip() == "@classmethod"
    ]
    assert "".join(new) == rewritten
    assert text.count("@field_validator") == len(rewritten)


def test_circular_inheritance(tmp_path: Path) -> None:
    """Classes that cannot be made do no harm."""
    text = IMPORTS.format("validator") + (
        "class A(B, BaseModel):\n"
        + validator("b", "'a'")
        + "class B(A):\n"
        + validator("c", "'a'")
    )
    assert "@field_validator" in fixed(tmp_path, text)


def test_line_ends_and_comments(tmp_path: Path) -> None:
    """Comments stay with their lines, and lines end as they did."""
    before = schema(
        '@validator("a", pre=True)  # early\r\n# strips\r\ndef check(cls, value):  # noqa\r\n'
        "    return value\r\n",
        "validator",
    ).replace("\r\n", "\n")
    after = (
        before.replace("import BaseModel, validator", "import BaseModel, field_validator")
        .replace('@validator("a", pre=True)', '@field_validator("a", mode="before")')
        .replace("    def", "    @classmethod\n    def")
    )
    windows = before.replace("\n", "\r\n")
    assert fixed(tmp_path, windows) == after.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("parse_obj_as(list[int], x)", "TypeAdapter(list[int]).validate_python(x)"),
        (
            "parse_obj_as(\n    list[\n        int\n    ],\n    x,\n)",
            "TypeAdapter(list[\n        int\n    ]).validate_python(\n    x,\n)",
        ),
        ("parse_obj_as(int | None, x or y)", "TypeAdapter(int | None).validate_python(x or y)"),
        ("parse_obj_as(\n    int,  # whole\n    x,\n)", None),
        ('parse_obj_as("Later", x)', None),
        ("parse_obj_as((int), x)", None),
        ("parse_obj_as(int, x, type_name='X')", None),
        ("parse_obj_as(type_=int, obj=x)", None),
    ],
)
def test_parse_obj_as(tmp_path: Path, before: str, after: str | None) -> None:
    """A call of a function becomes one of an adapter's method."""
    text = f"from pydantic import parse_obj_as\n\ny = {before}\n"
    expected = f"from pydantic import TypeAdapter\n\ny = {after}\n" if after else text
    assert fixed(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("@validate_arguments", "@validate_call"),
        ("@validate_arguments()", "@validate_call()"),
        ("@traced\n@validate_arguments\n@traced", "@traced\n@validate_call\n@traced"),
        ("@validate_arguments(config=Config)", None),
        ("@validate_arguments\n@staticmethod", None),
    ],
)
def test_validate_arguments(tmp_path: Path, before: str, after: str | None) -> None:
    """Without options it has another name, and no more."""
    text = f"from pydantic import validate_arguments\n\n\n{before}\ndef f(x: int): ...\n"
    expected = f"from pydantic import validate_call\n\n\n{after}\ndef f(x: int): ...\n"
    assert fixed(tmp_path, text) == (expected if after else text)
