"""The tokens of a text, and the stretches of lines that flake8 takes for one."""

import tokenize
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Stretch(NamedTuple):
    """Physical lines that flake8 takes for one; `comment` ends them.

    Attributes:
        in_string: whether the next line begins within an f-string.
        ends: whether a logical line ends here, or the lines hold none.
    """

    first: int
    last: int
    comment: str | None
    in_string: bool
    ends: bool


def tokens_of(lines: Sequence[str]) -> list[tokenize.TokenInfo]:
    """The tokens of Python's lines, none where the text has no end or is no Python."""
    # A lone carriage return ends a line for Python, but not for its tokenizer.
    rows = iter([line.rstrip("\r\n") + "\n" for line in lines])
    try:
        return list(tokenize.generate_tokens(lambda: next(rows, "")))
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def stretches(tokens: Sequence[tokenize.TokenInfo]) -> Iterator[Stretch]:
    """Group lines as flake8 does: up to each line end that stands in no string."""
    first, last, depth, within = 0, 0, 0, False
    comment: str | None = None
    for token in tokens:
        if token.type in (tokenize.ENDMARKER, tokenize.DEDENT):
            continue
        first = min(first or token.start[0], token.start[0])
        last = max(last, token.end[0])
        if token.type == tokenize.COMMENT:
            comment = token.string
        elif token.type in (tokenize.NL, tokenize.NEWLINE):
            within = within and token.type == tokenize.NL
            yield Stretch(first, last, comment, depth > 0, not within)
            first, last, comment = 0, 0, None
        elif token.type != tokenize.INDENT:
            within = True
            depth += (token.type == tokenize.FSTRING_START) - (token.type == tokenize.FSTRING_END)
