"""三会一课记录 of the invented court, with the gaps and oddities of a real year."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from deploy.demo.court import OUTSIDE_SPEAKER, Branch, Court, Member
from deploy.demo.workbook import Cell, Table
from deploy.demo.written import day, full_width

CAMPAIGN: Final = "深入贯彻中央八项规定精神学习教育"

_HEADINGS: Final = (
    *("序号", "支部名称", "会议类型", "会议名称", "日期", "开始时间", "结束时间", "地点", "主持人", "记录人"),
    *("应到", "实到", "缺席人员及原因", "列席人员", "议题", "决议事项", "备注"),
)
_HOURS: Final = ((f"{full_width('9')}:00", "10:20"), ("09:30", "11:00"), ("15:00", "16:30"), ("15:30", "17:00"))
_REASONS: Final = ("开庭", "出差", "请假")

# Held twice in the month before the gap: the second meeting covers nothing.
_TWICE: Final = {("第二党支部", 1)}
_OTHERS: Final = (("案件讲评会", 28), ("集中研讨", 61), ("专题党课", 41), ("警示教育", 47), ("党课", 6))
_IN_CAMPAIGN: Final = frozenset({"集中研讨", "专题党课", "警示教育"})


@dataclass(frozen=True)
class _Meeting:
    branch: Branch
    kind: str
    title: str
    held: date
    people: tuple[Member, ...]
    chair: str
    recorder: str
    note: str | None = None
    month_only: bool = False


def meeting_rows(court: Court) -> Table:
    """Assemblies and committees branch by branch, then groups, then the rest, then the court's own legal outreach."""
    meetings = [*_assemblies_and_committees(court), *_group_meetings(court), *_other_meetings(court)]
    rows = [_row(court, place, meeting) for place, meeting in enumerate(meetings, 1)]
    outreach: list[Cell] = [len(rows) + 1, "机关党委", "普法宣传", "普法宣传（全年）", f"{court.year}年"]
    rows.append([*outreach, *([None] * 11), "20余次"])
    third = len(rows) // 3
    return Table(_HEADINGS, [*rows[:third], [], *rows[third:], [], ["合计", len(rows)]])


def _assemblies_and_committees(court: Court) -> Iterator[_Meeting]:
    gaps = court.profile.gaps
    for branch in court.branches:
        chair, recorder = branch.secretary.name, branch.recorder.name
        quarters = [quarter for quarter in (1, 2, 3, 4) if (branch.name, quarter) not in gaps.assembly]
        for place, quarter in enumerate(quarters, 1):
            held = _some_day(court, quarter * 3 - 1)
            title = f"{branch.name}第{place}次党员大会"
            yield _Meeting(branch, "支部党员大会", title, held, branch.members, chair, recorder)
        months = [month for month in range(1, 13) if (branch.name, month) not in gaps.committee]
        months += [month for name, month in _TWICE if name == branch.name]
        for place, month in enumerate(sorted(months) if branch.committee else [], 1):
            title = f"{branch.name}第{place}次支委会"
            yield _Meeting(branch, "支委会", title, _some_day(court, month), branch.committee, chair, recorder)


def _group_meetings(court: Court) -> Iterator[_Meeting]:
    for branch in court.branches:
        for group in branch.groups:
            people = branch.of_group(group)
            for month in range(1, 13):
                if (group, month) not in court.profile.gaps.group:
                    title, held = f"{group}{month}月会议", _some_day(court, month)
                    yield _Meeting(branch, "党小组会", title, held, people, people[0].name, people[1].name)


def _other_meetings(court: Court) -> Iterator[_Meeting]:
    for kind, usual in _OTHERS:
        count = usual * len(court.branches) // 10 + court.profile.seed % 5
        for place in range(count):
            branch = court.branches[place % len(court.branches)]
            held = _some_day(court, 2 + place * 10 // count)
            chair = OUTSIDE_SPEAKER if (kind, place) == ("专题党课", 3) else branch.secretary.name
            yield _Meeting(
                *(branch, kind, f"{kind}（{branch.name}）", held, branch.members, chair, branch.recorder.name),
                note=CAMPAIGN if kind in _IN_CAMPAIGN else None,
                month_only=(kind, place) == ("集中研讨", 5),
            )


def _row(court: Court, place: int, meeting: _Meeting) -> list[Cell]:
    start, end = court.chance.choice(_HOURS)
    expected = len(meeting.people)
    absent = court.chance.sample(meeting.people[2:], court.chance.choice((0, 0, 0, 1, 2)) if expected > 4 else 0)
    listed = "；".join(f"{member.name}（{court.chance.choice(_REASONS)}）" for member in absent)
    month_only = f"{meeting.held.year}年{meeting.held.month}月"
    return [
        *(place, meeting.branch.name, meeting.kind, meeting.title),
        month_only if meeting.month_only else day(meeting.held, court.chance.randrange(6)),
        *(start, end, "党员活动室", meeting.chair, meeting.recorder, expected, expected - len(absent)),
        *(listed or None, "院领导1人" if court.chance.random() < 0.2 else None, meeting.title),
        *("同意月度计划" if court.chance.random() < 0.3 else None, meeting.note),
    ]


def _some_day(court: Court, month: int) -> date:
    return date(court.year, month, court.chance.randint(1, calendar.monthrange(court.year, month)[1]))
