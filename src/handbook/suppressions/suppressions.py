"""Comments that silence violations: `# noqa` as flake8 reads it, and `# handbook:` directives.

What a comment covers:

- `# noqa[: CODES]`: the physical lines that flake8 takes for one, that is the line itself, or
  all lines of a string or of a backslash continuation that ends on the line of the comment.
- `# handbook: ignore[NAMES] reason`: the header of a statement, from its first decorator to its
  last line or, where it has a body, to the colon before that. The comment stands on any of these
  lines, or above them on a line of its own: as indented as the statement, in the block of
  comment lines that touches it. A blank line ends such a block.
- `# handbook: ignore-file[NAMES]`, or without names: the file. It stands on a line of its own.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from tokenize import TokenInfo

from handbook.suppressions.comments import (
    DIRECTIVE,
    NOQA,
    NOQA_FILE,
    Malformed,
    Name,
    Suppression,
    parse_cramped_noqa,
    parse_directive,
    parse_noqa,
)
from handbook.syntax.text import split_lines
from handbook.syntax.tokens import stretches, tokens_of
from handbook.violation import Violation

_OURS = re.compile(r"HB[0-9]+[A-Z]?", re.IGNORECASE)


class Suppressions:
    """All suppression comments of one text, and which of them were of use.

    Attributes:
        known: the slug of the code of every rule.
        ran: the codes of those that ran.
    """

    def __init__(
        self, text: str, *, known: Mapping[str, str] | None = None, ran: Collection[str] = ()
    ) -> None:
        """Look for comments. A text that is no Python turns out to have none."""
        self.known = known or {}
        self.ran = ran
        self._text = text
        self._is_read = False
        self._all: list[Suppression] = []
        self._directives: list[Suppression] = []
        self._malformed: list[Malformed] = []
        self._noqa: dict[int, Suppression] = {}
        self._skips_file = False
        self._lines: Sequence[str] = ()
        # Most comments are for other tools, and a look at them spares the tokenizer.
        lowered = text.lower()
        self._may_direct = "handbook:" in lowered
        self._may_skip = "# flake8" in lowered and "noqa" in lowered
        self._may_silence = _bare_codes(text) if "noqa" in lowered else frozenset()

    def __bool__(self) -> bool:
        """Whether there may be a suppression comment, be it a malformed one."""
        return bool(self._may_direct or self._may_skip or self._may_silence)

    def filter(self, violations: Sequence[Violation], *, noqa: bool = True) -> list[Violation]:
        """The violations that no comment silences; it is remembered which comments were used.

        A comment counts that covers the start of a violation or its `noqa_line`. Without `noqa`,
        a `# noqa` silences nothing, because flake8 will apply it, but still counts as used.
        """
        codes = tuple(self._may_silence)
        certain = self._may_direct or self._may_skip
        if any(certain or violation.code.startswith(codes) for violation in violations):
            self._read()
        return [violation for violation in violations if not self._silences(violation, noqa)]

    @property
    def malformed(self) -> Sequence[Malformed]:
        """The directives that cannot be read."""
        self._read_ours()
        return self._malformed

    @property
    def named(self) -> Iterator[tuple[Suppression, int]]:
        """Every name that is not another tool's: its comment, and its place among the names."""
        self._read_ours()
        for suppression in self._all:
            for index, name in enumerate(suppression.names):
                if not suppression.is_noqa or _OURS.fullmatch(name.text):
                    yield suppression, index

    def codes_of(self, suppression: Suppression, name: Name) -> list[str]:
        """The codes that a name stands for: as a code, as the start of codes, or as a slug."""
        return [
            code
            for code, slug in self.known.items()
            if code.startswith(name.text) or (not suppression.is_noqa and slug == name.text)
        ]

    def _read_ours(self) -> None:
        if self._may_direct or any(map(_OURS.match, self._may_silence)):
            self._read()

    def _read(self) -> None:
        if not self._is_read:
            self._is_read = True
            self._lines = split_lines(self._text)
            tokens = tokens_of(self._lines)
            self._read_noqa(tokens)
            if self._may_direct:
                self._read_directives(tokens)

    def _silences(self, violation: Violation, noqa: bool) -> bool:
        lines = {violation.span.start.line, violation.noqa_line}
        by_noqa = [self._noqa[line].silences(violation) for line in lines if line in self._noqa]
        by_directive = [
            directive.silences(violation)
            for directive in self._directives
            if any(directive.first <= line <= directive.last for line in lines)
        ]
        return any(by_directive) or (noqa and (self._skips_file or any(by_noqa)))

    def _read_noqa(self, tokens: Sequence[TokenInfo]) -> None:
        for stretch in stretches(tokens):
            found = None
            if stretch.comment is not None:
                column = self._column(stretch.last, stretch.comment)
                found = parse_noqa(stretch.comment, stretch.last, column)
                self._skips_file |= self._stands_alone(stretch.last, column) and bool(
                    NOQA_FILE.match(stretch.comment)
                )
                cramped = parse_cramped_noqa(stretch.comment, stretch.last, column)
                if found is None and cramped is not None:
                    self._malformed.append(cramped)
            if found is not None:
                self._all.append(found)
            for line in range(stretch.first, stretch.last + 1):
                # A later stretch takes a shared line over, as it does in flake8.
                if found is not None:
                    self._noqa[line] = found
                else:
                    self._noqa.pop(line, None)

    def _read_directives(self, tokens: Sequence[TokenInfo]) -> None:
        """Read the directives, and give each the lines of the header that it belongs to."""
        import tokenize as t

        above: list[tuple[int, int, list[Suppression]]] = []
        inside: list[Suppression] = []
        first, decorated, fresh = 0, False, True
        for token in tokens:
            line = token.start[0]
            if token.type == t.COMMENT:
                column = self._column(line, token.string)
                found = self._directives_in(token.string, line, column)
                if first:
                    inside += found
                else:
                    if above and above[-1][:2] != (line - 1, column):
                        above.clear()
                    above.append((line, column, found))
            elif token.type == t.NEWLINE:
                fresh = True
                if not decorated:
                    for directive in inside:
                        directive.first, directive.last = first, line
                    inside, first = [], 0
            elif token.type not in (t.NL, t.INDENT, t.DEDENT, t.ENDMARKER) and fresh:
                fresh, decorated = False, token.string == "@"
                if not first:
                    first = line
                    # The column of a token counts bytes or characters; of an indent it is one.
                    if above and above[-1][:2] == (line - 1, token.start[1]):
                        first = above[0][0]
                        inside = [directive for *_, found in above for directive in found]
                    above.clear()

    def _directives_in(self, comment: str, line: int, column: int) -> list[Suppression]:
        """Keep the directives of a comment; return those that cover a statement."""
        found: list[Suppression] = []
        alone = self._stands_alone(line, column)
        for start in DIRECTIVE.finditer(comment):
            parsed = parse_directive(start, comment, line, column, alone=alone)
            if isinstance(parsed, Malformed):
                self._malformed.append(parsed)
            elif parsed is not None:
                self._all.append(parsed)
                self._directives.append(parsed)
                parsed.first = parsed.last = line
                if start["word"].lower() == "ignore-file":
                    parsed.first, parsed.last = 0, len(self._lines) + 1
                else:
                    found.append(parsed)
        return found

    def _column(self, line: int, comment: str) -> int:
        return len(self._lines[line - 1].rstrip("\r\n")) - len(comment)

    def _stands_alone(self, line: int, column: int) -> bool:
        return not self._lines[line - 1][:column].strip()


def _bare_codes(text: str) -> frozenset[str]:
    """The codes of all that looks like a `# noqa`, in strings too; `""` where there are none."""
    rows = re.findall(r"#\s*(noqa[^\r\n]*)", text, re.IGNORECASE)
    lists = [found["codes"] or "" for row in rows for found in NOQA.finditer(f"# {row}")]
    return frozenset(code for codes in lists for code in re.findall(r"[^,\s]+|^$", codes))
