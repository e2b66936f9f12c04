"""What the figures of joint construction count, row by row: partners, agreements, problems."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import asyncpg

from services.reporting.page.frame import frame, templates
from services.reporting.page.parties import party_name
from services.reporting.page.strips import list_link, view_link
from services.reporting.page.words import DIRECTION_WORDS, LEVELS, MODES, PROBLEM_STATES
from services.reporting.queries.answers import snapshot
from services.reporting.queries.joint_view import JointView, joint_view


@dataclass(frozen=True)
class Cell:
    """`number` aligns right; `name` is what stands before it where there is no head (on a phone).

    `whole`: not to be broken over two lines, as a date is not.
    """

    text: str
    link: str | None = None
    number: bool = False
    name: str | None = None
    chip: str | None = None
    whole: bool = False


@dataclass(frozen=True)
class Rows:
    """A list: its words, heads (True: of figures), rows, and what is in it."""

    title: str
    heads: tuple[tuple[str, bool], ...]
    rows: list[list[Cell]]
    note: str
    section: str = "joint"


@dataclass(frozen=True)
class Narrowed:
    """What of a list is asked for; None: all of it. `everyone` also shows partners without an agreement."""

    level: str | None = None
    line: str | None = None
    unit: str | None = None
    partner: str | None = None
    state: str | None = None
    mode: str | None = None
    everyone: bool = False


async def list_page(
    pool: asyncpg.Pool, site: str, site_name: str, which: str, year: int, asked: Narrowed, as_of: date, now: datetime
) -> bytes:
    """One of `partners`, `agreements`, `problems` of a year."""
    async with snapshot(pool) as connection:
        view = await joint_view(connection, site, year, as_of)
        shared = await frame(connection, site, site_name, as_of, now)
    made = {"partners": _partners, "agreements": _agreements, "problems": _problems}[which](view, year, asked)
    return rows_page(shared, made, year)


def rows_page(shared: dict[str, Any], made: Rows, year: int) -> bytes:
    """A list in the frame."""
    section = made.section.partition("/")[0]
    return templates().get_template("rows.html").render(**shared, made=made, year=year, section=section).encode()


def _partners(view: JointView, year: int, asked: Narrowed) -> Rows:
    bound = {partner.id for partner in view.found.bound_partners}
    order = list(LEVELS)
    shown = [
        one
        for one in sorted(view.found.partners.values(), key=lambda one: order.index(one.level))
        if (asked.everyone or one.id in bound)
        and asked.level in (None, one.level)
        and asked.line in (None, one.business_line or "")
    ]
    rows = []
    for one in shown:
        units = [
            view.names.get(pair.unit_id, "") for pair in view.pairs if pair.partner_id == one.id and pair.agreements
        ]
        met = sum(one.id in meeting.meeting.partners for meeting in view.found.meetings)
        link = list_link(period=str(year), kind="joint_activity", partner=one.id)
        rows.append(
            [Cell(one.name), Cell(LEVELS[one.level]), Cell(DIRECTION_WORDS[one.direction]),
             Cell(one.business_line or ""),
             Cell("、".join(units), view_link("agreements", year=year, partner=one.id) if units else None),
             Cell(f"{met} 次", link, number=True, name="联建活动")]
        )  # fmt: skip
    heads = (("共建单位", False), ("级别", False), ("与本院", False), ("条线", False), ("结对的本院单位", False),
             ("联建活动", True))  # fmt: skip
    which = "登记的共建单位" if asked.everyone else "共建单位"
    note = "别名已并入一个；结对指本年度至统计日任一时候有协议在有效期内。"
    return Rows(_title(year, which, LEVELS.get(asked.level or ""), asked.line), heads, rows, note)


def _agreements(view: JointView, year: int, asked: Narrowed) -> Rows:
    partners = view.found.partners
    rows = []
    for row in view.found.agreements:
        made = row.agreement
        if (asked.unit and asked.unit not in made.own_units) or (asked.partner and asked.partner not in made.partners):
            continue
        if asked.mode and asked.mode not in row.modes:
            continue
        met = sum(meeting.agreement_id == made.id for meeting in view.found.meetings)
        rows.append(
            [Cell(row.number or "（无编号）"),
             Cell("、".join(name for unit, name in view.names.items() if unit in made.own_units)),
             Cell("、".join(one.name for one in partners.values() if one.id in made.partners)),
             Cell("、".join(MODES[mode] for mode in row.modes)), Cell(row.signed or "不详"),
             Cell("" if row.in_force_to is None else f"至 {row.in_force_to}"),
             Cell(_carried_out(met, row.planned_a_year),
                  list_link(period=str(year), kind="joint_activity", agreement=made.id), number=True, name="活动")]
        )  # fmt: skip
    heads = (("协议编号", False), ("本院单位", False), ("共建单位", False), ("四联", False), ("签订", False),
             ("期限", False), ("活动 / 计划", True))  # fmt: skip
    partner = partners.get(asked.partner or "")
    narrowed = [view.names.get(asked.unit or ""), partner.name if partner else None]
    note = "本年度至统计日任一时候在有效期内的协议；活动数为写明按该协议开展的，计划数为协议约定的每年次数。"
    return Rows(_title(year, "联建协议", *narrowed, MODES.get(asked.mode or "")), heads, rows, note)


def _carried_out(met: int, planned: int | None) -> str:
    return f"{met} 次" if planned is None else f"{met} / {planned} 次"


def _problems(view: JointView, year: int, asked: Narrowed) -> Rows:
    numbers = {row.agreement.id: row.number for row in view.found.agreements}
    meetings = {row.meeting.id: row for row in view.found.meetings}
    rows = []
    for one in view.found.problems:
        if asked.state in (None, one.state):
            meeting = meetings.get(one.activity_id or "")
            came = (meeting.number or meeting.title) if meeting else numbers.get(one.agreement_id or "") or ""
            rows.append(
                [Cell(one.subject), Cell(party_name(one.raised_by, view)), Cell(party_name(one.owner, view)),
                 Cell(came), Cell(one.raised_on), Cell("" if one.due is None else f"{one.due}"),
                 Cell(PROBLEM_STATES[one.state] + (f" {one.solved_on}" if one.solved_on else ""), chip=one.state)]
            )  # fmt: skip
    heads = (("问题", False), ("提出", False), ("责任方", False), ("来自", False), ("提出日期", False),
             ("期限", False), ("状态", False))  # fmt: skip
    note = "本年度提出的问题；超过期限未解决的为已超期。"
    return Rows(_title(year, "问题联解", PROBLEM_STATES.get(asked.state or "")), heads, rows, note)


def _title(year: int, *words: str | None) -> str:
    return "　".join([f"{year}年", *(word for word in words if word)])
