"""Compare the findings of a revision and of the working tree over projects given by path."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.ecosystem.comparison import Change, Found, compare

_ROOT = Path(__file__).parents[2]


class _Build(NamedTuple):
    """One build of the linter, by the folder of its sources."""

    source: Path

    def findings(self, project: Path, select: str) -> Iterator[Found]:
        """What all asked rules find in a project."""
        command = [sys.executable, "-m", "handbook", "check", ".", "--isolated", "--preview"]
        command += ["--no-cache", "--select", select, "--output-format", "json-lines"]
        environment = {**os.environ, "PYTHONPATH": str(self.source)}
        run = subprocess.run(
            command, cwd=project, env=environment, capture_output=True, text=True, check=False
        )
        if run.returncode not in (0, 1):
            raise SystemExit(f"{self.source} fails on {project}: {run.stderr.strip()[-500:]}")
        for line in run.stdout.splitlines():
            found = json.loads(line)
            path = os.path.relpath(os.path.join(project, found["filename"]), project)
            place = f"{project.name}/{path}"
            yield Found(found["code"], place, found["location"]["row"], found["message"])


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what was added, removed and changed, by rule."""
    parser = argparse.ArgumentParser(prog="python -m tests.ecosystem", description=__doc__)
    parser.add_argument("projects", nargs="+", type=Path, help="folders of projects")
    parser.add_argument("--base", default="HEAD", help="the revision to compare with")
    parser.add_argument("--select", default="ALL", help="the rules to compare")
    parser.add_argument(
        "--most", type=int, default=50, help="how many findings of a rule to print"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base"
        git = ["git", "-C", str(_ROOT), "worktree"]
        subprocess.run([*git, "add", "-q", "--detach", str(base), options.base], check=True)
        try:
            before: list[Found] = []
            after: list[Found] = []
            for project in options.projects:
                before += _Build(base / "src").findings(project.resolve(), options.select)
                after += _Build(_ROOT / "src").findings(project.resolve(), options.select)
        finally:
            subprocess.run([*git, "remove", "--force", str(base)], check=True)
    sys.stdout.write(_report(compare(before, after), options.most))


def _report(changes: dict[str, list[Change]], most: int) -> str:
    lines: list[str] = []
    for code, found in sorted(changes.items()):
        counts = {sign: sum(change.sign == sign for change in found) for sign in "+-~"}
        lines.append(f"{code}: {counts['+']} added, {counts['-']} removed, {counts['~']} changed")
        lines += [f"  {change}" for change in found[:most]]
    return "".join(f"{line}\n" for line in lines or ["No finding differs"])


if __name__ == "__main__":
    main()
