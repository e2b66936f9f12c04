"""`lianjian keys`: the key-encryption keys of the running court, and changing them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from deploy.cli.running import CannotDo, running
from deploy.cli.words import Command, Group
from shared.personal.key_files import KeyFileRefused
from shared.personal.rotation import KeyStanding, Rotated, rotate, rotation_due, standing

WITH_KEYS: Final = ("members", "activities")
DUE: Final = "有人的个人信息已删除，之后密钥加密密钥还没有更换：请执行 lianjian keys rotate"
BURIED_WITHIN_SECONDS: Final = 30.0
out = Console(highlight=False)
app = typer.Typer(cls=Group, no_args_is_help=True, help="密钥加密密钥：现状与更换")


@app.command("status", cls=Command, help="各服务的密钥加密密钥，以及是否需要更换")
def status() -> None:
    found = asyncio.run(_standings(running().config))
    table = Table("服务", "现用", "已封装的密钥", "更换中", "已删除的密钥", "需要更换")
    for service, one in found.items():
        rows = "\n".join(f"{kek} {count}" for kek, count in one.rows.items())
        table.add_row(service, one.kek_id, rows, " ".join(one.former), str(one.tombstones), "是" if one.due else "否")
    out.print(table)
    if any(one.due for one in found.values()):
        out.print(DUE + "。", soft_wrap=True)
        raise typer.Exit(1)


@app.command("rotate", cls=Command, help="更换密钥加密密钥，重新封装全部密钥，销毁旧钥；中断后可再次执行")
def rotate_() -> None:
    show_rotated(rotate_all(running().config))


def rotate_all(config: Mapping[str, Any], buried: str | None = None) -> dict[str, Rotated]:
    """Change the key of every service that keeps keys; `CannotDo` where a database or a file is out of reach.

    `buried` names a key that all of them must have deleted first, or it would only be wrapped anew.
    """
    try:
        return asyncio.run(_rotated(config, buried))
    except KeyFileRefused as error:
        raise CannotDo(f"密钥文件不可用：{error}") from None
    except (OSError, asyncpg.PostgresError) as error:
        raise CannotDo(f"密钥没有全部更换（{type(error).__name__}）：再执行 lianjian keys rotate 即可。") from None


def show_rotated(rotated: Mapping[str, Rotated]) -> None:
    """What was done, a line a service."""
    for service, one in rotated.items():
        gone = f"，旧钥 {'、'.join(one.destroyed)} 已销毁" if one.destroyed else ""
        out.print(f"✓ {service}：现用 {one.kek_id}，重新封装 {one.wrapped} 把密钥{gone}", markup=False, soft_wrap=True)
    out.print("此前的密钥备份（密钥包）仍能打开旧数据：请尽快做一次新备份，并按期销毁旧密钥包。", soft_wrap=True)


async def due_services(config: Mapping[str, Any]) -> list[str]:
    """The services whose key is to be changed, because somebody was forgotten."""
    found = []
    for service in WITH_KEYS:
        async with _connected(config, service) as connection:
            if await rotation_due(connection):
                found.append(service)
    return found


async def _rotated(config: Mapping[str, Any], buried: str | None) -> dict[str, Rotated]:
    rotated = {}
    if buried is not None:
        for service in WITH_KEYS:
            async with _connected(config, service) as connection:
                await _buried(connection, service, buried)
    for service in WITH_KEYS:
        async with _connected(config, service) as connection:
            rotated[service] = await rotate(connection, Path(config["key_dirs"][service]))
    return rotated


async def _buried(connection: asyncpg.Connection, service: str, key_id: str) -> None:
    deadline = asyncio.get_running_loop().time() + BURIED_WITHIN_SECONDS
    while await connection.fetchval("select exists (select from personal_keys where key_id = $1)", key_id):
        if asyncio.get_running_loop().time() > deadline:
            raise CannotDo(f"{service} 还没有删除这把密钥：等它收到消息后执行 lianjian keys rotate。", code=1)
        await asyncio.sleep(0.1)


async def _standings(config: Mapping[str, Any]) -> dict[str, KeyStanding]:
    found = {}
    for service in WITH_KEYS:
        async with _connected(config, service) as connection:
            found[service] = await standing(connection, Path(config["key_dirs"][service]))
    return found


@asynccontextmanager
async def _connected(config: Mapping[str, Any], service: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(config["databases"][service]["application"], timeout=5.0)
    try:
        yield connection
    finally:
        await connection.close()
