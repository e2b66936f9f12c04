"""The closing block of a start: where it runs, what to open, what to do next."""

from __future__ import annotations

from deploy.local.court import Court

RULE = "═" * 72


def block(court: Court, address: str, *, demo_year: int | None, foreground: bool) -> str:
    """The text shown when everything is ready."""
    year = f" --year {demo_year}" if demo_year else " --year 年度"
    filled = f"，演示台账 {demo_year} 年度（法院和人员均为虚构）" if demo_year else ""
    stop = "在本窗口按 Ctrl-C，或另开终端 make stop" if foreground else "make stop"
    return "\n".join(
        [
            "",
            RULE,
            f"  联建已就绪：{court.name}（{court.id}）{filled}",
            "",
            f"  地址      {address}/",
            f"  打开      在浏览器中打开 {address}/ ，可见党员、支部、活动和应办事项各表",
            "",
            "  接下来（另开一个终端，在本目录）",
            f'    1. make cli ARGS="report{year}"      年度各项数字',
            '    2. make cli ARGS="status"                各服务、各环节的现状',
            '    3. make cli ARGS="import 台账.xlsx"      导入自己的台账（先看：--dry-run）',
            "",
            f"  停止      {stop}；数据留在 var/，下次启动接着用",
            RULE,
            "",
        ]
    )
