"""What Pydantic 1 called otherwise, and code that is meant for it on purpose."""

import ast
import re
from collections.abc import Iterator

from handbook.knowledge.pydantic.schemas import is_pydantic
from handbook.knowledge.versions import pydantic_versions
from handbook.python.project.project import Project
from handbook.syntax.control_flow import conditions
from handbook.syntax.outline import ClassScope, Outline, Scope, own_nodes
from handbook.violation import Applicability

RENAMED_KEYS: dict[str, str] = {
    "allow_population_by_field_name": "populate_by_name",
    "anystr_lower": "str_to_lower",
    "anystr_strip_whitespace": "str_strip_whitespace",
    "anystr_upper": "str_to_upper",
    "keep_untouched": "ignored_types",
    "max_anystr_length": "str_max_length",
    "min_anystr_length": "str_min_length",
    "orm_mode": "from_attributes",
    "schema_extra": "json_schema_extra",
    "validate_all": "validate_default",
}
"""Keys of a model's configuration, and what Pydantic 2 calls them."""

SUPERFLUOUS_KEYS = frozenset({"smart_union", "underscore_attrs_are_private"})
"""Keys that ask for what Pydantic 2 does anyway."""

KNOWN_KEYS = frozenset(
    """
    alias_generator allow_inf_nan arbitrary_types_allowed cache_strings coerce_numbers_to_str
    defer_build extra field_title_generator from_attributes frozen hide_input_in_errors
    ignored_types json_encoders json_schema_extra json_schema_mode_override
    json_schema_serialization_defaults_required loc_by_alias model_title_generator
    plugin_settings polymorphic_serialization populate_by_name protected_namespaces regex_engine
    revalidate_instances schema_generator ser_json_bytes ser_json_inf_nan ser_json_temporal
    ser_json_timedelta serialize_by_alias str_max_length str_min_length str_strip_whitespace
    str_to_lower str_to_upper strict title url_preserve_empty_path use_attribute_docstrings
    use_enum_values val_json_bytes val_temporal_unit validate_assignment validate_by_alias
    validate_by_name validate_default validate_return validation_error_cause
    """.split()
)
"""The keys of `ConfigDict`."""

KNOWN_SETTINGS_KEYS = KNOWN_KEYS | frozenset(
    """
    case_sensitive cli_avoid_json cli_enforce_required cli_exit_on_error cli_flag_prefix_char
    cli_hide_none_type cli_ignore_unknown_args cli_implicit_flags cli_kebab_case cli_parse_args
    cli_parse_none_str cli_prefix cli_prog_name cli_shortcuts cli_use_class_docs_for_groups
    enable_decoding env_file env_file_encoding env_ignore_empty env_nested_delimiter
    env_nested_max_split env_parse_enums env_parse_none_str env_prefix json_file
    json_file_encoding nested_model_default_partial_update pyproject_toml_depth
    pyproject_toml_table_header secrets_dir toml_file yaml_config_section yaml_file
    yaml_file_encoding
    """.split()
)
"""The keys of `SettingsConfigDict`."""

OLD_FIELDS = "__fields__"
"""The one member that Pydantic 2 wants to be read from the class."""

RENAMED_METHODS = {"dict": "model_dump", "json": "model_dump_json", "copy": "model_copy"}
"""Methods of a schema's instances, and what Pydantic 2 calls them."""

_OF_CLASSES = {
    "parse_obj": "model_validate",
    "parse_raw": "model_validate_json",
    "construct": "model_construct",
    "schema": "model_json_schema",
    "update_forward_refs": "model_rebuild",
    "validate": "model_validate",
}
_OF_BOTH = {OLD_FIELDS: "model_fields", "__fields_set__": "model_fields_set"}
RENAMED_MEMBERS = {**RENAMED_METHODS, **_OF_CLASSES, **_OF_BOTH}
"""Everything of a schema that has another name now."""

MEMBERS_WITHOUT_TWIN = {
    "parse_file": "read the file and use `model_validate_json`",
    "schema_json": "use `json.dumps` of `model_json_schema()`",
}
"""What Pydantic 2 has no other name for, and what to do instead."""

