"""A small client of the language server protocol, which talks to a real server process."""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import Empty, Queue
from typing import Any

type Message = dict[str, Any]

PATIENCE = 60
"""How many seconds a slow machine may take to answer."""


class Client:
    """Starts `handbook server`, sends requests, and keeps what the server sends by itself."""

    def __init__(
        self,
        root: Path,
        *more: Path,
        options: Message | None = None,
        arguments: Sequence[str] = (),
        **capabilities: Any,
    ) -> None:
        """Start a server for a workspace folder, or several, and initialize it."""
        self.root = root
        self.process = subprocess.Popen(
            [sys.executable, "-m", "handbook", "server", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=root,
        )
        self._messages: Queue[Message] = Queue()
        self._kept: list[Message] = []
        self._number = 0
        threading.Thread(target=self._read, daemon=True).start()
        self.initialized = self.request(
            "initialize",
            processId=None,
            rootUri=root.as_uri(),
            workspaceFolders=[{"uri": each.as_uri(), "name": each.name} for each in (root, *more)],
            capabilities=capabilities,
            initializationOptions=options,
        )
        self.notify("initialized")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.request("shutdown")
        self.notify("exit")
        self.process.wait(PATIENCE)

    def uri(self, name: str) -> str:
        """The URI of a file of the workspace."""
        return (self.root / name).as_uri()

    def open(self, name: str, text: str | None = None) -> list[Message]:
        """Open a file, with another text than on disk if it is given; return its diagnostics."""
        text = (self.root / name).read_text(encoding="utf-8") if text is None else text
        self.notify("textDocument/didOpen", textDocument=self.document(name, text))
        return self.diagnostics(name)

    def document(self, name: str, text: str) -> Message:
        """A file as it is opened."""
        return {"uri": self.uri(name), "languageId": "python", "version": 1, "text": text}

    def change(self, name: str, text: str, version: int = 2) -> None:
        """Change the whole text of an open file."""
        document = {"uri": self.uri(name), "version": version}
        self.notify(
            "textDocument/didChange", textDocument=document, contentChanges=[{"text": text}]
        )

    def diagnostics(self, name: str, version: int | None = None) -> list[Message]:
        """Wait until diagnostics of a file, or of one version, are published, and return them."""
        wanted = self.uri(name)
        message = self.wait(
            lambda message: (
                message.get("method") == "textDocument/publishDiagnostics"
                and message["params"]["uri"] == wanted
                and version in (None, message["params"].get("version"))
            )
        )
        found: list[Message] = message["params"]["diagnostics"]
        return found

    def actions(
        self, name: str, line: int, column: int = 0, only: Sequence[str] | None = None
    ) -> list[Message]:
        """The code actions at a place, counted from 0."""
        place = {"line": line, "character": column}
        context: Message = {"diagnostics": []} | ({"only": only} if only is not None else {})
        found: list[Message] = self.request(
            "textDocument/codeAction",
            textDocument={"uri": self.uri(name)},
            range={"start": place, "end": place},
            context=context,
        )
        return found

    def request(self, method: str, **params: Any) -> Any:
        """Send a request and return its result."""
        number = self.send(method, **params)
        message = self.wait(
            lambda message: message.get("id") == number and "method" not in message
        )
        assert "error" not in message, message
        return message["result"]

    def send(self, method: str, **params: Any) -> int:
        """Send a request and return its number, without waiting for the answer."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params or None})
        return self._number

    def notify(self, method: str, **params: Any) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def wait(self, is_wanted: Any, patience: float = PATIENCE) -> Message:
        """Return the first message that is wanted; others are kept for later."""
        for index, message in enumerate(self._kept):
            if is_wanted(message):
                return self._kept.pop(index)
        while True:
            message = self._messages.get(timeout=patience)
            if "id" in message and "method" in message:
                # The server asks: whatever it asks for, it gets.
                self._send({"id": message["id"], "result": None})
            if is_wanted(message):
                return message
            self._kept.append(message)

    def is_silent(self, seconds: float = 0.5) -> bool:
        """Whether nothing comes for a while."""
        try:
            self._kept.append(self._messages.get(timeout=seconds))
        except Empty:
            return True
        return False

    def _send(self, message: Mapping[str, Any]) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(content), content))
        self.process.stdin.flush()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while header := stream.readline():
            length = (
                int(header.partition(b":")[2]) if header.lower().startswith(b"content-l") else 0
            )
            while stream.readline().strip():
                pass
            self._messages.put(json.loads(stream.read(length)))


def apply(text: str, edits: Sequence[Message]) -> str:
    """Apply text edits whose columns count code points, or any unit in plain ASCII."""
    lines = [*text.splitlines(keepends=True), ""]

    def offset(place: Mapping[str, int]) -> int:
        return sum(map(len, lines[: place["line"]])) + place["character"]

    for edit in sorted(edits, key=lambda edit: offset(edit["range"]["start"]), reverse=True):
        start, end = offset(edit["range"]["start"]), offset(edit["range"]["end"])
        text = text[:start] + edit["newText"] + text[end:]
    return text
