"""`lianjian status`: services, their roles, and how far every stage is behind."""

from __future__ import annotations

from typing import Any, Final

from rich.console import Console
from rich.table import Table

from deploy.cli.client import Client
from deploy.cli.words import trouble

STAGES: Final = {
    "sealer": "封存",
    "relay": "发送",
    "consume": "接收",
    "project:units": "视图 支部",
    "project:members": "视图 党员",
    "project:activities": "视图 活动",
    "project:explanations": "视图 说明",
    "project:joint": "视图 联建",
    "project:brands": "视图 品牌",
    "project:links": "视图 联通",
    "project:periods": "视图 报送",
    "project:cross_court": "视图 跨院联建",
    "directory": "名录",
}
AMOUNTS: Final = {
    "passed_over_events": "事件读不懂，没有计入",
    "quarantined_messages": "消息被隔离（lianjian quarantine list）",
    "unknown_type_events": "下级送来本院程序不认识的事件（已留存，升级后计入）",
    "link_suspended": "通道停收",
    "link_dropped_messages": "停收后丢弃的消息（来源仍有）",
    "uplink_alarm": "上级法院签收的与本院不同，已停止上送（lianjian link status）",
    "imports_running": "导入进行中",
    "read_only": "只读：原因见上面的 gate",
}
"""What waits for somebody, shown where it is not 0."""


def read(client: Client) -> dict[str, Any]:
    """What every service says of itself; None for one that does not answer."""
    return {name: client.try_status(name) for name in client.running.services}


def is_well(found: dict[str, Any]) -> bool:
    """Whether all services answer and nothing is wrong."""
    return all(one is not None and not one["wrong"] for one in found.values())


def waiting(found: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """(service, what, where, how much) of all amounts that somebody should look at."""
    return [
        (name, what, " ".join(amount["labels"].values()), f"{amount['value']:g}")
        for name, one in found.items()
        for amount in (one or {}).get("amounts", [])
        if (what := AMOUNTS.get(amount["name"])) and amount["value"]
    ]


def show(console: Console, found: dict[str, Any]) -> None:
    """The tables for people."""
    services = Table("服务", "状态", "角色", "问题")
    stages = Table("服务", "环节", "序列", "位置", "末尾", "滞后")
    for column in (*services.columns, *stages.columns):
        column.overflow = "fold"
    for column in stages.columns[3:]:
        column.justify = "right"
    for name, one in found.items():
        if one is None:
            services.add_row(name, "[red]没有回答[/red]", "", "")
            continue
        problems = {**one["wrong"], **one["concerns"]}
        roles = " ".join(role if state["alive"] else f"[red]{role}[/red]" for role, state in one["roles"].items())
        state = "[red]有问题[/red]" if one["wrong"] else "[yellow]有提示[/yellow]" if problems else "正常"
        services.add_row(name, state, roles, "\n".join(trouble(where, what) for where, what in problems.items()))
        for r in one["readings"]:
            lag = str(r["lag"]) if r["lag"] == 0 else f"[yellow]{r['lag']}[/yellow]"
            stage = _stage(r["stage"])
            stages.add_row(name, stage, r["origin"], str(r["reached"]), str(r["head"]), lag)
    console.print(services)
    if stages.rows:
        console.print(stages)
    if rows := waiting(found):
        table = Table("服务", "留意", "何处", "数目")
        for row in rows:
            table.add_row(*row)
        console.print(table)


def _stage(stage: str) -> str:
    kind, _, whose = stage.partition(":")
    words = {"confirmed": "对方确认", "relay": "发送至", "uplink": "上送至", "countersigned": "会签", "project": "视图"}
    return STAGES.get(stage) or (f"{words[kind]} {whose}" if whose and kind in words else stage)
