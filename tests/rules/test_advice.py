"""What findings advise, where that depends on what was found."""

from pathlib import Path

import pytest

from handbook import check_paths

PAGES = "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/x')\ndef f({}): ...\n"
SQL = "from sqlalchemy import text\ndef f(x: str):\n    text(f{!r})\n"
CLIENT = (
    "from fastapi import FastAPI\nfrom sqlalchemy import text\napp = FastAPI()\n"
    "@app.get('/x')\ndef f(x: str):\n    text(f{!r})\n"
)

QUERY = "from sqlalchemy.orm import Session\ndef f(db: Session):\n    db.query(int){}\n"
RELATED = (
    "from sqlalchemy.orm import DeclarativeBase, relationship\nclass Base(DeclarativeBase): ...\n"
    "class A(Base):\n    bs = relationship('B'{})\n"
)

RETURNS = "class Base:\n    def {}\n"

ADVICE: dict[str, tuple[str, str, str]] = {
    "size": ("HB172", PAGES.format("limit: int = 20"), "Query(ge=1, le=100)"),
    "size that may be nought": ("HB172", PAGES.format("limit: int = 0"), "Query(ge=0, le=100)"),
    "page from nought": ("HB172", PAGES.format("page: int = 0"), "Query(ge=0)"),
    "page from one": ("HB172", PAGES.format("page: int = 1"), "Query(ge=1)"),
    "returns nothing": ("HB036", RETURNS.format("stop(self): self.on = 0"), ": write `-> None`"),
    "is empty": ("HB036", RETURNS.format("__init__(self): pass"), ": write `-> None`"),
    "value": ("HB173", SQL.format("SELECT * FROM a WHERE b = '{x}'"), "write a placeholder"),
    "column": ("HB173", CLIENT.format("SELECT * FROM a ORDER BY {x}"), "take it from an enum"),
    "rows to read": (
        "HB134",
        QUERY.format(".all()"),
        "read rows: build the statement with `select",
    ),
    "rows to remove": ("HB134", QUERY.format(".where(1).delete()"), "with `delete(…)`"),
    "rows to change": ("HB134", QUERY.format(".update({})"), "with `update(…)`"),
    "a row that is asked to": ("HB134", QUERY.format(".first().update(1)"), "with `select(…)`"),
    "relationship": ("HB135", RELATED.format(""), "`bs: Mapped[…] = …`"),
    "dynamic": ("HB135", RELATED.format(", lazy='dynamic'"), "`bs: DynamicMapped[…] = …`"),
    "write-only": ("HB135", RELATED.format(", lazy='write_only'"), "`bs: WriteOnlyMapped[…] = …`"),
    "class": ("HB032", "from typing import Optional\nx: Optional[int]\n", "write `int | None`"),
    "function": (
        "HB032",
        "import typing as t\nimport multiprocessing as mp\nx: t.Optional[mp.Queue]\n",
        "in place of the function `mp.Queue`",
    ),
    "schema": ("HB173", CLIENT.format("DROP SCHEMA {x}"), "take it from an enum"),
}


@pytest.mark.parametrize(("code", "text", "advice"), ADVICE.values(), ids=ADVICE.keys())
def test_advice(code: str, text: str, advice: str, tmp_path: Path) -> None:
    """The message says what to write in this very case."""
    path = tmp_path / "main.py"
    path.write_text(text)
    (violation,) = check_paths([path], select=[code], settings={"preview": True})
    assert advice in violation.message


def test_stub(tmp_path: Path) -> None:
    """What a stub returns is told by those that fill it in."""
    path = tmp_path / "main.py"
    path.write_text(RETURNS.format("stop(self): raise NotImplementedError"))
    (violation,) = check_paths([path], select=["HB036"])
    assert violation.message == "`stop` has no return annotation"
