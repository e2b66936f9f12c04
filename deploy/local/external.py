"""Engines that somebody else runs: named by URLs, and looked at before anything is asked of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx

from deploy.local.found import OLDEST_POSTGRES, OLDEST_RABBITMQ
from deploy.local.problems import CannotRun

POSTGRES, RABBITMQ, MANAGEMENT = "LIANJIAN_POSTGRES_URL", "LIANJIAN_RABBITMQ_URL", "LIANJIAN_RABBITMQ_MANAGEMENT_URL"
LINKS, LINKS_CA = "LIANJIAN_LINKS_ADDRESS", "LIANJIAN_LINKS_CA_FILE"


@dataclass(frozen=True)
class Named:
    """The URLs given; RabbitMQ's two come together or not at all. The last two are for lower sites to connect."""

    postgres_url: str | None = field(repr=False)
    rabbitmq_url: str | None = field(repr=False)
    management_url: str | None = field(repr=False)
    links_address: str | None = None
    ca_file: Path | None = None


def from_environment(environ: Mapping[str, str]) -> Named:
    """The engines the environment names, after a look at their versions and our rights there."""
    ca_file = environ.get(LINKS_CA) or None
    named = Named(
        environ.get(POSTGRES) or None,
        environ.get(RABBITMQ) or None,
        environ.get(MANAGEMENT) or None,
        environ.get(LINKS) or None,
        Path(ca_file) if ca_file else None,
    )
    if (named.rabbitmq_url is None) != (named.management_url is None):
        missing = MANAGEMENT if named.management_url is None else RABBITMQ
        raise CannotRun(f"LIANJIAN_RABBITMQ_URL 与 LIANJIAN_RABBITMQ_MANAGEMENT_URL 要一起写，现在缺少 {missing}。")
    problems = []
    if named.postgres_url is not None:
        problems += _form(POSTGRES, named.postgres_url, ("postgresql", "postgres")) or postgres_problems(
            named.postgres_url
        )
    if named.rabbitmq_url is not None and named.management_url is not None:
        problems += (
            _form(RABBITMQ, named.rabbitmq_url, ("amqp", "amqps"))
            or _form(MANAGEMENT, named.management_url, ("http", "https"))
            or rabbitmq_problems(named.management_url)
        )
    if named.links_address is not None:
        problems += _form(LINKS, named.links_address, ("amqps", "amqp"))
    if problems:
        raise CannotRun("\n".join(problems))
    return named


def _form(variable: str, url: str, schemes: tuple[str, ...]) -> list[str]:
    parts = urlsplit(url)
    if parts.scheme in schemes and parts.hostname:
        return []
    return [f"{variable} 不是一个地址；应形如 {schemes[0]}://用户:口令@主机:端口/ 。"]


def postgres_problems(url: str) -> list[str]:
    """What keeps us from using this server, each by its name; empty when nothing does."""
    return asyncio.run(_postgres_problems(url))


async def _postgres_problems(url: str) -> list[str]:
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError, ValueError) as reason:
        return [f"{POSTGRES}：连接不上（{without_password(str(reason), url)}）。"]
    try:
        version = connection.get_server_version()
        role = await connection.fetchrow(
            "select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user"
        )
    finally:
        await connection.close()
    problems = []
    if version.major < OLDEST_POSTGRES:
        problems.append(f"{POSTGRES}：服务器是 PostgreSQL {version.major}，需要 {OLDEST_POSTGRES} 或更高版本。")
    if role is not None and not role["rolsuper"]:
        for right, column in (("CREATEDB", "rolcreatedb"), ("CREATEROLE", "rolcreaterole")):
            if not role[column]:
                problems.append(f"{POSTGRES}：所用角色缺少权限 {right}；请执行 ALTER ROLE 该角色 {right}。")
    return problems


def rabbitmq_problems(management_url: str) -> list[str]:
    """What keeps us from using this broker, each by its name; empty when nothing does."""
    try:
        with httpx.Client(base_url=management_url, timeout=10.0, trust_env=False) as client:
            who = client.get("/api/whoami")
            overview = client.get("/api/overview")
    except httpx.HTTPError as reason:
        return [
            f"{MANAGEMENT}：连接不上（{without_password(str(reason), management_url)}）；"
            "管理插件 rabbitmq_management 是否启用？"
        ]
    if who.status_code == 401:
        return [f"{MANAGEMENT}：用户名或口令不对（401）。"]
    if who.status_code != 200 or overview.status_code != 200:
        return [f"{MANAGEMENT}：回答 {who.status_code}，不像 RabbitMQ 的管理地址；或该用户没有 management 以上的标签。"]
    tags = who.json().get("tags", [])
    names = tags.split(",") if isinstance(tags, str) else list(tags)
    problems = []
    if "administrator" not in names:
        problems.append(f"{MANAGEMENT}：所用用户缺少标签 administrator（建立虚拟主机和用户需要它）。")
    version = str(overview.json().get("rabbitmq_version", ""))
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if numbers < OLDEST_RABBITMQ:
        problems.append(f"{MANAGEMENT}：服务器是 RabbitMQ {version}，需要 3.10 或更高版本。")
    return problems


def without_password(text: str, url: str) -> str:
    """The text as it may be shown: an error message must not repeat the password."""
    password = urlsplit(url).password
    return text.replace(password, "…") if password else text
