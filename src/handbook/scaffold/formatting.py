"""Lets ruff, if there is one, format what was written."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path


def format_code(folder: Path, *paths: Path) -> bool:
    """Let ruff sort the imports and format files of a service, or all of it; false without ruff."""
    ruff = next(_ruffs(folder), None)
    if ruff is None:
        return False
    names = [str(path) for path in paths or (folder,)]
    for arguments in (["check", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([ruff, *arguments, *names], cwd=folder, check=False, capture_output=True)
    return True


def _ruffs(folder: Path) -> Iterator[str]:
    for places in (str(folder / ".venv" / "bin"), None):
        found = shutil.which("ruff", path=places)
        if found is not None:
            yield found
