"""`required-version`: whether this version of handbook may read a configuration."""

import operator
import re
from collections.abc import Callable
from itertools import zip_longest

type _Release = tuple[int, ...]

_COMPARISONS: dict[str, Callable[[_Release, _Release], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def why_not(required: str) -> str | None:
    """Return why this version does not satisfy `required` (`>=0.1,<1`; `0.1` is `==0.1`), or None."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        installed = version("handbook")
    except PackageNotFoundError:  # Run from its sources: there is no version to compare.
        return None
    for clause in required.split(","):
        found = re.fullmatch(r"\s*(==|!=|>=|<=|>|<)?\s*(\d+(?:\.\d+)*)\s*", clause)
        if found is None:
            return (
                f"`required-version` expects versions such as `>=0.1,<1`, "
                f'found the string "{required}"'
            )
        if not _holds(installed, found[1] or "==", found[2]):
            return f"`required-version` asks for handbook {required}, this is {installed}"
    return None


def _holds(installed: str, comparison: str, wanted: str) -> bool:
    # Pre-releases count as their release: a configuration has no use for finer distinctions.
    release = re.match(r"\d+(?:\.\d+)*", installed)
    pairs = list(zip_longest(_parts(release[0] if release else "0"), _parts(wanted), fillvalue=0))
    return _COMPARISONS[comparison](
        tuple(one for one, _ in pairs), tuple(other for _, other in pairs)
    )


def _parts(version: str) -> _Release:
    return tuple(map(int, version.split(".")))
