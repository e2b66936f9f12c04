"""Engines that somebody else runs: what is missing there is said by name, and a court is made with the least rights."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest

from deploy.local.court import Court
from deploy.local.engines import EngineUrls
from deploy.local.external import from_environment, postgres_problems, rabbitmq_problems
from deploy.local.problems import CannotRun
from deploy.local.provision import provision_broker, provision_databases
from deploy.local.services import ServicePlan, address, plan

RIGHTS = "nocreatedb nocreaterole", "createdb nocreaterole", "createdb createrole"


def known_as(url: str, user: str, password: str) -> str:
    """The same address, logged in as somebody else."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{parts.netloc.rpartition('@')[2]}"))


@pytest.fixture
async def setup_role(postgres_url: str) -> AsyncIterator[str]:
    """The name of a role without any right, with the password `secret`."""
    name = f"setup_{secrets.token_hex(4)}"
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(f"create role {name} login password 'secret'")
    yield name
    for database in await connection.fetch("select datname from pg_database where datname like 'lianjian_xt%'"):
        await connection.execute(f'drop database "{database["datname"]}" with (force)')
    for role in await connection.fetch("select rolname from pg_roles where rolname like 'lianjian_xt%'"):
        await connection.execute(f'drop owned by "{role["rolname"]}"')
        await connection.execute(f'drop role "{role["rolname"]}"')
    await connection.execute(f"drop role {name}")
    await connection.close()


async def with_rights(postgres_url: str, role: str, rights: str) -> list[str]:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(f"alter role {role} {rights}")
    await connection.close()
    return await asyncio.to_thread(postgres_problems, known_as(postgres_url, role, "secret"))


async def test_rights_missing_on_postgresql_are_said_by_name(postgres_url: str, setup_role: str) -> None:
    said = [await with_rights(postgres_url, setup_role, rights) for rights in RIGHTS]
    assert said == [
        [
            "LIANJIAN_POSTGRES_URL：所用角色缺少权限 CREATEDB；请执行 ALTER ROLE 该角色 CREATEDB。",
            "LIANJIAN_POSTGRES_URL：所用角色缺少权限 CREATEROLE；请执行 ALTER ROLE 该角色 CREATEROLE。",
        ],
        ["LIANJIAN_POSTGRES_URL：所用角色缺少权限 CREATEROLE；请执行 ALTER ROLE 该角色 CREATEROLE。"],
        [],
    ]


async def test_two_rights_are_enough_to_make_a_courts_databases_twice(
    postgres_url: str, setup_role: str, tmp_path: Path
) -> None:
    await with_rights(postgres_url, setup_role, "createdb createrole")
    urls = EngineUrls(known_as(postgres_url, setup_role, "secret"), "amqp://x@h/", "http://x@h")
    plans = [plan(Court("xt1", "试验法院", "basic"), "members", urls, tmp_path, 1)]
    await provision_databases(urls, plans)
    await provision_databases(urls, plans)
    connection = await asyncpg.connect(plans[0].database_url)
    assert await connection.fetchval("select current_user || '@' || current_database()") == (
        "lianjian_xt1_members@lianjian_xt1_members"
    )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("create table here_i_am ()")
    await connection.execute("create schema proj_mine create table beside ()")
    await connection.close()
    owner = await asyncpg.connect(plans[0].owner_database_url)
    await owner.execute("create table of_the_owner ()")
    await owner.close()


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(CannotRun, match="LIANJIAN_POSTGRES_URL：连接不上") as refused:
        from_environment({"LIANJIAN_POSTGRES_URL": "postgresql://a:hidden@127.0.0.1:1/postgres"})
    assert "hidden" not in str(refused.value)
    assert rabbitmq_problems("http://a:hidden@127.0.0.1:1")[0].startswith("LIANJIAN_RABBITMQ_MANAGEMENT_URL：连接不上")


def test_rabbitmqs_two_addresses_come_together() -> None:
    with pytest.raises(CannotRun, match="现在缺少 LIANJIAN_RABBITMQ_MANAGEMENT_URL"):
        from_environment({"LIANJIAN_RABBITMQ_URL": "amqp://127.0.0.1/"})


@pytest.mark.parametrize("url", ["mysql://127.0.0.1/x", "just words", "postgresql:///postgres"])
def test_an_address_of_another_form_is_refused_by_name(url: str) -> None:
    with pytest.raises(CannotRun, match="LIANJIAN_POSTGRES_URL 不是一个地址"):
        from_environment({"LIANJIAN_POSTGRES_URL": url})


@pytest.fixture
def broker(management_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=management_url, trust_env=False) as client:
        yield client
        client.delete("/api/vhosts/lianjian_xt1")
        for user in ("xt_plain", "lianjian_xt1_members", "lianjian_xt1_activities"):
            client.delete(f"/api/users/{user}")


def test_a_broker_user_without_the_tag_is_told_which(management_url: str, broker: httpx.Client) -> None:
    wrong = known_as(management_url, "nobody_here", "x")
    assert rabbitmq_problems(wrong) == ["LIANJIAN_RABBITMQ_MANAGEMENT_URL：用户名或口令不对（401）。"]
    broker.put("/api/users/xt_plain", json={"password": "x", "tags": "management"})
    assert rabbitmq_problems(known_as(management_url, "xt_plain", "x")) == [
        "LIANJIAN_RABBITMQ_MANAGEMENT_URL：所用用户缺少标签 administrator（建立虚拟主机和用户需要它）。"
    ]
    broker.put("/api/users/xt_plain", json={"password": "x", "tags": "administrator"})
    assert rabbitmq_problems(known_as(management_url, "xt_plain", "x")) == []


def test_a_services_broker_user_has_its_own_host_alone(
    rabbitmq_url: str, management_url: str, broker: httpx.Client, tmp_path: Path
) -> None:
    urls = EngineUrls("postgresql://h/", rabbitmq_url, management_url)
    court = Court("xt1", "试验法院", "basic")
    plans: list[ServicePlan] = [plan(court, name, urls, tmp_path, 1) for name in ("members", "activities")]
    provision_broker(urls, plans)
    provision_broker(urls, plans)
    held = broker.get("/api/users/lianjian_xt1_members/permissions").json()
    assert [(one["vhost"], one["read"]) for one in held] == [
        ("lianjian_xt1", r"^(lianjian\.|unrouted$|amq\.|members\.)")
    ]
    topics = broker.get("/api/topic-permissions/lianjian_xt1/lianjian_xt1_members").json()
    assert [(one["exchange"], one["write"]) for one in topics] == [("lianjian.log", r"^xt1\.members\.")]
    assert plans[0].broker_url == address(
        rabbitmq_url, "lianjian_xt1_members", plans[0].broker_password, "lianjian_xt1"
    )
