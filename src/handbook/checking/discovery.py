"""Finds the files to check below the paths that a user names."""

import os
import re
import stat
import warnings
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from handbook.config import ConfigError, Configuration, Settings
from handbook.config.globs import excludes

SOURCE_SUFFIXES: tuple[str, ...] = (".py", ".pyi")


_LONGEST_IGNORE_FILE = 1_000_000
"""What comes behind so many characters of a `.gitignore` is not read."""
_MOST_STARS = 3
"""A name in a `.gitignore` with more `*` takes too long to match: no notice is taken of its line."""
_GROUP_NAME: re.Pattern[str] = re.compile(r"\(\?P<\w+>")


class DiscoveryError(Exception):
    """A path that is not there; its text is one sentence for the user."""


class SourcePath(NamedTuple):
    """A file to check, or a place that could not be looked at: then `problem` says why."""

    path: Path
    """The path as the user wrote it, continued: what reports show."""
    settings: Settings
    root: Path
    """The root of the file's project, an absolute path."""
    problem: str | None = None

    @property
    def relative(self) -> str:
        """The path below the project's root, with `/`: what roles are told by."""
        return os.path.relpath(self.path, self.root).replace(os.sep, "/")


type Walked = dict[Path, dict[str, SourcePath]]
"""For the root of each project that was walked through from there or above: what lies in it."""


def discover(
    paths: Sequence[Path],
    configuration: Configuration,
    walked: Walked | None = None,
    *,
    lenient: bool = False,
) -> list[SourcePath]:
    """Return the files below `paths` that are to be checked, sorted by path, each real file once.

    What is named in `paths` itself is always looked at, whatever it is called, unless it is
    excluded and `force-exclude` is set. Links to folders are not followed below a named one. Broken
    links and unreadable folders come back with a `problem`. Raises `DiscoveryError` for a path that
    does not exist, and `ConfigError` for a broken configuration on the way.

    `walked` is filled with what was found in whole projects. A `lenient` search passes over folders
    with a broken configuration: each is a project of its own, and another one may be asked about.
    """
    found: dict[str, SourcePath] = {}
    for path in paths:
        within = os.path.join(os.path.abspath(path), "")
        for real, source in _named(path, configuration, lenient):
            _take(found, real, source)
            if walked is not None and f"{source.root}{os.sep}".startswith(within):
                _take(walked.setdefault(source.root, {}), real, source)
    _leave_to_inner(walked or {})
    return sorted(found.values(), key=lambda source: str(source.path))


def _take(found: dict[str, SourcePath], real: str, source: SourcePath) -> None:
    """Take a file in, or another name of one, if that is the better name."""
    if real not in found or _name_rank(source) < _name_rank(found[real]):
        found[real] = source


def _leave_to_inner(walked: Walked) -> None:
    """Leave out of a project what a project within it has under a better name."""
    for root, files in walked.items():
        for around in (walked[above] for above in root.parents if above in walked):
            for real in around.keys() & files.keys():
                if _name_rank(files[real]) < _name_rank(around[real]):
                    del around[real]


def is_source(name: str) -> bool:
    """Tell whether a file of this name is looked for below folders."""
    return name.endswith(SOURCE_SUFFIXES)


def _name_rank(source: SourcePath) -> tuple[bool, str]:
    """Order the names of one file: the one that is no link comes first."""
    return os.path.islink(source.path), str(source.path)


type _Found = tuple[str, SourcePath]
"""The real path of a file, by which it is known, and the file."""


def _named(path: Path, configuration: Configuration, lenient: bool) -> Iterator[_Found]:
    """Yield what is to be checked of a path that the user named."""
    absolute = os.path.abspath(path)
    folder = Path(absolute).parent
    settings = configuration.for_folder(folder)
    if settings.force_exclude and excludes(settings).match_upwards(absolute, str(settings.root)):
        return
    problem: str | None = None
    try:
        mode = os.stat(path).st_mode
        is_folder = stat.S_ISDIR(mode)
        if not is_folder and not stat.S_ISREG(mode):
            problem = "is no regular file"
    except OSError as error:
        is_folder = False
        if isinstance(error, FileNotFoundError | NotADirectoryError) and not os.path.islink(path):
            raise DiscoveryError(_missing(path)) from None
        problem = _problem(path, error)
    if is_folder:
        yield from _walk(path, configuration, lenient)
    else:
        source = SourcePath(path, settings, configuration.root_of(folder), problem)
        yield os.path.realpath(path), source


