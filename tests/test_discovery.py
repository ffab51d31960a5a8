import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handbook.checking.discovery import DiscoveryError, SourcePath, Walked, discover
from handbook.config import ConfigError, Configuration
from tests.permissions import bound_by_permissions


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project that is the working directory."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").touch()
    monkeypatch.chdir(project)
    return project


def touch(*names: str) -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def found(*paths: str, **overrides: object) -> list[str]:
    return [str(source.path) for source in sources(*paths, **overrides)]


def sources(*paths: str, **overrides: object) -> list[SourcePath]:
    keys = {name.replace("_", "-"): value for name, value in overrides.items()}
    return discover([Path(path) for path in paths or (".",)], Configuration(overrides=keys))


def problems(*paths: str) -> Mapping[str, str | None]:
    return {str(source.path): source.problem for source in sources(*paths)}


def test_python_files_are_found_in_order(tree: Path) -> None:
    touch("b.py", "a/z.pyi", "a/y.py", "a-b.py", "c.txt", "d.py.jinja", "E.PY", "sp ace/é.py")
    assert found() == ["a-b.py", "a/y.py", "a/z.pyi", "b.py", "sp ace/é.py"]
    assert found("a", "./b.py") == ["a/y.py", "a/z.pyi", "b.py"]
    assert found(str(tree / "a")) == [str(tree / "a" / "y.py"), str(tree / "a" / "z.pyi")]


def test_a_source_knows_its_project_and_settings(tree: Path) -> None:
    touch("x.py", "inner/deep/y.py")
    Path("inner/handbook.toml").write_text("preview = true", encoding="utf-8")
    inner, outer = sources()
    assert (inner.root, inner.relative) == (tree / "inner", "deep/y.py")
    assert (outer.root, outer.relative) == (tree, "x.py")
    assert inner.settings.preview and not outer.settings.preview


def test_named_files_are_checked_whatever_they_are_called(tree: Path) -> None:
    touch("notes.txt", ".venv/lib/x.py", "ignored.py")
    Path(".gitignore").write_text("ignored.py", encoding="utf-8")
    names = ("notes.txt", ".venv/lib/x.py", "ignored.py")
    assert found(*names) == sorted(names)
    assert found(".venv") == [".venv/lib/x.py"]
    assert found() == []


def test_force_exclude_holds_for_named_paths(tree: Path) -> None:
    touch("a.py", ".venv/lib/x.py")
    assert found("a.py", ".venv/lib/x.py", ".venv", force_exclude=True) == ["a.py"]


@pytest.mark.parametrize(
    ("glob", "left"),
    [
        ("gen", ["app/a.py", "app/b_pb2.py", "lib/gen.py"]),
        ("*_pb2.py", ["app/a.py", "app/gen/c.py", "gen/d.py", "lib/gen.py"]),
        ("app/*", ["gen/d.py", "lib/gen.py"]),
        ("app/gen", ["app/a.py", "app/b_pb2.py", "gen/d.py", "lib/gen.py"]),
        ("./app/gen/", ["app/a.py", "app/b_pb2.py", "gen/d.py", "lib/gen.py"]),
        ("**/gen/*.py", ["app/a.py", "app/b_pb2.py", "lib/gen.py"]),
        ("app/**/c.py", ["app/a.py", "app/b_pb2.py", "gen/d.py", "lib/gen.py"]),
        ("{app,lib}", ["gen/d.py"]),
        ("[!a-k]*", ["app/a.py", "app/b_pb2.py", "app/gen/c.py", "gen/d.py"]),
        ("?pp", ["gen/d.py", "lib/gen.py"]),
        ("pp", ["app/a.py", "app/b_pb2.py", "app/gen/c.py", "gen/d.py", "lib/gen.py"]),
    ],
)
def test_exclude_globs(tree: Path, glob: str, left: list[str]) -> None:
    touch("app/a.py", "app/b_pb2.py", "app/gen/c.py", "gen/d.py", "lib/gen.py")
    assert found(extend_exclude=[glob]) == left
    absolute = f"{tree}/{glob}" if "/" in glob and not glob.startswith(".") else glob
    assert found(extend_exclude=[absolute]) == left


