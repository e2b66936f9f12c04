"""What the overview says of a court's lights: how old, why not, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.reporting.queries.court_standing import CourtStanding, Stopped
from services.reporting.queries.links_down import REMEDIES
from services.reporting.queries.overview import CourtView
from shared.business_day import CHINA
from shared.receiver.reasons import REASONS

LOGS: Final = {"activities": "活动", "members": "组织与党员"}


@dataclass(frozen=True)
class Light:
    """One of three; `look` is a class of the page: good, soon or bad."""

    name: str
    text: str
    look: str
    title: str


def lights(view: CourtView, now: datetime) -> list[Light]:
    """连通, 收齐, 已报送, each in words."""
    return [_connected(view.standing, now), _complete(view.standing), _submitted(view)]


def _connected(standing: CourtStanding, now: datetime) -> Light:
    if standing.head_time is None:
        return Light("连通", "未连通", "bad", "还没有收到该院的封存通知")
    sealed = f"最近一次封存通知在 {moment(standing.head_time, now)}（{age(standing.head_time, now)}）"
    return Light("连通", "连通" if standing.connected else "未连通", "good" if standing.connected else "bad", sealed)


def _complete(standing: CourtStanding) -> Light:
    if standing.complete:
        return Light("收齐", "收齐", "good", "该院封存的记录都已收到并计入")
    return Light("收齐", "未收齐", "bad", why_incomplete(standing))


def _submitted(view: CourtView) -> Light:
    told = view.submission
    if told is None:
        return Light("已报送", "未报送", "none", "该院还没有报送这个期间")
    when = "" if told.at is None else f"{told.at.astimezone(CHINA):%Y-%m-%d %H:%M} "
    if told.is_submitted:
        return Light("已报送", "已报送", "good", f"{when}报送" + (f"：{told.remark}" if told.remark else ""))
    return Light("已报送", "已重开", "soon", f"{when}重开：{told.reason}")


def why_incomplete(standing: CourtStanding) -> str:
    """In one sentence; the figures stay, with their age."""
    if standing.stopped is not None:
        return f"{standing.stopped.name}的联通{_STOPS[standing.stopped.by]}"
    if not standing.origins:
        return "还没有收到任何记录"
    behind = [one for one in standing.origins if not one.is_all_here]
    if behind:
        first = behind[0]
        announced = "尚未报告" if first.sealed_to is None else f"第 {first.sealed_to} 条"
        return f"{LOGS.get(first.service, first.service)}已计入第 {first.projected} 条，该院已封存至{announced}"
    if not standing.connected:
        return "超过时限没有新的封存通知，不能确认没有遗漏；数字是当时的"
    return "正在接收"


_STOPS: Final = {"suspended": "已由人工暂停", "revoked": "已撤销", "refused": "已自动暂停"}


def stopped_words(stopped: Stopped, names: Mapping[str, str]) -> tuple[str, str]:
    """Why the link is stopped, and what to do about it; `names` of courts by site."""
    if stopped.by == "refused":
        why = REASONS.get(stopped.reason or "", stopped.reason or "内容不合约定")
        where = f"（{_log_words(stopped.origin, names)}第 {stopped.position} 条起）" if stopped.position else ""
        remedy = REMEDIES.get(stopped.reason or "", "请系统管理员用 lianjian quarantine show 查看，与该院核对")
        return f"联通已自动暂停：收到的内容{why}{where}，没有计入", f"{remedy}。记录仍在该院，没有丢失"
    if stopped.by == "revoked":
        return f"联通已撤销：{stopped.reason or '未写明原因'}", "数字停在撤销之时；重新邀请用 lianjian link invite"
    return (
        f"联通已暂停：{stopped.reason or '未写明原因'}",
        f"恢复用 lianjian link resume {stopped.site}，由暂停的一方执行",
    )


def _log_words(origin: str | None, names: Mapping[str, str]) -> str:
    """Whose log, and which; one of a court that is not of the jurisdiction by its site."""
    site, _, rest = (origin or "").partition("/")
    service = rest.partition("/")[0]
    return f"{names.get(site, site)}的{LOGS.get(service, service)}记录"


def proof(standing: CourtStanding, now: datetime) -> str:
    """How far the court's logs were received without a gap, and when it sealed them last."""
    told = {one.service: one for one in standing.origins}
    parts = [f"{words}已连续收至第 {told[service].received} 条" for service, words in LOGS.items() if service in told]
    if not parts:
        return "尚未收到记录"
    sealed = "下级尚未报告封存" if standing.head_time is None else f"下级封存时间 {moment(standing.head_time, now)}"
    return "，".join([*parts, sealed])


def proof_in_short(standing: CourtStanding, now: datetime) -> str:
    """The same for a narrow cell."""
    received = sum(one.received for one in standing.origins)
    if not received:
        return "尚未收到记录"
    sealed = "" if standing.head_time is None else f" · 封存 {moment(standing.head_time, now)}"
    return f"收至 {received:,} 条".replace(",", "\u2009") + sealed


def moment(at: datetime, now: datetime) -> str:
    """The time of day; with the date where it is not today's."""
    local, here = at.astimezone(CHINA), now.astimezone(CHINA)
    if local.date() == here.date():
        return f"{local:%H:%M}"
    return f"{local:%m-%d %H:%M}" if local.year == here.year else f"{local:%Y-%m-%d %H:%M}"


def age(at: datetime, now: datetime) -> str:
    """How long ago."""
    seconds = max(0, int((now - at).total_seconds()))
    for length, words in ((86_400, "天"), (3_600, "小时"), (60, "分钟")):
        if seconds >= length:
            return f"{seconds // length} {words}前"
    return "刚刚"
