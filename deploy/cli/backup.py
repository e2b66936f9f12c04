"""`lianjian backup` and `lianjian restore`: two files out of a running court, and a stopped court out of two files."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
from rich.console import Console

from deploy.backup.archive import Archive, opened
from deploy.backup.contents import SERVICES
from deploy.backup.fitting import DATA, KEYS, check_fit, missing_positions
from deploy.backup.here import Destination, court_of, engines_up, purge, refuse_another_court, remembered_as
from deploy.backup.passphrase import decrypted, is_encrypted, read_passphrase
from deploy.backup.restoring import Place, Restored, restore
from deploy.backup.taking import Say, Taken, take
from deploy.cli import rebuild as rebuilding
from deploy.cli import verify as verifying
from deploy.cli.running import VARIABLE, CannotDo, find
from deploy.local.places import Places, places
from deploy.local.problems import CannotRun
from shared.rights import role_of
from shared.verification import Progress, Verdict

_AWAY: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


@dataclass(frozen=True)
class Report:
    """What a restore came to; `missing` are (origin, last position restored, higher one the bundle names)."""

    court: str
    time: str
    restored: Restored
    missing: list[tuple[str, int, int]]
    verdict: Verdict


def back_up(config: dict[str, Any], folder: Path, passphrase_file: Path | None, say: Say) -> Taken:
    """Two files in `folder`; raises `CannotDo` where that cannot be, and then leaves nothing."""
    passphrase = None if passphrase_file is None else read_passphrase(passphrase_file)
    try:
        return asyncio.run(take(config, folder, passphrase, say, datetime.now(UTC)))
    except _AWAY as error:
        raise CannotDo(f"备份没有完成，没有留下任何文件（{type(error).__name__}: {error}）。") from None


def show_taken(console: Console, taken: Taken) -> None:
    """Where the two files are."""
    for what, path in (("数据文件", taken.data), ("密钥包  ", taken.keys)):
        console.print(f"✓ {what} {path}（{path.stat().st_size:,} 字节）", soft_wrap=True)
    if taken.deleted:
        console.print(f"已删除超过 30 天的密钥包：{'、'.join(path.name for path in taken.deleted)}", soft_wrap=True)
    console.print("请把两个文件分开保管：密钥包能打开数据文件里的姓名，三十天内须销毁旧的密钥包副本。", soft_wrap=True)


def show_restored(console: Console, report: Report) -> None:
    """What came back, and what did not."""
    console.print(f"✓ 法院 {report.court} 已恢复到 {report.time} 的数据。", soft_wrap=True)
    for service, number in report.restored.refilled.items():
        if number:
            console.print(f"  {service}：账本里多出的 {number} 个事件已补回日志。", soft_wrap=True)
    for origin, last, higher in report.missing:
        console.print(
            f"！ {origin}：密钥包写明曾到位置 {higher}，数据文件只到 {last}，缺 {higher - last} 个位置；"
            "之后录入的内容若别处没有，须重新录入。",
            soft_wrap=True,
        )
    for service, position in report.restored.differing.items():
        console.print(f"✗ {service} 的日志与账本从位置 {position} 起不同；启动后只读，须由人核对。", soft_wrap=True)


def put_back(
    data: Path,
    keys: Path,
    passphrase_file: Path | None,
    only: str | None,
    say: Say,
    progress: Progress,
    *,
    replace: bool,
) -> Report:
    """The court of `data`, with the keys of `keys`, stopped and checked; `only` one service's database if named."""
    if only is not None and only not in SERVICES:
        raise CannotDo(f"--only：没有服务 {only}；应为 {'、'.join(SERVICES)} 之一。")
    services = SERVICES if only is None else (only,)
    with _pair(data, keys, passphrase_file) as (of_data, of_keys):
        config, there = _destination()
        say("检查两个文件……")
        check_fit(of_data, of_keys, None if config is None else str(config["court"]))
        if config is None:
            refuse_another_court(there, of_data.manifest.court.site)
        with ExitStack() as stack:
            here = config is None
            if config is None:
                to = stack.enter_context(engines_up(there, court_of(of_data.manifest), say))
            else:
                to = Destination(config, lambda: _clear_messages(config, say))
            restored = _restored(to, of_data, of_keys, services, say, replace=replace)
            if here:
                remembered_as(there, of_data.manifest)
            verdict = asyncio.run(_checked(to.config, say, progress))
        court = of_data.manifest.court.site
        return Report(court, of_data.manifest.time, restored, missing_positions(of_data, of_keys, services), verdict)


def _restored(
    to: Destination, data: Archive, keys: Archive, services: tuple[str, ...], say: Say, *, replace: bool
) -> Restored:
    place = Place.of(to.config, role_of)
    restoring = restore(place, data, keys, services, replace=replace, say=say, clear_messages=to.clear_messages)
    try:
        return asyncio.run(restoring)
    except _AWAY as error:
        raise CannotDo(f"恢复没有完成（{type(error).__name__}）；请用同样的文件再执行一次。") from None


def _clear_messages(config: dict[str, Any], say: Say) -> None:
    try:
        if not purge(config.get("broker")):
            say("请清空本院在 RabbitMQ 中的虚拟主机，再启动各服务：其中的旧消息与恢复后的记录会相互矛盾")
    except (httpx.HTTPError, CannotRun) as error:
        raise CannotDo(
            f"RabbitMQ 里的旧消息清不掉（{type(error).__name__}）；应先启动 RabbitMQ，库中原有的记录没有改动。"
        ) from None


@contextmanager
def _pair(data: Path, keys: Path, passphrase_file: Path | None) -> Iterator[tuple[Archive, Archive]]:
    with ExitStack() as stack:
        stream = None
        if is_encrypted(keys):
            if passphrase_file is None:
                raise CannotDo(f"--passphrase-file：{keys.name} 有口令保护；应写明存放口令的文件。")
            stream = stack.enter_context(decrypted(keys, read_passphrase(passphrase_file), KEYS))
        of_data = stack.enter_context(opened(data, "data", DATA))
        yield of_data, stack.enter_context(opened(keys, "keys", KEYS, stream))


def _destination() -> tuple[dict[str, Any] | None, Places]:
    """The databases that a file describes which no local run wrote; else the folder of this working copy's courts."""
    path = find(Path.cwd(), dict(os.environ))
    if path is None:
        return None, places()
    try:
        config: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        config = {"pid": None}
    except (OSError, ValueError):
        raise CannotDo(f"{VARIABLE}：{path} 读不了；应为描述法院的 JSON 文件，或不写。") from None
    return (None if "pid" in config else config), Places(path.parent)


async def _checked(config: dict[str, Any], say: Say, progress: Progress) -> Verdict:
    say("建立视图……")
    await rebuilding.rebuild(config, [], progress)
    say("核对……")
    return await verifying.verify(config, progress)
