"""What a suppression comment says: its names and where they stand, or what is wrong with it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from handbook.violation import Violation

# The two expressions of flake8: what it does not read as a list of codes silences everything.
NOQA = re.compile(r"# noqa(?::\s?(?P<codes>(?:[A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
NOQA_FILE = re.compile(r"# flake8[:=]\s*noqa", re.IGNORECASE)
# Ruff reads this, flake8 does not, and so nor do we.
_CRAMPED_NOQA = re.compile(r"#(?! noqa)\s*noqa(?=\s*:\s*HB[0-9])", re.IGNORECASE)
DIRECTIVE = re.compile(r"#\s*handbook:\s*(?P<word>[\w-]*)", re.IGNORECASE)

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
class Malformed:
    """A directive that cannot be read: `mended` is a message, two columns and the text between."""

    line: int
    start: int
    end: int
    message: str
    mended: tuple[str, int, int, str] | None = None


def parse_noqa(comment: str, line: int, column: int) -> Suppression | None:
    """The `# noqa` in a comment that starts at `column`: the first one, as for flake8."""
    found = NOQA.search(comment)
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


def parse_cramped_noqa(comment: str, line: int, column: int) -> Malformed | None:
    """A `#noqa: HB…`, in a comment that starts at `column`, that would need its one space."""
    found = _CRAMPED_NOQA.search(comment)
    if found is None:
        return None
    start, end = column + found.start(), column + found.end()
    message = f"`{found[0]}` is not read: write `# noqa`, with one space"
    return Malformed(line, start, end, message, ("Write `# noqa`", start, end, "# noqa"))


def parse_directive(
    found: re.Match[str], comment: str, line: int, column: int, *, alone: bool
) -> Suppression | Malformed | None:
    """A directive of ours; nothing where the words after `handbook:` are prose."""
    word, start, after = found["word"].lower(), found.start(), found.end()
    following = _NEXT_COMMENT.search(comment, after)
    end = following.start() if following else len(comment)
    rest = comment[after:end]
    bracket, bare = _BRACKET.match(rest), _BARE_CODES.match(rest)

    def malformed(message: str, mended: tuple[str, int, int, str] | None = None) -> Malformed:
        if mended is not None:
            mended = (mended[0], column + mended[1], column + mended[2], mended[3])
        stop = start + len(comment[start:end].rstrip())
        return Malformed(line, column + start, column + stop, message, mended)

    if word not in _WORDS:
        if bare is None and not rest.lstrip().startswith("["):
            return None
        near = nearest(word, _WORDS)
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


def nearest(text: str, pool: Sequence[str]) -> tuple[str, bool] | None:
    """The most similar name, and whether it alone can be meant."""
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(b=text.lower().replace("_", "-"), autojunk=False)
    ranked: list[tuple[float, str]] = []
    for name in pool:
        matcher.set_seq1(name.lower())
        if matcher.quick_ratio() >= 0.6:
            ranked.append((matcher.ratio(), name))
    ranked.sort(key=lambda one: (-one[0], one[1]))
    if not ranked or ranked[0][0] < 0.6:
        return None
    best, second = ranked[0][0], ranked[1][0] if len(ranked) > 1 else 0.0
    return ranked[0][1], best == 1 or (best >= 0.85 and best - second >= 0.1)
