"""联建协议 and 联建活动 of the invented court: partners above, below, beside and outside, with an office's oddities."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from deploy.demo.court import Court, seed
from deploy.demo.profiles import Shared
from deploy.demo.workbook import Cell, Table
from deploy.demo.written import day, full_width

_SEED: Final = 20_261_123
_AGREEMENTS: Final = (
    *("协议编号", "甲方支部", "甲方法院", "乙方支部", "乙方单位", "乙方级别", "共建目标", "四联类型"),
    *("年度活动计划(次)", "联系人", "签订日期", "期限(年)", "状态"),
)
_ACTIVITIES: Final = (
    *("活动编号", "协议编号", "名称", "日期", "牵头支部", "参加单位及人数", "四联类型", "问题清单", "解决情况", "成果"),
)
_MODES: Final = ("思路联谋", "问题联解", "品牌联创", "力量联合")
_PROBLEMS: Final = ("执行难案件会商", "诉前调解衔接", "涉企纠纷快审", "巡回审判点建设")
_TERMS: Final = (1, 2, 3, "三年", 3, 2)
_STATES: Final = {5: "已到期", 11: "已终止", 23: "拟签订"}
_YEARS_AGO: Final = {5: 4, 11: 1}
_TWOpartners_: Final = 16
_BEFORE_SIGNING: Final = (4, 14)
_OUTSIDE_EVERY: Final = 5


@dataclass(frozen=True)
class _Agreement:
    number: str
    branch: str
    contact: str
    partners: tuple[tuple[str, str, str], ...]
    signed: date
    modes: tuple[str, ...]


def agreement_rows(court: Court, court_name: str) -> Table:
    """Each branch has two or three; one has two partners, one is only proposed, two are over."""
    chance = random.Random(seed(_SEED, court.profile, court.year))  # noqa: S311 - the same ledger every time is the point
    rows: list[list[Cell]] = []
    for place, agreement in enumerate(_agreements(court)):
        planned = "**" if place == 8 else full_width(str(1 + place % 3)) if place == 3 else 1 + place % 3
        proposed = place + 1 in _STATES and _STATES[place + 1] == "拟签订"
        rows.append(
            [
                *(agreement.number, agreement.branch, court_name),
                "、".join(branch for _, branch, _ in agreement.partners),
                "、".join(house for house, _, _ in agreement.partners),
                "、".join(level for _, _, level in agreement.partners),
                *("共建共促", "、".join(agreement.modes), planned, agreement.contact),
                None if proposed else day(agreement.signed, chance.randrange(6)),
                *(_TERMS[place % len(_TERMS)], _STATES.get(place + 1, "履行中")),
            ]
        )
    half = len(rows) // 2
    return Table(_AGREEMENTS, [*rows[:half], [], *rows[half:], [], ["合计", len(rows)]])


def joint_activity_rows(court: Court) -> Table:
    """One or two under each agreement in force; some before it was signed, some with partners beside it."""
    chance = random.Random(seed(_SEED + 1, court.profile, court.year))  # noqa: S311 - as above
    agreements = [one for place, one in enumerate(_agreements(court), 1) if place not in _STATES]
    rows = [
        _activity(court, chance, number, agreements[(number - 1) % len(agreements)])
        for number in range(1, court.profile.joint_activities + 1)
    ]
    rows += [_shared(court, number, one) for number, one in enumerate(court.profile.shared, len(rows) + 1)]
    half = len(rows) // 2
    return Table(_ACTIVITIES, [*rows[:half], [], *rows[half:], [], ["合计", len(rows)]])


def _agreements(court: Court) -> list[_Agreement]:
    chance = random.Random(seed(_SEED + 2, court.profile, court.year))  # noqa: S311 - as above
    found = []
    known = court.profile.partners
    for place in range(court.profile.agreements):
        branch = court.branches[place % len(court.branches)]
        partner = known[place % len(known)]
        partners = (partner, known[(place + 7) % len(known)]) if place + 1 == _TWOpartners_ else (partner,)
        signed = date(court.year - _YEARS_AGO.get(place + 1, 0), 1, 2) + timedelta(days=chance.randrange(80))
        modes = tuple(chance.sample(_MODES, 1 + place % 3))
        number = f"{court.profile.short}联建〔{court.year}〕{place + 1}号"
        found.append(_Agreement(number, branch.name, branch.recorder.name, partners, signed, modes))
    return found


def _activity(court: Court, chance: random.Random, number: int, agreement: _Agreement) -> list[Cell]:
    later = -chance.randrange(5, 20) if number in _BEFORE_SIGNING else 3 + number * 6
    held = min(agreement.signed + timedelta(days=later), date(court.year, 12, 20))
    partners = list(agreement.partners)
    if number % _OUTSIDE_EVERY == 1:
        known = court.profile.partners
        beside = known[(number + 9) % len(known)]
        partners += [beside] if beside not in partners else [known[(number + 10) % len(known)]]
    seats = [f"{agreement.branch}（{chance.randint(5, 12)}人）"]
    seats += [f"{house}{branch}（{chance.randint(3, 14)}人）" for house, branch, _ in partners]
    if number == 9:
        seats[-1] = seats[-1].rpartition("（")[0] + "（20余人）"
    problems, solving = _problems(chance, number)
    return [
        *(_number(court, number), agreement.number, court.profile.joint_title.format(number=number)),
        day(held, chance.randrange(6)),
        *(agreement.branch, "、".join(seats), chance.choice(agreement.modes), problems, solving),
        chance.choice((None, None, "形成会议纪要")),
    ]


def _problems(chance: random.Random, number: int) -> tuple[str | None, str | None]:
    if number % 3 == 0:
        return None, None
    first, second = chance.sample(_PROBLEMS, 2)
    if number == 7:
        return f"1.{first}；2.{second}", "1.已解决；2.正在推进"
    return first, chance.choice(("已解决", "正在推进", None))


def _number(court: Court, number: int) -> str:
    return f"{court.profile.mark}{court.year}-{number:03d}"


def _shared(court: Court, number: int, one: Shared) -> list[Cell]:
    """What another court of the demonstration tells of the same day, each in its own words."""
    house, branch = one.beside
    seats = f"{one.branch}（9人）、{house}{branch}（8人）"
    held = day(date(court.year, one.month, one.day), number)
    return [_number(court, number), None, one.title, held, one.branch, seats, "力量联合", None, None, "形成会议纪要"]
