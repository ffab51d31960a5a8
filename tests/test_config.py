import os
import pickle
from pathlib import Path

import pytest
import tomli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handbook.config import (
    KEYS,
    OUTPUT_FORMATS,
    ConfigError,
    Configuration,
    Settings,
    describe,
    find_config,
    find_root,
    load,
    merge_overrides,
    parse_override,
)
from handbook.config.globs import ignored_in
from handbook.config.kinds import KeyPath
from handbook.config.lines import key_lines
from handbook.config.version import why_not
from handbook.violation import Severity


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def failure(path: Path, text: str) -> str:
    """Return what is said of a file with this text, without its folder."""
    write(path, text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    return str(caught.value).replace(f"{path.parent}{os.sep}", "")


def test_every_key_is_read(tmp_path: Path) -> None:
    text = """
    extend = "base.toml"
    select = ["HB03", "cors-wildcard-credentials"]
    ignore = ["HB037"]
    extend-select = ["HB21"]
    extend-ignore = ["HB041"]
    preview = true
    exclude = ["generated"]
    extend-exclude = ["vendored"]
    force-exclude = true
    respect-gitignore = false
    src = ["backend"]
    plugins = ["tools/rules.py"]
    output-format = "concise"
    fixable = ["HB03"]
    unfixable = ["HB038"]
    extend-safe-fixes = ["HB111"]
    extend-unsafe-fixes = ["HB036"]
    unsafe-fixes = true
    fix = true
    show-fixes = true
    baseline = "known.json"
    fail-on = "error"
    cache-dir = "kept"
    required-version = ">=0.0"
    [per-file-ignores]
    "tests/**" = ["HB035"]
    [severity]
    HB121 = "error"
    [roles]
    router = ["*_http.py"]
    [rules.missing-security-headers]
    headers = "proxy"
    """
    assert set(tomli.loads(text)) == set(KEYS)
    write(tmp_path / "base.toml", "")
    path = write(tmp_path / "handbook.toml", text)
    assert load(path) == Settings(
        root=tmp_path,
        source=path,
        extend="base.toml",
        select=("HB03", "cors-wildcard-credentials"),
        ignore=("HB037",),
        extend_select=("HB21",),
        extend_ignore=("HB041",),
        preview=True,
        per_file_ignores={"tests/**": ("HB035",)},
        severity={"HB121": Severity.ERROR},
        exclude=("generated",),
        extend_exclude=("vendored",),
        force_exclude=True,
        respect_gitignore=False,
        src=("backend",),
        roles={"router": ("*_http.py",)},
        plugins=(str(tmp_path / "tools" / "rules.py"),),
        rules={"missing-security-headers": {"headers": "proxy"}},
        output_format="concise",
        fixable=("HB03",),
        unfixable=("HB038",),
        extend_safe_fixes=("HB111",),
        extend_unsafe_fixes=("HB036",),
        unsafe_fixes=True,
        fix=True,
        show_fixes=True,
        baseline="known.json",
        fail_on="error",
        cache_dir=str(tmp_path / "kept"),
        required_version=">=0.0",
    )


def test_settings_survive_pickling_and_are_hashable(tmp_path: Path) -> None:
    settings = load(write(tmp_path / "handbook.toml", 'severity.HB1 = "info"'))
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301
    assert {settings: 1}[settings] == 1


def test_a_pyproject_is_read_from_its_table(tmp_path: Path) -> None:
    path = write(tmp_path / "pyproject.toml", "[tool.handbook]\npreview = true\n[tool.ruff]\nx=1")
    assert load(path).preview
    assert not load(write(tmp_path / "other" / "pyproject.toml", "[project]")).preview


def test_a_byte_order_mark_is_no_trouble(tmp_path: Path) -> None:
    assert load(write(tmp_path / "handbook.toml", "\ufeffpreview = true")).preview


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_described_and_its_example_is_valid(key: str, tmp_path: Path) -> None:
    text = describe(key)
    assert "Type: " in text and "Default: " in text
    example = text.partition("```toml\n")[2].partition("```")[0]
    assert key in tomli.loads(example)["tool"]["handbook"]
    write(tmp_path / "base.toml", "")
    load(write(tmp_path / "app" / "pyproject.toml", example))


def test_describing_an_unknown_key_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="`per_file_ignore`; did you mean `per-file-ignores`"):
        describe("per_file_ignore")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nselct = []", "2: unknown key `selct`; did you mean `select`?"),
        ("plug = 1", "1: unknown key `plug`; did you mean `plugins`?"),
        ("xr = 1", "1: unknown key `xr`; the nearest is `src`"),
        ("severity.A = 'grave'", "1: `severity.A` has the unknown severity `grave`; known are `error`, `warning`, `info`"),
        ("per_file_ignores = {}", "1: unknown key `per_file_ignores`; did you mean `per-file-ignores`?"),
        ("select = 'HB1'", "1: `select` expects a list of strings, found the string \"HB1\""),
        ("select = [\n'A',\n\n3]", "4: `select[1]` expects a string, found the number 3"),
        ("preview = 1", "1: `preview` expects true or false, found the number 1"),
        ("extend-select = {a = 1}", "1: `extend-select` expects a list of strings, found a table"),
        ("\n[per-file-ignores]\n'a*' = 1", '3: `per-file-ignores."a*"` expects a list of strings, found the number 1'),
        ("rules.some-rule = []", "1: `rules.some-rule` expects a table of options, found a list"),
        ("rules = 2020-01-01", "1: `rules` expects a table of tables, found 2020-01-01"),
        ("severity = {HB1 = 'eror'}", "1: `severity.HB1` has the unknown severity `eror`; did you mean `error`?"),
        ("output-format = 'jsonlines'", "1: `output-format` has the unknown output format `jsonlines`; did you mean `json-lines`?"),
        ("[roles]\nrouters = []", "2: unknown role `routers`; did you mean `router`?"),
        ("\nx = = 1", "2: is not valid TOML: invalid value"),
        ("extend = 'no.toml'", "1: `extend` names `no.toml`, which is not a file"),
        ("\nextend = './handbook.toml'", "2: `extend` goes round in a circle: handbook.toml -> handbook.toml"),
        ("required-version = 'new'", "1: `required-version` expects versions such as `>=0.1,<1`, found the string \"new\""),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _: "1.0")
    assert failure(tmp_path / "handbook.toml", text) == f"handbook.toml:{message}"


