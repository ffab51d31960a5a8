"""Sentences that stand on every page, in Markdown."""

import json
from collections.abc import Iterator

from handbook.rulebook.pages.page import OptionEntry, Page

_FIXES = {
    "always": "A fix is available: `handbook check --fix`.",
    "sometimes": "A fix is available for some cases: `handbook check --fix`.",
    "never": "There is no automatic fix.",
}


def fix(page: Page) -> str:
    """Say whether the rule can mend what it finds."""
    return _FIXES[page.fix]


def level(page: Page) -> str:
    """Say which level of the standard asks for the rule."""
    return (
        page.level
        if page.level == page.level_in_tests
        else (f"{page.level}, {page.level_in_tests} in tests")
    )


def preview(page: Page) -> str:
    """Say when a preview rule runs."""
    return "This rule is in preview: it runs only with `--preview` or `preview = true`."


def ruff(page: Page) -> Iterator[str]:
    """Say how the rule and those of ruff get along."""
    if page.overlaps:
        yield f"{_listed(page.overlaps)} of ruff {_verb('report', page.overlaps)} some of the same."
    if page.conflicts:
        it = "it" if len(page.conflicts) == 1 else "them"
        yield (
            f"{_listed(page.conflicts)} of ruff {_verb('ask', page.conflicts)} for the opposite: "
            f"`handbook config ruff` prints settings that turn {it} off there."
        )


def suppressing(page: Page) -> Iterator[tuple[str, str, str]]:
    """Give each way to silence the rule: when to take it, and its text with the language of that."""
    if page.takes_comments:
        yield "In one place, at the end of the line:", "python", f"# noqa: {page.code}"
        comment = f"# handbook: ignore[{page.name}] the reason"
        yield "Or there, or in a line of its own above the statement:", "python", comment
        yield "In one file:", "python", f"# handbook: ignore-file[{page.name}] the reason"
    yield (
        "In some files, or everywhere:",
        "toml",
        f'[tool.handbook]\nper-file-ignores = {{ "legacy/**" = ["{page.code}"] }}\n'
        f'ignore = ["{page.code}"]',
    )


def default(option: OptionEntry) -> str:
    """Write the default of an option as TOML."""
    value = option.default
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def _listed(codes: tuple[str, ...]) -> str:
    quoted = [f"`{code}`" for code in codes]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def _verb(stem: str, codes: tuple[str, ...]) -> str:
    return f"{stem}s" if len(codes) == 1 else stem
