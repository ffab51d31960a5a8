import pickle

import pytest

from handbook.config.roles import DEFAULT_ROLES, Roles

EXPECTED: list[tuple[str, set[str]]] = [
    ("app/users/router.py", {"router"}),
    ("app/users/user_router.py", {"router"}),
    ("app/routers/users.py", {"router"}),
    ("app/api/v1/endpoints/items.py", {"router"}),
    ("app/api/v1/items.py", {"router"}),
    ("src/app/routes/__init__.py", {"router"}),
    ("app/users/schemas.py", {"schemas"}),
    ("app/schemas/user.py", {"schemas"}),
    ("app/users/service.py", {"service"}),
    ("app/services/email_sender.py", {"service"}),
    ("app/crud/crud_user.py", {"repository"}),
    ("app/users/repository.py", {"repository"}),
    ("app/models/user.py", {"models"}),
    ("app/users/user_model.py", {"models"}),
    ("app/dependencies.py", {"dependencies"}),
    ("app/api/deps.py", {"dependencies"}),
    ("app/core/config.py", {"config"}),
    ("settings.py", {"config"}),
    ("app/exceptions.py", {"exceptions"}),
    ("app/middleware/timing.py", {"middleware"}),
    ("app/main.py", {"main"}),
    ("app/users/constants.py", {"constants"}),
    ("scripts/seed.py", {"script"}),
    ("app/users/domain.py", set()),
    ("router/x/y.py", {"router"}),
    ("app/subrouters/x.py", set()),
    ("app/myrouter.py", set()),
    ("app\\users\\router.py", {"router"}),
    ("./router.py", {"router"}),
    # The name of a file counts more than its folder, a deeper folder more than a higher one.
    ("app/api/dependencies.py", {"dependencies"}),
    ("app/api/services/users.py", {"service"}),
    ("app/services/api/users.py", {"router"}),
    ("app/services/models.py", {"models"}),
    ("api/core/security.py", {"core"}),
    # Tests and migrations hold for everything below them.
    ("tests/conftest.py", {"test"}),
    ("tests/services/fakes.py", {"test"}),
    ("tests/factories/models.py", {"test"}),
    ("app/users/test_service.py", {"test"}),
    ("app/users/service_test.py", {"test"}),
    ("app/users/api_tests.py", {"test"}),
    ("app/Console/Commands/SeedCommand.py", {"script"}),
    ("app/orders/commands/create.py", set()),
    ("app/contest.py", set()),
    ("alembic/versions/0001_models.py", {"migration"}),
    ("alembic/versions/models.py", {"migration"}),
    ("app/db/migrations/versions/a/b.py", {"migration"}),
    ("alembic/billing/versions/0001.py", {"migration"}),
    ("app/versions/v1.py", set()),
    ("alembic/env.py", {"alembic-env"}),
    ("app/db/migrations/env.py", {"alembic-env"}),
    ("app/env.py", set()),
]


@pytest.mark.parametrize(("path", "roles"), EXPECTED)
def test_default_roles(path: str, roles: set[str]) -> None:
    assert Roles().roles_of(path) == roles


def test_every_default_role_is_given_to_some_module() -> None:
    assert {role for _, roles in EXPECTED for role in roles} == set(DEFAULT_ROLES)


def test_configured_globs_replace_those_of_their_role_only() -> None:
    roles = Roles({"router": ("*_http.py", "controllers/**")})
    assert roles.roles_of("app/users_http.py") == {"router"}
    assert roles.roles_of("app/controllers/users.py") == {"router"}
    assert roles.roles_of("app/router.py") == frozenset()
    assert roles.roles_of("app/service.py") == {"service"}


def test_overlapping_globs_give_several_roles() -> None:
    roles = Roles({"router": ("app/web/**",), "service": ("app/web/**",)})
    assert roles.roles_of("app/web/x.py") == {"router", "service"}
    assert roles.roles_of("src/app/web/x.py") == {"router", "service"}


def test_a_leading_slash_ties_a_glob_to_the_root() -> None:
    roles = Roles({"router": ("/web/**", "other/**")})
    assert roles.roles_of("web/a/x.py") == {"router"}
    assert roles.roles_of("app/web/x.py") == frozenset()
    assert roles.roles_of("app/other/x.py") == {"router"}


def test_a_role_without_globs_is_given_to_nothing() -> None:
    assert Roles({"main": ()}).roles_of("main.py") == frozenset()


def test_roles_survive_pickling() -> None:
    assert pickle.loads(pickle.dumps(Roles())).roles_of("a/router.py") == {"router"}  # noqa: S301
