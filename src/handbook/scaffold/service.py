"""A new service, made from the reference service that ships with the package."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from handbook.scaffold.formatting import format_code
from handbook.scaffold.registration import ScaffoldError

_PACKAGE = "app"
_LEFT_OUT = frozenset({"__pycache__", ".venv", ".env", "uv.lock", ".coverage", "htmlcov"})
_SQLITE = "sqlite+aiosqlite:///./app.db"
_POSTGRESQL = "postgresql+asyncpg://appuser:change-me@localhost:5432/appdb"
_INTRODUCTION = """# {}

Begun with `handbook new`: accounts, roles, sign-in with rotating refresh tokens, and orders with
items, to be kept, changed or thrown out. `handbook check` finds nothing in it.

"""
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


class Database(StrEnum):
    """What a new service keeps its rows in while it is developed."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Service:
    """What a new service is called.

    Attributes:
        name: of the project, as `pyproject.toml` has it: `order-service`.
        package: that its code is imported as.
        database: of development; production has PostgreSQL.
    """

    name: str
    package: str = _PACKAGE
    database: Database = Database.SQLITE

    def validate(self) -> None:
        """Make sure that the names can be used.

        Raises:
            ScaffoldError: naming the one that cannot.
        """
        if not _NAME.fullmatch(self.name):
            raise ScaffoldError(
                f"`{self.name}` is no project name: letters, digits, `-`, `_` and `.` make one"
            )
        if not self.package.isidentifier() or self.package != self.package.lower():
            raise ScaffoldError(f"`{self.package}` is no package name: write it in snake_case")
        if self.package in ("tests", "alembic"):
            raise ScaffoldError(f"the service has a folder `{self.package}` for something else")


def reference() -> Path:
    """The folder of the reference service: inside the installed package, or in the repository."""
    inside = Path(__file__).parents[1] / "reference"
    return inside if inside.is_dir() else Path(__file__).parents[3] / "fixtures" / "reference"


def make_service(folder: Path, service: Service) -> bool:
    """Copy the reference service into a folder, under its own names.

    Returns whether its imports are in order: under another name of the package ruff sorts them, if
    there is one.

    Raises:
        ScaffoldError: if the folder holds something, or a name cannot be used.
        OSError: if it cannot be written.
    """
    service.validate()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ScaffoldError(f"`{folder}` is not empty; name a folder that is new or empty")
    source = reference()
    modules = sorted(
        path.stem for path in (source / _PACKAGE).iterdir() if path.stem != "__init__"
    )
    for path in _files(source):
        text = _renamed(path, path.read_text(encoding="utf-8"), service, modules)
        relative = path.relative_to(source)
        if relative.parts[0] == _PACKAGE:
            relative = Path(service.package, *relative.parts[1:])
        target = folder / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
        target.chmod(path.stat().st_mode & 0o777)
    return service.package == _PACKAGE or format_code(folder)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in _LEFT_OUT or path.name.endswith(("_cache", ".db")):
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def _renamed(path: Path, text: str, service: Service, modules: list[str]) -> str:
    package = service.package
    match path.name:
        case "pyproject.toml":
            text = text.replace(f'name = "{_PACKAGE}"', f'name = "{service.name}"', 1)
            text = text.replace(f'"{_PACKAGE}"', f'"{package}"')
        case ".env.example" if service.database is Database.POSTGRESQL:
            text = text.replace(_SQLITE, _POSTGRESQL)
        case "README.md":
            text = re.sub(
                r"\A.*?(?=^## )", _INTRODUCTION.format(service.name), text, flags=re.S | re.M
            )
        case "config.py":
            title = service.name.replace("-", " ").replace("_", " ").title()
            text = text.replace('app_name: str = "Orders API"', f'app_name: str = "{title}"')
    if package == _PACKAGE:
        return text
    if path.suffix == ".py":
        text = re.sub(rf"^(\s*)(from|import) {_PACKAGE}\b", rf"\1\2 {package}", text, flags=re.M)
    # `app` is also the name of the application, so only what names a module or the folder counts.
    named = "|".join([*modules, "test"])
    text = re.sub(rf"(?<![\w./-]){_PACKAGE}\.(?=({named})\b)", f"{package}.", text)
    text = re.sub(rf"([\"']){_PACKAGE}\.(?=[\"'])", rf"\1{package}.", text)
    return re.sub(rf"(?<![\w./-]){_PACKAGE}/", f"{package}/", text)
