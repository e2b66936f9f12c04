"""主题党日台账 of the invented court."""

from __future__ import annotations

import calendar
from datetime import date
from typing import Final

from deploy.demo.court import Branch, Court
from deploy.demo.workbook import Cell, Table
from deploy.demo.written import day

_HEADINGS: Final = (
    *("年月", "支部名称", "主题", "日期", "地点", "形式", "主持人", "应到人数", "参加人数", "缺席原因"),
    *("内容", "成效", "联合开展单位", "四联类型"),
)
_FORMS: Final = ("学习", "红色教育", "志愿服务", "民主议事")
_WITH_LESSON: Final = ("第六党支部", 7)
_WITH_PARTNER: Final = ("第八党支部", 5)


def theme_day_rows(court: Court) -> Table:
    """Twelve a branch, but for what did not take place."""
    days = [(branch, month) for branch in court.branches for month in range(1, 13)]
    gaps = court.profile.gaps.theme_day
    rows = [_row(court, branch, month) for branch, month in days if (branch.name, month) not in gaps]
    half = len(rows) // 2
    return Table(_HEADINGS, [*rows[:half], [], *rows[half:], [], ["合计", len(rows)]])


def _row(court: Court, branch: Branch, month: int) -> list[Cell]:
    chance, expected = court.chance, len(branch.members)
    absent = chance.choice((0, 0, 0, 1, 2))
    reason = {0: None, 1: "开庭", 2: "开庭2人"}[absent]
    title = f"{month}月主题党日" + ("暨专题党课" if (branch.name, month) == _WITH_LESSON else "")
    joint = (branch.name, month) == _WITH_PARTNER
    return [
        *(f"{court.year}.{month:02d}", branch.name, title, day(_friday(court, month), chance.randrange(6))),
        *("党员活动室", chance.choice(_FORMS), branch.secretary.name, expected, expected - absent, reason),
        *("学习研讨", "形成清单1份", court.profile.theme_partner if joint else None, "力量联合" if joint else None),
    ]


def _friday(court: Court, month: int) -> date:
    weeks = calendar.monthcalendar(court.year, month)
    return date(court.year, month, court.chance.choice([week[4] for week in weeks if week[4]]))
