"""HB002."""

from collections.abc import Iterator

from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import CommentRule, Draft, Finding
from handbook.suppressions import Malformed, Suppression, Suppressions, nearest
from handbook.violation import Span


class InvalidSuppression(CommentRule):
    """A suppression comment names no rule or cannot be read.

    It names a rule that does not exist, or it cannot be read. Whoever wrote it believes that a
    decision is recorded there, while the violation is still reported, or will be as soon as there is
    one.

    Write a code or the name of a rule as `handbook rule` lists them: `# noqa: HB031`,
    `# handbook: ignore[legacy-typing-collection] why`. Where only one name can be meant, the fix
    writes it.

    Bad:

    A code in small letters, one with a digit too many, and a space that is missing.

    ```python
    from typing import List


    def total(prices: List[int]) -> int:  # noqa: hb031  # <-
        return sum(prices)


    def count(prices: List[int]) -> int:  # noqa: E501, HB0311  # <-
        return len(prices)


    def first(prices: List[int]) -> int:  #noqa: HB031  # <-
        return prices[0]
    ```

    Fixed:

    ```python
    from typing import List


    def total(prices: List[int]) -> int:  # noqa: HB031
        return sum(prices)


    def count(prices: List[int]) -> int:  # noqa: E501, HB031
        return len(prices)


    def first(prices: List[int]) -> int:  # noqa: HB031
        return prices[0]
    ```

    Bad:

    The name of a rule, misspelt; a directive without brackets, and one that lacks its end.

    ```python
    from typing import List


    # handbook: ignore[legacy_typing_collections]  # <-
    def total(prices: List[int]) -> int:
        return sum(prices)


    # handbook: ignore HB031 the callers are old  # <-
    def count(prices: List[int]) -> int:
        return len(prices)


    def first(prices: List[int]) -> int:  # handbook: ignor[HB031]  # <-
        return prices[0]
    ```

    Fixed:

    ```python
    from typing import List


    # handbook: ignore[legacy-typing-collection]
    def total(prices: List[int]) -> int:
        return sum(prices)


    # handbook: ignore[HB031] the callers are old
    def count(prices: List[int]) -> int:
        return len(prices)


    def first(prices: List[int]) -> int:  # handbook: ignore[HB031]
        return prices[0]
    ```

    Bad:

    Nothing that could be meant is near; everything at once cannot be silenced in one line; and the
    directive for a file stands on a line of its own.

    ```python
    LIMIT = 10  # noqa: HB999  # <-
    PAGES = 10  # handbook: ignore  # <-
    PRICES = 10  # handbook: ignore-file[HB031]  # <-
    ```

    Good:

    ```python
    from typing import List


    # handbook: ignore[legacy-typing-collection] the callers are old
    def total(prices: List[int]) -> int:
        return sum(prices)


    def count(prices: List[int]) -> int:  # noqa: HB031
        return len(prices)
    ```

    The start of codes stands for all of them.

    ```python
    from typing import List, Optional


    def total(prices: Optional[List[int]]) -> int:  # noqa: HB03
        return sum(prices or [])
    ```

    Codes of other tools are theirs to judge, and prose is no directive.

    ```python
    import os  # noqa: F401, E4021

    LIMIT = 10  # handbook: see the chapter on performance
    EXAMPLE = "# handbook: ignore HB031"
    ```
    """

    code = "HB002"

    def check(self, suppressions: Suppressions, file: SourceFile) -> Iterator[Finding]:
        """Report directives that cannot be read, and names that no rule has."""
        for malformed in suppressions.malformed:
            span = Span.of(malformed.line, malformed.start, malformed.line, malformed.end)
            yield Finding(span, malformed.message, fixes=list(_mended(malformed, file)))
        for suppression, index in suppressions.named:
            if not suppressions.codes_of(suppression, suppression.names[index]):
                yield _misspelt(suppression, index, suppressions, file)


def _mended(malformed: Malformed, file: SourceFile) -> Iterator[Draft]:
    if malformed.mended is not None:
        message, start, end, text = malformed.mended
        span = Span.of(malformed.line, start, malformed.line, end)
        yield Draft(file, message, keeps_comments=False).replace(span, text)


def _misspelt(
    suppression: Suppression, index: int, suppressions: Suppressions, file: SourceFile
) -> Finding:
    name = suppression.names[index]
    span = Span.of(suppression.line, name.start, suppression.line, name.end)
    codes, slugs = list(suppressions.known), suppressions.known.values()
    near = nearest(name.text, codes if suppression.is_noqa else [*codes, *slugs])
    message = f"no rule is called `{name.text}`"
    if near is None:
        return Finding(span, message)
    found, is_certain = near
    draft = Draft(file, f"Write `{found}`", keeps_comments=False).replace(span, found)
    return Finding(
        span, f"{message}; did you mean `{found}`?", fixes=[draft] if is_certain else []
    )
