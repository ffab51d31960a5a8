"""A new domain in a service that `handbook new` made: its modules, tests, migration, registrations."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from keyword import iskeyword
from pathlib import Path
from string import Template

from handbook.scaffold.formatting import format_code
from handbook.scaffold.registration import ScaffoldError, add_model, add_router, sort_imports

_TEMPLATES = Path(__file__).parent / "domain_templates"
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_REVISION = re.compile(r'^(?:revision|down_revision)\b[^=]*= "(\w+)"', re.MULTILINE)
_TAKEN = frozenset({"core", "config", "dependencies", "exceptions", "main", "middleware"})
_MAX_LENGTH = 24
_MODULES = {
    "package": "{package}/{domain}/__init__.py",
    "models": "{package}/{domain}/models.py",
    "schemas": "{package}/{domain}/schemas.py",
    "repository": "{package}/{domain}/repository.py",
    "service": "{package}/{domain}/service.py",
    "router": "{package}/{domain}/router.py",
    "migration": "alembic/versions/{revision}_create_{domain}.py",
    "test_package": "tests/test_{domain}/__init__.py",
    "test_router": "tests/test_{domain}/test_router.py",
    "test_service": "tests/test_{domain}/test_service.py",
}


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain and what it is made of: `products`, each a `product`.

    Attributes:
        name: the plural, in snake_case: the folder, the table and the path are named after it.
        entity: the singular.
    """

    name: str
    entity: str

    @property
    def class_name(self) -> str:
        """The name of the model: `OrderLine`."""
        return _pascal(self.entity)

    def words(self, package: str) -> dict[str, str]:
        """What the templates call everything."""
        singular, plural = self.entity.replace("_", " "), self.name.replace("_", " ")
        return {
            "package": package,
            "domain": self.name,
            "entity": self.entity,
            "Class": self.class_name,
            "Classes": _pascal(self.name),
            "singular": singular,
            "a_singular": f"{'an' if singular[0] in 'aeiou' else 'a'} {singular}",
            "Singular": singular.capitalize(),
            "plural": plural,
            "Plural": plural.capitalize(),
            "path": self.name.replace("_", "-"),
        }


def parse_domain(name: str) -> Domain:
    """Read the name of a domain.

    Raises:
        ScaffoldError: if it is no plural in snake_case, or has another meaning in a service.
    """
    if not _NAME.fullmatch(name) or len(name) > _MAX_LENGTH:
        raise ScaffoldError(f"`{name}` is no name of a domain: write a plural in snake_case")
    entity = _singular(name)
    if entity == name:
        raise ScaffoldError(f"`{name}` is no plural: name the domain after many, as `products`")
    if name in _TAKEN or iskeyword(entity):
        raise ScaffoldError(f"`{name}` means something else in a service: choose another name")
    return Domain(name, entity)


def make_domain(folder: Path, domain: Domain) -> tuple[list[Path], bool]:
    """Add a domain to the service in a folder.

    Returns the files that were written, and whether ruff has formatted them.

    Raises:
        ScaffoldError: if the folder holds no service that this can add to, or has the domain.
        OSError: if it cannot be written.
    """
    package = _package(folder)
    main, environment = folder / package / "main.py", folder / "alembic" / "env.py"
    parent, revision = _revisions(folder / "alembic" / "versions")
    created = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    words = domain.words(package) | {"parent": parent, "revision": revision, "created": created}
    written = {
        folder / place.format(**words): _rendered(template, words)
        for template, place in _MODULES.items()
    }
    taken = [path for path in (folder / package / domain.name, *written) if path.exists()]
    if taken:
        raise ScaffoldError(f"the service has `{taken[0].relative_to(folder)}` already")
    # Everything is prepared before anything is written.
    written[main] = add_router(_read(main), package, domain.name, words["path"])
    written[environment] = add_model(_read(environment), package, domain.name, domain.class_name)
    for path, text in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return sorted(written), format_code(folder, *written)


def _package(folder: Path) -> str:
    """The package of the service: the folder whose `main.py` makes the app."""
    found = [path.parent for path in sorted(folder.glob("*/main.py")) if _is_service(path.parent)]
    if len(found) != 1 or not (folder / "alembic" / "env.py").is_file():
        raise ScaffoldError(f"there is no service of `handbook new` in `{folder}`")
    return found[0].name


def _is_service(package: Path) -> bool:
    return (package / "dependencies.py").is_file() and (package / "core").is_dir()


def _revisions(versions: Path) -> tuple[str, str]:
    """The newest migration, and the number of the one after it."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(versions.glob("*.py"))]
    named = [_REVISION.findall(text) for text in texts]
    revisions = {names[0] for names in named if names}
    heads = revisions - {name for names in named for name in names[1:]}
    if len(heads) != 1:
        raise ScaffoldError(f"the migrations have {len(heads)} heads: merge them into one first")
    head = heads.pop()
    number = max((int(name) for name in revisions if name.isdecimal()), default=0) + 1
    return head, f"{number:04}"


def _rendered(template: str, words: dict[str, str]) -> str:
    text = (_TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")
    return sort_imports(Template(text).substitute(words), words["package"])


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _singular(name: str) -> str:
    for ending, singular in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch")):
        if name.endswith(ending):
            return name.removesuffix(ending) + singular
    if name.endswith("shes"):
        return name.removesuffix("es")
    return name if name.endswith(("ss", "us", "is")) else name.removesuffix("s")
