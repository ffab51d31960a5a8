"""Comments that silence violations: `# noqa` as flake8 reads it, and `# handbook:` directives.

What a comment covers:

- `# noqa[: CODES]`: the physical lines that flake8 takes for one, that is the line itself, or
  all lines of a string or of a backslash continuation that ends on the line of the comment.
- `# handbook: ignore[NAMES] reason`: the header of a statement, from its first decorator to its
  last line or, where it has a body, to the colon before that. The comment stands on any of these
  lines, or above them on a line of its own: as indented as the statement, in the block of
  comment lines that touches it. A blank line ends such a block.
- `# handbook: ignore-file[NAMES]`, or without names: the file. It stands on a line of its own.

A suppression that would silence the report of its own uselessness is never reported.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handbook.syntax.text import split_lines
from handbook.violation import Edit, Fix, Span, Violation

if TYPE_CHECKING:
    from tokenize import TokenInfo

UNUSED = ("HB001", "unused-suppression")
INVALID = ("HB002", "invalid-suppression")

# The two expressions of flake8: what it does not read as a list of codes silences everything.
_NOQA = re.compile(r"# noqa(?::\s?(?P<codes>(?:[A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
_NOQA_FILE = re.compile(r"# flake8[:=]\s*noqa", re.IGNORECASE)
_OURS = re.compile(r"HB[0-9]+[A-Z]?", re.IGNORECASE)

_DIRECTIVE = re.compile(r"#\s*handbook:\s*(?P<word>[\w-]*)", re.IGNORECASE)
_NEXT_COMMENT = re.compile(r"\s*#\s*[A-Za-z]")
_BRACKET = re.compile(r"\s*\[(?P<names>[^\]]*)\]")
_OPEN_BRACKET = re.compile(r"\s*\[\s*(?P<names>[\w-]+(?:\s*,\s*[\w-]+)*)\s*$")
_BARE_CODES = re.compile(r"[\s:(=]*(?P<names>HB[0-9]\w*(?:\s*,\s*HB[0-9]\w*)*)\)?", re.IGNORECASE)
_WORDS = ("ignore", "ignore-file")


@dataclass(slots=True)
class Name:
    """One code or slug in a comment, between two columns of its line.

    `code` is what flake8 makes of `text`: without the letters that follow a number.
    """

    text: str
    start: int
    end: int
    code: str
    used: bool = False


@dataclass(slots=True)
class Suppression:
    """One `# noqa` or directive: where it stands, what it names, and the lines it covers.

    No names stand for every rule.
    """

    line: int
    start: int
    end: int
    names: list[Name] = field(default_factory=list)
    is_noqa: bool = False
    first: int = 0
    last: int = 0

    def silences(self, violation: Violation) -> bool:
        """Whether a violation on a covered line is silenced; the names that do it are used."""
        hits = [
            name
            for name in self.names
            if violation.code.startswith(name.code)
            or (not self.is_noqa and violation.name == name.code)
        ]
        for name in hits:
            name.used = True
        return bool(hits) or not self.names


@dataclass(slots=True, frozen=True)
class _Malformed:
    line: int
    start: int
    end: int
    message: str
    mended: tuple[str, int, int, str] | None = None


@dataclass(slots=True, frozen=True)
class Stretch:
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


def tokens_of(lines: Sequence[str]) -> "list[TokenInfo]":
    """The tokens of Python's lines, none where the text has no end or is no Python."""
    import tokenize

    # A lone carriage return ends a line for Python, but not for its tokenizer.
    rows = iter([line.rstrip("\r\n") + "\n" for line in lines])
    try:
        return list(tokenize.generate_tokens(lambda: next(rows, "")))
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def stretches(tokens: "Sequence[TokenInfo]") -> Iterator[Stretch]:
    """Group lines as flake8 does: up to each line end that stands in no string."""
    import tokenize as t

    first, last, depth, within = 0, 0, 0, False
    comment: str | None = None
    for token in tokens:
        if token.type in (t.ENDMARKER, t.DEDENT):
            continue
        first = min(first or token.start[0], token.start[0])
        last = max(last, token.end[0])
        if token.type == t.COMMENT:
            comment = token.string
        elif token.type in (t.NL, t.NEWLINE):
            within = within and token.type == t.NL
            yield Stretch(first, last, comment, depth > 0, not within)
            first, last, comment = 0, 0, None
        elif token.type != t.INDENT:
            within = True
            depth += (token.type == t.FSTRING_START) - (token.type == t.FSTRING_END)


def parse_noqa(comment: str, line: int, column: int) -> Suppression | None:
    """The `# noqa` in a comment that starts at `column`: the first one, as for flake8."""
    found = _NOQA.search(comment)
    if found is None:
        return None
    start, end = found.start(), found.end()
    names: list[Name] = []
    if found["codes"] is not None:
        for code in re.finditer(r"[^,\s]+", found["codes"]):
            begin = found.start("codes") + code.start()
            end = begin + len(code[0])
            names.append(Name(code[0], column + begin, column + end, code[0]))
        tail = re.compile(r"\w*").match(comment, end)
        end = tail.end() if tail else end
        names[-1].text = comment[names[-1].start - column : end]
        names[-1].end = column + end
    return Suppression(line, column + start, column + end, names, is_noqa=True)


