"""`lianjian quarantine`: refused messages of the receiving services, seen and decided about."""

from __future__ import annotations

import asyncio
import getpass
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

import asyncpg
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deploy.cli.running import CannotDo, running
from deploy.cli.words import Command, Group
from shared.receiver.quarantine import AlreadyDecided, Kept, decisions, discard, expected, kept, replay
from shared.receiver.reasons import REASONS
from shared.receiver.receiving import Outcome, Sink

SERVICES: Final = ("reporting", "activities")
_OUTCOMES: Final = {
    Outcome.APPENDED: "已收下，接收继续。",
    Outcome.HELD: "这些事件早已收下，无需再收；接收继续。",
    Outcome.GAP: "前面还有缺口，来源会连同这一批重新发送；接收继续。",
    Outcome.REFUSED: "仍被拒收，原样保留。",
    Outcome.WAITING: "还不知道来源的密钥，原样保留。",
}
Found = tuple[str, Kept]
Number = Annotated[str, typer.Argument(metavar="编号", help="quarantine list 所示，写前几位即可")]
Json = Annotated[bool, typer.Option("--json", help="以 JSON 输出，供程序读取")]

out = Console(highlight=False)
app = typer.Typer(cls=Group, no_args_is_help=True, help="被隔离的消息：查看、再收一次、丢弃")


@app.command("list", cls=Command, help="列出被隔离的消息；--decided 列出已经处理的")
def list_(
    as_json: Json = False, was_decided: Annotated[bool, typer.Option("--decided", help="已经处理的")] = False
) -> None:
    config = running().config
    if was_decided:
        show_decided(out, asyncio.run(decided(config)))
        return
    found = asyncio.run(every(config))
    _printed([as_dict(*one) for one in found]) if as_json else show_list(out, found)


@app.command("show", cls=Command, help="一条消息：哪里不对，本应是什么，消息原文")
def show(number: Number, as_json: Json = False) -> None:
    service, message, wanted = asyncio.run(look(running().config, number))
    if as_json:
        _printed(as_dict(service, message) | {"expected": wanted})
    else:
        show_one(out, service, message, wanted)


@app.command("replay", cls=Command, help="再收一次：与第一次同样核对；收下或早已收下，则接收继续")
def replay_(number: Number) -> None:
    outcome = asyncio.run(take_again(running().config, number))
    out.print(_OUTCOMES.get(outcome, outcome.value))
    if outcome in (Outcome.REFUSED, Outcome.WAITING):
        raise typer.Exit(1)


@app.command("discard", cls=Command, help="丢弃一条消息并让接收继续；理由和处理人会留存")
def discard_(
    number: Number, reason: Annotated[str, typer.Option("--reason", metavar="理由", help="为何不要这条消息")]
) -> None:
    service, message = asyncio.run(do_without(running().config, number, reason))
    out.print(f"已丢弃 {service} 的 {message.number}（{message.origin}）；接收继续。", markup=False, soft_wrap=True)


