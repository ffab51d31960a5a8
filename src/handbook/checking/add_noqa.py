"""Write `# noqa` comments that silence what is reported now."""

import re
from collections.abc import Sequence

from handbook.suppressions import Suppressions, parse_noqa
from handbook.syntax.text import split_lines
from handbook.syntax.tokens import stretches, tokens_of
from handbook.violation import Violation

_OURS = re.compile(r"HB[0-9]+[A-Z]?")
# flake8 reads no letter after the number, and nothing after such a letter.
_SPELLABLE = re.compile(r"[A-Z]+[0-9]+", re.IGNORECASE)
_CODING = re.compile(r"[ \t\f]*#.*?coding[:=]")


def add_noqa(text: str, violations: Sequence[Violation], reason: str = "") -> str:
    """Silence violations by comments.

    Args:
        text: of the file that the violations are about.
        violations: those that a comment already silences are left out.
        reason: why they are silenced; it follows the codes where nothing else does.

    Returns the text with a `# noqa: CODES` at the end of each line that needs one, joined with
    the codes that already stand there. A violation within an f-string of many lines, where no
    such comment can stand, is silenced by `# handbook: ignore[CODES]` at the end of the
    statement; one on a `#!` line by `# handbook: ignore-file[CODES]` below it. A text that is
    no Python is returned as it is.
    """
    reason = " ".join(reason.split())
    lines = split_lines(text) or [""]
    places = _Places(lines)
    codes: dict[int, set[str]] = {}
    directives: dict[int, set[str]] = {}
    for violation in Suppressions(text).filter(violations):
        line = violation.noqa_line
        if line in places.directive_ends:
            directives.setdefault(places.directive_ends[line], set()).add(violation.code)
        elif line in places.ends:
            found = _SPELLABLE.match(violation.code)
            code = found[0] if found else violation.code
            codes.setdefault(places.ends[line], set()).add(code)
    whole_file = codes.pop(1, set()) if lines[0].startswith("#!") else set()
    for line in codes.keys() | directives.keys():
        content = lines[line - 1].rstrip("\r\n")
        end = lines[line - 1][len(content) :]
        if line in codes:
            content = _with_codes(content, places.comments.get(line, ""), codes[line], reason)
        if line in directives:
            mark = f"# handbook: ignore[{', '.join(sorted(directives[line]))}]"
            content = _append(content, mark, reason)
        lines[line - 1] = content + end
    if whole_file:
        mark = f"# handbook: ignore-file[{', '.join(sorted(whole_file))}]"
        _insert_line(lines, _append("", mark, reason))
    return "".join(lines)


class _Places:
    """Where comments can go, for each line of a text.

    Attributes:
        ends: the line whose trailing `# noqa` covers a line.
        directive_ends: the last line of the statement, where no `# noqa` can cover a line.
        comments: the comment at the end of a line.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self.ends: dict[int, int] = {}
        self.directive_ends: dict[int, int] = {}
        self.comments: dict[int, str] = {}
        waiting: list[int] = []
        for stretch in stretches(tokens_of(lines)):
            covered = range(stretch.first, stretch.last + 1)
            if stretch.in_string:
                waiting += covered
            else:
                self.ends.update(dict.fromkeys(covered, stretch.last))
            if stretch.ends:
                self.directive_ends.update(dict.fromkeys(waiting, stretch.last))
                waiting.clear()
            if stretch.comment is not None:
                self.comments[stretch.last] = stretch.comment


def _with_codes(content: str, comment: str, codes: set[str], reason: str) -> str:
    """A line with codes silenced, in the list that it has or in a new comment."""
    found = parse_noqa(comment, 0, len(content) - len(comment)) if comment else None
    if found is None or not found.names:
        return _append(content, f"# noqa: {', '.join(sorted(codes))}", reason)
    others = [name.text for name in found.names if not _OURS.fullmatch(name.text)]
    ours = {name.text for name in found.names if _OURS.fullmatch(name.text)} | codes
    last = found.names[-1]
    listed = [*others, *sorted(ours)]
    if last.text != last.code:
        # flake8 stops reading at such a name, so it has to stay the last one.
        listed = [*sorted(ours - {last.text}), *others]
        listed = [*(name for name in listed if name != last.text), last.text]
    rest = content[last.end :]
    before = content[: found.names[0].start] + ", ".join(listed)
    if reason and (not rest.strip() or rest.lstrip().startswith("#")):
        return _with_reason(before, reason) + rest.rstrip()
    return before + rest


def _append(content: str, mark: str, reason: str) -> str:
    content = content.rstrip()
    mark = _with_reason(mark, reason) if reason else mark
    return f"{content}  {mark}" if content else mark


def _with_reason(mark: str, reason: str) -> str:
    # A reason such as `PEP8 …` would be read as one more code.
    separator = " - " if _SPELLABLE.match(reason) else " "
    return f"{mark}{separator}{reason}" if reason else mark


def _insert_line(lines: list[str], line: str) -> None:
    """Put a comment line below a `#!` line, which can hold no comment, and a coding line."""
    end = lines[0][len(lines[0].rstrip("\r\n")) :]
    at = 2 if len(lines) > 1 and _CODING.match(lines[1]) else 1
    if not lines[at - 1].endswith(("\r", "\n")):
        lines[at - 1] += "\n"
    lines.insert(at, line + (end or "\n"))
