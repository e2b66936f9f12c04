"""Databases, roles, broker users: what each service of a court owns on the engines, and nothing beyond. Repeatable."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlsplit

import asyncpg
import httpx

from deploy.local.engines import EngineUrls
from deploy.local.problems import CannotRun
from deploy.local.services import ServicePlan
from shared.broker.topology import LOG_EXCHANGE


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


def provision_broker(urls: EngineUrls, plans: Sequence[ServicePlan]) -> None:
    """The court's vhost, and a user for each service that may do things in this vhost alone."""
    with httpx.Client(base_url=urls.management_url, timeout=30.0, trust_env=False) as client:
        for plan in plans:
            vhost = quote(plan.vhost, safe="")
            _put(client, f"/api/vhosts/{vhost}", {})
            _put(client, f"/api/users/{plan.broker_user}", {"password": plan.broker_password, "tags": ""})
            _put(client, f"/api/permissions/{vhost}/{plan.broker_user}", permissions(plan.service))
            _put(client, f"/api/topic-permissions/{vhost}/{plan.broker_user}", log_permissions(plan))
        # Makes the users of links: RabbitMQ lets nobody but an administrator do that.
        links = {"password": plans[0].links_password, "tags": "administrator"}
        _put(client, f"/api/users/{plans[0].links_user}", links)
        _put(
            client, f"/api/permissions/{vhost}/{plans[0].links_user}", {"configure": ".*", "write": ".*", "read": ".*"}
        )
        admin = _user(urls.management_url)
        _put(client, f"/api/permissions/{vhost}/{admin}", {"configure": ".*", "write": ".*", "read": ".*"})


def permissions(service: str) -> dict[str, str]:
    """A service declares the common topology and reads its own queues alone (binding asks to read an exchange).

    What comes from lower sites is reporting's.
    """
    below = r"|up\." if service == "reporting" else ""
    return {"configure": ".*", "write": ".*", "read": rf"^(lianjian\.|unrouted$|amq\.|{service}\.{below})"}


def log_permissions(plan: ServicePlan) -> dict[str, str]:
    """Nobody but the service itself publishes under the name of its log."""
    return {"exchange": LOG_EXCHANGE, "write": rf"^{plan.site}\.{plan.service}\.", "read": ".*"}


def _put(client: httpx.Client, path: str, body: dict[str, str]) -> None:
    answer = client.put(path, json=body)
    if answer.status_code not in (200, 201, 204):
        raise CannotRun(f"RabbitMQ 的管理接口拒绝了 PUT {path}（{answer.status_code}）：{answer.text[:300]}")


def _user(url: str) -> str:
    return quote(urlsplit(url).username or "guest", safe="")


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
