"""Which versions of FastAPI a project says that it runs with."""

import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from handbook.semantics.project import Project
from handbook.syntax.text import SourceError

type Version = tuple[int, int]
"""The first two numbers of a version, which are all that FastAPI has changed so far."""

_NAME = re.compile(r"\s*(fastapi|fastapi-slim)(?![\w.-])", re.IGNORECASE)
_FLOOR = re.compile(r"(?:>=|==|~=|\^|>)\s*(\d+)\.(\d+)")
_PINNED = re.compile(r"(?:==|\^)\s*(\d+)\.(\d+)|~=\s*(\d+)\.(\d+)\.\d")
_BELOW = re.compile(r"<\s*(\d+)\.(\d+)")


@dataclass(slots=True, frozen=True)
class Versions:
    """The versions of FastAPI that a project admits.

    Attributes:
        floor: the lowest one; `None` where the project does not say.
        ceiling: the lowest one above all of them; `None` where the project does not say.
    """

    floor: Version | None = None
    ceiling: Version | None = None


def fastapi_versions(project: Project) -> Versions:
    """What `pyproject.toml`, or else `requirements.txt`, says of FastAPI."""
    return project.fact("versions of fastapi", lambda: _find(project))


def _find(project: Project) -> Versions:
    for text in _requirements(project):
        floor, pinned, below = _FLOOR.search(text), _PINNED.search(text), _BELOW.search(text)
        if floor is None and below is None:
            continue
        ceiling = (int(below[1]), int(below[2])) if below is not None else None
        if pinned is not None:
            major, minor = (int(number) for number in pinned.groups() if number is not None)
            ceiling = (major, minor + 1) if major == 0 else (major + 1, 0)
        return Versions((int(floor[1]), int(floor[2])) if floor is not None else None, ceiling)
    return Versions()


def _requirements(project: Project) -> Iterator[str]:
    """Each requirement of FastAPI, as it is written."""
    try:
        table = tomllib.loads(_read(project, "pyproject.toml"))
    except tomllib.TOMLDecodeError:
        table = {}
    listed = table.get("project", {}).get("dependencies", [])
    lines = [str(line) for line in listed] if isinstance(listed, list) else []
    poetry = table.get("tool", {}).get("poetry", {}).get("dependencies", {})
    if "fastapi" in poetry:
        version = str(poetry["fastapi"])
        # A version alone is that one.
        yield f"=={version}" if version[:1].isdigit() else version
    for line in (*lines, *_read(project, "requirements.txt").splitlines()):
        if _NAME.match(line):
            yield line


def _read(project: Project, name: str) -> str:
    try:
        return project.read(os.path.join(project.root, name))
    except (OSError, SourceError):
        return ""
