"""Each capability of the language server, through a real server process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handbook.checking.workspace import Workspace
from handbook.config import Configuration
from handbook.fixing.fixing import fix_file
from tests.lsp.client import Client, apply

BROKEN = "from typing import List\n\nnames: List[str] = []\n"
SCHEMAS = """from pydantic import BaseModel


class UserResponse(BaseModel):
    name: str


class OrderResponse(BaseModel):
    total: int


Answer = UserResponse
"""
ROUTER = """from fastapi import APIRouter

from app.schemas import Answer, UserResponse

router = APIRouter()


@router.get("/users", response_model=Answer)
async def read_user() -> UserResponse:
    return UserResponse(name="Ada")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of two modules that hang together, and one that breaks a rule."""
    (tmp_path / "pyproject.toml").write_text("[tool.handbook]\nselect = ['HB031', 'HB093']\n")
    (tmp_path / "app").mkdir()
    for name, text in {"__init__": "", "schemas": SCHEMAS, "router": ROUTER, "x": BROKEN}.items():
        (tmp_path / "app" / f"{name}.py").write_text(text)
    return tmp_path


@pytest.fixture
def client(project: Path) -> Iterator[Client]:
    """A client that waits for what the server publishes."""
    with Client(project) as client:
        yield client


REQUEST_CANCELLED = -32800


def is_published(message: dict[str, object]) -> bool:
    """Whether a message of the server shows diagnostics."""
    return message.get("method") == "textDocument/publishDiagnostics"


def codes(diagnostics: list[dict[str, object]]) -> list[object]:
    """The codes of diagnostics."""
    return [diagnostic["code"] for diagnostic in diagnostics]


def test_diagnostics_on_open_change_and_save(client: Client) -> None:
    """What is wrong is shown at its place, goes when it is mended, and comes back."""
    (shown,) = client.open("app/x.py")
    assert shown["code"] == "HB031"
    assert shown["range"]["start"] == {"line": 2, "character": 7}
    assert shown["codeDescription"]["href"].endswith("/legacy-typing-collection/")
    client.change("app/x.py", "names: list[str] = []\n")
    assert client.diagnostics("app/x.py") == []
    client.change("app/x.py", BROKEN, 3)
    client.notify("textDocument/didSave", textDocument={"uri": client.uri("app/x.py")})
    assert codes(client.diagnostics("app/x.py")) == ["HB031"]
    client.notify("textDocument/didClose", textDocument={"uri": client.uri("app/x.py")})
    assert client.diagnostics("app/x.py") == []


def test_unsaved_text_of_another_file_counts(client: Client) -> None:
    """An edit of the schemas, not saved, shows in the open router that asks about them."""
    assert client.open("app/router.py") == []
    assert client.open("app/schemas.py") == []
    assert client.diagnostics("app/router.py") == []
    client.change(
        "app/schemas.py", SCHEMAS.replace("Answer = UserResponse", "Answer = OrderResponse")
    )
    assert client.diagnostics("app/schemas.py") == []
    assert codes(client.diagnostics("app/router.py")) == ["HB093"]
    client.notify("textDocument/didClose", textDocument={"uri": client.uri("app/schemas.py")})


def test_broken_text_shows_where(client: Client) -> None:
    """A buffer that does not parse shows HB000 at its place, and other files keep theirs."""
    (client.root / "pyproject.toml").write_text("[tool.handbook]\nselect = ['HB0']\n")
    assert codes(client.open("app/x.py")) == ["HB031"]
    (shown,) = client.open("app/y.py", "def f(:\n")
    assert (shown["code"], shown["range"]["start"]["line"]) == ("HB000", 0)


def test_quick_fix_and_fix_all(client: Client) -> None:
    """A fix through the editor gives what the command line gives."""
    client.open("app/x.py")
    actions = client.actions("app/x.py", 2, 8)
    first = actions[0]
    assert (first["kind"], first["isPreferred"]) == ("quickfix", True)
    (fix_all,) = client.actions("app/x.py", 0, only=["source.fixAll"])
    assert fix_all["kind"] == "source.fixAll.handbook"
    path = client.root / "app" / "x.py"
    expected = fix_file(Workspace(Configuration()), path).text
    assert expected == "\nnames: list[str] = []\n" or "List" not in expected
    for action in (first, fix_all):
        (edits,) = action["edit"]["changes"].values()
        assert apply(BROKEN, edits) == expected


LINES = st.sampled_from(
    (
        "from typing import List",
        "import typing as t",
        "import os  # \N{GRINNING FACE}",
        'x = "\N{GRINNING FACE}"; y: List[int] = []  # why',
        "z: 't.List[List[str]]' = []",
        "def list(names: t.Dict[str, List[int]]) -> None: ...",
        "",
    )
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(LINES, max_size=8), st.sampled_from(("\n", "\r\n")))
def test_fix_all_gives_what_the_command_line_gives(
    project: Path, lines: list[str], newline: str
) -> None:
    """Whatever the text: its edits, as a client applies them, make the same text."""
    text = "".join(f"{line}{newline}" for line in lines)
    expected = fix_file(Workspace(Configuration()), project / "app" / "x.py", text).text
    with Client(project, general={"positionEncodings": ["utf-32"]}) as client:
        client.open("app/x.py", text)
        fixed = text
        for action in client.actions("app/x.py", 0, only=["source.fixAll"]):
            (edits,) = action["edit"]["changes"].values()
            fixed = apply(fixed, edits)
    assert fixed == expected


def test_a_quick_fix_leaves_what_other_modules_import(client: Client) -> None:
    """As the command line does, whether they are saved or not."""
    client.open("app/x.py")
    client.open("app/other.py", "from app.x import List\n\nnumbers: List[int] = []\n")
    (edits,) = client.actions("app/x.py", 2, 8)[0]["edit"]["changes"].values()
    assert apply(BROKEN, edits) == BROKEN.replace("List[str]", "list[str]")


def test_quick_typing_is_checked_once(client: Client) -> None:
    """Whatever is overtaken by the next keystroke is not looked at."""
    client.open("app/x.py")
    for version in range(2, 12):
        client.change("app/x.py", BROKEN + "names.append('')\n" * version, version)
    shown = client.wait(is_published)
    assert (shown["params"]["version"], codes(shown["params"]["diagnostics"])) == (11, ["HB031"])
    assert client.is_silent()


def test_a_scan_can_be_called_off(project: Path) -> None:
    """The server says that it was, and goes on with other work."""
    for number in range(300):
        (project / "app" / f"module_{number}.py").write_text(ROUTER * 20)
    with Client(project, textDocument={"diagnostic": {}}) as client:
        number = client.send("workspace/diagnostic", previousResultIds=[])
        client.notify("$/cancelRequest", id=number)
        answer = client.wait(lambda message: message.get("id") == number)
        assert answer["error"]["code"] == REQUEST_CANCELLED
        client.notify("textDocument/didOpen", textDocument=client.document("app/x.py", BROKEN))
        document = {"uri": client.uri("app/x.py")}
        pulled = client.request("textDocument/diagnostic", textDocument=document)
        assert codes(pulled["items"]) == ["HB031"]


def test_several_folders(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each has its own configuration, and a scan goes through all of them."""
    other = tmp_path_factory.mktemp("other")
    (other / "pyproject.toml").write_text("[tool.handbook]\nignore = ['ALL']\n")
    (other / "x.py").write_text(BROKEN)
    with Client(project, other, textDocument={"diagnostic": {}}) as client:
        scanned = client.request("workspace/diagnostic", previousResultIds=[])
    found = {item["uri"]: codes(item["items"]) for item in scanned["items"]}
    assert found[(project / "app" / "x.py").as_uri()] == ["HB031"]
    assert found[(other / "x.py").as_uri()] == []