def _parse_directive(
    found: re.Match[str], comment: str, line: int, column: int, *, alone: bool
) -> Suppression | _Malformed | None:
    """A directive of ours; nothing where the words after `handbook:` are prose."""
    word, start, after = found["word"].lower(), found.start(), found.end()
    following = _NEXT_COMMENT.search(comment, after)
    end = following.start() if following else len(comment)
    rest = comment[after:end]
    bracket, bare = _BRACKET.match(rest), _BARE_CODES.match(rest)

    def malformed(message: str, mended: tuple[str, int, int, str] | None = None) -> _Malformed:
        if mended is not None:
            mended = (mended[0], column + mended[1], column + mended[2], mended[3])
        stop = start + len(comment[start:end].rstrip())
        return _Malformed(line, column + start, column + stop, message, mended)

    if word not in _WORDS:
        if bare is None and not rest.lstrip().startswith("["):
            return None
        near = _nearest(word, _WORDS)
        if near is None:
            return malformed(f"`{word}` is no directive; there are `ignore` and `ignore-file`")
        message = f"`{word}` is no directive; did you mean `{near[0]}`?"
        at = found.start("word")
        mended = (f"Write `{near[0]}`", at, found.end("word"), near[0])
        return malformed(message, mended if near[1] else None)
    if bracket is not None:
        base = column + after
        found_names = re.compile(r"[^,\s]+").finditer(rest, *bracket.span("names"))
        names = [
            Name(name[0], base + name.start(), base + name.end(), name[0]) for name in found_names
        ]
        if not names:
            return malformed(f"`{word}[]` names no rule")
        if word == "ignore-file" and not alone:
            return malformed("`ignore-file` counts only on a line of its own")
        return Suppression(line, column + start, column + end, names)
    if rest.lstrip().startswith("["):
        listed = _OPEN_BRACKET.match(rest)
        at = after + listed.end("names") if listed else 0
        return malformed(
            f"`{word}[` lacks its `]`", ("Close the bracket", at, at, "]") if listed else None
        )
    if bare is not None:
        mended = ("Add the brackets", after, after + bare.end(), f"[{bare['names']}]")
        return malformed(f"`{word}` needs brackets around the names of rules", mended)
    if word == "ignore":
        return malformed("`ignore` needs the names of rules in brackets: `ignore[…]`")
    if not alone:
        return malformed("`ignore-file` counts only on a line of its own")
    return Suppression(line, column + start, column + end)


def _nearest(text: str, pool: Sequence[str]) -> tuple[str, bool] | None:
    """The most similar name, and whether it alone can be meant."""
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(b=text.lower().replace("_", "-"), autojunk=False)
    ranked: list[tuple[float, str]] = []
    for name in pool:
        matcher.set_seq1(name.lower())
        if matcher.quick_ratio() >= 0.6:
            ranked.append((matcher.ratio(), name))
    ranked.sort(reverse=True)
    if not ranked or ranked[0][0] < 0.6:
        return None
    best, second = ranked[0][0], ranked[1][0] if len(ranked) > 1 else 0.0
    return ranked[0][1], best == 1 or (best >= 0.85 and best - second >= 0.1)


