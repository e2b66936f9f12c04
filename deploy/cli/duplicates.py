"""`lianjian duplicates` and `lianjian partners`: what a person decides about records of several courts."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from deploy.cli.client import Client
from deploy.cli.running import running
from deploy.cli.words import Command, Group, year_typed
from shared.business_day import today

_ID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_RECORD: Final = re.compile(rf"([a-z][a-z0-9]{{1,31}})/({_ID})")
_UNIT: Final = re.compile(rf"([a-z][a-z0-9]{{1,31}})(?:/({_ID}))?")

out = Console(highlight=False)
app = typer.Typer(cls=Group, no_args_is_help=True, help="两院重复登记的联建活动：列出、确认、认定是两次、撤回")
partners = typer.Typer(cls=Group, no_args_is_help=True, help="共建单位就是联通的法院：列出、认领、撤回")


def record_typed(text: str) -> tuple[str, str]:
    """A record as the page and the list name it, `shi04/5d0c…`; raises what the parser shows."""
    found = _RECORD.fullmatch(text)
    if found is None:
        raise typer.BadParameter(f"{text} 不是记录编号，应如 shi04/5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d01。")
    return found[1], found[2]


def unit_typed(text: str) -> tuple[str, str | None]:
    """A court, `shi04`, or a branch of it, `shi04/5d0c…`; raises what the parser shows."""
    found = _UNIT.fullmatch(text)
    if found is None:
        raise typer.BadParameter(f"{text} 不是法院或支部，应如 shi04，或 shi04/支部编号。")
    return found[1], found[2]


Year = Annotated[int | None, typer.Option("--year", parser=year_typed, help="年度，默认今年", metavar="年度")]
Json = Annotated[bool, typer.Option("--json", help="以 JSON 输出，供程序读取")]
First = Annotated[Any, typer.Argument(parser=record_typed, metavar="记录", help="法院/活动编号；确认后计这一条")]
Second = Annotated[Any, typer.Argument(parser=record_typed, metavar="另一条记录", help="法院/活动编号")]
Partner = Annotated[Any, typer.Argument(parser=record_typed, metavar="共建单位", help="登记的法院/共建单位编号")]


@app.command("list", cls=Command, help="疑似重复的记录，两院所记并列，附命令")
def list_(year: Year = None, as_json: Json = False) -> None:
    year = year or today().year
    with Client(running()) as client:
        found = client.ask("reporting", "/duplicates", headers={"After": client.heads()}, period=str(year)).json()
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    figures = found["figures"]
    beside = f"（疑似重复 {figures['suspected']}）" if figures["suspected"] else ""
    out.print(f"{year}年辖区联建活动 {figures['joint']} 次{beside}", soft_wrap=True)
    for pair in found["suspected"]:
        _shown(pair)
    for records in found["confirmed"]:
        out.print(f"✓ 同一次：{_both(records)}", markup=False, soft_wrap=True)
    for records in found["rejected"]:
        out.print(f"✗ 是两次：{_both(records)}", markup=False, soft_wrap=True)


@app.command(cls=Command, help="确认两条记录是同一次活动，以前一条为准")
def confirm(first: First, second: Second) -> None:
    _decided("confirmations", first, second)
    out.print("✓ 已确认：两条记录计为一次。", soft_wrap=True)


@app.command(cls=Command, help="认定是两次活动，不再提示")
def reject(first: First, second: Second) -> None:
    _decided("rejections", first, second)
    out.print("✓ 已认定是两次活动。", soft_wrap=True)


@app.command(cls=Command, help="撤回对两条记录的决定")
def withdraw(first: First, second: Second) -> None:
    _decided("withdrawals", first, second)
    out.print("✓ 已撤回。", soft_wrap=True)


@partners.command("claims", cls=Command, help="名称与联通的法院相同、还没有认领的共建单位，和已认领的")
def claims(as_json: Json = False) -> None:
    with Client(running()) as client:
        found = client.ask("reporting", "/partner-claims", headers={"After": client.heads()}).json()
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for one in found["suggested"]:
        unit = one["court"] + (f"/{one['branch_id']}" if one["branch_id"] else "")
        out.print(f"· {one['recorded_by_name']}登记的“{one['name']}”看来是{one['unit']}", markup=False, soft_wrap=True)
        out.print(f"  lianjian partners claim {one['recorded_by']}/{one['partner_id']} --as {unit}", soft_wrap=True)
    for one in found["claimed"]:
        out.print(f"✓ {one['recorded_by_name']}登记的“{one['name']}”计入{one['unit']}", markup=False, soft_wrap=True)
    if not found["suggested"] and not found["claimed"]:
        out.print("没有名称与联通的法院相同的共建单位。")


@partners.command("claim", cls=Command, help="认领：共建单位就是某个联通的法院或其支部；--withdraw 撤回")
def claim(
    partner: Partner,
    unit: Annotated[
        Any, typer.Option("--as", parser=unit_typed, metavar="法院[/支部编号]", help="计入哪个法院或支部")
    ] = None,
    withdraw: Annotated[str | None, typer.Option("--withdraw", metavar="原因", help="撤回认领，写明原因")] = None,
) -> None:
    if (unit is None) == (withdraw is None):
        raise typer.BadParameter("写 --as 或 --withdraw，写一个。")
    named = {"recorded_by": partner[0], "partner_id": partner[1]}
    with Client(running()) as client:
        if withdraw is not None:
            client.tell("activities", "/partner-claims/withdrawals", json={**named, "reason": withdraw})
        else:
            client.tell("activities", "/partner-claims", json={**named, "court": unit[0], "branch_id": unit[1]})
    out.print("✓ 已认领：往来计入该院。" if withdraw is None else "✓ 已撤回认领。", soft_wrap=True)


def _decided(act: str, first: tuple[str, str], second: tuple[str, str]) -> None:
    named = [{"site": site, "activity_id": one} for site, one in (first, second)]
    with Client(running()) as client:
        client.tell("activities", f"/duplicates/{act}", json={"first": named[0], "second": named[1]})


def _shown(pair: dict[str, Any]) -> None:
    days = "日期相同" if pair["days_apart"] == 0 else f"日期相差 {pair['days_apart']} 天"
    out.print(f"\n? {days}，名称相似 {pair['similarity_percent']}%", markup=False)
    for record in (pair["first"], pair["second"]):
        parties = "；".join(
            party["name"] + ("" if party["seats"] is None else f" {party['seats']}") for party in record["parties"]
        )
        line = f"  {record['court']}　{record['date']}　{record['title']}　（{parties}）"
        out.print(line, markup=False, soft_wrap=True)
    ids = " ".join(f"{one['site']}/{one['activity_id']}" for one in (pair["first"], pair["second"]))
    out.print(f"  是同一次：lianjian duplicates confirm {ids}", markup=False, soft_wrap=True)
    out.print(f"  是两次：　lianjian duplicates reject {ids}", markup=False, soft_wrap=True)


def _both(records: list[dict[str, Any]]) -> str:
    return "；".join(f"{one['court']} {one['date']} {one['title']}" for one in records)
