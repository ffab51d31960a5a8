"""How long an editor waits: one line of a large file changes, and it is checked again."""

import gc
import time
from pathlib import Path
from statistics import median, quantiles

from handbook.__main__ import GARBAGE_THRESHOLD
from handbook.checking.workspace import Workspace
from handbook.config import Configuration

_FUNCTION = '''
async def read_item_{number}(item_id: int, session: AsyncSession) -> list[Item]:
    """Read the items of number {number}."""
    rows = await session.execute(select(Item).where(Item.id == item_id))
    found: list[Item] = list(rows.scalars())
    if not found:
        raise LookupError(f"no item {{item_id}} of {number}")
    return found

'''
_HEADER = '''"""A long module."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Item

'''


def long_module(lines: int = 1_000) -> str:
    """A module of about that many lines, of functions such as a service has."""
    count = lines // _FUNCTION.count("\n")
    return _HEADER + "".join(_FUNCTION.format(number=number) for number in range(count))


def recheck_times(folder: Path, edits: int = 200) -> tuple[float, float]:
    """Edit one line at a time and check again: median and 95th percentile, in milliseconds."""
    gc.set_threshold(GARBAGE_THRESHOLD)  # as in the server's process
    workspace = Workspace(Configuration(overrides={"preview": True}), interactive=True)
    path = folder / "long_module.py"
    lines = long_module().split("\n")
    path.write_text("\n".join(lines))
    workspace.check(path)
    times: list[float] = []
    editable = [number for number, line in enumerate(lines) if "raise LookupError" in line]
    for edit in range(edits):
        number = editable[edit % len(editable)]
        lines[number] = lines[number].replace("no item", "no  item")
        text = "\n".join(lines)
        started = time.perf_counter()
        workspace.check(path, text)
        times.append((time.perf_counter() - started) * 1000)
    return median(times), quantiles(times, n=20)[-1]