class _IgnoreFile(NamedTuple):
    """What one `.gitignore` says about everything below `base`, which ends in a slash."""

    base: str
    rules: tuple[tuple[re.Pattern[str], bool], ...]
    """Patterns of paths below `base`, the last lines first, and whether they ignore or keep."""


class _Folder(NamedTuple):
    """A folder to walk through: as the user sees it, without links, and what git ignores in it."""

    path: str
    real: str
    ignores: tuple[_IgnoreFile, ...]


def _walk(path: Path, configuration: Configuration, lenient: bool) -> Iterator[_Found]:
    ignores = _ignores_above(os.path.abspath(path), configuration)
    folders = [_Folder(str(path), os.path.realpath(path), ignores)]
    while folders:
        folder = folders.pop()
        try:
            settings = configuration.for_folder(folder.path)
        except ConfigError:
            if lenient:
                continue
            raise
        try:
            with os.scandir(folder.path) as scan:
                entries = list(scan)
        except OSError as error:
            of_folder = Path(folder.path)
            root = configuration.root_of(of_folder)
            problem = _problem(of_folder, error)
            yield folder.real, SourcePath(of_folder, settings, root, problem)
            continue
        for entry, inner in _sifted(folder, entries, settings):
            if inner is not None:
                folders.append(inner)
                continue
            path_of_entry = Path(folder.path, entry.name)
            real = os.path.join(folder.real, entry.name)
            problem_of_entry = None
            if entry.is_symlink():
                real = os.path.realpath(real)
                try:
                    if not stat.S_ISREG(os.stat(real).st_mode):
                        continue
                except OSError as error:
                    problem_of_entry = _problem(path_of_entry, error)
            root = configuration.root_of(folder.path)
            yield real, SourcePath(path_of_entry, settings, root, problem_of_entry)


def _sifted(
    folder: _Folder, entries: list[os.DirEntry[str]], settings: Settings
) -> Iterator[tuple[os.DirEntry[str], _Folder | None]]:
    """Yield the files and links to check in a folder, and the folders to walk through."""
    excluded = excludes(settings)
    prefix = os.path.join(os.path.abspath(folder.path), "")
    ignores = _ignores_in(folder.ignores, prefix, entries) if settings.respect_gitignore else ()
    for entry in entries:
        is_folder = entry.is_dir(follow_symlinks=False)
        # A pipe or a socket called `*.py` is passed over: opening it could wait for ever.
        is_candidate = is_source(entry.name) and (
            entry.is_file(follow_symlinks=False) or entry.is_symlink()
        )
        if not (is_folder or is_candidate):
            continue
        absolute = prefix + entry.name
        if excluded.match(absolute, entry.name) or _is_ignored(ignores, absolute, is_folder):
            continue
        inner = None
        if is_folder:
            real = os.path.join(folder.real, entry.name)
            shown = entry.name if folder.path == "." else os.path.join(folder.path, entry.name)
            inner = _Folder(shown, real, ignores)
        yield entry, inner


def _ignores_above(folder: str, configuration: Configuration) -> tuple[_IgnoreFile, ...]:
    """Return what git says about `folder` from above: none of it if the folder itself is ignored.

    Without a repository, the project's root takes its place: the same files are checked in an
    unpacked archive.
    """
    lineage = [folder, *map(str, Path(folder).parents)]
    repository = next((above for above in lineage if _is_repository(above)), None)
    top = repository or str(configuration.root_of(Path(folder)))
    if top not in lineage:  # There is no project either.
        return ()
    depth = lineage.index(top)
    ignores = _own_ignores(top) if repository else ()
    for outer in reversed(lineage[1 : depth + 1]):
        ignores = (*ignores, *_read_ignores(os.path.join(outer, ".gitignore"), outer))
    if any(_is_ignored(ignores, inner, is_folder=True) for inner in lineage[:depth]):
        return ()
    return ignores


