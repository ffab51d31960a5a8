"""HB031."""

from collections.abc import Iterator

from handbook.python.project.references import TYPING_MODULES, Reference
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Draft, FileRule, Finding, Level
from handbook.rules.type_hints._legacy_typing import COLLECTIONS, legacy_references, unused_imports
from handbook.violation import Applicability, Tag


class LegacyTypingCollection(FileRule):
    """A deprecated collection alias of `typing` is used instead of the built-in collection.

    `list[int]`, `dict[str, int]` and their like are types of their own since Python 3.9. The twins
    in `typing` are deprecated, need an import, and make two spellings of one thing, which readers
    have to undo and which comparisons of types trip over.

    Write the builtin: `list`, `dict`, `set`, `frozenset`, `tuple`, `type`. `Deque`, `DefaultDict`,
    `OrderedDict`, `Counter` and `ChainMap` are `deque`, `defaultdict`, `OrderedDict`, `Counter` and
    `ChainMap` of `collections`. What counts is where a type is meant: annotations, base classes,
    type arguments, aliases, the type given to `cast`, also inside quotes. A comparison such as
    `origin is List` is about a value and is left alone.

    Bad:

    ```python
    from typing import Dict, List


    def group_by_city(names: List[str]) -> Dict[str, List[str]]:  # <-
        groups: Dict[str, List[str]] = {}  # <-
        return groups
    ```

    Fixed:

    ```python
    def group_by_city(names: list[str]) -> dict[str, list[str]]:
        groups: dict[str, list[str]] = {}
        return groups
    ```


    Bad:

    Other names for the module or for its members are seen through, and so are quotes.

    ```python
    import typing as t
    from typing import Tuple as Pair

    Edge = Pair[int, int]  # <-


    class Graph(t.Dict[int, "t.Set[int]"]):  # <-
        def edges(self) -> "t.List[Edge]":  # <-
            return [(start, end) for start, ends in self.items() for end in ends]
    ```

    Fixed:

    ```python
    Edge = tuple[int, int]


    class Graph(dict[int, "set[int]"]):
        def edges(self) -> "list[Edge]":
            return [(start, end) for start, ends in self.items() for end in ends]
    ```


    Bad:

    Without type arguments, and from another module that hands the name on.

    ```python
    # file: app/types.py
    from typing import Deque

    __all__ = ["Deque"]
    # file: app/queue.py
    from typing import Any, cast

    from app.types import Deque


    def drain(queue: Deque) -> list:  # <-
        return list(queue)


    def load(raw: Any) -> "Deque[int]":  # <-
        return cast("Deque[int]", raw)  # <-
    ```

    Fixed:

    ```python
    # file: app/types.py
    from typing import Deque

    __all__ = ["Deque"]
    # file: app/queue.py
    from collections import deque
    from typing import Any, cast

    from app.types import Deque


    def drain(queue: deque) -> list:
        return list(queue)


    def load(raw: Any) -> "deque[int]":
        return cast("deque[int]", raw)
    ```


    Bad:

    A collection that is called the same in both modules.

    ```python
    from typing import Any, Counter


    def tally(words: list[str], **options: Any) -> Counter[str]:  # <-
        raise NotImplementedError
    ```

    Fixed:

    ```python
    import collections
    from typing import Any


    def tally(words: list[str], **options: Any) -> collections.Counter[str]:
        raise NotImplementedError
    ```


    Bad:

    An import that is meant to stay, for who imports it from here.

    ```python
    from typing import Dict  # noqa: F401


    def count(stock: Dict[str, int]) -> int:  # <-
        return len(stock)
    ```

    Fixed:

    ```python
    from typing import Dict  # noqa: F401


    def count(stock: dict[str, int]) -> int:
        return len(stock)
    ```


    Bad:

    A star import brings the name.

    ```python
    from typing import *


    def first(items: List[int]) -> int:  # <-
        return items[0]
    ```

    An import that nothing needs any more.

    ```python
    from typing import Any, FrozenSet  # <-

    ROLES: frozenset[str] = frozenset({"admin", "editor"})
    SETTINGS: dict[str, Any] = {"roles": ROLES}
    ```

    Good:

    ```python
    from collections import deque


    def group_by_city(names: list[str]) -> dict[str, list[str]]:
        recent: deque[str] = deque(names, maxlen=10)
        return {name[0]: [name] for name in recent}
    ```

    A value that is looked at while the program runs is no type hint.

    ```python
    from typing import Dict, List, get_origin

    EMPTY = {"List": List, "Dict": Dict}


    def is_list(hint: object) -> bool:
        return get_origin(hint) is List or hint is List
    ```

    What is imported for another module, which takes it with a star and looks at it.

    ```python
    # file: app/hints.py
    from typing import List
    # file: app/names.py
    from typing import Any

    from app.hints import *

    SPECIAL_FORMS: dict[str, Any] = {"List": List}
    ```

    Names of the same spelling that mean something else.

    ```python
    # file: app/widgets.py
    class List:
        def __class_getitem__(cls, item: object) -> type:
            return cls
    # file: app/page.py
    from app.widgets import List


    class Tuple:
        Dict: int = 0


    def show(items: List[int], pair: Tuple) -> None:
        size = pair.Dict
        # type: (List[int], Dict[str, int]) -> None
        print("List[int]", size)
    ```
    """

    code = "HB031"
    fix_needs = (("python", (3, 9)),)
    level_in_tests = Level.STRICT
    tag = Tag.DEPRECATED
    needs = frozenset(COLLECTIONS)
    overlaps = ("UP006", "UP035")

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report the collections of `typing` where a type is meant, and idle imports of them."""
        for name, reference in legacy_references(file, COLLECTIONS):
            if reference.means_type:
                message = f"`{reference.code(file)}` is deprecated: write `{COLLECTIONS[name]}`"
                fixes = [_fix(file, reference, name)] if reference.is_plain else []
                yield Finding(reference.span(file), message, fixes)
        for imported in unused_imports(file, COLLECTIONS):
            message = f"`{imported.name}` is deprecated and unused: remove the import"
            yield Finding(imported.alias, message)


def _fix(file: SourceFile, reference: Reference, name: str) -> Draft:
    """Write the builtin collection, spelled as it is known at that place."""
    modern = COLLECTIONS[name]
    target = modern if "." in modern else f"builtins.{modern}"
    draft = Draft(file, f"Write `{modern}`")
    place = reference.span(file)
    spelling = draft.use(target, place, scope=reference.scope)
    if "." not in modern and spelling != modern:
        # Something here is called `list`: whoever wrote that may have meant it.
        draft.applicability = Applicability.UNSAFE
    draft.replace(*reference.replacement(file, place, spelling))
    return draft.release(*(f"{module}.{name}" for module in TYPING_MODULES))
