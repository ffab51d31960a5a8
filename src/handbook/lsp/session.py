"""What the server knows: open documents, what was found in them, and which files they ask about."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from handbook.checking.discovery import SourcePath, discover
from handbook.checking.workspace import Workspace
from handbook.config import ConfigError, Configuration
from handbook.python.project.project import Project
from handbook.syntax.text import split_lines
from handbook.violation import Violation

_CONFIGURATION_FILES = frozenset({"pyproject.toml", "handbook.toml", ".gitignore"})


@dataclass(slots=True)
class Document:
    """An open file.

    Attributes:
        path: an absolute path.
        text: what the editor shows, saved or not.
        version: the editor's number of that text.
        violations: what was found in it.
        checked: the text that they were found in.
        asked: what the answer depends on, in the words of `facts`.
    """

    path: str
    text: str
    version: int | None
    violations: list[Violation] = field(default_factory=list)
    checked: str | None = None
    asked: set[str] = field(default_factory=set)

    @property
    def lines(self) -> list[str]:
        """The lines of the text, with their ends."""
        return split_lines(self.text)


class Session:
    """Keeps the answers about open documents up to date.

    Attributes:
        documents: the open documents, by absolute path.
        problem: what is wrong with the configuration, or with a rule, in one sentence.
        allows_plugins: whether the Python files are run that a configuration names as plug-ins.
    """

    def __init__(self) -> None:
        """Begin with nothing open."""
        self.documents: dict[str, Document] = {}
        self.problem: str | None = None
        self.allows_plugins = False
        self._workspace = self._new_workspace()

    @property
    def workspace(self) -> Workspace:
        """What checks the files."""
        return self._workspace

    def open(self, path: str, text: str, version: int | None) -> Document:
        """Take a document that an editor opened."""
        document = self.documents[path] = Document(path, text, version)
        self._update(path, text)
        return document

    def change(self, path: str, text: str, version: int | None) -> Document:
        """Take the new text of a document."""
        document = self.documents.get(path)
        if document is None:
            return self.open(path, text, version)
        document.version = version
        if document.text != text:
            document.text = text
            self._update(path, text)
        return document

    def close(self, path: str) -> None:
        """Forget a document: what is on disk counts again."""
        if self.documents.pop(path, None) is not None:
            self._update(path, None)

    def changed_on_disk(self, path: str) -> bool:
        """Take note of a file that changed outside of the editor.

        Returns whether every answer may be another one now: its configuration was changed.
        """
        if os.path.basename(path) in _CONFIGURATION_FILES:
            self.reload()
            return True
        if path not in self.documents:
            self._update(path, None)
        return False

    def withheld(self, document: Document) -> tuple[str, ...]:
        """The plug-ins that are named for a document and not run."""
        try:
            return self._workspace.configuration.for_file(Path(document.path)).withheld
        except ConfigError:
            return ()  # The check says what is wrong with it.

    def reload(self) -> None:
        """Read the configuration again, and begin anew."""
        self._workspace = self._new_workspace()
        for path, document in self.documents.items():
            self._workspace.overlays[path] = document.text

    def check(self, document: Document) -> list[Violation]:
        """Check a document, if its text was not checked yet, and return what was found."""
        if document.checked == document.text:
            return document.violations
        path = Path(document.path)
        self.problem = None
        try:
            project = self._project(document.path)
            with project.recording() as asked:
                result = self._workspace.check(path)
            document.violations, document.asked = result.violations, asked
            if result.failures:
                self.problem = str(result.failures[0])
        except ConfigError as error:
            document.violations = []
            self.problem = f"handbook: {error}"
        except OSError as error:
            document.violations = []
            self.problem = f"handbook: {document.path}: {error.strerror or error}"
        document.checked = document.text
        return document.violations

    def dependants(self, path: str) -> Iterator[Document]:
        """The other open documents whose answers may change with a file; to be checked again."""
        for document in self.documents.values():
            if document.path != path and document.checked is None:
                yield document

    def forget_answers(self) -> None:
        """Make every open document be checked again."""
        for document in self.documents.values():
            document.checked = None

    def sources(self, folders: list[str]) -> list[SourcePath]:
        """Every file to check below some folders.

        Raises:
            ConfigError: for a broken configuration.
            DiscoveryError: for a folder that is not there.
        """
        found = discover([Path(folder) for folder in folders], self._workspace.configuration)
        return [source for source in found if source.problem is None]

    def check_file(self, source: SourcePath) -> list[Violation]:
        """Check a file that is not open."""
        path = os.path.abspath(source.path)
        document = self.documents.get(path)
        if document is not None:
            return self.check(document)
        try:
            return self._workspace.check(Path(path)).violations
        except OSError:
            return []

    def _new_workspace(self) -> Workspace:
        configuration = Configuration(plugins=self.allows_plugins)
        return Workspace(configuration, interactive=True)

    def _project(self, path: str) -> Project:
        settings = self._workspace.configuration.for_file(Path(path))
        return self._workspace.project(Path(path), settings)

    def _update(self, path: str, text: str | None) -> None:
        try:
            changed = self._workspace.update(Path(path), text)
            for document in self.documents.values():
                if changed is None or not document.asked.isdisjoint(changed):
                    document.checked = None
        except ConfigError:
            # The check says what is wrong with it.
            if text is not None:
                self._workspace.overlays[path] = text
