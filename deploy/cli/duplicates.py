"""`lianjian duplicates` and `lianjian partners`: what a person decides about records of several courts."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from deploy.cli.client import Client
from deploy.cli.running import CannotDo, running
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


@partners.command("claim", cls=Command, help="认领：共建单位就是联通的法院或其支部；--withdraw 撤回；--all 认领全部")
def claim(
    partner: Annotated[
        Any,
        typer.Argument(parser=record_typed, metavar="[共建单位]", help="登记的法院/共建单位编号", show_default=False),
    ] = None,
    unit: Annotated[
        Any, typer.Option("--as", parser=unit_typed, metavar="法院[/支部编号]", help="计入哪个法院或支部")
    ] = None,
    withdraw: Annotated[str | None, typer.Option("--withdraw", metavar="原因", help="撤回认领，写明原因")] = None,
    every: Annotated[bool, typer.Option("--all", help="名称相同、还没有认领的全部：先列出，加 --yes 才认领")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="已看过 --all 列出的，确定认领")] = False,
) -> None:
    if every and (partner, unit, withdraw) != (None, None, None):
        raise typer.BadParameter("--all 不与共建单位、--as、--withdraw 同用。")
    if yes and not every:
        raise typer.BadParameter("--yes 与 --all 同用。")
    if every:
        _claim_all(yes)
        return
    if partner is None:
        raise typer.BadParameter("写共建单位，如 shi04/9637…；或写 --all。")
    if (unit is None) == (withdraw is None):
        raise typer.BadParameter("写 --as 或 --withdraw，写一个。")
    with Client(running()) as client:
        if withdraw is not None:
            named = {"recorded_by": partner[0], "partner_id": partner[1]}
            client.tell("activities", "/partner-claims/withdrawals", json={**named, "reason": withdraw})
        else:
            claim_partner(client, *partner, *unit)
    out.print("✓ 已认领：往来计入该院。" if withdraw is None else "✓ 已撤回认领。", soft_wrap=True)


def claim_partner(client: Client, recorded_by: str, partner_id: str, court: str, branch_id: str | None) -> None:
    """A partner that `recorded_by` registered is `court`, or where it is known its branch; again it changes nothing."""
    named = {"recorded_by": recorded_by, "partner_id": partner_id}
    client.tell("activities", "/partner-claims", json={**named, "court": court, "branch_id": branch_id})


def _claim_all(yes: bool) -> None:
    """One after the other; run again it goes on with what is left. What is refused is said and keeps nothing back."""
    with Client(running()) as client:
        found = client.ask("reporting", "/partner-claims", headers={"After": client.heads()}).json()["suggested"]
        if not found:
            out.print("没有待认领的共建单位。")
            return
        if not yes:
            _listed(found)
            raise CannotDo(f"尚未认领：以上 {len(found)} 个共建单位将计入联通的法院；确定后加 --yes。", 1)
        refused = sum(not _claimed(client, one, f"（{place}/{len(found)}）") for place, one in enumerate(found, 1))
    out.print(f"已认领 {len(found) - refused} 个" + (f"，被拒绝 {refused} 个。" if refused else "。"))
    if refused:
        raise typer.Exit(1)


def _claimed(client: Client, one: dict[str, Any], place: str) -> bool:
    """Whether it was accepted; a service that is away stops them all."""
    what = f"{one['recorded_by_name']}登记的“{one['name']}”"
    try:
        claim_partner(client, one["recorded_by"], one["partner_id"], one["court"], one["branch_id"])
    except CannotDo as refusal:
        if refusal.code != 1:
            raise CannotDo(f"停在{place}{what}：{refusal} 再执行同一命令，接着认领其余的。") from None
        out.print(f"✗ {place}{what}：{refusal}", markup=False, soft_wrap=True)
        return False
    out.print(f"✓ {place}{what}计入{one['unit']}", markup=False, soft_wrap=True)
    return True


def _listed(found: list[dict[str, Any]]) -> None:
    table = Table(*(Column(heading, overflow="fold") for heading in ("登记的法院", "共建单位", "计入")))
    for one in found:
        table.add_row(*(escape(one[key]) for key in ("recorded_by_name", "name", "unit")))
    out.print(table)


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