def test_a_glob_that_makes_no_sense(tree: Path) -> None:
    with pytest.raises(ConfigError, match=r"`a\{b` is not a glob"):
        found(exclude=["a{b"])


def test_excludes_belong_to_their_folder(tree: Path) -> None:
    touch("app/gen/a.py", "gen/b.py", "app/build/c.py")
    Path("app/handbook.toml").write_text('exclude = ["gen"]', encoding="utf-8")
    assert found() == ["app/build/c.py", "gen/b.py"]


def test_gitignore(tree: Path) -> None:
    touch("out/a.py", "app/b_gen.py", "app/kept_gen.py", "app/c.py", "app/x/only.py", "only.py")
    Path(".gitignore").write_text("*_gen.py\n/only.py\nout/\n", encoding="utf-8")
    Path("app/.gitignore").write_text("!kept_gen.py\nx\n", encoding="utf-8")
    assert found() == ["app/c.py", "app/kept_gen.py"]
    assert found("app") == ["app/c.py", "app/kept_gen.py"]
    assert found("out") == ["out/a.py"]
    assert len(found(respect_gitignore=False)) == 6


def test_lines_of_gitignore_that_make_no_sense(tree: Path) -> None:
    touch("a.py", "b.py")
    Path(".gitignore").write_text("[z--b].py\n[b-\n[[b].txt\na.py\n", encoding="utf-8")
    assert found() == ["b.py"]


def test_the_repository_above_the_project_counts(tree: Path) -> None:
    touch("a.py", "b.py", "c.py")
    (tree.parent / ".git" / "info").mkdir(parents=True)
    (tree.parent / ".git" / "info" / "exclude").write_text("a.py", encoding="utf-8")
    (tree.parent / ".gitignore").write_bytes(b"\xff\n[\n!\nproject/b.py\r\n")
    assert found() == ["c.py"]
    (tree / ".git").mkdir()
    assert found() == ["a.py", "b.py", "c.py"]


def test_a_repository_within_starts_anew(tree: Path) -> None:
    touch("a.py", "module/a.py", "module/.git")
    Path(".gitignore").write_text("a.py", encoding="utf-8")
    assert found() == ["module/a.py"]


def test_one_file_with_several_names_counts_once(tree: Path) -> None:
    touch("b.py", "app/c.py")
    Path("a.py").symlink_to("b.py")
    Path("app/d.py").symlink_to(tree / "app" / "c.py")
    Path("link").symlink_to("app")
    assert found() == ["app/c.py", "b.py"]
    absolute = str(tree / "b.py")
    assert found(".", "app", "./b.py", absolute, "a.py") == [absolute, "app/c.py"]
    assert found("link") == ["link/c.py"]
    assert found("a.py") == ["a.py"]


def test_link_loops_end(tree: Path) -> None:
    touch("app/a.py")
    Path("app/self").symlink_to(".")
    Path("app/up").symlink_to("..")
    Path("app/loop.py").symlink_to("loop.py")
    assert found("app/a.py", "app/up/app") == ["app/a.py", "app/up/app/loop.py"]
    assert set(problems()) == {"app/a.py", "app/loop.py"}
    assert "symbolic links" in (problems()["app/loop.py"] or "")


def test_broken_links_are_reported(tree: Path) -> None:
    Path("a.py").symlink_to("nowhere.py")
    Path("data").symlink_to("nowhere")
    assert problems() == {"a.py": "the link points to nothing"}
    assert problems("a.py") == {"a.py": "the link points to nothing"}


def test_a_link_to_a_folder_is_no_file(tree: Path) -> None:
    touch("app/a.py")
    Path("b.py").symlink_to("app")
    assert found() == ["app/a.py"]


def test_unreadable_folders_are_reported_by_the_system(tree: Path) -> None:
    touch("app/secret/a.py", "app/b.py")
    Path("app/secret").chmod(0)
    try:
        denied = "cannot be read: Permission denied"
        with bound_by_permissions():
            assert problems() == {"app/secret": denied, "app/b.py": None}
            assert problems("app/secret/a.py") == {"app/secret/a.py": denied}
            assert problems("app/secret") == {"app/secret": denied}
    finally:
        Path("app/secret").chmod(0o700)


