"""The closing block of a start: where it runs, what to open, what to do next."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import httpx

from deploy.local.court import LEVELS, Court, remembered
from deploy.local.first_run import held
from deploy.local.places import Places, read_json
from deploy.local.state import running_state

RULE = "═" * 72
_OF_ONE = (
    ('make cli ARGS="status"', "各服务、各环节的现状"),
    ('make cli ARGS="open"', "再要一个浏览器链接"),
)


def closing_block(places: Places, *, foreground: bool) -> str:
    """The block of what is running, with a link a court that opens one browser."""
    told = read_json(places.running) or {}
    main = remembered(str(told.get("court")), places)
    if main is None:
        return ""
    state = running_state(places) or {}
    named = [remembered(court_id, places) for court_id in state.get("courts", {})]
    courts = sorted((court for court in named if court is not None), key=_from_above) or [main]
    demo, year = held(places.court(main.id))
    filled = f"，演示台账 {year} 年度（法院和人员均为虚构）" if demo else ""
    lines = _several(courts, places) if len(courts) > 1 else court_lines(places, main.id)
    title = f"{len(courts)} 个法院" if len(courts) > 1 else f"{main.name}（{main.id}）"
    stop = "在本窗口按 Ctrl-C，或另开终端 make stop" if foreground else "make stop"
    return "\n".join(
        [
            *("", RULE, f"  联建已就绪：{title}{filled}", "", *lines),
            *("          （链接一次有效，10 分钟内；可见党员、支部、活动和应办事项各表）", ""),
            *("  接下来三条命令（另开一个终端，在本目录）", *_commands(courts, main, year)),
            *("", f"  停止    {stop}；数据留在 var/，下次启动接着用", RULE, ""),
        ]
    )


def _from_above(court: Court) -> tuple[int, str]:
    return LEVELS.index(court.level), court.id


def court_lines(places: Places, court_id: str) -> list[str]:
    """Where a court is found."""
    told = read_json(places.told(court_id)) or read_json(places.running) or {}
    return [f"  地址    {told['address']}/", f"  打开    {new_link(told) or told['address'] + '/'}"]


def _several(courts: Sequence[Court], places: Places) -> list[str]:
    lines = []
    for court in courts:
        linked = read_json(places.court(court.id) / "linked.json")
        above = f"，上级 {'、'.join(linked)}" if linked else ""
        lines += [f"  {court.name}（{court.id}{above}）", *court_lines(places, court.id), ""]
    return lines[:-1]


def _commands(courts: Sequence[Court], main: Court, year: int | None) -> list[str]:
    first = (
        (f'make cli ARGS="report --year {year}"', "年度各项数字，缺什么")
        if year
        else ('make cli ARGS="import 党员名册.xlsx"', "导入台账，名册先行")
    )
    found = [first, *_OF_ONE]
    if len(courts) > 1:
        top = courts[0].id
        found = [
            (f'make cli ARGS="--court {top} report --year {year} --subtree"', "辖区各院的数字"),
            (f'make cli ARGS="--court {main.id} link status"', "与上下级法院的联通"),
            (f'make cli ARGS="--court {top} open"', "再要一个浏览器链接"),
        ]
    wide = max(len(command) for command, _ in found)
    return [f"    {command:{wide}}    {words}" for command, words in found]


def new_link(told: dict[str, Any]) -> str | None:
    """A link that works once, asked of the page's own service; None where it gives none."""
    with contextlib.suppress(httpx.HTTPError, ValueError, KeyError):
        bearer = {"Authorization": f"Bearer {told['token']}"}
        answer = httpx.post(f"{told['address']}/open-tickets", headers=bearer, timeout=10.0, trust_env=False)
        if answer.status_code == 201:
            return str(answer.json()["url"])
    return None
