"""`lianjian forget`: asking that somebody's personal data be deleted, confirming it, taking it back; by two people."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, get_args

import typer
from rich.console import Console
from rich.table import Table

from deploy.cli.client import Client
from deploy.cli.keys import rotate_all, show_rotated
from deploy.cli.running import CannotDo, Running, running
from deploy.cli.words import Command, Group
from shared.contracts.forgetting import GROUNDS, LawfulReason
from shared.personal.fields import person_key

_STATES: Final = {"requested": "等待确认", "withdrawn": "已撤回", "forgotten": "已删除"}
_REASONS: Final = "；".join(f"{code} {ground.words}" for code, ground in GROUNDS.items())
out = Console(highlight=False)
app = typer.Typer(cls=Group, no_args_is_help=True, help="删除个人信息：党办申请，系统管理员确认，不可恢复")

Person = Annotated[str, typer.Argument(metavar="人员编号", help="名册中的人；加 --outside 为名册之外的人")]
Outside = Annotated[bool, typer.Option("--outside", help="名册之外的人")]
Token = Annotated[
    Path | None, typer.Option("--token-file", metavar="文件", help="以另一身份执行：该身份的令牌文件（lianjian token）")
]


def day_typed(text: str) -> str:
    """The day typed after `--on`; raises what the parser shows."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise typer.BadParameter(f"{text} 不是日期，应如 2024-12-31。") from None


def reason_typed(text: str) -> str:
    """The code typed after `--reason`; raises what the parser shows."""
    if text not in get_args(LawfulReason):
        raise typer.BadParameter(f"{text} 不是法定事由，应为：{_REASONS}。")
    return text


@app.command("leave", cls=Command, help="先记录离开：免去现任支部职务，组织关系终止；在册党员由此才可申请删除")
def leave(
    person: Person,
    day: Annotated[str, typer.Option("--on", parser=day_typed, metavar="日期", help="最后一天，如 2024-12-31")],
    token_file: Token = None,
) -> None:
    court = running()
    with Client(_acting(court, token_file)) as client:
        held = client.ask("members", f"/people/{person}").json()["posts"]
        for post in held:
            given_up = {"branch_id": post["branch_id"], "post": post["post"], "effective_to": day}
            client.tell("members", f"/people/{person}/posts/vacate", json=given_up)
        client.tell("members", f"/people/{person}/membership/end", json={"effective_to": day})
    posts = f"免去支部职务 {len(held)} 项，" if held else ""
    out.print(f"✓ {person}：{posts}组织关系到 {day} 终止。", soft_wrap=True)


@app.command("request", cls=Command, help="申请删除一人的个人信息（党办）")
def request(
    person: Person,
    reason: Annotated[str, typer.Option("--reason", parser=reason_typed, metavar="事由", help=_REASONS)],
    outside: Outside = False,
    token_file: Token = None,
) -> None:
    _told(person, "", outside, token_file, {"reason": reason})
    ground = GROUNDS[reason]  # type: ignore[index] # reason_typed has let it through
    out.print(f"✓ 已申请删除 {person}：{ground.words}（{ground.article}）。等待另一人确认。", soft_wrap=True)


@app.command("withdraw", cls=Command, help="撤回尚未确认的申请（党办）")
def withdraw(person: Person, outside: Outside = False, token_file: Token = None) -> None:
    _told(person, "/withdraw", outside, token_file)
    out.print(f"✓ 已撤回对 {person} 的删除申请。", soft_wrap=True)


@app.command("confirm", cls=Command, help="确认删除（系统管理员），随即更换密钥加密密钥；不可恢复")
def confirm(
    person: Person,
    outside: Outside = False,
    token_file: Token = None,
    keep_keys: Annotated[bool, typer.Option("--no-rotate", help="暂不更换密钥加密密钥")] = False,
) -> None:
    court = _told(person, "/confirm", outside, token_file)
    out.print(f"✓ {person} 的密钥已删除：姓名等显示为（已删除），不可恢复。", soft_wrap=True)
    if keep_keys:
        out.print("密钥加密密钥没有更换：请尽快执行 lianjian keys rotate。", soft_wrap=True)
        return
    show_rotated(rotate_all(court.config, person_key(person)))


@app.command("list", cls=Command, help="全部申请：等待确认、已撤回、已删除")
def list_(as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出，供程序读取")] = False) -> None:
    with Client(running()) as client:
        found: list[dict[str, Any]] = [
            {"service": service, **one}
            for service in ("members", "activities")
            for one in client.ask(service, "/forgettings").json()["requests"]
        ]
    if as_json:
        typer.echo(_json(found))
        return
    table = Table("人员编号", "名册", "状态", "事由", "依据", "申请", "确认")
    for column in table.columns:
        column.overflow = "fold"
    for one in found:
        roster = "内" if one["service"] == "members" else "外"
        table.add_row(
            *(one["person_id"], roster, _STATES[one["state"]], one["words"], one["article"]),
            *(_who(one.get("requested")), _who(one.get("confirmed"))),
        )
    out.print(table)


def _told(person: str, act: str, outside: bool, token_file: Path | None, body: dict[str, str] | None = None) -> Running:
    court = running()
    service, folder = ("activities", "outside-people") if outside else ("members", "people")
    with Client(_acting(court, token_file)) as client:
        sent = {} if body is None else {"json": body}
        client.tell(service, f"/{folder}/{person}/forgetting{act}", **sent)
    return court


def _acting(court: Running, token_file: Path | None) -> Running:
    return court if token_file is None else replace(court, token=_token(token_file))


def _token(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise CannotDo(f"读不到令牌文件 {path}。用 lianjian token 签发。") from None


def _who(told: dict[str, str] | None) -> str:
    return "" if told is None else f"{told['by']} {told['at'][:10]}"


def _json(found: list[dict[str, Any]]) -> str:
    return json.dumps(found, ensure_ascii=False, indent=2)
