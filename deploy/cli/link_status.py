"""How each link stands: what `members` recorded, and what `reporting` sees going up and coming in, put together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from deploy.cli.client import Client
from deploy.cli.running import CannotDo
from shared.links.expiry import warning
from shared.receiver.reasons import REASONS

Link = dict[str, Any]

ROLES: Final = {"upper": "上级", "lower": "下级"}
STANDINGS: Final = {
    "pending": "等待上级答复",
    "invited": "已邀请，等待对方",
    "expired": "邀请已过期",
    "withdrawn": "邀请已撤回",
    "joined": "已联通",
    "suspended": "已暂停",
    "revoked": "已撤销",
    "none": "未联通",
}
ALARMS: Final = {
    "upper_is_ahead": "上级有本院没有的记录：本院可能自旧备份恢复。恢复较新的备份，没有则 lianjian link recover",
    "upper_has_another_history": "上级的记录与本院的不同：暂停录入，执行 lianjian verify，并与上级法院核对",
}
_WIDE: Final = 100
SILENT_SECONDS: Final = 60.0
"""An upper site says how far it has come every 15 s; after four times that something is wrong."""


def read(client: Client) -> list[Link]:
    """Every link with `up` or `down` from reporting where it is known, and what is `wrong`, each with what to do."""
    links: list[Link] = client.ask("members", "/links").json()["links"]
    up, down = _seen(client, "/links/up", "upper"), _seen(client, "/links/down", "lower")
    now = datetime.now(UTC)
    return [_judged(link, up, down, now) for link in links]


def _seen(client: Client, path: str, named: str) -> dict[str, Link] | None:
    """What reporting says by peer; None where it does not answer."""
    try:
        found = client.ask("reporting", path).json()["links"]
    except CannotDo:
        return None
    return {link[named]: link for link in found}


def _judged(link: Link, up: dict[str, Link] | None, down: dict[str, Link] | None, now: datetime) -> Link:
    seen = up if link["role"] == "upper" else down
    way = "up" if link["role"] == "upper" else "down"
    days = days_left(link.get("ca_expires_at"), now)
    judged = {**link, way: (seen or {}).get(link["peer"]), "ca_days_left": days}
    linked = link["standing"] in ("joined", "suspended")
    judged["wrong"] = [
        *_wrong_here(judged),
        *(_unknown(judged[way], answered=seen is not None) if linked else []),
        *(_wrong_up(judged) if way == "up" else _wrong_down(judged)),
    ]
    told = None if days is None or not linked else warning(days, f"upper:{link['peer']}" if way == "up" else "ca")
    judged["wrong"] += [told] if told and days is not None and days < 0 else []
    judged["notices"] = [told] if told and days is not None and days >= 0 else []
    return judged


def _unknown(told: Link | None, *, answered: bool) -> list[str]:
    if told is not None:
        return []
    if not answered:
        return ["reporting 没有回答，收送情况不明：lianjian doctor"]
    return ["reporting 还不知道这条联通（刚联通时属正常）：lianjian status 查看接收到何处"]


def _wrong_here(link: Link) -> list[str]:
    site, standing = link["peer"], link["standing"]
    if standing == "suspended":
        return [f"已由人暂停（{link['grounds']}）：可恢复时执行 lianjian link resume {site} --grounds 理由"]
    if standing == "pending":
        return ["上级法院还没有答复：用同一令牌再执行一次 lianjian link accept"]
    if standing == "joined" and link["role"] == "upper" and link["access"] != "joined":
        return ["本院的接入文件不在了：两院撤销联通后重新邀请"]
    return []


def _wrong_up(link: Link) -> list[str]:
    up = link["up"]
    if link["standing"] != "joined" or up is None:
        return []
    found = [f"{one['origin']}：{ALARMS.get(one['alarm'], one['alarm'])}" for one in up.get("alarms", [])]
    if any(one.get("status") == "suspended" for one in up["origins"]):
        found.append("上级法院已暂停接收本院的记录：请与上级法院联系，对方 lianjian link status 写明原因")
    if not up["connected"]:
        found.append(
            f"没有连通（{age(up)}）：检查到上级的网络，并问上级是否撤销了联通，"
            "是否换了 CA 证书（lianjian link trust）；记录都在，连上后接着送"
        )
    elif up.get("refused_since"):
        found.append(
            f"上级法院自 {moment(up['refused_since'])} 起暂不收（收件队列已满）：记录都在，每隔几秒再试；"
            "请上级法院执行 lianjian status，查看 reporting 是否在接收"
        )
    elif up["state_age"] is not None and up["state_age"] > SILENT_SECONDS:
        found.append(f"连着，但上级 {seconds(up['state_age'])}没有回执：请上级法院执行 lianjian status")
    return found


def _wrong_down(link: Link) -> list[str]:
    down = link["down"]
    if link["standing"] != "joined" or down is None:
        return []
    if (stopped := suspension(down)) is not None:
        return [f"{stopped}。{down.get('remedy') or ''}：lianjian link resume {link['peer']} --grounds 理由"]
    ages = [one["head_age"] for one in down["origins"] if one["head_age"] is not None]
    if not ages:
        return ["还没有收到对方的记录（刚联通时属正常）：请对方执行 lianjian link status"]
    late = [one["origin"] for one in down["origins"] if one["late"]]
    if late:
        told = f"未收齐（{'、'.join(late)}），数字截至末尾消息所说的时刻"
        return [f"{told}；末尾消息 {seconds(max(ages))}前：请对方执行 lianjian link status 检查网络和服务"]
    return []


def suspension(down: Link) -> str | None:
    """Since when, why and at which position reporting takes nothing from this link; None if it does."""
    if down.get("suspended_at") is None:
        return None
    place = f"，{down['origin']} 第 {down['position']} 条起" if down.get("position") else ""
    detail = f"（{down['problem']}）" if down.get("problem") else ""
    why = f"{REASONS.get(down['reason'], down['reason'])}{detail}"
    return f"{moment(down['suspended_at'])} 自动暂停接收{place}：{why}"


def show(console: Console, links: list[Link]) -> None:
    """A table of the links, one of how far each log has come, and a line for each thing that is wrong."""
    if not links:
        console.print("没有联通。邀请下级法院：lianjian link invite；接受上级法院的邀请：lianjian link accept -")
        return
    table = Table("站点", "名称", "关系", "状态", "连通", "指纹", "CA")
    for link in links:
        mark = ("[red]", "[/red]") if link["wrong"] else ("", "")
        state = STANDINGS.get(link["standing"], link["standing"])
        days = "" if link["ca_days_left"] is None else f"{link['ca_days_left']} 天"
        role = ROLES.get(link["role"], "")
        row = (link["peer"], link["name"] or "", role, f"{mark[0]}{state}{mark[1]}", alive(link))
        table.add_row(*row, by_groups(link["fingerprint"] or "", console.width), days)
    for column in table.columns:
        column.overflow = "fold"
    table.columns[5].no_wrap = True
    console.print(table)
    if (lengths := _lengths(links)).rows:
        console.print(lengths)
    for link in links:
        for said in link["wrong"]:
            console.print(f"✗ {link['peer']}：{said}", markup=False, soft_wrap=True)
        for said in link["notices"]:
            console.print(f"！ {link['peer']}：{said}", markup=False, soft_wrap=True)


def by_groups(fingerprint: str, width: int) -> str:
    """On a narrow terminal on two lines, parted between its groups, for it is read out over the telephone."""
    groups = fingerprint.split("-")
    return fingerprint if width >= _WIDE or len(groups) < 4 else f"{'-'.join(groups[:3])}-\n{'-'.join(groups[3:])}"


def _lengths(links: list[Link]) -> Table:
    table = Table("站点", "日志", "已发送", "已收到", "会签至", "末尾", "进度")
    table.columns[1].overflow = "fold"
    for column in table.columns[2:]:
        column.justify = "right"
    for link in links:
        origins = (link.get("up") or link.get("down") or {}).get("origins", [])
        over = ended([origin["origin"] for origin in origins])
        for origin in origins:
            have, end = origin.get("have") or 0, origin.get("sealed_to") or 0
            sent = str(origin["sent_to"]) if "sent_to" in origin else "—"
            name = origin["origin"]
            moved = "已结束" if name in over else progress(have, end)
            table.add_row(link["peer"], name, sent, str(have), signed(origin), str(end), moved)
    return table


def ended(origins: Sequence[str]) -> set[str]:
    """The origins that a later epoch of the same log follows."""
    logs = [(log, int(epoch)) for log, _, epoch in (origin.rpartition("/") for origin in origins)]
    latest = {log: max(epoch for other, epoch in logs if other == log) for log, _ in logs}
    return {f"{log}/{epoch}" for log, epoch in logs if epoch < latest[log]}


def progress(have: int, end: int) -> str:
    """Whole percents, 100 only for everything; nothing before the end is known; by how much who has it has more."""
    if end == 0:
        return ""
    if have > end:
        return f"[red]多 {have - end}[/red]"
    return "100%" if have >= end else f"[yellow]{have * 100 // end}%[/yellow]"


def alive(link: Link) -> str:
    """Whether anything moves, and when the last sign of life came."""
    if link["standing"] not in ("joined", "suspended"):
        return ""
    up, down = link.get("up"), link.get("down")
    if up is not None:
        return f"是，回执 {seconds(up['state_age'])}前" if up["connected"] else f"[red]否[/red]，{age(up)}"
    if down is not None:
        age_seen = down["last_message_age"] if down["head_age"] is None else down["head_age"]
        told = "尚无消息" if age_seen is None else f"消息 {seconds(age_seen)}前"
        return f"是，{told}" if down["connected"] else f"[red]否[/red]，{told}"
    return "还不知道"


def signed(origin: Link) -> str:
    """Up to where the upper site has countersigned a log that goes up; a dash for what comes in."""
    if "countersigned_to" not in origin:
        return "—"
    return str(origin["countersigned_to"]) if origin["countersigned_to"] else "尚未"


def age(up: Link) -> str:
    """Since when it is as it is."""
    return f"自 {moment(up['since'])}" if up.get("since") else "还没有连上过"


def seconds(number: float | None) -> str:
    """An age in words."""
    if number is None:
        return "很久"
    for size, word in ((86_400, "天"), (3_600, "小时"), (60, "分钟")):
        if number >= size:
            return f"{int(number // size)} {word}"
    return f"{int(number)} 秒"


def moment(text: str) -> str:
    """A moment of the wire as this machine's clock shows it, to the minute."""
    return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"


def days_left(text: str | None, now: datetime) -> int | None:
    """Whole days until then, negative afterwards."""
    return None if text is None else (datetime.fromisoformat(text) - now).days