class Suppressions:
    """All suppression comments of one text, and which of them were of use."""

    def __init__(self, text: str) -> None:
        """Look for comments. A text that is no Python turns out to have none."""
        self._text = text
        self._is_read = False
        self._all: list[Suppression] = []
        self._directives: list[Suppression] = []
        self._malformed: list[_Malformed] = []
        self._noqa: dict[int, Suppression] = {}
        self._skips_file = False
        self._lines: Sequence[str] = ()
        # Most comments are for other tools, and a look at them spares the tokenizer.
        lowered = text.lower()
        self._may_direct = "handbook:" in lowered
        self._may_skip = "# flake8" in lowered and "noqa" in lowered
        self._may_silence = _bare_codes(text) if "# noqa" in lowered else frozenset()

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

    def problems(
        self, path: str, *, known: Mapping[str, str], ran: Container[str], noqa: bool = True
    ) -> list[Violation]:
        """HB001 and HB002 for this file, in order; to be asked for after `filter`.

        Args:
            path: of the file.
            known: the slug of the code of every rule.
            ran: the codes that ran; HB001 and HB002 are reported only if they are among them.
            noqa: as for `filter`.
        """
        if self._may_direct or any(map(_OURS.match, self._may_silence)):
            self._read()
        found: list[Violation] = []
        # What silences HB002 is of use, so that is settled before HB001.
        for (code, slug), check in ((INVALID, self._invalid), (UNUSED, self._unused)):
            if code in ran:
                reports = [
                    Violation(
                        path, code, slug, message, span,
                        fixes=(fix,) if fix else (), noqa_line=span.start.line,
                    )
                    for message, span, fix in check(known, ran)
                ]  # fmt: skip
                found += self.filter(reports, noqa=noqa)
        return sorted(found, key=lambda violation: violation.sort_key)

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

    def _read_noqa(self, tokens: "Sequence[TokenInfo]") -> None:
        for stretch in stretches(tokens):
            found = None
            if stretch.comment is not None:
                column = self._column(stretch.last, stretch.comment)
                found = parse_noqa(stretch.comment, stretch.last, column)
                self._skips_file |= self._stands_alone(stretch.last, column) and bool(
                    _NOQA_FILE.match(stretch.comment)
                )
            if found is not None:
                self._all.append(found)
            for line in range(stretch.first, stretch.last + 1):
                # A later stretch takes a shared line over, as it does in flake8.
                if found is not None:
                    self._noqa[line] = found
                else:
                    self._noqa.pop(line, None)

    def _read_directives(self, tokens: "Sequence[TokenInfo]") -> None:
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
        for start in _DIRECTIVE.finditer(comment):
            parsed = _parse_directive(start, comment, line, column, alone=alone)
            if isinstance(parsed, _Malformed):
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

    def _invalid(
        self, known: Mapping[str, str], ran: Container[str]
    ) -> Iterable[tuple[str, Span, Fix | None]]:
        for bad in self._malformed:
            fix = None
            if bad.mended is not None:
                message, start, end, text = bad.mended
                fix = Fix(message, (Edit(Span.of(bad.line, start, bad.line, end), text),))
            yield bad.message, Span.of(bad.line, bad.start, bad.line, bad.end), fix
        for suppression, _, name in self._our_names():
            if _codes_of(name.text, suppression.is_noqa, known):
                continue
            span = Span.of(suppression.line, name.start, suppression.line, name.end)
            pool = [*known] if suppression.is_noqa else [*known, *known.values()]
            near = _nearest(name.text, pool)
            message, fix = f"no rule is called `{name.text}`", None
            if near is not None:
                message = f"{message}; did you mean `{near[0]}`?"
                if near[1]:
                    fix = Fix(f"Write `{near[0]}`", (Edit(span, near[0]),))
            yield message, span, fix

    def _unused(
        self, known: Mapping[str, str], ran: Container[str]
    ) -> Iterable[tuple[str, Span, Fix | None]]:
        for suppression, index, name in self._our_names():
            codes = _codes_of(name.text, suppression.is_noqa, known)
            # Who silences HB001 would silence this report too.
            itself = UNUSED[0].startswith(name.code) or UNUSED[1] == name.code
            if name.used or itself or not codes or not all(code in ran for code in codes):
                continue
            edit = self._removal(suppression, index)
            fix = Fix(f"Remove `{name.text}`", (edit,)) if edit else None
            span = Span.of(suppression.line, name.start, suppression.line, name.end)
            yield f"`{name.text}` silences nothing here", span, fix

    def _our_names(self) -> Iterator[tuple[Suppression, int, Name]]:
        """Every name that is not another tool's, with its place among the names."""
        for suppression in self._all:
            for index, name in enumerate(suppression.names):
                if not suppression.is_noqa or _OURS.fullmatch(name.text):
                    yield suppression, index, name

    def _removal(self, suppression: Suppression, index: int) -> Edit | None:
        """The edit that takes out one name, and with the only name all that was for it."""
        line, names = suppression.line, suppression.names
        row = self._lines[line - 1]
        content = row.rstrip("\r\n")
        if index + 1 < len(names):
            return Edit(Span.of(line, names[index].start, line, names[index + 1].start), "")
        if len(names) > 1:
            return Edit(Span.of(line, names[index - 1].end, line, names[index].end), "")
        before, after = content[: suppression.start], content[suppression.end :]
        rest = after.lstrip(" \t,:;-")
        if rest:
            # Words after the codes may be anyone's, and what is left must not get a new meaning.
            left = rest if rest.startswith("#") else f"# {rest}"
            if _NOQA_FILE.match(left) or (suppression.is_noqa and _NOQA.search(left)):
                return None
            if left != rest and re.match(r"# \w*[a-z][\w-]*:|# HANDBOOK:", left):
                return None
            end = len(content) - len(rest)
            new = left.removesuffix(rest)
            return Edit(Span.of(line, suppression.start, line, end), new)
        if not before.strip() and row != content:
            return Edit(Span.of(line, 0, line + 1, 0), "")
        return Edit(Span.of(line, len(before.rstrip()), line, len(content)), "")


def _bare_codes(text: str) -> frozenset[str]:
    """The codes of all that looks like a `# noqa`, in strings too; `""` where there are none."""
    rows = re.findall(r"# noqa[^\r\n]*", text, re.IGNORECASE)
    lists = [found["codes"] or "" for row in rows for found in _NOQA.finditer(row)]
    return frozenset(code for codes in lists for code in re.findall(r"[^,\s]+|^$", codes))


def _codes_of(text: str, is_noqa: bool, known: Mapping[str, str]) -> list[str]:
    """The codes that a name stands for: as a code, as the start of codes, or as a slug."""
    return [
        code
        for code, slug in known.items()
        if code.startswith(text) or (not is_noqa and slug == text)
    ]