def test_mistakes_in_a_pyproject_are_told_with_their_place(tmp_path: Path) -> None:
    text = 'a = """\n[tool.handbook]\nfoo = 1\n"""\n[tool.handbook]\nfoo = 1\n'
    assert failure(tmp_path / "pyproject.toml", text).startswith("pyproject.toml:6: unknown key")
    text = "[tool]\n\nhandbook = 3"
    assert failure(tmp_path / "pyproject.toml", text) == (
        "pyproject.toml:3: `tool.handbook` is not a table"
    )


def test_unreadable_files_are_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "handbook.toml"
    path.write_bytes(b"preview = true\n# \xff\n")
    with pytest.raises(ConfigError, match=r"handbook.toml:2: is not written in UTF-8"):
        load(path)
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load(tmp_path / "missing.toml")
    deep = "plugins = " + "[" * 100_000
    assert "handbook.toml" in failure(path, deep)


def test_extending_adds_up_replaces_and_merges(tmp_path: Path) -> None:
    write(
        tmp_path / "base.toml",
        'select = ["A"]\nignore = ["B"]\nextend-select = ["C"]\nplugins = ["p.py"]\n'
        'severity = { X = "info", Y = "error" }\nrules.r = { a = 1, b = { c = 1, d = 2 } }\n',
    )
    write(tmp_path / "app" / "middle.toml", 'extend = "../base.toml"\nextend-select = ["D"]')
    settings = load(
        write(
            tmp_path / "app" / "handbook.toml",
            'extend = "middle.toml"\nignore = []\nextend-select = ["E"]\n'
            'severity.Y = "warning"\nrules.r.b.c = 3\n',
        )
    )
    assert settings.select == ("A",)
    assert settings.ignore == ()
    assert settings.extend_select == ("C", "D", "E")
    assert settings.severity == {"X": Severity.INFO, "Y": Severity.WARNING}
    assert settings.rules == {"r": {"a": 1, "b": {"c": 3, "d": 2}}}
    assert settings.plugins == (str(tmp_path / "p.py"),)
    assert settings.root == tmp_path / "app"


