"""Which paths take all the requests of which others."""

import pytest

from handbook.rules.routers._path_patterns import covers, parse_path

COVERING = [
    ("/users/{id}", "/users/me"),
    ("/users/{id}", "/users/{name}"),
    ("/users/{id}", "/users/{id:int}"),
    ("/users/{id}", "/users/{id:uuid}"),
    ("/users/{id}", "/users/{id}.json"),
    ("/users/{id:int}", "/users/7"),
    ("/users/{n:float}", "/users/{id:int}"),
    ("/users/{n:float}", "/users/1.5"),
    ("/{a}/{b}", "/users/{id}"),
    ("/users", "/users"),
    ("", ""),
    ("/{path:path}", "/"),
    ("/{path:path}", "/users/{id}/orders"),
    ("/files/{path:path}", "/files/"),
    ("/files/{path:path}", "/files/{other:path}"),
    ("/{path:path}/edit", "/a/b/edit"),
    ("/{name}.json", "/users.json"),
    ("/v{n:int}/x", "/v2/x"),
    ("/{id:custom}", "/{id:custom}"),
]
NOT_COVERING = [
    ("/users/me", "/users/{id}"),
    ("/users/{id}", "/users"),
    ("/users/{id}", "/users/"),
    ("/users/{id}", "/users/{id}/orders"),
    ("/users/{id}", "/users/{path:path}"),
    ("/users/{id:int}", "/users/me"),
    ("/users/{id:int}", "/users/{id}"),
    ("/users/{id:uuid}", "/users/7"),
    ("/users/{id}/a", "/users/me/b"),
    ("/{a}/b", "/a/{b}"),
    ("/files/{path:path}", "/files"),
    ("/{path:path}/edit", "/a/b/view"),
    ("/{name}.json", "/users.xml"),
    ("/{name}.json", "/{name}"),
    ("/{id}", "/{id:custom}"),
    ("/{id:custom}", "/me"),
    ("/users", "/Users"),
    ("/{ x }", "/me"),
]


@pytest.mark.parametrize(("earlier", "later"), COVERING)
def test_covers(earlier: str, later: str) -> None:
    """The earlier path takes all that the later one takes."""
    assert covers(parse_path(earlier), parse_path(later))


@pytest.mark.parametrize(("earlier", "later"), NOT_COVERING)
def test_does_not_cover(earlier: str, later: str) -> None:
    """Something is left for the later path, or that is not certain."""
    assert not covers(parse_path(earlier), parse_path(later))
