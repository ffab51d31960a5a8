"""Which rules there are, and which of them a configuration selects."""

import importlib
import importlib.util
import os
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

from handbook.config import ConfigError, Settings
from handbook.config.errors import nearest
from handbook.rulebook.exits import without_exit
from handbook.rulebook.rule import Level, OptionError, Rule
from handbook.violation import Applicability, Severity

ALL = "ALL"
ALWAYS = "HB000"
"""Runs whatever is selected, unless it is ignored: a file not understood must not seem clean."""
NAMES_IN_COMMENTS = "HB002"
"""Reports comments that name no rule: these may be a plug-in's, where plug-ins are withheld."""
DEFAULT_SELECT = (Level.RECOMMENDED.value,)
ENTRY_POINT_GROUP = "handbook.rules"


_LEVELS = frozenset(level.value for level in Level)


class Registry:
    """The rules that are known, by code.

    Attributes:
        rules: the rule classes, by code, in the order of the codes.
        names: the slug of each code.
    """

    def __init__(self, rules: Iterable[type[Rule]]) -> None:
        """Collect rules.

        Raises:
            ConfigError: where two rules share a code or a slug.
        """
        self.rules: dict[str, type[Rule]] = {}
        self._by_slug: dict[str, str] = {}
        for rule in sorted(rules, key=lambda rule: rule.code):
            slug = rule.slug()
            if rule.code in self.rules or slug in self._by_slug:
                raise ConfigError(f"two rules are called {rule.code} or `{slug}`")
            self.rules[rule.code] = rule
            self._by_slug[slug] = rule.code
        self.names: Mapping[str, str] = {code: slug for slug, code in self._by_slug.items()}

    def find(self, name: str) -> type[Rule]:
        """The rule of a code or slug.

        Raises:
            ConfigError: with the nearest name, if there is none.
        """
        code = self._by_slug.get(name.lower(), name.upper())
        if code not in self.rules:
            raise ConfigError(f"unknown rule `{name}`{self._nearest(name)}")
        return self.rules[code]

    def rank(self, selector: str, code: str, *, in_tests: bool = False) -> int:
        """How closely a selector names a rule: 0 not at all, and the more the closer."""
        if selector == ALL:
            return 1
        if selector in _LEVELS:
            rule = self.rules[code]
            level = (rule.level_in_tests if in_tests else None) or rule.level
            return int(Level(selector).includes(level))
        if self._by_slug.get(selector) == code:
            return 1 + len(code)
        return 1 + len(selector) if code.startswith(selector) else 0

    def check_selectors(self, selectors: Iterable[str], where: str) -> None:
        """Make sure that each selector names a rule.

        Raises:
            ConfigError: naming the first that does not, and the nearest valid name.
        """
        for selector in selectors:
            if selector not in _LEVELS and not any(
                self.rank(selector, code) for code in self.rules
            ):
                raise ConfigError(f"unknown rule `{selector}` in {where}{self._nearest(selector)}")

    def select(self, settings: Settings, *, in_tests: bool = False) -> dict[str, Rule]:
        """Make the rules that the settings select, with their options, by code.

        What is unknown may be a rule of a plug-in, where these are withheld.

        Args:
            settings: of the file.
            in_tests: whether the file is a test module, of which a level asks less.

        Raises:
            ConfigError: for a selector, severity or option that names no rule or does not fit.
        """
        selected = [
            *(settings.select if settings.select is not None else DEFAULT_SELECT),
            *settings.extend_select,
        ]
        ignored = [*settings.ignore, *settings.extend_ignore]
        if not settings.withheld:
            for name, selectors in self._selectors(settings).items():
                self.check_selectors(selectors, f"`{name}`")
        chosen: dict[str, Rule] = {}
        for code, rule in self.rules.items():
            wanted, unwanted = (
                max((self.rank(name, code, in_tests=in_tests) for name in names), default=0)
                for names in (selected, ignored)
            )
            wanted = max(wanted, int(code == ALWAYS))
            if settings.withheld and code == NAMES_IN_COMMENTS:
                continue
            if wanted > unwanted and (settings.preview or not rule.preview):
                chosen[code] = rule(self._options(settings, rule))
        return chosen

    def severity(self, settings: Settings, rule: Rule) -> Severity | None:
        """The severity that the settings give a rule's violations, the closest name first."""
        ranked = [
            (self.rank(selector, rule.code), severity)
            for selector, severity in settings.severity.items()
        ]
        rank, severity = max(ranked, key=lambda pair: pair[0], default=(0, None))
        return severity if rank else None

    def grades(self, settings: Settings) -> dict[str, Applicability | None]:
        """What the settings say of the fixes for some codes; `None` for "not to be fixed".

        Of two that contradict each other the closer one holds, and of two as close the stricter.
        """
        grades: dict[str, Applicability | None] = {}
        for code in self.rules:
            fixable, unfixable, safe, unsafe = (
                max((self.rank(selector, code) for selector in selectors), default=0)
                for selectors in (
                    settings.fixable,
                    settings.unfixable,
                    settings.extend_safe_fixes,
                    settings.extend_unsafe_fixes,
                )
            )
            if fixable <= unfixable:
                grades[code] = None
            elif safe or unsafe:
                grades[code] = Applicability.SAFE if safe > unsafe else Applicability.UNSAFE
        return grades

    def _selectors(self, settings: Settings) -> Mapping[str, Iterable[str]]:
        return {
            "select": settings.select or (),
            "extend-select": settings.extend_select,
            "ignore": settings.ignore,
            "extend-ignore": settings.extend_ignore,
            "severity": settings.severity,
            "per-file-ignores": [
                selector for ignored in settings.per_file_ignores.values() for selector in ignored
            ],
            "rules": settings.rules,
            "fixable": settings.fixable,
            "unfixable": settings.unfixable,
            "extend-safe-fixes": settings.extend_safe_fixes,
            "extend-unsafe-fixes": settings.extend_unsafe_fixes,
        }

    def _options(self, settings: Settings, rule: type[Rule]) -> Mapping[str, object]:
        options = settings.rules.get(rule.slug(), {})
        try:
            rule(options)
        except OptionError as error:
            where = settings.source or "the command line"
            raise ConfigError(f"{where}: rules.{rule.slug()}: {error}") from None
        return options

    def _nearest(self, name: str) -> str:
        return nearest(name, [*self.rules, *self._by_slug, *Level])


