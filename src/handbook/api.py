"""Checks from Python: what `handbook check` does, as functions."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path

from handbook.checking.discovery import SourcePath
from handbook.checking.engine import Failure
from handbook.checking.runner import check_text_of, run
from handbook.checking.workspace import Workspace
from handbook.config import Configuration, merge_overrides
from handbook.violation import Violation


def check_paths(
    paths: Iterable[str | PathLike[str]],
    *,
    select: Sequence[str] | None = None,
    settings: Mapping[str, object] | None = None,
    config: str | PathLike[str] | None = None,
    isolated: bool = False,
    jobs: int = 1,
) -> list[Violation]:
    """Check files and folders, as `handbook check` does.

    Args:
        paths: of the files and folders; violations name files as they are given here, continued.
        select: codes, prefixes and slugs of the rules to run, in place of the configured ones.
        settings: keys of `[tool.handbook]` with values as TOML has them; they win over all files.
        config: a configuration file that holds in place of the nearest one.
        isolated: whether to read no configuration files.
        jobs: how many processes to use. With more than one, a script must keep its own code below
            `if __name__ == "__main__":`, as `multiprocessing` asks for.

    Returns the violations, sorted by path and place. A file that cannot be read is one of them
    (HB000). A rule that crashes is told by a `RuntimeWarning`.

    Raises:
        handbook.config.ConfigError: for a configuration or selection that cannot be used.
        handbook.checking.discovery.DiscoveryError: for a path that does not exist.

    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open(os.path.join(folder, "users.py"), "w") as file:
    ...         _ = file.write("import typing\\n\\nnames: typing.List[str] = []\\n")
    ...     [violation.code for violation in check_paths([folder], select=["HB031"])]
    ['HB031']
    """
    workspace = _workspace(select, settings, config, isolated)
    sources = workspace.discover([Path(path) for path in paths])
    outcome = run(sources, workspace, jobs=jobs)
    _warn(outcome.failures)
    return outcome.violations


def check_text(
    text: str,
    path: str | PathLike[str] = "example.py",
    *,
    select: Sequence[str] | None = None,
    settings: Mapping[str, object] | None = None,
    config: str | PathLike[str] | None = None,
    isolated: bool = False,
) -> list[Violation]:
    """Check a text as the content of a file, which need not exist.

    Args:
        text: of the file.
        path: of the file: it says which configuration and which other files belong to it.
        select: as for `check_paths`, and so are all others.

    Returns the violations in order.

    Raises:
        handbook.config.ConfigError: for a configuration or selection that cannot be used.

    >>> [violation.message for violation in check_text("import os (\\n")]
    ['invalid syntax']
    """
    workspace = _workspace(select, settings, config, isolated)
    name = Path(path)
    known = workspace.configuration
    source = SourcePath(name, known.for_file(name), known.root_of(name.parent))
    outcome = check_text_of(source, text, workspace)
    _warn(outcome.failures)
    return outcome.violations


def fix_text(
    text: str,
    path: str | PathLike[str] = "example.py",
    *,
    unsafe: bool = False,
    select: Sequence[str] | None = None,
    settings: Mapping[str, object] | None = None,
    config: str | PathLike[str] | None = None,
    isolated: bool = False,
) -> str:
    """Apply the fixes of a text, until none is left; nothing is written.

    Args:
        text: of the file.
        path: of the file, as for `check_text`.
        unsafe: whether to apply fixes, too, that may change what the program does.
        select: as for `check_paths`, and so are all others.

    Returns the text with all fixes applied that are selected and `fixable`; as it was where it is
    no Python.

    Raises:
        handbook.config.ConfigError: for a configuration or selection that cannot be used.

    >>> text = "from typing import Optional\\n\\nname: Optional[str] = None\\n"
    >>> print(fix_text(text, select=["HB032"]), end="")
    name: str | None = None
    """
    from handbook.fixing.fixing import fix_file

    workspace = _workspace(select, settings, config, isolated)
    fixed = fix_file(workspace, Path(path), text, unsafe=unsafe)
    _warn(fixed.failures)
    return fixed.text


def _workspace(
    select: Sequence[str] | None,
    settings: Mapping[str, object] | None,
    config: str | PathLike[str] | None,
    isolated: bool,
) -> Workspace:
    chosen = {} if select is None else {"select": list(select)}
    overrides = merge_overrides(settings or {}, chosen)
    file = None if config is None else Path(config)
    return Workspace(Configuration(file, overrides, isolated))


def _warn(failures: Sequence[Failure]) -> None:
    for failure in failures:
        subject = f"{failure.code} crashed on" if failure.code else "could not check"
        warnings.warn(f"{subject} {failure.path}: {failure.error}", RuntimeWarning, stacklevel=3)
