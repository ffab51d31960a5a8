"""The qualified names of what the rules look for, under every module that offers them."""

from collections.abc import Iterable

from handbook.syntax.names import Names


def _names(*names: str) -> Names:
    return Names(names)


def _under(modules: Iterable[str], *names: str) -> Names:
    return Names(f"{module}.{name}" for module in modules for name in names)


FASTAPI = _names("fastapi.FastAPI", "fastapi.applications.FastAPI")
ROUTER = _names("fastapi.APIRouter", "fastapi.routing.APIRouter")
FASTAPI_OR_ROUTER = Names(FASTAPI | ROUTER)

HTTP_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace"})
ROUTE_DECORATORS = HTTP_METHODS | {"api_route", "websocket"}

DEPENDS = _under(("fastapi", "fastapi.param_functions", "fastapi.params"), "Depends")
SECURITY = _under(("fastapi", "fastapi.param_functions", "fastapi.params"), "Security")
DEPENDENCY_MARKERS = Names(DEPENDS | SECURITY)
SECURITY_SCHEMES = _under(
    (
        "fastapi.security",
        *(
            f"fastapi.security.{module}"
            for module in ("api_key", "base", "http", "oauth2", "open_id_connect_url")
        ),
    ),
    *("APIKeyCookie", "APIKeyHeader", "APIKeyQuery", "HTTPBasic", "HTTPBearer", "HTTPDigest"),
    *("HTTPBase", "OAuth2", "OAuth2AuthorizationCodeBearer", "OAuth2PasswordBearer"),
    *("OpenIdConnect", "SecurityBase"),
)
PARAMETER_MARKERS = _under(
    ("fastapi", "fastapi.param_functions", "fastapi.params"),
    *("Query", "Path", "Header", "Cookie", "Body", "Form", "File"),
)
BODY_MARKERS = _under(
    ("fastapi", "fastapi.param_functions", "fastapi.params"), "Body", "Form", "File"
)
ANNOTATED = _under(("typing", "typing_extensions"), "Annotated")
UNIONS = _under(("typing", "typing_extensions"), "Optional", "Union")

BASE_MODEL = _names("pydantic.BaseModel", "pydantic.main.BaseModel")
BASE_SETTINGS = _under(
    ("pydantic_settings", "pydantic_settings.main", "pydantic", "pydantic.env_settings"),
    "BaseSettings",
)
ROOT_MODEL = _names("pydantic.RootModel", "pydantic.root_model.RootModel")
GENERIC_MODEL = _names("pydantic.generics.GenericModel")
SQLMODEL = _names("sqlmodel.SQLModel", "sqlmodel.main.SQLModel")
SCHEMA_BASES = Names(BASE_MODEL | BASE_SETTINGS | ROOT_MODEL | GENERIC_MODEL | SQLMODEL)
CONFIG_DICTS = _names(
    *("pydantic.ConfigDict", "pydantic.config.ConfigDict"),
    *("pydantic_settings.SettingsConfigDict", "pydantic_settings.main.SettingsConfigDict"),
    *("sqlmodel._compat.SQLModelConfig", "sqlmodel.main.SQLModelConfig"),
)
PYDANTIC_FIELD = _names("pydantic.Field", "pydantic.fields.Field", "sqlmodel.Field")

DECLARATIVE_BASES = _under(
    ("sqlalchemy.orm", "sqlalchemy.orm.decl_api"),
    *("DeclarativeBase", "DeclarativeBaseNoMeta"),
)
DECLARATIVE_BASE_FACTORIES = _names(
    "sqlalchemy.orm.declarative_base",
    "sqlalchemy.ext.declarative.declarative_base",
    "sqlalchemy.ext.declarative.api.declarative_base",
    "sqlalchemy.ext.automap.automap_base",
)
MAPPED = _under(
    ("sqlalchemy.orm", "sqlalchemy.orm.base"),
    *("Mapped", "WriteOnlyMapped", "DynamicMapped"),
)
COLUMN = _under(("sqlalchemy", "sqlalchemy.schema", "sqlalchemy.sql.schema", "sqlmodel"), "Column")
MAPPED_COLUMN = _names("sqlalchemy.orm.mapped_column")
RELATIONSHIP = _names("sqlalchemy.orm.relationship", "sqlalchemy.orm.relation")
SYNC_ENGINES = _under(
    (
        "sqlalchemy",
        "sqlalchemy.engine",
        "sqlalchemy.engine.create",
        "sqlalchemy.future",
        "sqlmodel",
    ),
    *("create_engine", "engine_from_config"),
)
SYNC_FACTORIES = _under(
    ("sqlalchemy.orm", "sqlalchemy.orm.session", "sqlalchemy.orm.scoping"),
    *("sessionmaker", "scoped_session"),
)
ASYNC_ENGINE = _under(("sqlalchemy.ext.asyncio", "sqlalchemy.ext.asyncio.engine"), "AsyncEngine")
ASYNC_ENGINES = _under(
    ("sqlalchemy.ext.asyncio", "sqlalchemy.ext.asyncio.engine"), "create_async_engine"
)
ASYNC_FACTORIES = _under(
    ("sqlalchemy.ext.asyncio", "sqlalchemy.ext.asyncio.session"), "async_sessionmaker"
)
STATEMENTS = Names(
    _under(
        (
            *("sqlalchemy", "sqlalchemy.sql", "sqlalchemy.sql.expression"),
            *("sqlalchemy.future", "sqlmodel"),
        ),
        *("select", "insert", "update", "delete", "text"),
    )
    | _under(
        (f"sqlalchemy.dialects.{name}" for name in ("postgresql", "sqlite", "mysql")), "insert"
    )
)
ASYNC_SESSION = _under(
    ("sqlalchemy.ext.asyncio", "sqlalchemy.ext.asyncio.session", "sqlmodel.ext.asyncio.session"),
    *("AsyncSession", "async_scoped_session"),
)
SYNC_SESSION = _under(
    ("sqlalchemy.orm", "sqlalchemy.orm.session", "sqlmodel", "sqlmodel.orm.session"),
    *("Session", "scoped_session"),
)
SESSION = Names(ASYNC_SESSION | SYNC_SESSION)

RESPONSES = _under(
    ("fastapi", "fastapi.responses", "starlette.responses"),
    *("Response", "JSONResponse", "ORJSONResponse", "UJSONResponse", "HTMLResponse"),
    *("PlainTextResponse", "RedirectResponse", "StreamingResponse", "FileResponse"),
) | _names("sse_starlette.EventSourceResponse", "sse_starlette.sse.EventSourceResponse")
HTTP_EXCEPTION = _names(
    "fastapi.HTTPException",
    "fastapi.exceptions.HTTPException",
    "starlette.exceptions.HTTPException",
)

MIDDLEWARE = _under(("starlette.middleware", "fastapi.middleware"), "Middleware")
CORS_MIDDLEWARE = _under(
    ("starlette.middleware.cors", "fastapi.middleware.cors"), "CORSMiddleware"
)
TRUSTED_HOST_MIDDLEWARE = _under(
    ("starlette.middleware.trustedhost", "fastapi.middleware.trustedhost"),
    "TrustedHostMiddleware",
)

_PYJWT = ("jwt", "jwt.api_jwt", "jwt.PyJWT", "jwt.api_jwt.PyJWT")
JWT_ENCODE = _under((*_PYJWT, "jose.jwt"), "encode")
JWT_DECODE = Names(_under(_PYJWT, "decode", "decode_complete") | _under(("jose.jwt",), "decode"))
JWT_UNVERIFIED = _under(("jose.jwt", "jose.jws"), "get_unverified_claims")
