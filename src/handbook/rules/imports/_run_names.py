"""By which names a project's modules are known when it runs: what its files say of it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from handbook.python.project.project import Project
from handbook.syntax.outline import Outline

_FILES = re.compile(
    r"(?:.*[._-])?(?:dockerfile|containerfile)(?:[._-].*)?|(?:docker-)?compose.*\.ya?ml|procfile"
    r"|makefile|justfile|tox\.ini|setup\.(?:cfg|py)|pytest\.ini|alembic\.ini|pyproject\.toml"
    r"|.*\.(?:sh|service)|app\.ya?ml|serverless\.ya?ml|render\.yaml|fly\.toml|vercel\.json"
    r"|launch\.json|gunicorn.*\.py|run\.py|manage\.py|main\.py|conftest\.py|asgi\.py|wsgi\.py",
    re.IGNORECASE,
)
_FOLDERS = ("", ".vscode", "docker", "deploy", "deployment", "scripts", "bin", ".github/workflows")
_LARGEST = 200_000


def other_name(project: Project, outline: Outline) -> str | None:
    """A name other than its own by which something of the project knows a module, or may.

    Imports without dots, start commands such as `uvicorn app.main:app`, copied folders and
    configured search paths tell. `None` where all agree on one name.
    """
    folders = outline.module.split(".")[: None if outline.is_package else -1]
    key = ("other names", outline.root, ".".join(folders))
    return project.fact(key, lambda: next(_other_names(project, outline, folders), None))


def _other_names(project: Project, outline: Outline, folders: list[str]) -> Iterator[str]:
    texts = [text for _, text in _texts(project)]
    base = outline.root
    for depth in range(1, len(folders)):
        # What a start further down would call the package: `app` for `src/app`.
        base = os.path.join(base, folders[depth - 1])
        name = folders[depth]
        inner = os.path.join(base, name)
        if _is_imported_as(project, name, inner) or any(
            _starts_as(text, name, inner) or _leads_to(text, project.root, base) for text in texts
        ):
            yield name
    base = outline.root
    above: list[str] = []
    while base != project.root and os.path.dirname(base) != base:
        # A start further up: `services.api.app` for `api/app`.
        above.insert(0, os.path.basename(base))
        base = os.path.dirname(base)
        name = ".".join((*above, *folders[:1]))
        if not name.replace(".", "").isidentifier():
            continue
        inner = os.path.join(outline.root, *folders[:1])
        if _is_imported_as(project, name, inner) or any(
            _starts_as(text, name, inner) for text in texts
        ):
            yield name


def _is_imported_as(project: Project, name: str, folder: str) -> bool:
    """Whether a module imports something by a name that only means the folder so."""
    first = name.rpartition(".")[2]
    for outline in project.mentioning(first):
        for imported in outline.imports:
            target = imported.target
            if target.startswith(f"{name}.") and not getattr(imported.node, "level", 0):
                if _has(folder, target.removeprefix(f"{name}.").partition(".")[0]):
                    return True
    return False


def _has(folder: str, module: str) -> bool:
    path = os.path.join(folder, module)
    return os.path.exists(f"{path}.py") or os.path.isdir(path)


def _starts_as(text: str, name: str, folder: str) -> bool:
    """Whether a command or a string names a module below a name: `app.main:app`, `-m app.main`."""
    for found in re.finditer(rf"(?<![\w./]){re.escape(name)}\.(\w+)[\w.]*(?::\w+|\b)", text):
        if _has(folder, found[1]) and _is_start(text, found):
            return True
    return False


def _is_start(text: str, found: re.Match[str]) -> bool:
    before = text[max(0, found.start() - 40) : found.start()]
    return ":" in found[0] or re.search(r"-m\s+[\"',\s]*$|[\"'=]\s*$", before) is not None


def _leads_to(text: str, root: str, folder: str) -> bool:
    """Whether a folder that is a package is itself copied away, or searched for modules."""
    relative = re.escape(os.path.relpath(folder, root).replace(os.sep, "/"))
    patterns = (
        rf"(?im)^\s*(?:COPY|ADD)\s+(?:--\S+\s+)*(?:\./)?{relative}/\S+\s",
        rf"(?im)^\s*(?:COPY|ADD)\s+(?:--\S+\s+)*(?:\./)?{relative}/?\s+(?:\.|/\w+)/?\s*$",
        rf"(?m)(?:pythonpath|prepend_sys_path|PYTHONPATH|package-dir|where)\s*[=:][^\n]*{relative}\b",
        rf"(?m)^\s*(?:WORKDIR|cd)\s+\S*/{relative}/?\s*$|--app-dir[ =]+(?:\./)?{relative}\b",
    )
    return any(re.search(pattern, text) for pattern in patterns)


def _texts(project: Project) -> list[tuple[str, str]]:
    """The files that say how a project is started, built and tested."""

    def find() -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        folders = [Path(project.root, name) for name in _FOLDERS]
        folders += [Path(root) for root in project.source_roots]
        try:
            folders += [each for each in Path(project.root).iterdir() if each.is_dir()]
        except OSError:
            return found
        for folder in dict.fromkeys(folders):
            try:
                paths = [each for each in folder.iterdir() if _FILES.fullmatch(each.name)]
                if folder.name == "workflows":
                    paths = [*folder.glob("*.y*ml")]
                found += [
                    (str(path), path.read_text(errors="replace"))
                    for path in sorted(paths)
                    if path.is_file() and path.stat().st_size < _LARGEST
                ]
            except OSError:
                continue
        return found

    return project.fact("start files", find)
