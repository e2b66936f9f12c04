"""`lianjian link recover | accept-epoch`: what has to be done by a person when the end of a log is lost."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Final
from uuid import uuid4

import typer
from rich.console import Console

from deploy.cli.client import Client
from deploy.cli.running import CannotDo, running
from deploy.cli.words import Command

out = Console(highlight=False)
LOGS: Final = ("members", "activities")

Yes = Annotated[bool, typer.Option("--yes", help="已看过将作废的内容，确定执行")]


def log_typed(text: str) -> str:
    """A service that has a log."""
    if text not in LOGS:
        raise typer.BadParameter(f"{text} 没有日志，应为 {' 或 '.join(LOGS)}。")
    return text


def recover(
    reason: Annotated[str, typer.Option("--reason", metavar="原因", help="为何丢失，如 数据盘损坏，自备份恢复")],
    unheard: Annotated[bool, typer.Option("--unheard", help="确实等不到上级法院的回执：不等，也另开一期")] = False,
    yes: Yes = False,
) -> None:
    """Where an upper site has more of our logs than we do: go on in a new epoch from our end."""
    with Client(running()) as client:
        behind = behind_of(client.ask("reporting", "/links/up").json(), client.running.court)
        standing = {service: client.ask(service, "/epochs").json() for service in LOGS}
        if unheard:
            behind = {name: ("", 0) for name, at in standing.items() if at["phase"] == "unheard"} | behind
        refuse_unheard(standing, behind)
        if not behind:
            out.print("各上级法院都没有比本院更多的记录，不需要恢复。")
            return
        for service, (upper, have) in sorted(behind.items()):
            out.print(lost(service, upper, have, standing[service]), soft_wrap=True)
            if yes:
                _open(client, service, standing[service], reason)
    if not yes:
        raise CannotDo("尚未执行：以上内容将作废且不能撤回。若较新的备份还在，应先恢复它；确定后加 --yes。", 1)


def refuse_unheard(standing: dict[str, dict[str, Any]], known: Collection[str]) -> None:
    """Raise `CannotDo` where a restored log, none of `known`, still waits for what its upper sites say."""
    silent = [name for name, at in standing.items() if at["phase"] == "unheard" and name not in known]
    if silent:
        raise CannotDo(
            f"{'、'.join(silent)}：恢复后还没有收到上级法院的回执，不知它有到哪里；应先连通（lianjian link status），"
            "连通后自动核对。确实等不到时加 --unheard：自本院末尾另开一期，上级此后的部分作废。",
            1,
        )


def behind_of(answer: dict[str, Any], site: str) -> dict[str, tuple[str, int]]:
    """By service, of the own logs of which an upper site has more: which site, and up to where.

    Raises `CannotDo` where an upper site has another history than ours: then nothing of it may be carried on.
    """
    found: dict[str, tuple[str, int]] = {}
    for link in answer["links"]:
        for one in link["origins"]:
            own, service, _, epoch = one["origin"].split("/")
            if own != site or one["alarm"] is None:
                continue
            if one["alarm"] != "upper_is_ahead":
                raise CannotDo(
                    f"{service} 第 {epoch} 期：{link['name']} 所存与本院日志不同，不是缺少末尾；"
                    "恢复之后可能已有新的记录。请把它们导出（lianjian export），用同一备份再恢复一次，"
                    "先执行本命令，再录入。",
                    1,
                )
            if one["have"] > found.get(service, ("", 0))[1]:
                found[service] = link["upper"], one["have"]
    return found


def lost(service: str, upper: str, have: int, at: dict[str, Any]) -> str:
    """What is given up, in words; `upper` empty where nobody has said how much that is."""
    first, given_up = at["head"] + 1, have - at["head"]
    if not upper:
        return (
            f"{service}：本院到 {at['head']}，上级法院有到哪里还不知道。第 {first} 条以后它若还有，都将作废，"
            f"须重新录入；此后从第 {first} 条起为第 {at['epoch'] + 1} 期。"
        )
    return (
        f"{service}：本院到 {at['head']}，{upper} 有到 {have}。"
        f"第 {first} 至 {have} 条（{given_up} 条）将作废，须重新录入；"
        f"此后从第 {first} 条起为第 {at['epoch'] + 1} 期。"
    )


def _open(client: Client, service: str, at: dict[str, Any], reason: str) -> None:
    body = {"epoch": at["epoch"] + 1, "kept_to": at["head"], "h": at["root"], "reason": reason}
    told = client.tell(service, "/epochs", json=body, headers=once()).json()
    out.print(f"{service}：已开第 {told['epoch']} 期。请上级法院核对后执行：")
    out.print(
        f"  lianjian link accept-epoch {client.running.court} --service {service} --epoch {told['epoch']}"
        f" --kept-to {told['kept_to']} --root {told['root']} --grounds 理由 --yes",
        soft_wrap=True,
    )


def accept_epoch(
    site: Annotated[str, typer.Argument(metavar="站点", help="下级法院的站点")],
    service: Annotated[str, typer.Option("--service", metavar="服务", help="members 或 activities", parser=log_typed)],
    epoch: Annotated[int, typer.Option("--epoch", metavar="期", min=2)],
    kept_to: Annotated[int, typer.Option("--kept-to", metavar="位置", min=0, help="保留到哪一条，由对方告知")],
    root: Annotated[str, typer.Option("--root", metavar="根", help="该位置的根，64 位十六进制，由对方告知")],
    grounds: Annotated[str, typer.Option("--grounds", metavar="理由", help="为何如此，供日后查考")],
    yes: Yes = False,
) -> None:
    """Let a lower site's log go on in a new epoch; what this site has beyond `kept_to` counts no more."""
    with Client(running()) as client:
        asked: dict[str, Any] = {"site": site, "log": service, "epoch": epoch, "position": kept_to}
        refuse_another_history(client.ask("reporting", "/links/down/root", **asked).json()["root"], root, kept_to)
        have = held_of(client.ask("reporting", "/links/down").json(), site, service)
        given_up = max(0, have - kept_to)
        out.print(
            f"{site} 的 {service}：本院已收到 {have} 条，接受后第 {kept_to} 条以后的 {given_up} 条不再计入任何数字。",
            soft_wrap=True,
        )
        if not yes:
            raise CannotDo("尚未执行：请先与对方电话核对位置和根；确定后加 --yes。", 1)
        body = {"service": service, "epoch": epoch, "kept_to": kept_to, "h": root, "grounds": grounds}
        client.tell("members", f"/links/{site}/epochs", json=body, headers=once())
        out.print(
            f"已接受 {site} 的 {service} 第 {epoch} 期。"
            f"若该联通已被停收，请执行 lianjian link resume {site} --grounds 理由。",
            soft_wrap=True,
        )


