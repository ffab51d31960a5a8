"""The features of the language server, and when documents are checked."""

import asyncio
import gc
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from lsprotocol import types as lsp
from pygls.exceptions import PyglsError
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from handbook import __version__
from handbook.checking.discovery import DiscoveryError
from handbook.config import ConfigError
from handbook.lsp.actions import KINDS, Actions
from handbook.lsp.diagnostics import SOURCE, diagnostic
from handbook.lsp.hover import hover
from handbook.lsp.places import Places
from handbook.lsp.plugins import Plugins
from handbook.lsp.session import Document, Session
from handbook.rulebook.registry import Registry
from handbook.violation import Violation

DEBOUNCE = 0.15
"""How many seconds after the last keystroke a document is checked."""
_QUIET = 0.3
"""For how many seconds nothing may happen before documents that depend on others are checked."""
_IDLE = 30.0
"""After how many seconds of quiet there is time to look for garbage."""
_GARBAGE_THRESHOLDS = (200_000, 50, 1_000_000)
"""What is known of a project lives on; to go through all of it takes a second, while one types."""
_CHECKS_BETWEEN = 50
"""After how many checks also what outlived one of them is looked through for garbage."""
_SHARE = 0.02
"""How many seconds a long scan works before it lets the editor's requests in between."""
_WATCHED = ("**/*.py", "**/*.pyi", "**/pyproject.toml", "**/handbook.toml", "**/.gitignore")


class HandbookServer(LanguageServer):
    """A language server with a session of ours."""

    def __init__(self, *, forbids_plugins: bool = False) -> None:
        """Make a server that has not been started."""
        super().__init__(
            SOURCE, __version__, text_document_sync_kind=lsp.TextDocumentSyncKind.Full
        )
        self.session = Session()
        self.plugins = Plugins(self.session, forbidden=forbids_plugins)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._waiting: dict[str, Document] = {}
        self._quiet: asyncio.TimerHandle | None = None
        self._shown_problem: str | None = None
        self._checks = 0

    # Documents

    def document_at(self, uri: str) -> Document | None:
        """The open document of a URI."""
        path = to_fs_path(uri)
        return self.session.documents.get(path) if path is not None else None

    def places_of(self, document: Document) -> Places:
        """What converts the places of a document for this client."""
        encoding = self.workspace.position_encoding or lsp.PositionEncodingKind.Utf16
        return Places(document.lines, encoding)

    def registry_of(self, document: Document) -> Registry:
        """The rules that are known where a document lies."""
        workspace = self.session.workspace
        return workspace.registry(workspace.configuration.for_file(Path(document.path)))

    @property
    def pulls(self) -> bool:
        """Whether the client asks for diagnostics, so that none need be sent."""
        text_document = self.client_capabilities.text_document
        return text_document is not None and text_document.diagnostic is not None

    # Checking

    def check_soon(self, document: Document) -> None:
        """Check a document once its user stops typing."""
        self._cancel(document.path)
        loop = asyncio.get_running_loop()
        self._timers[document.path] = loop.call_later(DEBOUNCE, self.check_now, document)
        self._wait_for_quiet()

    def check_now(self, document: Document) -> None:
        """Check a document, show what was found, and see later to those that depend on it."""
        self._cancel(document.path)
        self._waiting.pop(document.path, None)
        self.show(document)
        for dependant in self.session.dependants(document.path):
            self._waiting[dependant.path] = dependant
        self._wait_for_quiet()
        self._tidy()

    def _tidy(self) -> None:
        """Look for young garbage while nobody waits, lest it be done in the midst of a check."""
        self._checks += 1
        gc.collect(0 if self._checks % _CHECKS_BETWEEN else 1)

    def _wait_for_quiet(self) -> None:
        """Put off whatever is not about the document that is being edited."""
        if self._quiet is not None:
            self._quiet.cancel()
        delay = _QUIET if self._waiting else _IDLE
        self._quiet = asyncio.get_running_loop().call_later(delay, self._use_quiet)

    def _use_quiet(self) -> None:
        """Check one document that depends on another; with none left, look for garbage."""
        self._quiet = None
        if not self._waiting:
            gc.collect()
            return
        document = self._waiting.pop(next(iter(self._waiting)))
        if self.session.documents.get(document.path) is document:
            self.show(document)
        loop = asyncio.get_running_loop()
        self._quiet = loop.call_later(0 if self._waiting else _IDLE, self._use_quiet)

    def check_all(self) -> None:
        """Check every open document again."""
        self.session.forget_answers()
        for document in list(self.session.documents.values()):
            self.show(document)

    def show(self, document: Document) -> None:
        """Send what is found in a document, or tell the client to ask for it."""
        if self.pulls:
            self._refresh()
            return
        violations = self.session.check(document)
        self.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(
                uri=from_fs_path(document.path) or "",
                version=document.version,
                diagnostics=self.diagnostics(document, violations),
            )
        )
        self._show_problem()

    def diagnostics(self, document: Document, violations: list[Violation]) -> list[lsp.Diagnostic]:
        """What is found in a document, as the client shows it."""
        places, known = self.places_of(document), None
        shown: list[lsp.Diagnostic] = []
        for violation in violations:
            known = known or self.registry_of(document)
            shown.append(diagnostic(violation, places, known))
        return shown

    def clear(self, uri: str) -> None:
        """Take back what was shown of a document."""
        if not self.pulls:
            self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))

    def _refresh(self) -> None:
        workspace = self.client_capabilities.workspace
        if workspace and workspace.diagnostics and workspace.diagnostics.refresh_support:
            self.workspace_diagnostic_refresh(None)

    def _show_problem(self) -> None:
        """Tell once what is wrong with the configuration, or with a rule of ours."""
        problem = self.session.problem
        if problem is not None and problem != self._shown_problem:
            kind = lsp.MessageType.Error
            self.window_show_message(lsp.ShowMessageParams(type=kind, message=problem))
        self._shown_problem = problem

    def _cancel(self, path: str) -> None:
        timer = self._timers.pop(path, None)
        if timer is not None:
            timer.cancel()


