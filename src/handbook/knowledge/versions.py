"""Which versions of FastAPI and Pydantic a project says that it runs with."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from handbook.python.project.project import Project

type Version = tuple[int, int]
"""The first two numbers of a version: what matters to a rule has never come with a third."""

_SAYS = re.compile(
    r"pyproject\.toml|setup\.(?:py|cfg)|Pipfile|(?:.*[-_.])?(?:requirements|constraints)(?:[-_.].*)?"
    r"\.(?:txt|in)|(?:uv|poetry|pdm)\.lock|[\w-]+\.txt"
)
_FLOOR = re.compile(r"(?:>=|==|~=|\^|>)\s*(\d+)(?:\.(\d+))?")
_PINNED = re.compile(r"(?:==|\^)\s*(\d+)(?:\.(\d+))?|~=\s*(\d+)\.(\d+)\.\d")
_COMPATIBLE = re.compile(r"~=\s*(\d+)\.\d+(?![\d.])")
_BELOW = re.compile(r"<\s*(\d+)(?:\.(\d+))?")


@dataclass(slots=True, frozen=True)
class Versions:
    """The versions of a library that a project admits.

    Attributes:
        floor: the lowest one; `None` where the project does not say.
        ceiling: the lowest one above all of them; `None` where the project does not say.
    """

    floor: Version | None = None
    ceiling: Version | None = None


def fastapi_versions(project: Project) -> Versions:
    """What `pyproject.toml`, or else `requirements.txt`, says of FastAPI."""
    return project.fact("versions of fastapi", lambda: _find(project, "fastapi", "fastapi-slim"))


def pydantic_versions(project: Project) -> Versions:
    """What they say of Pydantic."""
    return project.fact("versions of pydantic", lambda: _find(project, "pydantic"))


def _find(project: Project, *names: str) -> Versions:
    for text in _requirements(project, names):
        floor, ceiling = _FLOOR.search(text), _ceiling(text)
        if floor is not None or ceiling is not None:
            return Versions(_version(floor) if floor is not None else None, ceiling)
    return Versions()


def _ceiling(text: str) -> Version | None:
    if (pinned := _PINNED.search(text)) is not None:
        major, minor = _version(pinned)
        return (major, minor + 1) if major == 0 else (major + 1, 0)
    if (compatible := _COMPATIBLE.search(text)) is not None:
        return int(compatible[1]) + 1, 0
    below = _BELOW.search(text)
    return _version(below) if below is not None else None


def _version(found: re.Match[str]) -> Version:
    major, minor = [*filter(None, found.groups()), "0"][:2]
    return int(major), int(minor)


def _requirements(project: Project, names: Sequence[str]) -> Iterator[str]:
    """Each requirement of a library, as it is written."""
    try:
        table = tomllib.loads(_read(project, "pyproject.toml"))
    except tomllib.TOMLDecodeError:
        table = {}
    listed = table.get("project", {}).get("dependencies", [])
    lines = [str(line) for line in listed] if isinstance(listed, list) else []
    poetry = table.get("tool", {}).get("poetry", {}).get("dependencies", {})
    for name in names:
        if name in poetry:
            version = str(poetry[name])
            # A version alone is that one.
            yield f"=={version}" if version[:1].isdigit() else version
    is_one = re.compile(rf"\s*(?:{'|'.join(names)})(?![\w.-])", re.IGNORECASE)
    for line in (*lines, *_read(project, "requirements.txt").splitlines()):
        if is_one.match(line):
            yield line


def _read(project: Project, name: str) -> str:
    return project.read_other(os.path.join(project.root, name))


def admits_older(project: Project, path: str, needs: Mapping[str, Version]) -> bool:
    """Whether something says that code of a file also runs with an older version than is needed.

    Asked are all requirement, constraint, setup and lock files between the file and the root of
    its project; `python` stands for the interpreter. What nobody says is taken for the newest.
    """
    return any(
        version < needed
        for library, needed in needs.items()
        for version in _lowest(project, os.path.dirname(path), library)
    )


def _lowest(project: Project, folder: str, library: str) -> Sequence[Version]:
    """The lowest version of a library that each statement about it lets in."""

    def find() -> list[Version]:
        found = [
            version for text in _statements(project, folder) for version in _read_in(text, library)
        ]
        above = os.path.dirname(folder)
        if folder != project.root and above.startswith(project.root):
            found += _lowest(project, above, library)
        return found

    return project.fact(("lowest version", folder, library), find)


def _statements(project: Project, folder: str) -> Iterator[str]:
    """The texts of the files of a folder that say what a project needs."""
    for below in (folder, os.path.join(folder, "requirements")):
        for name in (*project.names_in(below), "setup.py"):
            if _SAYS.fullmatch(name) and (below == folder or name.endswith(".txt")):
                yield project.read_other(os.path.join(below, name))


def _read_in(text: str, library: str) -> Iterator[Version]:
    """The lowest versions that a text lets in of a library."""
    name = re.escape(library).replace(r"\-", "[-_.]")
    if library == "python":
        name = r"(?:requires[-_]python|python_requires|python)"
    stated = rf"""(?im)^[^#\n]*?(?<![\w.-]){name}(?:\[[^\]]*\])?["']?\s*(?P<said>
        =?\s*\{{[^}}\n]*version\s*=\s*["'][^"'\n]+|[=:]\s*["'][^"'\n]+|(?:[=~<>!^]=?=?\s*[\d.*]+\s*,?\s*)+)"""
    for found in re.finditer(re.sub(r"\n\s+", "", stated), text):
        yield from _floor_of(found["said"])
    for found in re.finditer(rf'(?im)^name = "{name}"\nversion = "([\d.]+)', text):
        yield from _floor_of(f"=={found[1]}")


def _floor_of(said: str) -> Iterator[Version]:
    floor = _FLOOR.search(said) or re.search(r"[\"'](\d+)(?:\.(\d+))?", said)
    if floor is not None:
        yield _version(floor)
    elif (below := _BELOW.search(said)) is not None:
        # Only what it must be below: whatever comes before that.
        major, minor = _version(below)
        yield (major, minor - 1) if minor else (major - 1, 99)