def test_files_that_come_and_go(client: Client) -> None:
    """What an import means is looked up again, once the client tells."""
    router = ROUTER.replace("response_model=Answer", "response_model=Other").replace(
        "import Answer, UserResponse", "import UserResponse\nfrom app.late import Other"
    )
    assert client.open("app/router.py", router) == []
    late = client.root / "app" / "late.py"
    late.write_text("from app.schemas import OrderResponse as Other\n")
    client.notify("workspace/didChangeWatchedFiles", changes=[{"uri": late.as_uri(), "type": 1}])
    client.change("app/router.py", router + "\n")
    assert client.wait(
        lambda message: is_published(message) and codes(message["params"]["diagnostics"])
    )
    late.unlink()
    client.notify("workspace/didChangeWatchedFiles", changes=[{"uri": late.as_uri(), "type": 3}])
    client.change("app/router.py", router, 3)
    assert client.wait(
        lambda message: is_published(message) and not codes(message["params"]["diagnostics"])
    )


def test_both_alternatives_are_offered(client: Client) -> None:
    """A mismatch can be mended from either side."""
    client.open(
        "app/schemas.py", SCHEMAS.replace("Answer = UserResponse", "Answer = OrderResponse")
    )
    client.open("app/router.py")
    titles = [action["title"] for action in client.actions("app/router.py", 7, 40)]
    assert len([title for title in titles if title.endswith("(unsafe)")]) == 2


