"""What the composition roots of all services do alike: the pool, the migrations, the token, the hosting of roles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias, TypeVar

import asyncpg
import structlog
from starlette.requests import Request

from shared import identity
from shared.http.application import Authenticate, application
from shared.http.failures import DATABASE_AWAY
from shared.http.positions import Progress
from shared.http.routing import Router
from shared.http.watching import Watched
from shared.identity.sessions import cookie_of, remove_expired, session_actor
from shared.identity.tokens import Tokens, enter_token
from shared.leases import until_set
from shared.meta import Actor
from shared.migrations import migrate
from shared.personal.key_files import KeyEncryptionKey, make_key_files, read_hash_key, read_key_encryption_key
from shared.personal.key_files import KeyFileRefused as PersonalKeyRefused
from shared.process import CannotStart, Run, listening, run_roles, serve_http, stop_on_signals
from shared.rights import grant_rights, role_of
from shared.sealing.key_files import PUBLIC_FILE, create_signing_key, load_signing_key
from shared.sealing.key_files import KeyFileRefused as SigningKeyRefused
from shared.sealing.keys import SigningKey
from shared.settings import ServiceSettings
from shared.status import RoleStatus
from shared.telemetry.health import Check

ROLES: Final = ("api", "relay", "consume", "project", "clock", "migrate", "serve")
IDENTITY_MIGRATIONS: Final = Path(identity.__file__).parent / "migrations"
LEAST_CONNECTIONS: Final = {"serve": 8, "migrate": 1}
"""The smallest pool with which a role does not wait for itself: its tasks keep connections as long as they run."""

_LEAST_OF_OTHERS: Final = 4
RESTORING: Final = "restoring"
"""A file beside the keys as long as a restore is under way: with it no service starts."""

_CONNECT_WITHIN: Final = 5.0
_STATEMENT_WITHIN: Final = 60.0
_HOUSEKEEPING_SECONDS: Final = 60.0

_log = structlog.get_logger()

Roles: TypeAlias = Mapping[str, Mapping[str, Run]]
"""The tasks of each role by name."""


class ServiceParts(Progress, Protocol):
    """What hosting needs of the parts that a service's `main` built."""

    @property
    def settings(self) -> ServiceSettings: ...
    @property
    def watched(self) -> Watched: ...
    @property
    def pool(self) -> asyncpg.Pool: ...


P = TypeVar("P", bound=ServiceParts)


@asynccontextmanager
async def open_pool(settings: ServiceSettings, service: str) -> AsyncIterator[asyncpg.Pool]:
    """The application role's connections, made when first needed: a service starts while PostgreSQL is away.

    They are handed on as they are: a reset is a round trip of its own and doubles what a command asks of PostgreSQL.
    So whoever LISTENs, locks or SETs beyond a transaction takes it back (`shared.session_locks`).
    """
    pool = asyncpg.create_pool(
        settings.database_url.get_secret_value(),
        min_size=0,
        max_size=settings.pool_max,
        timeout=_CONNECT_WITHIN,
        command_timeout=_STATEMENT_WITHIN,
        reset=_as_it_is,
        server_settings={
            "application_name": f"lianjian-{service}",
            "idle_in_transaction_session_timeout": "60s",
            "lock_timeout": "15s",
        },
    )
    await pool
    try:
        yield pool
    finally:
        try:
            await asyncio.wait_for(pool.close(), 5.0)
        except TimeoutError:
            pool.terminate()


async def _as_it_is(_: asyncpg.Connection) -> None:
    """An open transaction has been rolled back by the pool already."""


def refuse_small_pool(role: str, settings: ServiceSettings) -> None:
    """Raise `CannotStart` where the tasks of the role would take all connections and wait for more for ever."""
    least = LEAST_CONNECTIONS.get(role, _LEAST_OF_OTHERS)
    if settings.pool_max < least:
        raise CannotStart(f"LIANJIAN_POOL_MAX：{settings.pool_max} 太小，{role} 会等不到连接；应至少为 {least}。")


def database_check(pool: asyncpg.Pool) -> Check:
    """Whether PostgreSQL answers."""

    async def check() -> str | None:
        await pool.fetchval("select 1")
        return None

    return check


async def migrate_service(settings: ServiceSettings, directories: Iterable[tuple[Path, str]]) -> list[str]:
    """Brings the schema up to date as its owner, gives the application its rights, enters the operator's token."""
    url = (settings.owner_database_url or settings.database_url).get_secret_value()
    applied: list[str] = []
    connection = await _owner(url)
    try:
        for directory, scope in (*directories, (IDENTITY_MIGRATIONS, "identity")):
            applied += await migrate(connection, directory, scope)
        role = role_of(settings.database_url.get_secret_value())
        if role is not None and role != role_of(url):
            await grant_rights(connection, role)
        await _enter_operator(connection, settings)
    finally:
        await connection.close()
    _log.info("migrated", applied=applied)
    return applied