_ARGUMENTS = {
    "dict": {
        *("include", "exclude", "by_alias", "exclude_unset", "exclude_defaults", "exclude_none"),
    },
    "json": {
        *("include", "exclude", "by_alias", "exclude_unset", "exclude_defaults", "exclude_none"),
        "indent",
    },
    "copy": {"update", "deep"},
    "schema": {"by_alias", "ref_template"},
}
"""The keyword arguments that mean the same under the new name; `None` of the others may."""

_SETTINGS = "BaseSettings"
_SECOND = (2, 0)
_VERSION = re.compile(r"pydantic|(?:^|_)v_?[12](?:$|_)|(?:^|_)version(?:$|_)", re.IGNORECASE)

_MISSING = frozenset({"AttributeError", "ImportError", "ModuleNotFoundError"})
"""What a name of a version that is not there raises."""


def config_classes(project: Project, outline: Outline) -> Iterator[tuple[ClassScope, ClassScope]]:
    """Each schema or settings class with a `class Config` in it, and that class.

    Those that are there for Pydantic 1 beside a `model_config` for Pydantic 2 are left out.
    """
    if "Config" not in outline.words:
        return
    for config in outline.definitions:
        schema = config.parent
        if (
            isinstance(config, ClassScope)
            and config.name == "Config"
            and isinstance(schema, ClassScope)
            and is_pydantic(project, schema)
            and "model_config" not in schema.bindings
            and not is_for_version(config.parent, config.node)
        ):
            yield schema, config


def applicability_of_renames(project: Project) -> Applicability:
    """How sure it is that a project can be given the names of Pydantic 2.

    Where it says that it runs with Pydantic 1 as well, or a module imports what Pydantic 2 refuses
    to give, it may be Pydantic 1 that runs.
    """
    runs_1 = project.fact("runs Pydantic 1", lambda: _runs_1(project))
    return Applicability.UNSAFE if runs_1 else Applicability.SAFE


def _runs_1(project: Project) -> bool:
    admitted = pydantic_versions(project)
    if admitted.floor is not None and admitted.floor < _SECOND:
        return True
    if admitted.ceiling is not None and admitted.ceiling <= _SECOND:
        return True
    return any(map(_takes_settings, project.mentioning(_SETTINGS)))


def _takes_settings(outline: Outline) -> bool:
    """Whether a module imports `BaseSettings` from Pydantic in any case, for whoever loads it."""
    return any(
        isinstance(node, ast.ImportFrom)
        and (node.module, node.level) == ("pydantic", 0)
        and any(alias.name == _SETTINGS for alias in node.names)
        for node in outline.tree.body
    )


def is_for_version(scope: Scope | None, node: ast.AST) -> bool:
    """Whether code only runs with one version of Pydantic: something around it asks for that."""
    inner: ast.AST = node
    while scope is not None:
        if any(_asks(condition.test) for condition in conditions(scope, inner)):
            return True
        if any(_holds(choice, inner) for choice in own_nodes(scope, ast.ExceptHandler, ast.IfExp)):
            return True
        inner = getattr(scope, "node", inner)
        scope = scope.parent
    return False


def _asks(test: ast.expr) -> bool:
    """Whether a condition is about a version: `VERSION`, or `hasattr(user, "model_dump")`."""
    for part in ast.walk(test):
        match part:
            case ast.Name(id=word) | ast.Attribute(attr=word) if _VERSION.search(word):
                return True
            case ast.Constant(value=str(word)) if word.startswith("model_"):
                return True
    return False


def _holds(choice: ast.AST, node: ast.AST) -> bool:
    """Whether a node is what is done for want of a newer name, or is one side of such a choice."""
    match choice:
        case ast.ExceptHandler(type=ast.expr() as missing):
            words = {part.id for part in ast.walk(missing) if isinstance(part, ast.Name)}
            is_choice = not words.isdisjoint(_MISSING)
        case ast.IfExp(test=test):
            is_choice = _asks(test)
        case _:
            is_choice = False
    return is_choice and any(part is node for part in ast.walk(choice))


def means_the_same(name: str, call: ast.Call) -> bool:
    """Whether the arguments of a call of an old method mean the same under the new name."""
    if name in ("parse_obj", "validate", "parse_raw"):
        return len(call.args) == 1 and not call.keywords
    if name == "construct":
        return not call.args
    if name == "update_forward_refs":
        return not call.args and not call.keywords
    known = _ARGUMENTS.get(name, set())
    return not call.args and all(keyword.arg in known for keyword in call.keywords)