def make_server(*, forbids_plugins: bool = False) -> HandbookServer:
    """A server with all its features; it may be forbidden to run plug-ins whatever editors say."""
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    server = HandbookServer(forbids_plugins=forbids_plugins)
    _add_documents(server)
    _add_pulling(server)
    _add_help(server)
    return server


def _add_documents(server: HandbookServer) -> None:
    session = server.session

    @server.feature(lsp.INITIALIZE)
    def initialize(params: lsp.InitializeParams) -> None:
        server.plugins.take(params.initialization_options)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def did_change_configuration(params: lsp.DidChangeConfigurationParams) -> None:
        if server.plugins.take(params.settings):
            server.check_all()

    @server.feature(lsp.INITIALIZED)
    def initialized(_: lsp.InitializedParams) -> None:
        workspace = server.client_capabilities.workspace
        watched = workspace.did_change_watched_files if workspace else None
        if watched is not None and watched.dynamic_registration:
            watchers = [lsp.FileSystemWatcher(glob_pattern=glob) for glob in _WATCHED]
            registration = lsp.Registration(
                id="handbook-files",
                method=lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES,
                register_options=lsp.DidChangeWatchedFilesRegistrationOptions(watchers),
            )
            server.client_register_capability(lsp.RegistrationParams([registration]))

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: lsp.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        path = to_fs_path(document.uri)
        if path is not None:
            opened = session.open(path, document.text, document.version)
            server.check_now(opened)
            if note := server.plugins.note(opened):
                server.window_log_message(lsp.LogMessageParams(lsp.MessageType.Info, note))

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: lsp.DidChangeTextDocumentParams) -> None:
        known = server.workspace.get_text_document(params.text_document.uri)
        path = to_fs_path(params.text_document.uri)
        if path is not None:
            version = params.text_document.version
            server.check_soon(session.change(path, known.source, version))

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: lsp.DidSaveTextDocumentParams) -> None:
        document = server.document_at(params.text_document.uri)
        if document is not None:
            server.check_now(document)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: lsp.DidCloseTextDocumentParams) -> None:
        path = to_fs_path(params.text_document.uri)
        if path is not None:
            session.close(path)
            server.clear(params.text_document.uri)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: lsp.DidChangeWatchedFilesParams) -> None:
        paths = [path for change in params.changes if (path := to_fs_path(change.uri))]
        if any([session.changed_on_disk(path) for path in paths]):
            server.check_all()
            return
        for path in paths:
            for dependant in list(session.dependants(path)):
                server.show(dependant)


