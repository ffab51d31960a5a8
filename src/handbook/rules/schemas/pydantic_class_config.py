"""HB101."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from handbook.knowledge.pydantic.pydantic_v1 import (
    KNOWN_KEYS,
    KNOWN_SETTINGS_KEYS,
    RENAMED_KEYS,
    SUPERFLUOUS_KEYS,
    applicability_of_renames,
    config_classes,
)
from handbook.knowledge.pydantic.schemas import is_settings
from handbook.python.project.comments import comments_of
from handbook.python.project.project import Project, Symbol
from handbook.python.project.source import SourceFile
from handbook.rulebook.rule import Draft, FileRule, Finding
from handbook.syntax.outline import Assigned, ClassScope, Outline, own_nodes
from handbook.syntax.text import newline_of
from handbook.violation import Applicability, Position, Span, Tag

_LONGEST_LINE = 88
_EXTRA = "pydantic.Extra."
_BASE_CONFIGS = frozenset({"pydantic.BaseConfig", "pydantic.config.BaseConfig", "builtins.object"})


class PydanticClassConfig(FileRule):
    """A schema or settings class uses the deprecated inner `class Config`.

    That is the syntax of Pydantic 1. Pydantic 2 still reads it, warns at every import, and will
    drop it; what it no longer knows, such as `fields`, it passes over. No type checker looks into
    such a class, so a mistyped key is silently a key that does nothing.

    Write `model_config = ConfigDict(...)`, or `SettingsConfigDict(...)` for settings, with the names
    that Pydantic 2 has for the keys. The fix does both and keeps comments. It is unsafe where a key
    has no counterpart, because then something that was configured once is lost, and where the
    project says that it runs with Pydantic 1, which knows no `model_config`.

    Bad:

    ```python
    from pydantic import BaseModel


    class UserResponse(BaseModel):
        id: int

        class Config:  # <-
            orm_mode = True
    ```

    Fixed:

    ```python
    from pydantic import BaseModel, ConfigDict


    class UserResponse(BaseModel):
        id: int

        model_config = ConfigDict(from_attributes=True)
    ```

    Bad:

    Settings, and comments among the keys.

    ```python
    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        class Config:  # <-
            # Beside the compose file.
            env_file = ".env"
            env_prefix = "APP_"  # not `API_`

        database_url: str
    ```

    Fixed:

    ```python
    from pydantic_settings import BaseSettings, SettingsConfigDict


    class Settings(BaseSettings):
        model_config = SettingsConfigDict(
            # Beside the compose file.
            env_file=".env",
            env_prefix="APP_",  # not `API_`
        )

        database_url: str
    ```

    Bad:

    A base class of the project, in another module, and the configuration of a parent, which
    Pydantic 2 inherits by itself.

    ```python
    # file: app/core/schemas.py
    from pydantic import BaseConfig, BaseModel, Extra


    class AppModel(BaseModel):
        class Config(BaseConfig):  # <-
            extra = Extra.forbid
            allow_mutation = False
            smart_union = True
    # file: app/orders/schemas.py
    from app.core.schemas import AppModel


    class OrderCreate(AppModel):
        note: str = ""

        class Config(AppModel.Config):  # <-
            schema_extra = {
                "example": {"note": "at the back door"},
            }
    ```

    Fixed:

    ```python
    # file: app/core/schemas.py
    from pydantic import BaseModel, ConfigDict


    class AppModel(BaseModel):
        model_config = ConfigDict(extra="forbid", frozen=True)
    # file: app/orders/schemas.py
    from pydantic import ConfigDict

    from app.core.schemas import AppModel


    class OrderCreate(AppModel):
        note: str = ""

        model_config = ConfigDict(
            json_schema_extra={
                "example": {"note": "at the back door"},
            },
        )
    ```

    Bad:

    Something else reads the class, and would miss it: that is left to whoever knows why.

    ```python
    from pydantic import BaseModel


    class User(BaseModel):
        name: str

        class Config:  # <-
            schema_extra = {"example": {"name": "Ada"}}


    class Guest(User):
        host: str


    EXAMPLE = Guest.Config.schema_extra["example"]
    ```

    Good:

    ```python
    from pydantic import BaseModel, ConfigDict


    class UserResponse(BaseModel):
        model_config = ConfigDict(from_attributes=True)

        id: int
    ```

    A class of that name that configures no schema: at the top of a module, in a class of another
    kind, in an ORM model.

    ```python
    from dataclasses import dataclass

    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    @dataclass
    class Config:
        debug: bool = False


    class Base(DeclarativeBase):
        pass


    class BaseModel(Base):
        __abstract__ = True


    class Plugin(BaseModel):
        __tablename__ = "plugins"

        id: Mapped[int] = mapped_column(primary_key=True)

        class Config:
            orm_mode = True
    ```

    Code for both versions of Pydantic, and models of the old one that are meant to stay.

    ```python
    from pydantic import VERSION, BaseModel, ConfigDict
    from pydantic.v1 import BaseModel as OldModel

    PYDANTIC_V2 = VERSION.startswith("2.")


    class Either(BaseModel):
        if PYDANTIC_V2:
            model_config = ConfigDict(extra="allow")
        else:

            class Config:
                extra = "allow"


    if not PYDANTIC_V2:

        class Legacy(BaseModel):
            class Config:
                extra = "allow"


    class Event(OldModel):
        class Config:
            extra = "allow"
    ```
    """

    code = "HB101"
    fix_needs = (("pydantic", (2, 0)),)
    tag = Tag.DEPRECATED
    needs = frozenset({"Config"})

    def check(self, file: SourceFile) -> Iterator[Finding]:
        """Report each `class Config` of a schema."""
        for schema, config in config_classes(file.project, file.outline):
            start = file.span(config.node).start
            place = Span(start, Position(start.line, start.column + len("class Config")))
            kind = "SettingsConfigDict" if is_settings(file.project, schema) else "ConfigDict"
            message = (
                f"`{schema.name}` uses the deprecated `class Config`: "
                f"write `model_config = {kind}(...)`"
            )
            yield Finding(place, message, [*_fix(file, schema, config, kind)])


@dataclass(slots=True)
class _Entry:
    """One `key=value` to be, with the comments before it and behind it."""

    text: str
    above: list[str]
    behind: str = ""


def _is_inherited(project: Project, config: ClassScope) -> bool:
    """Whether the `Config` of a schema in another file is a subclass of this one."""
    return any(
        isinstance(class_, ClassScope)
        and class_ is not config
        and outline is not config.outline
        and config in project.ancestry(class_)
        for outline in project.mentioning("Config")
        for class_ in outline.definitions
    )


def _fix(file: SourceFile, schema: ClassScope, config: ClassScope, kind: str) -> Iterator[Draft]:
    if config.node.decorator_list or not _are_bases_plain(file, schema, config):
        return
    if any(symbol is config for symbol in _read_configs(file.project)):
        return
    module = "pydantic_settings" if kind == "SettingsConfigDict" else "pydantic"
    applicability = applicability_of_renames(file.project)
    if None in _read_configs(file.project) or _is_inherited(file.project, config):
        applicability = Applicability.UNSAFE
    draft = Draft(file, f"Write `model_config = {kind}(...)`", applicability)
    known = KNOWN_SETTINGS_KEYS if kind == "SettingsConfigDict" else KNOWN_KEYS
    entries: list[_Entry] = []
    for statement in config.body:
        if isinstance(statement, ast.Pass):
            continue
        entry = _entry(draft, config, schema, statement, known)
        if entry is None:
            return
        entries.append(entry)
    span = _with_comments(file, config, entries)
    name = draft.use(f"{module}.{kind}", config.node, scope=schema)
    entries = [entry for entry in entries if entry.text or entry.above or entry.behind]
    draft.replace(span, _written(file, config, name, entries))
    for base in config.node.bases:
        symbol = file.project.resolve_expression(base, schema)
        if symbol is not None:
            draft.release(symbol.qualified_name)
    yield draft


def _read_configs(project: Project) -> list[Symbol | None]:
    """What is read as `User.Config` anywhere, `None` for what that is not known of."""

    def find(project: Project, outline: Outline) -> Iterator[Symbol | None]:
        # Where a configuration inherits from another one, both are rewritten.
        inherited = {
            base
            for definition in outline.definitions
            if isinstance(definition, ClassScope) and definition.name == "Config"
            for base in definition.node.bases
        }
        for scope in (outline, *outline.definitions):
            for node in own_nodes(scope, ast.Attribute):
                if node.attr == "Config" and node not in inherited:
                    yield project.resolve_expression(node, scope)

    return project.fact(
        "configurations that are read",
        lambda: [*project.facts_in(project.mentioning("Config"), "read configurations", find)],
    )


def _are_bases_plain(file: SourceFile, schema: ClassScope, config: ClassScope) -> bool:
    """Whether a configuration inherits only what it would inherit anyway."""
    ancestors = [symbol for symbol in file.project.ancestry(schema) if symbol is not schema]
    for base in config.node.bases:
        match base:
            case ast.Attribute(value=parent, attr="Config"):
                if file.project.resolve_expression(parent, schema.parent or schema) in ancestors:
                    continue
        symbol = file.project.resolve_expression(base, schema)
        if symbol is None or symbol.qualified_name not in _BASE_CONFIGS:
            return False
    return not config.node.keywords


def _entry(
    draft: Draft,
    config: ClassScope,
    schema: ClassScope,
    statement: ast.stmt,
    known: frozenset[str],
) -> _Entry | None:
    """What becomes of one assignment; `None` where that is not clear."""
    file = draft.file
    match statement:
        case ast.Assign(targets=[ast.Name(id=key) as target], value=value):
            before: ast.expr = target
        case ast.AnnAssign(
            target=ast.Name(id=key), annotation=annotation, value=ast.expr() as value
        ):
            before = annotation
        case _:
            return None
    if len(config.bindings[key]) != 1 or _sees_other_names(value, config, schema):
        return None
    whole = file.text_of(Span(file.span(before).end, file.span(statement).end))
    text = whole.partition("=")[2].strip()
    if isinstance(value, ast.Tuple) and not text.startswith("("):
        text = f"({text})"
    symbol = file.project.resolve_expression(value, config)
    if symbol is not None and symbol.qualified_name.startswith(_EXTRA):
        text = f'"{symbol.qualified_name.removeprefix(_EXTRA)}"'
        draft.release(symbol.qualified_name, _EXTRA.rstrip("."))
    is_constant = isinstance(value, ast.Constant) and isinstance(value.value, bool)
    if key in SUPERFLUOUS_KEYS and text == "True":
        return _Entry("", [])
    if key == "allow_mutation" and is_constant:
        return _Entry("frozen=True", []) if text == "False" else _Entry("", [])
    key = RENAMED_KEYS.get(key, key)
    if key not in known:
        draft.applicability = Applicability.UNSAFE
    return _Entry(f"{key}={text}", [])


def _sees_other_names(value: ast.expr, config: ClassScope, schema: ClassScope) -> bool:
    """Whether a name would mean something else one class further out, or is not there any more."""
    names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    return not names.isdisjoint(config.bindings) or any(
        not all(isinstance(bound, Assigned) and bound.value is None for bound in found)
        for name in names
        if (found := schema.bindings.get(name))
    )


def _with_comments(file: SourceFile, config: ClassScope, entries: list[_Entry]) -> Span:
    """Give each entry the comments around it; the span is that of all that is to be replaced."""
    span = file.span(config.node)
    statements = [file.span(node) for node in config.body if not isinstance(node, ast.Pass)]
    end = span.end
    row = span.end.line
    for place, comment in comments_of(file):
        if place.start.line == row + 1 and place.start.column > span.start.column:
            # Below the last key, and still in the class.
            row, end = place.start.line, place.end
            entries.append(_Entry("", [comment]))
            continue
        is_inside = span.start < place.start < span.end
        is_last = place.start.line == span.end.line and place.start >= span.end
        if not is_inside and not (
            is_last and (len(entries) > 1 or span.end.line != span.start.line)
        ):
            continue
        if any(node.start <= place.start < node.end for node in statements):
            continue
        if is_last and len(entries) == 1 and not entries[0].above:
            # Behind the only key: it may stay where it is.
            if statements[0].start.line == statements[0].end.line:
                continue
        end = max(end, place.end)
        for entry, node in zip(entries, statements, strict=False):
            if place.start.line == node.end.line and place.start >= node.end:
                entry.behind = f"  {comment}"
                break
            if place.start < node.start:
                entry.above.append(comment)
                break
    return Span(span.start, end)


def _written(file: SourceFile, config: ClassScope, name: str, entries: list[_Entry]) -> str:
    start = file.span(config.node).start
    indentation = file.lines[start.line - 1][: start.column]
    head = f"model_config = {name}("
    texts = [entry.text for entry in entries if entry.text]
    one_line = f"{head}{', '.join(texts)})"
    is_short = len(indentation) + len(one_line) <= _LONGEST_LINE or len(texts) < 2
    has_comments = any(entry.above or entry.behind for entry in entries)
    if is_short and not has_comments and not any("\n" in text for text in texts):
        return one_line
    inner = f"{indentation}    "
    rows = [head]
    for entry in entries:
        rows += [f"{inner}{comment}" for comment in entry.above]
        if entry.text:
            rows.append(f"{inner}{entry.text},{entry.behind}")
        elif entry.behind:
            rows.append(f"{inner}{entry.behind.strip()}")
    return newline_of(file.lines).join([*rows, f"{indentation})"])
