"""HB052."""

import ast
import re
from collections.abc import Iterator

from handbook.fixes.import_text import listing, member_key
from handbook.fixes.imports import imports_of
from handbook.rule import Draft, FileRule, Finding
from handbook.semantics.star_imports import asked_for, public_names, stars_of
from handbook.syntax.outline import Imported, Outline, Scope, own_nodes
from handbook.syntax.source import SourceFile
from handbook.violation import Applicability

_WORD = re.compile(r"[^\W\d]\w*")


class WildcardImport(FileRule):
    """Everything is imported from a module, whatever that may be.

    Nobody can see where a name comes from, and neither can a search or a type checker that does not
    know the module. A name that is added over there silently replaces one of the same spelling here.

    Import the names that are used: `from app.users.models import Role, User`. A package that hands
    on names lists them too, in its imports and in `__all__`.

    The fix writes the names that the module uses or that others import from it; in an `__init__.py`
    without `__all__` and in a `conftest.py` also what the other module defines, since anybody may ask
    for that.

    Bad:

    ```python
    # file: app/__init__.py
    # file: app/users/__init__.py
    # file: app/users/models.py
    LIMIT = 10


    class User: ...


    class Role: ...


    def unused() -> None: ...
    # file: app/users/service.py
    from app.users.models import *  # <-


    def find(role: "Role") -> list[User]:
        return [User() for _ in range(LIMIT)]
    ```

    Fixed:

    ```python
    # file: app/__init__.py
    # file: app/users/__init__.py
    # file: app/users/models.py
    LIMIT = 10


    class User: ...


    class Role: ...


    def unused() -> None: ...
    # file: app/users/service.py
    from app.users.models import LIMIT, Role, User


    def find(role: "Role") -> list[User]:
        return [User() for _ in range(LIMIT)]
    ```

    Bad:

    A package hands on what its modules define, and a module what another one takes from it.

    ```python
    # file: app/__init__.py
    # file: app/users/__init__.py
    from .models import *  # <-
    # file: app/users/models.py
    from datetime import datetime


    class User:
        born: datetime


    class Role: ...
    # file: app/users/all.py
    from app.users.models import *  # <-

    __all__ = ["Role"]
    # file: app/users/service.py
    from app.users.all import User


    def find() -> User:
        return User()
    ```

    Fixed:

    ```python
    # file: app/__init__.py
    # file: app/users/__init__.py
    from .models import Role, User
    # file: app/users/models.py
    from datetime import datetime


    class User:
        born: datetime


    class Role: ...
    # file: app/users/all.py
    from app.users.models import Role, User

    __all__ = ["Role"]
    # file: app/users/service.py
    from app.users.all import User


    def find() -> User:
        return User()
    ```

    Bad:

    Of two modules, the last one wins; and long lists get lines of their own.

    ```python
    # file: first.py
    def create_the_first_user_with_all_rights() -> int:
        return 1


    def remove_the_first_user_with_all_rights() -> int:
        return 1


    def read() -> int:
        return 1
    # file: second.py
    def read() -> int:
        return 2
    # file: main.py
    from first import *  # <-
    from second import *  # <-

    print(create_the_first_user_with_all_rights(), remove_the_first_user_with_all_rights(), read())
    ```

    Fixed:

    ```python
    # file: first.py
    def create_the_first_user_with_all_rights() -> int:
        return 1


    def remove_the_first_user_with_all_rights() -> int:
        return 1


    def read() -> int:
        return 1
    # file: second.py
    def read() -> int:
        return 2
    # file: main.py
    from first import (
        create_the_first_user_with_all_rights,
        remove_the_first_user_with_all_rights,
    )
    from second import read

    print(create_the_first_user_with_all_rights(), remove_the_first_user_with_all_rights(), read())
    ```

    Bad:

    Fixtures are used by whoever has a parameter of that name.

    ```python
    # file: tests/__init__.py
    # file: tests/fixtures.py
    import pytest


    @pytest.fixture
    def prices() -> list[int]:
        return [1, 2]
    # file: tests/conftest.py
    from tests.fixtures import *  # <-
    # file: tests/test_prices.py
    def test_prices(prices: list[int]) -> None:
        assert prices
    ```

    Fixed:

    ```python
    # file: tests/__init__.py
    # file: tests/fixtures.py
    import pytest


    @pytest.fixture
    def prices() -> list[int]:
        return [1, 2]
    # file: tests/conftest.py
    from tests.fixtures import prices
    # file: tests/test_prices.py
    def test_prices(prices: list[int]) -> None:
        assert prices
    ```

    Bad:

    What a library brings cannot be told from here.

    ```python
    from math import *  # <-

    try:
        from numpy import *  # <-
    except ImportError:
        pass

    print(sqrt(2))
    ```

    Good:

    ```python
    # file: app/users/models.py
    class User: ...
    # file: app/users/service.py
    from math import floor

    from app.users.models import User


    def find() -> list[User]:
        return [User() for _ in range(floor(2.5))]
    ```

    A package lists what it hands on.

    ```python
    # file: app/users/__init__.py
    from .models import User

    __all__ = ["User"]
    # file: app/users/models.py
    class User: ...
    ```

    Stars that import nothing.

    ```python
    # file: app/prices.py
    from operator import mul

    EXAMPLE = '''
    from app.models import *
    '''


    def total(*prices: int) -> int:
        # from math import *
        return mul(*prices)
    ```
    """

    code = "HB052"
    needs = frozenset({"import"})
    overlaps = ("F403", "F405")

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each star."""
        for imported in file.outline.imports:
            if imported.name == "*":
                names = _names_wanted(file, imported)
                message = f"`{file.code(imported.node)}` hides what it brings: import "
                message += _listed(names) if names else "the names that are used"
                yield Finding(imported.alias, message, fixes=_fixes(file, imported, names))


def _listed(names: list[str]) -> str:
    """Up to three names."""
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _fixes(file: SourceFile, imported: Imported, names: list[str]) -> list[Draft]:
    if not names:
        return []
    line = file.lines[imported.node.lineno - 1]
    before = line[: file.span(imported.alias).start.column]
    indentation = line[: len(line) - len(line.lstrip())]
    text = listing(names, len(before), indentation, imports_of(file).newline)
    draft = Draft(file, "Import the names that are used", Applicability.UNSAFE)
    return [draft.replace(imported.alias, text)]


def _names_wanted(file: SourceFile, imported: Imported) -> list[str]:
    """The names that a star has to go on to bring; none where that is not certain."""
    outline, project = file.outline, file.project
    brought = {name for name, star in stars_of(project, outline).items() if star is imported}
    module = project.resolve(imported.module, outline.root)
    if not brought or not isinstance(module, Outline):
        return []
    own = public_names(project, module, own_only=True) or frozenset()
    named, at_hand = asked_for(project, outline)
    wanted = _names_used(outline) | (outline.exports or set()) | named | (at_hand & own)
    if (outline.is_package and outline.exports is None) or file.name == "conftest.py":
        wanted |= own
    return sorted(brought & wanted, key=member_key)


def _names_used(outline: Outline) -> set[str]:
    """The names that a module has no binding for, also in strings that can stand for types."""
    used: set[str] = set()
    scopes: list[Scope] = [outline, *outline.definitions]
    for scope in scopes:
        for node in own_nodes(scope):
            if isinstance(node, ast.Name) and scope.lookup(node.id) is None:
                used.add(node.id)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                if _is_expression(node.value):
                    used.update(_WORD.findall(node.value))
    return used


def _is_expression(text: str) -> bool:
    try:
        ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
