"""HB166: apps whose names start in a subfolder of the project that no setting tells of."""

from pathlib import Path
from textwrap import dedent

import pytest

from handbook import check_paths
from handbook.rulebook.documentation import files_of

APP = """
# file: backend/app/core/auth.py
from fastapi.security import OAuth2PasswordBearer

scheme = OAuth2PasswordBearer(tokenUrl="token")
# file: backend/app/api/users.py
from typing import Annotated

from app.core.auth import scheme
from fastapi import APIRouter, Depends

router = APIRouter(prefix="/users")


@router.put("/{user_id}")
async def replace_user(user_id: int, token: Annotated[str, Depends(scheme)]) -> None: ...


@router.delete("/{user_id}")
async def delete_user(user_id: int) -> None: ...
# file: backend/app/main.py
from app.api import users
from fastapi import FastAPI

app = FastAPI()
app.include_router(users.router)
"""


@pytest.mark.parametrize("packages", [(), ("api", "core"), (".", "api", "core")])
@pytest.mark.parametrize("checked", [".", "backend/app/api/users.py"])
def test_app_in_a_subfolder(tmp_path: Path, packages: tuple[str, ...], checked: str) -> None:
    """The route that nobody guards is found, whichever folders are regular packages."""
    texts = files_of(dedent(APP))
    texts |= {f"backend/app/{package}/__init__.py": "" for package in packages}
    texts["handbook.toml"] = ""
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (violation,) = check_paths([tmp_path / checked], select=["HB166"], settings={"preview": True})
    assert violation.path == str(tmp_path / "backend/app/api/users.py")
    assert "`DELETE /users/{user_id}`" in violation.message