def _ignores_in(
    ignores: tuple[_IgnoreFile, ...], folder: str, entries: list[os.DirEntry[str]]
) -> tuple[_IgnoreFile, ...]:
    """Add to `ignores` what `folder` itself says; a repository within another one starts anew."""
    names = {entry.name for entry in entries if entry.name in (".git", ".gitignore")}
    if ".git" in names:
        ignores = _own_ignores(folder)
    if ".gitignore" in names:
        ignores = (*ignores, *_read_ignores(folder + ".gitignore", folder))
    return ignores


def _is_repository(folder: str) -> bool:
    return os.path.exists(os.path.join(folder, ".git"))


def _own_ignores(repository: str) -> tuple[_IgnoreFile, ...]:
    return _read_ignores(os.path.join(repository, ".git", "info", "exclude"), repository)


def _read_ignores(file: str, base: str) -> tuple[_IgnoreFile, ...]:
    try:
        # Opening a pipe could wait for ever, and some devices never end.
        if not stat.S_ISREG(os.stat(file).st_mode):
            return ()
        with open(file, encoding="utf-8-sig", errors="surrogateescape") as stream:
            lines = stream.read(_LONGEST_IGNORE_FILE).split("\n")
    except OSError:  # As git does, which ignores nothing then.
        return ()
    rules = [rule for line in reversed(lines) if (rule := _ignore_rule(line))]
    # Lines that follow each other and do the same are one expression: it is asked of each path.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        merged = tuple(
            (re.compile("|".join(expression for expression, _ in alike), re.DOTALL), ignored)
            for ignored, alike in groupby(rules, key=lambda rule: rule[1])
        )
    return (_IgnoreFile(os.path.join(base, ""), merged),)


def _ignore_rule(line: str) -> tuple[str, bool] | None:
    """Return what a line of a `.gitignore` is about, and whether it ignores that or keeps it."""
    if not line.strip() or line.startswith("#"):
        return None
    if line.count("**") > _MOST_STARS or any(
        part.count("*") > _MOST_STARS for part in line.split("/")
    ):
        return None
    from pathspec import GitIgnoreSpec

    with warnings.catch_warnings():
        # Python's expressions may give `[[a]` another meaning one day: ignore files do not.
        warnings.simplefilter("ignore")
        try:
            for pattern in GitIgnoreSpec.from_lines([line]).patterns:
                if pattern.include is not None and pattern.regex is not None:
                    # Pathspec's expression finds all that lies in a folder that matches. A walk
                    # asks about each folder on the way, so only a match of the whole path counts.
                    end = "." if line.rstrip().endswith("/**") else r"\Z"
                    # A group may have a name only once in an expression.
                    inner = _GROUP_NAME.sub("(?:", pattern.regex.pattern)
                    whole = f"(?:{inner}){end}"
                    re.compile(whole, re.DOTALL)
                    return whole, pattern.include
        except (ValueError, re.error):
            pass  # Git takes no notice of a line that makes no sense.
    return None


def _is_ignored(ignores: tuple[_IgnoreFile, ...], absolute: str, is_folder: bool) -> bool:
    """Tell whether git ignores a path in folders that it does not ignore: the last match decides."""
    for ignore in reversed(ignores):
        relative = absolute[len(ignore.base) :] + ("/" if is_folder else "")
        for pattern, ignored in ignore.rules:
            if pattern.search(relative):
                return ignored
    return False


def _problem(path: Path, error: OSError) -> str:
    if os.path.islink(path) and isinstance(error, FileNotFoundError):
        return "the link points to nothing"
    return f"cannot be read: {error.strerror}"


def _missing(path: Path) -> str:
    """Say that `path` does not exist, with the nearest name where its folder has one."""
    from difflib import get_close_matches

    present = path
    missing = path.name
    while not os.path.isdir(present) and present != present.parent:
        missing, present = present.name, present.parent
    try:
        names = sorted(os.listdir(present))
    except OSError:
        names = []
    message = f"`{path}` does not exist"
    if close := get_close_matches(missing, names, n=1):
        message += f"; did you mean `{present / close[0]}`?"
    return message
