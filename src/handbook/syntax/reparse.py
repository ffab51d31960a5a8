"""Parsing a text anew after an edit: only the top-level statements around what has changed."""

import ast
from collections.abc import Iterable, Sequence
from itertools import takewhile

from handbook.syntax.outline import Outline
from handbook.syntax.text import SourceError, parse


def parse_again(before: Outline, lines: Sequence[str]) -> ast.Module:
    """Parse the text of a module, known by its lines, of which an earlier text has been parsed.

    Statements whose lines are the same, at the same place, are the same nodes as before. What lies
    between them must be whole statements by itself; otherwise everything is parsed.

    Raises:
        SourceError: where the text is not Python.
    """
    same_above = _shared(zip(before.lines, lines, strict=False))
    # The indented line or the `else` that is new may belong to the statement above it.
    above = [block for block in before.blocks if block.last_line <= same_above][:-1]
    below = before.blocks[len(above) :]
    if len(lines) == len(before.lines):
        same_below = _shared(zip(reversed(before.lines), reversed(lines), strict=True))
        below = [block for block in below if block.first_line > len(lines) - same_below]
    else:
        below = []  # Their nodes would tell the wrong lines.
    first = above[-1].last_line if above else 0
    last = below[0].first_line - 1 if below else len(lines)
    if any(lines[end - 1].rstrip().endswith("\\") for end in (first, last) if end):
        return parse("".join(lines))
    try:
        between = parse("\n" * first + "".join(lines[first:last]))
    except SourceError:
        return parse("".join(lines))
    kept_above = [node for block in above for node in block.nodes]
    kept_below = [node for block in below for node in block.nodes]
    return ast.Module([*kept_above, *between.body, *kept_below], [])


def _shared(pairs: Iterable[tuple[str, str]]) -> int:
    """How many pairs of lines are equal before one differs."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
