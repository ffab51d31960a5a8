"""Names of things that nobody else may see: passwords, keys and secrets."""

from handbook.syntax.names import words_of

_PASSWORDS = frozenset({"password", "passwd", "pwd", "passphrase", "passcode"})
_STORED = frozenset({"hash", "hashed", "digest", "salt", "encrypted", "plain"})
_KEYS = frozenset({"private", "secret", "api", "signing", "encryption"})
_HARMLESS = frozenset(
    {
        *("has", "is", "show", "can", "use", "uses", "needs", "require", "requires", "allow"),
        *("masked", "redacted", "hide", "hidden", "public", "no", "with", "without", "should"),
        *("enable", "enabled", "obfuscated", "supports", "want", "any", "min", "max", "num"),
        *("generate", "reset", "forgot", "change"),
    }
)


def is_password_name(name: str) -> bool:
    """Whether a name is that of a password, plain or hashed: `password_hash`, `newPassword`."""
    words = words_of(name)
    return (
        _HARMLESS.isdisjoint(words)
        and any(word in _PASSWORDS for word in words)
        and (words[-1] in _PASSWORDS or words[-1] in _STORED)
    )


def is_secret_name(name: str) -> bool:
    """Whether a name is that of a password, a secret or a key: `client_secret`, `api_key`."""
    if is_password_name(name):
        return True
    words = words_of(name)
    if not words or not _HARMLESS.isdisjoint(words):
        return False
    if words[-1] in ("secret", "apikey"):
        return True
    return words[-1] == "key" and len(words) > 1 and words[-2] in _KEYS
