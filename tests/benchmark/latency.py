"""How long an editor waits for diagnostics after a save: `python -m tests.benchmark.latency ROOT`.

A real server process opens files of about 100, 1,000 and 5,000 lines in a large project; each is
changed in one line and saved again and again. Then 200 files are opened, and its memory is read.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import click

from tests.benchmark.recheck import long_module
from tests.lsp.client import Client

_EDITS = 60


def saves(client: Client, name: str, lines: int) -> Iterator[float]:
    """Edit and save a new file of about that many lines; the seconds until diagnostics come."""
    text = long_module(lines)
    client.open(name, text)
    for edit in range(_EDITS):
        text = text.replace(f"no item{' ' * edit}", f"no item{' ' * (edit + 1)}", 1)
        client.change(name, text, edit + 2)
        started = time.perf_counter()
        client.notify("textDocument/didSave", textDocument={"uri": client.uri(name)})
        client.diagnostics(name, edit + 2)
        yield time.perf_counter() - started


def memory_of(process: int) -> float:
    """The resident memory of a process, in mebibytes."""
    status = Path(f"/proc/{process}/status").read_text()
    kibibytes = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(kibibytes.split()[1]) / 1024


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path, help="the folder of a large project")
    root = parser.parse_args().root.absolute()
    with Client(root) as client:
        for lines in (100, 1_000, 5_000):
            seconds = [*saves(client, f"handbook_latency_{lines}.py", lines)][5:]
            high = quantiles(seconds, n=20)[-1]
            click.echo(
                f"{lines:>6} lines: p50 {median(seconds) * 1e3:.1f} ms, p95 {high * 1e3:.1f} ms"
            )
        paths = sorted(root.rglob("*.py"))[:200]
        for path in paths:
            client.open(str(path.relative_to(root)))
        click.echo(f"{len(paths)} files open: {memory_of(client.process.pid):.0f} MiB")


if __name__ == "__main__":
    main()
