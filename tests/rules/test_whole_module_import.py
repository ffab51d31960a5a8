"""What is said to be written instead of the import of a whole module."""

from pathlib import Path

import pytest

from handbook import check_paths

ADVICE: dict[str, tuple[str, str]] = {
    "by its name": (
        "import app.mail\n\napp.mail.send()\n",
        "write `from app import mail`",
    ),
    "under another name": (
        "import app.mail as post\n\npost.send()\n",
        "write `from app import mail as post`",
    ),
    "its name is taken": (
        "import app.mail\nimport mail\n\nmail.check()\napp.mail.send()\n",
        "write `from app.mail import send`",
    ),
    "its name is taken, several names": (
        "import app.mail\nimport mail\n\nmail.check()\napp.mail.send(app.mail.read())\n",
        "write `from app.mail import read, …`",
    ),
}


@pytest.mark.parametrize(("code", "advice"), ADVICE.values(), ids=ADVICE.keys())
def test_advice(code: str, advice: str, tmp_path: Path) -> None:
    """The advice is what can be written in this module."""
    for name, text in {
        "pyproject.toml": "",
        "app/__init__.py": "",
        "app/mail.py": "def send(text=''): ...\ndef read(): ...\n",
        "main.py": code,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (violation,) = check_paths([tmp_path / "main.py"], select=["HB053"])
    assert advice in violation.message