def test_ignoring_a_line(client: Client) -> None:
    """The comment that is offered silences the violation."""
    client.open("app/x.py")
    action = next(
        action
        for action in client.actions("app/x.py", 2, 8)
        if action["title"].startswith("Ignore HB031")
    )
    (edits,) = action["edit"]["changes"].values()
    text = apply(BROKEN, edits)
    assert "# noqa: HB031" in text
    client.change("app/x.py", text)
    assert client.diagnostics("app/x.py") == []


def test_hover_shows_the_page(client: Client) -> None:
    """The rule's page is shown on a code in a comment, and where the rule was broken."""
    client.open("app/x.py", BROKEN + "more: List[int] = []  # noqa: HB031\n")

    def hover(line: int, column: int) -> str:
        place = {"line": line, "character": column}
        document = {"uri": client.uri("app/x.py")}
        found = client.request("textDocument/hover", textDocument=document, position=place)
        return str(found["contents"]["value"]) if found else ""

    assert "legacy-typing-collection" in hover(2, 8)
    assert "legacy-typing-collection" in hover(3, 33)
    assert hover(1, 0) == ""


@pytest.mark.parametrize(("encoding", "column"), [("utf-16", 13), ("utf-8", 15), ("utf-32", 12)])
def test_columns_count_the_units_of_the_client(project: Path, encoding: str, column: int) -> None:
    """A character beyond the basic plane is two units of UTF-16 and four of UTF-8."""
    text = 'from typing import List\n\nx = "😀"; y: List[int] = []\n'
    general = {"positionEncodings": [encoding]}
    with Client(project, general=general) as client:
        (shown,) = client.open("app/x.py", text)
        assert shown["range"]["start"]["character"] == column


def test_pull_diagnostics(project: Path) -> None:
    """A client that asks gets the diagnostics of a document and of the whole workspace."""
    window = {"workDoneProgress": True}
    with Client(project, textDocument={"diagnostic": {}}, window=window) as client:
        item = {"uri": client.uri("app/x.py"), "languageId": "python", "version": 1}
        client.notify("textDocument/didOpen", textDocument={**item, "text": BROKEN})
        document = {"uri": client.uri("app/x.py")}
        pulled = client.request("textDocument/diagnostic", textDocument=document)
        assert codes(pulled["items"]) == ["HB031"]
        scanned = client.request("workspace/diagnostic", previousResultIds=[])
        found = {item["uri"]: codes(item["items"]) for item in scanned["items"]}
        assert found[client.uri("app/x.py")] == ["HB031"]
        assert found[client.uri("app/router.py")] == []
        kinds = [
            message["params"]["value"]["kind"]
            for message in client._kept
            if message.get("method") == "$/progress"
        ]
        assert (kinds[0], kinds[-1]) == ("begin", "end")


def test_configuration_is_read_again(client: Client) -> None:
    """When its file changes, the open documents are checked by the new one."""
    assert codes(client.open("app/x.py")) == ["HB031"]
    (client.root / "pyproject.toml").write_text("[tool.handbook]\nignore = ['HB03']\n")
    changes = [{"uri": client.uri("pyproject.toml"), "type": 2}]
    client.notify("workspace/didChangeWatchedFiles", changes=changes)
    assert client.diagnostics("app/x.py") == []
    (client.root / "pyproject.toml").write_text("[tool.handbook]\nselct = []\n")
    client.notify("workspace/didChangeWatchedFiles", changes=changes)
    shown = client.wait(lambda message: message.get("method") == "window/showMessage")
    assert "selct" in shown["params"]["message"]


@pytest.mark.parametrize(("severity", "number"), [("error", 1), ("warning", 2), ("info", 3)])
def test_severity_and_tags(client: Client, severity: str, number: int) -> None:
    """The configuration decides how loud a rule is; what is out of date is struck through."""
    text = f"[tool.handbook]\nselect = ['HB031']\nseverity = {{ HB031 = '{severity}' }}\n"
    (client.root / "pyproject.toml").write_text(text)
    (shown,) = client.open("app/x.py")
    assert (shown["severity"], shown["tags"]) == (number, [2])