@cache
def registry(plugins: Sequence[Path] = ()) -> Registry:
    """All rules: our own, those of installed packages, and those of plug-in files.

    Raises:
        ConfigError: for a plug-in that cannot be loaded.
    """
    modules = [*_own_modules(), *_installed_modules(), *map(_plugin_module, plugins)]
    return Registry(rule for module in modules for rule in _rules_in(module))


def _own_modules() -> Iterator[ModuleType]:
    """The modules below `rules/`; those with a leading underscore are helpers of rules.

    Raises:
        ConfigError: for a folder without `__init__.py`, whose rules nothing would find.
    """
    import handbook.rules

    for folder in handbook.rules.__path__:
        for chapter in sorted(Path(folder).iterdir()):
            if chapter.is_dir() and any(chapter.glob("*.py")):
                if not (chapter / "__init__.py").exists():
                    raise ConfigError(
                        f"the rules in `{chapter.name}/` cannot be found: add an `__init__.py`"
                    )
    for found in pkgutil.walk_packages(handbook.rules.__path__, "handbook.rules."):
        if not found.ispkg and not found.name.rpartition(".")[2].startswith("_"):
            yield importlib.import_module(found.name)


def _installed_modules() -> Iterator[ModuleType]:
    if not _is_announced(ENTRY_POINT_GROUP.encode()):
        return
    from importlib.metadata import entry_points

    for entry in entry_points(group=ENTRY_POINT_GROUP):
        try:
            with without_exit():
                loaded = entry.load()
        except (Exception, SystemExit) as error:
            raise _unloadable(f"rules of `{entry.name}`", error) from error
        if isinstance(loaded, ModuleType):
            yield loaded


def _is_announced(group: bytes) -> bool:
    """Whether an installed package may have entry points of a group.

    A look at the files is quicker than to import `importlib.metadata`, which nearly nobody needs.
    """
    for folder in sys.path:
        if os.path.isfile(folder):  # an archive
            return True
        for name in os.listdir(folder or ".") if os.path.isdir(folder or ".") else ():
            if name.endswith(("-info", "-INFO")):
                try:
                    with open(os.path.join(folder, name, "entry_points.txt"), "rb") as file:
                        if group in file.read():
                            return True
                except OSError:
                    continue
    return False


def _plugin_module(path: Path) -> ModuleType:
    if not path.exists():
        raise ConfigError(f"the plug-in {path} does not exist")
    name = f"handbook_plugin_{path.stem}"
    specification = importlib.util.spec_from_file_location(name, path)
    if specification is None or specification.loader is None:
        raise ConfigError(f"the plug-in {path} is no Python file")
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    try:
        with without_exit():
            specification.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise _unloadable(f"plug-in {path}", error) from error
    return module


def _unloadable(what: str, error: BaseException) -> ConfigError:
    return ConfigError(f"the {what} cannot be loaded: {type(error).__name__}: {error}")


def _rules_in(module: ModuleType) -> Iterator[type[Rule]]:
    for value in vars(module).values():
        if (
            isinstance(value, type)
            and issubclass(value, Rule)
            and value.__module__ == module.__name__
            and hasattr(value, "code")
        ):
            yield value
