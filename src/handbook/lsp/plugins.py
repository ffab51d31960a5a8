"""Whether the Python files are run that a project's configuration names as plug-ins.

They are code of whatever folder is opened, so an editor has to allow them first.
"""

from collections.abc import Mapping

from handbook.lsp.session import Document, Session

_SECTION = "handbook"
_KEYS = ("allowPlugins", "allow_plugins")


class Plugins:
    """Takes what the editor allows, and tells what is left out for want of it."""

    def __init__(self, session: Session, *, forbidden: bool) -> None:
        """Allow nothing yet; if they are forbidden, no editor can allow them."""
        self._session = session
        self._forbidden = forbidden
        self._told: set[str] = set()

    def take(self, options: object) -> bool:
        """Take an editor's options; returns whether they change what is allowed."""
        allowed = _allowed(options)
        if allowed is None or self._forbidden or allowed == self._session.allows_plugins:
            return False
        self._session.allows_plugins = allowed
        self._session.reload()
        return True

    def note(self, document: Document) -> str | None:
        """What is said once of the plug-ins that are not run for a document."""
        withheld = set(self._session.withheld(document)) - self._told
        if not withheld:
            return None
        self._told |= withheld
        files = ", ".join(sorted(withheld))
        return f"handbook: plug-ins are not run: {files}; allow them by `allowPlugins`"


def _allowed(options: object) -> bool | None:
    """What options say, at the top or in a table of ours; nothing but `true` allows anything."""
    if not isinstance(options, Mapping):
        options = {
            name: getattr(options, name)
            for name in (_SECTION, *_KEYS)
            if options is not None and hasattr(options, name)
        }
    for key in _KEYS:
        if key in options:
            return options[key] is True
    return _allowed(options[_SECTION]) if _SECTION in options else None