def refuse_another_history(held: str | None, root: str, kept_to: int) -> None:
    """Raise `CannotDo` where what is held of the log up to `kept_to` is not what its new epoch would follow."""
    if held not in (None, root.lower()):
        raise CannotDo(
            f"--root：第 {kept_to} 条的根与本院所存不同（{held}），不能接受：或抄错了一位，或对方恢复备份后、"
            "开新一期之前已另有记录。后者应由对方用同一备份再恢复一次，不录入，先执行 lianjian link recover。",
            1,
        )


def held_of(answer: dict[str, Any], site: str, service: str) -> int:
    """How much of a log below is held here."""
    origins = [one for link in answer["links"] for one in link["origins"]]
    return max((one["have"] for one in origins if one["origin"].startswith(f"{site}/{service}/log/")), default=0)


def once() -> dict[str, str]:
    """Headers under which a request that is sent again is carried out once."""
    return {"Idempotency-Key": str(uuid4())}


def register(app: typer.Typer) -> None:
    """Hang the commands below `lianjian link`."""
    app.command("recover", cls=Command, help="恢复备份后少于上级所存：自本院末尾另开一期")(recover)
    app.command("accept-epoch", cls=Command, help="接受下级法院日志的新一期，其丢失的部分不再计入")(accept_epoch)