def test_unreadable_folders_are_reported(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch("app/secret/a.py", "app/b.py")
    scandir = os.scandir

    def denied(path: Path) -> object:
        if Path(path).name == "secret":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr("handbook.checking.discovery.os.scandir", denied)
    assert problems() == {"app/secret": "cannot be read: Permission denied", "app/b.py": None}


def test_strange_names(tree: Path) -> None:
    touch("build.py/a.py", "{{slug}}.py", ".py", "a\nb.py")
    os.makedirs(b"odd\xff")
    with open(b"odd\xff/n\xe9.py", "wb"):
        pass
    assert found() == [
        ".py",
        "a\nb.py",
        "build.py/a.py",
        "odd\udcff/n\udce9.py",
        "{{slug}}.py",
    ]


def test_pipes_and_sockets_are_not_opened(tree: Path) -> None:
    touch("a.py")
    os.mkfifo("pipe.py")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.py")
        Path("link.py").symlink_to("pipe.py")
        assert found() == ["a.py"]


def test_a_missing_path_names_the_nearest(tree: Path) -> None:
    touch("app/main.py")
    for path, message in (
        ("app/mian.py", "`app/mian.py` does not exist; did you mean `app/main.py`?"),
        ("ap/main.py", "`ap/main.py` does not exist; did you mean `app`?"),
        ("app/main.py/x", "`app/main.py/x` does not exist; did you mean `app/main.py`?"),
        ("zzzzz", "`zzzzz` does not exist"),
    ):
        with pytest.raises(DiscoveryError) as caught:
            found(path)
        assert str(caught.value) == message


FILES: st.SearchStrategy[set[str]] = st.sets(
    st.lists(st.sampled_from(["a", "b", "e"]), max_size=3).flatmap(
        lambda folders: st.sampled_from(["c.py", "d.py"]).map(lambda name: "/".join([*folders, name]))
    ),
    min_size=1,
    max_size=12,
)  # fmt: skip
LINES: st.SearchStrategy[str] = st.builds(
    lambda negation, start, middle, end: f"{negation}{start}{middle}{end}",
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "/", "**/"]),
    st.sampled_from(["a", "b", "e", "a/b", "a/**/b", "*", "?", "*.py", "c.py", "a/*", "[a-c]*"]),
    st.sampled_from(["", "", "/", "/**", "/*"]),
)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    files=FILES,
    top=st.lists(LINES, max_size=4),
    nested=st.dictionaries(st.sampled_from(["a", "b", "a/b"]), st.lists(LINES, max_size=2)),
)
def test_git_agrees(
    tree: Path, files: set[str], top: list[str], nested: dict[str, list[str]]
) -> None:
    for entry in tree.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    touch("pyproject.toml", *files)
    for folder, lines in {".": top, **nested}.items():
        if Path(folder).is_dir():
            Path(folder, ".gitignore").write_text("\n".join(lines), encoding="utf-8")
    git = shutil.which("git") or "git"
    subprocess.run([git, "init", "-q"], check=True)
    listed = subprocess.run(
        [git, "ls-files", "--others", "--exclude-standard", "*.py"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull},
    ).stdout.split()
    assert found() == sorted(listed)


def test_a_project_that_was_walked_through(tree: Path) -> None:
    """What is told of whole projects is what looking through each of them finds."""
    touch("inner/pyproject.toml", "inner/b.py", "inner/skipped.py", "outer.py", "far/c.py")
    Path("inner/.gitignore").write_text("skipped.py\n", encoding="utf-8")
    Path("outer_link.py").symlink_to("inner/b.py")
    walked: Walked = {}
    discover([Path(), Path("inner/skipped.py"), Path("far")], Configuration(), walked)
    assert set(walked) == {tree, tree / "inner"}
    for root, found_there in walked.items():
        below = discover([root], Configuration())
        expected = {source.relative for source in below if source.root == root}
        assert {source.relative for source in found_there.values()} == expected
    walked = {}
    discover([Path("far"), Path("inner/b.py")], Configuration(), walked)
    assert walked == {}
