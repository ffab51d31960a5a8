"""HB032."""

from collections.abc import Iterator

from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import FileRule, Finding, Level
from handbook.rules.type_hints._legacy_typing import legacy_references, unused_imports
from handbook.rules.type_hints._unions import union_finding
from handbook.violation import Tag

OPTIONAL = frozenset({"Optional"})


class LegacyOptional(FileRule):
    """`typing.Optional` is used instead of `X | None`.

    `Optional[str]` says nothing about being optional: it means `str | None`, and many readers take
    it for a parameter that may be left out. The operator says what is meant, needs no import, and
    reads the same in every union.

    Write `X | None`. Around a name in quotes the quotes go around the whole type, because a string
    has no `|`: `Optional["User"]` becomes `"User | None"`.

    Bad:

    ```python
    from typing import Optional


    def find_name(user_id: int, default: Optional[str] = None) -> Optional[str]:  # <-
        names: dict[int, Optional[str]] = {1: "Ada"}  # <-
        return names.get(user_id, default)
    ```

    Fixed:

    ```python
    def find_name(user_id: int, default: str | None = None) -> str | None:
        names: dict[int, str | None] = {1: "Ada"}
        return names.get(user_id, default)
    ```


    Bad:

    A class that is only defined later, the type argument of a mapped column, a quoted annotation.

    ```python
    from typing import Optional, cast

    from sqlalchemy.orm import DeclarativeBase, Mapped, relationship


    class Base(DeclarativeBase):
        pass


    class User(Base):
        manager: Mapped[Optional["User"]] = relationship()  # <-

        def deputy(self) -> "Optional[User]":  # <-
            return cast("Optional[User]", self.manager)  # <-
    ```

    Fixed:

    ```python
    from typing import cast

    from sqlalchemy.orm import DeclarativeBase, Mapped, relationship


    class Base(DeclarativeBase):
        pass


    class User(Base):
        manager: Mapped["User | None"] = relationship()

        def deputy(self) -> "User | None":
            return cast("User | None", self.manager)
    ```


    Bad:

    Under another name, from another module, or where a type is handed to a function.

    ```python
    # file: app/compat.py
    import typing as t

    Maybe = t.Optional
    # file: app/orders/schemas.py
    from typing import Annotated

    from fastapi import Query
    from typing_extensions import Optional as Opt

    Note = Opt[str]  # <-


    def search(limit: Annotated[Opt[int], Query(ge=1)] = None) -> None:  # <-
        print(limit)
    ```

    Fixed:

    ```python
    # file: app/compat.py
    import typing as t

    Maybe = t.Optional
    # file: app/orders/schemas.py
    from typing import Annotated

    from fastapi import Query

    Note = str | None


    def search(limit: Annotated[int | None, Query(ge=1)] = None) -> None:
        print(limit)
    ```

    Bad:

    Functions that are called like classes have no `|`: a type has to be named.

    ```python
    import multiprocessing as mp
    from threading import Lock
    from typing import Optional


    class Job:
        queue: Optional[mp.Queue] = None  # <-
        lock: Optional[Lock] = None  # <-
    ```

    Bad:

    A field that is called like its type: `date | None` would be `None | None` by then.

    ```python
    from datetime import date
    from typing import Optional


    class Order:
        date: Optional[date] = None  # <-
    ```

    Good:

    ```python
    def find_name(user_id: int, default: str | None = None) -> str | None:
        return {1: "Ada"}.get(user_id, default)
    ```

    A value, not a type: a table of names, a comparison.

    ```python
    from typing import Any, Optional, get_args

    SPECIAL_FORMS: dict[str, Any] = {"Optional": Optional}


    def is_optional(hint: Any) -> bool:
        return hint is Optional or type(None) in get_args(hint)
    ```

    The word means something else: a class of the project, an attribute, a string for people.

    ```python
    import enum

    from app.forms import Optional


    class Need(enum.Enum):
        Optional = "Optional[x]"


    def describe(need: Need, validator: Optional["str"] = Optional[0]) -> str:
        return "Optional[str]" if need is Need.Optional else str(validator)
    ```
    """

    code = "HB032"
    fix_needs = (("python", (3, 10)),)
    level_in_tests = Level.STRICT
    tag = Tag.DEPRECATED
    needs = OPTIONAL
    overlaps = ("UP045", "UP007")

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each `Optional` where a type is meant, and idle imports of it."""
        for name, reference in legacy_references(file, OPTIONAL):
            if reference.means_type:
                yield union_finding(file, reference, name)
        for imported in unused_imports(file, OPTIONAL):
            yield Finding(imported.alias, "`Optional` is deprecated and unused: remove the import")