def test_extending_knows_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    write(tmp_path / "home" / "base.toml", "preview = true")
    assert load(write(tmp_path / "handbook.toml", 'extend = "~/base.toml"')).preview


def test_a_mistake_in_an_extended_file_is_told_there(tmp_path: Path) -> None:
    write(tmp_path / "base.toml", "\n\nnonsense = 1")
    assert failure(tmp_path / "handbook.toml", 'extend = "base.toml"').startswith("base.toml:3:")


def test_a_longer_circle_ends(tmp_path: Path) -> None:
    write(tmp_path / "a.toml", 'extend = "b.toml"')
    write(tmp_path / "b.toml", 'extend = "a.toml"')
    with pytest.raises(ConfigError, match="in a circle"):
        load(tmp_path / "a.toml")


def test_the_nearest_file_is_found(tmp_path: Path) -> None:
    top = write(tmp_path / "pyproject.toml", "[tool.handbook]")
    write(tmp_path / "app" / "pyproject.toml", "[project]\nname = 'handbook-like'")
    own = write(tmp_path / "app" / "users" / "handbook.toml", "")
    write(tmp_path / "app" / "users" / "pyproject.toml", "[tool.handbook]")
    assert find_config(tmp_path / "app") == top
    assert find_config(tmp_path / "app" / "users" / "deep") == own
    assert find_root(tmp_path / "app") == tmp_path / "app"
    assert find_root(tmp_path / "app" / "users") == tmp_path / "app" / "users"


def test_a_foreign_pyproject_is_not_even_parsed(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "not toml")
    assert find_config(tmp_path) is None
    write(tmp_path / "pyproject.toml", "\nnot handbook")
    with pytest.raises(ConfigError, match=r"pyproject.toml:2: is not valid TOML"):
        find_config(tmp_path)


def test_a_root_without_a_project_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    users = write(tmp_path / "app" / "users" / "__init__.py", "").parent
    write(tmp_path / "app" / "__init__.py", "")
    assert find_root(users) == tmp_path
    monkeypatch.chdir(tmp_path / "app")
    assert find_root(users) == tmp_path / "app"
    (tmp_path / ".git").mkdir()
    assert find_root(users) == tmp_path


