"""The page of a rule: everything is on it, in each form."""

import json
from collections.abc import Iterator
from typing import ClassVar

import pytest

from handbook.python.project.source import SourceFile
from handbook.rulebook.documentation import documentation
from handbook.rulebook.pages import Page, markdown, page_of, text
from handbook.rulebook.registry import registry
from handbook.rulebook.rule import FileRule, Finding, Option, Rule
from handbook.violation import Severity

RULES = list(registry().rules.values())


class UnlockedDoor(FileRule):
    """A door is left open, and `the cat` gets out.

    Cats like open doors. A closed one costs nothing, and this sentence goes on for so long that it
    has to be wrapped before `a name that must not be torn` ends.

    Instead:

    - close the door, which is a long item of a list that needs more than one line of the terminal
    - or the window

    ```python
    def indented() -> None:
        ...
    ```

    Bad:

    ```python
    door = open()  # <-
    ```

    Fixed:

    ```python
    door = closed()
    ```

    Through another file.

    ```python
    # file: app/__init__.py
    # file: app/doors.py
    door = 1
    # file: pyproject.toml
    [tool.handbook]
    # file: Dockerfile
    FROM house  # <- and here
    ```

    Good:

    ```python
    door = closed()
    ```
    """

    code = "HB995"
    severity = Severity.ERROR
    preview = True
    overlaps = ("DOR001", "DOR002")
    conflicts = ("CAT001",)
    doors: ClassVar[Option[tuple[str, ...]]] = Option(("front", "back"), "Which doors count.")
    mood: ClassVar[Option[str]] = Option("calm", "Of the cat.", choices=("calm", "wild"))

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Find nothing."""
        yield from ()


@pytest.fixture
def page() -> Page:
    """The page of a rule that has everything."""
    return page_of(UnlockedDoor)


def test_page(page: Page) -> None:
    """What the class and its docstring say is on the page."""
    assert (page.code, page.name, page.severity) == ("HB995", "unlocked-door", "error")
    assert page.summary == "A door is left open, and `the cat` gets out."
    assert page.fix == "sometimes"
    assert [sample.caption for sample in page.bad] == ["", "Through another file."]
    first, second = page.bad
    assert [(file.path, file.text, file.reported) for file in first.files] == [
        ("", "door = open()", (1,))
    ]
    assert [file.text for file in first.fixed] == ["door = closed()"]
    assert [(file.path, file.language) for file in second.files] == [
        ("app/__init__.py", "python"),
        ("app/doors.py", "python"),
        ("pyproject.toml", "toml"),
        ("Dockerfile", "dockerfile"),
    ]
    assert second.files[3].reported == (1,)
    assert [(option.name, option.type) for option in page.options] == [
        ("doors", "list of strings"),
        ("mood", '"calm" or "wild"'),
    ]
    assert json.loads(json.dumps(page.as_dict()))["options"][0]["default"] == ["front", "back"]


TEXT = """\
HB995 unlocked-door

  A door is left open, and `the cat` gets out.

  Chapter   {chapter} (HB99)
  Severity  error
  Level     recommended
  Fix       A fix is available for some cases:
            `handbook check --fix`.
  Ruff      `DOR001` and `DOR002` of ruff report some of the
            same.
  Ruff      `CAT001` of ruff asks for the opposite:
            `handbook config ruff` prints settings that turn
            it off there.
  Preview   This rule is in preview: it runs only with
            `--preview` or `preview = true`.

Why

  Cats like open doors. A closed one costs nothing, and this
  sentence goes on for so long that it has to be wrapped
  before `a name that must not be torn` ends.

  Instead:

  - close the door, which is a long item of a list that
    needs more than one line of the terminal
  - or the window

      def indented() -> None:
          ...

Bad (reported are the lines with a > in front)

    > door = open()

  Fixed:

      door = closed()

  Through another file.

  app/__init__.py
      (empty)

  app/doors.py
      door = 1

  pyproject.toml
      [tool.handbook]

  Dockerfile
    > FROM house

Good

      door = closed()

Options

  In the table `[tool.handbook.rules.unlocked-door]`:

    doors = ["front", "back"]  (list of strings)
      Which doors count.

    mood = "calm"  ("calm" or "wild")
      Of the cat.

How to suppress it

  In one place, at the end of the line:
    # noqa: HB995

  Or there, or in a line of its own above the statement:
    # handbook: ignore[unlocked-door] the reason

  In one file:
    # handbook: ignore-file[unlocked-door] the reason

  In some files, or everywhere:
    [tool.handbook]
    per-file-ignores = {{ "legacy/**" = ["HB995"] }}
    ignore = ["HB995"]
"""


def test_text(page: Page) -> None:
    """The whole page in a narrow terminal."""
    assert text.render(page, width=60) == TEXT.format(chapter=page.chapter)


def test_text_in_colour(page: Page) -> None:
    """Colours change nothing but the backticks."""
    coloured = text.render(page, color=True, width=60)
    assert "\x1b[" in coloured
    assert "`" not in coloured.partition("How to suppress it")[0]


def test_markdown(page: Page) -> None:
    """Headings, code blocks by file, marked lines named by the code."""
    printed = markdown.render(page)
    headings = [line for line in printed.splitlines() if line.startswith("#") and ":" not in line]
    assert headings[:5] == ["# unlocked-door (HB995)", "## Why", "## Bad", "## Good", "## Options"]
    assert "```python\ndoor = open()  # HB995\n```" in printed
    assert "`Dockerfile`\n\n```dockerfile\nFROM house  # HB995\n```" in printed
    assert '- `mood` ("calm" or "wild", default `"calm"`): Of the cat.' in printed
    assert "In one place, at the end of the line:\n\n```python\n# noqa: HB995\n```" in printed


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule(rule: type[Rule]) -> None:
    """No rule's page is broken: marks are gone, blocks are closed, prose fits."""
    page = page_of(rule)
    for printed in (text.render(page), markdown.render(page)):
        assert "# <-" not in printed
        assert "# file:" not in printed
        assert "\n\n\n\n" not in printed
    assert markdown.render(page).count("```") % 2 == 0
    assert (page.fix == "never") == (not documentation(rule).is_fixable)
    assert all(any(file.reported for file in sample.files) for sample in page.bad)
    assert not any(file.reported for sample in page.good for file in sample.files)
