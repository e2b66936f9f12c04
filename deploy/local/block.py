"""The closing block of a start: where it runs, what to open, what to do next."""

from __future__ import annotations

import contextlib
from typing import Any

import httpx

from deploy.local.court import Court, remembered
from deploy.local.first_run import held
from deploy.local.places import Places, read_json

RULE = "═" * 72


def closing_block(places: Places, *, foreground: bool) -> str:
    """The block of the court that is running, with a link that opens one browser."""
    told = read_json(places.running) or {}
    court = remembered(str(told.get("court")), places)
    if court is None:
        return ""
    demo, year = held(places.court(court.id))
    return block(court, told["address"], new_link(told), demo=demo, year=year, foreground=foreground)


def new_link(told: dict[str, Any]) -> str | None:
    """A link that works once, asked of the page's own service; None where it gives none."""
    with contextlib.suppress(httpx.HTTPError, ValueError, KeyError):
        bearer = {"Authorization": f"Bearer {told['token']}"}
        answer = httpx.post(f"{told['address']}/open-tickets", headers=bearer, timeout=10.0, trust_env=False)
        if answer.status_code == 201:
            return str(answer.json()["url"])
    return None


def block(court: Court, address: str, link: str | None, *, demo: bool, year: int | None, foreground: bool) -> str:
    """The text shown when everything is ready."""
    filled = f"，演示台账 {year} 年度（法院和人员均为虚构）" if demo else ""
    stop = "在本窗口按 Ctrl-C，或另开终端 make stop" if foreground else "make stop"
    return "\n".join(
        [
            "",
            RULE,
            f"  联建已就绪：{court.name}（{court.id}）{filled}",
            "",
            f"  地址    {address}/",
            f"  打开    {link or address + '/'}",
            "          （链接一次有效，10 分钟内；可见党员、支部、活动和应办事项各表）",
            "",
            "  接下来三条命令（另开一个终端，在本目录）",
            (
                f'    make cli ARGS="report --year {year}"    年度各项数字，缺什么'
                if year
                else '    make cli ARGS="import 党员名册.xlsx"   导入台账，名册先行'
            ),
            '    make cli ARGS="status"                各服务、各环节的现状',
            '    make cli ARGS="open"                  再要一个浏览器链接',
            "",
            f"  停止    {stop}；数据留在 var/，下次启动接着用",
            RULE,
            "",
        ]
    )