def test_a_root_among_other_things(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither all that lies beside a project belongs to it, nor all that lies in the home folder."""
    users = tmp_path / "shop" / "backend" / "users"
    users.mkdir(parents=True)
    (users / "__init__.py").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert find_root(users) == tmp_path / "shop" / "backend"
    monkeypatch.setenv("HOME", "/nowhere")
    assert find_root(users) == tmp_path
    (users / "requirements.txt").touch()
    (tmp_path / "shop" / "requirements.txt").touch()
    assert find_root(users) == tmp_path / "shop"
    monkeypatch.chdir(users)
    assert find_root(users) == users


def test_a_root_above_folders_that_are_no_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = write(tmp_path / "shop" / "app" / "api" / "users" / "__init__.py", "").parent
    assert find_root(users) == tmp_path / "shop" / "app" / "api"
    (tmp_path / "shop" / "requirements.txt").touch()
    assert find_root(users) == tmp_path / "shop"
    monkeypatch.setenv("HOME", str(tmp_path / "shop" / "home"))
    assert find_root(users) == tmp_path / "shop" / "app" / "api"


def test_a_root_that_is_a_package_by_mistake(tmp_path: Path) -> None:
    """`__init__.py` beside `requirements.txt`: nothing around it belongs to the project."""
    users = write(tmp_path / "shop" / "app" / "users" / "__init__.py", "").parent
    write(tmp_path / "shop" / "app" / "__init__.py", "")
    write(tmp_path / "shop" / "__init__.py", "")
    assert find_root(users) == tmp_path
    (tmp_path / "shop" / "requirements.txt").touch()
    assert find_root(users) == tmp_path / "shop"


def test_each_file_has_the_settings_of_the_nearest_file(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", '[tool.handbook]\nselect = ["A"]')
    write(tmp_path / "one" / "handbook.toml", 'select = ["B"]')
    configuration = Configuration()
    assert configuration.for_file(tmp_path / "x.py").select == ("A",)
    inner = configuration.for_file(tmp_path / "one" / "deep" / "x.py")
    assert inner.select == ("B",)
    assert configuration.for_file(tmp_path / "one" / "y.py") is inner
    assert configuration.for_folder(tmp_path / "two") is configuration.for_folder(tmp_path)


def test_folders_without_a_file_have_the_defaults_and_their_own_root(tmp_path: Path) -> None:
    write(tmp_path / "a" / "pyproject.toml", "")
    write(tmp_path / "b" / "pyproject.toml", "")
    configuration = Configuration()
    for name in ("a", "b"):
        settings = configuration.for_file(tmp_path / name / "deep" / "x.py")
        assert settings == Settings(root=tmp_path / name)
        assert configuration.root_of(tmp_path / name / "deep") == tmp_path / name


def test_a_given_file_holds_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "pyproject.toml", '[tool.handbook]\nselect = ["A"]')
    write(tmp_path / "ci" / "strict.toml", 'select = ["B"]')
    settings = Configuration(Path("ci/strict.toml")).for_file(tmp_path / "x.py")
    assert settings.select == ("B",)
    assert settings.root == tmp_path
    with pytest.raises(ConfigError, match=r"`nope.toml` does not exist"):
        Configuration(Path("nope.toml"))


def test_isolated_reads_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "handbook.toml", "broken")
    configuration = Configuration(path, {"preview": True}, isolated=True)
    assert configuration.for_file(tmp_path / "x.py") == Settings(root=tmp_path, preview=True)


def test_the_command_line_wins(tmp_path: Path) -> None:
    write(
        tmp_path / "handbook.toml",
        'ignore = ["A"]\nextend-select = ["B"]\nrules.r = { a = 1, b = 2 }\npreview = true',
    )

    def overridden(*texts: str) -> Settings:
        overrides = merge_overrides(*map(parse_override, texts))
        return Configuration(overrides=overrides).for_file(tmp_path / "x.py")

    assert not overridden("preview = false").preview
    assert overridden("rules.r.b = 3").rules == {"r": {"a": 1, "b": 3}}
    added = overridden('extend-select = ["C"]', 'extend-select = ["D"]')
    assert added.extend_select == ("B", "C", "D")
    assert overridden('ignore = ["C"]').ignore == ("A", "C")
    alone = overridden('select = ["Z"]', 'ignore = ["C"]')
    assert (alone.select, alone.ignore, alone.extend_select) == (("Z",), ("C",), ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "`nonsense` is not a TOML assignment"),
        ("selct = []", "unknown key `selct`; did you mean `select`?"),
        ("preview = 'yes'", '`preview` expects true or false, found the string "yes"'),
        ("extend = 'a.toml'", "`extend` can only be set in a configuration file"),
    ],
)
def test_wrong_overrides(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Configuration(overrides=parse_override(text))
    assert str(caught.value).startswith(message)


def test_required_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _: "1.2.3rc1")
    for satisfied in ("1.2.3", "==1.2.3", ">=1.2,<2", "!=1.2", ">1", "<=1.2.3.0", " >= 1 , < 2 "):
        assert why_not(satisfied) is None
    assert why_not(">=1.3") == "`required-version` asks for handbook >=1.3, this is 1.2.3rc1"
    assert "expects versions" in (why_not("~1") or "")


def test_a_value_of_another_type_is_named(tmp_path: Path) -> None:
    long = "x" * 60
    assert "the string" in failure(tmp_path / "handbook.toml", f"fix = '{long}'")
    assert long not in failure(tmp_path / "handbook.toml", f"fix = '{long}'")
    assert "found true" in failure(tmp_path / "handbook.toml", "src = true")


def test_per_file_ignores() -> None:
    settings = Settings(
        Path("/p"),
        per_file_ignores={"tests/**": ("A",), "legacy.py": ("B",), "!app/*": ("C",), "*.{py,x}": ("D",)},
    )  # fmt: skip
    assert ignored_in(settings, Path("/p/tests/a/b.py")) == ("A", "C", "D")
    assert ignored_in(settings, Path("/p/app/deep/legacy.py")) == ("B", "D")
    assert ignored_in(settings, Path("/p/x/tests/a.pyi")) == ("C",)


def test_output_formats_are_accepted() -> None:
    for name in OUTPUT_FORMATS:
        assert Configuration(overrides={"output-format": name})


def test_lines_are_found_among_things_that_look_like_keys() -> None:
    text = '''# a = 1
"quoted key" = 1; 'lit.eral' = 2
b . "c d" = """
x = 1
\\"""
[not.a.table]
"""""
e = {f = 1, g = [{h = 1}, # }
  {h = 2, "i\\u0041" = \'\'\'
]
\'\'\'}]}
[t."u]v"]  # [x]
w = 1
[[list]]
x = 1
[list.sub]
y = 1
[[ list ]]
x = 2
[list.sub]
y = 2979-05-27 07:32:00
'''.replace("; ", "\n")
    lines = key_lines(text)
    expected: dict[KeyPath, int] = {
        ("quoted key",): 2,
        ("lit.eral",): 3,
        ("b",): 4,
        ("b", "c d"): 4,
        ("e",): 9,
        ("e", "g", 0, "h"): 9,
        ("e", "g", 1): 10,
        ("e", "g", 1, "iA"): 10,
        ("t",): 13,
        ("t", "u]v", "w"): 14,
        ("list", 0, "x"): 16,
        ("list", 0, "sub", "y"): 18,
        ("list", 1, "x"): 20,
        ("list", 1, "sub"): 21,
    }
    assert {path: lines.get(path) for path in expected} == expected
    assert ("a",) not in lines and ("x",) not in lines and ("not",) not in lines


VALUES: st.SearchStrategy[str] = st.sampled_from(
    [
        "1",
        "true",
        "1979-05-27 07:32:00",
        '"# nokey = 1"',
        "'[no.table]'",
        '"""\nnokey = 1\n[no]\n\\""" """',
        "'''\nnokey = 1\n''' # nokey = 2",
        "[\n  'nokey = 1', # ]\n  [1,\n2],\n]",
        "{ nokey = 1, 'x' = [\n1] }",
    ]
)
BETWEEN: st.SearchStrategy[str] = st.sampled_from(["", "\n", "# nokey = 1\n", "  \n\t\n"])
UNKNOWN: st.SearchStrategy[str] = st.from_regex(r"zz[a-z0-9_-]{0,8}", fullmatch=True)
SPELLINGS: st.SearchStrategy[str] = st.sampled_from(["{}", '"{}"', "'{}'", '  "{}" ', "{}.sub"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.lists(st.tuples(BETWEEN, VALUES), max_size=4),
    header=st.sampled_from(
        ["[tool.handbook]\n", "[ 'tool' . \"handbook\" ] # [x]\n", "[tool]\n", "tool.handbook."]
    ),
    inside=st.lists(st.tuples(BETWEEN, VALUES), max_size=4),
    unknown=UNKNOWN,
    spelling=SPELLINGS,
    value=VALUES,
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_unknown_keys_are_told_with_their_line(
    tmp_path: Path,
    before: list[tuple[str, str]],
    header: str,
    inside: list[tuple[str, str]],
    unknown: str,
    spelling: str,
    value: str,
    newline: str,
) -> None:
    text = "".join(f"{gap}other-{at} = {item}\n" for at, (gap, item) in enumerate(before))
    prefix = {"[tool]\n": "handbook.", "tool.handbook.": "tool.handbook."}.get(header, "")
    text += "" if header == prefix else header
    for at, (gap, item) in enumerate(inside):
        text += f"{gap}{prefix}rules.rule-{at}.option = {item}\n"
    line = text.count("\n") + 1
    text += f"{prefix}{spelling.format(unknown)} = {value}\n[zz]\n{unknown} = 1\n"
    path = tmp_path / "pyproject.toml"
    path.write_text(text, encoding="utf-8", newline=newline)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert caught.value.message.startswith(f"unknown key `{unknown}`")
    assert caught.value.line == line
