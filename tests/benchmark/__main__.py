"""Time `handbook` and others on one real tree, in one run, and print the table.

The tree is the `server` package inside the wheel of `prefect`, which is downloaded and unpacked but
not installed. Every row is a process of its own; the ratios are of CPU seconds.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from handbook.rulebook.registry import registry
from tests.benchmark.recheck import recheck_times

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "fixtures" / "reference"
_PARSE = (
    "import sys, pathlib\n"
    "from {module} import {function} as parse\n"
    "for path in sorted(pathlib.Path(sys.argv[1]).rglob('*.py')): parse(path.read_text())\n"
)


@dataclass(frozen=True, slots=True)
class Measure:
    """What one command used: seconds and mebibytes."""

    cpu: float
    wall: float
    memory: float


def measure(command: Sequence[str], folder: Path) -> Measure:
    """Run a command to its end, whatever its exit code, and return what it used."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, _, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    return Measure(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def prefect_server(folder: Path) -> Path:
    """Download the wheel of prefect into a folder and return its unpacked `server` package."""
    download = ["uv", "run", "--with", "pip", "python", "-m", "pip", "download", "--no-deps", "-q"]
    subprocess.run([*download, "-d", str(folder), "prefect"], check=True)
    wheel = next(folder.glob("prefect-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.startswith("prefect/server/")]
        archive.extractall(folder / "wheel", names)
    return folder / "wheel" / "prefect" / "server"


def conforming_tree(folder: Path, copies: int = 30) -> Path:
    """Copy the reference service, which breaks no rule, until the tree is a large one."""
    for number in range(copies):
        target = folder / "conforming" / f"service_{number}"
        shutil.copytree(
            REFERENCE, target, ignore=shutil.ignore_patterns(".venv", "__pycache__", ".*_cache")
        )
    return folder / "conforming"


def commands(tree: Path, select: str) -> dict[str, list[str]]:
    """The commands to compare, by the name of their row; `select` has the codes of some rules."""
    python = sys.executable
    check = [python, "-m", "handbook", "check", "--isolated", "--exit-zero", "--no-cache", "-q"]
    check += ["--output-format", "concise", str(tree)]
    overlapping = {
        code for rule in registry().rules.values() for code in (*rule.overlaps, *rule.conflicts)
    }
    selected = [*check, "--jobs", "1", "--select", select]
    return {
        "ast.parse": [python, "-c", _PARSE.format(module="ast", function="parse"), str(tree)],
        "libcst.parse_module": [
            *(python, "-c", _PARSE.format(module="libcst", function="parse_module"), str(tree))
        ],
        "handbook, stable rules, one process": [*check, "--jobs", "1"],
        **({"handbook, selected rules, one process": selected} if select else {}),
        "handbook, all rules, one process": [*check, "--jobs", "1", "--preview"],
        "handbook, all rules, all cores": [*check, "--preview"],
        "flake8, one process": [
            python,
            "-m",
            "flake8",
            "--isolated",
            "-j1",
            "--extend-ignore=HB",
            str(tree),
        ],
        "ruff, overlapping rules": [
            *("ruff", "check", "--isolated", "--no-cache", "--exit-zero", "--preview"),
            *("--select", ",".join(sorted(overlapping)), str(tree)),
        ],
        "fixit, its own rules": [
            *("uv", "run", "--with", "fixit", "python", "-m", "fixit", "lint", str(tree))
        ],
    }


def table(tree: Path, select: str, left_out: Sequence[str], runs: int) -> None:
    """Measure every command on a tree and print the table."""
    lines = sum(path.read_bytes().count(b"\n") for path in tree.rglob("*.py"))
    click.echo(f"\n{tree.name}: {lines:,} lines")
    click.echo(f"{'':38} {'CPU s':>8} {'wall s':>8} {'MiB':>7} {'x ast':>7} {'x libcst':>9}")
    measured: dict[str, Measure] = {}
    for name, command in commands(tree, select).items():
        if any(name.startswith(prefix) for prefix in left_out):
            continue
        best = min((measure(command, ROOT) for _ in range(runs)), key=lambda found: found.cpu)
        measured[name] = best
        ratios = [
            best.cpu / measured[base].cpu
            for base in ("ast.parse", "libcst.parse_module")
            if base in measured
        ]
        shown = " ".join(f"{ratio:>8.2f}" for ratio in ratios)
        click.echo(f"{name:38} {best.cpu:>8.2f} {best.wall:>8.2f} {best.memory:>7.0f} {shown}")


def main() -> None:
    """Print both tables and the time of a re-check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tree", type=Path, help="a folder to use in place of prefect's server")
    parser.add_argument("--select", default="", help="time some rules apart, too: HB03,HB121")
    parser.add_argument("--without", action="append", default=[], help="rows to leave out: fixit")
    parser.add_argument(
        "--runs", type=int, default=3, help="runs of each command; the best counts"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        tree = arguments.tree or prefect_server(folder)
        others = ["flake8", "ruff", "fixit"]
        for timed, left_out in ((tree, []), (conforming_tree(folder), others)):
            table(timed, arguments.select, [*arguments.without, *left_out], arguments.runs)
        median, high = recheck_times(folder)
    click.echo(
        f"\nre-check of a 1,000-line file after an edit: p50 {median:.1f} ms, p95 {high:.1f} ms"
    )


if __name__ == "__main__":
    main()
