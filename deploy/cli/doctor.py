"""`lianjian doctor`: everything a running court depends on, looked at one by one."""

from __future__ import annotations

import asyncio
import shutil
import stat
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import asyncpg
import httpx

from deploy.backup.link_files import link_folder
from deploy.cli.client import Client
from deploy.cli.keys import DUE, WITH_KEYS
from deploy.cli.running import CHECKOUT
from deploy.cli.words import away_engine, trouble
from deploy.local.ports import is_free, listener
from deploy.local.processes import is_alive
from shared.links.expiry import days_of_certificates, warning
from shared.personal.rotation import rotation_due

FREE_SHARE: Final = 0.10
CLOCK_SECONDS: Final = 5.0
RUN: Final = "运行"
_AFTER_BROKER: Final = ("links", "links_account")
"""What cannot be well while the broker is away, and says so in words that lead elsewhere."""
_KEPT: Final = ("events", "commands", "seals", "journal")


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `wrong` says what to do, None where all is well."""

    what: str
    seen: str
    wrong: str | None = None


def examine(client: Client) -> list[Finding]:
    """All findings, in the order in which one would mend them; where the run itself is gone, nothing more is asked."""
    found = [*_disk(), *_keys(client), *_certificates(client), *_run(client)]
    if any(one.what == RUN and one.wrong for one in found):
        return found
    return [*found, *_services(client), *asyncio.run(_databases(client))]


def _disk() -> Iterator[Finding]:
    usage = shutil.disk_usage(CHECKOUT)
    share = usage.free / usage.total
    wrong = None if share >= FREE_SHARE else "可用空间不足 10%：请清理磁盘，否则数据库会停止写入"
    yield Finding("磁盘", f"可用 {usage.free // 2**30} GiB（{share:.0%}）", wrong)


def _keys(client: Client) -> Iterator[Finding]:
    for service, folder in client.running.config.get("key_dirs", {}).items():
        files = [Path(folder) / name for name in ("signing.key", "kek.key", "hash.key")]
        missing = [file.name for file in files if not file.exists()]
        opened = [file.name for file in files if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077]
        wrong = f"缺少 {'、'.join(missing)}：从备份放回原处" if missing else None
        if opened:
            wrong = f"{'、'.join(opened)} 可被他人读取：请 chmod 600"
        yield Finding(f"密钥 {service}", "3 个文件，仅本用户可读" if wrong is None else "不完好", wrong)


def _certificates(client: Client) -> Iterator[Finding]:
    config = client.running.config
    file = config.get("ca_file")
    days = days_of_certificates(Path(file) if file else None, link_folder(config)) if "key_dirs" in config else {}
    for certificate, left in days.items():
        seen = f"还有 {left} 天" if left >= 0 else "已过期"
        yield Finding(f"证书 {certificate}", seen, warning(left, certificate))


def _run(client: Client) -> Iterator[Finding]:
    """Of `make run` and `make start` alone: containers are looked after by others."""
    config = client.running.config
    if "pid" in config:
        lost = None if is_alive(config) else "没有正常停止，各服务也已随它结束：再 make start，会先清理遗留，数据都在"
        yield Finding(RUN, f"进程 {config['pid']}" + (" 已不在" if lost else ""), lost)


def _services(client: Client) -> Iterator[Finding]:
    for service, address in client.running.services.items():
        log = client.running.config.get("logs", {}).get(service, "日志")
        try:
            answer = httpx.get(f"{address}/health/ready", timeout=10.0, trust_env=False)
            wrong = _troubles(answer, client.running.config.get("instances", {}).get(service))
        except (ValueError, KeyError, TypeError):
            taker = listener(urlsplit(address).port or 0)
            yield Finding(
                f"服务 {service}",
                f"{address} 的回答不是本次启动的服务的",
                f"端口被占用：{taker}。先停止它；或 make stop、make start，会另选端口",
            )
            continue
        except httpx.HTTPError:
            yield _silent(service, urlsplit(address).port or 0, log)
            continue
        yield _readiness(service, wrong, log)
        yield _clock(service, answer)


def _troubles(answer: httpx.Response, instance: str | None) -> dict[str, str]:
    """What the service says is wrong; a ValueError and its like where it is not the one that was started."""
    said = answer.json()
    if instance is not None and said["instance"] != instance:
        raise ValueError("another start")
    return {**said["wrong"], **said["concerns"]}


def _silent(service: str, port: int, log: str) -> Finding:
    """Nobody is there; or somebody is who speaks no HTTP, or ours is stuck: who it is shows which."""
    after = f"一分钟后仍没有，查看 {log}，再 make stop、make start"
    if is_free(port):
        return Finding(f"服务 {service}", "没有回答", f"它会自动重新启动；{after}")
    seen = f"没有回答，{port} 端口上却有程序在听"
    wrong = f"端口在用：{listener(port)}。若不是本次启动的，先停止它；若是，{after}"
    return Finding(f"服务 {service}", seen, wrong)


def _readiness(service: str, wrong: Mapping[str, str], log: str) -> Finding:
    away: dict[str, list[str]] = {}
    for name, what in wrong.items():
        if engine := away_engine(name, what):
            away.setdefault(engine, []).append(name.removeprefix("role "))
    said = [_lost(engine, roles) for engine, roles in sorted(away.items())]
    said += [
        trouble(name, what)
        for name, what in wrong.items()
        if away_engine(name, what) is None and not ("RabbitMQ" in away and name.endswith(_AFTER_BROKER))
    ]
    first = f"先看 {'、'.join(sorted(away))} 是否在运行，再" if away else ""
    return Finding(f"服务 {service}", "；".join(said) or "就绪", f"{first}看 {log}" if wrong else None)


def _lost(engine: str, roles: list[str]) -> str:
    named = "、".join(role for role in roles if role != engine.lower())
    return f"连不上 {engine}" + (f"（{named}）" if named else "")


def _clock(service: str, answer: httpx.Response) -> Finding:
    skew = abs(parsedate_to_datetime(answer.headers["date"]).timestamp() - time.time())
    wrong = "两边时钟不一致：请对时" if skew > CLOCK_SECONDS else None
    return Finding(f"时钟 {service}", f"相差 {skew:.0f} 秒以内" if wrong is None else f"相差 {skew:.0f} 秒", wrong)


async def _databases(client: Client) -> list[Finding]:
    found: list[Finding] = []
    for service, urls in client.running.config.get("databases", {}).items():
        found += await _of_database(service, urls["application"])
    return found


async def _of_database(service: str, url: str) -> list[Finding]:
    try:
        connection = await asyncpg.connect(url, timeout=5.0)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        return [Finding(f"数据库 {service}", "连不上", f"PostgreSQL 是否在运行？（{type(error).__name__}）")]
    try:
        checks: tuple[Callable[[str, asyncpg.Connection], Awaitable[Finding]], ...] = (_server, _rights)
        if service in WITH_KEYS:
            checks += (_rotation,)
        return [await check(service, connection) for check in checks]
    finally:
        await connection.close()


async def _server(service: str, connection: asyncpg.Connection) -> Finding:
    version = connection.get_server_version()
    skew = abs(float(await connection.fetchval("select extract(epoch from clock_timestamp())")) - time.time())
    synchronous = await connection.fetchval("select current_setting('fsync') = 'on'")
    wrong = None
    if version.major < 15:
        wrong = "需要 PostgreSQL 15 或更新版本"
    elif not synchronous:
        wrong = "fsync 已关闭：断电会丢失数据，请打开"
    elif skew > CLOCK_SECONDS:
        wrong = f"数据库时钟相差 {skew:.0f} 秒：请对时"
    return Finding(f"数据库 {service}", f"PostgreSQL {version.major}.{version.micro or version.minor}", wrong)


async def _rotation(service: str, connection: asyncpg.Connection) -> Finding:
    due = await rotation_due(connection)
    return Finding(f"密钥更换 {service}", "需要更换" if due else "不需要", DUE if due else None)


async def _rights(service: str, connection: asyncpg.Connection) -> Finding:
    rows = await connection.fetch(
        "select c.relname as name, bool_or(has_table_privilege(c.oid, verb)) as may"
        "  from pg_class c cross join unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) as verb"
        " where c.relnamespace = current_schema()::regnamespace and c.relname = any($1::text[]) group by c.relname",
        list(_KEPT),
    )
    loose = sorted(row["name"] for row in rows if row["may"])
    wrong = f"应用账号可以改动 {'、'.join(loose)}：重新执行 migrate 收回权限" if loose else None
    return Finding(f"权限 {service}", "只增不改的表改不了" if wrong is None else "过大", wrong)
