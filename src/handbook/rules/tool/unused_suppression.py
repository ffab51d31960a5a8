"""HB001."""

import re
from collections.abc import Iterator

from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import CommentRule, Draft, Finding
from handbook.suppressions import NOQA, NOQA_FILE, Suppression, Suppressions
from handbook.violation import Span, Tag

_OTHER_MARK = re.compile(r"# \w*[a-z][\w-]*:|# HANDBOOK:")


class UnusedSuppression(CommentRule):
    """A suppression comment suppresses nothing.

    The code was mended, or the comment moved away from it; what is left hides the next violation on
    that line before anybody sees it. Only the names of rules that ran count as unused, so a run with
    `--select` reports no comment that another run needs. Names of other tools in a `# noqa` are
    theirs to judge.

    Remove the name; the fix takes it out, and the comment too where nothing else is in it. A comment
    that also silences this rule is never reported.

    Bad:

    Nothing is wrong on the line any more.

    ```python
    def total(prices: list[int]) -> int:  # noqa: HB031  # <-
        return sum(prices)
    ```

    Fixed:

    ```python
    def total(prices: list[int]) -> int:
        return sum(prices)
    ```

    Bad:

    Of several names, those that silence nothing go.

    ```python
    from typing import List


    def total(prices: List[int]) -> int:  # noqa: E501, HB031, HB032  # <-
        return sum(prices)
    ```

    Fixed:

    ```python
    from typing import List


    def total(prices: List[int]) -> int:  # noqa: E501, HB031
        return sum(prices)
    ```

    Bad:

    A directive above a statement, by the name of the rule, and one for the whole file.

    ```python
    # handbook: ignore-file[HB032]  # <-


    # handbook: ignore[legacy-typing-collection] the callers are old  # <-
    def total(
        prices: list[int],
    ) -> int:
        return sum(prices)
    ```

    Fixed:

    ```python


    def total(
        prices: list[int],
    ) -> int:
        return sum(prices)
    ```

    Bad:

    A violation inside of a statement is not on the line of its `# noqa`.

    ```python
    from typing import List


    def total(  # noqa: HB031  # <-
        prices: List[int],
    ) -> int:
        return sum(prices)
    ```

    Fixed:

    ```python
    from typing import List


    def total(
        prices: List[int],
    ) -> int:
        return sum(prices)
    ```

    Good:

    ```python
    from typing import List


    def total(prices: List[int]) -> int:  # noqa: HB031
        return sum(prices)
    ```

    The start of codes is used where one of them is; a comment without any is flake8's.

    ```python
    from typing import Optional


    def first(prices: Optional[list[int]]) -> int:  # noqa: HB03
        return prices[0] if prices else 0  # noqa
    ```

    A comment that is to stay says so.

    ```python
    LIMIT = 10  # handbook: ignore[HB031, HB001] the generator writes it on every line
    ```

    Codes of another tool, and text that is no comment.

    ```python
    import os  # noqa: F401, E402

    EXAMPLE = "prices: List[int]  # noqa: HB031"
    ```
    """

    code = "HB001"
    tag = Tag.UNNECESSARY

    def check(self, suppressions: Suppressions, file: SourceFile) -> Iterator[Finding]:
        """Report the names of rules that ran and were not silenced."""
        for suppression, index in suppressions.named:
            name = suppression.names[index]
            codes = suppressions.codes_of(suppression, name)
            # Who silences this rule would silence this report too.
            itself = self.code.startswith(name.code) or self.slug() == name.code
            if name.used or itself or not codes or not set(codes) <= set(suppressions.ran):
                continue
            span = Span.of(suppression.line, name.start, suppression.line, name.end)
            message = f"`{name.text}` suppresses nothing here"
            yield Finding(span, message, fixes=list(_removals(suppression, index, file)))


def _removals(suppression: Suppression, index: int, file: SourceFile) -> Iterator[Draft]:
    """The way to take out one name, and with the only name all that was for it, if there is one."""
    line, names = suppression.line, suppression.names
    row = file.lines[line - 1]
    content = row.rstrip("\r\n")
    before, after = content[: suppression.start], content[suppression.end :]
    rest = after.lstrip(" \t,:;-")
    new = ""
    if index + 1 < len(names):
        span = Span.of(line, names[index].start, line, names[index + 1].start)
    elif index:
        span = Span.of(line, names[index - 1].end, line, names[index].end)
    elif rest:
        # Words after the codes may be anyone's, and what is left must not get a new meaning.
        left = rest if rest.startswith("#") else f"# {rest}"
        if NOQA_FILE.match(left) or (suppression.is_noqa and NOQA.search(left)):
            return
        if left != rest and _OTHER_MARK.match(left):
            return
        span = Span.of(line, suppression.start, line, len(content) - len(rest))
        new = left.removesuffix(rest)
    elif not before.strip() and row != content:
        span = Span.of(line, 0, line + 1, 0)
    else:
        span = Span.of(line, len(before.rstrip()), line, len(content))
    draft = Draft(file, f"Remove `{names[index].text}`", keeps_comments=False)
    yield draft.replace(span, new)
