"""HB052."""

from collections.abc import Iterator

from handbook.fixes.import_text import listing, member_key
from handbook.fixes.imports import imports_of
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Draft, FileRule, Finding
from handbook.rules.imports._star_imports import needed_of
from handbook.syntax.outline import Imported
from handbook.violation import Applicability


class WildcardImport(FileRule):
    """A wildcard import brings every name of a module.

    Nobody can see where a name comes from, and neither can a search or a type checker that does not
    know the module. A name that is added over there silently replaces one of the same spelling here.

    Import the names that are used: `from app.users.models import Role, User`. A package that hands
    on names lists them too, in its imports and in `__all__`.

    The fix writes the names that the module uses or that others import from it; in an `__init__.py`
    without `__all__` and in a `conftest.py` also what the other module defines, since anybody may ask
    for that. Modules of the package can be imported from it without being listed.

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

    The modules of a package are there without anybody's help, and listing them may close a circle.

    ```python
    # file: app/__init__.py
    # file: app/parsing/__init__.py
    from .reader import *  # <-
    # file: app/parsing/reader.py
    from app.parsing import grammar


    def read(text: str) -> list[str]:
        return grammar.split(text)
    # file: app/parsing/grammar.py
    def split(text: str) -> list[str]:
        return text.split()
    # file: app/service.py
    from app.parsing import grammar, read

    print(read("a b"), grammar.split("c d"))
    ```

    Fixed:

    ```python
    # file: app/__init__.py
    # file: app/parsing/__init__.py
    from .reader import read
    # file: app/parsing/reader.py
    from app.parsing import grammar


    def read(text: str) -> list[str]:
        return grammar.split(text)
    # file: app/parsing/grammar.py
    def split(text: str) -> list[str]:
        return text.split()
    # file: app/service.py
    from app.parsing import grammar, read

    print(read("a b"), grammar.split("c d"))
    ```

    Bad:

    A module that is to be had under a name of another package, or that is used, is listed.

    ```python
    # file: app/__init__.py
    from .parsing import *  # <-
    # file: app/parsing/__init__.py
    from . import grammar, words
    # file: app/parsing/grammar.py
    LANGUAGE = "en"
    # file: app/parsing/words.py
    LIMIT = 10
    # file: app/service.py
    from app import grammar

    print(grammar.LANGUAGE)
    # file: app/show.py
    from app.parsing import *  # <-

    print(words.LIMIT)
    ```

    Fixed:

    ```python
    # file: app/__init__.py
    from .parsing import grammar
    # file: app/parsing/__init__.py
    from . import grammar, words
    # file: app/parsing/grammar.py
    LANGUAGE = "en"
    # file: app/parsing/words.py
    LIMIT = 10
    # file: app/service.py
    from app import grammar

    print(grammar.LANGUAGE)
    # file: app/show.py
    from app.parsing import words

    print(words.LIMIT)
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
                names = sorted(needed_of(file.project, imported), key=member_key)
                message = f"`{file.code(imported.node)}` hides which names it imports: import "
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
