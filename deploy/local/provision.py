"""Databases, roles, broker users: what each service of a court owns on the engines, and nothing beyond. Repeatable."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import httpx

from deploy.local.engines import EngineUrls
from deploy.local.problems import CannotRun
from deploy.local.services import ServicePlan

# The trigger function that marks a table as append-only; the application's role gets no right to change those rows.
KEPT_BY = "refuse_change"


async def provision_databases(urls: EngineUrls, plans: Sequence[ServicePlan]) -> None:
    """A database, an owner (for migrations) and an application role for each service; made, or put right."""
    connection = await asyncpg.connect(urls.postgres_url)
    try:
        for plan in plans:
            await _roles(connection, plan)
            await _database(connection, plan)
    finally:
        await connection.close()


async def _roles(connection: asyncpg.Connection, plan: ServicePlan) -> None:
    admin = await connection.fetchval("select current_user")
    for role, password in ((plan.owner_role, plan.owner_password), (plan.role, plan.password)):
        exists = await connection.fetchval("select true from pg_roles where rolname = $1", role)
        verb = "alter" if exists else "create"
        await connection.execute(f"{verb} role {_name(role)} login nocreatedb nocreaterole password {_text(password)}")
        # Whoever hands objects to a role has to be a member of it; a superuser is without asking.
        if not await connection.fetchval("select pg_has_role($1::name, 'member')", role):
            await connection.execute(f"grant {_name(role)} to {_name(admin)}")
    # What the application made by itself (rebuilt projections) a later migration can change too.
    await connection.execute(f"grant {_name(plan.role)} to {_name(plan.owner_role)}")
    await connection.execute(f"alter role {_name(plan.role)} set idle_in_transaction_session_timeout = '60s'")
    await connection.execute(f"alter role {_name(plan.role)} set lock_timeout = '15s'")


async def _database(connection: asyncpg.Connection, plan: ServicePlan) -> None:
    database, owner, role = _name(plan.database), _name(plan.owner_role), _name(plan.role)
    if not await connection.fetchval("select true from pg_database where datname = $1", plan.database):
        await connection.execute(
            f"create database {database} owner {owner} template template0 encoding 'UTF8' locale 'C.UTF-8'"
        )
    await connection.execute(f"revoke all on database {database} from public")
    await connection.execute(f"grant connect, temporary on database {database} to {role}")
    await connection.execute(
        f"grant create on database {database} to {role}"
    )  # a projection is rebuilt in a new schema


async def grant_after_migration(plan: ServicePlan) -> None:
    """Gives the application's role what it needs on the tables the migrations made: never more than INSERT and SELECT
    on append-only ones. Other schemas than the first hold projections; they belong to the application, which rebuilds
    and renames them.
    """
    connection = await asyncpg.connect(plan.owner_database_url)
    try:
        async with connection.transaction():
            for schema in await connection.fetch(
                "select nspname from pg_namespace where nspname not like 'pg\\_%' and nspname <> 'information_schema'"
            ):
                await _grant_in_schema(connection, schema["nspname"], plan)
    finally:
        await connection.close()


async def _grant_in_schema(connection: asyncpg.Connection, schema: str, plan: ServicePlan) -> None:
    role, name = _name(plan.role), _name(schema)
    await connection.execute(f"grant usage on schema {name} to {role}")
    for table in await connection.fetch(
        """select c.relname as name, c.relname = 'schema_migrations' as migrations,
                  exists (select 1 from pg_trigger t join pg_proc p on p.oid = t.tgfoid
                           where t.tgrelid = c.oid and p.proname = $2) as kept
             from pg_class c
            where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p')
              and c.relowner = current_user::regrole""",
        name,
        KEPT_BY,
    ):
        rights = "select" if table["migrations"] else "select, insert" if table["kept"] else "all"
        full = f"{name}.{_name(table['name'])}"
        await connection.execute(f"revoke all on {full} from {role}, public")
        await connection.execute(f"grant {rights} on {full} to {role}")
    await connection.execute(f"grant usage, select on all sequences in schema {name} to {role}")
    await connection.execute(f"grant execute on all functions in schema {name} to {role}")


def provision_broker(urls: EngineUrls, plans: Sequence[ServicePlan]) -> None:
    """The court's vhost, and a user for each service that may do things in this vhost alone."""
    with httpx.Client(base_url=urls.management_url, timeout=30.0, trust_env=False) as client:
        for plan in plans:
            vhost = quote(plan.vhost, safe="")
            _put(client, f"/api/vhosts/{vhost}", {})
            _put(client, f"/api/users/{plan.broker_user}", {"password": plan.broker_password, "tags": ""})
            _put(
                client,
                f"/api/permissions/{vhost}/{plan.broker_user}",
                {"configure": ".*", "write": ".*", "read": ".*"},
            )
        admin = _user(urls.management_url)
        _put(client, f"/api/permissions/{vhost}/{admin}", {"configure": ".*", "write": ".*", "read": ".*"})


def _put(client: httpx.Client, path: str, body: dict[str, str]) -> None:
    answer = client.put(path, json=body)
    if answer.status_code not in (200, 201, 204):
        raise CannotRun(f"RabbitMQ 的管理接口拒绝了 PUT {path}（{answer.status_code}）：{answer.text[:300]}")


def _user(url: str) -> str:
    return quote(urlsplit(url).username or "guest", safe="")


def in_database(url: str, database: str) -> str:
    """The same server and user, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
