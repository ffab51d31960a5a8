"""The qualified names of what the rules look for, under every module that offers them."""

from handbook.syntax.names import Names

FASTAPI = Names.of("fastapi.FastAPI", "fastapi.applications.FastAPI")
ROUTER = Names.of("fastapi.APIRouter", "fastapi.routing.APIRouter")
FASTAPI_OR_ROUTER = Names(FASTAPI | ROUTER)

HTTP_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace"})
ROUTE_DECORATORS = HTTP_METHODS | {"api_route", "websocket"}

DEPENDS = Names.under(("fastapi", "fastapi.param_functions", "fastapi.params"), "Depends")
SECURITY = Names.under(("fastapi", "fastapi.param_functions", "fastapi.params"), "Security")
DEPENDENCY_MARKERS = Names(DEPENDS | SECURITY)
SECURITY_SCHEMES = Names.under(
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
PARAMETER_MARKERS = Names.under(
    ("fastapi", "fastapi.param_functions", "fastapi.params"),
    *("Query", "Path", "Header", "Cookie", "Body", "Form", "File"),
)
BODY_MARKERS = Names.under(
    ("fastapi", "fastapi.param_functions", "fastapi.params"), "Body", "Form", "File"
)
ANNOTATED = Names.under(("typing", "typing_extensions"), "Annotated")
UNIONS = Names.under(("typing", "typing_extensions"), "Optional", "Union")

BASE_MODEL = Names.of("pydantic.BaseModel", "pydantic.main.BaseModel")
BASE_SETTINGS = Names.under(
    ("pydantic_settings", "pydantic_settings.main", "pydantic", "pydantic.env_settings"),
    "BaseSettings",
)
ROOT_MODEL = Names.of("pydantic.RootModel", "pydantic.root_model.RootModel")
GENERIC_MODEL = Names.of("pydantic.generics.GenericModel")
SQLMODEL = Names.of("sqlmodel.SQLModel", "sqlmodel.main.SQLModel")
SCHEMA_BASES = Names(BASE_MODEL | BASE_SETTINGS | ROOT_MODEL | GENERIC_MODEL | SQLMODEL)
CONFIG_DICTS = Names.of(
    *("pydantic.ConfigDict", "pydantic.config.ConfigDict"),
    *("pydantic_settings.SettingsConfigDict", "pydantic_settings.main.SettingsConfigDict"),
    *("sqlmodel._compat.SQLModelConfig", "sqlmodel.main.SQLModelConfig"),
)
PYDANTIC_FIELD = Names.of("pydantic.Field", "pydantic.fields.Field", "sqlmodel.Field")

DECLARATIVE_BASES = Names.under(
    ("sqlalchemy.orm", "sqlalchemy.orm.decl_api"),
    *("DeclarativeBase", "DeclarativeBaseNoMeta"),
)
DECLARATIVE_BASE_FACTORIES = Names.of(
    "sqlalchemy.orm.declarative_base",
    "sqlalchemy.ext.declarative.declarative_base",
    "sqlalchemy.ext.declarative.api.declarative_base",
    "sqlalchemy.ext.automap.automap_base",
)
DECLARATIVE_BASE_DECORATORS = Names.under(
    ("sqlalchemy.orm", "sqlalchemy.ext.declarative", "sqlalchemy.ext.declarative.api"),
    "as_declarative",
)
MAPPED = Names.under(
    ("sqlalchemy.orm", "sqlalchemy.orm.base"),
    *("Mapped", "WriteOnlyMapped", "DynamicMapped"),
)
COLUMN = Names.under(
    ("sqlalchemy", "sqlalchemy.schema", "sqlalchemy.sql.schema", "sqlmodel"), "Column"
)
MAPPED_COLUMN = Names.of("sqlalchemy.orm.mapped_column")
RELATIONSHIP = Names.of("sqlalchemy.orm.relationship", "sqlalchemy.orm.relation")
SYNC_ENGINES = Names.under(
    (
        "sqlalchemy",
        "sqlalchemy.engine",
        "sqlalchemy.engine.create",
        "sqlalchemy.future",
        "sqlmodel",
    ),
    *("create_engine", "engine_from_config"),
)
SYNC_FACTORIES = Names.under(
    ("sqlalchemy.orm", "sqlalchemy.orm.session", "sqlalchemy.orm.scoping"),
    *("sessionmaker", "scoped_session"),
)
ASYNC_ENGINE = Names.under(
    ("sqlalchemy.ext.asyncio", "sqlalchemy.ext.asyncio.engine"), "AsyncEngine"
)
ASYNC_ENGINES = Names.under(
    ("sqlalchemy.ext.asyncio", "sqlalchemy.ext.asyncio.engine"), "create_async_engine"
)
ASYNC_FACTORIES = Names.under(
    ("sqlalchemy.ext.asyncio", "sqlalchemy.ext.asyncio.session"), "async_sessionmaker"
)
STATEMENTS = Names(
    Names.under(
        (
            *("sqlalchemy", "sqlalchemy.sql", "sqlalchemy.sql.expression"),
            *("sqlalchemy.future", "sqlmodel"),
        ),
        *("select", "insert", "update", "delete", "text"),
    )
    | Names.under(
        (f"sqlalchemy.dialects.{name}" for name in ("postgresql", "sqlite", "mysql")), "insert"
    )
)
ASYNC_SESSION = Names.under(
    ("sqlalchemy.ext.asyncio", "sqlalchemy.ext.asyncio.session", "sqlmodel.ext.asyncio.session"),
    *("AsyncSession", "async_scoped_session"),
)
SYNC_SESSION = Names.under(
    ("sqlalchemy.orm", "sqlalchemy.orm.session", "sqlmodel", "sqlmodel.orm.session"),
    *("Session", "scoped_session"),
)
SESSION = Names(ASYNC_SESSION | SYNC_SESSION)

RESPONSES = Names.under(
    ("fastapi", "fastapi.responses", "starlette.responses"),
    *("Response", "JSONResponse", "ORJSONResponse", "UJSONResponse", "HTMLResponse"),
    *("PlainTextResponse", "RedirectResponse", "StreamingResponse", "FileResponse"),
) | Names.of("sse_starlette.EventSourceResponse", "sse_starlette.sse.EventSourceResponse")
HTTP_EXCEPTION = Names.of(
    "fastapi.HTTPException",
    "fastapi.exceptions.HTTPException",
    "starlette.exceptions.HTTPException",
)

MIDDLEWARE = Names.under(("starlette.middleware", "fastapi.middleware"), "Middleware")
CORS_MIDDLEWARE = Names.under(
    ("starlette.middleware.cors", "fastapi.middleware.cors"), "CORSMiddleware"
)
TRUSTED_HOST_MIDDLEWARE = Names.under(
    ("starlette.middleware.trustedhost", "fastapi.middleware.trustedhost"),
    "TrustedHostMiddleware",
)

_PYJWT = ("jwt", "jwt.api_jwt", "jwt.PyJWT", "jwt.api_jwt.PyJWT")
JWT_ENCODE = Names.under((*_PYJWT, "jose.jwt"), "encode")
JWT_DECODE = Names(
    Names.under(_PYJWT, "decode", "decode_complete") | Names.under(("jose.jwt",), "decode")
)
JWT_UNVERIFIED = Names.under(("jose.jwt", "jose.jws"), "get_unverified_claims")
