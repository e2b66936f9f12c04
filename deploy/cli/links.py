"""`lianjian link`: inviting and accepting in one command a side, seeing how links stand, stopping and ending them."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import uuid4

import typer
from rich.console import Console

from deploy.cli import link_status
from deploy.cli.client import Client
from deploy.cli.running import CannotDo, running
from deploy.cli.words import Command, Group
from deploy.local.places import write_private

LEVELS: Final = {
    "supreme": "最高",
    "high": "高级",
    "intermediate": "中级",
    "basic": "基层",
    "specialised": "专门",
}
_ASKING_SECONDS: Final = 90.0
"""The upper court is connected to, asked, and where it does not know this court yet, asked once more."""

_VALID: Final = re.compile(r"([1-9][0-9]{0,3})([dh])")
_TO_ENTER_IT: Final = "令牌是上级法院给出的一整行；写 - 则从标准输入读，--file 则从文件读，都不留在命令历史里"

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
app = typer.Typer(cls=Group, no_args_is_help=True, help="与上下级法院联通：邀请、接受、查看、暂停、恢复、撤销")


def level_typed(text: str) -> str:
    """The level typed after `--level`, as an identifier; raises what the parser shows."""
    for level, words in LEVELS.items():
        if text in (level, words, words + "法院", words + "人民法院"):
            return level
    raise typer.BadParameter(f"{text} 不是法院级别，应为 {'、'.join(f'{k}（{v}）' for k, v in LEVELS.items())}。")


def valid_typed(text: str) -> int:
    """The hours typed after `--valid`; raises what the parser shows."""
    match = _VALID.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"{text} 不是期限，应如 7d（七天）或 12h（十二小时）。")
    return int(match[1]) * (24 if match[2] == "d" else 1)


Site = Annotated[str, typer.Argument(metavar="站点", help="对方的站点，如 shi04；lianjian link status 列出全部")]
Grounds = Annotated[str, typer.Option("--grounds", metavar="理由", help="为何如此，供日后查考")]


@app.command("invite", cls=Command, help="邀请下级法院：给出一次性令牌，经可靠途径交给对方")
def invite(
    site: Annotated[str, typer.Argument(metavar="站点", help="下级法院的站点，如 shi04，与其安装时所写一致")],
    name: Annotated[str, typer.Option("--name", metavar="名称", help="下级法院全称，与其安装时所写一致")],
    level: Annotated[str, typer.Option("--level", parser=level_typed, metavar="级别", help="如 intermediate 或 中级")],
    order: Annotated[int, typer.Option("--order", min=1, max=10_000, metavar="序", help="建制序，从 1 起")],
    withhold: Annotated[
        list[str] | None, typer.Option("--withhold", metavar="类别", help="对方可不上送内容的类别，可写多个")
    ] = None,
    valid: Annotated[int, typer.Option("--valid", parser=valid_typed, metavar="期限", help="如 7d、12h")] = "7d",  # type: ignore[assignment]  # the parser reads it
    file: Annotated[Path | None, typer.Option("--out", metavar="文件", help="令牌写到只有本用户可读的文件")] = None,
) -> None:
    body = {
        "site": site,
        "name": name,
        "level": level,
        "official_order": order,
        "withheld_families": withhold or [],
        "valid_hours": valid,
    }
    # One key for all tries: an invitation whose answer was lost is not made twice.
    headers = {"Idempotency-Key": str(uuid4())}
    with Client(running()) as client:
        invited = client.tell("members", "/links/invitations", json=body, headers=headers).json()
    if file is None:
        sys.stdout.write(invited["token"] + "\n")
    else:
        _keep(file, invited["token"])
        err.print(f"令牌已写入 {file}。", markup=False, soft_wrap=True)
    err.print(
        f"✓ 已邀请 {site}（{name}）。请把令牌经可靠途径交给对方，在对方机器上执行 lianjian link accept -；"
        f"{link_status.moment(invited['expires_at'])} 前有效，只能用一次。",
        markup=False,
        soft_wrap=True,
    )


@app.command("accept", cls=Command, help="接受上级法院的邀请：用令牌建立联通")
def accept(
    token: Annotated[str | None, typer.Argument(metavar="令牌", help=_TO_ENTER_IT)] = None,
    file: Annotated[Path | None, typer.Option("--file", metavar="文件", help="令牌所在的文件")] = None,
) -> None:
    given = given_token(token, file)
    with Client(running()) as client:
        joined = client.tell("members", "/links/acceptances", json={"token": given}, timeout=_ASKING_SECONDS).json()
    out.print(
        f"✓ 已与 {joined['peer']}（{joined['name']}）联通。指纹 {joined['fingerprint']}："
        "请与上级法院 lianjian link status 所示核对，应完全相同。历史记录随即上送，进度见 lianjian link status。",
        markup=False,
        soft_wrap=True,
    )


def given_token(word: str | None, file: Path | None) -> str:
    """The token from wherever it was given; `CannotDo` where it was given nowhere or twice."""
    if (word is None) == (file is None):
        raise CannotDo(f"令牌应写一处。{_TO_ENTER_IT}。", code=2)
    try:
        if file is not None:
            return file.read_text("utf-8")
        return sys.stdin.read() if word == "-" else str(word)
    except (OSError, UnicodeDecodeError):
        raise CannotDo(f"读不了令牌文件 {file or '（标准输入）'}。", code=2) from None


@app.command("withdraw", cls=Command, help="撤回尚未使用的邀请")
def withdraw(site: Site) -> None:
    with Client(running()) as client:
        client.tell("members", f"/links/invitations/{site}/withdrawal")
    out.print(f"✓ 给 {site} 的邀请已撤回，令牌作废。", markup=False, soft_wrap=True)


@app.command("status", cls=Command, help="各联通的现状：连通、已收齐至何处、已会签至何处、为何暂停。有问题则退出码 1")
def status(as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出，供程序读取")] = False) -> None:
    with Client(running()) as client:
        found = link_status.read(client)
    if as_json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    else:
        link_status.show(out, found)
    if any(link["wrong"] for link in found):
        raise typer.Exit(1)


@app.command("suspend", cls=Command, help="暂停联通：不收也不送，直到恢复；数据不丢")
def suspend(site: Site, grounds: Grounds) -> None:
    _govern(site, "suspension", grounds)
    out.print(f"✓ 与 {site} 的联通已暂停。恢复：lianjian link resume {site} --grounds 理由", markup=False)


@app.command("resume", cls=Command, help="恢复联通，因数据不符而自动暂停的也恢复")
def resume(site: Site, grounds: Grounds) -> None:
    _govern(site, "resumption", grounds)
    out.print(f"✓ 与 {site} 的联通已恢复，从停下处接着收送。", markup=False)


@app.command("revoke", cls=Command, help="撤销联通：已收到的保留，再联通须重新邀请")
def revoke(site: Site, grounds: Grounds) -> None:
    _govern(site, "revocation", grounds)
    out.print(f"✓ 与 {site} 的联通已撤销，已收到的记录保留，并标明截至何时。", markup=False, soft_wrap=True)


def _govern(site: str, what: str, grounds: str) -> dict[str, Any]:
    with Client(running()) as client:
        answer: dict[str, Any] = client.tell("members", f"/links/{site}/{what}", json={"grounds": grounds}).json()
    return answer


def _keep(file: Path, word: str) -> None:
    try:
        write_private(file, word + "\n")
    except OSError as error:
        # The invitation stands: only its token would be lost, so it is shown after all.
        sys.stdout.write(word + "\n")
        raise CannotDo(f"写不了 {file}（{type(error).__name__}），令牌已打印在上面。", code=1) from None
