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
    pieces: list[str] = []
    depth = 0
    for token in _TOKEN.findall(glob):
        match token:
            case "/**/":
                pieces.append("/(?:.*/)?")
            case "**/":
                pieces.append("(?:.*/)?")
            case "/**":
                pieces.append("/.*")
            case "?":
                pieces.append(".")
            case "{":
                depth += 1
                pieces.append("(?:")
            case "}" if depth:
                depth -= 1
                pieces.append(")")
            case "," if depth:
                pieces.append("|")
            case _ if token.startswith("*"):
                pieces.append(".*")
            case _ if token.startswith("[") and len(token) > 2:
                start = 2 if token[1] == "!" else 1
                choices = re.escape(token[start:-1]).replace(r"\-", "-").replace("--", r"-\-")
                pieces.append(f"[{'^' if start == 2 else ''}{choices}]")
            case _:
                pieces.append(re.escape(token[-1]))
    expression = f"(?:{''.join(pieces)})"
    try:
        re.compile(expression)
    except re.error:
        raise ConfigError(
            f"`{glob}` is not a glob such as `tests/**` or `*_[a-z].{{py,pyi}}`"
        ) from None
    return expression
