"""How often one place without a version is reported."""

from pathlib import Path

from handbook import check_paths

CODE = """\
from fastapi import APIRouter, FastAPI

carts = APIRouter(prefix="/carts")
bills = APIRouter(prefix="/bills")


@carts.get("/open")
async def list_carts() -> list[int]:
    return []


@bills.get("/open")
async def list_bills() -> list[int]:
    return []


app = FastAPI()
for router in [carts, bills]:
    app.include_router(router)
"""


def test_loop(tmp_path: Path) -> None:
    """A loop puts in many routers and is changed once."""
    path = tmp_path / "main.py"
    path.write_text(CODE)
    (violation,) = check_paths([path], select=["HB095"])
    assert "`/carts/open`" in violation.message
