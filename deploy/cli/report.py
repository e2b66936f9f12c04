"""`lianjian report`: the figures of a year, as fresh as the logs."""

from __future__ import annotations

import time
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from deploy.cli.client import PATIENCE_SECONDS, Client
from services.reporting.page.periods import period_words
from services.reporting.page.words import LEVELS
from shared.contracts.kinds import LABELS

KEYS: Final = (
    *("members", "branches", "groups", "by_kind", "theme_days", "lower_bounds", "missing"),
    *("agreements", "partners", "partner_levels", "joint", "participations", "seats", "problems", "solved"),
    *("brands", "unknown_brands"),
)


def read(client: Client, year: int) -> tuple[dict[str, Any], str | None]:
    """The report, and what it does not contain yet (`activities.1@7<9`) where it could not be waited for."""
    found, stale = fresh(client, "/report", year=year)
    return {key: found["report"][key] for key in KEYS}, stale


def read_subtree(client: Client, year: int) -> tuple[dict[str, Any], str | None]:
    """The same keys for this court and all below it together, and `courts` with those of each.

    `missing` is a number here; what must not be summed is null. `joint` may turn out to be `suspected` fewer;
    the courts of `members_leave_out` are not in `members`.
    """
    found, stale = fresh(client, "/overview", period=str(year))
    told = ("site", "name", "level", "upper", "connected", "complete", "submitted", "late", "figures")
    courts = [{key: court[key] for key in told} for court in found["courts"]]
    together = {key: found["figures"][key] for key in (*KEYS, "suspected", "members_leave_out")}
    return {**together, "courts": courts}, stale


def fresh(client: Client, path: str, **query: Any) -> tuple[dict[str, Any], str | None]:
    """An answer of reporting that contains all that was recorded here, or what it lacks after a minute."""
    after = client.heads()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = client.ask("reporting", path, headers={"After": after} if after else None, **query)
        stale = answer.headers.get("x-stale")
        if stale is None or time.monotonic() > deadline:
            return answer.json(), stale


def show_subtree(console: Console, name: str, year: int, report: dict[str, Any]) -> None:
    """The jurisdiction for people: together, then court by court in official order."""
    courts = report["courts"]
    lower = courts[1:]
    console.print(f"{name}及下级法院 {year} 年", style="bold")
    for words, light in (("连通", "connected"), ("收齐", "complete"), ("已报送", "submitted")):
        lacking = [court["name"] for court in lower if not court[light]]
        named = f"，缺：{'、'.join(lacking)}" if lacking else ""
        console.print(f"{words} {len(lower) - len(lacking)}/{len(lower)}{named}", soft_wrap=True)
    twice = f"（疑似重复 {report['suspected']}）" if report["suspected"] else ""
    few = len(report["members_leave_out"])
    counted = f"按人计；不含不足 5 人的 {few} 个法院" if few else "按人计"
    console.print(
        f"党员 {report['members']} 人（{counted}）· 党支部 {report['branches']} 个"
        f" · 主题党日 {report['theme_days']} 次 · 联建活动 {report['joint']} 次{twice}"
        f" · 未开展的应办事项 {report['missing']} 项",
        soft_wrap=True,
    )
    table = Table("法院", "党支部", "党员", "主题党日", "联建活动", "未开展", "报送后更正")
    table.columns[0].overflow = "fold"
    for column in table.columns[1:]:
        column.justify = "right"
    for court in courts:
        figures = court["figures"]
        members = "不足5" if figures["members"] is None else str(figures["members"])
        numbers = (figures[key] for key in ("branches", "theme_days", "joint", "missing"))
        branches, theme_days, joint, missing = (str(number) for number in numbers)
        table.add_row(court["name"], branches, members, theme_days, joint, missing, str(court["late"]))
    console.print(table)


def show(console: Console, name: str, year: int, report: dict[str, Any]) -> None:
    """The report for people."""
    console.print(f"{name} {year} 年", style="bold")
    console.print(
        f"党员 {report['members']} 人 · 党支部 {report['branches']} 个 · 党小组 {report['groups']} 个"
        f" · 主题党日 {report['theme_days']} 次"
    )
    _show_joint(console, report)
    if not (report["by_kind"] or report["lower_bounds"]):
        console.print("没有其他活动记录。" if report["theme_days"] else "没有活动记录。")
        _show_missing(console, report["missing"])
        return
    table = Table("类型", "次数")
    table.columns[1].justify = "right"
    for kind, sessions in report["by_kind"].items():
        table.add_row(_label(kind), str(sessions))
    for kind, words in report["lower_bounds"].items():
        table.add_row(_label(kind), words)
    console.print(table)
    _show_missing(console, report["missing"])


def _show_joint(console: Console, report: dict[str, Any]) -> None:
    if report["agreements"] or report["joint"]:
        levels = "、".join(f"{LEVELS[level]} {number}" for level, number in report["partner_levels"].items())
        console.print(
            f"联建协议 {report['agreements']} 份 · 共建单位 {report['partners']} 个{f'（{levels}）' if levels else ''}"
            f" · 联建活动 {report['joint']} 次 · {report['participations']} 家次 · {report['seats']} 人次"
            f" · 问题 {report['problems']} 个，已解决 {report['solved']} 个",
            soft_wrap=True,
        )
    if report["brands"]:
        unknown = report["unknown_brands"]
        console.print(f"党建品牌 {report['brands']} 个{f'（名称不详 {unknown} 个）' if unknown else ''}")


def _show_missing(console: Console, missing: list[dict[str, str]]) -> None:
    if not missing:
        console.print("应办事项（条例）：期限已过的，没有未开展的。")
        return
    console.print(f"未开展的应办事项 {len(missing)} 项（条例）")
    table = Table("单位", "应办事项", "期间")
    table.columns[0].overflow = "fold"
    for one in missing:
        table.add_row(one["unit"], _label(one["obligation"]), period_words(one["period"]))
    console.print(table)


def _label(kind: str) -> str:
    return next((label for known, label in LABELS.items() if known == kind), kind)
