"""The role of a module, told by its path: `app/users/router.py` is a router.

A glob is either about a file (`*_router.py`, `alembic/env.py`) or, ending in `/**`, about a folder
(`routers/**`). It may begin at any folder of the path; a leading `/` ties it to the project's root.
"""

import re
from collections.abc import Iterable, Mapping

DEFAULT_ROLES: dict[str, tuple[str, ...]] = {
    "test": (
        *("tests.py", "test_*.py", "*_test.py", "*_tests.py", "conftest.py"),
        *("tests/**", "test/**"),
    ),
    "migration": ("*alembic*/**/versions/**", "*migration*/**/versions/**"),
    "alembic-env": ("*alembic*/**/env.py", "*migration*/**/env.py"),
    "main": ("main.py", "app.py", "asgi.py", "application.py", "server.py"),
    "router": (
        *("router.py", "routers.py", "*_router.py", "*_routers.py"),
        *("route.py", "routes.py", "*_route.py", "*_routes.py"),
        *("endpoint.py", "endpoints.py", "*_endpoint.py", "*_endpoints.py"),
        *("views.py", "*_views.py", "api.py", "*_api.py"),
        *("router/**", "routers/**", "routes/**", "endpoints/**", "views/**", "api/**", "apis/**"),
    ),
    "schemas": (
        *("schema.py", "schemas.py", "*_schema.py", "*_schemas.py"),
        *("dto.py", "dtos.py", "*_dto.py", "*_dtos.py"),
        *("schema/**", "schemas/**", "dto/**", "dtos/**"),
    ),
    "service": (
        *("service.py", "services.py", "*_service.py", "*_services.py"),
        *("service/**", "services/**", "use_cases/**", "usecases/**"),
    ),
    "repository": (
        *("repository.py", "repositories.py", "*_repository.py", "*_repositories.py"),
        *("repo.py", "repos.py", "*_repo.py", "crud.py", "*_crud.py", "crud_*.py"),
        *("dao.py", "*_dao.py"),
        *("repository/**", "repositories/**", "repos/**", "crud/**", "dao/**"),
    ),
    "models": (
        *("model.py", "models.py", "*_model.py", "*_models.py", "orm.py", "tables.py"),
        *("model/**", "models/**", "orm/**"),
    ),
    "dependencies": (
        *("dependency.py", "dependencies.py", "*_dependency.py", "*_dependencies.py"),
        *("deps.py", "*_deps.py", "depends.py"),
        *("dependencies/**", "deps/**"),
    ),
    "config": (
        *("config.py", "configs.py", "*_config.py", "settings.py", "*_settings.py"),
        *("config/**", "configs/**", "settings/**"),
    ),
    "exceptions": (
        *("exception.py", "exceptions.py", "*_exception.py", "*_exceptions.py"),
        *("errors.py", "*_errors.py", "exception_handlers.py", "error_handlers.py"),
        *("exceptions/**", "errors/**"),
    ),
    "middleware": (
        *("middleware.py", "middlewares.py", "*_middleware.py", "*_middlewares.py"),
        *("middleware/**", "middlewares/**"),
    ),
    "constants": ("constants.py", "*_constants.py", "enums.py", "*_enums.py", "constants/**"),
    "core": (
        *("database.py", "db.py", "session.py", "security.py", "pagination.py"),
        *("logging.py", "logger.py", "utils.py", "*_utils.py", "helpers.py", "common.py"),
        *("core/**", "db/**", "database/**", "utils/**", "helpers/**", "common/**"),
    ),
    "script": (
        *("__main__.py", "cli.py", "*_cli.py", "manage.py", "migrate.py"),
        *("noxfile.py", "setup.py"),
        *("scripts/**", "cli/**", "console/commands/**", "Console/Commands/**"),
        *("benches/**", "benchmarks/**"),
    ),
}
"""Role -> globs. `core` is what belongs to no layer: it keeps `api/core/security.py` from being a router."""

SWEEPING_ROLES: tuple[str, ...] = ("migration", "alembic-env", "test")
"""Roles that hold for all below their folders, whatever a file there is called; the first one wins."""


OUTSIDE_ROLES = frozenset({"test", "migration", "alembic-env", "script"})
"""Roles of modules whose functions run outside of any request, whatever they do."""


class Roles:
    """Tells the roles of modules.

    A sweeping role (`test`, `migration`, `alembic-env`) comes first, then the file's name, then the
    deepest folder: `api/dependencies.py` is no router, and `tests/models.py` holds no models.

    `configured` maps a role to the globs that replace its default ones.
    """

    def __init__(self, configured: Mapping[str, tuple[str, ...]] | None = None) -> None:
        globs = {**DEFAULT_ROLES, **(configured or {})}
        self._files: dict[str, re.Pattern[str]] = {}
        self._folders: dict[str, re.Pattern[str]] = {}
        for role, patterns in globs.items():
            folders = [pattern for pattern in patterns if pattern.endswith(("/", "/**"))]
            files = [pattern for pattern in patterns if pattern not in folders]
            if files:
                self._files[role] = _compile(files, end=r"\Z")
            if folders:
                self._folders[role] = _compile(
                    [pattern.removesuffix("**") for pattern in folders], end=""
                )
        self._of_folder: dict[str, tuple[frozenset[str], bool]] = {}

    def roles_of(self, path: str) -> frozenset[str]:
        """Return the roles of the module at `path`, relative to its project's root.

        Most often it is one role, or none. It is more where configured globs overlap.
        """
        path = path.replace("\\", "/").removeprefix("./")
        folder = path[: path.rfind("/") + 1]
        inherited, sweeping = self._roles_of_folder(folder)
        named = [role for role, pattern in self._files.items() if pattern.match(path)]
        for role in SWEEPING_ROLES:
            if role in named or (sweeping and role in inherited):
                return frozenset({role})
        return frozenset(named) or inherited

    def _roles_of_folder(self, folder: str) -> tuple[frozenset[str], bool]:
        """Return the roles that a folder gives to its files, and whether they are sweeping."""
        known = self._of_folder.get(folder)
        if known is None:
            known = self._of_folder[folder] = self._match_folder(folder)
        return known

    def _match_folder(self, folder: str) -> tuple[frozenset[str], bool]:
        depths = {
            role: found.end()
            for role, pattern in self._folders.items()
            if (found := pattern.match(folder))
        }
        for role in SWEEPING_ROLES:
            if role in depths:
                return frozenset({role}), True
        deepest = max(depths.values(), default=0)
        return frozenset(role for role, depth in depths.items() if depth == deepest), False


def _compile(globs: Iterable[str], end: str) -> re.Pattern[str]:
    """Make one expression of `globs`; the greedy start finds the deepest place where one matches."""
    anchored: list[str] = []
    floating: list[str] = []
    for glob in globs:
        (anchored if glob.startswith("/") else floating).append(_translate(glob.lstrip("/")))
    choices = [f"(?:{choice})" for choice in anchored]
    if floating:
        choices.insert(0, f"(?:.*/)?(?:{'|'.join(floating)})")
    return re.compile(f"(?s:(?:{'|'.join(choices)}){end})")


def _translate(glob: str) -> str:
    """Turn a glob into a regular expression in which only `**` crosses a `/`."""
    pieces: list[str] = []
    for token in re.findall(r"\*\*/|\*\*|\*|\?|[^*?]+", glob):
        match token:
            case "**/":
                pieces.append("(?:.*/)?")
            case "**":
                pieces.append(".*")
            case "*":
                pieces.append("[^/]*")
            case "?":
                pieces.append("[^/]")
            case _:
                pieces.append(re.escape(token))
    return "".join(pieces)
