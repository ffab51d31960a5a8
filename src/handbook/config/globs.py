"""Globs of files as ruff matches them: `*` crosses folders, a glob without `/` is about names."""

import os
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from handbook.config.errors import ConfigError
from handbook.config.settings import Settings

_TOKEN: re.Pattern[str] = re.compile(
    r"/\*\*/|^\*\*/|/\*\*$|\*+|\?|\[!?\]?[^\]]*\]|[{},]|\\.|.", re.DOTALL
)


_MOST_CHOICES = 256


class Globs:
    """Globs that belong to the folder `root`, an absolute path.

    Raises `ConfigError` for a glob that makes no sense, such as one with an open brace.
    """

    def __init__(self, globs: Iterable[str], root: str) -> None:
        names: list[str] = []
        paths: list[str] = []
        for glob in globs:
            glob = glob.removesuffix("/")
            if "/" in glob:
                base = "" if glob.startswith("/") else re.escape(root.rstrip("/")) + "/"
                paths.append(base + _translate(glob.removeprefix("./")))
            else:
                names.append(_translate(glob))
        self._name = _compile(names)
        self._path = _compile(paths)

    def match(self, path: str, name: str) -> bool:
        """Tell whether one of the globs matches: `path` is absolute, `name` is its last part."""
        return bool(
            (self._name and self._name.fullmatch(name))
            or (self._path and self._path.fullmatch(path))
        )

    def match_upwards(self, path: str, root: str) -> bool:
        """Tell whether `path`, or one of the folders around it below `root`, matches."""
        while path != root:
            parent, name = os.path.split(path)
            if self.match(path, name):
                return True
            if parent == path:
                break
            path = parent
        return False


@lru_cache(maxsize=256)
def compiled(globs: tuple[str, ...], root: str) -> Globs:
    """Return `Globs(globs, root)`, made once."""
    return Globs(globs, root)


def excludes(settings: Settings) -> Globs:
    """Return the globs of what `settings` leave out."""
    return compiled((*settings.exclude, *settings.extend_exclude), str(settings.root))


def ignored_in(settings: Settings, path: Path) -> tuple[str, ...]:
    """Return the selectors of the rules that `per-file-ignores` turns off in the file at `path`."""
    absolute = os.path.abspath(path)
    selectors: list[str] = []
    for glob, ignored in settings.per_file_ignores.items():
        globs = compiled((glob.removeprefix("!"),), str(settings.root))
        if globs.match(absolute, path.name) != glob.startswith("!"):
            selectors.extend(ignored)
    return tuple(selectors)


def _compile(expressions: list[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(expressions), re.DOTALL) if expressions else None


def _translate(glob: str) -> str:
    """Turn a glob into a regular expression; raises `ConfigError` if it cannot be one."""
    expressions = [_expression(tokens) for tokens in _Expansion(glob).all()]
    expression = f"(?:{'|'.join(expressions)})"
    try:
        re.compile(expression)
    except re.error:
        raise _meaningless(glob) from None
    return expression


def _meaningless(glob: str) -> ConfigError:
    return ConfigError(f"`{glob}` is not a glob such as `tests/**` or `*_[a-z].{{py,pyi}}`")


class _Expansion:
    """Writes a glob out as globs without braces and `**/`, in which `*` crosses folders."""

    def __init__(self, glob: str) -> None:
        self._glob = glob
        self._tokens: list[str] = _TOKEN.findall(glob)
        self._place = 0

    def all(self) -> list[list[str]]:
        """The tokens of each of these globs."""
        return self._sequence(within=False)[0]

    def _sequence(self, *, within: bool) -> tuple[list[list[str]], str]:
        """Read up to the end, or `within` braces up to a comma or the brace that closes them."""
        found: list[list[str]] = [[]]
        while self._place < len(self._tokens):
            token = self._tokens[self._place]
            self._place += 1
            if within and token in ("}", ","):
                return found, token
            match token:
                case "{":
                    choices = self._braces()
                case "/**/":
                    choices = [["/"], ["/", "*", "/"]]
                case "**/":
                    choices = [[], ["*", "/"]]
                case "/**":
                    choices = [["/", "*"]]
                case _:
                    choices = [["*" if token.startswith("*") else token]]
            if len(found) * len(choices) > _MOST_CHOICES:
                raise ConfigError(
                    f"`{self._glob[:60]}` stands for more than {_MOST_CHOICES} globs"
                )
            found = [[*before, *choice] for before in found for choice in choices]
        if within:
            raise _meaningless(self._glob)
        return found, ""

    def _braces(self) -> list[list[str]]:
        found: list[list[str]] = []
        end = ","
        while end == ",":
            more, end = self._sequence(within=True)
            found += more
        return found


def _expression(tokens: list[str]) -> str:
    """A regular expression that never tries another place for what stands between two `*`.

    The first place where it fits is as good as any later one, so matching takes linear time.
    """
    parts: list[list[str]] = [[]]
    for sign in tokens:
        if sign == "*":
            parts.append([])
        else:
            parts[-1].append(_single(sign))
    fixed = ["".join(part) for part in parts]
    if len(fixed) == 1:
        return fixed[0]
    first, *middle, last = fixed
    return f"{first}{''.join(f'(?>.*?{part})' for part in middle if part)}.*{last}"


def _single(sign: str) -> str:
    """The expression of what stands for one character."""
    if sign == "?":
        return "."
    if sign.startswith("[") and len(sign) > 2:
        start = 2 if sign[1] == "!" else 1
        choices = re.escape(sign[start:-1]).replace(r"\-", "-").replace("--", r"-\-")
        return f"[{'^' if start == 2 else ''}{choices}]"
    return re.escape(sign[-1])
