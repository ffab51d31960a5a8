"""Changes to a project as they happen while people work on it, each chosen by a number."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

type Change = Callable[[Path, int], object]

_CONFIGURATIONS = (
    "",
    'select = ["ALL"]\npreview = true\n',
    'select = ["strict"]\nignore = ["HB03"]\n',
    'per-file-ignores = { "app/**" = ["HB09"] }\n',
    'roles = { service = ["*router.py"] }\n',
    'src = ["app"]\n',
    'severity = { HB12 = "info" }\nunfixable = ["ALL"]\n',
    'extend-exclude = ["app/core"]\n',
)
_IGNORED = ("", "users/\n", "app/core/config.py\n", "*.py\n!router.py\n")


def python_files(folder: Path) -> list[Path]:
    """The Python files of a project, in order."""
    return sorted(folder.rglob("*.py"))


def _chosen(folder: Path, number: int) -> Path | None:
    files = python_files(folder)
    return files[number % len(files)] if files else None


def _rewrite(folder: Path, number: int, change: Callable[[list[str], int], list[str]]) -> None:
    path = _chosen(folder, number)
    if path is not None:
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(change(lines, number // 7 % max(len(lines), 1))))


def delete_line(folder: Path, number: int) -> None:
    """Take a line out of a file; what is left may be no Python."""
    _rewrite(folder, number, lambda lines, at: lines[:at] + lines[at + 1 :])


def repeat_line(folder: Path, number: int) -> None:
    """Write a line twice."""
    _rewrite(folder, number, lambda lines, at: lines[: at + 1] + lines[at:])


def add_comment(folder: Path, number: int) -> None:
    """Move all lines down by one."""
    _rewrite(folder, number, lambda lines, at: ["# a comment\n", *lines])


def rename_word(folder: Path, number: int) -> None:
    """Give something another name in one file only."""
    path = _chosen(folder, number)
    if path is not None:
        text = path.read_text()
        words = sorted(set(re.findall(r"[A-Za-z_]{4,}", text)))
        if words:
            word = words[number // 11 % len(words)]
            path.write_text(re.sub(rf"\b{word}\b", f"{word}x", text))


def copy_file(folder: Path, number: int) -> None:
    """Put the text of one file into another or a new one beside that."""
    source, target = _chosen(folder, number), _chosen(folder, number // 5)
    if source is not None and target is not None:
        names = ("extra.py", "__init__.py", "router.py", "typing.py", "users.py", target.name)
        target.with_name(names[number // 13 % len(names)]).write_text(source.read_text())


def delete_file(folder: Path, number: int) -> None:
    """Remove a file."""
    path = _chosen(folder, number)
    if path is not None:
        path.unlink()


def rename_file(folder: Path, number: int) -> None:
    """Give a file another name, and keep its times."""
    path = _chosen(folder, number)
    if path is not None:
        path.rename(path.with_name(f"{path.stem}_{number % 3}.py"))


def rename_folder(folder: Path, number: int) -> None:
    """Give a package another name."""
    path = _chosen(folder, number)
    if path is not None and path.parent != folder:
        target = path.parent.with_name(f"{path.parent.name}_{number % 2}")
        if not target.exists():
            path.parent.rename(target)


def touch(folder: Path, number: int) -> None:
    """Change the times of a file only."""
    path = _chosen(folder, number)
    if path is not None:
        path.touch()


def edit_unseen(folder: Path, number: int) -> None:
    """Change a file to one of the same size and modification time."""
    path = _chosen(folder, number)
    if path is not None:
        before = path.stat()
        path.write_text(re.sub(r"\b(get|post|str|int)\b", _turned, path.read_text()))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _turned(word: re.Match[str]) -> str:
    return {"get": "put", "post": "head", "str": "int", "int": "str"}[word[0]]


def configure(folder: Path, number: int) -> None:
    """Change the configuration."""
    chosen = _CONFIGURATIONS[number % len(_CONFIGURATIONS)]
    (folder / "pyproject.toml").write_text(f"[tool.handbook]\n{chosen}")


def require(folder: Path, number: int) -> None:
    """Change what the project says that it needs, in one place or another."""
    versions = ("", "fastapi>=0.80\n", "python>=3.8\npydantic==1.10\n", "fastapi==0.115\n")
    places = ("requirements.txt", "app/requirements.txt", "requirements/base.txt", "setup.py")
    path = folder / places[number // 5 % len(places)]
    if path.exists() and number % 3 == 0:
        path.unlink()
    elif path.parent.exists() or path.parent.name == "requirements":
        path.parent.mkdir(exist_ok=True)
        path.write_text(versions[number % len(versions)])


def ignore(folder: Path, number: int) -> None:
    """Change what git ignores."""
    (folder / ".gitignore").write_text(_IGNORED[number % len(_IGNORED)])


def split_project(folder: Path, number: int) -> None:
    """Make a folder a project of its own, or no longer."""
    path = _chosen(folder, number)
    if path is not None and path.parent != folder:
        own = path.parent / "handbook.toml"
        if own.exists():
            own.unlink()
        else:
            own.write_text('select = ["ALL"]\n')


CHANGES: Mapping[str, Change] = {
    change.__name__: change
    for change in (
        *(delete_line, repeat_line, add_comment, rename_word, copy_file, delete_file),
        *(rename_file, rename_folder, touch, edit_unseen, configure, require, ignore),
        split_project,
    )
}