def _printed(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


async def every(config: Mapping[str, Any]) -> list[Found]:
    """(service, message) of all that is kept."""
    found: list[Found] = []
    for service in SERVICES:
        async with _pool(config, service) as pool:
            found += [(service, message) for message in await kept(pool)]
    return found


async def decided(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All decisions, each with its service."""
    found: list[dict[str, Any]] = []
    for service in SERVICES:
        async with _pool(config, service) as pool:
            found += [{"service": service, **one} for one in await decisions(pool)]
    return found


async def one(config: Mapping[str, Any], number: str) -> Found:
    """The message of that number, of which the first digits are enough; `CannotDo` for none or several."""
    fitting = [found for found in await every(config) if found[1].number.startswith(number)]
    if len(fitting) == 1:
        return fitting[0]
    said = "对应多条，请多写几位" if fitting else "没有这条，可能已经处理"
    raise CannotDo(f"编号 {number} {said}；lianjian quarantine list 列出全部。", code=1)


async def look(config: Mapping[str, Any], number: str) -> tuple[str, Kept, dict[str, Any]]:
    """The message and what was expected instead."""
    service, message = await one(config, number)
    async with _pool(config, service) as pool:
        return service, message, await expected(pool, message)


async def take_again(config: Mapping[str, Any], number: str) -> Outcome:
    """Give the message to its receiver once more."""
    service, message = await one(config, number)
    async with _pool(config, service) as pool:
        try:
            return await replay(pool, sink_of(service, message.link, config["court"]), message, _who())
        except AlreadyDecided:
            raise _gone(number) from None


async def do_without(config: Mapping[str, Any], number: str, grounds: str) -> Found:
    """Discard the message; `CannotDo` without a reason."""
    if not 1 <= len(grounds.strip()) <= 1000:
        raise CannotDo("--reason 为空或太长；应写明为何不要这条消息，1 到 1000 字。", code=1)
    service, message = await one(config, number)
    async with _pool(config, service) as pool:
        try:
            await discard(pool, message, grounds, _who())
        except AlreadyDecided:
            raise _gone(number) from None
    return service, message


def sink_of(service: str, link: str, site: str) -> Sink:
    """Where the receiver of that link keeps what it takes, with the same checks before it."""
    # Half a second of imports that the other commands do not wait for.
    from services.activities.replica import REPLICA
    from services.reporting.journal import JOURNAL
    from shared.links.guarding import from_below
    from shared.links.registry import learning
    from shared.links.topology import inbound_queue

    if service != "reporting":
        return REPLICA
    return from_below(JOURNAL, site) if link.startswith(inbound_queue("")) else learning(JOURNAL, site)


def _gone(number: str) -> CannotDo:
    return CannotDo(f"编号 {number} 刚刚已由别人处理。", code=1)


def _who() -> str:
    """The account of this machine: the command line is used with the operator's files, whoever holds them."""
    try:
        return f"operator ({getpass.getuser()})"[:255]
    except (KeyError, OSError):
        return "operator"


@asynccontextmanager
async def _pool(config: Mapping[str, Any], service: str) -> AsyncIterator[asyncpg.Pool]:
    try:
        pool = await asyncpg.create_pool(config["databases"][service]["application"], min_size=1, max_size=2, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise CannotDo(f"{service} 的数据库连不上（{type(error).__name__}）。可执行 lianjian doctor。") from None
    try:
        yield pool
    finally:
        await pool.close()


def as_dict(service: str, message: Kept) -> dict[str, Any]:
    """One message for programs; the body as it came, where it is text."""
    return {
        "number": message.number,
        "service": service,
        "origin": message.origin,
        "link": message.link,
        "reason": message.reason,
        "problem": message.problem,
        "position": message.position,
        "received_at": message.received_at.isoformat(),
        "messages": message.messages,
        "headers": message.headers,
        "body": message.body.decode("utf-8", "backslashreplace"),
    }


def show_list(console: Console, found: list[Found]) -> None:
    """A line for each; a sentence where there is none."""
    if not found:
        console.print("没有被隔离的消息。")
        return
    table = Table("编号", "服务", "来源", "原因", "位置", "通道", "首次", "条数")
    for service, message in found:
        reason = f"{REASONS.get(message.reason, message.reason)}（{message.reason}）"
        place = "" if message.position is None else str(message.position)
        first = f"{message.received_at.astimezone():%Y-%m-%d %H:%M:%S}"
        table.add_row(
            message.number, service, message.origin, reason, place, message.link, first, str(message.messages)
        )
    for column in table.columns:
        column.overflow = "fold"
    console.print(table)
    console.print("详情 lianjian quarantine show 编号；再收一次 replay；不要了 discard --reason 原因。")


def show_decided(console: Console, found: list[dict[str, Any]]) -> None:
    """Who decided what, and why."""
    words = {"replayed": "再收", "discarded": "丢弃"}
    table = Table("处理", "服务", "来源", "原因", "理由或结果", "由谁", "何时")
    for one in found:
        when = f"{one['decided_at'].astimezone():%Y-%m-%d %H:%M}"
        said = (one["service"], one["origin"], one["reason"], escape(one["grounds"]), escape(one["decided_by"]), when)
        table.add_row(words[one["decision"]], *said)
    console.print(table if found else "还没有处理过被隔离的消息。")


def show_one(console: Console, service: str, message: Kept, wanted: dict[str, Any]) -> None:
    """What came, what is wrong with it, what would have been right, and the raw message."""
    show_list(console, [(service, message)])
    console.print(f"问题：{message.problem}", markup=False, soft_wrap=True)
    if wanted["position"] is not None:
        console.print(f"应为：从第 {wanted['position']} 条起，前一散列 {wanted['previous_root']}", soft_wrap=True)
    else:
        console.print("应为：这个来源本来就不该出现在这里")
    keys = "、".join(f"{key['key_id']}（自第 {key['from_position']} 条）" for key in wanted["keys"])
    console.print(f"可签名的密钥：{keys or '尚未得知'}", soft_wrap=True)
    for name, value in message.headers.items():
        console.print(f"\n{name}:\n{value}", markup=False, soft_wrap=True)
    console.print(f"\n消息原文（{len(message.body)} 字节）：")
    console.print(_body(message.body), markup=False, soft_wrap=True)


def _body(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=1)
    except ValueError:
        return body.decode("utf-8", "backslashreplace")
