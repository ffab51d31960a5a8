"""The types that keys can have: how each reads a TOML value, and what it is called."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from handbook.config.errors import nearest
from handbook.config.roles import DEFAULT_ROLES
from handbook.violation import Severity

type KeyPath = tuple[str | int, ...]

OUTPUT_FORMATS: tuple[str, ...] = (
    *("full", "concise", "json", "json-lines", "grouped", "github", "gitlab", "sarif"),
    *("junit", "pylint", "rdjson", "azure", "html"),
)


class MismatchError(Exception):
    """A value that its key cannot take: `keys` lead to it, `message` is what to tell."""

    def __init__(self, keys: KeyPath, message: str) -> None:
        super().__init__(keys, message)
        self.keys = keys
        self.message = message


@dataclass(frozen=True, slots=True)
class Kind[T]:
    """A type of value.

    Attributes:
        text: names it.
        read: converts a TOML value, or raises `MismatchError`.
        schema: describes such values in JSON Schema.
    """

    text: str
    read: Callable[[KeyPath, object], T]
    schema: Mapping[str, object]


def _mismatch(keys: KeyPath, expected: str, value: object) -> MismatchError:
    return MismatchError(keys, f"`{dotted(keys)}` expects {expected}, found {_found(value)}")


def _boolean(keys: KeyPath, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _mismatch(keys, "true or false", value)


def _string(keys: KeyPath, value: object) -> str:
    if isinstance(value, str):
        return value
    raise _mismatch(keys, "a string", value)


def _strings(keys: KeyPath, value: object) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(_string((*keys, index), item) for index, item in enumerate(value))
    raise _mismatch(keys, "a list of strings", value)


def _severity(keys: KeyPath, value: object) -> Severity:
    return Severity(_choice("severity", tuple(Severity), keys, _string(keys, value)))


def _output_format(keys: KeyPath, value: object) -> str:
    return _choice("output format", OUTPUT_FORMATS, keys, _string(keys, value))


def _choice(what: str, choices: tuple[str, ...], keys: KeyPath, value: str) -> str:
    if value in choices:
        return value
    raise MismatchError(
        keys, f"`{dotted(keys)}` has the unknown {what} `{value}`{nearest(value, choices)}"
    )


def _any(keys: KeyPath, value: object) -> object:
    return value


def _table[T](
    read: Callable[[KeyPath, object], T], content: str
) -> Callable[[KeyPath, object], Mapping[str, T]]:
    def read_table(keys: KeyPath, value: object) -> Mapping[str, T]:
        if isinstance(value, Mapping):
            return {str(key): read((*keys, str(key)), item) for key, item in value.items()}
        raise _mismatch(keys, f"a table of {content}", value)

    return read_table


def _roles(keys: KeyPath, value: object) -> Mapping[str, tuple[str, ...]]:
    globs = STRING_LISTS.read(keys, value)
    for role in globs:
        if role not in DEFAULT_ROLES:
            raise MismatchError(
                (*keys, role), f"unknown role `{role}`{nearest(role, DEFAULT_ROLES)}"
            )
    return globs


_TEXTS: Mapping[str, object] = {"type": "array", "items": {"type": "string"}}


def _table_of(values: Mapping[str, object]) -> Mapping[str, object]:
    return {"type": "object", "additionalProperties": values}


BOOLEAN: Kind[bool] = Kind("true or false", _boolean, {"type": "boolean"})
STRING: Kind[str] = Kind("string", _string, {"type": "string"})
STRINGS: Kind[tuple[str, ...]] = Kind("list of strings", _strings, _TEXTS)
STRING_LISTS: Kind[Mapping[str, tuple[str, ...]]] = Kind(
    "table of lists of strings", _table(_strings, "lists of strings"), _table_of(_TEXTS)
)
SEVERITY: Kind[str] = Kind(
    " or ".join(f"`{each}`" for each in Severity), _severity, {"enum": [*Severity]}
)
SEVERITIES: Kind[Mapping[str, Severity]] = Kind(
    f"table of severities ({', '.join(Severity)})",
    _table(_severity, "severities"),
    _table_of({"enum": [*Severity]}),
)
ROLES: Kind[Mapping[str, tuple[str, ...]]] = Kind(
    f"table of lists of strings, by role ({', '.join(DEFAULT_ROLES)})",
    _roles,
    {
        "type": "object",
        "properties": dict.fromkeys(DEFAULT_ROLES, _TEXTS),
        "additionalProperties": False,
    },
)
OPTIONS: Kind[Mapping[str, Mapping[str, object]]] = Kind(
    "table of tables", _table(_table(_any, "options"), "tables"), {"type": "object"}
)
OUTPUT_FORMAT: Kind[str] = Kind(
    f"one of {', '.join(OUTPUT_FORMATS)}", _output_format, {"enum": [*OUTPUT_FORMATS]}
)


def dotted(keys: KeyPath) -> str:
    """Return `keys` as TOML would write them: `per-file-ignores."tests/**"`, `select[2]`."""
    import json
    import re

    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            plain = re.fullmatch(r"[A-Za-z0-9_-]+", key)
            text += f".{key if plain else json.dumps(key, ensure_ascii=False)}"
    return text.removeprefix(".")


def _found(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'the string "{value if len(value) < 40 else value[:37] + "..."}"'
        case int() | float():
            return f"the number {value}"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "a table"
        case _:
            return f"{value}"