async def _owner(url: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(url, timeout=_CONNECT_WITHIN)
    except (OSError, asyncpg.PostgresError) as error:
        raise CannotStart(
            f"无法以所有者身份连接数据库（LIANJIAN_OWNER_DATABASE_URL）：{type(error).__name__}"
        ) from None


async def _enter_operator(connection: asyncpg.Connection, settings: ServiceSettings) -> None:
    if settings.operator_token_file is None:
        return
    token = settings.operator_token_file.read_text("ascii").strip()
    await enter_token(connection, token, Actor(subject="operator", role="operator", organisation=settings.site))


def authentication(pool: asyncpg.Pool, site: str, *, browser: bool = False) -> Authenticate:
    """Who sends a request: the holder of its bearer token or, for reads where `browser`, of its session."""
    tokens = Tokens(pool)

    async def authenticate(request: Request) -> Actor | None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return await tokens.actor(token.strip())
        session = request.cookies.get(cookie_of(site))
        if browser and session and request.method in ("GET", "HEAD"):
            return await session_actor(pool, session)
        return None

    return authenticate


@dataclass(frozen=True)
class Keys:
    """The secret keys of a service, each from a 0600 file that `migrate` made."""

    signing: SigningKey
    encryption: KeyEncryptionKey
    hashing: bytes = field(repr=False)


def make_keys(settings: ServiceSettings) -> None:
    """Makes the key files that are missing, and leaves the public one where the site's other services look for it."""
    _refuse_half_restored(settings)
    create_signing_key(settings.key_dir)
    make_key_files(settings.key_dir)
    if settings.public_keys is not None:
        place = settings.public_keys / settings.key_dir.name
        place.mkdir(parents=True, exist_ok=True)
        (place / PUBLIC_FILE).write_bytes((settings.key_dir / PUBLIC_FILE).read_bytes())


def read_keys(settings: ServiceSettings) -> Keys:
    """The keys; `CannotStart` where one is missing or open to others, or a restore was not finished."""
    _refuse_half_restored(settings)
    try:
        return Keys(
            load_signing_key(settings.key_dir),
            read_key_encryption_key(settings.key_dir),
            read_hash_key(settings.key_dir),
        )
    except (SigningKeyRefused, PersonalKeyRefused) as error:
        raise CannotStart(f"密钥不可用（LIANJIAN_KEY_DIR）：{error}") from None


def _refuse_half_restored(settings: ServiceSettings) -> None:
    if (settings.key_dir / RESTORING).exists():
        raise CannotStart("上次恢复没有完成，数据可能只有一半；请再执行一次 lianjian restore（同样的文件）。")


def host_names(settings: ServiceSettings) -> set[str]:
    """The names under which this process may be addressed."""
    configured = {name.strip().lower() for name in settings.http_names.split(",") if name.strip()}
    return {"127.0.0.1", "localhost", "[::1]", settings.http_host.lower()} | configured


async def housekeeping(pool: asyncpg.Pool, status: RoleStatus, stop: asyncio.Event) -> None:
    """The clock role: once a minute it removes tickets, sessions and tokens whose time is over.

    Acts with consequences outside (reminders, escalation) belong to it too, as soon as there are any; it has none yet.
    """
    while not stop.is_set():
        try:
            status.count("expired", await remove_expired(pool))
            status.looked()
        except DATABASE_AWAY as error:
            status.troubled(error)
        await until_set(stop, _HOUSEKEEPING_SECONDS)


def served(
    service: str,
    routers: Iterable[Router],
    parts: ServiceParts,
    *,
    hash_key: bytes | None = None,
    browser: bool = False,
) -> Any:
    """The HTTP application of a service; `browser`: reads are also answered to a browser's session."""
    return application(
        service,
        routers,
        parts=parts,
        authenticate=authentication(parts.pool, parts.settings.site, browser=browser),
        progress=parts,
        hosts=host_names(parts.settings),
        hash_key=hash_key,
    )


async def run_service(
    role: str,
    settings: ServiceSettings,
    migrate: Callable[[ServiceSettings], Awaitable[None]],
    built: Callable[[ServiceSettings], AbstractAsyncContextManager[P]],
    app: Callable[[P], Any],
    roles: Callable[[P], Roles],
) -> None:
    """One role of a service, or all of them, from what its `main` declares."""
    refuse_small_pool(role, settings)
    if role == "migrate":
        await migrate(settings)
        return
    async with built(settings) as parts:
        await host(role, settings, parts.watched, app(parts), roles(parts))


async def host(role: str, settings: ServiceSettings, watched: Watched, app: Any, roles: Roles) -> None:
    """Runs one role, or all of them for `serve`, until a signal; `roles` names the tasks of each.

    A role for which the service has no task only waits, so that every service can be started alike. Roles other than
    `api` answer health requests too where `LIANJIAN_HTTP_PORT` is given to them; they are ready when their own tasks
    are well, while a process that answers people stays ready with the broker away.
    """
    chosen = roles if role == "serve" else {role: roles.get(role, {})}
    tasks = {name: run for named in chosen.values() for name, run in named.items()}
    if role not in ("api", "serve"):
        own = {name: check for name, check in watched.concerns.items() if name in tasks}
        watched.checks, watched.concerns = {**watched.checks, **own}, {}
    async with AsyncExitStack() as opened:
        if role in ("api", "serve") or "http_port" in settings.model_fields_set:
            bound = opened.enter_context(listening(settings.http_host, settings.http_port))
            tasks["api"] = lambda stop: serve_http(app, bound, stop)
            _log.info("listening", address=f"http://{settings.http_host}:{bound.getsockname()[1]}")
        elif not tasks:
            _log.info("nothing_to_do_in_this_role", role=role)
        with stop_on_signals() as stop:
            await run_roles(tasks, watched.health, stop)