def _add_pulling(server: HandbookServer) -> None:
    session = server.session
    options = lsp.DiagnosticOptions(
        inter_file_dependencies=True, workspace_diagnostics=True, identifier=SOURCE
    )

    @server.feature(lsp.TEXT_DOCUMENT_DIAGNOSTIC, options)
    def pull(params: lsp.DocumentDiagnosticParams) -> lsp.DocumentDiagnosticReport:
        document = server.document_at(params.text_document.uri)
        if document is None:
            return lsp.RelatedFullDocumentDiagnosticReport(items=[])
        items = server.diagnostics(document, session.check(document))
        server._show_problem()
        return lsp.RelatedFullDocumentDiagnosticReport(items=items)

    @server.feature(lsp.WORKSPACE_DIAGNOSTIC)
    async def pull_all(params: lsp.WorkspaceDiagnosticParams) -> lsp.WorkspaceDiagnosticReport:
        return await _scan(server, params.work_done_token)


async def _scan(
    server: HandbookServer, token: lsp.ProgressToken | None
) -> lsp.WorkspaceDiagnosticReport:
    """Check every file of the workspace's folders, letting other requests in between."""
    session = server.session
    folders = [
        path for folder in server.workspace.folders.values() if (path := to_fs_path(folder.uri))
    ]
    try:
        sources = session.sources(folders)
    except (ConfigError, DiscoveryError) as error:
        server.window_show_message(
            lsp.ShowMessageParams(lsp.MessageType.Error, f"handbook: {error}")
        )
        return lsp.WorkspaceDiagnosticReport(items=[])
    progress = await _begin_progress(server, token)
    items: list[lsp.WorkspaceDocumentDiagnosticReport] = []
    started = time.monotonic()
    try:
        for number, source in enumerate(sources):
            violations = session.check_file(source)
            path = str(source.path)
            document = session.documents.get(path) or Document(
                path, session.workspace.text_of(path), None
            )
            items.append(
                lsp.WorkspaceFullDocumentDiagnosticReport(
                    uri=from_fs_path(path) or "",
                    version=document.version,
                    items=server.diagnostics(document, violations),
                )
            )
            if time.monotonic() - started > _SHARE:
                if progress is not None:
                    done = 100 * number // len(sources)
                    report = lsp.WorkDoneProgressReport(message=source.path.name, percentage=done)
                    server.work_done_progress.report(progress, report)
                await asyncio.sleep(0)
                started = time.monotonic()
    finally:
        if progress is not None:
            server.work_done_progress.end(progress, lsp.WorkDoneProgressEnd())
    return lsp.WorkspaceDiagnosticReport(items=items)


async def _begin_progress(
    server: HandbookServer, token: lsp.ProgressToken | None
) -> lsp.ProgressToken | None:
    """Show progress under the client's token, or under one of ours where it may be shown."""
    window = server.client_capabilities.window
    if token is None:
        if window is None or not window.work_done_progress:
            return None
        token = f"handbook-{uuid.uuid4()}"
        try:
            await server.work_done_progress.create_async(token)
        except PyglsError:
            return None
    begin = lsp.WorkDoneProgressBegin(title="handbook", message="checking files", percentage=0)
    server.work_done_progress.begin(token, begin)
    return token


def _add_help(server: HandbookServer) -> None:
    options = lsp.CodeActionOptions(code_action_kinds=list(KINDS))

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, options)
    def code_action(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        uri = params.text_document.uri
        document = server.document_at(uri)
        if document is None:
            return []
        places, known = server.places_of(document), server.registry_of(document)
        actions = Actions(server.session, document, uri, places, known)
        return [*_try(actions, params)]

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def show_page(params: lsp.HoverParams) -> lsp.Hover | None:
        document = server.document_at(params.text_document.uri)
        if document is None:
            return None
        position = server.places_of(document).from_client(params.position)
        page = hover(document, position, server.registry_of(document))
        if page is None:
            return None
        return lsp.Hover(lsp.MarkupContent(kind=lsp.MarkupKind.Markdown, value=page))


def _try(actions: Actions, params: lsp.CodeActionParams) -> Iterator[lsp.CodeAction]:
    """The actions, none where the configuration is broken: the check has said so."""
    try:
        yield from actions.at(params.range, params.context.only)
    except ConfigError:
        return
