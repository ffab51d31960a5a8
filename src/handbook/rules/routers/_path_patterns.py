"""Which requests a path takes, as Starlette reads it."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

_PARAMETER = re.compile(r"{[a-zA-Z_][a-zA-Z0-9_]*(:[a-zA-Z_][a-zA-Z0-9_]*)?}")
_CONVERTORS = {
    "str": "[^/]+",
    "int": "[0-9]+",
    "float": r"[0-9]+(\.[0-9]+)?",
    "uuid": "[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}",
}
type Kind = Literal["text", "parameter", "mixed", "path", "unknown"]


@dataclass(frozen=True)
class Segment:
    """What stands between two slashes of a path.

    Attributes:
        kind: a fixed text, one parameter, both beside each other, one that takes slashes too
            (`{file:path}`), or something with a convertor that is not Starlette's own.
        text: for a parameter its convertor; otherwise the text, parameters without their names.
    """

    kind: Kind
    text: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What the segment matches, for one without slashes in it."""
        if self.kind == "parameter":
            return re.compile(_CONVERTORS[self.text])
        parts = re.split(r"{:(\w+)}", self.text)
        return re.compile(
            "".join(
                f"(?:{_CONVERTORS[part]})" if index % 2 else re.escape(part)
                for index, part in enumerate(parts)
            )
        )

    def covers(self, other: "Segment") -> bool:
        """Whether it surely takes all that the other one takes."""
        if self == other:
            return True
        if "unknown" in (self.kind, other.kind) or "path" in (self.kind, other.kind):
            return False
        if other.kind == "text":
            return self.kind != "text" and self.pattern.fullmatch(other.text) is not None
        if self.kind == "parameter":
            return self.text == "str" or (self.text, other.text) == ("float", "int")
        return False


type Path = tuple[Segment, ...]


@lru_cache(maxsize=4096)
def parse_path(path: str) -> Path:
    """Read the path of a route, parameters by what they match and not by their names."""
    plain = _PARAMETER.sub(lambda found: "{:" + (found[1] or ":str")[1:] + "}", path)
    return tuple(_segment(text) for text in plain.split("/"))


def _segment(text: str) -> Segment:
    convertors = re.findall(r"{:(\w+)}", text)
    if not convertors:
        return Segment("text", text)
    if text == "{:path}":
        return Segment("path", text)
    if any(convertor not in _CONVERTORS for convertor in convertors):
        return Segment("unknown", text)
    if text == "{:" + convertors[0] + "}":
        return Segment("parameter", convertors[0])
    return Segment("mixed", text)


def covers(earlier: Path, later: Path) -> bool:
    """Whether every request that `later` takes is surely taken by `earlier`, too."""
    if not earlier or not later:
        return not earlier and not later
    first, rest = earlier[0], earlier[1:]
    if first.kind == "path":
        return any(covers(rest, later[taken:]) for taken in range(1, len(later) + 1))
    return first.covers(later[0]) and covers(rest, later[1:])
