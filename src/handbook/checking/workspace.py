"""What one run holds: for each file its settings, its project and its rules."""

import ast
import os
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import ExitStack, contextmanager
from pathlib import Path

from handbook.checking.discovery import SourcePath, Walked, discover
from handbook.checking.engine import Result, RuleSet, check, syntax_error
from handbook.config import Configuration, Settings
from handbook.config.globs import ignored_in
from handbook.config.roles import Roles
from handbook.python.project.project import Project
from handbook.python.project.source import SourceFile
from handbook.rulebook.registry import Registry, registry
from handbook.rulebook.rule import Rule
from handbook.syntax.kept_trees import KeptTrees
from handbook.syntax.text import SourceError


class Workspace:
    """Checks files one at a time, and keeps what they share.

    Attributes:
        configuration: where the settings come from.
        overlays: by absolute path, unsaved texts that stand in for what is on disk.
    """

    def __init__(
        self,
        configuration: Configuration | None = None,
        *,
        screens: bool = True,
        interactive: bool = False,
        records: bool = False,
        plugins: bool = True,
    ) -> None:
        """Open a workspace.

        Args:
            configuration: by default what the files say.
            screens: without them every rule sees every block, for tests.
            plugins: whether the files that `plugins` names are loaded, and run.
            interactive: whether files are checked again and again, as in an editor: then only
                statements that changed are parsed again, and an edit undoes only the answers that
                were made from the edited file.
            records: whether to keep note of what each result rests on, as a cache needs it.
        """
        self.configuration = configuration or Configuration()
        self.overlays: dict[str, str] = {}
        self._screens = screens
        self._records = records or interactive
        self._loads_plugins = plugins
        self._trees = KeptTrees() if interactive else None
        self._projects: dict[str, Project] = {}
        self._selected: dict[tuple[int, bool], tuple[Settings, dict[str, Rule]]] = {}
        self._rule_sets: dict[tuple[int, tuple[str, ...], bool], RuleSet] = {}
        self._roles: dict[int, Roles] = {}
        self._walked: Walked = {}

    def __reduce__(self) -> tuple[object, ...]:
        """Another process gets a workspace that gives the same answers, with nothing read yet."""
        return _reopened, (self.configuration, self.overlays, self._screens, self._records)

    @property
    def records(self) -> bool:
        """Whether note is kept of what each result rests on."""
        return self._records

    def anew(self) -> "Workspace":
        """A workspace with the same configuration, with nothing read yet."""
        return Workspace(self.configuration, screens=self._screens, records=self._records)

    def discover(self, paths: Sequence[Path]) -> list[SourcePath]:
        """Find the files to check below paths, once: files that come later are not looked for.

        Raises:
            ConfigError: for a broken configuration.
            DiscoveryError: for a path that does not exist.
        """
        return discover(paths, self.configuration, self._walked)

    def check(
        self,
        path: Path,
        text: str | None = None,
        *,
        tree: ast.Module | None = None,
        noqa: bool = True,
    ) -> Result:
        """Check one file.

        Args:
            path: of the file; reports show it as it is given here.
            text: in place of what is on disk.
            tree: what `text` parses to, if the caller has it.
            noqa: whether `# noqa` counts.

        Raises:
            ConfigError: for a broken configuration.
            OSError: if the file cannot be read.
        """
        settings = self.configuration.for_file(path)
        rules = self.rules(settings, path)
        try:
            file = self.open(path, text, tree)
        except SourceError as error:
            selected = "HB000" in rules.rules
            return Result([syntax_error(str(path), error)] if selected else [])
        known = self.registry(settings).names
        return check(file, rules, known=known, noqa=noqa)

    def open(
        self, path: Path, text: str | None = None, tree: ast.Module | None = None
    ) -> SourceFile:
        """Read a file and outline it.

        Raises:
            ConfigError: for a broken configuration.
            OSError: if it cannot be read.
            SourceError: if it is not Python.
        """
        settings = self.configuration.for_file(path)
        project = self.project(path, settings)
        absolute = os.path.abspath(path)
        outline = (
            project.read_outline(absolute)
            if text is None
            else project.outline_of(absolute, text, tree)
        )
        roles = project.roles(outline)
        if self._trees is None:
            return SourceFile(str(path), outline, project, roles)
        return SourceFile(str(path), outline, project, roles, self._trees.parser_for(absolute))

    def read_ahead(self, sources: Iterable[SourcePath]) -> None:
        """Outline whole projects now, where a rule will most likely ask about all of one.

        Several processes would each do it for themselves otherwise, and each keep its own.
        """
        read: set[Path] = set()
        for source in sources:
            if source.root not in read and _mentions_apps(source):
                read.add(source.root)
                self.project(source.path, source.settings).read_all()

    def text_of(self, path: str) -> str:
        """The text of a file as it was checked, `""` where it cannot be read."""
        absolute = os.path.abspath(path)
        try:
            return self.project(Path(path), self.configuration.for_file(Path(path))).read(absolute)
        except (OSError, SourceError):
            return ""

    def project(self, path: Path, settings: Settings) -> Project:
        """The project that a file belongs to: that of the nearest `pyproject.toml`."""
        root = self.configuration.root_of(path.parent)
        project = self._projects.get(str(root))
        if project is None:
            project = Project(
                root,
                src=settings.src,
                overlays=self.overlays,
                list_files=lambda: self.files_of(root),
                roles=lambda relative: self._roles_of(settings, relative),
                tracks=self._records,
            )
            self._projects[str(root)] = project
        return project

    def overlay(self, path: Path) -> str | None:
        """The unsaved text of a file.

        Raises:
            ConfigError: for a broken configuration.
        """
        project = self.project(path, self.configuration.for_file(path))
        return project.overlays.get(os.path.abspath(path))

    def update(self, path: Path, text: str | None) -> Set[str] | None:
        """Take note that a file has another text: an unsaved one, or `None` for what is on disk.

        Returns what changed, in the words of `facts`; `None` where that may be anything.

        Raises:
            ConfigError: for a broken configuration.
        """
        absolute = os.path.abspath(path)
        if text is None:
            self.overlays.pop(absolute, None)
        else:
            self.overlays[absolute] = text
        return self.project(path, self.configuration.for_file(path)).update(absolute, text)

    @contextmanager
    def updates_together(self) -> Iterator[None]:
        """Take several updates as one; nothing may be asked in between."""
        with ExitStack() as stack:
            for project in self._projects.values():
                stack.enter_context(project.forgetting_once())
            yield

    def rules(self, settings: Settings, path: Path) -> RuleSet:
        """The rules that run on a file: those selected, without those ignored for it."""
        ignored = ignored_in(settings, path)
        in_tests = self._is_test(settings, path)
        key = (id(settings), ignored, in_tests)
        rules = self._rule_sets.get(key)
        if rules is None:
            known = self.registry(settings)
            selected = {
                code: rule
                for code, rule in self._select(settings, in_tests).items()
                if not any(known.rank(selector, code) for selector in ignored)
            }
            severities = {code: known.severity(settings, rule) for code, rule in selected.items()}
            rules = RuleSet(
                selected,
                severities={code: given for code, given in severities.items() if given},
                grades=known.grades(settings),
                screens=self._screens,
            )
            self._rule_sets[key] = rules
        return rules

    def runs_foreign_rules(self, source: SourcePath) -> bool:
        """Whether rules run on a file that are not this package's own."""
        rules = self.rules(source.settings, source.path).rules
        return any(not type(rule).__module__.startswith("handbook.") for rule in rules.values())

    def registry(self, settings: Settings) -> Registry:
        """All rules that the settings know, their plug-ins' included."""
        plugins = settings.plugins if self._loads_plugins else ()
        return registry(tuple(Path(plugin) for plugin in plugins))

    def _select(self, settings: Settings, in_tests: bool) -> dict[str, Rule]:
        # The settings are kept beside their rules so that no other object gets their `id`.
        key = (id(settings), in_tests)
        if key not in self._selected:
            selected = self.registry(settings).select(settings, in_tests=in_tests)
            self._selected[key] = (settings, selected)
        return self._selected[key][1]

    def _is_test(self, settings: Settings, path: Path) -> bool:
        root = self.configuration.root_of(path.parent)
        relative = os.path.relpath(os.path.abspath(path), root).replace(os.sep, "/")
        return "test" in self._roles_of(settings, relative)

    def _roles_of(self, settings: Settings, relative: str) -> frozenset[str]:
        roles = self._roles.get(id(settings))
        if roles is None:
            roles = self._roles[id(settings)] = Roles(settings.roles)
        return roles.roles_of(relative)

    def files_of(self, root: Path) -> Iterable[str]:
        """The absolute paths of all Python files of a project."""
        walked = self._walked.get(root)
        if walked is None:
            found = discover([root], self.configuration, lenient=True)
        else:
            found = [*walked.values()]
        for source in found:
            if source.problem is None and source.root == root:
                yield os.path.abspath(source.path)
        for path in self.overlays:
            if self.configuration.root_of(Path(path).parent) == root:
                yield path


def _mentions_apps(source: SourcePath) -> bool:
    """Whether a file is one of those that make rules ask where its apps and routes come from."""
    try:
        with open(source.path, "rb") as file:
            return b"fastapi" in file.read()
    except OSError:
        return False


def _reopened(
    configuration: Configuration, overlays: dict[str, str], screens: bool, records: bool
) -> Workspace:
    workspace = Workspace(configuration, screens=screens, records=records)
    workspace.overlays |= overlays
    return workspace
