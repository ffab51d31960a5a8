"""What `handbook check --add-noqa` writes."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from handbook.checking.add_noqa import add_noqa
from handbook.checking.engine import SYNTAX_ERROR
from handbook.checking.workspace import Workspace
from handbook.cli.terminal import complain
from handbook.fixing.files import RewriteError, rewrite
from handbook.syntax.text import SourceError
from handbook.violation import Violation


def silence(
    violations: Sequence[Violation], workspace: Workspace, reason: str
) -> tuple[int, bool]:
    """Silence violations, which are sorted by path, by comments in their files.

    Returns how many were silenced, and whether every file could be written.
    """
    count = 0
    complete = True
    silenceable = (violation for violation in violations if violation.code != SYNTAX_ERROR[0])
    for path, found in groupby(silenceable, key=lambda violation: violation.path):
        in_file = list(found)
        before = workspace.text_of(path)
        after = add_noqa(before, in_file, reason)
        if after == before:
            continue
        try:
            rewrite(Path(path), after, before=before)
        except RewriteError as error:
            complain(str(error))
            complete = False
        except OSError as error:
            complain(f"`{path}` cannot be written: {error.strerror}")
            complete = False
        except SourceError:
            complete = False
        else:
            count += len(in_file)
    return count, complete
