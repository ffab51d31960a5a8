"""HB000."""

from collections.abc import Iterator

from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.violation import Severity


class SyntaxError(FileRule):  # noqa: A001 - the class name is the slug
    """A file cannot be read as Python.

    None of the other rules can look at such a file, so whatever is wrong in it stays unseen. The
    file does not parse, is not written in the encoding that it claims, is nested too deeply for the
    parser, or cannot be opened at all; the message says which. All other files of the run are
    checked as usual. This rule runs whatever `select` names, because a file that was not understood
    must not look like a clean one; `ignore`, `per-file-ignores` and `exclude` turn it off.

    A template for Python code belongs under a name that does not end in `.py`, or under `exclude`.

    Bad:

    A bracket that is never closed.

    ```python
    def total(prices: list[int]) -> int:
        return sum(prices  # <-
    ```

    A template that has the name of a module.

    ```python
    # file: templates/settings.py
    DEBUG = False
    NAME = {{ project_name }}
    {% if database %}  # <-
    DATABASE = "postgresql://localhost/app"
    {% endif %}
    ```

    Statements of Python 2.

    ```python
    print "starting"  # <-
    ```

    Good:

    ```python
    def total(prices: list[int]) -> int:
        return sum(prices)
    ```

    An empty file is a module.

    ```python
    # file: app/__init__.py
    # file: app/version.py
    VERSION = "1.4"
    ```

    Syntax that is newer than the Python that runs the check, but known.

    ```python
    def read(text: str) -> int | None:
        try:
            return int(text)
        except ValueError, TypeError:
            return None
    ```
    """

    code = "HB000"
    level = Level.ESSENTIAL
    severity = Severity.ERROR

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Find nothing: a file that gets here can be read; the engine reports the others."""
        yield from ()
