"""Which versions of FastAPI and Pydantic a project says that it runs with."""

import os
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handbook.python.project.project import Project
from handbook.syntax.text import SourceError

type Version = tuple[int, int]
"""The first two numbers of a version: what matters to a rule has never come with a third."""

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
    try:
        return project.read(os.path.join(project.root, name))
    except (OSError, SourceError):
        return ""
